//! Waiting: reads that are asked for together are read together, and looked at until an object is ready or gone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::{Live, Observed, Status};
use cairn_provider::request::{ReadSet, Target};
use ecow::{EcoString, eco_format};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::Clouds;
use super::call::{Patience, Stopped};
use super::observe::want;

/// A request for one object.
struct Request {
    target: Target,
    kind: EcoString,
    id: EcoString,
    fields: BTreeSet<EcoString>,
    answer: oneshot::Sender<Observed>,
}

/// Reads single objects, together with all others that are asked for at the same time.
#[derive(Clone)]
pub struct ReadQueue {
    requests: mpsc::Sender<Request>,
}

/// How long reads are gathered, in the cloud's time.
const GATHER: Duration = Duration::from_millis(20);

impl ReadQueue {
    /// Starts the task that reads.
    pub fn start(clouds: Clouds) -> Self {
        let (requests, inbox) = mpsc::channel(4096);
        tokio::spawn(serve(clouds, inbox));
        Self { requests }
    }

    /// Reads one object once.
    pub async fn look(&self, awaited: &Awaited<'_>) -> Observed {
        let (answer, answered) = oneshot::channel();
        let request = Request {
            target: awaited.target.clone(),
            kind: awaited.kind.clone(),
            id: awaited.id.clone(),
            fields: awaited.fields.clone(),
            answer,
        };
        let stopped = || {
            Observed::Unreadable(ProviderError::new(ErrorClass::Transient, "Stopped", "read", "reading has stopped"))
        };
        if self.requests.send(request).await.is_err() {
            return stopped();
        }
        answered.await.unwrap_or_else(|_| stopped())
    }
}

async fn serve(clouds: Clouds, mut inbox: mpsc::Receiver<Request>) {
    while let Some(first) = inbox.recv().await {
        let tempo = clouds.provider(&first.target.cloud).map_or(1.0, |provider| provider.tempo());
        sleep(GATHER.mul_f64(tempo)).await;
        let mut requests = vec![first];
        while let Ok(next) = inbox.try_recv() {
            requests.push(next);
        }
        let mut by_target: BTreeMap<Target, Vec<Request>> = BTreeMap::new();
        for request in requests {
            by_target.entry(request.target.clone()).or_default().push(request);
        }
        for (target, requests) in by_target {
            tokio::spawn(read(clouds.clone(), target, requests));
        }
    }
}

async fn read(clouds: Clouds, target: Target, requests: Vec<Request>) {
    let mut wanted = ReadSet::new();
    for request in &requests {
        want(&mut wanted, &request.kind, &request.id, request.fields.clone());
    }
    let Some(provider) = clouds.provider(&target.cloud) else { return };
    let readings = provider.read(&target, &wanted).await;
    for request in requests {
        let observed = readings.get(&request.kind, &request.id).cloned().unwrap_or_else(|| {
            Observed::Unreadable(ProviderError::refused("read", eco_format!("{} was not answered", request.kind)))
        });
        // Who does not wait any more was cancelled.
        let _ = request.answer.send(observed);
    }
}

/// What is waited for.
pub struct Awaited<'a> {
    /// Where.
    pub target: &'a Target,
    /// The type.
    pub kind: &'a EcoString,
    /// The identity.
    pub id: &'a EcoString,
    /// What of it is read: what was written and what others use. More may take calls that nobody is allowed to make.
    pub fields: BTreeSet<EcoString>,
    /// Seconds between two looks, at first.
    pub poll: f64,
}

/// Why waiting ended without what was waited for.
#[derive(Debug)]
pub enum WaitError {
    /// It failed, or took too long.
    Provider(ProviderError),
    /// The user asked to stop; what it was waiting for.
    Stopped(String),
}

impl From<ProviderError> for WaitError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

/// For how long an object that was just made may be invisible, in seconds of the cloud's time.
pub const VISIBLE_WITHIN: f64 = 300.0;

/// Waits until an object is ready.
///
/// # Errors
/// It failed, it is still not ready at the deadline, it never became visible, or the user asked to stop. Its identity
/// stays known.
pub async fn until_ready(
    queue: &ReadQueue,
    awaited: &Awaited<'_>,
    patience: &Patience,
    mut waiting: impl FnMut(&str),
) -> Result<Live, WaitError> {
    let mut invisible = 0.0;
    let mut pause = awaited.poll.min(1.0);
    loop {
        let state = match queue.look(awaited).await {
            Observed::Present(live) => match &live.status {
                Status::Ready => return Ok(*live),
                Status::Pending(state) => state.clone(),
                Status::Deleting => "deleting".into(),
                Status::Failed(reason) => {
                    return Err(ProviderError::refused("wait", eco_format!("it failed: {reason}")).into());
                }
            },
            // Only pauses count: a machine that is slow to look does not look less often.
            Observed::Absent if invisible > VISIBLE_WITHIN => {
                return Err(ProviderError::new(
                    ErrorClass::NotFound,
                    "NotVisible",
                    "wait",
                    "it was made and does not become visible; its identity is recorded",
                )
                .into());
            }
            Observed::Absent => {
                invisible += pause;
                "not visible yet".into()
            }
            Observed::Unreadable(error) if error.class.is_final() => return Err(error.into()),
            Observed::Unreadable(error) => error.code,
        };
        if patience.is_over() {
            return Err(ProviderError::refused("wait", eco_format!("it is still {state} at the deadline")).into());
        }
        waiting(&state);
        if patience.rest(patience.pause(pause)).await == Err(Stopped) {
            return Err(WaitError::Stopped(state.to_string()));
        }
        pause = (pause * 1.5).min(awaited.poll.max(1.0) * 2.0);
    }
}

/// Waits until an object is gone.
///
/// # Errors
/// It is still there at the deadline, cannot be read, or the user asked to stop.
pub async fn until_gone(
    queue: &ReadQueue,
    awaited: &Awaited<'_>,
    patience: &Patience,
    mut waiting: impl FnMut(&str),
) -> Result<(), WaitError> {
    let mut pause = awaited.poll.min(1.0);
    loop {
        let state = match queue.look(awaited).await {
            Observed::Absent => return Ok(()),
            Observed::Present(live) => match live.status {
                Status::Failed(reason) => {
                    return Err(ProviderError::refused("wait", eco_format!("deleting it failed: {reason}")).into());
                }
                Status::Ready | Status::Pending(_) | Status::Deleting => "deleting".into(),
            },
            Observed::Unreadable(error) if error.class.is_final() => return Err(error.into()),
            Observed::Unreadable(error) => error.code,
        };
        if patience.is_over() {
            let late = eco_format!("it is still there at the deadline ({state})");
            return Err(ProviderError::refused("wait", late).into());
        }
        waiting(&state);
        if patience.rest(patience.pause(pause)).await == Err(Stopped) {
            return Err(WaitError::Stopped(state.to_string()));
        }
        pause = (pause * 1.5).min(awaited.poll.max(1.0) * 2.0);
    }
}
