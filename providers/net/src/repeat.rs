//! Reads are repeated: they have no effect, so every passing fault is only a pause.

use std::time::Duration;

use cairn_provider::error::{ErrorClass, ProviderError};
use tokio::time::{Instant, sleep};

/// For how long a read is repeated.
const READ_DEADLINE: Duration = Duration::from_secs(90);
/// The first pause and the longest one, in seconds.
const FIRST_PAUSE: f64 = 0.2;
const LAST_PAUSE: f64 = 20.0;
/// A service that cannot be reached at all is tried this often.
const UNREACHED_TRIES: u32 = 4;

/// Repeats a read while its failure may pass, with growing pauses of random length, for at most ninety seconds.
///
/// # Errors
/// The last failure.
pub async fn reading<T, F>(mut call: impl FnMut() -> F) -> Result<T, ProviderError>
where
    F: Future<Output = Result<T, ProviderError>>,
{
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    let mut unreached = 0;
    loop {
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        match error.class {
            ErrorClass::Throttled => {}
            ErrorClass::Transient | ErrorClass::Ambiguous | ErrorClass::CredentialsExpired => unreached += 1,
            ErrorClass::NotFound
            | ErrorClass::NotYetConsistent
            | ErrorClass::InUse
            | ErrorClass::AlreadyExists
            | ErrorClass::Denied
            | ErrorClass::Quota
            | ErrorClass::Refused => return Err(error),
        }
        if unreached >= UNREACHED_TRIES || begun.elapsed() > READ_DEADLINE {
            return Err(error);
        }
        // Full jitter: clients that were throttled together do not come back together.
        let jittered = pause * (0.1 + 0.9 * fastrand::f64());
        sleep(error.retry_after.unwrap_or_default().max(Duration::from_secs_f64(jittered))).await;
        pause = (pause * 2.0).min(LAST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use cairn_provider::error::{ErrorClass, ProviderError};

    use super::reading;

    fn error(class: ErrorClass) -> ProviderError {
        ProviderError::new(class, "Code", "ec2.Describe", "message")
    }

    #[tokio::test(start_paused = true)]
    async fn passing_faults_are_waited_out() {
        let left = Cell::new(3);
        let result = reading(|| {
            left.set(left.get() - 1);
            let outcome = if left.get() > 0 { Err(error(ErrorClass::Transient)) } else { Ok(7) };
            async move { outcome }
        });
        assert_eq!(result.await, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_and_lasting_faults_are_not() {
        let calls = Cell::new(0);
        let count = |class| {
            calls.set(calls.get() + 1);
            async move { Err::<(), _>(error(class)) }
        };
        assert!(reading(|| count(ErrorClass::Denied)).await.is_err());
        assert_eq!(calls.get(), 1);
        calls.set(0);
        assert!(reading(|| count(ErrorClass::Transient)).await.is_err());
        assert_eq!(calls.get(), 4);
    }
}
