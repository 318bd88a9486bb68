//! The terminal: what it can show, and writing to it.

use std::io::{IsTerminal as _, Write as _};

use crate::source::untrusted;

/// What the terminal can show.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Columns.
    pub width: usize,
    /// Whether colours may be used.
    pub color: bool,
    /// Whether only ASCII may be used.
    pub ascii: bool,
    /// Whether a person watches: progress may move.
    pub interactive: bool,
}

/// Looks at standard output and the environment.
pub fn detect() -> Terminal {
    let interactive = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    let color = colors();
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let ascii = locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        !locale.contains("utf-8") && !locale.contains("utf8")
    });
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let width = columns.or_else(columns_of_terminal).unwrap_or(96);
    let ci = set("CI");
    Terminal { width: width.clamp(60, 200), color, ascii, interactive: interactive && !ci && !dumb }
}

fn columns_of_terminal() -> Option<usize> {
    let (_, columns) = console::Term::stdout().size_checked()?;
    Some(columns.into())
}

/// Writes text for people to standard output: nothing in it can do more than be read. A reader that went away is no error.
pub fn out(text: &str) {
    data(&untrusted::printed(text, colors()));
}

/// Writes text to standard output as it is: what a program or a file is going to read.
pub fn data(text: &str) {
    let mut stdout = std::io::stdout().lock();
    // Who closed the pipe has read enough.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Writes text for people to standard error, like [`out`].
pub fn err(text: &str) {
    let text = untrusted::printed(text, colors());
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Whether colours are ours to print.
fn colors() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    !set("NO_COLOR") && !dumb && (set("CLICOLOR_FORCE") || std::io::stdout().is_terminal())
}

/// Asks on the terminal; nothing if nobody can answer.
pub fn ask(question: &str) -> Option<String> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    err(question);
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).ok()?;
    Some(answer.trim().to_owned())
}
