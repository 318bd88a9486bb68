//! Where state is kept.

use std::fmt;

use async_trait::async_trait;

use super::{Entry, Snapshot};

/// What a store holds.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The last snapshot.
    pub snapshot: Snapshot,
    /// The entries behind it, numbered.
    pub entries: Vec<(u64, Entry)>,
    /// The key of the stack, for masks and tokens.
    pub key: Vec<u8>,
    /// What was repaired while reading: a torn last line, for example.
    pub repaired: Option<String>,
}

/// A place for snapshots and entries.
///
/// A store that several machines share implements the same contract: an append succeeds only while its writer is the
/// last one that took the store.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// Reads everything. Changes nothing.
    ///
    /// # Errors
    /// What is there is damaged or cannot be read. A damaged store is never an empty one.
    async fn load(&self) -> Result<Loaded, StoreError>;

    /// Takes the store for writing and reads everything. The first time, makes a lineage and a key.
    ///
    /// # Errors
    /// Somebody else is writing, or as for `load`.
    async fn take(&self, who: &str) -> Result<Loaded, StoreError>;

    /// Appends entries; when this returns, they survive a power failure.
    ///
    /// # Errors
    /// Nothing may be taken for written.
    async fn append(&self, entries: &[Entry]) -> Result<(), StoreError>;

    /// Replaces the snapshot by one that has all entries folded in, which are then dropped.
    ///
    /// # Errors
    /// The old snapshot and all entries are still there.
    async fn compact(&self, snapshot: &Snapshot) -> Result<(), StoreError>;

    /// Gives the store back.
    ///
    /// # Errors
    /// The end could not be recorded; the next writer finds out alone.
    async fn release(&self) -> Result<(), StoreError>;
}

/// Why a store cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// Somebody else is writing.
    Locked {
        /// Who, if it is known.
        who: String,
    },
    /// This writer may not write any more.
    Lost {
        /// How that is known.
        why: String,
    },
    /// The state is kept elsewhere now.
    Moved {
        /// Where it was.
        what: String,
        /// Where it is.
        to: String,
    },
    /// Somebody else took the state meanwhile: nothing may be begun, what is under way is theirs to resolve.
    Fenced {
        /// Who.
        by: String,
    },
    /// What is there is damaged.
    Damaged {
        /// The file or object.
        what: String,
        /// How it can be seen.
        why: String,
        /// The way out.
        way_out: String,
    },
    /// It was written by a newer version of Cairn. It is whole.
    Newer {
        /// The file or object.
        what: String,
        /// What it says of its version.
        version: String,
    },
    /// There is no more room. Nothing was written.
    Full {
        /// The file or object.
        what: String,
    },
    /// Something else, in the words of the system.
    Failed {
        /// The file or object.
        what: String,
        /// The words.
        why: String,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { who } => write!(formatter, "the state is being written by {who}"),
            Self::Lost { why } => write!(formatter, "the state is not held any more: {why}"),
            Self::Moved { what, to } => write!(formatter, "the state was moved from {what} to {to}"),
            Self::Fenced { by } => write!(formatter, "the state was taken over by {by}"),
            Self::Damaged { what, why, .. } => write!(formatter, "{what} is damaged: {why}"),
            Self::Newer { what, version } => {
                write!(formatter, "{what} was written by a newer version of Cairn ({version})")
            }
            Self::Full { what } => write!(formatter, "there is no room left for {what}"),
            Self::Failed { what, why } => write!(formatter, "{what}: {why}"),
        }
    }
}

impl std::error::Error for StoreError {}
