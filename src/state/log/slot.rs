//! One slot of the log as text: a checksum, a link to the slot before, who wrote it, and entries.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::state::Entry;
use crate::state::codec::{read_entry, write_entry};

/// The version that stands in the text.
const VERSION: u64 = 1;

/// One slot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slot {
    /// Its number.
    pub number: u64,
    /// The state it belongs to.
    pub lineage: String,
    /// The digest of the slot before; empty for the first.
    pub previous: String,
    /// Which writer in the row of writers.
    pub epoch: u64,
    /// The writer: random, made when it takes the log.
    pub writer: String,
    /// Names this very slot: random, so that a writer knows its own slot again.
    pub nonce: String,
    /// The number of the first entry.
    pub first: u64,
    /// The process, if this slot takes the log.
    pub machine: Option<String>,
    /// Where the state is now, if this slot is the last one for ever.
    pub moved: Option<String>,
    /// The entries.
    pub entries: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    cairn_log: u64,
    slot: u64,
    lineage: String,
    prev: String,
    epoch: u64,
    writer: String,
    nonce: String,
    first: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    machine: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moved: Option<String>,
    entries: Vec<Json>,
}

/// The key of a slot.
pub fn key(number: u64) -> String {
    format!("{FOLDER}{number:020}")
}

/// The folder of slots.
pub const FOLDER: &str = "log/";

/// The number in the key of a slot.
pub fn number(key: &str) -> Option<u64> {
    let digits = key.strip_prefix(FOLDER)?;
    (digits.len() == 20).then(|| digits.parse().ok())?
}

/// The digest of an object.
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A text behind its checksum.
pub fn sealed(text: &str) -> Vec<u8> {
    format!("{} {text}", digest(text.as_bytes())).into_bytes()
}

/// The text behind a checksum that fits.
pub fn opened(bytes: &[u8]) -> Result<&str, String> {
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text".to_owned())?;
    let (sum, text) = text.split_once(' ').ok_or_else(|| "its checksum is missing".to_owned())?;
    if digest(text.as_bytes()) == sum {
        Ok(text)
    } else {
        Err("it does not fit its checksum: it was changed by something else, or only partly written".to_owned())
    }
}

impl Slot {
    /// As an object.
    pub fn write(&self) -> Vec<u8> {
        let entries = self.entries.iter().filter_map(|entry| serde_json::from_str(&write_entry(entry)).ok()).collect();
        let head = Head {
            cairn_log: VERSION,
            slot: self.number,
            lineage: self.lineage.clone(),
            prev: self.previous.clone(),
            epoch: self.epoch,
            writer: self.writer.clone(),
            nonce: self.nonce.clone(),
            first: self.first,
            machine: self.machine.clone(),
            moved: self.moved.clone(),
            entries,
        };
        // Text, numbers and JSON: always JSON.
        let text = serde_json::to_string(&head).unwrap_or_default();
        sealed(&format!("{text}\n"))
    }

    /// From an object.
    ///
    /// # Errors
    /// How it can be seen that it is damaged.
    pub fn read(number: u64, bytes: &[u8]) -> Result<Self, String> {
        let text = opened(bytes)?;
        let head: Head = serde_json::from_str(text).map_err(|error| format!("it is no slot of a log: {error}"))?;
        if head.cairn_log != VERSION {
            return Err(format!("it was written by a newer Cairn (version {} of the log)", head.cairn_log));
        }
        if head.slot != number {
            return Err(format!("it is slot {} in the place of slot {number}", head.slot));
        }
        let entries: Result<Vec<Entry>, _> = head.entries.iter().map(|entry| read_entry(&entry.to_string())).collect();
        Ok(Self {
            number,
            lineage: head.lineage,
            previous: head.prev,
            epoch: head.epoch,
            writer: head.writer,
            nonce: head.nonce,
            first: head.first,
            machine: head.machine,
            moved: head.moved,
            entries: entries.map_err(|error| format!("an entry cannot be read: {error}"))?,
        })
    }

    /// The number of the last entry, or of the one before if there are none.
    pub fn last(&self) -> u64 {
        (self.first + self.entries.len() as u64).saturating_sub(1)
    }
}
