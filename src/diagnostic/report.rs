//! One report, and the list of all of them.

use std::collections::BTreeSet;

use super::suggest;
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

/// A replacement of source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// A change of the sources that removes the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a menu shows it: "write `:`".
    pub title: String,
    /// Whether it is certain to be what was meant. Other fixes are offered, and never applied unasked.
    pub certain: bool,
    /// Replacements that belong together: all of them or none. They do not overlap.
    pub edits: Vec<Edit>,
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
    /// Ways out that a machine can take, the best first; one of them is enough.
    pub fixes: Vec<Fix>,
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
            fixes: Vec::new(),
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
            fixes: Vec::new(),
        }
    }

    /// A warning that concerns no text.
    pub fn warning_unplaced(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::unplaced(code, message) }
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

    /// A replacement that is certain to be right.
    #[must_use]
    pub fn edit(self, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        let title = if text.is_empty() { "remove it".to_owned() } else { format!("write `{}`", text.trim()) };
        self.fix(Fix { title, certain: true, edits: vec![Edit { span, text }] })
    }

    /// A replacement that may be right: somebody has to look.
    #[must_use]
    pub fn offer(self, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        self.fix(Fix { title: format!("write `{}`", text.trim()), certain: false, edits: vec![Edit { span, text }] })
    }

    /// The nearest of some names in place of one that does not exist; certain if no other is as near.
    #[must_use]
    pub fn meant<'a>(self, span: Span, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        self.meant_as(span, name, candidates, str::to_owned)
    }

    /// Like [`meant`](Self::meant), for something that is written differently from its name.
    #[must_use]
    pub fn meant_as<'a>(
        self,
        span: Span,
        name: &str,
        candidates: impl IntoIterator<Item = &'a str>,
        written: impl Fn(&str) -> String,
    ) -> Self {
        let candidates: Vec<&str> = candidates.into_iter().filter(|candidate| *candidate != name).collect();
        if let Some(clear) = suggest::clear(name, candidates.iter().copied()) {
            return self.edit(span, written(clear));
        }
        let near = suggest::closest(name, candidates, 3);
        near.into_iter().fold(self, |diagnostic, near| diagnostic.offer(span, written(near)))
    }

    /// One more way out.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// The fix that may be applied unasked.
    pub fn certain_fix(&self) -> Option<&Fix> {
        self.fixes.iter().find(|fix| fix.certain)
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

/// Codes of what policies say, and of exceptions from it.
const VERDICTS: &[&str] =
    &["policy::approval", "policy::denied", "policy::undecided", "policy::waiver_unused", "policy::warned"];

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

    /// Leaves out what is said of a whole stack: it is not to be relied on while a part of it is wrong.
    pub fn without_verdicts(&mut self) {
        self.diagnostics.retain(|diagnostic| !VERDICTS.contains(&diagnostic.code));
    }

    /// What a later look found, in the order of the places: where this list names an error already, nothing is said again.
    pub fn news(&self, found: Report) -> impl Iterator<Item = Diagnostic> {
        let known = |diagnostic: &Diagnostic| diagnostic.span().is_some_and(|span| self.has_error_around(span));
        found.into_sorted().into_iter().filter(move |diagnostic| !known(diagnostic))
    }

    /// The reports in the order of their places. What is said of a whole stack is among them only if nothing else is
    /// wrong with it.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        let wrong = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        if self.diagnostics.iter().any(|diagnostic| wrong(diagnostic) && !VERDICTS.contains(&diagnostic.code)) {
            self.without_verdicts();
        }
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
