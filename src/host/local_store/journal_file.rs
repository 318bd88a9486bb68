//! The journal as a file: one entry a line, each with a checksum and a link to the line before.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use cairn_provider::failpoint::{Failpoint, reached};
use ecow::EcoString;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::lock::Lock;
use super::{disk, failed, snapshot_file, stop};
use crate::state::codec::{read_entry, write_entry};
use crate::state::{Entry, Snapshot, StoreError};

/// The file.
pub const NAME: &str = "journal.jsonl";

/// The version its first line names.
const VERSION: u64 = 1;

/// What a journal holds.
pub struct JournalText {
    /// The state it belongs to.
    pub lineage: EcoString,
    /// The entries, numbered.
    pub entries: Vec<(u64, Entry)>,
    /// What was left out: a last line that was never finished.
    pub repaired: Option<String>,
    /// The number of the last entry that the snapshot beside it has, where the first line says so.
    base: Option<u64>,
    /// How many bytes are good.
    good: u64,
    /// The link to the last good line.
    link: String,
}

impl JournalText {
    /// Whether this journal ends before a snapshot does: it is an older one, and what it said later is lost.
    pub fn ends_before(&self, snapshot: u64) -> bool {
        let last = self.entries.last().map(|(sequence, _)| *sequence).or(self.base);
        last.is_some_and(|last| last < snapshot)
    }

    /// Whether entries are missing between a snapshot that ends at a number and this journal.
    pub fn is_ahead_of(&self, snapshot: u64) -> bool {
        let first = self.entries.first().map(|(sequence, _)| *sequence);
        self.base.is_some_and(|base| base > snapshot) || first.is_some_and(|first| first > snapshot + 1)
    }
}

/// Reads the journal of a directory; nothing if there is none.
pub fn read(directory: &Path) -> Result<Option<JournalText>, StoreError> {
    let path = directory.join(NAME);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&path, &error)),
    };
    parse(&path, &bytes).map(Some)
}

fn damaged(path: &Path, why: String) -> StoreError {
    StoreError::Damaged {
        what: path.display().to_string(),
        why,
        way_out: "bring it back from a backup, or go on from the snapshot: cairn state restore".to_owned(),
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<JournalText, StoreError> {
    let mut journal = JournalText {
        lineage: EcoString::new(),
        entries: Vec::new(),
        repaired: None,
        base: None,
        good: 0,
        link: String::new(),
    };
    let mut number = 0_u64;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        number += 1;
        let Some(whole) = line.strip_suffix(b"\n") else {
            // A write that was cut off: nobody was ever told that it was there.
            if number == 1 {
                return Err(damaged(path, "its first line is not complete".to_owned()));
            }
            journal.repaired = Some(format!("line {number} of the journal was never finished and is left out"));
            break;
        };
        let json = checked(whole).ok_or_else(|| damaged(path, format!("line {number} does not fit its checksum")))?;
        if json.get("prev").and_then(Json::as_str) != Some(journal.link.as_str()) {
            return Err(damaged(path, format!("line {number} does not follow the line before it")));
        }
        if number == 1 {
            match json.get("journal").and_then(Json::as_u64) {
                Some(VERSION) => {}
                Some(newer) if newer > VERSION => {
                    return Err(super::newer(path, format_args!("version {newer} of the journal")));
                }
                _ => return Err(damaged(path, "its first line is none of a journal".to_owned())),
            }
            journal.lineage = json.get("lineage").and_then(Json::as_str).unwrap_or_default().into();
            journal.base = json.get("base").and_then(Json::as_u64);
        } else {
            let sequence = json.get("seq").and_then(Json::as_u64);
            let text = json.get("body").map(Json::to_string).unwrap_or_default();
            let before = journal.entries.last().map(|(sequence, _)| *sequence);
            match (sequence, read_entry(&text)) {
                (Some(sequence), Ok(_)) if before.is_some_and(|before| sequence != before + 1) => {
                    return Err(damaged(path, format!("line {number} does not count on from the line before it")));
                }
                (Some(sequence), Ok(entry)) => journal.entries.push((sequence, entry)),
                // The line is whole, its checksum fits: only another version can have written it.
                _ => return Err(super::newer(path, format_args!("line {number} is unknown to this one"))),
            }
        }
        journal.link = link(whole);
        journal.good += line.len() as u64;
    }
    if number == 0 {
        return Err(damaged(path, "it is empty".to_owned()));
    }
    Ok(journal)
}

/// The JSON of a line if it fits its checksum.
fn checked(line: &[u8]) -> Option<Json> {
    let text = std::str::from_utf8(line).ok()?;
    let (sum, json) = text.split_once(' ')?;
    if format!("{:08x}", crc32c::crc32c(json.as_bytes())) != sum {
        return None;
    }
    serde_json::from_str(json).ok()
}

/// What the next line says of this one.
fn link(line: &[u8]) -> String {
    hex::encode(Sha256::digest(line)).chars().take(16).collect()
}

fn line(json: &str) -> String {
    format!("{:08x} {json}\n", crc32c::crc32c(json.as_bytes()))
}

/// Replaces the journal by an empty one for a snapshot.
pub fn start(directory: &Path, snapshot: &Snapshot, lock: &Lock) -> Result<(), StoreError> {
    let header = serde_json::json!({
        "journal": VERSION,
        "lineage": snapshot.lineage.as_str(),
        "base": snapshot.sequence,
        "prev": "",
    });
    snapshot_file::replace(directory, NAME, line(&header.to_string()).as_bytes(), lock)
}

/// Puts a file of the same text in the journal's place: who still has the old one open writes where nobody reads.
pub fn part_from(directory: &Path, lock: &Lock) -> Result<(), StoreError> {
    let path = directory.join(NAME);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(&path, &error)),
    };
    snapshot_file::replace(directory, NAME, &bytes, lock)
}

/// A journal that is open for writing.
pub struct JournalFile {
    path: PathBuf,
    file: File,
    sequence: u64,
    link: String,
    /// Whether a write failed: what the file holds since then is for the next process to read.
    broken: bool,
}

impl JournalFile {
    /// Opens the journal behind its last good line.
    pub fn open(directory: &Path, last: u64) -> Result<Self, StoreError> {
        let path = directory.join(NAME);
        let text = read(directory)?.ok_or_else(|| damaged(&path, "it is missing".to_owned()))?;
        let opened = (|| {
            let mut file = OpenOptions::new().write(true).open(&path)?;
            disk::cut(&file, text.good)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        })();
        let file = opened.map_err(|error| failed(&path, &error))?;
        Ok(Self { path, file, sequence: last, link: text.link, broken: false })
    }

    /// Appends entries in one write; when this returns, they survive a power failure. Gives the last number.
    ///
    /// The lock is looked at before, and again once the entries are durable: whoever took it meanwhile may have read
    /// the journal before they were there, so nothing may follow from them.
    pub fn append(&mut self, entries: &[Entry], lock: &Lock) -> Result<u64, StoreError> {
        let fenced = |journal: &mut Self| {
            journal.broken = true;
            Err(StoreError::Fenced { by: lock.holder() })
        };
        if !lock.is_held() {
            return fenced(self);
        }
        if self.broken {
            let why = "an earlier entry could not be written".to_owned();
            return Err(StoreError::Failed { what: self.path.display().to_string(), why });
        }
        let stop = stop::within(entries.len());
        let entries = stop.and_then(|kept| entries.get(..kept)).unwrap_or(entries);
        let mut text = String::new();
        let (mut sequence, mut last) = (self.sequence, self.link.clone());
        for entry in entries {
            sequence += 1;
            let json = format!("{{\"seq\":{sequence},\"prev\":\"{last}\",\"body\":{}}}", write_entry(entry));
            let whole = line(&json);
            last = link(whole.trim_end_matches('\n').as_bytes());
            text.push_str(&whole);
        }
        let before = self.file.stream_position().map_err(|error| failed(&self.path, &error))?;
        let written = disk::append(&mut self.file, text.as_bytes()).and_then(|()| disk::sync_appended(&self.file));
        if let Err(error) = written {
            self.broken = true;
            // If this fails, too, the next reader leaves out a last line that is not whole.
            let _ = disk::cut(&self.file, before);
            return Err(failed(&self.path, &error));
        }
        if !lock.is_held() {
            return fenced(self);
        }
        reached(Failpoint::AfterAppend);
        if entries.iter().any(|entry| matches!(entry, Entry::Identified { .. })) {
            reached(Failpoint::AfterIdentity);
        }
        if stop.is_some() {
            std::process::abort();
        }
        self.sequence = sequence;
        self.link = last;
        Ok(sequence)
    }
}
