//! What the book shows is true: its sources parse, and those of the language reference mean what the text says.
//!
//! In the chapters below `language/` a heading with its `cairn` blocks is a stack: each block is a file, whose name may
//! follow the word `cairn`. The notation of `tests/language` holds: `# error: code`, `# value: …`, `alone`, and `text`
//! blocks with whole reports. A block `cairn parse` is only parsed.

use std::path::{Path, PathBuf};

use cairn::language::syntax;
use cairn::source::{SourceSet, SourceText};

use crate::literate::{Case, announced, cases, diagnose, documents, notes, with_header};

/// Its examples of what is wrong are run with the catalogue they come from.
const ELSEWHERE: &str = "reference/errors.md";

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("book/src")
}

#[test]
fn every_source_in_the_book_parses() {
    let root = book();
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in documents(&root) {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        if name == ELSEWHERE {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for (line, _, body) in blocks(&text) {
            // What is announced to be wrong may be wrong to the parser.
            if body.contains("# error") {
                continue;
            }
            count += 1;
            let mut sources = SourceSet::default();
            let id = sources.add(SourceText::new(name.clone(), body.clone()));
            let (_, diagnostics) = syntax::parse(id, sources.get(id));
            for diagnostic in diagnostics {
                wrong.push(format!("{name}:{line}: {}: {}\n{body}", diagnostic.code, diagnostic.message));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(count > 100, "only {count} sources were found");
}

#[test]
fn the_language_reference_says_what_is_true() {
    let root = book().join("language");
    let filter = std::env::var("CAIRN_SUITE").unwrap_or_default();
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in documents(&root) {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        for case in cases(&files_with_names(&text)) {
            if !format!("{name} {}", case.title).contains(&filter) {
                continue;
            }
            count += 1;
            if let Err(why) = holds(&case) {
                wrong.push(format!("── {name}: {}\n{why}", case.title));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} headings are not true\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 35 || !filter.is_empty(), "only {count} headings with sources were found");
}

/// The `cairn` blocks of a page: the line they begin on, what follows the word `cairn`, and their text.
fn blocks(text: &str) -> Vec<(usize, String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String, String)> = None;
    let mut fence = String::new();
    for (number, line) in text.lines().enumerate() {
        match &mut open {
            Some((_, _, body)) if line != fence => {
                body.push_str(line);
                body.push('\n');
            }
            Some(_) => blocks.extend(open.take()),
            None => {
                if let Some(info) = line.strip_prefix("```cairn") {
                    fence = "```".to_owned();
                    open = Some((number + 2, info.trim().to_owned(), String::new()));
                }
            }
        }
    }
    blocks
}

/// The page with a name for every block, so that several under one heading are several files.
fn files_with_names(text: &str) -> String {
    let mut named = String::new();
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> =
            line.strip_prefix("```cairn").map(|info| info.split_whitespace().collect()).unwrap_or_default();
        if words.contains(&"parse") {
            named.push_str("```parsed");
        } else if line.starts_with("```cairn") && words.iter().all(|word| *word == "alone") {
            named.push_str(&format!("{line} block-{number:05}.cairn"));
        } else {
            named.push_str(line);
        }
        named.push('\n');
    }
    named
}

fn holds(case: &Case) -> Result<(), String> {
    let found = diagnose(&with_header(case));
    let mut wrong = Vec::new();
    for text in case.files.values() {
        for line in text.lines() {
            for value in notes(line).filter_map(|note| note.strip_prefix("value: ")) {
                let name = line.split_whitespace().nth(1).unwrap().trim_end_matches(':');
                let actual = found.values.get(name).map_or("nothing", String::as_str);
                if actual != value {
                    wrong.push(format!("{name} is {actual}, not {value}"));
                }
            }
        }
    }
    let (actual, expected) = (found.codes(), announced(case));
    if actual != expected {
        wrong.push(format!("expected {expected:?}\nfound    {actual:?}\n{}", found.rendered()));
    }
    if let Some(reports) = &case.reports
        && found.rendered() != *reports
    {
        wrong.push(format!("expected\n{reports}\nfound\n{}", found.rendered()));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}
