//! `cairn apply`: a plan, consent, and its execution; or exactly a saved plan.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{CloudArguments, ValueArguments};
use super::failure::{Exit, Failure, reports, style};
use super::{consent, front, pipeline, run as running, saved};
use crate::host::terminal;
use crate::state::StateStore as _;
use crate::view;

/// Bring the cloud to what the stack says, or apply a saved plan.
#[derive(Args)]
pub struct Arguments {
    /// The stack's directory, or a saved plan
    #[arg(value_name = "DIR|PLAN", default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    values: ValueArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    if saved::is_file(&arguments.path) {
        return saved::apply(&arguments.path, &arguments.cloud).await;
    }
    let front = front::load(&arguments.path, &arguments.values.set)?;
    let warnings = front.require_sound()?;
    let look = terminal::detect();
    let sources = &front.program.sources;
    terminal::err(&reports(&warnings, sources, &look));
    let environment = front.environment(arguments.values.env.as_deref())?;
    let names: Vec<String> = front.environments().into_iter().flatten().map(|name| name.to_string()).collect();
    let checked = if names.is_empty() { String::new() } else { format!(" in {}", names.join(", ")) };
    terminal::out(&format!("checked {}{checked}: nothing wrong\n\n", front.stack()));
    let place =
        pipeline::open(&front.root, &front.stack(), environment.as_ref(), front.catalogue(), &arguments.cloud).await?;
    let desired = front.online(environment.clone(), &place.clouds).await?;
    pipeline::verify_accounts(&desired, &place.clouds).await?;
    let taken = running::take(&place).await?;
    let planned = pipeline::planned(
        &desired,
        &taken.folded,
        &place.clouds,
        &taken.key,
        sources,
        &front.root,
        &arguments.cloud.only,
    )
    .await?;
    let planning = planned.planning;
    terminal::err(&reports(&planning.refused, sources, &look));
    terminal::out(&view::human::plan::render(&planning.plan, style(&look)));
    if !planning.refused.is_empty() {
        taken.store.release().await?;
        return Err(Failure::with(
            Exit::Refused,
            "refused: protected resources would be destroyed; nothing was touched",
        ));
    }
    if !planning.plan.is_empty() && !arguments.yes {
        let name = match &environment {
            Some(environment) => environment.to_string(),
            None => front.stack().to_string(),
        };
        if !consent::ask("Apply this plan?", &name)? {
            taken.store.release().await?;
            return Err(Failure::new("not applied"));
        }
    }
    terminal::out("\n");
    let work = running::Work {
        desired,
        planning,
        clouds: &place.clouds,
        root: &front.root,
        arguments: &arguments.cloud,
        first: Vec::new(),
    };
    let result = running::carry_out(taken, work).await;
    if arguments.cloud.stats {
        terminal::err(&pipeline::stats(&place.clouds));
    }
    result
}
