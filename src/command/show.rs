//! `cairn show`: the source of what is compiled in.

use clap::Args;

use super::failure::{Exit, Failure};
use crate::host::terminal;
use crate::language::standard;
use crate::view::untrusted;

/// Print the source of a part of the standard library
#[derive(Args)]
pub struct Arguments {
    /// Its name, such as `std:aws/network`; without one, all names are listed
    part: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// The standard library has no such part.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Some(wanted) = arguments.part else {
        let names: Vec<String> =
            standard::PARTS.iter().map(|part| format!("{}{}\n", standard::SCHEME, part.name)).collect();
        terminal::out(&names.concat());
        return Ok(Exit::Done);
    };
    let full =
        if wanted.starts_with(standard::SCHEME) { wanted.clone() } else { format!("{}{wanted}", standard::SCHEME) };
    match standard::part(&full) {
        Some(part) => {
            terminal::data(part.text);
            Ok(Exit::Done)
        }
        None => {
            let hint = standard::nearest(&full)
                .map(|near| format!("; did you mean {}{near}?", standard::SCHEME))
                .unwrap_or_default();
            Err(Failure::new(format!(
                "the standard library has no {}{hint}\n`cairn show` lists what it has",
                untrusted::one_line(&wanted)
            )))
        }
    }
}
