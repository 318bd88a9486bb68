//! `cairn lsp`: the language server, for editors.

use clap::Args;
use ecow::EcoString;

use super::failure::{Exit, Failure};
use crate::diagnostic::Report;
use crate::host;
use crate::language::check::Typed;
use crate::language::evaluate::{self, Seen, WaiverUse};
use crate::language::program::Program;
use crate::language::resolve::Files;
use crate::lsp::{self, Setup};
use crate::registry;

/// Serve an editor over standard input and output.
#[derive(Args)]
pub struct Arguments {
    /// Accepted and without effect: standard input and output are the only way
    #[arg(long)]
    stdio: bool,
}

/// Runs the command.
///
/// # Errors
/// No thread can be started.
pub fn run(_arguments: Arguments) -> Result<Exit, Failure> {
    let setup = Setup { catalogue: registry::catalogue(), evaluate, send: host::stdio::send };
    let said_goodbye = lsp::serve(setup).map_err(Failure::new)?;
    Ok(if said_goodbye { Exit::Done } else { Exit::Failed })
}

/// Evaluates one environment as `cairn check` does, and gives the values.
fn evaluate(
    program: &Program,
    typed: &Typed,
    files: &dyn Files,
    environment: Option<EcoString>,
    report: &mut Report,
) -> (Vec<Seen>, Vec<WaiverUse>) {
    let request = evaluate::Request {
        program,
        typed,
        environment,
        overrides: &[],
        answers: None,
        files,
        today: Some(host::today()),
        changes: None,
    };
    let (evaluation, seen) = evaluate::observe(&request, report);
    if let Err(circles) = crate::engine::graph::build(&evaluation.stack, &crate::state::Snapshot::default()) {
        report.extend(circles);
    }
    (seen, evaluation.waivers)
}
