//! What people and programs see: folds over diagnostics, plans and events. No view decides anything.

pub mod graph;
pub mod human;
pub mod interface;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod policies;
pub mod tested;
pub mod time;
pub mod untrusted;
