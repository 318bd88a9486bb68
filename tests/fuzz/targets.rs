//! The four targets and what must hold in each.

use std::collections::BTreeMap;

use cairn::diagnostic::Diagnostic;
use cairn::language::syntax::ItemCache;
use cairn::language::tree::{Part, TokenKind, Tree};
use cairn::language::{check, format, resolve, syntax};
use cairn::source::{SourceSet, SourceText};

use crate::corpus;
use crate::edits::{self, Session};
use crate::generate;
use crate::literate::{Case, diagnose, with_header};
use crate::memory_files::MemoryFiles;
use crate::mutate::mutated;
use crate::numbers::Numbers;
use crate::run;
use crate::sample_types;
use crate::tree_text::meaning;

/// A text: one of the corpus or a generated one, as it is or with mistakes.
fn text(texts: &[String], numbers: &mut Numbers) -> String {
    let one = |numbers: &mut Numbers| {
        if numbers.once_in(3) { generate::program(numbers) } else { texts[numbers.below(texts.len())].clone() }
    };
    let first = one(numbers);
    if numbers.once_in(4) {
        return first;
    }
    let other = one(numbers);
    mutated(&first, &other, numbers)
}

#[test]
fn parse() {
    let texts = corpus::texts();
    run::target(
        "parse",
        |numbers| text(&texts, numbers),
        Clone::clone,
        |text| {
            let mut set = SourceSet::default();
            let id = set.add(SourceText::new("main.cairn", text.as_str()));
            let (document, diagnostics) = syntax::parse(id, set.get(id));
            assert_places(&set, &diagnostics);
            let tree = syntax::tree(text);
            assert_round_trip(text, &tree);
            let mut before = 0;
            for item in &document.items {
                assert!(item.span.start as usize >= before, "items overlap");
                before = item.span.end as usize;
            }
            if diagnostics.is_empty() {
                assert_eq!(tree.broken().count(), 0, "nothing is reported, and something cannot be read");
                let items = tree.parts.iter().filter(|part| matches!(part, Part::Item(_))).count();
                assert_eq!(items, document.items.len(), "the trees differ");
            }
        },
    );
}

#[test]
fn format() {
    let texts = corpus::texts();
    run::target(
        "format",
        |numbers| text(&texts, numbers),
        Clone::clone,
        |text| {
            let formatted = format::format(text).unwrap().text;
            let again = format::format(&formatted).unwrap().text;
            assert_eq!(again, formatted, "formatting twice differs");
            // A byte order mark is left out; so is the report about it.
            let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
            let (before, after) = (meaning(plain), meaning(&formatted));
            assert_eq!(after.1, before.1, "the reports differ");
            // What is made of texts that cannot be read depends on their lines.
            if before.1.is_empty() {
                assert_eq!(after.0, before.0, "the program differs");
            }
            assert_eq!(comments(&formatted), comments(&unix(plain)), "the comments differ");
            assert_eq!(broken(&formatted), broken(&unix(plain)), "what could not be read differs");
        },
    );
}

#[test]
fn generated_programs_follow_the_grammar() {
    run::target("generated_programs_follow_the_grammar", generate::program, Clone::clone, |text| {
        // A declaration may be too large.
        if text.len() < syntax::MAX_ITEM {
            assert_eq!(syntax::tree(text).broken().count(), 0);
            assert_eq!(format::format(text).unwrap().broken, 0);
        }
    });
}

#[test]
fn check() {
    let folders = corpus::folders();
    let texts = corpus::texts();
    let make = |numbers: &mut Numbers| {
        let case = &folders[numbers.below(folders.len())];
        let mut files = case.files.clone();
        let names: Vec<&String> = case.files.keys().collect();
        let name = names[numbers.below(names.len())].clone();
        let changed = if numbers.once_in(3) {
            text(&texts, numbers)
        } else {
            let other = texts[numbers.below(texts.len())].clone();
            mutated(&files[&name], &other, numbers)
        };
        files.insert(name, changed);
        (files, case.alone)
    };
    let shown = |(files, _): &(BTreeMap<String, String>, bool)| {
        files.iter().map(|(name, text)| format!("# ==== {name} ====\n{text}\n")).collect::<String>()
    };
    run::target("check", make, shown, |(files, alone)| {
        let case = Case { title: String::new(), files: files.clone(), reports: None, alone: *alone };
        let found = diagnose(&with_header(&case));
        assert_places(&found.sources, &found.diagnostics);
        for diagnostic in &found.diagnostics {
            assert!(!diagnostic.message.is_empty());
            assert!(
                !diagnostic.labels.is_empty() || diagnostic.code.starts_with("stack::"),
                "{} has no place",
                diagnostic.code
            );
        }
        assert!(found.rendered().lines().count() >= found.diagnostics.len());
    });
}

/// After every edit, items that the edit did not touch must be as before: what is cached of them may be used. The language
/// server's way, with items kept from edit to edit, finds what loading everything anew finds.
#[test]
fn edits() {
    let texts = corpus::texts();
    // Small ones: each edit checks a whole folder twice.
    let mut folders = corpus::folders();
    folders.retain(|case| case.files.values().map(String::len).sum::<usize>() < 4_000);
    let make = |numbers: &mut Numbers| {
        let other = texts[numbers.below(texts.len())].clone();
        if numbers.once_in(2) {
            let case = &folders[numbers.below(folders.len())];
            let names: Vec<&String> = case.files.keys().collect();
            let name = names[numbers.below(names.len())].clone();
            let mut session = edits::session(&case.files[&name], &other, numbers);
            session.file = name;
            session.around = with_header(case).0;
            return session;
        }
        let begin = text(&texts, numbers);
        edits::session(&begin, &other, numbers)
    };
    run::target(
        "edits",
        make,
        |session| format!("{session:#?}\n"),
        |session: &Session| {
            let mut now = session.text.clone();
            let mut cache = ItemCache::default();
            for (position, edit) in session.edits.iter().enumerate() {
                let next = edits::apply(&now, edit);
                let (before, after) = (syntax::tree(&now), syntax::tree(&next));
                assert_round_trip(&next, &after);
                let texts: BTreeMap<&str, String> = items(&now, &before).into_iter().collect();
                for (text, shape) in items(&next, &after) {
                    if let Some(known) = texts.get(text) {
                        assert_eq!(known, &shape, "an item with the same text is another item");
                    }
                }
                meaning(&next);
                let look = position % 5 == 4 || position + 1 == session.edits.len();
                same_as_anew(session, &next, &mut cache, look);
                now = next;
            }
        },
    );
}

/// Loads a folder with items kept from the edit before, and compares what is found with what is found without any.
fn same_as_anew(session: &Session, text: &str, cache: &mut ItemCache, look: bool) {
    let mut files = MemoryFiles(session.around.clone());
    files.0.insert(session.file.clone(), text.to_owned());
    let catalogue = sample_types::catalogue;
    let (kept, mut report) = resolve::reload(&files, catalogue(), cache);
    if !look {
        return;
    }
    check::check(&kept, &mut report);
    let (fresh, mut wanted) = resolve::load(&files, catalogue());
    check::check(&fresh, &mut wanted);
    assert_eq!(kept.documents.len(), fresh.documents.len(), "other files are read");
    let edited = kept.sources.find(&session.file);
    let both = kept.documents.iter().zip(&fresh.documents);
    for (kept, fresh) in both.filter(|(kept, _)| Some(kept.source) == edited) {
        assert_eq!(format!("{:?}", kept.items), format!("{:?}", fresh.items), "kept items are other ones");
    }
    assert_eq!(report.into_sorted(), wanted.into_sorted(), "other reports than of a whole analysis");
}

/// The items of a text with their trees, counted from the start of each.
fn items<'t>(text: &'t str, tree: &Tree) -> Vec<(&'t str, String)> {
    let items = tree.parts.iter().filter_map(|part| match part {
        Part::Item(node) => Some(node),
        Part::Token(_) => None,
    });
    items
        .map(|node| {
            let (start, end) = node.range();
            (&text[start..end], format!("{:?}", node.clone().moved(start)))
        })
        .collect()
}

/// With the line ends of the formatter; where carriage returns stand alone, nobody knows where lines end.
fn unix(text: &str) -> String {
    let unified = text.replace("\r\n", "\n");
    if unified.contains('\r') { text.to_owned() } else { unified }
}

fn comments(text: &str) -> Vec<String> {
    let tokens = syntax::tree(text).tokens();
    let comments = tokens.iter().filter(|token| token.kind == TokenKind::Comment);
    comments.map(|token| token.text(text).trim_end_matches('\r').to_owned()).collect()
}

fn broken(text: &str) -> Vec<String> {
    syntax::tree(text).broken().map(|token| token.text(text).replace('\r', "")).collect()
}

/// Every byte lies in one token.
fn assert_round_trip(text: &str, tree: &Tree) {
    let mut at = 0;
    for token in tree.tokens() {
        assert_eq!(token.start, at, "bytes are lost or doubled");
        assert!(text.get(token.start..token.end).is_some_and(|text| !text.is_empty()), "an empty token");
        at = token.end;
    }
    assert_eq!(at, text.len(), "the end is lost");
}

/// Labels and fixes lie inside of their texts, at the boundaries of characters.
fn assert_places(sources: &SourceSet, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let labels = diagnostic.labels.iter().map(|label| label.span);
        let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in labels.chain(edits) {
            let text = &sources.get(span.source).text;
            let inside = text.get(span.start as usize..span.end as usize).is_some();
            assert!(inside, "{} at {span:?} of {} bytes", diagnostic.code, text.len());
        }
        for fix in &diagnostic.fixes {
            let mut spans: Vec<_> = fix.edits.iter().map(|edit| edit.span).collect();
            spans.sort();
            assert!(spans.windows(2).all(|two| two[0].source != two[1].source || two[0].end <= two[1].start));
        }
    }
}
