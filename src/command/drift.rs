//! `cairn drift`: what somebody else changed since the last apply.

use clap::Args;

use super::arguments::{CloudArguments, Format, StackArguments};
use super::failure::{Exit, Failure};
use super::transfer::{self, Origins};
use super::{front, pipeline};
use crate::host::terminal;
use crate::view;

/// Show what somebody else changed. Exits with 2 if there is anything.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// How the drift is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let front = front::load(&arguments.stack.directory, &arguments.stack.values.set)?;
    let environment = front.environment(arguments.stack.values.env.as_deref());
    let diagnostics = front.require_sound_for(arguments.format, &environment, view::json::drift)?;
    let environment = environment?;
    let kept = front.state_place(environment.clone())?;
    let (stack, catalogue) = (front.stack(), front.catalogue());
    let place = pipeline::open(&front.root, &stack, environment.as_ref(), catalogue, &kept, &arguments.cloud).await?;
    let desired = front.online(environment.clone(), &place.clouds, &arguments.cloud).await?;
    let origins = Origins::of(&desired, &front.root, &arguments.cloud)?;
    let place = origins.seen_from(place, &arguments.cloud)?;
    let (mut folded, key) = pipeline::recorded(place.store.load().await?, &place.clouds).await?;
    transfer::look(&mut folded, &place.state).await?;
    let sources = &front.program.sources;
    let moves = origins.settled(&desired, &folded.snapshot, &origins.read().await?, &front.root)?;
    let chosen = pipeline::Chosen { only: &arguments.cloud.only, replace: &[] };
    let planned = pipeline::planned_with(moves, &desired, &place.clouds, &key, sources, &front.root, &chosen).await?;
    let plan = &planned.planning.plan;
    match arguments.format {
        Format::Json => terminal::out(&view::json::drift(plan, &diagnostics, sources)),
        Format::Markdown => terminal::out(&view::markdown::drift(plan)),
        Format::Text => terminal::out(&view::human::plan::drift(plan)),
    }
    if arguments.cloud.stats {
        terminal::err(&pipeline::stats(&place.clouds));
    }
    let drifted = plan.changes.iter().any(|change| !change.drift.is_empty());
    Ok(if drifted { Exit::Differences } else { Exit::Done })
}
