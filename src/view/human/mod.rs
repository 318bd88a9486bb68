//! For people at a terminal.

pub mod diagnostic;
pub mod value;
pub mod plan;
pub mod event;
pub mod progress;
pub mod state;
