//! `cairn state pull`: everything that is remembered, as one document.

use clap::Args;

use super::super::arguments::{SandboxArguments, StackArguments};
use super::super::failure::Failure;
use super::super::store;
use crate::host::terminal;
use crate::state::fold;
use crate::view;

#[derive(Args)]
pub struct Pull {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    sandbox: SandboxArguments,
}

/// Prints the state as JSON, secrets masked.
pub async fn pull(arguments: Pull) -> Result<(), Failure> {
    let (_, store) = store::of_stack(&arguments.stack.directory, &arguments.stack.values, &arguments.sandbox)?;
    let loaded = store.load().await?;
    terminal::out(&view::json::pulled(&fold(loaded.snapshot, loaded.entries)));
    Ok(())
}
