//! A stack's files in memory.

use std::collections::BTreeMap;

use cairn::language::resolve::{FileError, Files};

/// Paths to texts.
#[derive(Default)]
pub struct MemoryFiles(pub BTreeMap<String, String>);

impl Files for MemoryFiles {
    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        Ok(self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
            .filter(|name| !name.contains('/'))
            .map(ToOwned::to_owned)
            .collect())
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        self.0.get(path).cloned().ok_or(FileError::Missing)
    }
}
