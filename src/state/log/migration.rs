//! A state that goes elsewhere.

use crate::state::{Entry, Snapshot, StoreError, fold};

/// A state with everything folded in, as the first snapshot of another place.
///
/// # Errors
/// An interrupted step is open: only a run can finish it.
pub fn whole((snapshot, entries): (Snapshot, Vec<(u64, Entry)>)) -> Result<Snapshot, StoreError> {
    let mut folded = fold(snapshot, entries);
    if !folded.open.is_empty() {
        return Err(StoreError::Failed {
            what: "the state".to_owned(),
            why: format!(
                "{} interrupted steps are open; `cairn apply` finishes them, then it can be moved",
                folded.open.len()
            ),
        });
    }
    folded.snapshot.generation += 1;
    Ok(folded.snapshot)
}

/// There is nothing to move.
pub fn nothing(place: &str) -> StoreError {
    StoreError::Failed { what: place.to_owned(), why: "there is no state that could be moved".to_owned() }
}

/// There is a state already.
pub fn occupied(place: &str) -> StoreError {
    StoreError::Failed {
        what: place.to_owned(),
        why: "there is another state already, and none is written over".to_owned(),
    }
}

/// The state was here before, and the place keeps what it was then.
pub fn was_here(place: &str) -> StoreError {
    StoreError::Failed {
        what: place.to_owned(),
        why: "this state was kept here before it was moved away; move it to another key".to_owned(),
    }
}
