//! How a command ends, and what is said if it does not end well.

use crate::diagnostic::{Diagnostic, Severity};
use crate::host::redaction;
use crate::host::terminal::Terminal;
use crate::source::SourceSet;
use crate::state::StoreError;
use crate::view::human::diagnostic::{Style, render};
use crate::view::untrusted;

/// Exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: it went well.
    Done,
    /// 1: it failed, usage errors included.
    Failed,
    /// 2: there are differences.
    Differences,
    /// 3: refused by `@protect`, a policy or an account pin.
    Refused,
    /// 4: the lock was not obtained, or lost.
    Locked,
    /// 5: the saved plan is stale.
    Stale,
    /// 130: the user stopped it.
    Interrupted,
}

impl Exit {
    /// The code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Differences => 2,
            Self::Refused => 3,
            Self::Locked => 4,
            Self::Stale => 5,
            Self::Interrupted => 130,
        }
    }
}

/// Why a command did not do what was asked.
pub struct Failure {
    /// The code.
    pub exit: Exit,
    /// What is said, without a line end.
    pub message: String,
}

impl Failure {
    /// A failure with a sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into() }
    }

    /// With another code.
    pub fn with(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// With what was meant to be done in front.
    #[must_use]
    pub fn explained(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// As text for standard error.
    pub fn render(&self, _terminal: &Terminal) -> String {
        if self.message.is_empty() {
            return String::new();
        }
        format!("{}\n", redaction::clean(&self.message))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = untrusted::lines(&error.to_string());
        match error {
            StoreError::Locked { .. } => Self::with(
                Exit::Locked,
                format!(
                    "{message}\nwait until it is done; a process that died on this machine leaves no lock\nof one that died elsewhere: --take-over waits for 90 seconds without a sign of life, cairn unlock does not"
                ),
            ),
            StoreError::Lost { .. } => Self::with(
                Exit::Locked,
                format!(
                    "{message}\nnothing more was begun; what was begun is recorded, and whoever holds the state now finishes it"
                ),
            ),
            StoreError::Moved { to, .. } => {
                Self::new(format!("{message}\nlet `state:` in the header name {}", untrusted::one_line(&to)))
            }
            StoreError::Fenced { .. } => Self::with(
                Exit::Locked,
                format!("{message}\nthey resolve what this run began; nothing more was touched"),
            ),
            StoreError::Damaged { way_out, .. } => Self::new(format!("{message}\n{way_out}")),
            StoreError::Newer { .. } => {
                Self::new(format!("{message}\nnothing was touched; use that version, or a later one"))
            }
            StoreError::Full { .. } => {
                Self::new(format!("{message}\nnothing was begun that is not recorded; make room and run it again"))
            }
            StoreError::Failed { .. } => Self::new(message),
        }
    }
}

/// How text looks on this terminal.
pub fn style(terminal: &Terminal) -> Style {
    Style { width: terminal.width, color: terminal.color, ascii: terminal.ascii }
}

/// Diagnostics as text, and the line that counts them.
pub fn reports(diagnostics: &[Diagnostic], sources: &SourceSet, terminal: &Terminal) -> String {
    let style = Style { width: terminal.width.min(96), ..style(terminal) };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&render(diagnostic, sources, style));
        text.push('\n');
    }
    // Logs keep the reports alone.
    if let Some(first) = diagnostics.first().filter(|_| terminal.interactive) {
        text.push_str(&format!("more about a code: cairn explain {}\n", first.code));
    }
    text
}

/// `2 errors and 1 warning`.
pub fn count(diagnostics: &[Diagnostic]) -> String {
    let of = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let words = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    if warnings == 0 {
        words(errors, "error")
    } else {
        format!("{} and {}", words(errors, "error"), words(warnings, "warning"))
    }
}
