//! Results of test cases: one line each.

use std::time::Duration;

use ecow::EcoString;

use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// A test case that was run.
#[derive(Clone, Debug)]
pub struct CaseRun {
    /// Its name.
    pub name: EcoString,
    /// The name at its declaration.
    pub place: Span,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What is wrong; nothing if it passed.
    pub wrong: Vec<Diagnostic>,
}

/// One case among all, as a line.
pub fn line(run: &CaseRun, all: &[CaseRun]) -> String {
    let width = all.iter().map(|run| run.name.len()).max().unwrap_or(0);
    let word = if run.wrong.is_empty() { "ok  " } else { "FAIL" };
    format!("{word}  {:<width$}  {:>6.1} ms\n", run.name, run.seconds * 1000.0)
}

/// How many passed.
pub fn summary(runs: &[CaseRun], elapsed: Duration) -> String {
    if runs.is_empty() {
        return "there are no tests: test name = Case { env: \"…\", expect: [ … ] }\n".to_owned();
    }
    let failed = runs.iter().filter(|run| !run.wrong.is_empty()).count();
    let passed = runs.len() - failed;
    let failures = if failed == 0 { String::new() } else { format!(", {failed} failed") };
    format!("{passed} passed{failures} in {:.0} ms\n", elapsed.as_secs_f64() * 1000.0)
}
