//! `cairn state history` and `cairn state at`: what was remembered before.

use clap::Args;

use super::super::arguments::{Format, SandboxArguments, StackArguments};
use super::super::failure::Failure;
use super::super::store;
use super::super::undo::no_such_run;
use crate::host::{terminal, who};
use crate::state::{Folded, Restored, fold};
use crate::view;

#[derive(Args)]
pub struct History {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    sandbox: SandboxArguments,
    /// How the list is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Args)]
pub struct At {
    /// The number of the run: see `cairn runs`
    #[arg(value_name = "RUN")]
    run: u64,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    sandbox: SandboxArguments,
    /// How the list is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Lists the generations of the state, with the runs between them.
pub async fn history(arguments: History) -> Result<(), Failure> {
    let (_, store) = store::of_stack(&arguments.stack.directory, &arguments.stack.values, &arguments.sandbox)?;
    let loaded = store.load().await?;
    let folded = fold(loaded.snapshot, loaded.entries);
    let kept = match store.restore(None, &who::who()).await? {
        Restored::Available(generations) => generations,
        Restored::Done(_) => Vec::new(),
    };
    terminal::out(&match arguments.format {
        Format::Json => view::json::history(&folded, &kept),
        Format::Text | Format::Markdown => view::human::runs::history(&folded, &kept),
    });
    Ok(())
}

/// Lists what was managed when a run had ended.
pub async fn at(arguments: At) -> Result<(), Failure> {
    let (_, store) = store::of_stack(&arguments.stack.directory, &arguments.stack.values, &arguments.sandbox)?;
    let loaded = store.load().await?;
    let folded = fold(loaded.snapshot, loaded.entries);
    let snapshot = folded.snapshot.after_run(arguments.run).map_err(|why| no_such_run(arguments.run, &why))?;
    terminal::out(&match arguments.format {
        Format::Json => view::json::state(snapshot.resources.iter()),
        Format::Text | Format::Markdown => view::human::state::list(&Folded { snapshot, ..Folded::default() }),
    });
    Ok(())
}
