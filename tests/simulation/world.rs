//! The world of one simulation: a store, a cloud, processes that stand still and die, and the list of all that happened.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use crate::faults::Faults;
use crate::log::Log;
use crate::objects::Objects;
use crate::random::Random;

/// A part of the protocol that is taken away, to see whether the simulation notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ablation {
    /// Nothing is taken away.
    None,
    /// The cloud gets a token of no meaning.
    Token,
    /// Intents are recorded together with their outcome.
    Intent,
    /// Whoever wrote before may write again.
    Fence,
    /// What is not found at once is taken for not made.
    Quarantine,
    /// A lost answer of the store is taken for a failed append.
    OwnAppend,
    /// Intents never grow old.
    Age,
    /// What was being deleted is not made again by the run that finds out.
    Redo,
    /// An object of ours with an older nonce is taken for a foreign one.
    Adopt,
    /// What nobody records is left where it is.
    Sweep,
}

/// Everything that outlives a process.
pub struct World {
    inner: Mutex<Inner>,
    /// When it began.
    pub started: Instant,
    /// What is taken away.
    pub ablation: Ablation,
}

/// What the world holds.
pub struct Inner {
    /// Chance.
    pub random: Random,
    /// What goes wrong.
    pub faults: Faults,
    /// The state.
    pub log: Log,
    /// The objects of the cloud.
    pub objects: Objects,
    /// What should never have happened.
    pub violations: Vec<String>,
    /// How many events there were.
    pub events: u64,
    hash: u64,
    lines: Option<Vec<String>>,
}

impl World {
    /// A new world; with `told`, it keeps its list of events.
    pub fn new(seed: u64, faults: Faults, ablation: Ablation, told: bool) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::new(Inner {
                random: Random::new(seed ^ 0x5bd1_e995),
                faults,
                log: Log::default(),
                objects: Objects::default(),
                violations: Vec::new(),
                events: 0,
                hash: 0xcbf2_9ce4_8422_2325,
                lines: told.then(Vec::new),
            }),
            started: Instant::now(),
            ablation,
        })
    }

    /// The world, for a moment.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Records an event.
    pub fn note(&self, event: &str) {
        let at = self.started.elapsed().as_millis() as u64;
        self.inner().note(at, event);
    }

    /// The digest of all events.
    pub fn hash(&self) -> u64 {
        self.inner().hash
    }

    /// The list of events, if it was kept.
    pub fn lines(&self) -> Vec<String> {
        self.inner().lines.clone().unwrap_or_default()
    }
}

impl Inner {
    fn note(&mut self, at: u64, event: &str) {
        self.events += 1;
        for byte in at.to_le_bytes().into_iter().chain(event.bytes()) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{:>9.3} {event}", at as f64 / 1000.0));
        }
    }

    /// Records that something happened that never should.
    pub fn violate(&mut self, what: String) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("          !!! {what}"));
        }
        self.violations.push(what);
    }
}

/// One process that applies.
pub struct Process {
    /// Its number.
    pub id: u64,
    /// The world it works in.
    pub world: Arc<World>,
    /// The event before which it is killed.
    killed_at: u64,
    events: AtomicU64,
    dead: AtomicBool,
    died: Notify,
    still_until: Mutex<Instant>,
    /// Whether it is still resolving what others left open.
    pub resolving: AtomicBool,
}

impl Process {
    /// A process that lives until its event of this number.
    pub fn new(world: &Arc<World>, id: u64, killed_at: u64) -> Arc<Self> {
        Arc::new(Self {
            id,
            world: Arc::clone(world),
            killed_at,
            events: AtomicU64::new(0),
            dead: AtomicBool::new(false),
            died: Notify::new(),
            still_until: Mutex::new(world.started),
            resolving: AtomicBool::new(true),
        })
    }

    /// How many events it went through.
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// Ends it from outside.
    pub fn kill(&self) {
        self.dead.store(true, Ordering::Relaxed);
        self.died.notify_one();
    }

    /// Waits for its end.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// One event of the process: it may be killed before it, and it may stand still before it. A process that was killed
    /// never comes back from here.
    pub async fn step(&self, event: String) {
        let number = self.events.fetch_add(1, Ordering::Relaxed) + 1;
        if number == self.killed_at {
            self.world.note(&format!("p{} is killed before: {event}", self.id));
            self.kill();
        }
        self.breathe().await;
        let pause = {
            let mut inner = self.world.inner();
            let rate = inner.faults.pause;
            inner.random.chance(rate).then(|| Duration::from_secs(1 + inner.random.below(1200)))
        };
        if let Some(pause) = pause {
            self.world.note(&format!("p{} stands still for {} s", self.id, pause.as_secs()));
            *self.still_until.lock().unwrap() = Instant::now() + pause;
        }
        self.breathe().await;
        self.world.note(&format!("p{} {event}", self.id));
    }

    async fn breathe(&self) {
        loop {
            if self.dead.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            let until = *self.still_until.lock().unwrap();
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }

    /// Time that a call takes on its way.
    pub async fn latency(&self) {
        let milliseconds = 5 + self.world.inner().random.below(195);
        sleep(Duration::from_millis(milliseconds)).await;
    }
}
