//! Rollback and fork: what this user saw of a log before must still be in it.

use super::chain::Chain;
use super::slot::{self, digest};
use super::{LogStore, Machine, Position};
use crate::state::StoreError;

/// Compares a log with what this user saw of it before, and remembers what is seen now.
///
/// # Errors
/// It is not the log that was seen, or no more of it.
pub async fn check(
    store: &dyn LogStore,
    machine: &dyn Machine,
    place: &str,
    chain: Option<&Chain>,
) -> Result<(), StoreError> {
    let Some(seen) = machine.remembered(place)? else {
        return match chain {
            Some(chain) => machine.remember(place, Some(&chain.end)),
            None => Ok(()),
        };
    };
    let Some(chain) = chain else {
        return Err(forked(place, &seen, "there is nothing any more"));
    };
    if seen.lineage != chain.end.lineage {
        return Err(forked(place, &seen, "it is another state"));
    }
    if seen.slot > chain.end.slot {
        return Err(forked(place, &seen, &format!("it ends at slot {}", chain.end.slot)));
    }
    let hash = match chain.digests.iter().find(|(number, _)| *number == seen.slot) {
        Some((_, hash)) => Some(hash.clone()),
        // A slot behind the snapshot is there until it is a week old.
        None => store.get(&slot::key(seen.slot)).await?.map(|bytes| digest(&bytes)),
    };
    if hash.is_some_and(|hash| hash != seen.hash) {
        return Err(forked(place, &seen, "that slot is another one now"));
    }
    if seen == chain.end { Ok(()) } else { machine.remember(place, Some(&chain.end)) }
}

fn forked(place: &str, seen: &Position, why: &str) -> StoreError {
    StoreError::Damaged {
        what: place.to_owned(),
        why: format!("the state was rolled back or forked: slot {} was seen here before, and now {why}", seen.slot),
        way_out: "bring the newer one back from the store's own versions; if the older one is what you want: cairn state accept".to_owned(),
    }
}
