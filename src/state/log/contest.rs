//! Trying a store: of all who create one key at once, exactly one may be told that it did.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::{LogFailure, LogStore, Machine, Put};
use crate::state::StoreError;

/// The folder of trials.
pub const FOLDER: &str = "probe/";

/// Refuses a store that lets two writers create one key.
///
/// # Errors
/// It does, or it could not be tried.
pub async fn probe(store: &dyn LogStore, machine: &dyn Machine, place: &str) -> Result<(), StoreError> {
    let key = format!("{FOLDER}{}", hex::encode(machine.random(16)));
    let puts = store.contest(&key, b"first", b"second").await?;
    let removed = store.delete(&key).await;
    if puts == [Put::Created, Put::Created] {
        return Err(StoreError::Failed {
            what: place.to_owned(),
            why: "this store lets two writers create one object, so it cannot keep a state: two applies at once would both go on\nuse a store that honours `If-None-Match: *` on writes; `cairn state verify-store` tries one".to_owned(),
        });
    }
    removed?;
    Ok(())
}

/// What a race showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Race {
    /// How many writers.
    pub writers: usize,
    /// How many slots each of them tried to create.
    pub slots: usize,
    /// Slots with exactly one winner, whose content is there.
    pub exact: usize,
    /// Slots that more than one writer was told to have created.
    pub several: usize,
    /// Slots that nobody was told to have created.
    pub none: usize,
    /// Slots that hold something else than what their winner wrote.
    pub other: usize,
}

impl Race {
    /// Whether the store can keep a state.
    pub fn is_won(&self) -> bool {
        self.exact == self.slots
    }
}

/// Lets writers, each with a connection of its own, create the same slots at the same moments, and removes them again.
///
/// # Errors
/// The store could not be asked.
pub async fn race(writers: Vec<Arc<dyn LogStore>>, slots: usize, name: &str) -> Result<Race, LogFailure> {
    let count = writers.len();
    let barrier = Arc::new(Barrier::new(count));
    let folder = format!("{FOLDER}race-{name}-");
    let first = writers.first().map(Arc::clone);
    let mut running = JoinSet::new();
    for (writer, store) in writers.into_iter().enumerate() {
        let (barrier, folder) = (Arc::clone(&barrier), folder.clone());
        running.spawn(async move {
            let mut won: Result<Vec<usize>, LogFailure> = Ok(Vec::new());
            for slot in 0..slots {
                // All of them wait for each other, those that failed, too.
                barrier.wait().await;
                if let Ok(slots) = &mut won {
                    match creates(&*store, &format!("{folder}{slot:06}"), writer).await {
                        Ok(true) => slots.push(slot),
                        Ok(false) => {}
                        Err(failure) => won = Err(failure),
                    }
                }
            }
            (writer, won)
        });
    }
    let mut winners: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut failed = None;
    while let Some(ended) = running.join_next().await {
        let Ok((writer, won)) = ended else { continue };
        match won {
            Ok(slots) => slots.into_iter().for_each(|slot| winners.entry(slot).or_default().push(writer)),
            Err(failure) => failed = Some(failure),
        }
    }
    let mut race = Race { writers: count, slots, ..Race::default() };
    let Some(store) = first else { return Ok(race) };
    for slot in 0..slots {
        let key = format!("{folder}{slot:06}");
        let held = store.get(&key).await?;
        match winners.get(&slot).map(Vec::as_slice) {
            None | Some([]) => race.none += 1,
            Some([winner]) if held.as_deref() == Some(content(*winner).as_bytes()) => race.exact += 1,
            Some([_]) => race.other += 1,
            Some(_) => race.several += 1,
        }
        store.delete(&key).await?;
    }
    failed.map_or(Ok(race), Err)
}

fn content(writer: usize) -> String {
    format!("writer {writer}")
}

/// Creates a key as the log does: what exists already may be this writer's own.
async fn creates(store: &dyn LogStore, key: &str, writer: usize) -> Result<bool, LogFailure> {
    let mut tries = 0;
    loop {
        match store.create(key, content(writer).as_bytes()).await {
            Ok(Put::Created) => return Ok(true),
            Ok(Put::Exists) => match store.get(key).await? {
                Some(held) => return Ok(held == content(writer).as_bytes()),
                None if tries < 10 => tries += 1,
                None => return Ok(false),
            },
            Err(failure) if failure.passing && tries < 10 => tries += 1,
            Err(failure) => return Err(failure),
        }
    }
}
