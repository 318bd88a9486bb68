//! The stacks that mistakes are made in, and checking them as `cairn check` does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use cairn::diagnostic::{Diagnostic, Report};
use cairn::engine::graph;
use cairn::host::files::DiskFiles;
use cairn::language::program::Program;
use cairn::language::resolve::{FileError, Files};
use cairn::language::{check, evaluate, resolve};
use cairn::model::desired::DesiredStack;
use cairn::source::SourceSet;
use cairn::state::Snapshot;
use cairn_provider::schema::catalogue::Catalogue;

/// A stack without mistakes.
pub struct Stack {
    /// Its directory, as it is shown.
    pub name: String,
    /// The files a mistake can be made in: their paths, relative to the directory.
    pub paths: Vec<String>,
    /// Their texts.
    pub texts: Vec<String>,
    /// The program.
    pub program: Program,
    /// What it wants in each environment.
    pub wanted: Vec<DesiredStack>,
    /// Warnings it has anyway.
    baseline: BTreeSet<(&'static str, String)>,
    seen: Seen,
    disk: DiskFiles,
    catalogue: Arc<Catalogue>,
}

/// What was read from a disk once.
#[derive(Default)]
struct Seen {
    texts: BTreeMap<String, Result<String, FileError>>,
    lists: BTreeMap<String, Result<Vec<String>, FileError>>,
}

/// Files as they are, while what is read is remembered.
struct Recorder<'d> {
    disk: &'d DiskFiles,
    seen: Mutex<Seen>,
}

impl Files for Recorder<'_> {
    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        let found = self.disk.list(directory);
        self.seen.lock().unwrap().lists.insert(directory.to_owned(), found.clone());
        found
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        let found = self.disk.read(path);
        self.seen.lock().unwrap().texts.insert(path.to_owned(), found.clone());
        found
    }
}

/// Files as they were, one of them changed.
struct Changed<'s> {
    stack: &'s Stack,
    path: &'s str,
    text: &'s str,
}

impl Files for Changed<'_> {
    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        self.stack.seen.lists.get(directory).cloned().unwrap_or_else(|| self.stack.disk.list(directory))
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        if path == self.path {
            return Ok(self.text.to_owned());
        }
        self.stack.seen.texts.get(path).cloned().unwrap_or_else(|| self.stack.disk.read(path))
    }
}

/// What checking says.
pub struct Checked {
    /// The reports.
    pub diagnostics: Vec<Diagnostic>,
    /// The program.
    pub program: Program,
    wanted: Vec<DesiredStack>,
}

impl Checked {
    /// The texts the reports speak of.
    pub fn sources(&self) -> &SourceSet {
        &self.program.sources
    }
}

/// Checks files in all environments. This follows `cairn check`: what types say is wrong is not said again when it is
/// evaluated.
fn checked(files: &dyn Files, catalogue: &Arc<Catalogue>) -> Checked {
    let (program, mut report) = resolve::load(files, Arc::clone(catalogue));
    let typed = check::check(&program, &mut report);
    let environments = match program.declared_environments() {
        Some((names, _)) => names.into_iter().map(Some).collect(),
        None => vec![None],
    };
    let mut all = report.clone();
    let mut wanted = Vec::new();
    for environment in environments {
        let request = evaluate::Request {
            program: &program,
            typed: &typed,
            environment,
            overrides: &[],
            answers: None,
            files,
            today: None,
            changes: None,
        };
        let mut found = Report::default();
        let evaluation = evaluate::evaluate(&request, &mut found);
        if let Err(circles) = graph::build(&evaluation.stack, &Snapshot::default()) {
            found.extend(circles);
        }
        all.extend(report.news(found));
        wanted.push(evaluation.stack);
    }
    Checked { diagnostics: all.into_sorted(), program, wanted }
}

impl Stack {
    /// Reads and checks a directory.
    ///
    /// # Errors
    /// Why no mistakes can be made in it: it has some already.
    pub fn load(root: &Path, catalogue: &Arc<Catalogue>) -> Result<Self, String> {
        let disk = DiskFiles::new(root)?;
        let recorder = Recorder { disk: &disk, seen: Mutex::default() };
        let Checked { diagnostics, program, wanted } = checked(&recorder, catalogue);
        let seen = recorder.seen.into_inner().unwrap();
        let errors: Vec<&Diagnostic> =
            diagnostics.iter().filter(|diagnostic| diagnostic.severity == cairn::diagnostic::Severity::Error).collect();
        if let Some(first) = errors.first() {
            return Err(format!("{} errors before any mistake is made, first: {}", errors.len(), first.message));
        }
        let baseline = diagnostics.into_iter().map(|diagnostic| (diagnostic.code, diagnostic.message)).collect();
        // What comes with the tool, such as its library, is not the user's to get wrong.
        let (mut paths, mut texts) = (Vec::new(), Vec::new());
        for document in &program.documents {
            let source = program.sources.get(document.source);
            if seen.texts.get(&source.path).is_some_and(|text| text.as_ref() == Ok(&source.text)) {
                paths.push(source.path.clone());
                texts.push(source.text.clone());
            }
        }
        let (name, catalogue) = (root.display().to_string(), Arc::clone(catalogue));
        Ok(Self { name, paths, texts, program, wanted, baseline, seen, disk, catalogue })
    }

    /// Checks the stack with one file changed; gives the reports it did not have before.
    pub fn with(&self, file: usize, text: &str) -> Checked {
        let files = Changed { stack: self, path: &self.paths[file], text };
        let mut checked = checked(&files, &self.catalogue);
        checked.diagnostics.retain(|found| !self.baseline.contains(&(found.code, found.message.clone())));
        checked
    }

    /// The file of a path.
    pub fn file(&self, path: &str) -> Option<usize> {
        self.paths.iter().position(|known| known == path)
    }
}

/// The directories of all stacks below a directory, in order.
pub fn directories(root: &Path) -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(folder) = pending.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if path.is_dir() && !hidden {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "cairn")
                && std::fs::read_to_string(&path).is_ok_and(|text| text.lines().any(|line| line.starts_with("stack ")))
            {
                found.insert(folder.clone());
            }
        }
    }
    found.into_iter().collect()
}
