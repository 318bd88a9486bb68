//! Many simulations on all processors, and what they came to.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::simulate::{Case, Outcome, simulate};

/// What many simulations came to.
#[derive(Default)]
pub struct Tally {
    /// How many there were.
    pub cases: u64,
    /// How many events.
    pub events: u64,
    /// Creates that had an effect.
    pub created: u64,
    /// Creates that had an effect a second time.
    pub doubles: u64,
    /// Plans that cannot be carried out in any order.
    pub impossible: u64,
    /// The longest last apply, in seconds.
    pub longest: u64,
    /// What went wrong, by case, in their order.
    pub bad: BTreeMap<u64, (Case, Vec<String>)>,
}

/// Simulates cases by number, on as many threads as there are processors.
pub fn explore(cases: impl Fn(u64) -> Case + Sync, from: u64, to: u64) -> Tally {
    let next = AtomicU64::new(from);
    let tally = Mutex::new(Tally::default());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= to {
                        return;
                    }
                    let case = cases(number);
                    let outcome = simulate(case, false);
                    tally.lock().unwrap().add(number, case, outcome);
                }
            });
        }
    });
    tally.into_inner().unwrap()
}

impl Tally {
    fn add(&mut self, number: u64, case: Case, outcome: Outcome) {
        self.cases += 1;
        self.events += outcome.events;
        self.created += outcome.created;
        self.doubles += outcome.doubles;
        self.impossible += u64::from(outcome.impossible);
        self.longest = self.longest.max(outcome.last);
        if !outcome.violations.is_empty() {
            self.bad.insert(number, (case, outcome.violations));
        }
    }
}
