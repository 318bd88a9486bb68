//! One report, and the list of all of them.

use std::collections::BTreeSet;

use crate::source::Span;

/// The stable name of a kind of mistake, without the leading `cairn::`: `names::undefined`.
pub type Code = &'static str;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Advice,
    /// Probably not what was meant.
    Warning,
    /// Nothing can be planned.
    Error,
}

/// A place and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The words; empty to only underline.
    pub text: String,
}

/// A replacement of source text that removes the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// One report about one mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of mistake.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Places; the first is where the report is located.
    pub labels: Vec<Label>,
    /// What to do about it, with something to paste.
    pub help: Option<String>,
    /// Edits that are certain to be right.
    pub edits: Vec<Edit>,
}

impl Diagnostic {
    /// An error located at a place.
    pub fn error(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: vec![Label { span, text: label.into() }],
            help: None,
            edits: Vec::new(),
        }
    }

    /// A warning located at a place.
    pub fn warning(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message, span, label) }
    }

    /// An error that concerns no text, such as a missing directory.
    pub fn unplaced(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            edits: Vec::new(),
        }
    }

    /// One more place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// An edit that is certain to be right.
    #[must_use]
    pub fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.edits.push(Edit { span, text: text.into() });
        self
    }

    /// Where the report is located.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// All reports of a run: each mistake once, in the order of the places.
#[derive(Clone, Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    seen: BTreeSet<(Code, Option<Span>, String)>,
}

impl Report {
    /// Adds a report unless the same mistake at the same place is there already.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        // Several policies may say different things of one place.
        let said = if diagnostic.code.starts_with("policy::") { diagnostic.message.clone() } else { String::new() };
        if self.seen.insert((diagnostic.code, diagnostic.span(), said)) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Adds all reports of another list.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        for diagnostic in other {
            self.add(diagnostic);
        }
    }

    /// Whether anything stops the command.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether an error lies inside of this place or around it.
    pub fn has_error_around(&self, span: Span) -> bool {
        self.diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .any(|diagnostic| diagnostic.span().is_some_and(|at| span.contains(at) || at.contains(span)))
    }

    /// The reports in the order of their places.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| (diagnostic.span(), diagnostic.code));
        self.diagnostics
    }

    /// The reports in the order they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.diagnostics.len()
    }
}
