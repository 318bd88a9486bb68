//! A stack's files on a disk.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::components::Components;
use crate::language::resolve::{ComponentError, FileError, Files};
use crate::language::syntax::MAX_FILE;
use crate::lock::{Locator, Lock};

/// The files below a stack's directory.
pub struct DiskFiles {
    root: PathBuf,
    components: Components,
    changed: BTreeMap<String, String>,
}

impl DiskFiles {
    /// The files of a directory.
    ///
    /// # Errors
    /// There is no such directory.
    pub fn new(root: &Path) -> Result<Self, String> {
        if root.is_dir() {
            let components = Components::new(root);
            return Ok(Self { root: root.to_path_buf(), components, changed: BTreeMap::new() });
        }
        let shown = root.display();
        Err(if root.exists() { format!("{shown} is no directory") } else { format!("there is no directory {shown}") })
    }
}

impl DiskFiles {
    /// The same files, some with another text than on the disk: paths from the stack's directory, and texts.
    #[must_use]
    pub fn with(mut self, changed: BTreeMap<String, String>) -> Self {
        self.changed = changed;
        self
    }

    /// The same files with another lock than the one that is written beside them.
    pub fn with_lock(self, lock: Lock) -> Self {
        Self { components: Components::with(&self.root, lock), ..self }
    }

    /// Where a path of a source lies.
    fn full(&self, path: &str) -> Result<PathBuf, FileError> {
        if path.starts_with("git:") {
            return self.components.path(path);
        }
        let full = self.root.join(path);
        self.stays_inside(path, &full)?;
        Ok(full)
    }

    /// Refuses links that lead out of the directory a path begins in: where a file lies must be plain to see.
    fn stays_inside(&self, path: &str, full: &Path) -> Result<(), FileError> {
        let ups = path.split('/').take_while(|part| *part == "..").count();
        let base = self.root.join("../".repeat(ups));
        // What does not exist, or cannot be looked at, is reported where it is read.
        let (Ok(base), Ok(full)) = (base.canonicalize(), full.canonicalize()) else { return Ok(()) };
        if full.starts_with(base) { Ok(()) } else { Err(FileError::Outside) }
    }
}

impl Files for DiskFiles {
    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        let entries = match std::fs::read_dir(match directory.starts_with("git:") {
            true => self.components.path(directory)?,
            false => self.root.join(directory),
        }) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(FileError::Other(error.to_string())),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| FileError::Other(error.to_string()))?;
            if let Ok(name) = entry.file_name().into_string()
                && entry.path().is_file()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        if let Some(changed) = self.changed.get(path) {
            return Ok(changed.clone());
        }
        let full = self.full(path)?;
        let length = match std::fs::metadata(&full) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(FileError::Missing),
            Err(error) => return Err(FileError::Other(error.to_string())),
        };
        if length > MAX_FILE as u64 {
            return Err(FileError::TooLarge);
        }
        let bytes = std::fs::read(&full).map_err(|error| FileError::Other(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| FileError::NotText(error.utf8_error().valid_up_to()))?;
        // Some editors mark a file as UTF-8 with a byte order mark.
        Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), ToOwned::to_owned))
    }

    fn component(&self, wanted: &Locator) -> Result<String, ComponentError> {
        self.components.selected(wanted)
    }
}
