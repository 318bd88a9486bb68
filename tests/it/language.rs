//! The meaning of the language, as literate suites in `tests/language`.
//!
//! A heading is a test. A `cairn` block is a file; its name follows the word `cairn`, `main.cairn` if there is none. A
//! `file` block is a file of another kind. A line that ends in `# error: code` or `# warning: code` is where exactly
//! that is reported; nothing else may be. `# error above: code` says it of the line before. `# value: …` behind an output says what it is. A `text` block holds full
//! reports, word for word. A stack header, an import of aws and a provider are there unless a file has a header or a
//! block says `alone`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::catalogue_pages::{codes_in_sources, not_in_files};
use crate::literate::{Case, announced, cases, diagnose, documents, notes, with_header};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language")
}

#[test]
fn suites() {
    let root = root();
    let filter = std::env::var("CAIRN_SUITE").unwrap_or_default();
    let mut failures = Vec::new();
    let mut count = 0;
    for file in documents(&root) {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        let mut updated = text.clone();
        for case in cases(&text) {
            if !format!("{name} {}", case.title).contains(&filter) {
                continue;
            }
            count += 1;
            if let Err(failure) = run(&case, &mut updated) {
                failures.push(format!("── {name}: {}\n{failure}", case.title));
            }
        }
        if std::env::var_os("UPDATE").is_some() && updated != text {
            std::fs::write(&file, updated).unwrap();
        }
    }
    assert!(failures.is_empty(), "{} of {count} cases failed\n{}", failures.len(), failures.join("\n"));
    assert!(count > 0 || !filter.is_empty());
}

/// Whatever can be said about files has a case that makes it said.
#[test]
fn every_code_is_in_a_suite() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut bad_inputs = 0;
    for file in documents(&root()) {
        for case in cases(&std::fs::read_to_string(&file).unwrap()) {
            for (_, _, note) in announced(&case) {
                bad_inputs += 1;
                seen.insert(note.split_once(": ").unwrap().1.to_owned());
            }
        }
    }
    let wanted: BTreeSet<String> = codes_in_sources().into_iter().filter(|code| !not_in_files(code)).collect();
    let missing: Vec<&String> = wanted.difference(&seen).collect();
    assert!(missing.is_empty(), "no suite has a case for: {missing:#?}");
    assert!(bad_inputs >= 90, "only {bad_inputs} bad inputs");
}

fn run(case: &Case, document: &mut String) -> Result<(), String> {
    let found = diagnose(&with_header(case));
    let mut wrong = Vec::new();
    for (path, text) in &case.files {
        for (index, line) in text.lines().enumerate() {
            for value in notes(line).filter_map(|note| note.strip_prefix("value: ")) {
                let name = line.split_whitespace().nth(1).unwrap().trim_end_matches(':');
                let actual = found.values.get(name).map_or("nothing", String::as_str);
                if actual != value {
                    wrong.push(format!("{path}:{}: {name} is {actual}, not {value}", index + 1));
                }
            }
        }
    }
    let rendered = found.rendered();
    let (actual, expected) = (found.codes(), announced(case));
    if actual != expected {
        wrong.push(format!("expected {expected:?}\nfound    {actual:?}\n{rendered}"));
    }
    for diagnostic in &found.diagnostics {
        if diagnostic.labels.iter().all(|label| label.text.is_empty()) && diagnostic.help.is_none() {
            wrong.push(format!("{} says nothing about what to do", diagnostic.code));
        }
    }
    if let Some(reports) = &case.reports
        && rendered != *reports
    {
        if std::env::var_os("UPDATE").is_some() {
            *document = document.replace(&format!("```text\n{reports}```"), &format!("```text\n{rendered}```"));
        } else {
            wrong.push(format!("expected\n{reports}\nfound\n{rendered}"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}
