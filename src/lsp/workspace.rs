//! Which stack a document belongs to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cairn_provider::schema::catalogue::Catalogue;
use ls_types::Uri;

use super::documents::{Document, Documents};
use super::overlay::absolute;
use super::stack::{Analysis, Root, Stack, is_stack};
use crate::host;

/// Folders of a stack whose files belong to it.
const PARTS: [&str; 3] = ["env", "policy", "test"];
/// So many stacks are searched for one that uses a file.
const MOST_STACKS: usize = 60;

/// All stacks that were looked at.
pub struct Workspace {
    /// The types of all clouds.
    pub catalogue: Arc<Catalogue>,
    /// The folders that are open in the editor.
    pub folders: Vec<PathBuf>,
    /// The stacks; one keeps its place for good.
    pub stacks: Vec<Stack>,
    discovered: Option<Vec<PathBuf>>,
}

impl Workspace {
    /// Knows no stack yet.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, folders: Vec::new(), stacks: Vec::new(), discovered: None }
    }

    /// Marks what a changed document may belong to.
    pub fn touch(&mut self, documents: &Documents, uri: &Uri) {
        let Some(document) = documents.get(uri) else { return };
        for stack in &mut self.stacks {
            let Some(path) = stack.path_of(document) else { continue };
            let known = stack.analysis.as_ref().is_none_or(|analysis| analysis.program.sources.find(&path).is_some());
            // A new file of the stack's own folders is known only once it was loaded.
            let own = !path.starts_with("../");
            stack.stale |= known || own;
        }
    }

    /// Marks everything: files changed on the disk.
    pub fn touch_all(&mut self) {
        self.discovered = None;
        for stack in &mut self.stacks {
            stack.stale = true;
        }
    }

    /// The stack a document belongs to, and what is known of it.
    pub fn of(&mut self, documents: &Documents, uri: &Uri) -> Option<(usize, Arc<Analysis>)> {
        let document = documents.get(uri)?;
        let Some(path) = &document.path else {
            return Some(self.loaded(documents, Root::Virtual(uri.to_string())));
        };
        let folder = own_folder(path, documents)?;
        if holds_stack(&folder, documents) {
            let (at, analysis) = self.loaded(documents, Root::Folder(folder));
            if self.knows(at, &analysis, document) {
                return Some((at, analysis));
            }
        }
        self.user(documents, document).or_else(|| Some(self.loaded(documents, Root::Loose(path.clone()))))
    }

    /// All stacks that use a document.
    pub fn all_of(&mut self, documents: &Documents, uri: &Uri) -> Vec<(usize, Arc<Analysis>)> {
        let Some(document) = documents.get(uri) else { return Vec::new() };
        let Some((first, analysis)) = self.of(documents, uri) else { return Vec::new() };
        let mut all = vec![(first, analysis)];
        let shared = document.path.is_some() && !is_stack(&document.text);
        if shared {
            for root in self.roots() {
                let (at, analysis) = self.loaded(documents, root);
                if self.knows(at, &analysis, document) && all.iter().all(|(known, _)| *known != at) {
                    all.push((at, analysis));
                }
            }
        }
        all
    }

    /// A stack that uses a component or library: one that is loaded, or one of the workspace.
    fn user(&mut self, documents: &Documents, document: &Document) -> Option<(usize, Arc<Analysis>)> {
        for root in self.roots() {
            let (at, analysis) = self.loaded(documents, root);
            if self.knows(at, &analysis, document) {
                return Some((at, analysis));
            }
        }
        None
    }

    /// Every stack that is known or lies in the workspace.
    pub fn roots(&mut self) -> Vec<Root> {
        let loaded = self.stacks.iter().map(|stack| stack.root.clone());
        let mut roots: Vec<Root> = loaded.filter(|root| matches!(root, Root::Folder(_))).collect();
        let folders = &self.folders;
        let found = self.discovered.get_or_insert_with(|| {
            let all = folders.iter().flat_map(|folder| host::stack_folders::below(folder));
            let stacks = all.filter(|folder| holds_stack(folder, &Documents::default()));
            stacks.take(MOST_STACKS).collect()
        });
        for folder in found {
            let root = Root::Folder(folder.clone());
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        roots
    }

    fn knows(&self, at: usize, analysis: &Analysis, document: &Document) -> bool {
        self.stacks.get(at).is_some_and(|stack| stack.source_of(&analysis.program, document).is_some())
    }

    /// A stack, loaded.
    pub fn loaded(&mut self, documents: &Documents, root: Root) -> (usize, Arc<Analysis>) {
        let at = match self.stacks.iter().position(|stack| stack.root == root) {
            Some(at) => at,
            None => {
                self.stacks.push(Stack::new(root));
                self.stacks.len() - 1
            }
        };
        // It was found or added just now.
        let stack = self.stacks.get_mut(at).expect("a stack of this workspace");
        (at, stack.fresh(documents, &self.catalogue))
    }
}

/// The folder of the stack that a file would belong to.
fn own_folder(path: &Path, documents: &Documents) -> Option<PathBuf> {
    let folder = path.parent()?;
    let part = folder.file_name().and_then(|name| name.to_str()).is_some_and(|name| PARTS.contains(&name));
    match folder.parent() {
        Some(above) if part && holds_stack(above, documents) => Some(above.to_path_buf()),
        Some(_) | None => Some(folder.to_path_buf()),
    }
}

/// Whether a file of a folder has the header of a stack.
fn holds_stack(folder: &Path, documents: &Documents) -> bool {
    use crate::language::resolve::Files as _;
    let open = documents.iter().filter(|document| document.path.as_deref().and_then(Path::parent) == Some(folder));
    if open.into_iter().any(|document| is_stack(&document.text)) {
        return true;
    }
    let Ok(files) = host::files::DiskFiles::new(folder) else { return false };
    let names = files.list("").unwrap_or_default();
    names
        .iter()
        .filter(|name| name.ends_with(".cairn") && documents.of_path(&absolute(folder, name)).is_none())
        .any(|name| files.read(name).is_ok_and(|text| is_stack(&text)))
}
