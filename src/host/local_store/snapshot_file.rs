//! The snapshot as a file: readable, with a checksum, replaced as a whole, the last generations kept.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::lock::Lock;
use super::{disk, failed};
use crate::state::codec::{newer_version, read_snapshot, write_snapshot};
use crate::state::{Snapshot, StoreError};

/// The file.
pub const NAME: &str = "state.json";
/// The directory of older generations.
const HISTORY: &str = "history";
/// How many older generations are kept.
const KEPT: usize = 5;
/// What stands in the place of the checksum while it is computed.
const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The snapshot of a directory; nothing if there is none.
pub fn read(directory: &Path) -> Result<Option<Snapshot>, StoreError> {
    let path = directory.join(NAME);
    match std::fs::read(&path) {
        Ok(bytes) => parse(&path, &bytes).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&path, &error)),
    }
}

/// The snapshot of an older generation.
pub fn read_generation(directory: &Path, generation: u64) -> Result<Snapshot, StoreError> {
    let path = generation_path(directory, generation);
    let bytes = std::fs::read(&path).map_err(|error| failed(&path, &error))?;
    parse(&path, &bytes)
}

/// The older generations that are kept, newest first.
pub fn history(directory: &Path) -> Result<Vec<u64>, StoreError> {
    let path = directory.join(HISTORY);
    let entries = match std::fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(&path, &error)),
    };
    let mut generations: Vec<u64> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_prefix("state-")?.strip_suffix(".json")?.parse().ok())
        .collect();
    generations.sort_unstable_by(|a, b| b.cmp(a));
    Ok(generations)
}

fn generation_path(directory: &Path, generation: u64) -> PathBuf {
    directory.join(HISTORY).join(format!("state-{generation}.json"))
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Snapshot, StoreError> {
    let damaged = |why: &str| StoreError::Damaged {
        what: path.display().to_string(),
        why: why.to_owned(),
        way_out: "bring it back from a backup, or take an older generation: cairn state restore".to_owned(),
    };
    if bytes.is_empty() {
        return Err(damaged("it is empty"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| damaged("it is not text"))?;
    let (sum, zeroed) = zeroed(text).ok_or_else(|| damaged("its checksum is missing"))?;
    if hex::encode(Sha256::digest(zeroed.as_bytes())) != sum {
        return Err(damaged("its checksum does not fit: it was changed by something else, or only partly written"));
    }
    // Its checksum fits: all versions begin with one.
    if let Some(version) = newer_version(text) {
        return Err(super::newer(path, format_args!("version {version} of the state")));
    }
    read_snapshot(text).map_err(|error| damaged(&error.to_string()))
}

/// The checksum of a text, and the text with zeros in its place.
fn zeroed(text: &str) -> Option<(String, String)> {
    let start = text.find("\"sum\": \"")? + 8;
    let sum = text.get(start..start + 64)?.to_owned();
    let mut zeroed = text.to_owned();
    zeroed.replace_range(start..start + 64, ZEROS);
    Some((sum, zeroed))
}

fn with_sum(text: &str) -> String {
    let body = text.strip_prefix("{\n").unwrap_or(text);
    let zeroed = format!("{{\n  \"sum\": \"{ZEROS}\",\n{body}\n");
    let sum = hex::encode(Sha256::digest(zeroed.as_bytes()));
    zeroed.replacen(ZEROS, &sum, 1)
}

/// Replaces the snapshot as a whole, while a lock is held.
pub fn write(directory: &Path, snapshot: &Snapshot, lock: &Lock) -> Result<(), StoreError> {
    replace(directory, NAME, with_sum(&write_snapshot(snapshot)).as_bytes(), lock)
}

/// Replaces a file as a whole, while a lock is held.
pub fn replace(directory: &Path, name: &str, bytes: &[u8], lock: &Lock) -> Result<(), StoreError> {
    let lost = || std::io::Error::other("the state was taken by somebody else");
    let written = disk::replace(directory, name, bytes, || if lock.is_held() { Ok(()) } else { Err(lost()) });
    match written {
        Err(_) if !lock.is_held() => Err(StoreError::Fenced { by: lock.holder() }),
        written => written.map_err(|error| failed(&directory.join(name), &error)),
    }
}

/// Writes a file so that after a power failure it is either the old one or the new one.
pub fn write_file(directory: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    disk::replace(directory, name, bytes, || Ok(())).map_err(|error| failed(&directory.join(name), &error))
}

/// The digest of the current file, to link the next one to it.
pub fn digest_of_current(directory: &Path) -> Result<String, StoreError> {
    let path = directory.join(NAME);
    let bytes = std::fs::read(&path).map_err(|error| failed(&path, &error))?;
    Ok(hex::encode(Sha256::digest(&bytes)))
}

/// Keeps the current file among the older generations, and drops the oldest.
pub fn keep_current(directory: &Path, generation: u64) -> Result<(), StoreError> {
    let history_directory = directory.join(HISTORY);
    disk::create_directory(&history_directory).map_err(|error| failed(&history_directory, &error))?;
    let current = directory.join(NAME);
    let bytes = std::fs::read(&current).map_err(|error| failed(&current, &error))?;
    write_file(&history_directory, &format!("state-{generation}.json"), &bytes)?;
    for old in history(directory)?.into_iter().skip(KEPT) {
        let path = generation_path(directory, old);
        disk::remove(&path).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}
