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
