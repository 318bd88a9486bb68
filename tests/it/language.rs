//! The meaning of the language, as literate suites in `tests/language`.
//!
//! A heading is a test. A `cairn` block is a file; its name follows the word `cairn`, `main.cairn` if there is none.
//! A line that ends in `# error: code` or `# warning: code` is where exactly that is reported; nothing else may be.
//! `# value: …` behind an output says what it is. A `text` block holds full reports, word for word. A stack header, an
//! import of aws and a provider are there unless a file has a header.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cairn::diagnostic::{Diagnostic, Report, Severity};
use cairn::language::{check, evaluate, resolve};
use cairn::model::Residual;
use cairn::view::human::diagnostic::{Style, render};
use cairn_provider::value;

use crate::memory_files::MemoryFiles;

const HEADER: &str =
    "stack test {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n";

#[test]
fn suites() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let filter = std::env::var("CAIRN_SUITE").unwrap_or_default();
    let mut failures = Vec::new();
    let mut count = 0;
    for file in files {
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

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
}

struct Case {
    title: String,
    files: BTreeMap<String, String>,
    reports: Option<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut block: Option<(String, String)> = None;
    for line in text.lines() {
        match &mut block {
            Some((info, body)) => {
                if line == "```" {
                    let case = cases.last_mut().expect("a heading before the first block");
                    let mut words = info.split_whitespace();
                    match words.next() {
                        Some("cairn") => {
                            let name = words.next().unwrap_or("main.cairn").to_owned();
                            case.files.insert(name, std::mem::take(body));
                        }
                        Some("text") => case.reports = Some(std::mem::take(body)),
                        _ => {}
                    }
                    block = None;
                } else {
                    body.push_str(line);
                    body.push('\n');
                }
            }
            None => {
                if let Some(info) = line.strip_prefix("```") {
                    block = Some((info.to_owned(), String::new()));
                } else if line.starts_with('#') {
                    let title = line.trim_start_matches('#').trim().to_owned();
                    cases.push(Case { title, files: BTreeMap::new(), reports: None });
                }
            }
        }
    }
    cases.retain(|case| !case.files.is_empty());
    cases
}

fn run(case: &Case, document: &mut String) -> Result<(), String> {
    let mut files = case.files.clone();
    if !files.values().any(|text| {
        text.contains("\nstack ") || text.starts_with("stack ") || text.starts_with("##") && text.contains("\nstack ")
    }) {
        files.insert("header.cairn".into(), HEADER.into());
    }
    let files = MemoryFiles(files);
    let (program, mut report) = resolve::load(&files, Arc::new(cairn_aws::catalogue()));
    let typed = check::check(&program, &mut report);
    let environments: Vec<Option<ecow::EcoString>> = match program.declared_environments() {
        Some((names, _)) => names.into_iter().map(Some).collect(),
        None => vec![None],
    };
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for environment in environments {
        let request = evaluate::Request {
            program: &program,
            typed: &typed,
            environment,
            overrides: &[],
            answers: None,
            files: &files,
        };
        let evaluation = evaluate::evaluate(&request, &mut report);
        for (name, output) in evaluation.stack.outputs {
            let shown = match output.value {
                Residual::Value(value) => value::render(&value),
                other => format!("{other:?}"),
            };
            values.insert(name.to_string(), shown);
        }
    }
    compare(case, &program.sources, report, &values, document)
}

fn compare(
    case: &Case,
    sources: &cairn::source::SourceSet,
    report: Report,
    values: &BTreeMap<String, String>,
    document: &mut String,
) -> Result<(), String> {
    let diagnostics: Vec<Diagnostic> = report.into_sorted();
    let mut found: Vec<(String, u32, String)> = diagnostics
        .iter()
        .map(|diagnostic| {
            let word = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
            match diagnostic.span() {
                Some(span) => {
                    let path = sources.get(span.source).path.clone();
                    (path, sources.position(span).line, format!("{word}: {}", diagnostic.code))
                }
                None => (String::new(), 0, format!("{word}: {}", diagnostic.code)),
            }
        })
        .collect();
    let mut expected = Vec::new();
    let mut wrong = Vec::new();
    for (path, text) in &case.files {
        for (index, line) in text.lines().enumerate() {
            for (_, note) in line.match_indices("# ").map(|(at, _)| (at, &line[at + 2..])) {
                let note = note.split(" # ").next().unwrap().trim();
                if note.starts_with("error: ") || note.starts_with("warning: ") {
                    expected.push((path.clone(), u32::try_from(index).unwrap() + 1, note.to_owned()));
                }
                if let Some(value) = note.strip_prefix("value: ") {
                    let name = line.split_whitespace().nth(1).unwrap().trim_end_matches(':');
                    let actual = values.get(name).map_or("nothing", String::as_str);
                    if actual != value {
                        wrong.push(format!("{path}:{}: {name} is {actual}, not {value}", index + 1));
                    }
                }
            }
        }
    }
    expected.sort();
    found.sort();
    let rendered: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| render(diagnostic, sources, Style { width: 96, color: false, ascii: false }))
        .collect();
    if found != expected {
        wrong.push(format!("expected {expected:#?}\nfound {found:#?}\n{}", rendered.join("\n")));
    }
    if let Some(reports) = &case.reports {
        let actual = rendered.join("\n").trim_end().to_owned() + "\n";
        if actual != *reports {
            if std::env::var_os("UPDATE").is_some() {
                *document = document.replace(&format!("```text\n{reports}```"), &format!("```text\n{actual}```"));
            } else {
                wrong.push(format!("expected\n{reports}\nfound\n{actual}"));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}
