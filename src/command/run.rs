//! Carrying out a plan for a person: progress, signals, and what is said at the end.

use std::path::Path;
use std::sync::Arc;

use cairn_provider::value::{Value, render};
use tokio::sync::mpsc;

use super::arguments::{CloudArguments, Format};
use super::failure::{Exit, Failure};
use super::pipeline;
use super::stacks::Links;
use crate::engine::apply;
use crate::engine::apply::{Means, Ready, TakeError, Taken};
use crate::engine::execute::{Halt, Limits, Report};
use crate::host::actions::HostActions;
use crate::host::entropy::SystemEntropy;
use crate::host::secrets::HostSecrets;
use crate::host::{Stopwatch, signals, terminal, who};
use crate::model::event::Event;
use crate::state::{StateStore, StoreError};
use crate::view;
use crate::view::human::event::line;
use crate::view::human::progress::Progress;
use crate::view::json::Outcome;
use crate::view::untrusted;

/// Takes the state and finishes what an interrupted run left open.
pub async fn take(place: &pipeline::Place) -> Result<Taken, Failure> {
    let tell = |event: Event| {
        if let Some(line) = line(&event) {
            terminal::out(&format!("{line}\n"));
        }
    };
    let taken = apply::take(
        Arc::clone(&place.store) as Arc<dyn StateStore>,
        &who::who(),
        &place.clouds,
        pipeline::quarantine()?,
        &tell,
    )
    .await;
    let taken = taken.map_err(|error| match error {
        TakeError::Store(error) => error.into(),
        TakeError::Unresolved(_) => Failure::new(format!("{error}\nnothing new was begun")),
    })?;
    if let Some(repaired) = &taken.repaired {
        terminal::err(&format!("{repaired}\n"));
    }
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
}

/// Carries out a plan that was consented to, and writes the next snapshot.
pub async fn carry_out(taken: Taken, work: Work<'_>) -> Result<Exit, Failure> {
    let watch = Stopwatch::start();
    let Work { work, place, root, arguments, format } = work;
    let links = Links::of(&work.desired, root, place, arguments)?;
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
        quarantine: pipeline::quarantine()?,
        halt: wish.clone(),
        events,
        limits: Limits { total: arguments.parallelism.into(), service: arguments.parallelism.into() },
    };
    let applied = ready.carry_out(means).await;
    if *wish.borrow() != Halt::Now {
        // Everything that was told is shown.
        let _ = shown.await;
    }
    let applied = applied?;
    if applied.released && applied.report.is_complete() {
        links.end().await?;
    }
    let (report, outputs) = (applied.report, applied.outputs);
    if format == Format::Json {
        terminal::out(&view::json::applied(&plan, &outcome(&report, outputs.clone())));
    }
    end(&report, &summary, *wish.borrow(), watch.elapsed(), &outputs, format)
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
    if let Some(StoreError::Lost { .. }) = &report.broken {
        let failure = report.broken.clone().map(Failure::from);
        let why = failure.map(|failure| failure.message).unwrap_or_default();
        return Err(Failure::with(Exit::Locked, format!("{counts}\n{why}")));
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
