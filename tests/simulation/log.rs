//! The simulated store: a log with epochs, in which an append of an older epoch never follows a newer one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cairn::state::{Entry, Folded, IntentKind, Loaded, Snapshot, StateStore, StoreError, fold};
use ecow::EcoString;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use crate::world::{Ablation, Inner, Process};

/// What the store holds.
#[derive(Default)]
pub struct Log {
    snapshot: Snapshot,
    entries: Vec<(u64, Entry)>,
    sequence: u64,
    epoch: u64,
    /// When each intent was recorded or renewed last, by each epoch. One that was taken over may end the calls of the
    /// last minute.
    intents: BTreeMap<(EcoString, u64), Begun>,
    /// Intents whose outcome is not recorded.
    open: BTreeSet<EcoString>,
}

/// An intent, as the check of every call sees it.
struct Begun {
    kind: IntentKind,
    id: Option<EcoString>,
    at: Instant,
}

/// The oldest an intent may be when its request leaves.
const OLDEST: Duration = Duration::from_millis(60_050);

/// The lineage of the simulated stack.
pub const LINEAGE: &str = "lineage";

impl Log {
    /// What is recorded now.
    pub fn folded(&self) -> Folded {
        fold(self.snapshot.clone(), self.entries.clone())
    }

    /// Whether a call may leave: its intent is recorded, by this epoch, and young.
    pub fn covers(&self, epoch: u64, kinds: &[IntentKind], nonce: Option<&str>, id: &str) -> Result<(), String> {
        let mut found = self.intents.iter().filter(|((own, _), begun)| {
            kinds.contains(&begun.kind)
                && match nonce {
                    Some(nonce) => nonce == own.as_str() || begun.id.as_deref() == Some(id),
                    None => begun.id.as_deref() == Some(id),
                }
        });
        let mut why = "no intent is recorded for it".to_owned();
        let covered = found.any(|((_, of), begun)| {
            if *of != epoch {
                why = format!("its intent is of epoch {of}, the sender of {epoch}");
            } else if begun.at.elapsed() > OLDEST {
                why = format!("its intent is {} s old", begun.at.elapsed().as_secs());
            } else {
                return true;
            }
            false
        });
        if covered { Ok(()) } else { Err(why) }
    }

    /// Whether the outcome of an intent is not recorded.
    pub fn is_open(&self, nonce: &str) -> bool {
        self.open.contains(nonce)
    }

    fn loaded(&self) -> Loaded {
        Loaded {
            snapshot: self.snapshot.clone(),
            entries: self.entries.clone(),
            key: b"the key of the simulated stack".to_vec(),
            repaired: None,
        }
    }

    fn push(&mut self, entry: Entry, epoch: u64) {
        let at = Instant::now();
        match &entry {
            Entry::Begun(intent) => {
                let begun = Begun { kind: intent.kind, id: intent.id.clone(), at };
                self.intents.insert((intent.nonce.clone(), epoch), begun);
                self.open.insert(intent.nonce.clone());
            }
            Entry::Renewed { nonce } => {
                let before = self.intents.iter().find(|((own, _), _)| own == nonce);
                if let Some(begun) = before.map(|(_, begun)| Begun { at, id: begun.id.clone(), ..*begun }) {
                    self.intents.insert((nonce.clone(), epoch), begun);
                }
            }
            Entry::Identified { nonce, id } => {
                for (_, begun) in self.intents.iter_mut().filter(|((own, _), _)| own == nonce) {
                    begun.id = Some(id.clone());
                }
            }
            Entry::Applied { nonce, .. } | Entry::Gone { nonce } | Entry::Failed { nonce } => {
                self.intents.remove(&(nonce.clone(), epoch));
                self.open.remove(nonce);
            }
            _ => {}
        }
        self.sequence += 1;
        self.entries.push((self.sequence, entry));
    }
}

/// The store as one process sees it.
pub struct Store {
    process: Arc<Process>,
    epoch: AtomicU64,
    /// Whether the store could not be reached once.
    down: AtomicBool,
    /// With [`Ablation::Intent`]: intents that are not written before their outcome is.
    held: Mutex<Vec<Entry>>,
}

impl Store {
    /// The store of a process.
    pub fn new(process: &Arc<Process>) -> Arc<Self> {
        let held = Mutex::new(Vec::new());
        Arc::new(Self { process: Arc::clone(process), epoch: AtomicU64::new(0), down: AtomicBool::new(false), held })
    }

    /// The epoch of the process, zero before it took the store.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }

    /// Whether the process may still write, and could all the time.
    pub fn could_write(&self) -> bool {
        self.process.world.inner().log.epoch == self.epoch() && !self.down.load(Ordering::Relaxed)
    }

    fn taken_over(&self, inner: &Inner) -> Result<(), StoreError> {
        if inner.log.epoch == self.epoch() || self.process.world.ablation == Ablation::Fence {
            return Ok(());
        }
        Err(StoreError::Fenced { by: format!("the writer of epoch {}", inner.log.epoch) })
    }

    /// The way to the store, and what goes wrong on it.
    async fn reach(&self, what: &str) -> Result<(), StoreError> {
        self.process.step(format!("store: {what}")).await;
        self.process.latency().await;
        let down = {
            let mut inner = self.process.world.inner();
            let rate = inner.faults.store_down;
            inner.random.chance(rate)
        };
        if down {
            self.down.store(true, Ordering::Relaxed);
            sleep(Duration::from_secs(10)).await;
            self.process.step("store: cannot be reached".to_owned()).await;
            return Err(StoreError::Failed { what: "the store".to_owned(), why: "it cannot be reached".to_owned() });
        }
        Ok(())
    }

    /// The intents that are written now, if they are held back until their outcome is known.
    async fn released(&self, entries: &[Entry]) -> Vec<Entry> {
        if self.process.world.ablation != Ablation::Intent {
            return entries.to_vec();
        }
        let mut held = self.held.lock().await;
        let mut written = Vec::new();
        for entry in entries {
            let closes = match entry {
                Entry::Begun(_) => {
                    held.push(entry.clone());
                    continue;
                }
                Entry::Identified { nonce, .. }
                | Entry::Monitored { nonce, .. }
                | Entry::Applied { nonce, .. }
                | Entry::Gone { nonce }
                | Entry::Failed { nonce } => Some(nonce),
                _ => None,
            };
            let of = |begun: &Entry| matches!(begun, Entry::Begun(intent) if Some(&intent.nonce) == closes);
            if let Some(position) = held.iter().position(of) {
                written.push(held.remove(position));
            }
            written.push(entry.clone());
        }
        written
    }
}

#[async_trait]
impl StateStore for Store {
    async fn load(&self) -> Result<Loaded, StoreError> {
        self.reach("load").await?;
        let loaded = self.process.world.inner().log.loaded();
        self.process.latency().await;
        self.process.step("store: loaded".to_owned()).await;
        Ok(loaded)
    }

    async fn take(&self, who: &str) -> Result<Loaded, StoreError> {
        self.reach("take").await?;
        let loaded = {
            let mut inner = self.process.world.inner();
            let log = &mut inner.log;
            if log.snapshot.lineage.is_empty() {
                log.snapshot.lineage = LINEAGE.into();
            }
            log.epoch += 1;
            let epoch = log.epoch;
            self.epoch.store(epoch, Ordering::Relaxed);
            log.push(Entry::Take { epoch, who: who.into() }, epoch);
            log.loaded()
        };
        self.process.latency().await;
        self.process.step(format!("store: taken, epoch {}", self.epoch())).await;
        Ok(loaded)
    }

    async fn append(&self, entries: &[Entry]) -> Result<(), StoreError> {
        let entries = self.released(entries).await;
        let shown: Vec<String> = entries.iter().map(shown).collect();
        self.reach(&format!("append {}", shown.join(", "))).await?;
        let lost = {
            let mut inner = self.process.world.inner();
            self.taken_over(&inner)?;
            let before = entries.iter().any(removes).then(|| inner.log.folded());
            for entry in entries {
                let epoch = self.epoch();
                inner.log.push(entry, epoch);
            }
            if let Some(before) = before {
                nothing_lost(&mut inner, &before);
            }
            let rate = inner.faults.lost_append;
            inner.random.chance(rate)
        };
        self.process.latency().await;
        if lost {
            sleep(Duration::from_secs(10)).await;
            self.process.step("store: the answer was lost".to_owned()).await;
            // Whoever writes once more finds the slot taken, and reads whose it is.
            if self.process.world.ablation == Ablation::OwnAppend {
                return Err(StoreError::Failed { what: "the slot".to_owned(), why: "it is taken".to_owned() });
            }
            self.process.latency().await;
        }
        self.process.step("store: appended".to_owned()).await;
        Ok(())
    }

    async fn compact(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.reach("compact").await?;
        {
            let mut inner = self.process.world.inner();
            self.taken_over(&inner)?;
            let log = &mut inner.log;
            log.entries.retain(|(sequence, _)| *sequence > snapshot.sequence);
            log.snapshot = Snapshot { generation: log.snapshot.generation + 1, ..snapshot.clone() };
        }
        self.process.latency().await;
        self.process.step("store: compacted".to_owned()).await;
        Ok(())
    }

    async fn release(&self) -> Result<(), StoreError> {
        self.append(&[Entry::Released]).await
    }
}

/// Whether an entry takes an identity out of the state.
fn removes(entry: &Entry) -> bool {
    matches!(entry, Entry::Gone { .. } | Entry::Forgotten { .. } | Entry::Noted { .. })
}

/// An identity that was recorded stays recorded until its object is gone.
fn nothing_lost(inner: &mut Inner, before: &Folded) {
    let after = inner.log.folded();
    let ids = |folded: &Folded| -> Vec<(EcoString, EcoString)> {
        let current = folded.snapshot.resources.values();
        let all = current.chain(folded.snapshot.deposed.iter().map(|(_, recorded)| recorded));
        all.map(|recorded| (recorded.kind.clone(), recorded.id.clone())).collect()
    };
    let kept = ids(&after);
    for (kind, id) in ids(before) {
        if !kept.contains(&(kind.clone(), id.clone())) && inner.objects.is_live(&kind, &id) {
            inner.violate(format!("I6: {kind} {id} is there, and the state has lost it"));
        }
    }
}

/// An entry in a word or two.
fn shown(entry: &Entry) -> String {
    let short = |nonce: &EcoString| nonce.chars().take(6).collect::<String>();
    match entry {
        Entry::Begun(intent) => format!("begun {:?} {} {}", intent.kind, intent.address, short(&intent.nonce)),
        Entry::Identified { nonce, id } => format!("identified {} {id}", short(nonce)),
        Entry::Applied { nonce, recorded } => {
            let incomplete = if recorded.incomplete { " incomplete" } else { "" };
            format!("applied {} {}{incomplete}", short(nonce), recorded.id)
        }
        Entry::Gone { nonce } => format!("gone {}", short(nonce)),
        Entry::Failed { nonce } => format!("failed {}", short(nonce)),
        Entry::Noted { address, .. } => format!("noted {address}"),
        Entry::Forgotten { address } => format!("forgotten {address}"),
        Entry::Released => "released".to_owned(),
        other => format!("{other:?}").chars().take(60).collect(),
    }
}
