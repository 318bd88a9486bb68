//! The right to make the calls of an intent: it was recorded a moment ago, by whoever may still write.
//!
//! A process that stood still may have been taken for dead, and its intents resolved by somebody else. What it recorded
//! then proves nothing any more. So an intent grows old, and an old one is recorded once more before the next call: that
//! fails if somebody else has taken the state.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cairn_provider::error::ProviderError;
use ecow::EcoString;

use super::call::{Patience, Repetition};
use super::clock::Clock;
use super::journal::Journal;
use super::step::StepError;
use crate::state::{Entry, StoreError};

/// The oldest an intent may be when its call leaves.
const OLDEST: Duration = Duration::from_secs(60);

/// The right to make the calls of one intent.
pub struct Lease<'r> {
    journal: &'r Journal,
    clock: &'r dyn Clock,
    nonce: EcoString,
    /// When the record that proves the right was begun to be written, in milliseconds of uptime.
    since: AtomicU64,
}

impl<'r> Lease<'r> {
    /// Writes entries that begin an intent, or take one up again.
    ///
    /// # Errors
    /// They may not be there: nothing may be called.
    pub async fn begin(
        journal: &'r Journal,
        clock: &'r dyn Clock,
        nonce: &EcoString,
        entries: Vec<Entry>,
    ) -> Result<Self, StoreError> {
        // The age counts from before the record is durable: how long its answer took nobody knows.
        let since = AtomicU64::new(milliseconds(clock));
        journal.append(entries).await?;
        Ok(Self { journal, clock, nonce: nonce.clone(), since })
    }

    /// Makes sure that the intent is young, by recording it once more if it is not.
    async fn renew(&self) -> Result<(), StoreError> {
        loop {
            let now = milliseconds(self.clock);
            let age = now.saturating_sub(self.since.load(Ordering::Relaxed));
            if u128::from(age) <= OLDEST.as_millis() {
                return Ok(());
            }
            self.journal.append(vec![Entry::Renewed { nonce: self.nonce.clone() }]).await?;
            self.since.store(now, Ordering::Relaxed);
        }
    }

    /// Makes a call of the intent, and again while its error says that it had no effect and may go well later.
    ///
    /// # Errors
    /// That of the last call, or somebody else may write now.
    pub async fn persistently<T, F>(
        &self,
        patience: &Patience,
        mut call: impl FnMut() -> F,
        mut waiting: impl FnMut(&ProviderError),
    ) -> Result<T, StepError>
    where
        F: Future<Output = Result<T, ProviderError>>,
    {
        let mut repetition = Repetition::default();
        loop {
            self.renew().await?;
            match call().await {
                Ok(value) => return Ok(value),
                Err(error) => repetition.after(error, patience, &mut waiting).await?,
            }
        }
    }

    /// The same for a call that says what shall be: it is sent again, too, if nobody knows how it ended.
    ///
    /// # Errors
    /// As before.
    pub async fn insistently<T, F>(
        &self,
        patience: &Patience,
        mut call: impl FnMut() -> F,
        mut waiting: impl FnMut(&ProviderError),
    ) -> Result<T, StepError>
    where
        F: Future<Output = Result<T, ProviderError>>,
    {
        for _ in 0..MOST_REPEATS {
            match self.persistently(patience, &mut call, &mut waiting).await {
                Err(StepError::Provider(error)) if error.may_have_effect() && !patience.is_over() => waiting(&error),
                ended => return ended,
            }
        }
        self.persistently(patience, call, waiting).await
    }
}

/// How often a call is sent again whose end nobody knows.
const MOST_REPEATS: usize = 3;

fn milliseconds(clock: &dyn Clock) -> u64 {
    u64::try_from(clock.uptime().as_millis()).unwrap_or(u64::MAX)
}
