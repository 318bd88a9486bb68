//! The messages of the design, each with the source that gives it, compared byte by byte with what is printed.
//!
//! A file of `tests/golden/diagnostics` is called after the number and the code of a message. Its blocks are taken in
//! their order: `cairn NAME` and `file NAME` write a file, `repository NAME TAG FILE` commits one to a repository and
//! tags the commit, `run` holds commands that must succeed, and `text COMMAND` is what a command prints (`check`, if
//! none is said). Where that is not what the design says, a line that starts with `Differs:` says why, and a block
//! `design` holds the design's text. `UPDATE=1` writes the `text` blocks anew.
//!
//! `tests/golden/codes` has the same for the wrong example of every page of the catalogue: no message changes unseen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cairn::diagnostic::PAGES;

use crate::catalogue_pages::not_in_files;
use crate::from_git::Repository;
use crate::literate::{cases, diagnose, with_header};
use crate::project::{Project, repository};

/// How many messages the design has.
const MESSAGES: usize = 54;

/// Messages that have no file yet, and why.
const LATER: &[(usize, &str)] = &[(30, "rollouts")];

/// A block of a document: the words behind the backticks, and its lines.
struct Block {
    info: Vec<String>,
    body: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        open = match (open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                Some(Block { info: info.split_whitespace().map(ToOwned::to_owned).collect(), body: String::new() })
            }
            (Some(block), Some(_)) => {
                blocks.push(block);
                None
            }
            (Some(block), None) => Some(Block { body: block.body + line + "\n", ..block }),
            (None, None) => None,
        };
    }
    blocks
}

/// What a document says is printed, and what is.
fn printed(path: &Path) -> (String, String) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut project = Project::empty().variable("COLUMNS", "96");
    let mut repositories: BTreeMap<String, Repository> = BTreeMap::new();
    let mut compared = None;
    for block in blocks(&text) {
        let words: Vec<&str> = block.info.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["cairn" | "file", name] => project.write(name, &block.body),
            ["repository", name, tag, file] => {
                if !repositories.contains_key(*name) {
                    let made = Repository::new(name);
                    project = made.serve(project);
                    repositories.insert((*name).to_owned(), made);
                }
                repositories[*name].write(file, block.body.as_bytes());
                repositories[*name].tag(tag);
            }
            ["run"] => {
                for line in block.body.lines() {
                    project.expect(0, line);
                }
            }
            ["text", command @ ..] => {
                let command = if command.is_empty() { "check".to_owned() } else { command.join(" ") };
                assert!(compared.is_none(), "{}: there are two blocks `text`", path.display());
                compared = Some((block.body, reports(&project, &command)));
            }
            ["design"] => {}
            other => panic!("{}: a block {other:?}", path.display()),
        }
    }
    compared.unwrap_or_else(|| panic!("{}: there is no block `text`", path.display()))
}

/// The reports a command prints, without what else it says.
fn reports(project: &Project, command: &str) -> String {
    let ended = project.run(command);
    let all = format!("{}{}", ended.err, ended.out);
    let lines: Vec<&str> = all.lines().filter(|line| !line.starts_with("checked ")).collect();
    let text = lines.join("\n").replace(concat!("cairn ", env!("CARGO_PKG_VERSION")), "cairn {version}");
    // A plan goes on behind the reports.
    let end = ["\ncairn plan · ", "\nnothing was planned"].iter().filter_map(|mark| text.find(mark)).min();
    text[..end.unwrap_or(text.len())].trim().to_owned() + "\n"
}

/// Compares a document's text with what was found, or writes it anew.
fn compare(path: &Path, expected: &str, found: &str, wrong: &mut Vec<String>) {
    if expected == found {
        return;
    }
    let name = path.file_stem().unwrap().display();
    if std::env::var_os("UPDATE").is_none() {
        wrong.push(format!("── {name}\nexpected\n{expected}\nfound\n{found}"));
        return;
    }
    let text = std::fs::read_to_string(path).unwrap();
    let begin = text.find("\n```text").unwrap() + 1;
    let begin = begin + text[begin..].find('\n').unwrap() + 1;
    assert!(text[begin..].starts_with(expected), "{name}");
    std::fs::write(path, format!("{}{found}{}", &text[..begin], &text[begin + expected.len()..])).unwrap();
}

#[test]
fn messages_are_those_of_the_design() {
    let folder = repository().join("tests/golden/diagnostics");
    let mut numbers: BTreeSet<usize> = LATER.iter().map(|(number, _)| *number).collect();
    let mut wrong = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let number: usize = name.split('-').next().unwrap().parse().unwrap();
        assert!(
            numbers.insert(number),
            "{name}: there are two of this number, or it is listed as one of a later version"
        );
        let text = std::fs::read_to_string(&path).unwrap();
        let differs = text.lines().any(|line| line.starts_with("Differs: "));
        assert_eq!(differs, text.contains("\n```design\n"), "{name}: a reason, and what the design says");
        let (expected, found) = printed(&path);
        compare(&path, &expected, &found, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(numbers, (1..=MESSAGES).collect(), "every message has a file or a reason");
}

#[test]
fn every_page_s_example_is_answered_as_it_was() {
    let folder = repository().join("tests/golden/codes");
    let update = std::env::var_os("UPDATE").is_some();
    let mut known: BTreeSet<String> = std::fs::read_dir(&folder)
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    let mut wrong = Vec::new();
    for page in PAGES.iter().filter(|page| !not_in_files(page.code)) {
        let example = cases(page.text).into_iter().find(|case| case.title == "Wrong").unwrap();
        let found = diagnose(&with_header(&example)).rendered();
        let name = format!("{}.txt", page.code.replace("::", "-"));
        let path = folder.join(&name);
        if update {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &found).unwrap();
        } else if std::fs::read_to_string(&path).unwrap_or_default() != found {
            wrong.push(format!("── {name}\n{found}"));
        }
        known.remove(&name);
    }
    assert!(wrong.is_empty(), "UPDATE=1 writes these anew:\n{}", wrong.join("\n"));
    assert!(known.is_empty(), "no page has these any more: {known:?}");
}
