//! A log in memory, for tests and simulations.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Listed, LogFailure, LogStore, Put};

/// Objects in memory; clones of an `Arc` share them.
#[derive(Debug, Default)]
pub struct MemoryLog {
    objects: Mutex<BTreeMap<String, (Vec<u8>, u64)>>,
    clock: Mutex<u64>,
}

impl MemoryLog {
    /// Sets the store's clock, in seconds.
    pub fn set_clock(&self, seconds: u64) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = seconds;
    }

    /// All objects, as they are now.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.held().iter().map(|(key, (bytes, _))| (key.clone(), bytes.clone())).collect()
    }

    /// Puts objects there as they are, in the place of all others.
    pub fn replace(&self, objects: BTreeMap<String, Vec<u8>>) {
        let now = self.now();
        *self.held() = objects.into_iter().map(|(key, bytes)| (key, (bytes, now))).collect();
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, (Vec<u8>, u64)>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl LogStore for MemoryLog {
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Put, LogFailure> {
        let now = self.now();
        let mut objects = self.held();
        if objects.contains_key(key) {
            return Ok(Put::Exists);
        }
        objects.insert(key.to_owned(), (bytes.to_vec(), now));
        Ok(Put::Created)
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LogFailure> {
        Ok(self.held().get(key).map(|(bytes, _)| bytes.clone()))
    }

    async fn list(&self, folder: &str) -> Result<Vec<Listed>, LogFailure> {
        let objects = self.held();
        let listed = objects.iter().filter(|(key, _)| key.starts_with(folder));
        Ok(listed.map(|(key, (_, modified))| Listed { key: key.clone(), modified: *modified }).collect())
    }

    async fn delete(&self, key: &str) -> Result<(), LogFailure> {
        self.held().remove(key);
        Ok(())
    }

    async fn put_hint(&self, key: &str, bytes: &[u8]) -> Result<(), LogFailure> {
        let now = self.now();
        self.held().insert(key.to_owned(), (bytes.to_vec(), now));
        Ok(())
    }
}
