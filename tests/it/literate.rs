//! Tests written as documents: what a heading's blocks contain, and what is reported about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cairn::diagnostic::{Diagnostic, Severity};
use cairn::engine::graph;
use cairn::language::resolve::Files;
use cairn::language::{check, evaluate, resolve};
use cairn::model::Residual;
use cairn::model::date::Date;
use cairn::source::SourceSet;
use cairn::state::Snapshot;
use cairn::view::human::diagnostic::{Style, render};
use cairn_provider::value;

use crate::memory_files::MemoryFiles;
use crate::sample_types;

/// What is added to files of which none has a header.
pub const HEADER: &str =
    "stack test {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n";

/// The day on which all suites run.
pub const TODAY: &str = "2027-04-22";

/// A heading with its files and the reports they must give.
pub struct Case {
    /// The heading.
    pub title: String,
    /// The files by path.
    pub files: BTreeMap<String, String>,
    /// Full reports, word for word.
    pub reports: Option<String>,
    /// Whether no header is added.
    pub alone: bool,
}

/// What is reported about files, and what their outputs are.
pub struct Found {
    /// The texts.
    pub sources: SourceSet,
    /// The reports, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
    /// Outputs as text.
    pub values: BTreeMap<String, String>,
}

/// The Markdown files below a directory, in order.
pub fn documents(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut pending = vec![directory.to_path_buf()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The cases of a document: headings with at least one file.
pub fn cases(text: &str) -> Vec<Case> {
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
                            let mut name = "main.cairn";
                            for word in words {
                                if word == "alone" { case.alone = true } else { name = word }
                            }
                            case.files.insert(name.to_owned(), std::mem::take(body));
                        }
                        Some("file") => {
                            case.files.insert(words.next().unwrap().to_owned(), std::mem::take(body));
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
                    cases.push(Case { title, files: BTreeMap::new(), reports: None, alone: false });
                }
            }
        }
    }
    cases.retain(|case| !case.files.is_empty());
    cases
}

/// The files of a case, with a header if they have none and want one.
pub fn with_header(case: &Case) -> MemoryFiles {
    let mut files = case.files.clone();
    let has_header = files.values().any(|text| text.lines().any(|line| line.starts_with("stack ")));
    if !has_header && !case.alone {
        files.insert("header.cairn".into(), HEADER.into());
    }
    MemoryFiles(files)
}

/// Checks files in all their environments, as `cairn check` does.
pub fn diagnose(files: &dyn Files) -> Found {
    let (program, mut report) = resolve::load(files, sample_types::catalogue());
    let typed = check::check(&program, &mut report);
    let environments: Vec<Option<ecow::EcoString>> = match program.declared_environments() {
        Some((names, _)) => names.into_iter().map(Some).collect(),
        None => vec![None],
    };
    let sound = !report.has_errors();
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    let mut waivers = Vec::new();
    for environment in environments {
        let request = evaluate::Request {
            program: &program,
            typed: &typed,
            environment,
            overrides: &[],
            answers: None,
            files,
            today: Date::parse(TODAY),
            changes: None,
        };
        let evaluation = evaluate::evaluate(&request, &mut report);
        if let Err(circles) = graph::build(&evaluation.stack, &Snapshot::default()) {
            report.extend(circles);
        }
        waivers.extend(evaluation.waivers);
        for (name, output) in evaluation.stack.outputs {
            let shown = match output.value {
                Residual::Value(value) => value::render(&value),
                other => format!("{other:?}"),
            };
            values.insert(name.to_string(), shown);
        }
    }
    // `cairn test` runs what `cairn check` lets through.
    for (_, case) in evaluate::cases(&program).into_iter().filter(|_| sound) {
        let request = evaluate::Request {
            program: &program,
            typed: &typed,
            environment: None,
            overrides: &[],
            answers: None,
            files,
            today: None,
            changes: None,
        };
        report.extend(evaluate::run_case(&request, case));
    }
    report.extend(evaluate::unused_waivers(waivers.iter()));
    Found { diagnostics: report.into_sorted(), sources: program.sources, values }
}

impl Found {
    /// Path, line and `error: code` of every report, sorted.
    pub fn codes(&self) -> Vec<(String, u32, String)> {
        let mut codes: Vec<(String, u32, String)> = self
            .diagnostics
            .iter()
            .map(|diagnostic| {
                let word = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
                let (path, line) = match diagnostic.span() {
                    Some(span) => (self.sources.get(span.source).path.clone(), self.sources.position(span).line),
                    None => (String::new(), 0),
                };
                (path, line, format!("{word}: {}", diagnostic.code))
            })
            .collect();
        codes.sort();
        codes
    }

    /// The reports as a terminal without colours shows them.
    pub fn rendered(&self) -> String {
        let style = Style { width: 96, color: false, ascii: false };
        let reports: Vec<String> =
            self.diagnostics.iter().map(|diagnostic| render(diagnostic, &self.sources, style)).collect();
        reports.join("\n").trim_end().to_owned() + "\n"
    }
}

/// The reports that the comments of a case announce, sorted: path, line and `error: code`.
pub fn announced(case: &Case) -> Vec<(String, u32, String)> {
    let mut expected = Vec::new();
    for (path, text) in &case.files {
        for (index, line) in text.lines().enumerate() {
            for note in notes(line) {
                if let Some(above) = note.strip_prefix("error above: ") {
                    expected.push((path.clone(), u32::try_from(index).unwrap(), format!("error: {above}")));
                }
                if note.starts_with("error: ") || note.starts_with("warning: ") {
                    expected.push((path.clone(), u32::try_from(index).unwrap() + 1, note.to_owned()));
                }
            }
        }
    }
    expected.sort();
    expected
}

/// The comments of a line.
pub fn notes(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("# ").map(|(at, _)| line[at + 2..].split(" # ").next().unwrap().trim())
}
