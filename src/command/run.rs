//! Carrying out a plan for a person: progress, signals, and what is said at the end.

use std::path::Path;
use std::sync::Arc;

use cairn_provider::value::{Value, render};
use tokio::sync::mpsc;

use super::arguments::{CloudArguments, Format};
use super::failure::{Exit, Failure, count, reports};
use super::pipeline;
use super::stacks::Links;
use super::transfer;
use crate::diagnostic::Diagnostic;
use crate::engine::apply;
use crate::engine::apply::{Means, OnFailure, Ready, TakeError, Taken, Taking};
use crate::engine::execute::{Halt, Limits, Report};
use crate::engine::journal::Written;
use crate::engine::rollback::RolledBack;
use crate::host::actions::HostActions;
use crate::host::clock::SystemClock;
use crate::host::entropy::SystemEntropy;
use crate::host::secrets::HostSecrets;
use crate::host::{Stopwatch, signals, terminal, who};
use crate::model::Address;
use crate::model::event::Event;
use crate::source::SourceSet;
use crate::state::{StateStore, StoreError, fold};
use crate::view;
use crate::view::human::event::line;
use crate::view::human::progress::Progress;
use crate::view::json::Outcome;
use crate::view::untrusted;

/// Takes the state and finishes what an interrupted run left open.
pub async fn take(place: &pipeline::Place) -> Result<Taken, Failure> {
    // A state that cannot be read is reported when it is taken.
    if let Ok(before) = place.store.load().await {
        pipeline::verify_recorded(&fold(before.snapshot, before.entries).snapshot, &place.clouds).await?;
    }
    let tell = |event: Event| {
        if let Some(line) = line(&event) {
            terminal::out(&format!("{line}\n"));
        }
    };
    let taking = Taking {
        who: &who::who(),
        clouds: &place.clouds,
        entropy: &SystemEntropy,
        clock: &SystemClock,
        quarantine: pipeline::quarantine()?,
        tell: &tell,
    };
    let taken = apply::take(Arc::clone(&place.store) as Arc<dyn StateStore>, taking).await;
    let mut taken = taken.map_err(|error| match error {
        TakeError::Store(error) => error.into(),
        TakeError::Unresolved(_) => Failure::new(format!("{error}\nnothing new was begun")),
    })?;
    if let Some(repaired) = &taken.repaired {
        terminal::err(&format!("{repaired}\n"));
    }
    transfer::finish(&mut taken, &place.state).await?;
    Ok(taken)
}

/// What is carried out, and how it is shown.
pub struct Work<'a> {
    /// The plan and what it needs.
    pub work: apply::Work,
    /// Where the stack's things lie.
    pub place: &'a pipeline::Place,
    /// The stack's directory.
    pub root: &'a Path,
    /// How.
    pub arguments: &'a CloudArguments,
    /// How the result is shown.
    pub format: Format,
    /// What is done once a step has failed.
    pub on_failure: OnFailure,
}

/// Carries out a plan that was consented to, and writes the next snapshot.
pub async fn carry_out(mut taken: Taken, work: Work<'_>, sources: &SourceSet) -> Result<Exit, Failure> {
    let watch = Stopwatch::start();
    let Work { work, place, root, arguments, format, on_failure } = work;
    let partial = work.partial;
    let links = Links::of(&work.desired, root, place, arguments)?;
    transfer::receive(&mut taken, links.own(), &work.planning.crossing).await?;
    links.begin().await?;
    let plan = work.planning.plan.clone();
    let summary = plan.summary();
    let ready = Ready::new(taken, work).map_err(|circle| {
        Failure::new(format!("the steps of {circle:?} wait for each other; this is a bug in Cairn"))
    })?;
    let total = ready.steps();
    let (events, mut inbox) = mpsc::unbounded_channel::<Event>();
    let wish = signals::listen().map_err(Failure::new)?;
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
    let means = Means {
        secrets: Arc::new(HostSecrets::new(root)),
        actions: Arc::new(HostActions::new(root, arguments.sandbox)),
        entropy: Arc::new(SystemEntropy),
        clock: Arc::new(SystemClock),
        quarantine: pipeline::quarantine()?,
        halt: wish.clone(),
        events,
        limits: Limits {
            total: arguments.parallelism.into(),
            service: arguments.parallelism.into(),
            stop_at_failure: false,
        },
        on_failure,
    };
    let applied = ready.carry_out(means).await;
    if *wish.borrow() != Halt::Now {
        // Everything that was told is shown.
        let _ = shown.await;
    }
    let applied = applied?;
    // Of a part nobody knows whether the rest still reads the others.
    if applied.released && applied.report.is_complete() && !partial {
        links.end().await?;
    }
    if arguments.stats {
        let Written { entries, writes } = applied.written;
        terminal::err(&format!("state: {entries} records in {writes} writes\n"));
    }
    let (report, outputs, rolled_back, unmet) = (applied.report, applied.outputs, applied.rolled_back, applied.unmet);
    if format == Format::Json {
        let mut outcome = outcome(&report, outputs.clone(), rolled_back.as_ref());
        outcome.complete &= unmet.is_empty();
        let place = |diagnostic: &Diagnostic| diagnostic.span().map(|span| sources.place(span)).unwrap_or_default();
        outcome.failed.extend(unmet.iter().map(|diagnostic| (place(diagnostic), diagnostic.message.clone())));
        terminal::out(&view::json::applied(&plan, &outcome));
    }
    if let Some(back) = rolled_back {
        return Err(taken_back(&report, &back));
    }
    if !unmet.is_empty() {
        terminal::err(&reports(&unmet, sources, &look));
        let done = report.done;
        return Err(Failure::new(format!("{done} done; what the stack asserts does not hold: {}", count(&unmet))));
    }
    end(&report, &summary, *wish.borrow(), watch.elapsed(), &outputs, format)
}

/// The result, for programs.
fn outcome(report: &Report, outputs: Vec<(String, Option<Value>)>, back: Option<&RolledBack>) -> Outcome {
    let rolled_back = back.map(|back| view::json::Rollback {
        run: back.run,
        complete: back.impossible.is_none() && back.report.is_complete(),
        done: back.report.done,
        failed: back.report.failed.iter().map(|(address, error)| (address.to_string(), error.clone())).collect(),
        stays: back.stays.iter().map(|(address, why)| (address.to_string(), why.clone())).collect(),
    });
    Outcome {
        complete: report.is_complete(),
        done: report.done,
        failed: report.failed.iter().map(|(address, error)| (address.to_string(), error.clone())).collect(),
        skipped: report.skipped,
        left: report.left,
        not_begun: report.halted,
        outputs,
        rolled_back,
    }
}

/// The end of a run that failed and was taken back.
fn taken_back(report: &Report, back: &RolledBack) -> Failure {
    let list = |failed: &[(Address, String)]| {
        failed.iter().map(|(address, error)| format!("  {address}: {error}\n")).collect::<String>()
    };
    let mut text = format!("{} done, {} failed\n{}", report.done, report.failed.len(), list(&report.failed));
    if let Some(why) = &back.impossible {
        text.push_str(&format!("it could not be rolled back: {why}\nthe next apply goes on from here"));
        return Failure::new(text);
    }
    let stays = back.stays.len();
    let rest = match stays {
        0 => String::new(),
        1 => "; one resource stays as it is, see above".to_owned(),
        _ => format!("; {stays} resources stay as they are, see above"),
    };
    if let Some(broken) = &back.report.broken {
        text.push_str(&format!("the state could not be written: {broken}\nwhat was begun is in the journal"));
    } else if back.report.is_complete() {
        text.push_str(&format!("run {} was rolled back{rest}", back.run));
    } else {
        text.push_str(&format!(
            "the rollback of run {} is not complete: {} done, {} failed, {} not begun{rest}\n{}the next apply goes on from here",
            back.run,
            back.report.done,
            back.report.failed.len(),
            back.report.skipped + back.report.halted + back.report.left,
            list(&back.report.failed)
        ));
    }
    Failure::new(text)
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
    if let Some(StoreError::Lost { .. }) = &report.broken {
        let failure = report.broken.clone().map(Failure::from);
        let why = failure.map(|failure| failure.message).unwrap_or_default();
        return Err(Failure::with(Exit::Locked, format!("{counts}\n{why}")));
    }
    if let Some(StoreError::Fenced { by }) = &report.broken {
        let text = format!(
            "{counts}\nthe state was taken over by {by}\nthey resolve what this run began; nothing more was touched"
        );
        return Err(Failure::with(Exit::Locked, text));
    }
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
    let exit = if report.stale > 0 && report.stale == report.failed.len() { Exit::Stale } else { Exit::Failed };
    let failures: Vec<String> = report.failed.iter().map(|(address, error)| format!("  {address}: {error}")).collect();
    Err(Failure::with(exit, format!("{counts}\n{}\nthe next apply goes on from here", failures.join("\n"))))
}
