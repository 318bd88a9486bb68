//! Looking after a state in files.

use std::collections::BTreeSet;

use async_trait::async_trait;
use ecow::EcoString;

use super::lock::Lock;
use super::moved::{self, Moved};
use super::{LocalStore, failed, journal_file, key_file, snapshot_file};
use crate::host::entropy;
use crate::state::log::migration;
use crate::state::{Consumer, Custody, Luggage, Restored, StateStore as _, StoreError};

#[async_trait]
impl Custody for LocalStore {
    async fn restore(&self, generation: Option<u64>, who: &str) -> Result<Restored, StoreError> {
        let generations = snapshot_file::history(&self.directory)?;
        let Some(wanted) = generation else { return Ok(Restored::Available(generations)) };
        let lock = Lock::take(&self.directory, who)?;
        moved::check(&self.directory)?;
        let snapshot = snapshot_file::read_generation(&self.directory, wanted)?;
        if key_file::read(&self.directory)?.is_none() {
            key_file::write(&self.directory, &entropy::bytes(32), &lock)?;
        }
        // Between the two, the old journal does not fit the older snapshot, and everybody is told so.
        snapshot_file::write(&self.directory, &snapshot, &lock)?;
        journal_file::start(&self.directory, &snapshot, &lock)?;
        Ok(Restored::Done(Box::new(snapshot)))
    }

    async fn unlock(&self, who: &str) -> Result<Option<EcoString>, StoreError> {
        match self.take(who).await {
            Ok(_) => self.release().await.map(|()| None),
            Err(StoreError::Locked { who: holder }) => {
                self.take_over(who)?;
                self.release().await?;
                Ok(Some(holder.into()))
            }
            Err(error) => Err(error),
        }
    }

    async fn accept(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn consumers(&self) -> Result<Vec<Consumer>, StoreError> {
        self.readers()
    }

    async fn note_consumer(&self, consumer: &Consumer, who: &str) -> Result<(), StoreError> {
        self.note_reader(consumer, who)
    }

    async fn reads(&self) -> Result<BTreeSet<String>, StoreError> {
        self.states_read()
    }

    async fn note_reads(&self, states: &BTreeSet<String>) -> Result<(), StoreError> {
        self.note_states_read(states)
    }

    async fn pack(&self, who: &str, to: &str) -> Result<Luggage, StoreError> {
        let again = match moved::read(&self.directory)? {
            Some(Moved::To(left)) if left == to => true,
            Some(Moved::To(_) | Moved::From(_)) => return moved::check(&self.directory).map(|()| Luggage::default()),
            None => false,
        };
        if snapshot_file::read(&self.directory)?.is_none() {
            return Err(migration::nothing(&self.directory.display().to_string()));
        }
        let loaded = if again {
            self.read_whole()?.ok_or_else(|| migration::nothing(&self.directory.display().to_string()))?
        } else {
            self.take(who).await?
        };
        match migration::whole((loaded.snapshot, loaded.entries)) {
            Ok(snapshot) => {
                Ok(Luggage { snapshot, key: loaded.key, consumers: self.readers()?, reads: self.states_read()? })
            }
            Err(error) => {
                self.release().await?;
                Err(error)
            }
        }
    }

    async fn prepare(&self, luggage: &Luggage, from: &str) -> Result<(), StoreError> {
        match moved::read(&self.directory)? {
            // What stayed here when the state went away is written over when it comes back.
            Some(Moved::To(_) | Moved::From(_)) => {}
            None => match snapshot_file::read(&self.directory)? {
                // The move was done.
                Some(there)
                    if there.lineage == luggage.snapshot.lineage && there.sequence >= luggage.snapshot.sequence =>
                {
                    return Ok(());
                }
                Some(_) => return Err(migration::occupied(&self.directory.display().to_string())),
                None => {}
            },
        }
        moved::write(&self.directory, &Moved::From(from.to_owned()))?;
        let lock = Lock::take(&self.directory, "a move")?;
        snapshot_file::write(&self.directory, &luggage.snapshot, &lock)?;
        journal_file::start(&self.directory, &luggage.snapshot, &lock)?;
        key_file::write(&self.directory, &luggage.key, &lock)?;
        drop(lock);
        for consumer in &luggage.consumers {
            self.note_reader(consumer, "a move")?;
        }
        self.note_states_read(&luggage.reads)
    }

    async fn leave(&self, to: &str) -> Result<(), StoreError> {
        moved::write(&self.directory, &Moved::To(to.to_owned()))?;
        let mut open = self.open.lock().expect("no code panics while it holds the store");
        *open = None;
        Ok(())
    }

    async fn arrive(&self, _luggage: &Luggage) -> Result<(), StoreError> {
        moved::remove(&self.directory)?;
        let directory = std::fs::File::open(&self.directory).and_then(|directory| directory.sync_all());
        directory.map_err(|error| failed(&self.directory, &error))
    }
}
