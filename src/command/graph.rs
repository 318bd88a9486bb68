//! `cairn graph`: what depends on what, without a cloud.

use clap::Args;

use super::arguments::{CloudArguments, Format, StackArguments};
use super::failure::{Exit, Failure};
use super::front;
use crate::diagnostic::Report;
use crate::host::terminal;
use crate::view;

/// Show what depends on what.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// How the graph is shown; markdown is a Mermaid diagram
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    arguments.cloud.require_whole("graph")?;
    let front = front::load(&arguments.stack.directory, &arguments.stack.values.set)?;
    front.require_sound()?;
    let environment = front.environment(arguments.stack.values.env.as_deref())?;
    let desired = front.offline(environment, &mut Report::default());
    terminal::out(&match arguments.format {
        Format::Text => view::graph::text(&desired),
        Format::Json => view::graph::json(&desired),
        Format::Markdown => view::graph::mermaid(&desired),
    });
    Ok(Exit::Done)
}
