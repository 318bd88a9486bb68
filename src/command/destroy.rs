//! `cairn destroy`: everything a stack manages in an environment goes away.

use clap::Args;

use super::arguments::{CloudArguments, StackArguments};
use super::failure::{Exit, Failure, reports, style};
use super::{consent, front, pipeline, run as running};
use crate::host::terminal;
use crate::model::desired::DesiredStack;
use crate::state::StateStore as _;
use crate::view;

/// Destroy everything the stack manages in an environment.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let front = front::load(&arguments.stack.directory, &arguments.stack.values.set)?;
    if front.stack().is_empty() {
        return Err(front.failure(front.check_all()));
    }
    let environment = front.environment(arguments.stack.values.env.as_deref())?;
    let place =
        pipeline::open(&front.root, &front.stack(), environment.as_ref(), front.catalogue(), &arguments.cloud).await?;
    let taken = running::take(&place).await?;
    // Nothing is wanted: what is recorded says where everything lives and in which order it goes.
    let desired = DesiredStack {
        name: front.stack(),
        environment: environment.clone().unwrap_or_default(),
        ..DesiredStack::default()
    };
    let sources = &front.program.sources;
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
    let look = terminal::detect();
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
        let name = environment.as_ref().map_or_else(|| front.stack().to_string(), ToString::to_string);
        if !consent::ask("Destroy all of this? There is no way back.", &name)? {
            taken.store.release().await?;
            return Err(Failure::new("not destroyed"));
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
