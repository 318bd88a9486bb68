//! A store that is asked again while it does not answer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Listed, LogFailure, LogStore, Put};

/// A store behind patience. What is created twice is answered with [`Put::Exists`], and whoever cares reads it back.
pub struct Patient {
    store: Arc<dyn LogStore>,
    limit: Duration,
}

impl Patient {
    /// Asks again for so long.
    pub fn new(store: Arc<dyn LogStore>, limit: Duration) -> Self {
        Self { store, limit }
    }
}

/// Repeats a call while its failure may pass.
macro_rules! patiently {
    ($limit:expr, $call:expr) => {{
        let mut waited = Duration::ZERO;
        let mut pause = Duration::from_millis(100);
        loop {
            match $call.await {
                Err(failure) if failure.passing && waited < $limit => {
                    tokio::time::sleep(pause).await;
                    waited += pause;
                    pause = (pause * 2).min(Duration::from_secs(10));
                }
                result => break result,
            }
        }
    }};
}

#[async_trait]
impl LogStore for Patient {
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Put, LogFailure> {
        patiently!(self.limit, self.store.create(key, bytes))
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LogFailure> {
        patiently!(self.limit, self.store.get(key))
    }

    async fn list(&self, folder: &str) -> Result<Vec<Listed>, LogFailure> {
        patiently!(self.limit, self.store.list(folder))
    }

    async fn delete(&self, key: &str) -> Result<(), LogFailure> {
        patiently!(self.limit, self.store.delete(key))
    }

    async fn put_hint(&self, key: &str, bytes: &[u8]) -> Result<(), LogFailure> {
        // A hint that is late is worth nothing.
        self.store.put_hint(key, bytes).await
    }

    async fn contest(&self, key: &str, first: &[u8], second: &[u8]) -> Result<[Put; 2], LogFailure> {
        self.store.contest(key, first, second).await
    }
}
