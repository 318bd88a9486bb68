//! What Cairn remembers of a stack: an identity map, what was last written, and what was begun.
//!
//! The cloud is the truth about the world; state is only what the cloud cannot say. It changes by [`Entry`] alone: a
//! [`Snapshot`] and the entries behind it [`fold`] into the next snapshot, after a crash as after a good end.

pub mod codec;
mod custody;
mod entry;
mod fold;
pub mod log;
mod runs;
mod snapshot;
mod store;

pub use custody::{Consumer, Custody, Luggage, Restored};
pub use entry::{Entry, Intent, IntentKind};
pub use fold::{Folded, OpenIntent, fold};
pub use runs::{Before, Ending, NoSuchRun, RunCounts, RunEnd, RunRecord};
pub use snapshot::{DOUBTFUL, Masked, Ran, Receiving, Recorded, Snapshot, Suspect};
pub use store::{Loaded, StateStore, StoreError};
