//! One run from beginning to end: the state is taken, what was interrupted is resolved, a plan is carried out.
//!
//! Nothing here knows a terminal, a file or a clock of the machine: those who begin a run bring stores, clouds and
//! randomness.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use cairn_provider::error::ProviderError;
use cairn_provider::value::{Map, Value};
use ecow::EcoString;
use tokio::sync::{mpsc, watch};

use super::Clouds;
use super::action::Runner;
use super::execute::{Entropy, Halt, Limits, Report, Run, execute};
use super::journal::{Journal, Written};
use super::known::World;
use super::mask::{StackKey, masked};
use super::observe::used;
use super::plan::Planning;
use super::recover::recover;
use super::rollback::{RolledBack, Whose, roll_back};
use super::schedule::{ActionGraph, schedule};
use super::secret::Secrets;
use super::wait::ReadQueue;
use crate::model::Address;
use crate::model::change::{Action, Reason};
use crate::model::desired::DesiredStack;
use crate::model::event::Event;
use crate::model::plan::Plan;
use crate::state::{Ending, Entry, Folded, OpenIntent, Recorded, Snapshot, StateStore, StoreError, fold};

/// The state, taken for writing, with every interrupted step resolved.
pub struct Taken {
    /// The store.
    pub store: Arc<dyn StateStore>,
    /// What is recorded now.
    pub folded: Folded,
    /// The stack's key.
    pub key: StackKey,
    /// Interrupted creates whose token can be used once more.
    pub reusable: Vec<OpenIntent>,
    /// What was repaired while the state was read.
    pub repaired: Option<String>,
}

/// Why the state could not be taken.
#[derive(Debug)]
pub enum TakeError {
    /// The store is damaged, taken by somebody else, or cannot be reached.
    Store(StoreError),
    /// An interrupted step could not be resolved; nothing new may begin before it is.
    Unresolved(ProviderError),
}

impl From<StoreError> for TakeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for TakeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(formatter),
            Self::Unresolved(error) => write!(formatter, "an interrupted step could not be resolved: {error}"),
        }
    }
}

/// Takes the state and finishes what an interrupted run left open.
///
/// `quarantine` is for how long an interrupted create may still become visible, in seconds of the cloud's time.
///
/// # Errors
/// Somebody else writes, the store cannot be used, or an interrupted step cannot be resolved.
pub async fn take(
    store: Arc<dyn StateStore>,
    who: &str,
    clouds: &Clouds,
    quarantine: f64,
    tell: &(dyn Fn(Event) + Sync),
) -> Result<Taken, TakeError> {
    let loaded = store.take(who).await?;
    let repaired = loaded.repaired;
    let key = StackKey::new(loaded.key);
    let mut folded = fold(loaded.snapshot, loaded.entries);
    let recovery = recover(&folded, clouds, &key, quarantine, true, tell).await.map_err(TakeError::Unresolved)?;
    if !recovery.entries.is_empty() {
        store.append(&recovery.entries).await?;
        let reloaded = store.load().await?;
        folded = fold(reloaded.snapshot, reloaded.entries);
    }
    Ok(Taken { store, folded, key, reusable: recovery.reusable, repaired })
}

/// What is carried out.
pub struct Work {
    /// What is wanted.
    pub desired: DesiredStack,
    /// The plan, with what is known.
    pub planning: Planning,
    /// Addresses that changed: old and new.
    pub moved: Vec<(Address, Address)>,
    /// The clouds.
    pub clouds: Clouds,
    /// Entries to write before the first step: the use of a saved plan.
    pub first: Vec<Entry>,
    /// Entries to write after the last step, if everything was done.
    pub last: Vec<Entry>,
    /// What is run, in the words of the command line, for the list of runs.
    pub command: EcoString,
    /// Whether the plan is about a part of the stack: what it does not name is not taken for undeclared.
    pub partial: bool,
}

/// What a run is carried out with.
pub struct Means {
    /// Secrets of this machine.
    pub secrets: Arc<dyn Secrets>,
    /// Actions that run on this machine.
    pub actions: Arc<dyn Runner>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// For how long an interrupted create may still become visible, in seconds of the cloud's time.
    pub quarantine: f64,
    /// What the user asks for meanwhile.
    pub halt: watch::Receiver<Halt>,
    /// Who is told what happens.
    pub events: mpsc::UnboundedSender<Event>,
    /// How many steps run at once.
    pub limits: Limits,
    /// What is done once a step has failed.
    pub on_failure: OnFailure,
    /// The time, in seconds since the beginning of 1970 (UTC).
    pub now: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// What is done once a step has failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// What does not depend on it goes on.
    #[default]
    FinishIndependent,
    /// What runs ends; nothing new is begun.
    Stop,
    /// As [`Stop`](Self::Stop); then what the run did is taken back, as far as that loses nothing.
    Rollback,
}

/// How carrying out ended.
pub struct Applied {
    /// The steps.
    pub report: Report,
    /// The outputs by name; those that are secrets are named and not shown.
    pub outputs: Vec<(String, Option<Value>)>,
    /// Whether the end was recorded and the store given back.
    pub released: bool,
    /// How the run was taken back, if it was.
    pub rolled_back: Option<RolledBack>,
    /// What the steps wrote into the state, once all of it is durable.
    pub written: Written,
}

/// A plan with the order of its steps, about to be carried out.
pub struct Ready {
    taken: Taken,
    work: Work,
    graph: ActionGraph,
}

impl Ready {
    /// Puts the steps of a plan in order.
    ///
    /// # Errors
    /// Steps wait for each other in a circle; the addresses on it.
    pub fn new(mut taken: Taken, work: Work) -> Result<Self, Vec<Address>> {
        taken.folded.snapshot.rename(work.moved.iter().map(|(from, to)| (from, to)));
        let graph = schedule(&work.planning.plan, &work.desired, &taken.folded.snapshot, &work.clouds)?;
        Ok(Self { taken, work, graph })
    }

    /// How many steps there are.
    pub fn steps(&self) -> usize {
        self.graph.steps.len()
    }

    /// Carries out the plan, writes the next snapshot and gives the store back.
    ///
    /// # Errors
    /// The state could not be written before the first step or after the last one. Within a step that is told by the
    /// report.
    pub async fn carry_out(self, means: Means) -> Result<Applied, StoreError> {
        let Self { taken, work, graph } = self;
        let Taken { store, folded, key, reusable, .. } = taken;
        let plan = &work.planning.plan;
        let creates: BTreeSet<&Address> = plan
            .changes
            .iter()
            .filter(|change| matches!(change.action, Action::Create | Action::Replace(_)))
            .map(|change| &change.address)
            .collect();
        let (usable, unusable): (Vec<OpenIntent>, Vec<OpenIntent>) =
            reusable.into_iter().partition(|open| creates.contains(&open.intent.address));
        let mut entries = work.first;
        entries.extend(unusable.into_iter().map(|open| Entry::Failed { nonce: open.intent.nonce }));
        entries.extend(work.moved.into_iter().map(|(from, to)| Entry::Moved { from, to }));
        if !work.partial {
            entries.extend(undeclared_runs(&work.desired, &folded));
        }
        entries.extend(notes(&work.desired, &work.planning, &folded, &work.clouds, &key));
        let (journal, writer) = Journal::start(Arc::clone(&store));
        // A plan without changes that leaves everything as it is remembered is no run.
        let counts = !entries.is_empty() || !graph.steps.is_empty();
        if counts {
            entries.insert(0, Entry::CommandBegun { command: work.command, at: (means.now)() });
            journal.append(entries).await?;
        }
        let run = Arc::new(means.run(Started {
            places: places(plan),
            desired: work.desired,
            snapshot: folded.snapshot,
            clouds: work.clouds.clone(),
            journal: journal.clone(),
            key: key.clone(),
            world: work.planning.world,
            seen: work.planning.seen,
            reusable: usable,
        }));
        let stop_at_failure = means.on_failure != OnFailure::FinishIndependent;
        let report = execute(Arc::clone(&run), graph, Limits { stop_at_failure, ..means.limits }).await;
        if *means.halt.borrow() != Halt::Now {
            run.read_revealed().await;
        }
        let outputs = shown_outputs(&run);
        let mut last = if report.is_complete() { work.last } else { Vec::new() };
        let recorded = recorded_outputs(&run, work.partial);
        last.extend((recorded != run.snapshot.outputs).then_some(Entry::Outputs { outputs: recorded }));
        drop(run);
        let wish = *means.halt.borrow();
        let failed = !report.failed.is_empty() && report.broken.is_none();
        let mut rolled_back = None;
        if failed && means.on_failure == OnFailure::Rollback && wish == Halt::No {
            journal.append(vec![Entry::CommandEnded { how: Ending::Failed, at: (means.now)() }]).await?;
            let whose = Whose { store: &store, journal: &journal, clouds: &work.clouds, key: &key };
            rolled_back = Some(roll_back(&whose, &means).await?);
            // The outputs of what was taken back are those of before.
            last.clear();
        }
        drop(journal);
        let left_now = *means.halt.borrow() == Halt::Now;
        let broken = |report: &Report| report.broken.is_some();
        if left_now || broken(&report) || rolled_back.as_ref().is_some_and(|back| broken(&back.report)) {
            return Ok(Applied { report, outputs, released: false, written: Written::default(), rolled_back });
        }
        // Everything that was written is durable.
        let written = writer.await.unwrap_or_default();
        let complete = rolled_back.as_ref().map_or(report.is_complete(), |back| back.report.is_complete());
        let how = match (complete, *means.halt.borrow()) {
            (true, _) => Ending::Done,
            (false, Halt::No) => Ending::Failed,
            (false, Halt::Soon | Halt::Now) => Ending::Stopped,
        };
        last.extend(counts.then(|| Entry::CommandEnded { how, at: (means.now)() }));
        if !last.is_empty() {
            store.append(&last).await?;
        }
        let loaded = store.load().await?;
        let next = fold(loaded.snapshot, loaded.entries);
        if next.open.is_empty() {
            store.compact(&next.snapshot).await?;
        }
        store.release().await?;
        Ok(Applied { report, outputs, released: true, written, rolled_back })
    }
}

/// Where each address is declared, `path:line`.
pub(super) fn places(plan: &Plan) -> BTreeMap<Address, EcoString> {
    plan.changes.iter().map(|change| (change.address.clone(), change.source.clone())).collect()
}

/// What steps are carried out on.
pub(super) struct Started {
    pub desired: DesiredStack,
    pub snapshot: Snapshot,
    pub clouds: Clouds,
    pub journal: Journal,
    pub key: StackKey,
    pub places: BTreeMap<Address, EcoString>,
    pub world: World,
    pub seen: BTreeMap<EcoString, Map>,
    pub reusable: Vec<OpenIntent>,
}

impl Means {
    /// What all steps share.
    pub(super) fn run(&self, started: Started) -> Run {
        Run {
            used: used(&started.desired),
            desired: started.desired,
            snapshot: started.snapshot,
            reads: ReadQueue::start(started.clouds.clone()),
            clouds: started.clouds,
            journal: started.journal,
            key: started.key,
            places: started.places,
            world: Mutex::new(started.world),
            seen: started.seen,
            events: self.events.clone(),
            secrets: Arc::clone(&self.secrets),
            actions: Arc::clone(&self.actions),
            entropy: Arc::clone(&self.entropy),
            quarantine: self.quarantine,
            kept: Mutex::default(),
            gone: Mutex::default(),
            halt: self.halt.clone(),
            reusable: Mutex::new(
                started.reusable.into_iter().map(|open| (open.intent.address.clone(), open)).collect(),
            ),
        }
    }
}

/// Actions that are not declared any more are not remembered either.
fn undeclared_runs(desired: &DesiredStack, folded: &Folded) -> Vec<Entry> {
    let undeclared = folded.snapshot.actions.keys().filter(|address| !desired.actions.contains_key(*address));
    undeclared.map(|address| Entry::RunForgotten { address: address.clone() }).collect()
}

/// What is remembered before anything is done: objects that are gone; of objects that stay as they are new needs,
/// protection, fields that agree already.
fn notes(desired: &DesiredStack, planning: &Planning, folded: &Folded, clouds: &Clouds, key: &StackKey) -> Vec<Entry> {
    use crate::model::residual::Resolved;
    // What somebody else destroyed is not there to be destroyed once more when it is made anew.
    let vanished = planning.plan.changes.iter().filter(|change| change.reasons.contains(&Reason::Vanished));
    let mut entries: Vec<Entry> = vanished.map(|change| Entry::Forgotten { address: change.address.clone() }).collect();
    for change in planning.plan.changes.iter().filter(|change| stays(change.action)) {
        let (Some(wanted), Some(before)) =
            (desired.resources.get(&change.address), folded.snapshot.resources.get(&change.address))
        else {
            continue;
        };
        let Some(schema) = clouds.catalogue.get(&wanted.kind) else { continue };
        let mut inputs = cairn_provider::value::Map::new();
        for (name, field) in &wanted.inputs {
            if let Resolved::Known(value) = field.value.resolve(&planning.world)
                && !value.is_none()
            {
                inputs.insert(name.clone(), value);
            }
        }
        let mut inputs = masked(schema, &inputs, key);
        inputs.extend(wanted.options.kept.clone());
        let after = Recorded {
            inputs,
            needs: wanted.needs.iter().map(|need| need.address.clone()).collect(),
            target: wanted.place.target.clone(),
            protect: wanted.options.protect.unwrap_or(before.protect && wanted.options.protect.is_none()),
            incomplete: before.incomplete && change.action == Action::Move,
            source: change.source.clone(),
            ..before.clone()
        };
        if after != *before {
            entries.push(Entry::Noted { address: change.address.clone(), recorded: Box::new(after) });
        }
    }
    entries
}

/// Whether an object is left as it is.
fn stays(action: Action) -> bool {
    match action {
        Action::Unchanged | Action::Move => true,
        Action::Create
        | Action::Update
        | Action::Replace(_)
        | Action::Delete
        | Action::Import
        | Action::Forget
        | Action::Run => false,
    }
}

/// The outputs, once everything is done: secrets are named, never shown.
fn shown_outputs(run: &Run) -> Vec<(String, Option<Value>)> {
    use crate::model::residual::Resolved;
    let world = run.world();
    let mut lines = Vec::new();
    for (name, output) in &run.desired.outputs {
        if output.secret {
            lines.push((name.to_string(), None));
            continue;
        }
        if let Resolved::Known(value) = output.value.resolve(&*world) {
            lines.push((name.to_string(), Some(value)));
        }
    }
    lines
}

/// The outputs as other stacks read them: nothing of a secret, and only what is known.
fn recorded_outputs(run: &Run, partial: bool) -> BTreeMap<EcoString, Option<Value>> {
    use crate::model::residual::Resolved;
    let world = run.world();
    let mut recorded = if partial { run.snapshot.outputs.clone() } else { BTreeMap::new() };
    for (name, output) in &run.desired.outputs {
        if output.secret {
            recorded.insert(name.clone(), None);
        } else if let Resolved::Known(value) = output.shared.resolve(&*world) {
            recorded.insert(name.clone(), Some(value));
        } else if let Some(before) = run.snapshot.outputs.get(name) {
            // What could not be made this time is what it was.
            recorded.insert(name.clone(), before.clone());
        }
    }
    recorded
}
