//! `cairn version`.

use clap::Args;

use super::arguments::Format;
use super::failure::{Exit, Failure};
use crate::host::terminal;
use crate::registry;

/// Show the version.
#[derive(Args)]
pub struct Arguments {
    /// How it is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let types = registry::catalogue().names().count();
    let clouds = if cfg!(feature = "aws") { "aws, sandbox" } else { "sandbox" };
    terminal::out(&match arguments.format {
        Format::Json => format!("{{\"version\":\"{version}\",\"clouds\":\"{clouds}\",\"types\":{types}}}\n"),
        Format::Text | Format::Markdown => {
            format!("cairn {version}\nclouds: {clouds}\ntypes in the catalogue: {types}\n")
        }
    });
    Ok(Exit::Done)
}
