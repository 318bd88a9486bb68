//! What people do with a state beside writing to it: going back, ending a hold, moving it, telling who reads it.

use std::collections::BTreeSet;

use async_trait::async_trait;
use ecow::EcoString;
use serde::{Deserialize, Serialize};

use super::{Snapshot, StateStore, StoreError};

/// A stack that reads outputs of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumer {
    /// Its name, for people: `shop / production`.
    pub name: String,
    /// Where its state is.
    pub state: String,
    /// The outputs it reads.
    pub outputs: BTreeSet<String>,
}

/// What restoring gave.
#[derive(Clone, Debug)]
pub enum Restored {
    /// Generations that can be restored.
    Available(Vec<u64>),
    /// The state is this one now.
    Done(Box<Snapshot>),
}

/// All of a state, to be written elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Luggage {
    /// The snapshot, with everything folded in.
    pub snapshot: Snapshot,
    /// The stack's key.
    pub key: Vec<u8>,
    /// Who reads it.
    pub consumers: Vec<Consumer>,
    /// What it reads.
    pub reads: BTreeSet<String>,
}

/// A state, as people look after it.
#[async_trait]
pub trait Custody: StateStore {
    /// Goes back to an older generation, or lists those there are.
    ///
    /// # Errors
    /// There is no such generation, it is damaged, or somebody is writing.
    async fn restore(&self, generation: Option<u64>, who: &str) -> Result<Restored, StoreError>;

    /// Ends the hold of whoever writes; that one can write no more. Says who it was.
    ///
    /// # Errors
    /// The state is damaged, or cannot be written.
    async fn unlock(&self, who: &str) -> Result<Option<EcoString>, StoreError>;

    /// Forgets what was seen of this state before, so that an older one is taken for good.
    ///
    /// # Errors
    /// That cannot be written down.
    async fn accept(&self) -> Result<(), StoreError>;

    /// Who reads the outputs of this state, in the order of their names.
    ///
    /// # Errors
    /// What is written there is damaged: then nobody knows who else reads.
    async fn consumers(&self) -> Result<Vec<Consumer>, StoreError>;

    /// Remembers that a stack reads outputs of this state, or that it reads none any more.
    ///
    /// # Errors
    /// It cannot be written.
    async fn note_consumer(&self, consumer: &Consumer, who: &str) -> Result<(), StoreError>;

    /// The states this one reads.
    ///
    /// # Errors
    /// What is written there is damaged or cannot be read.
    async fn reads(&self) -> Result<BTreeSet<String>, StoreError>;

    /// Remembers which states this one reads. Called while this state is taken.
    ///
    /// # Errors
    /// It cannot be written.
    async fn note_reads(&self, states: &BTreeSet<String>) -> Result<(), StoreError>;

    /// Takes the state for good, to move it to a place. A state that was left for that very place is given once more,
    /// so that a move that was interrupted can be finished.
    ///
    /// # Errors
    /// There is none, it was moved elsewhere, an interrupted step is open, or somebody is writing.
    async fn pack(&self, who: &str, to: &str) -> Result<Luggage, StoreError>;

    /// Writes a state where none is, so that nobody sees it yet.
    ///
    /// # Errors
    /// There is another state.
    async fn prepare(&self, luggage: &Luggage, from: &str) -> Result<(), StoreError>;

    /// Says where a state is that was packed; nobody writes here any more.
    ///
    /// # Errors
    /// That could not be written.
    async fn leave(&self, to: &str) -> Result<(), StoreError>;

    /// Lets a state that was prepared be seen.
    ///
    /// # Errors
    /// That could not be written.
    async fn arrive(&self, luggage: &Luggage) -> Result<(), StoreError>;
}
