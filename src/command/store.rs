//! Which store a command works on.

use std::path::Path;
use std::sync::Arc;

use super::arguments::{CloudArguments, SandboxArguments, ValueArguments};
use super::failure::Failure;
use super::front::{self, Front};
use crate::host::local_store::LocalStore;
use crate::host::log_store;
use crate::model::state_place::StatePlace;
use crate::registry;
use crate::state::log::LogFailure;
use crate::state::{Custody, StoreError};

/// Which of the states of a stack, and how it is taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which {
    /// That of the sandbox.
    sandbox: bool,
    /// Where the header says, even if it is the sandbox's.
    remote: bool,
    /// Also from a writer that is silent.
    take_over: bool,
}

impl From<&CloudArguments> for Which {
    fn from(arguments: &CloudArguments) -> Self {
        Self { sandbox: arguments.sandbox, remote: arguments.remote_state, take_over: arguments.take_over }
    }
}

impl From<&SandboxArguments> for Which {
    fn from(arguments: &SandboxArguments) -> Self {
        Self { sandbox: arguments.sandbox, remote: arguments.remote_state, take_over: false }
    }
}

/// Opens the state of a place. `directory` is where files of it lie. The sandbox keeps its state in files, unless the
/// caller wants it where the header says; even then it is apart from the real one.
///
/// # Errors
/// This build does not have that store.
pub fn open(
    place: &StatePlace,
    root: &Path,
    directory: &Path,
    which: impl Into<Which>,
) -> Result<Arc<dyn Custody>, Failure> {
    let which = which.into();
    let kept = match (which.sandbox, which.remote) {
        (true, false) => StatePlace::Local,
        (true, true) => place.clone().of_sandbox(),
        (false, _) => place.clone(),
    };
    if matches!(kept, StatePlace::Local) {
        return Ok(Arc::new(LocalStore::new(directory)));
    }
    Ok(Arc::new(log_store::state(&kept, root, which.take_over)?))
}

/// Opens the state of a stack in an environment, as its header names it.
///
/// # Errors
/// The stack cannot be read, or as [`open`].
pub fn of_stack(
    directory: &Path,
    values: &ValueArguments,
    which: impl Into<Which>,
) -> Result<(Front, Arc<dyn Custody>), Failure> {
    let which = which.into();
    let front = front::load(directory, &values.set)?;
    if front.stack().is_empty() {
        return Err(front.failure(front.check_all()));
    }
    let environment = front.environment(values.env.as_deref())?;
    let place = front.state_place(environment.clone())?;
    let environment = environment.unwrap_or_default();
    let files = registry::state_directory(&front.root, &front.stack(), &environment, which.sandbox);
    let store = open(&place, &front.root, &files, which)?;
    Ok((front, store))
}

/// What a store says, as a failure.
pub fn failed(failure: LogFailure) -> Failure {
    StoreError::from(failure).into()
}
