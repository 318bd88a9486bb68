//! A snapshot in the log: everything up to a slot, folded.

use serde::{Deserialize, Serialize};

use super::slot::{opened, sealed};
use crate::state::Snapshot;
use crate::state::codec::{read_snapshot, write_snapshot};

/// The folder of snapshots.
pub const FOLDER: &str = "snap/";

/// A snapshot, and the slot it stands behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Snap {
    /// The slot.
    pub slot: u64,
    /// The digest of the slot.
    pub hash: String,
    /// The writer that held the log when it was written.
    pub writer: String,
    /// Everything up to the slot.
    pub snapshot: Snapshot,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    cairn_snap: u64,
    slot: u64,
    hash: String,
    writer: String,
}

/// The key of the snapshot behind a slot.
pub fn key(slot: u64) -> String {
    format!("{FOLDER}{slot:020}")
}

/// The slot in the key of a snapshot.
pub fn number(key: &str) -> Option<u64> {
    let digits = key.strip_prefix(FOLDER)?;
    (digits.len() == 20).then(|| digits.parse().ok())?
}

impl Snap {
    /// As an object: one line for programs, then a text for people.
    pub fn write(&self) -> Vec<u8> {
        let head = Head { cairn_snap: 1, slot: self.slot, hash: self.hash.clone(), writer: self.writer.clone() };
        let head = serde_json::to_string(&head).unwrap_or_default();
        sealed(&format!("{head}\n{}\n", write_snapshot(&self.snapshot)))
    }

    /// From an object.
    ///
    /// # Errors
    /// How it can be seen that it is damaged.
    pub fn read(slot: u64, bytes: &[u8]) -> Result<Self, String> {
        let text = opened(bytes)?;
        let (head, body) = text.split_once('\n').ok_or_else(|| "it is no snapshot".to_owned())?;
        let head: Head = serde_json::from_str(head).map_err(|error| format!("it is no snapshot: {error}"))?;
        if head.cairn_snap != 1 {
            return Err(format!("it was written by a newer Cairn (version {} of the log)", head.cairn_snap));
        }
        if head.slot != slot {
            return Err(format!("it is the snapshot of slot {} in the place of that of slot {slot}", head.slot));
        }
        let snapshot = read_snapshot(body).map_err(|error| error.to_string())?;
        Ok(Self { slot, hash: head.hash, writer: head.writer, snapshot })
    }
}
