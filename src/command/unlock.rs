//! `cairn unlock`: ends the hold of a writer that does not end it itself.

use clap::Args;

use super::arguments::{CloudArguments, StackArguments};
use super::failure::{Exit, Failure};
use super::store;
use crate::host::{terminal, who};
use crate::view::untrusted;

/// End the hold of a writer that does not end it itself; always safe.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    arguments.cloud.require_whole("unlock")?;
    let (_, store) = store::of_stack(&arguments.stack.directory, &arguments.stack.values, &arguments.cloud)?;
    match store.unlock(&who::who()).await? {
        None => terminal::out("nobody held the state\n"),
        Some(who) => terminal::out(&format!(
            "{} does not hold the state any more, and can write no more\nwhat it began is finished by the next apply\n",
            untrusted::one_line(&who)
        )),
    }
    Ok(Exit::Done)
}
