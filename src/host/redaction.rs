//! The secrets this process has read, for texts that nobody else has cleaned: panics, and what a command fails with.

use std::sync::{Mutex, TryLockError};

use cairn_provider::value::Value;

use crate::engine::redact::Redactor;

static KNOWN: Mutex<Option<Redactor>> = Mutex::new(None);

/// A secret was read.
pub fn know(secret: &Value) {
    let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    known.get_or_insert_default().learn(secret);
    drop(known);
    // What a panic says while a secret is at hand can be looked at, in builds for tests.
    assert!(
        !cfg!(debug_assertions) || super::variable("CAIRN_PANIC_WITH_SECRET").is_none(),
        "told to panic with {secret:?}"
    );
}

/// A text without the secrets that are known. Asked while a secret is being learned, by whatever interrupted that, it gives
/// no text at all.
pub fn clean(text: &str) -> String {
    match KNOWN.try_lock() {
        Ok(known) => known.as_ref().map_or_else(|| text.to_owned(), |known| known.clean(text)),
        Err(TryLockError::Poisoned(known)) => {
            known.into_inner().as_ref().map_or_else(|| text.to_owned(), |known| known.clean(text))
        }
        Err(TryLockError::WouldBlock) => "(text left out)".to_owned(),
    }
}
