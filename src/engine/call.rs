//! Calls that are repeated where that is safe, and only as long as it makes sense.

use std::time::Duration;

use cairn_provider::error::{ErrorClass, ProviderError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// What the user asks for while steps run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Halt {
    /// Nothing.
    #[default]
    No,
    /// Begin nothing new, let running calls end, wait for nothing.
    Soon,
    /// Leave at once; intents are recorded, the next run resolves them.
    Now,
}

/// How long to go on, and how fast the cloud's clock runs.
#[derive(Clone, Debug)]
pub struct Patience {
    /// The moment to give up.
    pub deadline: Instant,
    /// Pauses are multiplied by it: one for a cloud, little for a sandbox.
    pub tempo: f64,
    /// What the user asks for, where a user can ask.
    halt: Option<watch::Receiver<Halt>>,
}

/// The user asked to stop while nothing but a pause was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl Patience {
    /// So many seconds from now.
    pub fn seconds(seconds: u64, tempo: f64) -> Self {
        Self { deadline: Instant::now() + Duration::from_secs(seconds), tempo, halt: None }
    }

    /// The same, ended early when the user asks to stop.
    pub fn until(self, halt: watch::Receiver<Halt>) -> Self {
        Self { halt: Some(halt), ..self }
    }

    /// A pause, counted in the cloud's time.
    pub fn pause(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64((seconds * self.tempo).clamp(0.0, 3_600.0))
    }

    /// Whether there is no time left.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Pauses, unless the user asks to stop.
    ///
    /// # Errors
    /// The user asked, before or during the pause.
    pub async fn rest(&self, pause: Duration) -> Result<(), Stopped> {
        let Some(halt) = &self.halt else {
            sleep(pause).await;
            return Ok(());
        };
        let mut halt = halt.clone();
        let asked = async move { halt.wait_for(|wish| *wish != Halt::No).await.is_ok() };
        let nap = sleep(pause);
        tokio::pin!(nap);
        tokio::select! {
            biased;
            asked = asked => {
                if asked {
                    return Err(Stopped);
                }
                // Nobody can ask any more.
                nap.await;
            }
            () = &mut nap => {}
        }
        Ok(())
    }
}

/// For how long something is looked for that may not be visible yet, in seconds of the cloud's time.
///
/// Only the pauses between the looks count: a machine that is slow to look does not look less often.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    left: f64,
    pause: f64,
}

impl Window {
    /// So many seconds from now.
    pub fn seconds(seconds: f64) -> Self {
        Self { left: seconds, pause: FIRST_LOOK }
    }

    /// Whether nobody looks any more.
    pub fn is_over(&self) -> bool {
        self.left <= 0.0
    }

    /// The pause after a look that was not answered: it says nothing about what is there, so it does not count.
    pub fn unanswered_pause(&self) -> f64 {
        self.pause
    }

    /// The pause before the next look, in seconds of the cloud's time; each one is longer.
    pub fn next_pause(&mut self) -> f64 {
        let pause = self.pause;
        self.left -= pause;
        self.pause = (pause * 1.5).min(LAST_PAUSE);
        pause
    }
}

/// The pause between the first two looks, in seconds.
const FIRST_LOOK: f64 = 1.0;

/// The first pause, in seconds; each one is longer, up to the last.
const FIRST_PAUSE: f64 = 0.5;
const LAST_PAUSE: f64 = 20.0;

/// Runs a call again while its error says that it had no effect and may go well later.
///
/// `waiting` is told why. When the user asks to stop, the last error is the answer: it had no effect. What cannot be repeated safely, an ambiguous outcome above all, is the caller's to resolve.
pub async fn persistently<T, F>(
    patience: &Patience,
    mut call: impl FnMut() -> F,
    mut waiting: impl FnMut(&ProviderError),
) -> Result<T, ProviderError>
where
    F: Future<Output = Result<T, ProviderError>>,
{
    let mut repetition = Repetition::default();
    loop {
        match call().await {
            Ok(value) => return Ok(value),
            Err(error) => repetition.after(error, patience, &mut waiting).await?,
        }
    }
}

/// The pauses between calls that are repeated.
pub struct Repetition {
    pause: f64,
}

impl Default for Repetition {
    fn default() -> Self {
        Self { pause: FIRST_PAUSE }
    }
}

impl Repetition {
    /// Pauses before a call is repeated that ended so.
    ///
    /// # Errors
    /// It is not: the error itself.
    pub async fn after(
        &mut self,
        error: ProviderError,
        patience: &Patience,
        waiting: &mut impl FnMut(&ProviderError),
    ) -> Result<(), ProviderError> {
        if !repeatable(error.class) || patience.is_over() {
            return Err(error);
        }
        waiting(&error);
        let own = || patience.pause(self.pause);
        let wait = error.retry_after.map_or_else(own, |asked| asked.max(patience.pause(0.05)));
        let left = patience.deadline.saturating_duration_since(Instant::now());
        if patience.rest(wait.min(left)).await == Err(Stopped) {
            return Err(error);
        }
        self.pause = (self.pause * 2.0).min(LAST_PAUSE);
        Ok(())
    }
}

/// Whether a call that ended so had no effect and may go well later.
pub fn repeatable(class: ErrorClass) -> bool {
    match class {
        ErrorClass::Throttled
        | ErrorClass::Transient
        | ErrorClass::NotYetConsistent
        | ErrorClass::InUse
        | ErrorClass::CredentialsExpired => true,
        ErrorClass::Ambiguous
        | ErrorClass::NotFound
        | ErrorClass::AlreadyExists
        | ErrorClass::Denied
        | ErrorClass::Quota
        | ErrorClass::Refused => false,
    }
}
