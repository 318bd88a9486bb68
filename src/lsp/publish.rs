//! Reports as the editor shows them.

use std::collections::BTreeMap;
use std::sync::Arc;

use ls_types::{CodeDescription, DiagnosticRelatedInformation, DiagnosticSeverity, NumberOrString, Range, Uri};

use super::documents::Documents;
use super::positions::{Encoding, Lines};
use super::stack::{Analysis, Stack, is_synthetic};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{SourceId, Span, untrusted};

/// All reports of a stack, by document.
pub fn reports(
    stack: &Stack,
    analysis: &Arc<Analysis>,
    documents: &Documents,
    encoding: Encoding,
    pages: bool,
) -> BTreeMap<String, Vec<ls_types::Diagnostic>> {
    let program = &analysis.program;
    let mut lines: BTreeMap<SourceId, Lines<'_>> = BTreeMap::new();
    for source in program.sources.ids() {
        lines.insert(source, Lines::new(&program.sources.get(source).text, encoding));
    }
    let mut all: BTreeMap<String, Vec<ls_types::Diagnostic>> = BTreeMap::new();
    for report in &self::all(stack, analysis) {
        if report.span().is_some_and(|span| is_synthetic(program, span.source)) {
            continue;
        }
        // What concerns no text, or only texts that are compiled in, is shown at the start of the first file.
        let first = program.sources.ids().map(|source| Span::new(source, 0, 0));
        let places = report.labels.iter().map(|label| label.span).chain(first);
        let found = places.map(|span| (span, stack.uri_of(program, span.source, documents)));
        let Some((span, uri)) = found.into_iter().find_map(|(span, uri)| Some((span, uri?))) else { continue };
        let range = |span: Span| {
            lines
                .get(&span.source)
                .map_or_else(Range::default, |lines| lines.range(span.start as usize, span.end as usize))
        };
        let related = report
            .labels
            .iter()
            .skip(1)
            .filter_map(|label| {
                let location = ls_types::Location {
                    uri: stack.uri_of(program, label.span.source, documents)?,
                    range: range(label.span),
                };
                Some(DiagnosticRelatedInformation { location, message: untrusted::lines(&label.text) })
            })
            .collect::<Vec<_>>();
        all.entry(uri.to_string()).or_default().push(ls_types::Diagnostic {
            range: range(span),
            severity: Some(severity(report.severity)),
            code: Some(NumberOrString::String(report.code.to_owned())),
            code_description: pages.then(|| page(report.code)).flatten(),
            source: Some("cairn".to_owned()),
            message: message(report),
            related_information: (!related.is_empty()).then_some(related),
            tags: None,
            data: None,
        });
    }
    all
}

/// What is wrong: what is known at once, and what evaluation found of it before.
pub fn all(stack: &Stack, analysis: &Arc<Analysis>) -> Vec<Diagnostic> {
    let mut report = analysis.report.clone();
    report.extend(carried(stack, analysis));
    report.into_sorted()
}

/// Where the editor finds the page of a code, if it asked for such links.
fn page(code: &str) -> Option<CodeDescription> {
    use std::str::FromStr as _;
    let href = Uri::from_str(&format!("cairn-explain:{code}.md")).ok()?;
    Some(CodeDescription { href })
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Advice => DiagnosticSeverity::INFORMATION,
    }
}

/// The sentence, what stands at the place, and what to do.
fn message(report: &Diagnostic) -> String {
    let mut text = report.message.clone();
    if let Some(label) = report.labels.first().filter(|label| !label.text.is_empty()) {
        text.push_str(": ");
        text.push_str(&label.text);
    }
    if let Some(help) = &report.help {
        text.push_str("\nhelp: ");
        text.push_str(help);
    }
    untrusted::lines(&text)
}

/// What evaluation found, moved to where it stands now. Of items that changed since, nothing is known.
fn carried(stack: &Stack, now: &Arc<Analysis>) -> Vec<Diagnostic> {
    let Some(then) = &stack.evaluated.analysis else { return Vec::new() };
    if Arc::ptr_eq(then, now) {
        return stack.evaluated.reports.clone();
    }
    let mut kept = Vec::new();
    for report in &stack.evaluated.reports {
        let mut moved = report.clone();
        let spans = moved.labels.iter_mut().map(|label| &mut label.span);
        let edits = moved.fixes.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.span);
        let found = spans.chain(edits).all(|span| match carry(then, now, *span) {
            Some(there) => {
                *span = there;
                true
            }
            None => false,
        });
        let news = moved.span().is_some_and(|span| !now.report.has_error_around(span));
        if found && news {
            kept.push(moved);
        }
    }
    kept
}

/// Where a place of an older state is now, if its item is unchanged.
pub fn carry(then: &Analysis, now: &Analysis, span: Span) -> Option<Span> {
    let path = &then.program.sources.get(span.source).path;
    let document = then.program.documents.iter().find(|document| document.source == span.source)?;
    let item = document.items.iter().find(|item| item.span.contains(span))?;
    let text = then.program.sources.text(item.span);
    let source = now.program.sources.find(path)?;
    let document = now.program.documents.iter().find(|document| document.source == source)?;
    let same = document
        .items
        .iter()
        .filter(|other| other.span.len() == item.span.len() && now.program.sources.text(other.span) == text)
        .min_by_key(|other| other.span.start.abs_diff(item.span.start))?;
    let start = same.span.start + (span.start - item.span.start);
    Some(Span { source, start, end: start + (span.end - span.start) })
}
