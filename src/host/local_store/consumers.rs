//! Who reads the outputs of a state, beside it: one file for each reader, written under the state's own lock.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::lock::Lock;
use super::{LocalStore, failed, remove_if_there, snapshot_file};
use crate::state::{Consumer, StoreError};

/// The folder with a file for each reader.
const READERS: &str = "readers";

/// The file with the states this one reads.
const READS: &str = "reads.json";

impl LocalStore {
    /// Who reads the outputs of this state, in the order of their names.
    ///
    /// # Errors
    /// A file is damaged or cannot be read: then nobody knows who else reads.
    pub fn readers(&self) -> Result<Vec<Consumer>, StoreError> {
        let folder = self.directory.join(READERS);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&folder, &error)),
        };
        let mut consumers: Vec<Consumer> = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| failed(&folder, &error))?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            consumers.push(read(&path)?);
        }
        consumers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(consumers)
    }

    /// Remembers that a stack reads outputs of this state, or that it reads none any more.
    ///
    /// # Errors
    /// Somebody is writing this state, or the file cannot be written.
    pub fn note_reader(&self, consumer: &Consumer, who: &str) -> Result<(), StoreError> {
        let digest = hex::encode(Sha256::digest(consumer.state.as_bytes()));
        let name = format!("{}.json", digest.get(..16).unwrap_or(&digest));
        let path = self.directory.join(READERS).join(&name);
        if read(&path).is_ok_and(|known: Consumer| known == *consumer) {
            return Ok(());
        }
        if !self.directory.is_dir() {
            return Ok(());
        }
        let _lock = Lock::take(&self.directory, who)?;
        if consumer.outputs.is_empty() {
            return remove_if_there(&path);
        }
        let folder = self.directory.join(READERS);
        super::disk::create_directory(&folder).map_err(|error| failed(&folder, &error))?;
        snapshot_file::write_file(&folder, &name, text(consumer).as_bytes())
    }

    /// The states this one reads.
    ///
    /// # Errors
    /// The file is damaged or cannot be read.
    pub fn states_read(&self) -> Result<BTreeSet<String>, StoreError> {
        let path = self.directory.join(READS);
        if path.is_file() { read(&path) } else { Ok(BTreeSet::new()) }
    }

    /// Remembers which states this one reads. Called while this state is taken.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note_states_read(&self, states: &BTreeSet<String>) -> Result<(), StoreError> {
        if self.states_read()? == *states {
            return Ok(());
        }
        std::fs::create_dir_all(&self.directory).map_err(|error| failed(&self.directory, &error))?;
        snapshot_file::write_file(&self.directory, READS, text(states).as_bytes())
    }
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T, StoreError> {
    let text = std::fs::read_to_string(path).map_err(|error| failed(path, &error))?;
    serde_json::from_str(&text).map_err(|error| StoreError::Damaged {
        what: path.display().to_string(),
        why: error.to_string(),
        way_out: "remove it, and apply the stacks that read this one again".to_owned(),
    })
}

fn text<T: Serialize>(value: &T) -> String {
    // Only text and lists of text: always JSON, unless a path is no text.
    serde_json::to_string_pretty(value).unwrap_or_default()
}
