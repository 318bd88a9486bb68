//! What the log needs of a store: to create an object only if it is not there, and little else.

use async_trait::async_trait;

use crate::state::StoreError;

/// What became of a conditional create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The object was not there and is there now.
    Created,
    /// There is one already; it may be what this very call wrote before its answer was lost.
    Exists,
}

/// An object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// When it was written, in seconds of the store's own clock.
    pub modified: u64,
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFailure {
    /// The object.
    pub what: String,
    /// In the words of the store.
    pub why: String,
    /// Whether asking once more may help. What was asked may have been done all the same.
    pub passing: bool,
}

impl From<LogFailure> for StoreError {
    fn from(failure: LogFailure) -> Self {
        Self::Failed { what: failure.what, why: failure.why }
    }
}

/// A place for objects, each written as a whole. Keys are relative to the place.
///
/// Only [`create`](Self::create) has to be exact: of any number of calls for one key, at most one may ever be answered
/// with [`Put::Created`]. It is what fencing rests on, and it is tried before each run.
#[async_trait]
pub trait LogStore: Send + Sync {
    /// Writes an object unless there is one; durable when this returns.
    ///
    /// # Errors
    /// It is not known whether the object is there.
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Put, LogFailure>;

    /// Reads an object; nothing if there is none.
    ///
    /// # Errors
    /// It could not be read.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LogFailure>;

    /// The objects in a folder, `log/` for example, sorted by key.
    ///
    /// # Errors
    /// It could not be listed.
    async fn list(&self, folder: &str) -> Result<Vec<Listed>, LogFailure>;

    /// Removes an object; one that is not there is removed already.
    ///
    /// # Errors
    /// It could not be removed.
    async fn delete(&self, key: &str) -> Result<(), LogFailure>;

    /// Writes an object whatever is there. Nothing that must be right depends on it.
    ///
    /// # Errors
    /// It could not be written.
    async fn put_hint(&self, key: &str, bytes: &[u8]) -> Result<(), LogFailure>;

    /// Creates one key twice at the same time, over two connections if the store has connections.
    ///
    /// # Errors
    /// It is not known what happened.
    async fn contest(&self, key: &str, first: &[u8], second: &[u8]) -> Result<[Put; 2], LogFailure> {
        let (first, second) = tokio::join!(self.create(key, first), self.create(key, second));
        Ok([first?, second?])
    }
}
