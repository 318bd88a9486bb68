//! Parses arguments, runs a command, maps its outcome to an exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(cairn::command::main(std::env::args_os()).code())
}
