//! State in a place that several machines share: an append-only log that is state, lock and journal at once.
//!
//! The log is a row of slots. A slot is written once, by [`LogStore::create`] alone, so the store itself decides who
//! wrote it: nobody needs a lock, and a writer that was taken over cannot write another slot. Everything here works on
//! any [`LogStore`].

mod beat;
mod chain;
mod compaction;
mod contest;
mod custody;
mod machine;
mod memory;
pub mod migration;
mod patient;
mod remembered;
mod writer;
mod slot;
mod snap;
mod store;

pub use contest::{Race, race};
pub use machine::{Machine, Position};
pub use memory::MemoryLog;
pub use store::{Listed, LogFailure, LogStore, Put};
pub use writer::{LogState, TakeOver, Timing};
