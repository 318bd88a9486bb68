//! Ends or stops the process at a chosen slot of a log, so that tests can show what others make of it.
//!
//! `CAIRN_STOP_AFTER_SLOT=n` ends it right after the n-th slot it writes is there, before anything else happens;
//! `CAIRN_STOP_BEFORE_SLOT=n` ends it right before; `CAIRN_PAUSE_BEFORE_SLOT=n` stops it there until somebody lets it
//! go on. Without these variables nothing is ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::host::variable;
use crate::state::log::{Listed, LogFailure, LogStore, Put};

/// A store that ends the process.
struct Stopping {
    store: Arc<dyn LogStore>,
    written: AtomicU64,
}

/// The slot that a variable names.
fn wanted(name: &str) -> Option<u64> {
    variable(name)?.parse().ok()
}

/// A store, with the wish of the environment.
pub fn wrapped(store: Arc<dyn LogStore>) -> Arc<dyn LogStore> {
    let names = ["CAIRN_STOP_AFTER_SLOT", "CAIRN_STOP_BEFORE_SLOT", "CAIRN_PAUSE_BEFORE_SLOT"];
    if names.into_iter().any(|name| wanted(name).is_some()) {
        Arc::new(Stopping { store, written: AtomicU64::new(0) })
    } else {
        store
    }
}

#[async_trait]
impl LogStore for Stopping {
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Put, LogFailure> {
        if !key.starts_with("log/") {
            return self.store.create(key, bytes).await;
        }
        let number = Some(self.written.fetch_add(1, Ordering::Relaxed) + 1);
        if wanted("CAIRN_STOP_BEFORE_SLOT") == number {
            std::process::abort();
        }
        #[cfg(unix)]
        if wanted("CAIRN_PAUSE_BEFORE_SLOT") == number {
            // If it cannot be stopped, the test that wants it says so.
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
        }
        let put = self.store.create(key, bytes).await?;
        if wanted("CAIRN_STOP_AFTER_SLOT") == number {
            std::process::abort();
        }
        Ok(put)
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LogFailure> {
        self.store.get(key).await
    }

    async fn list(&self, folder: &str) -> Result<Vec<Listed>, LogFailure> {
        self.store.list(folder).await
    }

    async fn delete(&self, key: &str) -> Result<(), LogFailure> {
        self.store.delete(key).await
    }

    async fn put_hint(&self, key: &str, bytes: &[u8]) -> Result<(), LogFailure> {
        self.store.put_hint(key, bytes).await
    }

    async fn contest(&self, key: &str, first: &[u8], second: &[u8]) -> Result<[Put; 2], LogFailure> {
        self.store.contest(key, first, second).await
    }
}
