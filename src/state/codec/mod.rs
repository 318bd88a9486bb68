//! The wire types of state. Only here is state text.
//!
//! Every version that was ever released stays readable; a newer one is refused by name.

mod desired;
mod judgement;
mod residual;
mod runs;
mod saved;
mod v1;

pub use desired::{read as read_desired, write as write_desired};
pub use residual::{read as read_residual, write as write_residual};
pub use saved::{SavedText, read as read_saved, write as write_saved};
pub use v1::{newer_version, read_entry, read_snapshot, write_entry, write_snapshot};

/// Why text is no state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecError(pub String);

impl std::fmt::Display for CodecError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}
