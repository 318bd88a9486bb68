//! Files become units; names become items. Mistakes in one unit never hide another.

mod git;
mod beside;
mod imports;
mod path;
mod recursion;
mod scope;
mod stack;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cairn_provider::schema::catalogue::Catalogue;
use ecow::EcoString;

use super::program::{ItemId, Program, Unit, UnitId, UnitKind};
use super::syntax::{self, ItemCache, ast::ItemKind};
use crate::diagnostic::{Diagnostic, Report};
use crate::lock::{Locator, Unreadable};
use crate::source::{SourceId, SourceSet, SourceText, Span};

pub use git::highest;
pub use path::join;

/// The files of a stack. The language never touches a disk itself.
pub trait Files: Sync {
    /// Names of the files in a directory, relative to the stack's, in order. A missing directory has none.
    ///
    /// # Errors
    /// The directory cannot be read.
    fn list(&self, directory: &str) -> Result<Vec<String>, FileError>;

    /// The text of a file.
    ///
    /// # Errors
    /// See [`FileError`].
    fn read(&self, path: &str) -> Result<String, FileError>;

    /// The tag at which a repository's files can be read and listed, below [`Locator::directory`]. Whoever has no
    /// repositories has none that is locked.
    ///
    /// # Errors
    /// See [`ComponentError`]; nothing is ever fetched.
    fn component(&self, wanted: &Locator) -> Result<String, ComponentError> {
        let _ = wanted;
        Err(ComponentError::NotLocked(None))
    }
}

/// Why the files of a repository cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComponentError {
    /// `cairn.lock` has nothing of it, or only an older tag.
    NotLocked(Option<String>),
    /// It is locked and not on this machine.
    NotFetched,
    /// What lies there is not what was locked; where it lies.
    Changed(String),
    /// `cairn.lock` itself cannot be read.
    Lock(Unreadable),
}

/// Why a file gives no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// There is none.
    Missing,
    /// It is not UTF-8; the offset of the first byte that is wrong.
    NotText(usize),
    /// It is larger than a source may be.
    TooLarge,
    /// It is a link that leads out of the directory it stands in.
    Outside,
    /// Something else, in the words of the system.
    Other(String),
}

/// Loads a stack's directory.
pub fn load(files: &dyn Files, catalogue: Arc<Catalogue>) -> (Program, Report) {
    load_with(files, catalogue, &[])
}

/// Loads a stack's directory and texts of constants beside it, which see the names of the stack and give it theirs.
pub fn load_with(files: &dyn Files, catalogue: Arc<Catalogue>, beside: &[Beside]) -> (Program, Report) {
    let mut loader = loader(files, catalogue, None);
    loader.stack();
    for text in beside {
        loader.beside(text);
    }
    finished(loader)
}

/// Loads a component or a library, by the path of its file, as if it stood alone. Nothing if the file cannot be read.
pub fn load_file(files: &dyn Files, catalogue: Arc<Catalogue>, path: &str) -> (Option<Program>, Report) {
    let mut loader = loader(files, catalogue, None);
    match loader.alone(path) {
        Some(()) => {
            let (program, report) = finished(loader);
            (Some(program), report)
        }
        None => (None, loader.report),
    }
}

/// A text beside the files of a stack: what is typed into a console.
#[derive(Clone, Debug)]
pub struct Beside {
    /// What it is called in reports.
    pub path: String,
    /// One `let`.
    pub text: String,
    /// Whether its name is one that others see.
    pub named: bool,
}

/// Loads a stack's directory again; items whose text is unchanged are not parsed again.
pub fn reload(files: &dyn Files, catalogue: Arc<Catalogue>, cache: &mut ItemCache) -> (Program, Report) {
    cache.begin();
    let mut loader = loader(files, catalogue, Some(cache));
    loader.stack();
    finished(loader)
}

fn finished(mut loader: Loader<'_>) -> (Program, Report) {
    loader.selected_tags_are_asked_for();
    let Loader { program, mut report, .. } = loader;
    recursion::check(&program, &mut report);
    report.note_standard(&program.sources);
    (program, report)
}

fn loader<'f>(files: &'f dyn Files, catalogue: Arc<Catalogue>, cache: Option<&'f mut ItemCache>) -> Loader<'f> {
    Loader {
        files,
        cache,
        report: Report::default(),
        program: Program {
            sources: SourceSet::default(),
            documents: Vec::new(),
            units: Vec::new(),
            environments: BTreeMap::new(),
            misspelt: BTreeMap::new(),
            catalogue,
            from_git: Vec::new(),
        },
        units_by_path: BTreeMap::new(),
        lock_reported: false,
        open_stacks: Vec::new(),
    }
}

struct Loader<'f> {
    files: &'f dyn Files,
    cache: Option<&'f mut ItemCache>,
    report: Report,
    program: Program,
    units_by_path: BTreeMap<String, Option<UnitId>>,
    /// Whether it was said that `cairn.lock` cannot be read.
    lock_reported: bool,
    /// Stacks whose imports are being followed, the first one first: directory and name.
    open_stacks: Vec<(String, EcoString)>,
}

impl Loader<'_> {
    fn stack(&mut self) {
        let mut documents = Vec::new();
        for directory in ["", "policy", "test"] {
            for path in self.cairn_files(directory) {
                let Some(document) = self.document(&path) else { continue };
                // A component in the stack's directory is a unit of its own, found when it is imported.
                if self.header(document).is_none_or(|header| !self.is_component(header)) {
                    documents.push(document);
                }
            }
        }
        let headers: Vec<ItemId> = documents
            .iter()
            .filter_map(|document| self.header(*document))
            .filter(|header| matches!(self.program.item(*header).kind, ItemKind::Stack(_)))
            .collect();
        let name = match headers.split_first() {
            Some((first, others)) => {
                for other in others {
                    self.second_header("A directory holds one stack", *first, *other);
                }
                self.header_name(*first)
            }
            None => {
                self.missing_header(&documents);
                EcoString::new()
            }
        };
        self.open_stacks.push((String::new(), name.clone()));
        let unit = self.add_unit(UnitKind::Stack, name, String::new(), headers.first().copied());
        self.fill(unit, &documents);
        self.environments();
    }

    fn cairn_files(&mut self, directory: &str) -> Vec<String> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        match self.files.list(directory) {
            Ok(names) => {
                names.into_iter().filter(|name| name.ends_with(".cairn")).map(|name| prefix.clone() + &name).collect()
            }
            Err(error) => {
                self.report.add(Diagnostic::unplaced("stack::unreadable", unreadable(directory, &error)));
                Vec::new()
            }
        }
    }

    /// Reads and parses a file; reports what keeps it from being text.
    fn document(&mut self, path: &str) -> Option<usize> {
        match self.files.read(path) {
            Ok(text) => Some(self.parse(path, text)),
            Err(FileError::NotText(at)) => {
                let source = self.program.sources.add(SourceText::new(path, ""));
                self.report.add(
                    Diagnostic::error(
                        "syntax::encoding",
                        "This file is not UTF-8",
                        Span::new(source, 0, 0),
                        format!("byte {at} begins no character"),
                    )
                    .help("save it as UTF-8"),
                );
                None
            }
            Err(FileError::TooLarge) => {
                let source = self.program.sources.add(SourceText::new(path, ""));
                self.report.add(
                    Diagnostic::error(
                        "syntax::too_large",
                        "This file is larger than 10 MiB",
                        Span::new(source, 0, 0),
                        "nothing of it was read",
                    )
                    .help(
                        "split it: all files of a stack's directory are one scope. Data belongs into a file read \
                         with file()",
                    ),
                );
                None
            }
            Err(error) => {
                self.report.add(Diagnostic::unplaced("stack::unreadable", unreadable(path, &error)));
                None
            }
        }
    }

    fn parse(&mut self, path: &str, text: String) -> usize {
        let source = self.program.sources.add(SourceText::new(path, text));
        let text = self.program.sources.get(source);
        let (document, diagnostics) = match self.cache.as_mut() {
            Some(cache) => syntax::parse_cached(source, text, cache),
            None => syntax::parse(source, text),
        };
        self.report.extend(diagnostics);
        self.program.documents.push(document);
        self.program.documents.len() - 1
    }

    /// The header of a document: its first stack, component or env item.
    fn header(&self, document: usize) -> Option<ItemId> {
        let items = &self.program.documents.get(document)?.items;
        let item = items
            .iter()
            .position(|item| matches!(item.kind, ItemKind::Stack(_) | ItemKind::Component(_) | ItemKind::Env(_)))?;
        Some(ItemId { document, item })
    }

    fn is_component(&self, header: ItemId) -> bool {
        matches!(self.program.item(header).kind, ItemKind::Component(_))
    }

    fn header_name(&self, header: ItemId) -> EcoString {
        match &self.program.item(header).kind {
            ItemKind::Stack(header) | ItemKind::Env(header) => header.name.text.clone(),
            ItemKind::Component(name) => name.text.clone(),
            _ => EcoString::new(),
        }
    }

    fn second_header(&mut self, rule: &str, first: ItemId, second: ItemId) {
        let span = |id| {
            let item = self.program.item(id);
            Span { end: item.span.start + 5, ..item.span }
        };
        let place = self.program.sources.place(span(first));
        self.report.add(Diagnostic::error("stack::header", rule, span(second), "a second header").help(format!(
            "the first one is at {place}; every stack has a directory, and every component a file, of its own"
        )));
    }

    fn missing_header(&mut self, documents: &[usize]) {
        let help = "the header of a stack:\n  stack shop {\n    cairn: \"1\"\n    environments: [\"staging\", \"production\"]\n  }";
        let diagnostic = match documents.first().and_then(|document| self.program.documents.get(*document)) {
            // A broken header was reported already.
            Some(_) if self.report.has_errors() => return,
            Some(document) => Diagnostic::error(
                "stack::header",
                "There is no stack in this directory",
                Span::new(document.source, 0, 0),
                "none of the files has a `stack` header",
            ),
            None => Diagnostic::unplaced("stack::header", "There is no stack in this directory: no *.cairn files"),
        };
        self.report.add(diagnostic.help(help));
    }

    fn add_unit(&mut self, kind: UnitKind, name: EcoString, directory: String, header: Option<ItemId>) -> UnitId {
        self.program.units.push(Unit {
            kind,
            name,
            directory,
            items: Vec::new(),
            header,
            values: BTreeMap::new(),
            types: BTreeMap::new(),
            outputs: BTreeMap::new(),
            stacks: BTreeMap::new(),
            policies: BTreeMap::new(),
            cases: BTreeMap::new(),
            catalogues: BTreeSet::new(),
            broken: BTreeSet::new(),
        });
        UnitId(self.program.units.len() - 1)
    }

    fn environments(&mut self) {
        let declared = self.program.declared_environments();
        for path in self.cairn_files("env") {
            let Some(document) = self.document(&path) else { continue };
            let count = self.program.documents.get(document).map_or(0, |document| document.items.len());
            for item in 0..count {
                self.environment(ItemId { document, item }, declared.as_ref().map(|(names, _)| names.as_slice()));
            }
        }
    }

    fn environment(&mut self, id: ItemId, declared: Option<&[EcoString]>) {
        let item = self.program.item(id);
        let ItemKind::Env(header) = &item.kind else {
            if !matches!(item.kind, ItemKind::Broken(_)) {
                let span = Span { end: item.span.start + 1, ..item.span };
                self.report.add(
                    Diagnostic::error(
                        "env::data_only",
                        "An environment file holds values and nothing else",
                        span,
                        "not a part of `env name { … }`",
                    )
                    .help("declarations belong into the stack's own files; every environment has all of them"),
                );
            }
            return;
        };
        let name = header.name.clone();
        if let Some(names) = declared
            && !names.contains(&name.text)
        {
            let near = crate::diagnostic::suggest::nearest(&name.text, names.iter().map(EcoString::as_str));
            let label =
                near.map_or_else(|| "not in the header's list".to_owned(), |near| format!("did you mean `{near}`?"));
            self.report.add(
                Diagnostic::error(
                    "env::unknown",
                    format!("The stack has no environment `{}`", name.text),
                    name.span,
                    label,
                )
                .help(format!("its environments: {}", names.join(", "))),
            );
            self.known_otherwise(&name.text, id, names);
            return;
        }
        if let Some(before) = self.program.environments.get(&name.text) {
            let place = self.program.sources.place(self.program.item(*before).span);
            self.report.add(
                Diagnostic::error(
                    "names::duplicate",
                    format!("There are two environments `{}`", name.text),
                    name.span,
                    "the second one",
                )
                .help(format!("the first one is at {place}")),
            );
            return;
        }
        self.program.environments.insert(name.text, id);
    }

    /// Takes the values of an environment of another name for those of the one that is most likely meant, so that nothing
    /// is said to be missing: the one its file is called after, or the one the header misspells.
    fn known_otherwise(&mut self, name: &EcoString, id: ItemId, declared: &[EcoString]) {
        let document = self.program.documents.get(id.document).map(|document| document.source);
        let path = document.map(|source| self.program.sources.get(source).path.clone()).unwrap_or_default();
        let stem = path.trim_start_matches("env/").trim_end_matches(".cairn");
        if let Some(meant) = declared.iter().find(|declared| *declared == stem) {
            self.program.environments.entry(meant.clone()).or_insert(id);
            return;
        }
        let files = self.files.list("env").unwrap_or_default();
        let without = declared.iter().filter(|declared| !files.contains(&format!("{declared}.cairn")));
        let meant = crate::diagnostic::suggest::nearest(name, without.map(EcoString::as_str)).map(EcoString::from);
        if let Some(meant) = meant.filter(|_| stem == name.as_str()) {
            self.program.misspelt.insert(meant, name.clone());
            self.program.environments.entry(name.clone()).or_insert(id);
        }
    }

    /// The source of a document.
    fn source(&self, document: usize) -> Option<SourceId> {
        self.program.documents.get(document).map(|document| document.source)
    }
}

fn unreadable(path: &str, error: &FileError) -> String {
    let shown = if path.is_empty() { "the directory" } else { path };
    match error {
        FileError::Missing => format!("{shown} does not exist"),
        FileError::NotText(at) => format!("{shown} is not UTF-8: byte {at} begins no character"),
        FileError::TooLarge => format!("{shown} is larger than 10 MiB"),
        FileError::Outside => format!("{shown} is a link that leads out of the stack's directory"),
        FileError::Other(words) => format!("{shown} cannot be read: {words}"),
    }
}
