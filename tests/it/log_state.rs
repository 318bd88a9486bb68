//! A state in a log: taking, fencing, answers that are lost, compaction, what two writers see of each other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cairn::model::Address;
use cairn::state::log::{Listed, LogFailure, LogState, LogStore, MemoryLog, Put, TakeOver, race};
use cairn::state::{Entry, Intent, IntentKind, Loaded, StateStore as _, StoreError, fold};

use crate::log_machine::{TestMachine, short};

pub fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

pub fn intent(nonce: &str) -> Entry {
    Entry::Begun(Intent {
        nonce: nonce.into(),
        kind: IntentKind::Create,
        protect: false,
        address: Address::top(nonce),
        resource: "aws.ec2.Vpc".into(),
        target: cairn_provider::request::Target::default(),
        id: None,
        inputs: cairn_provider::value::Map::new(),
        needs: BTreeSet::new(),
        source: "a.cairn:1".into(),
        at: 0,
    })
}

pub fn identified(nonce: &str) -> Entry {
    Entry::Identified { nonce: nonce.into(), id: format!("vpc-{nonce}").into() }
}

fn state(store: &Arc<MemoryLog>, machine: &Arc<TestMachine>) -> LogState {
    over(Arc::clone(store) as Arc<dyn LogStore>, machine)
}

fn over(store: Arc<dyn LogStore>, machine: &Arc<TestMachine>) -> LogState {
    LogState::new(store, Arc::clone(machine) as _, "memory").with_timing(short())
}

fn entries(loaded: &Loaded) -> Vec<Entry> {
    loaded.entries.iter().map(|(_, entry)| entry.clone()).collect()
}

#[test]
fn what_one_writer_wrote_the_next_one_reads() {
    block(async {
        let store = Arc::new(MemoryLog::default());
        let (one, two) = (Arc::new(TestMachine::new("one")), Arc::new(TestMachine::new("two")));
        let first = state(&store, &one);
        let empty = first.load().await.unwrap();
        assert!(empty.snapshot.lineage.is_empty() && store.objects().is_empty(), "looking makes nothing");
        let taken = first.take("one").await.unwrap();
        assert!(!taken.snapshot.lineage.is_empty() && taken.key.len() == 32);
        first.append(&[intent("a"), intent("b")]).await.unwrap();
        first.append(&[identified("a")]).await.unwrap();
        first.release().await.unwrap();
        let second = state(&store, &two);
        let read = second.take("two").await.unwrap();
        assert_eq!((&read.snapshot.lineage, &read.key), (&taken.snapshot.lineage, &taken.key));
        let sequences: Vec<u64> = read.entries.iter().map(|(sequence, _)| *sequence).collect();
        assert_eq!(sequences, [1, 2, 3, 4, 5, 6]);
        let folded = fold(read.snapshot, read.entries);
        assert_eq!((folded.snapshot.epoch, folded.open.len()), (2, 2));
        second.compact(&folded.snapshot).await.unwrap();
        second.release().await.unwrap();
        let after = first.load().await.unwrap();
        assert_eq!(after.snapshot.resources.len(), 1);
        assert_eq!(after.snapshot.generation, 1);
        assert_eq!(entries(&after), [Entry::Released]);
    });
}

#[test]
fn who_was_taken_over_writes_nothing_more() {
    block(async {
        let store = Arc::new(MemoryLog::default());
        let (one, two) = (Arc::new(TestMachine::new("one")), Arc::new(TestMachine::new("two")));
        let zombie = state(&store, &one);
        zombie.take("one").await.unwrap();
        zombie.append(&[intent("a")]).await.unwrap();
        let held = state(&store, &two).take("two").await.unwrap_err();
        assert_eq!(held, StoreError::Locked { who: "one".into() });
        let next = state(&store, &two).taking_over(TakeOver::Always);
        next.take("two").await.unwrap();
        let before = store.objects();
        let lost = zombie.append(&[identified("a")]).await.unwrap_err();
        assert_eq!(lost, StoreError::Fenced { by: "two".into() });
        assert_eq!(zombie.append(&[]).await.unwrap_err(), lost, "and stays stopped");
        assert_eq!(zombie.release().await.unwrap_err(), lost);
        let slots = |objects: std::collections::BTreeMap<String, Vec<u8>>| {
            objects.into_iter().filter(|(key, _)| key.starts_with("log/")).collect::<Vec<_>>()
        };
        assert_eq!(slots(store.objects()), slots(before));
        next.append(&[identified("a")]).await.unwrap();
        next.release().await.unwrap();
    });
}

#[test]
fn a_process_of_this_machine_that_ended_is_taken_over_at_once() {
    block(async {
        let store = Arc::new(MemoryLog::default());
        let one = Arc::new(TestMachine::new("one"));
        state(&store, &one).take("one").await.unwrap();
        let two = Arc::new(TestMachine::new("two"));
        assert!(matches!(state(&store, &two).take("two").await, Err(StoreError::Locked { .. })));
        two.gone.lock().unwrap().insert("one".into());
        state(&store, &two).take("two").await.unwrap();
    });
}

#[test]
fn a_writer_is_taken_over_after_it_was_silent_and_not_before() {
    block(async {
        let store = Arc::new(MemoryLog::default());
        let (one, two) = (Arc::new(TestMachine::new("one")), Arc::new(TestMachine::new("two")));
        let alive = state(&store, &one);
        alive.take("one").await.unwrap();
        let next = state(&store, &two).taking_over(TakeOver::Silent);
        assert_eq!(next.take("two").await.unwrap_err(), StoreError::Locked { who: "one".into() });
        drop(alive);
        tokio::time::sleep(Duration::from_millis(50)).await;
        next.take("two").await.unwrap();
    });
}

#[test]
fn a_writer_that_slept_too_long_stops_itself() {
    block(async {
        let store = Arc::new(MemoryLog::default());
        let one = Arc::new(TestMachine::new("one"));
        let writer = state(&store, &one);
        writer.take("one").await.unwrap();
        one.pass(Duration::from_secs(14 * 60));
        writer.append(&[intent("a")]).await.unwrap();
        one.pass(Duration::from_secs(15 * 60 + 1));
        let lost = writer.append(&[identified("a")]).await.unwrap_err();
        assert!(matches!(&lost, StoreError::Lost { why } if why.contains("15 minutes")), "{lost}");
    });
}

#[test]
fn a_writer_that_waits_for_a_long_call_stays_the_writer() {
    block(async {
        let store = Arc::new(MemoryLog::default());
        let one = Arc::new(TestMachine::new("one"));
        let writer = state(&store, &one);
        writer.take("one").await.unwrap();
        for _ in 0..5 {
            one.pass(Duration::from_secs(6 * 60));
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        writer.append(&[intent("a")]).await.unwrap();
        writer.release().await.unwrap();
        assert_eq!(writer.load().await.unwrap().entries.len(), 3, "what keeps a hold young is no entry");
    });
}

/// A store whose answers are wrong in a way that real ones are.
struct Strange {
    store: Arc<MemoryLog>,
    calls: AtomicUsize,
    how: How,
}

#[derive(Clone, Copy)]
enum How {
    /// Every other write of a slot is done and then answered with "it exists".
    OwnExists,
    /// Every other write is done and its answer is lost.
    LostAnswer,
    /// Every other write is answered with "it exists" and not done.
    Conflict,
}

#[async_trait]
impl LogStore for Strange {
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Put, LogFailure> {
        let lost = || LogFailure { what: key.to_owned(), why: "connection reset".to_owned(), passing: true };
        if self.calls.fetch_add(1, Ordering::Relaxed) % 2 == 1 || key.starts_with("probe/") {
            return self.store.create(key, bytes).await;
        }
        match self.how {
            How::OwnExists => self.store.create(key, bytes).await.map(|_| Put::Exists),
            How::LostAnswer => self.store.create(key, bytes).await.and_then(|_| Err(lost())),
            How::Conflict => Ok(Put::Exists),
        }
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LogFailure> {
        self.store.get(key).await
    }

    async fn list(&self, folder: &str) -> Result<Vec<Listed>, LogFailure> {
        self.store.list(folder).await
    }

    async fn delete(&self, key: &str) -> Result<(), LogFailure> {
        self.store.delete(key).await
    }

    async fn put_hint(&self, key: &str, bytes: &[u8]) -> Result<(), LogFailure> {
        self.store.put_hint(key, bytes).await
    }
}

/// A store that writes over what is there.
#[derive(Default)]
struct NoCondition(MemoryLog);

#[async_trait]
impl LogStore for NoCondition {
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Put, LogFailure> {
        self.0.put_hint(key, bytes).await.map(|()| Put::Created)
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LogFailure> {
        self.0.get(key).await
    }

    async fn list(&self, folder: &str) -> Result<Vec<Listed>, LogFailure> {
        self.0.list(folder).await
    }

    async fn delete(&self, key: &str) -> Result<(), LogFailure> {
        self.0.delete(key).await
    }

    async fn put_hint(&self, key: &str, bytes: &[u8]) -> Result<(), LogFailure> {
        self.0.put_hint(key, bytes).await
    }
}

#[test]
fn a_writer_knows_its_own_slot_whatever_it_is_answered() {
    for how in [How::OwnExists, How::LostAnswer, How::Conflict] {
        block(async {
            let store = Arc::new(MemoryLog::default());
            let one = Arc::new(TestMachine::new("one"));
            let strange = Arc::new(Strange { store: Arc::clone(&store), calls: AtomicUsize::new(0), how });
            let writer = over(strange, &one);
            writer.take("one").await.unwrap();
            for number in 0..6 {
                writer.append(&[intent(&number.to_string())]).await.unwrap();
            }
            writer.release().await.unwrap();
            let loaded = writer.load().await.unwrap();
            assert_eq!(loaded.entries.len(), 8, "each entry once");
        });
    }
}

#[test]
fn a_store_that_keeps_no_condition_is_refused() {
    block(async {
        let one = Arc::new(TestMachine::new("one"));
        let store: Arc<dyn LogStore> = Arc::new(NoCondition::default());
        let refused = over(Arc::clone(&store), &one).take("one").await.unwrap_err();
        assert!(refused.to_string().contains("lets two writers create one object"), "{refused}");
        assert!(store.list("").await.unwrap().is_empty(), "and nothing is left of the trial");
        let shown = race((0..4).map(|_| Arc::clone(&store)).collect(), 10, "test").await.unwrap();
        assert_eq!((shown.several, shown.is_won()), (10, false));
    });
}

#[test]
fn sixteen_writers_and_one_winner_for_each_slot() {
    block(async {
        let store = Arc::new(MemoryLog::default());
        let writers = (0..16).map(|_| Arc::clone(&store) as Arc<dyn LogStore>).collect();
        let shown = race(writers, 200, "test").await.unwrap();
        assert_eq!((shown.exact, shown.is_won()), (200, true));
        assert!(store.objects().is_empty());
    });
}

#[test]
fn of_many_that_take_at_once_each_epoch_has_one() {
    block(async {
        let store = Arc::new(MemoryLog::default());
        let mut tasks = tokio::task::JoinSet::new();
        let written = Arc::new(AtomicU64::new(0));
        for number in 0..16 {
            let (store, written) = (Arc::clone(&store), Arc::clone(&written));
            tasks.spawn(async move {
                let machine = Arc::new(TestMachine::new(&number.to_string()));
                let state = state(&store, &machine).taking_over(TakeOver::Always);
                for round in 0..5 {
                    match state.take(&number.to_string()).await {
                        Ok(_) => {}
                        Err(StoreError::Locked { .. }) => continue,
                        Err(error) => panic!("{error}"),
                    }
                    tokio::task::yield_now().await;
                    match state.append(&[intent(&format!("{number}-{round}"))]).await {
                        Ok(()) => written.fetch_add(1, Ordering::Relaxed),
                        Err(StoreError::Fenced { .. }) => 0,
                        Err(error) => panic!("{error}"),
                    };
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        let reader = Arc::new(TestMachine::new("reader"));
        // Reading checks that no slot was written by somebody who did not hold the log.
        let loaded = state(&store, &reader).load().await.unwrap();
        let intents = loaded.entries.iter().filter(|(_, entry)| matches!(entry, Entry::Begun(_))).count();
        assert_eq!(intents as u64, written.load(Ordering::Relaxed));
    });
}

#[test]
fn slots_stay_for_a_week_and_the_first_one_for_ever() {
    block(async {
        let store = Arc::new(MemoryLog::default());
        let one = Arc::new(TestMachine::new("one"));
        let writer = state(&store, &one);
        for week in 0..10_u64 {
            store.set_clock(week * 8 * 24 * 60 * 60);
            writer.take("one").await.unwrap();
            writer.append(&[intent(&week.to_string()), identified(&week.to_string())]).await.unwrap();
            let loaded = writer.load().await.unwrap();
            let folded = fold(loaded.snapshot, loaded.entries);
            writer.compact(&folded.snapshot).await.unwrap();
            writer.release().await.unwrap();
        }
        let objects = store.objects();
        let slots: Vec<&String> = objects.keys().filter(|key| key.starts_with("log/")).collect();
        assert_eq!(slots.len(), 4, "the first one, those of the last run: {slots:?}");
        assert!(slots[0].ends_with("00000"));
        assert_eq!(objects.keys().filter(|key| key.starts_with("snap/")).count(), 6);
        let loaded = writer.load().await.unwrap();
        assert_eq!((loaded.snapshot.resources.len(), loaded.snapshot.generation), (10, 10));
    });
}
