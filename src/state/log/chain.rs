//! Reading a log: the newest snapshot and every slot behind it, each linked to the one before.

use super::slot::{self, Slot, digest};
use super::snap::{self, Snap};
use super::{LogStore, Position};
use crate::state::{Entry, Snapshot, StoreError};

/// What a log says.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// The newest snapshot.
    pub snapshot: Snapshot,
    /// The entries behind it, numbered.
    pub entries: Vec<(u64, Entry)>,
    /// The last slot.
    pub end: Position,
    /// The digests of the slots that were read, by number; the one behind which the snapshot stands is the first.
    pub digests: Vec<(u64, String)>,
    /// The last writer: how often the log was taken.
    pub epoch: u64,
    /// The name of the last writer.
    pub writer: String,
    /// The process of the last writer, if it was read.
    pub machine: Option<String>,
    /// Where the state is now, if it is here no longer.
    pub moved: Option<String>,
    /// Whether nothing was ever recorded but that the log was taken.
    pub fresh: bool,
}

impl Chain {
    /// The number of the last entry.
    pub fn sequence(&self) -> u64 {
        self.entries.last().map_or(self.snapshot.sequence, |(sequence, _)| *sequence)
    }
}

/// A damaged object, and what can be done about it.
pub fn damaged(place: &str, key: &str, why: impl Into<String>) -> StoreError {
    let snapshot = key.starts_with(snap::FOLDER);
    let way_out = if snapshot {
        "bring it back from the store's own versions, or remove it: the snapshot before it is then read, and the slots behind that one"
    } else {
        "bring it back from the store's own versions, or go back to a snapshot: cairn state restore"
    };
    StoreError::Damaged { what: format!("{place}/{key}"), why: why.into(), way_out: way_out.to_owned() }
}

/// Reads a log; nothing if nobody ever wrote here.
///
/// # Errors
/// It is damaged, or could not be read. A damaged log is never an empty one.
pub async fn read(store: &dyn LogStore, place: &str) -> Result<Option<Chain>, StoreError> {
    let snaps: Vec<u64> = store.list(snap::FOLDER).await?.iter().filter_map(|one| snap::number(&one.key)).collect();
    let listed: Vec<u64> = store.list(slot::FOLDER).await?.iter().filter_map(|one| slot::number(&one.key)).collect();
    let first = read_slot(store, place, 0).await?;
    let newest = snaps.iter().max().copied();
    let Some((first, first_digest)) = first else {
        if newest.is_none() && listed.is_empty() && store.get(super::writer::KEY).await?.is_none() {
            return Ok(None);
        }
        if let Some(from) = store.get(super::custody::INCOMING).await? {
            return Err(StoreError::Failed {
                what: place.to_owned(),
                why: format!(
                    "a state is being moved here from {}; the same `cairn state migrate` once more finishes that",
                    String::from_utf8_lossy(&from)
                ),
            });
        }
        return Err(damaged(place, &slot::key(0), "it is missing, but other parts of the state are there"));
    };
    let mut chain = match newest {
        Some(newest) => from_snapshot(store, place, newest, &first.lineage).await?,
        None => Chain {
            snapshot: Snapshot { lineage: first.lineage.as_str().into(), ..Snapshot::default() },
            end: Position { lineage: first.lineage.clone(), slot: 0, hash: first_digest.clone() },
            digests: vec![(0, first_digest)],
            writer: first.writer.clone(),
            fresh: true,
            ..Chain::default()
        },
    };
    let highest = listed.iter().max().copied().unwrap_or(0).max(newest.unwrap_or(0));
    loop {
        let number = chain.end.slot + 1;
        match read_slot(store, place, number).await? {
            Some((slot, hash)) => follow(&mut chain, slot, hash, place)?,
            None if number <= highest => {
                return Err(damaged(place, &slot::key(number), "it is missing, but later ones are there"));
            }
            None => return Ok(Some(chain)),
        }
    }
}

async fn read_slot(store: &dyn LogStore, place: &str, number: u64) -> Result<Option<(Slot, String)>, StoreError> {
    let key = slot::key(number);
    let Some(bytes) = store.get(&key).await? else { return Ok(None) };
    let slot = Slot::read(number, &bytes).map_err(|why| damaged(place, &key, why))?;
    Ok(Some((slot, digest(&bytes))))
}

/// The snapshot behind a slot.
///
/// # Errors
/// It is damaged, missing, or could not be read.
pub async fn read_snap(store: &dyn LogStore, place: &str, number: u64) -> Result<Snap, StoreError> {
    let key = snap::key(number);
    let bytes = store.get(&key).await?.ok_or_else(|| damaged(place, &key, "it is listed, but not there"))?;
    Snap::read(number, &bytes).map_err(|why| damaged(place, &key, why))
}

async fn from_snapshot(store: &dyn LogStore, place: &str, number: u64, lineage: &str) -> Result<Chain, StoreError> {
    let snap = read_snap(store, place, number).await?;
    if snap.snapshot.lineage != lineage {
        return Err(damaged(place, &snap::key(number), "it belongs to another state than the first slot"));
    }
    // The slot itself may have been dropped long ago; while it is there, it must be the one that was folded in.
    if let Some(bytes) = store.get(&slot::key(number)).await?
        && digest(&bytes) != snap.hash
    {
        return Err(damaged(place, &slot::key(number), "it is not the slot that its snapshot stands behind"));
    }
    Ok(Chain {
        entries: Vec::new(),
        end: Position { lineage: lineage.to_owned(), slot: number, hash: snap.hash.clone() },
        digests: vec![(number, snap.hash)],
        epoch: snap.snapshot.epoch,
        writer: snap.writer,
        machine: None,
        moved: None,
        fresh: false,
        snapshot: snap.snapshot,
    })
}

/// Adds a slot that must follow the last one.
fn follow(chain: &mut Chain, slot: Slot, hash: String, place: &str) -> Result<(), StoreError> {
    let key = slot::key(slot.number);
    let wrong = |why: &str| Err(damaged(place, &key, why));
    if slot.lineage != chain.end.lineage {
        return wrong("it belongs to another state than the first slot");
    }
    if slot.previous != chain.end.hash {
        return wrong("it does not follow the slot before it");
    }
    if slot.first != chain.sequence() + 1 {
        return wrong("its entries do not follow those before it");
    }
    if chain.moved.is_some() {
        return wrong("it was written after the state was moved away");
    }
    let takes = slot.entries.first().is_some_and(|entry| matches!(entry, Entry::Take { .. }));
    let fits =
        if takes { slot.epoch == chain.epoch + 1 } else { slot.epoch == chain.epoch && slot.writer == chain.writer };
    if !fits {
        return wrong("it was written by somebody who did not hold the state");
    }
    if takes {
        chain.machine = slot.machine.clone();
    }
    chain.fresh &= slot.entries.iter().all(|entry| matches!(entry, Entry::Take { .. } | Entry::Released));
    chain.entries.extend((slot.first..).zip(slot.entries));
    chain.epoch = slot.epoch;
    chain.writer = slot.writer;
    chain.moved = slot.moved;
    chain.end.slot = slot.number;
    chain.end.hash.clone_from(&hash);
    chain.digests.push((slot.number, hash));
    Ok(())
}
