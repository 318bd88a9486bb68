//! The messages of the design, each with the source that gives it, compared byte by byte with what `cairn check` prints.
//!
//! A file of `tests/golden/diagnostics` is called after the number and the code of a message. It holds the files of a
//! stack and, in a `text` block, what is printed for them. Where that is not what the design says, a line that starts
//! with `Differs:` says why, and a block `design` holds the design's text. `UPDATE=1` writes the `text` blocks anew.

use std::collections::BTreeSet;
use std::path::Path;

use crate::literate::cases;
use crate::project::{Project, repository};

/// How many messages the design has.
const MESSAGES: usize = 54;

/// Messages that have no file yet, and why.
const LATER: &[(usize, &str)] = &[
    (11, "imports from git"),
    (30, "rollouts"),
    (43, "pinned look-ups"),
    (52, "policies"),
    (53, "printed while planning: `plan_codes.rs`"),
    (54, "adoption and renaming"),
];

fn printed(path: &Path) -> (String, String) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut cases = cases(&text);
    assert_eq!(cases.len(), 1, "{}", path.display());
    let case = cases.remove(0);
    let project = Project::empty().variable("COLUMNS", "96");
    for (name, text) in &case.files {
        project.write(name, text);
    }
    let ended = project.run("check");
    let all = format!("{}{}", ended.err, ended.out);
    let reports: Vec<&str> = all.lines().filter(|line| !line.starts_with("checked ")).collect();
    let reports = reports.join("\n").replace(concat!("cairn ", env!("CARGO_PKG_VERSION")), "cairn {version}");
    (case.reports.unwrap_or_default(), reports.trim().to_owned() + "\n")
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
        if expected == found {
            continue;
        }
        if std::env::var_os("UPDATE").is_some() {
            let text = text.replace(&format!("```text\n{expected}```"), &format!("```text\n{found}```"));
            std::fs::write(&path, text).unwrap();
        } else {
            wrong.push(format!("── {name}\nexpected\n{expected}\nfound\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(numbers, (1..=MESSAGES).collect(), "every message has a file or a reason");
}
