//! A state in a log: taking it, writing to it, giving it back.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::chain::{self, Chain, damaged};
use super::patient::Patient;
use super::slot::{self, Slot, digest, opened, sealed};
use super::snap::{self, Snap};
use super::{LogStore, Machine, Position, Put, beat, compaction, contest, remembered};
use crate::state::{Entry, Loaded, Snapshot, StateStore, StoreError};

/// The object with the stack's key.
pub const KEY: &str = "key";

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Between two signs of life.
    pub beat: Duration,
    /// After this long without a sign, a writer may be taken over.
    pub silent: Duration,
    /// A writer whose last slot is older than this stops itself.
    pub stop: Duration,
    /// For how long a write is tried again while the store does not answer.
    pub retry: Duration,
    /// How long a slot stays, at least.
    pub keep: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            beat: Duration::from_secs(10),
            silent: Duration::from_secs(90),
            stop: Duration::from_secs(15 * 60),
            retry: Duration::from_secs(90),
            keep: Duration::from_secs(7 * 24 * 60 * 60),
        }
    }
}

/// When a writer that did not give the log back is taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TakeOver {
    /// Only if its process was on this machine and has ended.
    #[default]
    Gone,
    /// Also if it gave no sign of life for as long as [`Timing::silent`] says, watched from here.
    Silent,
    /// Always. It can write no more from then on.
    Always,
}

/// A state in a log.
pub struct LogState {
    /// What the task that gives signs of life shares.
    pub(super) inner: Arc<Inner>,
    take_over: TakeOver,
}

/// What a state in a log works with.
pub struct Inner {
    /// The store, asked again while it does not answer.
    pub(super) store: Arc<dyn LogStore>,
    /// The store as it was given.
    plain: Arc<dyn LogStore>,
    /// The machine.
    pub(super) machine: Arc<dyn Machine>,
    /// What the place is called, for people.
    pub(super) place: String,
    timing: Timing,
    held: Mutex<Option<Held>>,
}

/// What a writer knows.
struct Held {
    writer: String,
    epoch: u64,
    end: Position,
    sequence: u64,
    /// When the last slot was begun.
    last: Duration,
    /// Why nothing more is written.
    broken: Option<StoreError>,
}

/// What became of a slot.
enum Placed {
    /// It is there.
    Written(String),
    /// Another one is there.
    Other(Box<Slot>, String),
}

impl LogState {
    /// A state in a store. `place` is what people call it, `s3://bucket/key` for example.
    pub fn new(store: Arc<dyn LogStore>, machine: Arc<dyn Machine>, place: &str) -> Self {
        Self::made(store, machine, place.to_owned(), Timing::default(), TakeOver::default())
    }

    /// With other times.
    #[must_use]
    pub fn with_timing(self, timing: Timing) -> Self {
        let Inner { plain, machine, place, .. } = &*self.inner;
        Self::made(Arc::clone(plain), Arc::clone(machine), place.clone(), timing, self.take_over)
    }

    fn made(
        plain: Arc<dyn LogStore>,
        machine: Arc<dyn Machine>,
        place: String,
        timing: Timing,
        take_over: TakeOver,
    ) -> Self {
        let store: Arc<dyn LogStore> = Arc::new(Patient::new(Arc::clone(&plain), timing.retry));
        Self { inner: Arc::new(Inner { store, plain, machine, place, timing, held: Mutex::default() }), take_over }
    }

    /// With another answer to a writer that did not give the log back.
    #[must_use]
    pub fn taking_over(self, take_over: TakeOver) -> Self {
        Self { take_over, ..self }
    }

    /// Takes the log, and says whose hold ended with that.
    ///
    /// # Errors
    /// As [`StateStore::take`].
    pub(super) async fn take_from(
        &self,
        who: &str,
        take_over: TakeOver,
    ) -> Result<(Loaded, Option<String>), StoreError> {
        let inner = &self.inner;
        contest::probe(&*inner.store, &*inner.machine, &inner.place).await?;
        for _ in 0..TRIES {
            let Some(chain) = inner.read().await? else {
                inner.begin().await?;
                continue;
            };
            if let Some(to) = chain.moved {
                return Err(StoreError::Moved { what: inner.place.clone(), to });
            }
            let holder = holder(&chain);
            if let Some(who) = &holder
                && !inner.may_take(&chain, take_over).await?
            {
                return Err(StoreError::Locked { who: who.clone() });
            }
            let key = inner.key(chain.fresh).await?;
            if let Some((entry, held)) = inner.take(&chain, who).await? {
                let epoch = held.epoch;
                *inner.held.lock().await = Some(held);
                tokio::spawn(beat::give(Arc::downgrade(inner), epoch, inner.timing));
                let mut entries = chain.entries;
                entries.push(entry);
                let loaded = Loaded { snapshot: chain.snapshot, entries, key, repaired: None };
                return Ok((loaded, holder));
            }
        }
        Err(StoreError::Locked { who: "several others, one after the other".to_owned() })
    }
}

/// How often a log that others take at the same moment is read again.
const TRIES: usize = 20;

/// Who holds the log, for people.
fn holder(chain: &Chain) -> Option<String> {
    for (_, entry) in chain.entries.iter().rev() {
        if let Entry::Take { who, .. } = entry {
            return Some(who.to_string());
        }
        if *entry == Entry::Released {
            break;
        }
    }
    None
}

impl Inner {
    /// Reads the log and compares it with what was seen before.
    pub(super) async fn read(&self) -> Result<Option<Chain>, StoreError> {
        let chain = chain::read(&*self.store, &self.place).await?;
        remembered::check(&*self.store, &*self.machine, &self.place, chain.as_ref()).await?;
        Ok(chain)
    }

    /// The first slot: which state this is. Whoever writes it first has named the state.
    pub(super) async fn begin(&self) -> Result<(), StoreError> {
        let first = Slot { lineage: self.name(), first: 1, nonce: self.name(), ..Slot::default() };
        self.put(&first).await.map(|_| ())
    }

    fn name(&self) -> String {
        hex::encode(self.machine.random(16))
    }

    /// Whether whoever holds the log may be taken over.
    async fn may_take(&self, chain: &Chain, take_over: TakeOver) -> Result<bool, StoreError> {
        if chain.machine.as_ref().is_some_and(|identity| self.machine.is_gone(identity)) {
            return Ok(true);
        }
        match take_over {
            TakeOver::Gone => Ok(false),
            TakeOver::Silent => Ok(beat::is_silent(&self.store, chain.epoch, chain.end.slot, self.timing).await?),
            TakeOver::Always => Ok(true),
        }
    }

    /// The stack's key; made if nothing was ever recorded with it.
    pub(super) async fn key(&self, fresh: bool) -> Result<Vec<u8>, StoreError> {
        if let Some(key) = self.read_key().await? {
            return Ok(key);
        }
        if !fresh {
            return Err(StoreError::Damaged {
                what: format!("{}/{KEY}", self.place),
                why: "it is missing, but the rest of the state is there".to_owned(),
                way_out: "bring it back from the store's own versions, or go back to a snapshot with a new key: cairn state restore; every secret is then sent once more".to_owned(),
            });
        }
        self.create(KEY, &sealed(&hex::encode(self.machine.random(32)))).await?;
        // Somebody else may have made it at the same moment: the one that is there counts.
        self.read_key().await?.ok_or_else(|| damaged(&self.place, KEY, "it was just written, and is not there"))
    }

    pub(super) async fn read_key(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(bytes) = self.store.get(KEY).await? else { return Ok(None) };
        let text = opened(&bytes).map_err(|why| damaged(&self.place, KEY, why))?;
        let key = hex::decode(text.trim()).map_err(|_| damaged(&self.place, KEY, "it is no key"))?;
        Ok(Some(key))
    }

    /// Takes the log behind what was read. Nothing if somebody else was faster.
    async fn take(&self, chain: &Chain, who: &str) -> Result<Option<((u64, Entry), Held)>, StoreError> {
        let epoch = chain.epoch + 1;
        let entry = Entry::Take { epoch, who: who.into() };
        let begun = self.machine.now();
        let slot = Slot {
            number: chain.end.slot + 1,
            lineage: chain.end.lineage.clone(),
            previous: chain.end.hash.clone(),
            epoch,
            writer: self.name(),
            nonce: self.name(),
            first: chain.sequence() + 1,
            machine: Some(self.machine.identity()),
            moved: None,
            entries: vec![entry.clone()],
        };
        let Placed::Written(hash) = self.put(&slot).await? else { return Ok(None) };
        let end = Position { lineage: slot.lineage.clone(), slot: slot.number, hash };
        self.machine.remember(&self.place, Some(&end))?;
        let sequence = slot.last();
        Ok(Some(((sequence, entry), Held { writer: slot.writer, epoch, end, sequence, last: begun, broken: None })))
    }

    /// Writes a slot where no other one is.
    async fn put(&self, slot: &Slot) -> Result<Placed, StoreError> {
        let (key, bytes) = (slot::key(slot.number), slot.write());
        let hash = digest(&bytes);
        match self.create(&key, &bytes).await? {
            // What is there carries the nonce of this slot: it is this one, and its first answer was lost.
            None => Ok(Placed::Written(hash)),
            Some(there) if there == bytes => Ok(Placed::Written(hash)),
            Some(there) => {
                let other = Slot::read(slot.number, &there).map_err(|why| damaged(&self.place, &key, why))?;
                Ok(Placed::Other(Box::new(other), digest(&there)))
            }
        }
    }

    /// Creates an object, or gives the one that is there.
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        for _ in 0..TRIES {
            if self.store.create(key, bytes).await? == Put::Created {
                return Ok(None);
            }
            if let Some(there) = self.store.get(key).await? {
                return Ok(Some(there));
            }
            // Two writes met each other, and neither is there.
            tokio::time::sleep(self.timing.beat / 20).await;
        }
        Err(StoreError::Failed {
            what: format!("{}/{key}", self.place),
            why: "the store says that it is there, and that it is not".to_owned(),
        })
    }

    /// Writes entries as the holder. After one failure nothing more is written.
    async fn write(&self, held: &mut Held, entries: &[Entry], moved: Option<String>) -> Result<(), StoreError> {
        if let Some(broken) = &held.broken {
            return Err(broken.clone());
        }
        let result = self.write_next(held, entries, moved).await;
        if let Err(error) = &result {
            held.broken = Some(error.clone());
        }
        result
    }

    async fn write_next(&self, held: &mut Held, entries: &[Entry], moved: Option<String>) -> Result<(), StoreError> {
        loop {
            let begun = self.machine.now();
            if begun.saturating_sub(held.last) > self.timing.stop {
                return Err(StoreError::Lost {
                    why: format!(
                        "nothing was written for {} minutes, so somebody else may hold it by now",
                        begun.saturating_sub(held.last).as_secs() / 60
                    ),
                });
            }
            let slot = Slot {
                number: held.end.slot + 1,
                lineage: held.end.lineage.clone(),
                previous: held.end.hash.clone(),
                epoch: held.epoch,
                writer: held.writer.clone(),
                nonce: self.name(),
                first: held.sequence + 1,
                machine: None,
                moved: moved.clone(),
                entries: entries.to_vec(),
            };
            match self.put(&slot).await? {
                Placed::Written(hash) => {
                    held.end.slot = slot.number;
                    held.end.hash = hash;
                    held.sequence = slot.last();
                    held.last = begun;
                    return Ok(());
                }
                // A slot that only kept the hold young, and whose answer was never seen.
                Placed::Other(own, hash)
                    if own.writer == held.writer && own.entries.is_empty() && own.moved.is_none() =>
                {
                    held.end.slot = own.number;
                    held.end.hash = hash;
                    held.last = begun;
                }
                Placed::Other(other, _) => {
                    let who = other.entries.iter().find_map(|entry| {
                        if let Entry::Take { who, .. } = entry { Some(who.to_string()) } else { None }
                    });
                    let who = who.unwrap_or_else(|| "somebody else".to_owned());
                    return Err(StoreError::Fenced { by: who });
                }
            }
        }
    }

    /// Writes the last slot for ever: the state is elsewhere now. One that was left for there is left already.
    pub(super) async fn leave(&self, to: &str) -> Result<(), StoreError> {
        let mut guard = self.held.lock().await;
        let Some(held) = guard.as_mut() else {
            let left = self.read().await?.and_then(|chain| chain.moved);
            return if left.as_deref() == Some(to) { Ok(()) } else { Err(not_taken()) };
        };
        self.write(held, &[Entry::Released], Some(to.to_owned())).await?;
        self.machine.remember(&self.place, Some(&held.end))?;
        *guard = None;
        Ok(())
    }

    /// Writes an older snapshot behind everything that is there, damaged or not.
    pub(super) async fn go_back(&self, chosen: &Snapshot, newest: u64, who: &str) -> Result<Snapshot, StoreError> {
        let slots = self.store.list(slot::FOLDER).await?;
        let last = slots.iter().filter_map(|one| slot::number(&one.key)).max().unwrap_or(0);
        let mut epoch = chosen.epoch;
        for one in &slots {
            let Some(number) = slot::number(&one.key) else { continue };
            if let Some(bytes) = self.store.get(&one.key).await?
                && let Ok(read) = Slot::read(number, &bytes)
            {
                epoch = epoch.max(read.epoch);
            }
        }
        let lineage = chosen.lineage.to_string();
        if self.read_key().await?.is_none() {
            self.create(KEY, &sealed(&hex::encode(self.machine.random(32)))).await?;
        }
        if self.store.get(&slot::key(0)).await?.is_none() {
            self.put(&Slot { lineage: lineage.clone(), first: 1, nonce: self.name(), ..Slot::default() }).await?;
        }
        let previous = self.store.get(&slot::key(last)).await?.map(|bytes| digest(&bytes)).unwrap_or_default();
        let take = Entry::Take { epoch: epoch + 1, who: who.into() };
        let slot = Slot {
            number: last + 1,
            lineage: lineage.clone(),
            previous,
            epoch: epoch + 1,
            writer: self.name(),
            nonce: self.name(),
            first: chosen.sequence + 1,
            machine: Some(self.machine.identity()),
            moved: None,
            entries: vec![take],
        };
        // Whoever still writes has lost with this slot.
        let Placed::Written(hash) = self.put(&slot).await? else {
            return Err(StoreError::Locked { who: "somebody who wrote at this very moment".to_owned() });
        };
        let snapshot = Snapshot {
            generation: newest + 1,
            previous: hash.as_str().into(),
            sequence: slot.last(),
            epoch: epoch + 1,
            ..chosen.clone()
        };
        let snap = Snap { slot: slot.number, hash: hash.clone(), writer: slot.writer, snapshot: snapshot.clone() };
        self.create(&snap::key(snap.slot), &snap.write()).await?;
        self.machine.remember(&self.place, Some(&Position { lineage, slot: slot.number, hash }))?;
        Ok(snapshot)
    }

    /// Whether a writer still holds the log; its hold is kept young.
    pub(super) async fn stay(&self, epoch: u64) -> bool {
        let mut guard = self.held.lock().await;
        let Some(held) = guard.as_mut().filter(|held| held.epoch == epoch && held.broken.is_none()) else {
            return false;
        };
        if self.machine.now().saturating_sub(held.last) < self.timing.stop / 3 {
            return true;
        }
        self.write(held, &[], None).await.is_ok()
    }
}

fn not_taken() -> StoreError {
    StoreError::Failed { what: "the state".to_owned(), why: "it is not taken".to_owned() }
}

#[async_trait]
impl StateStore for LogState {
    async fn load(&self) -> Result<Loaded, StoreError> {
        let Some(chain) = self.inner.read().await? else {
            return Ok(Loaded { key: self.inner.machine.random(32), ..Loaded::default() });
        };
        if let Some(to) = chain.moved {
            return Err(StoreError::Moved { what: self.inner.place.clone(), to });
        }
        let key = match self.inner.read_key().await? {
            // Nothing was recorded yet, so the key that the first writer makes is as good as this one.
            None if chain.fresh => self.inner.machine.random(32),
            _ => self.inner.key(false).await?,
        };
        Ok(Loaded { snapshot: chain.snapshot, entries: chain.entries, key, repaired: None })
    }

    async fn take(&self, who: &str) -> Result<Loaded, StoreError> {
        self.take_from(who, self.take_over).await.map(|(loaded, _)| loaded)
    }

    async fn append(&self, entries: &[Entry]) -> Result<(), StoreError> {
        let mut guard = self.inner.held.lock().await;
        let held = guard.as_mut().ok_or_else(not_taken)?;
        self.inner.write(held, entries, None).await
    }

    async fn compact(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let mut guard = self.inner.held.lock().await;
        let held = guard.as_mut().ok_or_else(not_taken)?;
        if let Some(broken) = &held.broken {
            return Err(broken.clone());
        }
        if snapshot.sequence != held.sequence {
            return Err(StoreError::Failed {
                what: "the snapshot".to_owned(),
                why: "it is not everything that was written".to_owned(),
            });
        }
        let mut next = snapshot.clone();
        next.generation += 1;
        next.previous = held.end.hash.as_str().into();
        let snap =
            Snap { slot: held.end.slot, hash: held.end.hash.clone(), writer: held.writer.clone(), snapshot: next };
        let store = &*self.inner.store;
        // Whoever folds the same slots gets the same snapshot: it does not matter who wrote it.
        self.inner.create(&snap::key(snap.slot), &snap.write()).await?;
        self.inner.machine.remember(&self.inner.place, Some(&held.end))?;
        // What is not removed now is removed next time.
        let _ = compaction::clean(store, snap.slot, held.epoch, self.inner.timing.keep).await;
        Ok(())
    }

    async fn release(&self) -> Result<(), StoreError> {
        let mut guard = self.inner.held.lock().await;
        let Some(mut held) = guard.take() else { return Ok(()) };
        self.inner.write(&mut held, &[Entry::Released], None).await?;
        self.inner.machine.remember(&self.inner.place, Some(&held.end))?;
        let _ = self.inner.store.delete(&beat::key(held.epoch)).await;
        Ok(())
    }
}
