//! A stack's files in memory.

use std::collections::BTreeMap;

use cairn::language::resolve::{ComponentError, FileError, Files};
use cairn::lock::{Locator, Version};

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

    /// What lies under paths that begin with `git:` counts as locked; of several tags the highest one.
    fn component(&self, wanted: &Locator) -> Result<String, ComponentError> {
        let mut tags: Vec<&str> = self
            .0
            .keys()
            .filter_map(|path| Locator::of_directory(Locator::root_of(path)?))
            .filter(|(repository, tag)| *repository == wanted.repository && Version::series(tag) == wanted.series())
            .map(|(_, tag)| tag)
            .collect();
        tags.sort_by_key(|tag| Version::parse(tag));
        match tags.last() {
            Some(tag) if Version::parse(tag) >= Version::parse(&wanted.tag) => Ok((*tag).to_owned()),
            tag => Err(ComponentError::NotLocked(tag.map(|tag| (*tag).to_owned()))),
        }
    }
}
