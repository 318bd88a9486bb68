//! Stores that several machines share, as the header of a stack names them.

#[cfg(feature = "state-object")]
mod connector;
mod machine;
#[cfg(feature = "state-object")]
mod objects;
#[cfg(feature = "state-postgres")]
mod postgres;
mod stop;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::host::redaction;
use crate::host::secrets::HostSecrets;
use crate::model::state_place::StatePlace;
use crate::state::StoreError;
use crate::state::log::{LogState, LogStore, TakeOver, Timing};

pub use machine::HostMachine;

/// Opens the store of a place. `root` is the stack's directory, for secrets in files.
///
/// # Errors
/// This build does not have it, or what it is to be reached with is missing.
pub fn open(place: &StatePlace, root: &Path) -> Result<Arc<dyn LogStore>, StoreError> {
    let failed = |why: String| StoreError::Failed { what: place.describe(), why };
    match place {
        StatePlace::Local => Err(failed("files are no log".to_owned())),
        #[cfg(feature = "state-object")]
        StatePlace::S3 { bucket, region, key, endpoint } => {
            objects::s3(bucket, region, key, endpoint.as_deref()).map_err(failed)
        }
        #[cfg(feature = "state-object")]
        StatePlace::AzureBlob { account, container, key, endpoint } => {
            objects::azure(account, container, key, endpoint.as_deref()).map_err(failed)
        }
        #[cfg(not(feature = "state-object"))]
        StatePlace::S3 { .. } | StatePlace::AzureBlob { .. } => Err(failed(missing("state-object"))),
        StatePlace::Postgres { url, key } => {
            let url = HostSecrets::new(root).here(url).map_err(failed)?;
            redaction::know(&url);
            let url = url.as_text().unwrap_or_default();
            database(url, key).map_err(failed)
        }
    }
}

#[cfg(feature = "state-postgres")]
fn database(url: &str, key: &str) -> Result<Arc<dyn LogStore>, String> {
    postgres::open(url, key)
}

#[cfg(not(feature = "state-postgres"))]
fn database(_url: &str, _key: &str) -> Result<Arc<dyn LogStore>, String> {
    Err(missing("state-postgres"))
}

#[cfg(not(all(feature = "state-object", feature = "state-postgres")))]
fn missing(feature: &str) -> String {
    format!("this build of Cairn cannot keep a state there: build it with the feature `{feature}`")
}

/// The state of a place, on this machine.
///
/// # Errors
/// As [`open`].
pub fn state(place: &StatePlace, root: &Path, take_over: bool) -> Result<LogState, StoreError> {
    let store = stop::wrapped(open(place, root)?);
    let take_over = if take_over || crate::host::variable("CAIRN_TAKE_OVER").is_some_and(|set| set == "1") {
        TakeOver::Silent
    } else {
        TakeOver::Gone
    };
    let machine = Arc::new(HostMachine::new());
    Ok(LogState::new(store, machine, &place.describe()).with_timing(timing()).taking_over(take_over))
}

/// The usual times, unless the environment says after how many seconds of silence a writer may be taken over.
fn timing() -> Timing {
    let usual = Timing::default();
    let asked = crate::host::variable("CAIRN_SILENT_AFTER").and_then(|text| text.parse::<f64>().ok());
    match asked.filter(|seconds| (0.1..=86_400.0).contains(seconds)) {
        Some(seconds) => {
            let silent = Duration::from_secs_f64(seconds);
            Timing { silent, beat: usual.beat.min(silent / 4), ..usual }
        }
        None => usual,
    }
}
