//! Logs that were damaged, cut, exchanged, rolled back or forked: an error or a prefix, never something else.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn::state::log::{LogState, LogStore, MemoryLog};
use cairn::state::{Custody as _, Loaded, Restored, StateStore as _, StoreError, fold};

use crate::log_machine::{TestMachine, short};
use crate::log_state::{block, identified, intent};

type Objects = BTreeMap<String, Vec<u8>>;

fn state(store: &Arc<MemoryLog>, machine: &Arc<TestMachine>) -> LogState {
    LogState::new(Arc::clone(store) as Arc<dyn LogStore>, Arc::clone(machine) as _, "memory").with_timing(short())
}

/// A log with a snapshot and slots behind it.
async fn written(machine: &Arc<TestMachine>) -> Arc<MemoryLog> {
    let store = Arc::new(MemoryLog::default());
    let writer = state(&store, machine);
    for run in 0..3 {
        writer.take("somebody").await.unwrap();
        writer.append(&[intent(&format!("{run}a")), intent(&format!("{run}b"))]).await.unwrap();
        writer.append(&[identified(&format!("{run}a"))]).await.unwrap();
        if run < 2 {
            let loaded = writer.load().await.unwrap();
            writer.compact(&fold(loaded.snapshot, loaded.entries).snapshot).await.unwrap();
        }
        writer.release().await.unwrap();
    }
    store
}

async fn read(objects: &Objects) -> Result<Loaded, StoreError> {
    let store = Arc::new(MemoryLog::default());
    store.replace(objects.clone());
    state(&store, &Arc::new(TestMachine::new("reader"))).load().await
}

/// What reading takes into account: the newest snapshot, the slots from there on, the first slot, the key.
fn read_keys(objects: &Objects) -> Vec<String> {
    let newest = objects.keys().rfind(|key| key.starts_with("snap/")).unwrap().clone();
    let from = newest.replace("snap/", "log/");
    let slots = objects.keys().filter(|key| key.starts_with("log/") && (**key >= from || key.ends_with("00000000")));
    slots.cloned().chain([newest.clone(), "key".to_owned()]).collect()
}

#[test]
fn every_bit_and_every_length_of_every_object() {
    block(async {
        let objects = written(&Arc::new(TestMachine::new("one"))).await.objects();
        read(&objects).await.unwrap();
        let mut cases = 0;
        for key in read_keys(&objects) {
            let whole = &objects[&key];
            let mut damaged = objects.clone();
            for length in 0..whole.len() {
                damaged.insert(key.clone(), whole[..length].to_vec());
                let found = read(&damaged).await;
                assert!(matches!(found, Err(StoreError::Damaged { .. })), "{key} cut to {length}: {found:?}");
                for bit in 0..8 {
                    let mut flipped = whole.clone();
                    flipped[length] ^= 1 << bit;
                    damaged.insert(key.clone(), flipped);
                    let found = read(&damaged).await;
                    assert!(
                        matches!(found, Err(StoreError::Damaged { .. })),
                        "{key}, byte {length}, bit {bit}: {found:?}"
                    );
                    cases += 1;
                }
            }
        }
        assert!(cases > 10_000, "{cases}");
    });
}

#[test]
fn slots_that_are_missing_exchanged_or_there_twice() {
    block(async {
        let objects = written(&Arc::new(TestMachine::new("one"))).await.objects();
        let slots: Vec<String> = read_keys(&objects).into_iter().filter(|key| key.starts_with("log/")).collect();
        let (last, others) = slots.split_last().unwrap();
        for key in others.iter().filter(|key| Some(*key) != slots.get(1)) {
            let mut damaged = objects.clone();
            damaged.remove(key);
            let found = read(&damaged).await;
            assert!(
                matches!(&found, Err(StoreError::Damaged { why, .. }) if why.contains("missing")),
                "{key}: {found:?}"
            );
        }
        for (one, two) in slots.iter().zip(slots.iter().skip(1)) {
            let mut damaged = objects.clone();
            damaged.insert(one.clone(), objects[two].clone());
            damaged.insert(two.clone(), objects[one].clone());
            assert!(matches!(read(&damaged).await, Err(StoreError::Damaged { .. })), "{one} and {two}");
            let mut damaged = objects.clone();
            damaged.insert(two.clone(), objects[one].clone());
            assert!(matches!(read(&damaged).await, Err(StoreError::Damaged { .. })), "{one} twice");
        }
        // The end alone can be cut off without a trace; whoever saw it before notices.
        let mut cut = objects.clone();
        cut.remove(last);
        assert_eq!(read(&cut).await.unwrap().entries.len() + 1, read(&objects).await.unwrap().entries.len());
        for key in ["log/00000000000000000000", "key"] {
            let mut damaged = objects.clone();
            damaged.remove(key);
            assert!(matches!(read(&damaged).await, Err(StoreError::Damaged { .. })), "without {key}");
        }
        let mut emptied = objects.clone();
        emptied.retain(|key, _| !key.starts_with("log/") && !key.starts_with("snap/"));
        assert!(matches!(read(&emptied).await, Err(StoreError::Damaged { .. })), "nothing but a key is not nothing");
    });
}

fn forked(found: Result<Loaded, StoreError>) {
    match found {
        Err(StoreError::Damaged { why, way_out, .. }) => {
            assert!(why.contains("rolled back or forked") && way_out.contains("cairn state accept"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_older_log_another_log_and_no_log_are_noticed_by_who_saw_more() {
    block(async {
        let machine = Arc::new(TestMachine::new("one"));
        let store = written(&machine).await;
        let new = store.objects();
        let reader = state(&store, &machine);
        let slots: Vec<String> = new.keys().filter(|key| key.starts_with("log/")).cloned().collect();
        // Every prefix, as a backup that was brought back.
        for keep in 0..slots.len() {
            let mut old = new.clone();
            old.retain(|key, _| !key.starts_with("log/") || slots[..keep].contains(key));
            store.replace(old);
            assert!(reader.load().await.is_err(), "{keep} slots");
        }
        let mut cut = new.clone();
        cut.remove(slots.last().unwrap());
        store.replace(cut);
        forked(reader.load().await);
        store.replace(Objects::new());
        forked(reader.load().await);
        assert!(matches!(reader.take("somebody").await, Err(StoreError::Damaged { .. })), "and nothing new is begun");
        // Another state in its place.
        store.replace(written(&Arc::new(TestMachine::new("two"))).await.objects());
        forked(reader.load().await);
        // A fork: the same beginning, another end.
        let mut fork = new.clone();
        fork.remove(slots.last().unwrap());
        store.replace(fork);
        let other = state(&store, &Arc::new(TestMachine::new("two"))).taking_over(cairn::state::log::TakeOver::Always);
        other.take("two").await.unwrap();
        other.append(&[intent("fork")]).await.unwrap();
        other.release().await.unwrap();
        forked(reader.load().await);
        // What is meant is said once, and then it is so.
        reader.accept().await.unwrap();
        reader.load().await.unwrap();
        reader.take("one").await.unwrap();
    });
}

#[test]
fn a_damaged_log_goes_on_from_a_snapshot() {
    block(async {
        let machine = Arc::new(TestMachine::new("one"));
        let store = written(&machine).await;
        let writer = state(&store, &machine);
        let mut damaged = store.objects();
        let last = damaged.keys().rfind(|key| key.starts_with("log/")).unwrap().clone();
        damaged.insert(last, b"rubbish".to_vec());
        store.replace(damaged);
        assert!(
            matches!(writer.take("one").await, Err(StoreError::Damaged { way_out, .. }) if way_out.contains("restore"))
        );
        let Restored::Available(generations) = writer.restore(None, "one").await.unwrap() else { panic!() };
        assert_eq!(generations, [2, 1]);
        let Restored::Done(snapshot) = writer.restore(Some(2), "one").await.unwrap() else { panic!() };
        assert_eq!(snapshot.resources.len(), 2);
        let loaded = writer.take("one").await.unwrap();
        assert_eq!(loaded.snapshot.resources.len(), 2);
        writer.append(&[intent("new")]).await.unwrap();
        writer.release().await.unwrap();
        let generations = match writer.restore(None, "one").await.unwrap() {
            Restored::Available(generations) => generations,
            Restored::Done(_) => panic!(),
        };
        assert_eq!(generations, [3, 2, 1], "going back is a step forward");
    });
}
