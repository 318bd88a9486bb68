//! What the clients of all clouds share: classes of errors, limits that follow throttling, repeated reads, counted calls.

pub mod calls;
pub mod classify;
pub mod lane;
pub mod repeat;
