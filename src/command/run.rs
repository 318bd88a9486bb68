//! Carrying out a plan: the lock, the recovery of an interrupted run, the steps, the end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use cairn_provider::value::{Value, render};
use ecow::EcoString;
use tokio::sync::mpsc;

use super::arguments::{CloudArguments, Format};
use super::failure::{Exit, Failure, reports};
use super::pipeline;
use super::stacks::Links;
use super::transfer;
use crate::diagnostic::Diagnostic;
use crate::engine::execute::{Halt, Limits, Report, Run, execute};
use crate::engine::journal::Journal;
use crate::engine::mask::{StackKey, masked};
use crate::engine::plan::Planning;
use crate::engine::schedule::schedule;
use crate::engine::wait::ReadQueue;
use crate::engine::{Clouds, assertion, recover};
use crate::host::actions::HostActions;
use crate::host::entropy::SystemEntropy;
use crate::host::local_store::LocalStore;
use crate::host::secrets::HostSecrets;
use crate::host::{Stopwatch, signals, terminal, who};
use crate::model::Address;
use crate::model::change::{Action, Reason};
use crate::model::desired::DesiredStack;
use crate::model::event::Event;
use crate::source::SourceSet;
use crate::state::{Entry, Folded, OpenIntent, Recorded, StateStore, fold};
use crate::view;
use crate::view::human::event::line;
use crate::view::human::progress::Progress;
use crate::view::json::Outcome;
use crate::view::untrusted;

/// The state, taken for writing, with every interrupted step resolved.
pub struct Taken {
    /// The store.
    pub store: Arc<LocalStore>,
    /// What is recorded now.
    pub folded: Folded,
    /// The stack's key.
    pub key: StackKey,
    /// Interrupted creates whose token can be used once more.
    pub reusable: Vec<OpenIntent>,
    /// Other states that were taken with it, from which something moves here.
    pub others: Vec<transfer::Held>,
}

/// Takes the state and finishes what an interrupted run left open.
pub async fn take(place: &pipeline::Place) -> Result<Taken, Failure> {
    let store = Arc::new(LocalStore::new(&place.state));
    let loaded = store.take(&who::who()).await?;
    if let Some(repaired) = &loaded.repaired {
        terminal::err(&format!("{repaired}\n"));
    }
    let key = StackKey::new(loaded.key);
    let mut folded = fold(loaded.snapshot, loaded.entries);
    let tell = |event: Event| {
        if let Some(line) = line(&event) {
            terminal::out(&format!("{line}\n"));
        }
    };
    let recovery = recover::recover(&folded, &place.clouds, &key, pipeline::quarantine()?, true, &tell).await.map_err(
        |error| Failure::new(format!("an interrupted step could not be resolved: {error}\nnothing new was begun")),
    )?;
    if !recovery.entries.is_empty() {
        store.append(&recovery.entries).await?;
        let reloaded = store.load().await?;
        folded = fold(reloaded.snapshot, reloaded.entries);
    }
    if !folded.snapshot.receiving.is_empty() {
        transfer::finish(&store, &folded, &place.state).await?;
        let reloaded = store.load().await?;
        folded = fold(reloaded.snapshot, reloaded.entries);
    }
    Ok(Taken { store, folded, key, reusable: recovery.reusable, others: Vec::new() })
}

/// What is carried out.
pub struct Work<'a> {
    /// What is wanted.
    pub desired: DesiredStack,
    /// The plan, with what is known.
    pub planning: Planning,
    /// Addresses that changed: old and new.
    pub moved: Vec<(Address, Address)>,
    /// The clouds.
    pub clouds: &'a Clouds,
    /// The stack's directory.
    pub root: &'a Path,
    /// How.
    pub arguments: &'a CloudArguments,
    /// How the result is shown.
    pub format: Format,
    /// Entries to write before the first step: the use of a saved plan.
    pub first: Vec<Entry>,
}

/// Carries out a plan that was consented to, and writes the next snapshot.
pub async fn carry_out(taken: Taken, work: Work<'_>, sources: &SourceSet) -> Result<Exit, Failure> {
    let watch = Stopwatch::start();
    let Taken { store, mut folded, key, reusable, others } = taken;
    let links = Links::of(&work.desired, work.root, work.arguments.sandbox)?;
    transfer::receive(&store, &mut folded, links.own(), others, &work.planning.crossing).await?;
    folded.snapshot.rename(work.moved.iter().map(|(from, to)| (from, to)));
    let moves = work.moved.into_iter().map(|(from, to)| Entry::Moved { from, to });
    let format = work.format;
    links.begin()?;
    let plan = work.planning.plan.clone();
    let graph = schedule(&plan, &work.desired, &folded.snapshot, work.clouds).map_err(|circle| {
        Failure::new(format!("the steps of {circle:?} wait for each other; this is a bug in Cairn"))
    })?;
    let summary = plan.summary();
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
    entries.extend(moves);
    entries.extend(notes(&work.desired, &work.planning, &folded, work.clouds, &key));
    let (journal, writer) = Journal::start(Arc::clone(&store) as Arc<dyn StateStore>);
    if !entries.is_empty() {
        journal.append(entries).await?;
    }
    let (events, mut inbox) = mpsc::unbounded_channel::<Event>();
    let world = work.planning.world;
    let places: BTreeMap<Address, EcoString> =
        plan.changes.iter().map(|change| (change.address.clone(), change.source.clone())).collect();
    let total = graph.steps.len();
    let used = crate::engine::observe::used(&work.desired);
    let wish = signals::listen().map_err(Failure::new)?;
    let run = Arc::new(Run {
        desired: work.desired,
        snapshot: folded.snapshot.clone(),
        clouds: work.clouds.clone(),
        journal: journal.clone(),
        reads: ReadQueue::start(work.clouds.clone()),
        used,
        key: key.clone(),
        places,
        world: Mutex::new(world),
        events,
        secrets: Arc::new(HostSecrets::new(work.root)),
        actions: Arc::new(HostActions::new(work.root, work.arguments.sandbox)),
        entropy: Arc::new(SystemEntropy),
        quarantine: pipeline::quarantine()?,
        kept: Mutex::default(),
        gone: Mutex::default(),
        halt: wish.clone(),
        reusable: Mutex::new(usable.into_iter().map(|open| (open.intent.address.clone(), open)).collect()),
    });
    let look = terminal::detect();
    let shown = tokio::spawn(async move {
        // Standard output belongs to the document, if one was asked for.
        let print = if format == Format::Text { terminal::out } else { terminal::err };
        let mut progress = Progress::new(total, look.interactive, print);
        while let Some(event) = inbox.recv().await {
            progress.show(&event);
        }
        progress.finish();
    });
    let limits = Limits { total: work.arguments.parallelism.into(), service: work.arguments.parallelism.into() };
    let report = execute(Arc::clone(&run), graph, limits).await;
    let left_now = *wish.borrow() == Halt::Now;
    if !left_now {
        run.read_revealed().await;
    }
    let outputs = outputs(&run);
    let recorded = recorded_outputs(&run);
    let broken = if report.is_complete() && !left_now {
        assertion::failed(&run.desired.assertions, &run.world(), true)
    } else {
        Vec::new()
    };
    let recorded = (recorded != run.snapshot.outputs).then_some(Entry::Outputs { outputs: recorded });
    drop(run);
    drop(journal);
    if !left_now {
        // Everything that was told is shown, everything that was written is on disk.
        let _ = shown.await;
        let _ = writer.await;
        if report.broken.is_none() {
            if let Some(recorded) = recorded {
                store.append(&[recorded]).await?;
            }
            let loaded = store.load().await?;
            let next = fold(loaded.snapshot, loaded.entries);
            if next.open.is_empty() {
                store.compact(&next.snapshot).await?;
            }
            store.release().await?;
            if report.is_complete() {
                links.end()?;
            }
        }
    }
    if format == Format::Json {
        let mut outcome = outcome(&report, outputs.clone());
        outcome.complete &= broken.is_empty();
        let place = |diagnostic: &Diagnostic| diagnostic.span().map(|span| sources.place(span)).unwrap_or_default();
        outcome.failed.extend(broken.iter().map(|diagnostic| (place(diagnostic), diagnostic.message.clone())));
        terminal::out(&view::json::applied(&plan, &outcome));
    }
    if !broken.is_empty() {
        terminal::err(&reports(&broken, sources, &terminal::detect()));
        return Err(Failure::new(format!(
            "{} done; what the stack asserts does not hold: {}",
            report.done,
            super::failure::count(&broken)
        )));
    }
    end(&report, &summary, *wish.borrow(), watch.elapsed(), &outputs, format)
}

/// What is remembered before anything is done: objects that are gone; of objects that stay as they are new needs,
/// protection, fields that agree already.
fn notes(desired: &DesiredStack, planning: &Planning, folded: &Folded, clouds: &Clouds, key: &StackKey) -> Vec<Entry> {
    use crate::model::residual::Resolved;
    // What somebody else destroyed is not there to be destroyed once more when it is made anew.
    let vanished = planning.plan.changes.iter().filter(|change| change.reasons.contains(&Reason::Vanished));
    let mut entries: Vec<Entry> = vanished.map(|change| Entry::Forgotten { address: change.address.clone() }).collect();
    let undeclared = folded.snapshot.actions.keys().filter(|address| !desired.actions.contains_key(*address));
    entries.extend(undeclared.map(|address| Entry::RunForgotten { address: address.clone() }));
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
        let after = Recorded {
            inputs: masked(schema, &inputs, key),
            needs: wanted.needs.iter().map(|need| need.address.clone()).collect(),
            target: wanted.place.target.clone(),
            protect: wanted.options.protect.unwrap_or(before.protect && wanted.options.protect.is_none()),
            incomplete: false,
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
fn outputs(run: &Run) -> Vec<(String, Option<Value>)> {
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
fn recorded_outputs(run: &Run) -> BTreeMap<EcoString, Option<Value>> {
    use crate::model::residual::Resolved;
    let world = run.world();
    let mut recorded = BTreeMap::new();
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

/// The result, for programs.
fn outcome(report: &Report, outputs: Vec<(String, Option<Value>)>) -> Outcome {
    Outcome {
        complete: report.is_complete(),
        done: report.done,
        failed: report.failed.iter().map(|(address, error)| (address.to_string(), error.clone())).collect(),
        skipped: report.skipped,
        left: report.left,
        not_begun: report.halted,
        outputs,
    }
}

fn end(
    report: &Report,
    summary: &crate::model::plan::Summary,
    wish: Halt,
    took: std::time::Duration,
    outputs: &[(String, Option<Value>)],
    format: Format,
) -> Result<Exit, Failure> {
    let seconds = took.as_secs_f64();
    if report.is_complete() {
        let counts = crate::view::human::plan::summary(summary);
        let mut text = format!("\ndone in {seconds:.1}s: {counts}\n");
        for (name, value) in outputs {
            let value =
                value.as_ref().map_or_else(|| "(sensitive)".to_owned(), |value| untrusted::one_line(&render(value)));
            text.push_str(&format!("  {name} = {value}\n"));
        }
        match format {
            Format::Text | Format::Markdown => terminal::out(&text),
            Format::Json => {}
        }
        return Ok(Exit::Done);
    }
    let mut parts = vec![format!("{} done", report.done)];
    if !report.failed.is_empty() {
        parts.push(format!("{} failed", report.failed.len()));
    }
    if report.skipped > 0 {
        parts.push(format!("{} not tried", report.skipped));
    }
    if report.left > 0 {
        parts.push(format!("{} left waiting", report.left));
    }
    if report.halted > 0 {
        parts.push(format!("{} not begun", report.halted));
    }
    let counts = parts.join(", ");
    if let Some(broken) = &report.broken {
        return Err(Failure::new(format!(
            "{counts}\nthe state could not be written: {broken}\nwhat was begun is in the journal; run it again when there is room"
        )));
    }
    if wish != Halt::No {
        return Err(Failure::with(
            Exit::Interrupted,
            format!("{counts}\nstopped; nothing is lost, the next apply goes on"),
        ));
    }
    let failures: Vec<String> = report.failed.iter().map(|(address, error)| format!("  {address}: {error}")).collect();
    Err(Failure::new(format!("{counts}\n{}\nthe next apply goes on from here", failures.join("\n"))))
}
