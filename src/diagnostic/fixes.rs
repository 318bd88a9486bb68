//! Applying fixes to texts.

use super::report::{Diagnostic, Edit, Fix};
use crate::source::SourceId;

/// The certain fixes of some reports that can be applied together: of two that touch the same text, the first.
pub fn together<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> Vec<&'d Fix> {
    let mut chosen: Vec<&Fix> = Vec::new();
    for fix in diagnostics.into_iter().filter_map(Diagnostic::certain_fix) {
        let taken = |edit: &Edit| chosen.iter().flat_map(|other| &other.edits).any(|other| touch(edit, other));
        if !fix.edits.is_empty() && !fix.edits.iter().any(taken) {
            chosen.push(fix);
        }
    }
    chosen
}

/// Whether two edits change the same text, or insert at the same place.
fn touch(one: &Edit, other: &Edit) -> bool {
    let (a, b) = (one.span, other.span);
    let apart = if a.is_empty() || b.is_empty() {
        a.end < b.start || b.end < a.start
    } else {
        a.end <= b.start || b.end <= a.start
    };
    a.source == b.source && !apart
}

/// A text with the edits of some fixes that concern it. The fixes do not touch each other.
pub fn apply(text: &str, source: SourceId, fixes: &[&Fix]) -> String {
    let mut edits: Vec<&Edit> =
        fixes.iter().flat_map(|fix| &fix.edits).filter(|edit| edit.span.source == source).collect();
    edits.sort_by_key(|edit| edit.span);
    let mut changed = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        // Places of reports lie inside of their texts.
        changed.push_str(text.get(at..start).unwrap_or_default());
        changed.push_str(&edit.text);
        at = end;
    }
    changed.push_str(text.get(at..).unwrap_or_default());
    changed
}

#[cfg(test)]
mod tests {
    use super::{apply, together};
    use crate::diagnostic::{Diagnostic, Edit, Fix};
    use crate::source::{SourceId, Span};

    fn report(start: usize, end: usize, text: &str) -> Diagnostic {
        let span = Span::new(SourceId(0), start, end);
        Diagnostic::error("names::undefined", "x", span, "").edit(span, text)
    }

    #[test]
    fn fixes_that_touch_each_other_wait() {
        let reports = [
            report(0, 1, "A"),
            report(0, 2, "B"),
            report(1, 2, "C"),
            report(2, 2, "+"),
            report(3, 3, "-"),
            report(3, 4, "D"),
        ];
        let chosen = together(&reports);
        assert_eq!(apply("abcd", SourceId(0), &chosen), "ACc-d");
    }

    #[test]
    fn all_edits_of_a_fix_are_applied_or_none() {
        let span = |at| Span::new(SourceId(0), at, at + 1);
        let edits = vec![Edit { span: span(0), text: "x".into() }, Edit { span: span(2), text: "y".into() }];
        let both = Diagnostic::error("names::undefined", "x", span(0), "").fix(Fix {
            title: String::new(),
            certain: true,
            edits,
        });
        assert_eq!(apply("abc", SourceId(0), &together([&both])), "xby");
        assert_eq!(apply("abc", SourceId(0), &together([&report(2, 3, "z"), &both])), "abz");
        let offered = Diagnostic::error("names::undefined", "x", span(0), "").offer(span(0), "q");
        assert!(together([&offered]).is_empty());
    }
}
