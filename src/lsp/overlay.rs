//! A stack's files as an editor has them: what is open there counts, saved or not.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::host::files::DiskFiles;
use crate::language::resolve::{FileError, Files};

/// The files of a directory with open documents laid over them.
pub struct Overlay {
    disk: Option<DiskFiles>,
    /// Texts by their path relative to the directory.
    open: BTreeMap<String, String>,
    /// The one file that counts as the stack's own.
    only: Option<String>,
}

impl Overlay {
    /// The files of a directory; without one, only what is open.
    pub fn new(root: Option<&Path>) -> Self {
        Self { disk: root.and_then(|root| DiskFiles::new(root).ok()), open: BTreeMap::new(), only: None }
    }

    /// Lays a text over a path.
    pub fn lay(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.open.insert(path.into(), text.into());
    }

    /// Lists one file and no other; others can be read.
    pub fn only(&mut self, path: impl Into<String>) {
        self.only = Some(path.into());
    }
}

impl Files for Overlay {
    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        if let Some(only) = &self.only {
            return Ok(if directory.is_empty() { vec![only.clone()] } else { Vec::new() });
        }
        let mut names = match &self.disk {
            Some(disk) => disk.list(directory)?,
            None => Vec::new(),
        };
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let open = self.open.keys().filter_map(|path| path.strip_prefix(&prefix));
        names.extend(open.filter(|name| !name.contains('/') && *name != "..").map(ToOwned::to_owned));
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        match (self.open.get(path), &self.disk) {
            (Some(text), _) => Ok(text.clone()),
            (None, Some(disk)) => disk.read(path),
            (None, None) => Err(FileError::Missing),
        }
    }
}

/// The path of a file as seen from a directory, with `..` where it lies outside.
pub fn relative(root: &Path, file: &Path) -> Option<String> {
    let parts = |path: &Path| -> Option<Vec<String>> {
        path.components()
            .map(|part| match part {
                Component::Normal(name) => name.to_str().map(ToOwned::to_owned),
                Component::RootDir => Some(String::new()),
                Component::Prefix(prefix) => prefix.as_os_str().to_str().map(ToOwned::to_owned),
                Component::CurDir | Component::ParentDir => None,
            })
            .collect()
    };
    let (root, file) = (parts(root)?, parts(file)?);
    let same = root.iter().zip(&file).take_while(|(a, b)| a == b).count();
    if same == 0 {
        return None;
    }
    let ups = std::iter::repeat_n("..".to_owned(), root.len() - same);
    let path: Vec<String> = ups.chain(file.into_iter().skip(same)).collect();
    Some(path.join("/"))
}

/// The file of a path that a program knows.
pub fn absolute(root: &Path, path: &str) -> PathBuf {
    let mut full = root.to_path_buf();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                full.pop();
            }
            part => full.push(part),
        }
    }
    full
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Overlay, absolute, relative};
    use crate::language::resolve::Files as _;

    #[test]
    fn paths_lead_there_and_back() {
        let root = Path::new("/a/b");
        for (file, path) in [("/a/b/c.cairn", "c.cairn"), ("/a/d/e.cairn", "../d/e.cairn")] {
            assert_eq!(relative(root, Path::new(file)).as_deref(), Some(path));
            assert_eq!(absolute(root, path), Path::new(file));
        }
    }

    #[test]
    fn what_is_open_counts() {
        let mut files = Overlay::new(None);
        files.lay("a.cairn", "x");
        files.lay("env/b.cairn", "y");
        assert_eq!(files.list("").unwrap(), ["a.cairn"]);
        assert_eq!(files.list("env").unwrap(), ["b.cairn"]);
        assert_eq!(files.read("env/b.cairn").unwrap(), "y");
        assert!(files.read("c").is_err());
    }
}
