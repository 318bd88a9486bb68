//! The pages of the codes: one for each, with examples that do what the page says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cairn::diagnostic::{PAGES, page};

use crate::literate::{cases, diagnose, with_header};

/// Codes that need a cloud or a record of what exists: their examples say nothing while checking.
const WHILE_PLANNING: &[&str] = &[
    "adopt::absent",
    "adopt::foreign",
    "adopt::managed",
    "adopt::replaces",
    "adopt::without_effect",
    "imports::state",
    "lookup::failed",
    "lookup::key",
    "lookup::none",
    "lookup::several",
    "moves::claimed_twice",
    "plan::broken",
    "plan::looks_renamed",
    "plan::never_replaced",
    "plan::not_undone",
    "plan::output_in_use",
    "plan::protected",
    "plan::too_many_destroyed",
    "policy::approval",
    "policy::undecided",
    "raw::not_sent",
    "secret::missing",
];

/// Codes about the bytes of a file, about `cairn.lock`, or about a command line; no document can hold their examples.
const NOT_IN_TEXT: &[&str] = &[
    "env::override",
    "policy::rego",
    "imports::changed",
    "imports::lock",
    "imports::not_fetched",
    "phase::pin_missing",
    "stack::unreadable",
    "syntax::encoding",
    "syntax::too_large",
];

/// Codes that only a service's own rules lead to. Their examples speak of real types: where those rules are declared
/// they say what the page says, and until then nothing that has to do with syntax or names.
const RULES_OF_SERVICES: &[&str] = &[
    "aws::certificate_region",
    "refs::no_such_part",
    "relations::order",
    "relations::unique",
    "schema::lookup_only",
    "schema::not_sent",
    "values::inexact",
];

/// Whether a code cannot be the result of checking texts.
pub fn not_in_files(code: &str) -> bool {
    WHILE_PLANNING.contains(&code) || NOT_IN_TEXT.contains(&code)
}

/// All codes that the sources give to a report.
pub fn codes_in_sources() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages: BTreeSet<&str> = PAGES.iter().map(|page| page.code).collect();
    let groups: BTreeSet<&str> = pages.iter().filter_map(|code| code.split("::").next()).collect();
    let mut codes = BTreeSet::new();
    let mut pending: Vec<PathBuf> = vec![root.join("src"), root.join("providers")];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        // The table of the pages names every code, used or not.
        let table = path.ends_with("src/diagnostic/catalogue.rs");
        if table || path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        codes.extend(quoted_codes(&text).filter(|code| is_reported(&text, code) || groups.contains(group(code))));
    }
    codes
}

/// Words in quotes that look like a code.
fn quoted_codes(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('"')
        .filter(|word| {
            word.split_once("::").is_some_and(|(group, name)| {
                let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                word(group) && word(name)
            })
        })
        .map(ToOwned::to_owned)
}

/// Whether a word is given to a report right where it stands.
fn is_reported(text: &str, code: &str) -> bool {
    let quoted = format!("\"{code}\"");
    text.match_indices(&quoted).any(|(at, _)| {
        let before = text[..at].trim_end();
        ["::error(", "::warning(", "::unplaced("].iter().any(|call| before.ends_with(call))
    })
}

fn group(code: &str) -> &str {
    code.split("::").next().unwrap_or_default()
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let used = codes_in_sources();
    assert!(used.len() > 100, "the search for codes found only {}", used.len());
    let pages: BTreeSet<String> = PAGES.iter().map(|page| page.code.to_owned()).collect();
    let without: Vec<&String> = used.difference(&pages).collect();
    let unused: Vec<&String> = pages.difference(&used).collect();
    assert!(without.is_empty() && unused.is_empty(), "without a page: {without:#?}\nnot used: {unused:#?}");
    assert_eq!(pages.len(), PAGES.len(), "a page stands in the table twice");
}

#[test]
fn every_file_of_the_catalogue_is_compiled_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagnostic/catalogue");
    let mut files = 0;
    for group in std::fs::read_dir(&folder).unwrap() {
        let group = group.unwrap().path();
        for file in std::fs::read_dir(&group).unwrap() {
            let file = file.unwrap().path();
            let word = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
            let code = format!("{}::{}", word(&group), word(&file));
            let found = page(&code).unwrap_or_else(|| panic!("{code} is not in the table"));
            assert_eq!(found.text, std::fs::read_to_string(&file).unwrap(), "{code}");
            files += 1;
        }
    }
    assert_eq!(files, PAGES.len());
}

#[test]
fn pages_have_one_shape() {
    let mut wrong = Vec::new();
    for page in PAGES {
        let lines = page.text.lines().filter(|line| !line.is_empty() && !line.starts_with("```")).count();
        if !(6..=30).contains(&lines) {
            wrong.push(format!("{} has {lines} lines", page.code));
        }
        if !page.text.starts_with("# ") || page.text.lines().next().is_some_and(|title| title.ends_with('.')) {
            wrong.push(format!("{} does not begin with a title", page.code));
        }
        for heading in ["## Wrong", "## Right"] {
            if page.text.matches(&format!("\n{heading}\n")).count() != 1 {
                wrong.push(format!("{} needs one `{heading}`", page.code));
            }
        }
        for line in page.text.lines().filter(|line| line.chars().count() > 120) {
            wrong.push(format!("{}: a line of {} characters", page.code, line.chars().count()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn examples_do_what_their_page_says() {
    let mut wrong = Vec::new();
    for page in PAGES {
        if NOT_IN_TEXT.contains(&page.code) {
            continue;
        }
        let cases = cases(page.text);
        let (mut wrongs, mut rights) = (0, 0);
        for case in &cases {
            let found = diagnose(&with_header(case));
            let codes: Vec<&str> = found.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
            let tentative = |codes: &[&str]| {
                RULES_OF_SERVICES.contains(&page.code)
                    && !codes.iter().any(|code| ["syntax", "names", "imports"].contains(&group(code)))
            };
            let good = match case.title.as_str() {
                "Wrong" => {
                    wrongs += 1;
                    let expected: &[&str] = if WHILE_PLANNING.contains(&page.code) { &[] } else { &[page.code] };
                    codes == expected || tentative(&codes)
                }
                "Right" => {
                    rights += 1;
                    codes.is_empty() || tentative(&codes)
                }
                _ => false,
            };
            if !good {
                wrong.push(format!("── {} · {}: {codes:?}\n{}", page.code, case.title, found.rendered()));
            }
        }
        if wrongs != 1 || rights != 1 {
            wrong.push(format!("── {} has {wrongs} wrong and {rights} right examples", page.code));
        }
    }
    assert!(wrong.is_empty(), "{} examples\n{}", wrong.len(), wrong.join("\n"));
}
