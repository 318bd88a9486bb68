//! Signs of life. They only tell whether waiting is worth it; whether a writer may write is decided by slots alone.

use std::sync::{Arc, Weak};

use super::slot;
use super::writer::{Inner, Timing};
use super::{LogFailure, LogStore};

/// The folder of signs of life.
pub const FOLDER: &str = "beat/";

/// The key of the sign of a writer.
pub fn key(epoch: u64) -> String {
    format!("{FOLDER}{epoch:020}")
}

/// Gives signs for as long as a writer holds the log, and keeps its hold young while it waits for a long call.
pub async fn give(inner: Weak<Inner>, epoch: u64, timing: Timing) {
    let mut count = 0_u64;
    loop {
        let Some(held) = inner.upgrade() else { return };
        // Nothing depends on it, so nothing is done about a failure.
        let _ = held.store.put_hint(&key(epoch), count.to_string().as_bytes()).await;
        if !held.stay(epoch).await {
            return;
        }
        drop(held);
        count += 1;
        tokio::time::sleep(timing.beat).await;
    }
}

/// Watches for as long as a writer may be silent. True if it gave no sign and wrote no slot.
///
/// # Errors
/// The store could not be asked.
pub async fn is_silent(store: &Arc<dyn LogStore>, epoch: u64, end: u64, timing: Timing) -> Result<bool, LogFailure> {
    let before = store.get(&key(epoch)).await?;
    let mut waited = std::time::Duration::ZERO;
    while waited < timing.silent {
        let pause = timing.beat.min(timing.silent - waited);
        tokio::time::sleep(pause).await;
        waited += pause;
        if store.get(&key(epoch)).await? != before || store.get(&slot::key(end + 1)).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}
