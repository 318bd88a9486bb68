//! `cairn runs`: what was run, by whom, and how it ended.

use clap::Args;

use super::arguments::{Format, SandboxArguments, StackArguments};
use super::failure::{Exit, Failure};
use super::store;
use crate::host::terminal;
use crate::state::fold;
use crate::view;

/// List what was run: the number for `cairn undo`, when, who, what it did, how it ended.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    sandbox: SandboxArguments,
    /// How the list is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let (_, store) = store::of_stack(&arguments.stack.directory, &arguments.stack.values, &arguments.sandbox)?;
    let loaded = store.load().await?;
    let folded = fold(loaded.snapshot, loaded.entries);
    terminal::out(&match arguments.format {
        Format::Json => view::json::runs(&folded),
        Format::Text | Format::Markdown => view::human::runs::list(&folded),
    });
    Ok(Exit::Done)
}
