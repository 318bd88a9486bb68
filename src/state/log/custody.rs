//! Looking after a state in a log.

use std::collections::BTreeSet;

use async_trait::async_trait;
use ecow::EcoString;
use serde::Deserialize;
use serde::Serialize;

use super::chain::{damaged, read_snap};
use super::migration;
use super::slot::{self, Slot, digest, opened, sealed};
use super::snap::{self, Snap};
use super::writer::{KEY, LogState, TakeOver};
use crate::state::{Consumer, Custody, Luggage, Restored, Snapshot, StateStore as _, StoreError};

/// The folder with an object for each reader.
const READERS: &str = "readers/";

/// The object that says where a state comes from that is not all here yet.
pub const INCOMING: &str = "incoming";

/// The object with the states this one reads.
const READS: &str = "reads";

#[async_trait]
impl Custody for LogState {
    async fn restore(&self, generation: Option<u64>, who: &str) -> Result<Restored, StoreError> {
        let (store, place) = (&*self.inner.store, &self.inner.place);
        let mut known: Vec<(u64, Snapshot)> = Vec::new();
        for listed in store.list(snap::FOLDER).await? {
            let Some(number) = snap::number(&listed.key) else { continue };
            // One that is damaged cannot be restored; the others can.
            if let Ok(snap) = read_snap(store, place, number).await {
                known.push((number, snap.snapshot));
            }
        }
        known.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        let Some(wanted) = generation else {
            return Ok(Restored::Available(known.into_iter().map(|(_, snapshot)| snapshot.generation).collect()));
        };
        let Some((_, chosen)) = known.iter().find(|(_, snapshot)| snapshot.generation == wanted) else {
            return Err(StoreError::Failed {
                what: format!("generation {wanted}"),
                why: "there is no such snapshot: cairn state restore lists those there are".to_owned(),
            });
        };
        let newest = known.iter().map(|(_, snapshot)| snapshot.generation).max().unwrap_or(wanted);
        let restored = self.inner.go_back(chosen, newest, who).await?;
        Ok(Restored::Done(Box::new(restored)))
    }

    async fn unlock(&self, who: &str) -> Result<Option<EcoString>, StoreError> {
        if self.inner.read().await?.is_none() {
            return Ok(None);
        }
        let (_, held) = self.take_from(who, TakeOver::Always).await?;
        self.release().await?;
        Ok(held.map(EcoString::from))
    }

    async fn accept(&self) -> Result<(), StoreError> {
        self.inner.machine.remember(&self.inner.place, None)
    }

    async fn consumers(&self) -> Result<Vec<Consumer>, StoreError> {
        let mut consumers = Vec::new();
        for listed in self.inner.store.list(READERS).await? {
            if let Some(consumer) = self.read_json(&listed.key).await? {
                consumers.push(consumer);
            }
        }
        consumers.sort_by(|a: &Consumer, b| a.name.cmp(&b.name));
        Ok(consumers)
    }

    async fn note_consumer(&self, consumer: &Consumer, _who: &str) -> Result<(), StoreError> {
        let name = digest(consumer.state.as_bytes());
        let key = format!("{READERS}{}", name.get(..16).unwrap_or(&name));
        if consumer.outputs.is_empty() {
            return Ok(self.inner.store.delete(&key).await?);
        }
        // Each reader writes its own object alone, so no lock is needed.
        self.write_json(&key, consumer).await
    }

    async fn reads(&self) -> Result<BTreeSet<String>, StoreError> {
        Ok(self.read_json(READS).await?.unwrap_or_default())
    }

    async fn note_reads(&self, states: &BTreeSet<String>) -> Result<(), StoreError> {
        if self.reads().await? == *states {
            return Ok(());
        }
        self.write_json(READS, states).await
    }

    async fn pack(&self, who: &str, to: &str) -> Result<Luggage, StoreError> {
        let chain = self.inner.read().await?;
        let left = chain.as_ref().and_then(|chain| chain.moved.clone());
        let (loaded, key) = match (left, chain) {
            (_, None) => return Err(migration::nothing(&self.inner.place)),
            (Some(left), Some(chain)) if left == to => {
                let key = self.inner.key(false).await?;
                ((chain.snapshot, chain.entries), key)
            }
            (Some(left), Some(_)) => return Err(StoreError::Moved { what: self.inner.place.clone(), to: left }),
            (None, Some(_)) => {
                let loaded = self.take(who).await?;
                ((loaded.snapshot, loaded.entries), loaded.key)
            }
        };
        match migration::whole(loaded) {
            Ok(snapshot) => {
                Ok(Luggage { snapshot, key, consumers: self.consumers().await?, reads: self.reads().await? })
            }
            Err(error) => {
                self.release().await?;
                Err(error)
            }
        }
    }

    async fn prepare(&self, luggage: &Luggage, from: &str) -> Result<(), StoreError> {
        let store = &self.inner.store;
        super::contest::probe(&**store, &*self.inner.machine, &self.inner.place).await?;
        if let Some(bytes) = store.get(&slot::key(0)).await? {
            let first = Slot::read(0, &bytes).map_err(|why| damaged(&self.inner.place, &slot::key(0), why))?;
            if first.lineage != luggage.snapshot.lineage {
                return Err(migration::occupied(&self.inner.place));
            }
            // The first slot comes last: with it the move was done.
            let chain = super::chain::read(&**store, &self.inner.place).await?.unwrap_or_default();
            return if chain.moved.is_none() && chain.snapshot.sequence >= luggage.snapshot.sequence {
                Ok(())
            } else {
                Err(migration::was_here(&self.inner.place))
            };
        }
        // Without a first slot nobody takes this for a state, and nobody writes to it.
        let first = first(&luggage.snapshot);
        let snap = Snap { slot: 0, hash: digest(&first), writer: String::new(), snapshot: luggage.snapshot.clone() };
        store.put_hint(INCOMING, from.as_bytes()).await?;
        store.put_hint(KEY, &sealed(&hex::encode(&luggage.key))).await?;
        store.put_hint(&snap::key(0), &snap.write()).await?;
        for consumer in &luggage.consumers {
            self.note_consumer(consumer, "").await?;
        }
        self.note_reads(&luggage.reads).await
    }

    async fn leave(&self, to: &str) -> Result<(), StoreError> {
        self.inner.leave(to).await
    }

    async fn arrive(&self, luggage: &Luggage) -> Result<(), StoreError> {
        self.inner.store.create(&slot::key(0), &first(&luggage.snapshot)).await?;
        self.inner.store.delete(INCOMING).await?;
        self.inner.machine.remember(&self.inner.place, None)
    }
}

/// The first slot of a state that comes from elsewhere: always the same, so that it can be written again.
fn first(snapshot: &Snapshot) -> Vec<u8> {
    Slot {
        lineage: snapshot.lineage.to_string(),
        epoch: snapshot.epoch,
        first: snapshot.sequence + 1,
        nonce: "moved".to_owned(),
        ..Slot::default()
    }
    .write()
}

impl LogState {
    async fn read_json<T: for<'a> Deserialize<'a>>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let Some(bytes) = self.inner.store.get(key).await? else { return Ok(None) };
        let wrong = |why: String| StoreError::Damaged {
            what: format!("{}/{key}", self.inner.place),
            why,
            way_out: "remove it, and apply the stacks that read this one again".to_owned(),
        };
        let text = opened(&bytes).map_err(wrong)?;
        serde_json::from_str(text).map(Some).map_err(|error| wrong(error.to_string()))
    }

    async fn write_json<T: Serialize + Sync>(&self, key: &str, value: &T) -> Result<(), StoreError> {
        // Only text and lists of text: always JSON.
        let text = serde_json::to_string(value).unwrap_or_default();
        Ok(self.inner.store.put_hint(key, &sealed(&text)).await?)
    }
}
