//! Ends the process at a chosen record of the journal, so that tests can show what the next run makes of it.
//!
//! `CAIRN_STOP_AFTER_RECORD=n` ends it right after the n-th record it writes is durable, before anything else happens;
//! `CAIRN_STOP_BEFORE_RECORD=n` ends it when everything before that record is durable and its effects are there, but
//! not the record. Builds for release do not look at these variables.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::host::variable;

/// How many records this process has written, or was about to.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// How many of the next records are still written before the process ends; nothing if it goes on.
pub fn within(count: usize) -> Option<usize> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let before = WRITTEN.fetch_add(count as u64, Ordering::Relaxed);
    let wanted = |name| variable(name)?.parse::<u64>().ok()?.checked_sub(before + 1);
    let (behind, position) = match wanted("CAIRN_STOP_AFTER_RECORD") {
        Some(position) => (1, position),
        None => (0, wanted("CAIRN_STOP_BEFORE_RECORD")?),
    };
    let position = usize::try_from(position).ok()?;
    (position < count).then_some(position + behind)
}
