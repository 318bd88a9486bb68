//! Source texts, places in them, and sets of them.

mod lines;
mod set;
mod span;
pub mod untrusted;

pub use lines::{LineIndex, Position};
pub use set::{SourceSet, SourceText};
pub use span::{SourceId, Span};
