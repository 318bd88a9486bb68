//! The journal as many tasks write it: entries that come together are made durable together.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::state::{Entry, StateStore, StoreError};

/// A handle to write entries; clones write to the same journal.
#[derive(Clone)]
pub struct Journal {
    requests: mpsc::Sender<Request>,
}

struct Request {
    entries: Vec<Entry>,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

/// What was written in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Entries.
    pub entries: usize,
    /// Writes, each of them durable before the next one: entries that come together are written together.
    pub writes: usize,
}

impl Journal {
    /// Starts the task that writes to a store that was taken.
    pub fn start(store: Arc<dyn StateStore>) -> (Self, tokio::task::JoinHandle<Written>) {
        let (requests, inbox) = mpsc::channel(1024);
        let task = tokio::spawn(write(store, inbox));
        (Self { requests }, task)
    }

    /// Writes entries; when this returns, they survive a power failure.
    ///
    /// # Errors
    /// They may not be there. Nothing that depends on them may be done.
    pub async fn append(&self, entries: Vec<Entry>) -> Result<(), StoreError> {
        let stopped = || StoreError::Failed { what: "the journal".to_owned(), why: "it was closed".to_owned() };
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { entries, answer }).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

async fn write(store: Arc<dyn StateStore>, mut inbox: mpsc::Receiver<Request>) -> Written {
    let mut written = Written::default();
    // After one failure nothing more is written: the order of entries is part of their meaning.
    let mut broken: Option<StoreError> = None;
    while let Some(first) = inbox.recv().await {
        // Steps that go on at the same moment are all heard before anything is written.
        tokio::task::yield_now().await;
        let mut requests = vec![first];
        while let Ok(next) = inbox.try_recv() {
            requests.push(next);
        }
        let result = match &broken {
            Some(error) => Err(error.clone()),
            None => {
                let entries: Vec<Entry> =
                    requests.iter_mut().flat_map(|request| std::mem::take(&mut request.entries)).collect();
                written.entries += entries.len();
                written.writes += 1;
                store.append(&entries).await
            }
        };
        if let Err(error) = &result {
            broken.get_or_insert_with(|| error.clone());
        }
        for request in requests {
            // Who does not wait any more was cancelled.
            let _ = request.answer.send(result.clone());
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use async_trait::async_trait;
    use tokio::sync::Semaphore;
    use tokio::task::JoinSet;
    use tokio::time::sleep;

    use super::{Journal, Written};
    use crate::model::Address;
    use crate::state::{Entry, Loaded, Snapshot, StateStore, StoreError};

    /// A store far away: each write takes as long as one to an object store does.
    struct Far(Duration);

    #[async_trait]
    impl StateStore for Far {
        async fn load(&self) -> Result<Loaded, StoreError> {
            Ok(Loaded::default())
        }

        async fn take(&self, _who: &str) -> Result<Loaded, StoreError> {
            Ok(Loaded::default())
        }

        async fn append(&self, _entries: &[Entry]) -> Result<(), StoreError> {
            sleep(self.0).await;
            Ok(())
        }

        async fn compact(&self, _snapshot: &Snapshot) -> Result<(), StoreError> {
            Ok(())
        }

        async fn release(&self) -> Result<(), StoreError> {
            Ok(())
        }
    }

    const STEPS: usize = 1_000;
    const AT_ONCE: usize = 20;

    /// A thousand steps, twenty at once, each with three entries and a call of some milliseconds between them.
    async fn written(write: u64, call: impl Fn(usize) -> u64) -> Written {
        let (journal, task) = Journal::start(Arc::new(Far(Duration::from_millis(write))));
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let mut steps = JoinSet::new();
        for step in 0..STEPS {
            let (journal, places, call) = (journal.clone(), Arc::clone(&places), Duration::from_millis(call(step)));
            steps.spawn(async move {
                let _place = places.acquire_owned().await.unwrap();
                for _ in 0..2 {
                    journal.append(vec![Entry::Forgotten { address: Address::top("a") }]).await.unwrap();
                    sleep(call).await;
                }
                journal.append(vec![Entry::Forgotten { address: Address::top("a") }]).await.unwrap();
            });
        }
        while steps.join_next().await.is_some() {}
        drop(journal);
        task.await.unwrap()
    }

    /// Steps that run at once share their writes: three for each wave of them.
    #[tokio::test(start_paused = true)]
    async fn a_wave_of_steps_needs_three_writes() {
        let waves = STEPS / AT_ONCE;
        for write in [5, 40, 100] {
            let even = written(write, |_| 20).await;
            assert_eq!(even.entries, 3 * STEPS);
            assert!(even.writes <= 3 * waves + 3, "{write} ms: {} writes for {waves} waves", even.writes);
        }
        // Calls that take 20 to 140 ms: who comes later takes a place in the next write.
        let uneven = written(40, |step| 20 + (step as u64 * 37) % 120).await;
        assert!(uneven.entries >= 5 * uneven.writes, "{} writes for {} entries", uneven.writes, uneven.entries);
    }
}
