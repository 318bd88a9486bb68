//! One cause, one report: what is missing is missing wherever it is used.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;

use crate::diagnostic::{Diagnostic, Report};
use crate::language::standard;
use crate::source::{SourceSet, Span};

/// Codes of things that are not there, each with a message that names the thing.
const ABSENT: [&str; 3] = ["names::undefined", "imports::missing", "types::unknown"];

/// So many further uses get a label of their own.
const MAX_LABELS: usize = 2;

/// So many further uses are listed.
const MAX_PLACES: usize = 4;

/// The line that imports functions from a part of the standard library.
pub fn imported(names: &[&str], part: &str) -> String {
    format!(
        "add a line to this file or to another of the same directory:  import {{ {} }} from \"{}{part}\"",
        names.join(", "),
        standard::SCHEME
    )
}

/// Joins the reports about uses of the same missing thing into the first one.
pub fn merged(
    diagnostics: Vec<Diagnostic>,
    before: &Report,
    undefined: &BTreeSet<EcoString>,
    sources: &SourceSet,
) -> Vec<Diagnostic> {
    let line = |span: Span| (span.source, sources.position(span).line);
    // On a line that could not be read as written, what else seems wrong follows from that.
    let unread: BTreeSet<_> = before
        .iter()
        .filter(|diagnostic| diagnostic.code.starts_with("syntax::") && diagnostic.code != "syntax::hidden_character")
        .filter_map(Diagnostic::span)
        .map(line)
        .collect();
    // A component whose input is used without being declared lacks it for its callers, too.
    let lacking = |diagnostic: &Diagnostic, span: Span| {
        diagnostic.code == "types::unknown_field" && undefined.contains(sources.text(span))
    };
    let diagnostics = diagnostics.into_iter().filter(|diagnostic| {
        !diagnostic.span().is_some_and(|span| unread.contains(&line(span)) || lacking(diagnostic, span))
    });
    let mut uses: BTreeMap<(&'static str, String), Vec<(Span, Diagnostic)>> = BTreeMap::new();
    let mut kept = Vec::new();
    for diagnostic in diagnostics {
        match diagnostic.span() {
            Some(span) if ABSENT.contains(&diagnostic.code) => {
                uses.entry((diagnostic.code, diagnostic.message.clone())).or_default().push((span, diagnostic));
            }
            // Positions side by side, as in `[private[0], private[1]]`, are one misunderstanding.
            Some(span) if diagnostic.code == "refs::position" => {
                let same = kept.iter_mut().find(|before: &&mut Diagnostic| {
                    before.message == diagnostic.message
                        && before.span().is_some_and(|other| sources.place(other) == sources.place(span))
                });
                match (same, diagnostic.labels.first()) {
                    (Some(same), Some(label)) => same.labels.push(label.clone()),
                    _ => kept.push(diagnostic),
                }
            }
            _ => kept.push(diagnostic),
        }
    }
    for (_, mut found) in uses {
        found.sort_by_key(|(span, _)| *span);
        found.dedup_by_key(|(span, _)| *span);
        let mut found = found.into_iter();
        let Some((first, mut diagnostic)) = found.next() else { continue };
        let others: Vec<Span> = found.map(|(span, _)| span).collect();
        if let Some(part) = diagnostic.message.split('`').nth(1).and_then(standard::part) {
            let mut names: Vec<&str> =
                std::iter::once(first).chain(others.clone()).map(|span| sources.text(span)).collect();
            names.sort_unstable();
            names.dedup();
            diagnostic.help = Some(imported(&names, part.name));
        }
        let (near, far): (Vec<Span>, Vec<Span>) =
            others.iter().partition(|span| span.source == first.source && others.len() <= MAX_LABELS);
        for span in near {
            diagnostic = diagnostic.label(span, "and here");
        }
        if !far.is_empty() {
            let mut places: Vec<String> = far.iter().map(|span| sources.place(*span)).collect();
            places.dedup();
            let more = places.len().saturating_sub(MAX_PLACES);
            places.truncate(MAX_PLACES);
            let more = if more > 0 { format!(" and {more} more lines") } else { String::new() };
            let also = format!("also used in {}{more}", places.join(", "));
            diagnostic.help = Some(match diagnostic.help {
                Some(help) => format!("{help}\n{also}"),
                None => also,
            });
        }
        kept.push(diagnostic);
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::merged;
    use crate::diagnostic::{Diagnostic, Report};
    use crate::source::{SourceSet, SourceText, Span};

    #[test]
    fn uses_of_one_name_are_one_report() {
        let mut sources = SourceSet::default();
        let id = sources.add(SourceText::new("a.cairn", "x\ny\nx\nx\nx\n"));
        let at = |start: usize, name: &str| {
            Diagnostic::error(
                "names::undefined",
                format!("There is nothing called `{name}`"),
                Span::new(id, start, start + 1),
                "",
            )
        };
        let found = vec![at(8, "x"), at(2, "y"), at(0, "x"), at(4, "x"), at(6, "x")];
        let found = merged(found, &Report::default(), &BTreeSet::new(), &sources);
        assert_eq!(found.len(), 2);
        let x = found.iter().find(|found| found.message.contains("`x`")).unwrap();
        assert_eq!(x.span(), Some(Span::new(id, 0, 1)));
        assert_eq!(x.help.as_deref(), Some("also used in a.cairn:3, a.cairn:4, a.cairn:5"));
    }
}
