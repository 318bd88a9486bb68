//! `cairn completions`: what a shell needs to complete commands and their arguments.

use clap::{Args, ValueEnum};
use clap_complete::Shell;

use super::failure::{Exit, Failure};
use crate::host::terminal;

/// Print the completions of a shell.
#[derive(Args)]
pub struct Arguments {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Name,
}

/// The shells.
#[derive(ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "lower")]
enum Name {
    Bash,
    Zsh,
    Fish,
    PowerShell,
}

/// Runs the command.
///
/// # Errors
/// None.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let shell = match arguments.shell {
        Name::Bash => Shell::Bash,
        Name::Zsh => Shell::Zsh,
        Name::Fish => Shell::Fish,
        Name::PowerShell => Shell::PowerShell,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::clap_command(), "cairn", &mut script);
    terminal::data(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
