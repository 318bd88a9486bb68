//! The plan is carried out: ready steps first, the longest way first, so many at once as the clouds bear.

use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use ecow::EcoString;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

pub use super::call::Halt;
use super::call::repeatable;
use super::schedule::{ActionGraph, ScheduledStep};
use super::step::{self, StepDone, StepError};
pub use super::step::{Entropy, Run};
use crate::model::Address;
use crate::model::event::{Event, Step};
use crate::state::StoreError;

/// How many steps run at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// In all.
    pub total: usize,
    /// Of one service of one cloud.
    pub service: usize,
    /// Whether nothing new is begun once a step has failed.
    pub stop_at_failure: bool,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct Report {
    /// Steps that are done.
    pub done: usize,
    /// Steps that failed, with the reason.
    pub failed: Vec<(Address, String)>,
    /// How many of them failed because the object is not what the plan was made from.
    pub stale: usize,
    /// Steps that were not tried, because of a failure.
    pub skipped: usize,
    /// Steps that were begun and not waited for, because the user stopped the run.
    pub left: usize,
    /// Steps that were not begun, because the user stopped the run.
    pub halted: usize,
    /// The state could not be written: nothing was begun after that.
    pub broken: Option<StoreError>,
}

impl Report {
    /// Whether everything was done.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped == 0 && self.left == 0 && self.halted == 0 && self.broken.is_none()
    }
}

/// Carries out all steps, until the user of the run asks to stop.
pub async fn execute(run: Arc<Run>, graph: ActionGraph, limits: Limits) -> Report {
    let halt = run.halt.clone();
    let waiting = graph.steps.iter().map(|step| step.waits_for).collect();
    let mut executor = Executor {
        run,
        steps: graph.steps,
        waiting,
        ready: BinaryHeap::new(),
        parked: BTreeMap::new(),
        running: JoinSet::new(),
        per_service: BTreeMap::new(),
        closed: Vec::new(),
        limits,
        report: Report::default(),
    };
    executor.closed = vec![false; executor.steps.len()];
    for index in 0..executor.steps.len() {
        executor.offer(index);
    }
    executor.work(halt).await
}

/// A step that can begin: the longest way first, then in the order of the plan.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Ready {
    remaining: u64,
    order: std::cmp::Reverse<usize>,
}

struct Executor {
    run: Arc<Run>,
    steps: Vec<ScheduledStep>,
    /// How many steps each still waits for.
    waiting: Vec<usize>,
    ready: BinaryHeap<Ready>,
    /// Ready steps of services that are busy.
    parked: BTreeMap<EcoString, Vec<Ready>>,
    running: JoinSet<Ended>,
    per_service: BTreeMap<EcoString, usize>,
    /// Steps that ended, or will never begin.
    closed: Vec<bool>,
    limits: Limits,
    report: Report,
}

struct Ended {
    index: usize,
    service: EcoString,
    took: Duration,
    result: Result<StepDone, StepError>,
}

impl Executor {
    async fn work(mut self, mut halt: watch::Receiver<Halt>) -> Report {
        let mut stopping = false;
        loop {
            if !stopping {
                self.begin_ready();
            }
            if self.running.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                ended = self.running.join_next() => match ended {
                    Some(Ok(ended)) => self.ended(ended),
                    // A step that panicked is a defect of ours; what it began is in the journal.
                    Some(Err(error)) => {
                        self.report.failed.push((Address::top("?"), self.run.clean(&format!("a step ended badly: {error}"))));
                        stopping = true;
                    }
                    None => break,
                },
                changed = halt.changed() => {
                    let wish = *halt.borrow();
                    if changed.is_err() || wish == Halt::No {
                        continue;
                    }
                    if wish == Halt::Now {
                        self.running.abort_all();
                        break;
                    }
                    if !stopping {
                        stopping = true;
                        self.run.tell(Event::Stopping { running: self.running.len() });
                    }
                }
            }
            if !stopping && self.limits.stop_at_failure && !self.report.failed.is_empty() && !self.running.is_empty() {
                self.run.tell(Event::Ending { running: self.running.len() });
            }
            stopping |= self.limits.stop_at_failure && !self.report.failed.is_empty();
            match &self.report.broken {
                // Somebody else resolves what was begun: not one call more.
                Some(
                    StoreError::Locked { .. }
                    | StoreError::Fenced { .. }
                    | StoreError::Lost { .. }
                    | StoreError::Moved { .. },
                ) => {
                    self.running.abort_all();
                    break;
                }
                Some(
                    StoreError::Damaged { .. }
                    | StoreError::Newer { .. }
                    | StoreError::Full { .. }
                    | StoreError::Failed { .. },
                ) => {
                    stopping = true;
                }
                None => {}
            }
        }
        self.report.halted = self.closed.iter().filter(|closed| !**closed).count();
        self.report
    }

    fn offer(&mut self, index: usize) {
        let (Some(0), Some(step)) = (self.waiting.get(index), self.steps.get(index)) else { return };
        self.ready.push(Ready { remaining: step.remaining, order: std::cmp::Reverse(index) });
    }

    fn begin_ready(&mut self) {
        while self.running.len() < self.limits.total {
            let Some(next) = self.ready.pop() else { return };
            let index = next.order.0;
            let Some(step) = self.steps.get(index).cloned() else { continue };
            if self.closed.get(index).copied().unwrap_or(true) {
                continue;
            }
            let service: EcoString = step.kind.split('.').take(2).collect::<Vec<_>>().join(".").into();
            let busy = self.per_service.entry(service.clone()).or_default();
            if *busy >= self.limits.service {
                self.parked.entry(service).or_default().push(next);
                continue;
            }
            *busy += 1;
            self.begin(index, step, service);
        }
    }

    fn begin(&mut self, index: usize, step: ScheduledStep, service: EcoString) {
        let run = Arc::clone(&self.run);
        run.tell(Event::Started { address: step.address.clone(), kind: step.kind.to_string(), step: step.step });
        self.running.spawn(async move {
            let begun = Instant::now();
            let result = match step.step {
                Step::Create => step::create(&run, &step).await,
                Step::Update => step::update(&run, &step).await,
                Step::Delete => step::delete(&run, &step).await,
                Step::Import => step::import(&run, &step).await,
                Step::Move => step::relabel(&run, &step).await,
                Step::Forget => step::forget(&run, &step).await,
                Step::Run => step::run_action(&run, &step).await,
            };
            Ended { index, service, took: begun.elapsed(), result }
        });
    }

    fn ended(&mut self, ended: Ended) {
        if let Some(busy) = self.per_service.get_mut(&ended.service) {
            *busy = busy.saturating_sub(1);
        }
        self.ready.extend(self.parked.remove(&ended.service).unwrap_or_default());
        self.close(ended.index);
        let Some(step) = self.steps.get(ended.index).cloned() else { return };
        match ended.result {
            Ok(done) => {
                self.report.done += 1;
                self.run.tell(Event::Finished {
                    address: step.address,
                    step: step.step,
                    id: done.id.to_string(),
                    took: ended.took,
                    nothing: done.nothing,
                });
                for dependent in step.dependents {
                    if let Some(count) = self.waiting.get_mut(dependent) {
                        *count = count.saturating_sub(1);
                    }
                    self.offer(dependent);
                }
            }
            Err(error) if self.was_left(&error) => {
                self.report.left += 1;
                let reason = self.run.words(&error);
                self.run.tell(Event::Left { address: step.address, step: step.step, reason });
            }
            Err(error) => {
                let words = self.run.words(&error);
                self.report.stale += usize::from(matches!(error, StepError::Stale(_)));
                if let StepError::Store(error) = error {
                    self.report.broken.get_or_insert(error);
                }
                self.run.tell(Event::Failed { address: step.address.clone(), step: step.step, error: words.clone() });
                self.report.failed.push((step.address.clone(), words));
                self.skip_dependents(&step);
            }
        }
    }

    /// Whether a step ended only because the user asked to stop.
    fn was_left(&self, error: &StepError) -> bool {
        match error {
            StepError::Stopped(_) => true,
            StepError::Provider(error) => *self.run.halt.borrow() != Halt::No && repeatable(error.class),
            StepError::Store(_) | StepError::Value(_) | StepError::Stale(_) => false,
        }
    }

    fn close(&mut self, index: usize) -> bool {
        match self.closed.get_mut(index) {
            Some(closed) => !std::mem::replace(closed, true),
            None => false,
        }
    }

    /// Everything behind a failure is left out; what does not depend on it goes on.
    fn skip_dependents(&mut self, failed: &ScheduledStep) {
        let mut pending = failed.dependents.clone();
        while let Some(index) = pending.pop() {
            if !self.close(index) {
                continue;
            }
            let Some(step) = self.steps.get(index) else { continue };
            self.report.skipped += 1;
            self.run.tell(Event::Skipped {
                address: step.address.clone(),
                step: step.step,
                because: failed.address.clone(),
            });
            pending.extend(step.dependents.iter().copied());
        }
    }
}
