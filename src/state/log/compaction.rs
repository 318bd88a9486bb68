//! What a log needs no longer: slots that are in a snapshot and older than a week, old snapshots, old signs of life.

use std::time::Duration;

use super::{LogFailure, LogStore, beat, contest, slot, snap};

/// How many snapshots are kept beside the newest.
const KEPT: usize = 5;

/// Removes what nobody needs. The first slot stays for ever: it says which state this is.
///
/// A slot stays for a week after it was written: whoever still believes to be the writer then has stopped itself
/// long before the number could be won once more.
///
/// # Errors
/// Something could not be removed; it is removed next time.
pub async fn clean(store: &dyn LogStore, newest: u64, epoch: u64, keep: Duration) -> Result<(), LogFailure> {
    let mut snaps: Vec<u64> = store.list(snap::FOLDER).await?.iter().filter_map(|one| snap::number(&one.key)).collect();
    snaps.sort_unstable_by(|a, b| b.cmp(a));
    for old in snaps.into_iter().filter(|number| *number < newest).skip(KEPT) {
        store.delete(&snap::key(old)).await?;
    }
    let slots = store.list(slot::FOLDER).await?;
    // Both times are the store's own.
    let now = slots.iter().map(|one| one.modified).max().unwrap_or(0);
    let is_old = |modified: u64| now.saturating_sub(modified) > keep.as_secs();
    for one in &slots {
        let folded = slot::number(&one.key).is_some_and(|number| number != 0 && number < newest);
        if folded && is_old(one.modified) {
            store.delete(&one.key).await?;
        }
    }
    for one in store.list(beat::FOLDER).await? {
        if one.key != beat::key(epoch) && is_old(one.modified) {
            store.delete(&one.key).await?;
        }
    }
    for one in store.list(contest::FOLDER).await? {
        if is_old(one.modified) {
            store.delete(&one.key).await?;
        }
    }
    Ok(())
}
