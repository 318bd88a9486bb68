//! A state that went elsewhere, or is on its way here: one file says so, and nobody writes beside it.

use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{failed, remove_if_there, snapshot_file};
use crate::state::StoreError;

/// The file.
const NAME: &str = "moved.json";

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moved {
    /// The state is there now.
    To(String),
    /// The state comes from there, and is not all here yet.
    From(String),
}

/// What the file says; nothing if there is none.
pub fn read(directory: &Path) -> Result<Option<Moved>, StoreError> {
    let path = directory.join(NAME);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&path, &error)),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| StoreError::Damaged {
        what: path.display().to_string(),
        why: error.to_string(),
        way_out: "run the same `cairn state migrate` once more".to_owned(),
    })
}

/// Says it.
pub fn write(directory: &Path, moved: &Moved) -> Result<(), StoreError> {
    std::fs::create_dir_all(directory).map_err(|error| failed(directory, &error))?;
    // Two words of text: always JSON.
    let text = serde_json::to_string_pretty(moved).unwrap_or_default();
    snapshot_file::write_file(directory, NAME, format!("{text}\n").as_bytes())
}

/// Says it no more.
pub fn remove(directory: &Path) -> Result<(), StoreError> {
    remove_if_there(&directory.join(NAME))
}

/// Fails unless the state is here.
pub fn check(directory: &Path) -> Result<(), StoreError> {
    match read(directory)? {
        None => Ok(()),
        Some(Moved::To(to)) => Err(StoreError::Moved { what: directory.display().to_string(), to }),
        Some(Moved::From(from)) => Err(StoreError::Failed {
            what: directory.display().to_string(),
            why: format!(
                "a state is being moved here from {from}; the same `cairn state migrate` once more finishes that"
            ),
        }),
    }
}
