//! `cairn state pull`: everything that is remembered, as one document.

use clap::Args;

use super::super::arguments::StackArguments;
use super::super::failure::Failure;
use super::store;
use crate::host::terminal;
use crate::state::{StateStore as _, fold};
use crate::view;

#[derive(Args)]
pub struct Pull {
    #[command(flatten)]
    stack: StackArguments,
    /// That of the embedded sandbox cloud
    #[arg(long)]
    sandbox: bool,
}

/// Prints the state as JSON, secrets masked.
pub async fn pull(arguments: Pull) -> Result<(), Failure> {
    let store = store(&arguments.stack.directory, &arguments.stack.values, arguments.sandbox)?;
    let loaded = store.load().await?;
    terminal::out(&view::json::pulled(&fold(loaded.snapshot, loaded.entries)));
    Ok(())
}
