//! `cairn test`: the test cases of a stack, its components and its policies, offline and in parallel.

use std::path::PathBuf;

use clap::Args;

use super::failure::{Exit, Failure, count, reports};
use super::front;
use crate::diagnostic::suggest;
use crate::host::{self, terminal};
use crate::view::untrusted;
use crate::view::{self, tested::CaseRun};

/// Run the test cases of a stack, offline.
#[derive(Args)]
pub struct Arguments {
    /// The stack's directory
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// Only cases whose name contains this
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
    /// Also write the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How the results are shown
    #[arg(long, value_enum, default_value_t)]
    format: TestFormat,
}

/// How results of tests are shown.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TestFormat {
    /// For people at a terminal
    #[default]
    Text,
    /// For programs
    Json,
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let watch = host::Stopwatch::start();
    let front = front::load(&arguments.directory, &[])?;
    if front.report.has_errors() {
        return Err(front.failure(front.report.clone().into_sorted()));
    }
    let all = front.cases();
    let wanted = arguments.filter.as_deref().unwrap_or_default();
    let chosen: Vec<_> = all.iter().filter(|(name, _)| name.contains(wanted)).cloned().collect();
    if chosen.is_empty() && !all.is_empty() {
        let hint = suggest::nearest(wanted, all.iter().map(|(name, _)| name.as_str()))
            .map(|near| format!("; did you mean {near}?"))
            .unwrap_or_default();
        return Err(Failure::new(format!("no test has `{}` in its name{hint}", untrusted::one_line(wanted))));
    }
    let runs: Vec<CaseRun> = host::in_parallel(&chosen, |(name, case)| {
        let watch = host::Stopwatch::start();
        let wrong = front.run_case(*case);
        CaseRun { name: name.clone(), place: case.name, seconds: watch.elapsed().as_secs_f64(), wrong }
    });
    let sources = &front.program.sources;
    if let Some(file) = &arguments.junit {
        let text = view::junit::render_cases(&front.stack(), &runs, sources);
        host::write_text(file, &text).map_err(|why| Failure::new(format!("{}: {why}", file.display())))?;
    }
    let failed = runs.iter().filter(|run| !run.wrong.is_empty()).count();
    match arguments.format {
        TestFormat::Json => terminal::out(&view::json::tested(&runs, sources)),
        TestFormat::Text => {
            let look = terminal::detect();
            for run in &runs {
                terminal::out(&view::tested::line(run, &runs));
                if !run.wrong.is_empty() {
                    terminal::err(&format!("\n{}", reports(&run.wrong, sources, &look)));
                }
            }
            terminal::out(&view::tested::summary(&runs, watch.elapsed()));
        }
    }
    let warnings = front.report.clone().into_sorted();
    if !warnings.is_empty() && arguments.format == TestFormat::Text {
        terminal::err(&format!("{}: cairn check shows them\n", count(&warnings)));
    }
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}
