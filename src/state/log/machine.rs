//! What the log needs of the machine it runs on.

use std::time::Duration;

use crate::state::StoreError;

/// The end of a log: a slot, and what was in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The state it belongs to.
    pub lineage: String,
    /// The number of the slot.
    pub slot: u64,
    /// The digest of the slot.
    pub hash: String,
}

/// Randomness, time, processes and memory of one machine.
pub trait Machine: Send + Sync {
    /// So many random bytes.
    fn random(&self, count: usize) -> Vec<u8>;

    /// The time since some moment, the time in which the machine slept included.
    fn now(&self) -> Duration;

    /// Names this process among all processes of all machines.
    fn identity(&self) -> String;

    /// Whether a process of this very machine that was named so has ended. False if that cannot be known.
    fn is_gone(&self, identity: &str) -> bool;

    /// The last position this user saw of a place.
    ///
    /// # Errors
    /// It is there and cannot be read.
    fn remembered(&self, place: &str) -> Result<Option<Position>, StoreError>;

    /// Remembers a position of a place; nothing forgets it.
    ///
    /// # Errors
    /// It cannot be written.
    fn remember(&self, place: &str, position: Option<&Position>) -> Result<(), StoreError>;
}
