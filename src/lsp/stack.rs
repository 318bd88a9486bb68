//! One stack as the editor sees it: its files, what was found out about it, and what evaluation added later.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cairn_provider::schema::catalogue::Catalogue;
use ls_types::{Location, Uri};

use super::documents::{Document, Documents};
use super::overlay::{Overlay, absolute, relative};
use super::positions::{Encoding, Lines};
use crate::diagnostic::{Diagnostic, Report};
use crate::language::analysis::Observed;
use crate::language::check::{self, Typed};
use crate::language::program::Program;
use crate::language::resolve;
use crate::language::syntax::ItemCache;
use crate::source::{SourceId, Span};

/// Where a stack's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// A directory with a header.
    Folder(PathBuf),
    /// A component or library that no stack uses: the file.
    Loose(PathBuf),
    /// A document that lies on no disk.
    Virtual(String),
}

/// The file that makes a stack of a component or library that no stack uses.
const SYNTHETIC: &str = "(editor).cairn";
/// The file name of a document that lies on no disk.
const UNTITLED: &str = "untitled.cairn";

/// What was found out about one state of the files.
pub struct Analysis {
    /// The program.
    pub program: Program,
    /// Its types.
    pub typed: Typed,
    /// What is wrong with it, before any environment.
    pub report: Report,
}

/// What evaluation of all environments found.
#[derive(Default)]
pub struct Evaluated {
    /// What is wrong beyond what types say.
    pub reports: Vec<Diagnostic>,
    /// The values.
    pub observed: Observed,
    /// The program whose places these are.
    pub analysis: Option<Arc<Analysis>>,
}

/// A stack.
pub struct Stack {
    /// Where it is.
    pub root: Root,
    cache: ItemCache,
    /// The newest analysis.
    pub analysis: Option<Arc<Analysis>>,
    /// Whether files changed since.
    pub stale: bool,
    /// Counts the states of the files.
    pub generation: u64,
    /// The state of the files that was evaluated, or is about to be.
    pub evaluating: u64,
    /// What evaluation found, perhaps of an older state.
    pub evaluated: Evaluated,
    /// What the editor was told, by document.
    pub published: BTreeMap<String, Vec<ls_types::Diagnostic>>,
}

impl Stack {
    /// A stack that nothing is known of.
    pub fn new(root: Root) -> Self {
        Self {
            root,
            cache: ItemCache::default(),
            analysis: None,
            stale: true,
            generation: 0,
            evaluating: 0,
            evaluated: Evaluated::default(),
            published: BTreeMap::new(),
        }
    }

    /// The directory its paths are relative to.
    fn folder(&self) -> Option<&Path> {
        match &self.root {
            Root::Folder(folder) => Some(folder),
            Root::Loose(file) => file.parent(),
            Root::Virtual(_) => None,
        }
    }

    /// Its files, with what is open laid over them.
    pub fn files(&self, documents: &Documents) -> Overlay {
        let mut files = Overlay::new(self.folder());
        for document in documents.iter() {
            if let Some(path) = self.path_of(document) {
                files.lay(path, &document.text);
            }
        }
        let alone = match &self.root {
            Root::Folder(_) => None,
            Root::Loose(file) => file.file_name().and_then(|name| name.to_str()).map(ToOwned::to_owned),
            Root::Virtual(_) => Some(UNTITLED.to_owned()),
        };
        if let Some(name) = alone {
            use crate::language::resolve::Files as _;
            let text = files.read(&name).unwrap_or_default();
            match synthetic(&text, &name) {
                Some(header) => {
                    files.lay(SYNTHETIC, header);
                    files.only(SYNTHETIC);
                }
                None => files.only(name),
            }
        }
        files
    }

    /// The path under which the stack knows a document.
    pub fn path_of(&self, document: &Document) -> Option<String> {
        match (&self.root, &document.path) {
            (Root::Virtual(uri), None) => (document.uri.as_str() == uri).then(|| UNTITLED.to_owned()),
            (Root::Folder(_) | Root::Loose(_), Some(path)) => relative(self.folder()?, path),
            (Root::Virtual(_), Some(_)) | (Root::Folder(_) | Root::Loose(_), None) => None,
        }
    }

    /// Loads and checks, unless nothing changed since.
    pub fn fresh(&mut self, documents: &Documents, catalogue: &Arc<Catalogue>) -> Arc<Analysis> {
        match &self.analysis {
            Some(analysis) if !self.stale => Arc::clone(analysis),
            Some(_) | None => {
                let files = self.files(documents);
                let (program, mut report) = resolve::reload(&files, Arc::clone(catalogue), &mut self.cache);
                let typed = check::check(&program, &mut report);
                let analysis = Arc::new(Analysis { program, typed, report });
                self.analysis = Some(Arc::clone(&analysis));
                self.stale = false;
                self.generation += 1;
                analysis
            }
        }
    }

    /// Loads with another text in the place of a document's.
    pub fn load_with(
        &mut self,
        documents: &Documents,
        catalogue: &Arc<Catalogue>,
        document: &Document,
        text: &str,
    ) -> Option<(Program, SourceId)> {
        let path = self.path_of(document)?;
        let mut files = self.files(documents);
        files.lay(path.clone(), text);
        let (program, _) = resolve::reload(&files, Arc::clone(catalogue), &mut self.cache);
        let source = program.sources.find(&path)?;
        Some((program, source))
    }

    /// The source of a document in a program of this stack.
    pub fn source_of(&self, program: &Program, document: &Document) -> Option<SourceId> {
        program.sources.find(&self.path_of(document)?)
    }

    /// How the editor calls a source; nothing for what the editor does not have.
    pub fn uri_of(&self, program: &Program, source: SourceId, documents: &Documents) -> Option<Uri> {
        use std::str::FromStr as _;
        let path = &program.sources.get(source).path;
        // What is compiled in or fetched lies in no folder of the editor.
        if path == SYNTHETIC || path.contains(':') {
            return None;
        }
        match &self.root {
            Root::Virtual(uri) => Uri::from_str(uri).ok(),
            Root::Folder(_) | Root::Loose(_) => {
                let file = absolute(self.folder()?, path);
                match documents.of_path(&file) {
                    Some(document) => Some(document.uri.clone()),
                    None => Uri::from_file_path(&file),
                }
            }
        }
    }

    /// A place as the protocol writes it.
    pub fn location(
        &self,
        program: &Program,
        span: Span,
        documents: &Documents,
        encoding: Encoding,
    ) -> Option<Location> {
        let uri = self.uri_of(program, span.source, documents)?;
        let text = &program.sources.get(span.source).text;
        let range = Lines::new(text, encoding).range(span.start as usize, span.end as usize);
        Some(Location { uri, range })
    }
}

/// Whether a source only exists so that there is a stack.
pub fn is_synthetic(program: &Program, source: SourceId) -> bool {
    program.sources.get(source).path == SYNTHETIC
}

/// A stack around a component or a library, whose names it imports; nothing for what needs none.
fn synthetic(text: &str, name: &str) -> Option<String> {
    use crate::language::analysis::name_of;
    use crate::language::syntax::ast::ItemKind;
    let source = crate::source::SourceText::new(name, text);
    let (document, _) = crate::language::syntax::parse(SourceId(0), &source);
    let mut names = Vec::new();
    for item in &document.items {
        match &item.kind {
            ItemKind::Stack(_) | ItemKind::Env(_) => return None,
            ItemKind::Component(component) => return Some(around(&component.text, name)),
            ItemKind::Function(_) | ItemKind::Type(_) | ItemKind::Let(_) => names.extend(name_of(&item.kind)),
            ItemKind::Declaration(_)
            | ItemKind::Input(_)
            | ItemKind::Output(_)
            | ItemKind::Assert(_)
            | ItemKind::Import(_)
            | ItemKind::Forget(_)
            | ItemKind::Broken(_) => {}
        }
    }
    let first = names.first()?;
    Some(around(&format!("{{ {} }}", first.text), name))
}

fn around(what: &str, name: &str) -> String {
    format!("stack editor {{\n  cairn: \"1\"\n}}\nimport {what} from \"./{name}\"\n")
}

/// Whether a text has the header of a stack.
pub fn is_stack(text: &str) -> bool {
    text.lines().any(|line| line.strip_prefix("stack").is_some_and(|rest| rest.starts_with([' ', '\t'])))
}
