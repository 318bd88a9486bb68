//! A machine for tests of the log: its time, its processes and its memory are what the test says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cairn::state::StoreError;
use cairn::state::log::{Machine, Position, Timing};

/// Numbers that never come again, in the place of randomness.
static COUNTER: AtomicU64 = AtomicU64::new(1);

/// A machine.
#[derive(Default)]
pub struct TestMachine {
    pub name: String,
    pub now: Mutex<Duration>,
    pub gone: Mutex<BTreeSet<String>>,
    pub seen: Mutex<BTreeMap<String, Position>>,
}

impl TestMachine {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    pub fn pass(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
    }
}

impl Machine for TestMachine {
    fn random(&self, count: usize) -> Vec<u8> {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        number.to_be_bytes().into_iter().cycle().take(count).collect()
    }

    fn now(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    fn identity(&self) -> String {
        self.name.clone()
    }

    fn is_gone(&self, identity: &str) -> bool {
        self.gone.lock().unwrap().contains(identity)
    }

    fn remembered(&self, place: &str) -> Result<Option<Position>, StoreError> {
        Ok(self.seen.lock().unwrap().get(place).cloned())
    }

    fn remember(&self, place: &str, position: Option<&Position>) -> Result<(), StoreError> {
        let mut seen = self.seen.lock().unwrap();
        match position {
            Some(position) => seen.insert(place.to_owned(), position.clone()),
            None => seen.remove(place),
        };
        Ok(())
    }
}

/// Times that a test can wait for.
pub fn short() -> Timing {
    Timing {
        beat: Duration::from_millis(20),
        silent: Duration::from_millis(200),
        retry: Duration::from_millis(500),
        ..Timing::default()
    }
}
