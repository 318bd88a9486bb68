//! Just before an object is changed or destroyed: is it still what the plan was made from, and still ours?

use std::collections::BTreeMap;

use cairn_provider::object::Observed;
use ecow::EcoString;

use super::{Run, StepError};
use crate::engine::call::{Patience, Stopped, repeatable};
use crate::engine::compare::{Planned, drifted};
use crate::engine::wait::Awaited;
use crate::model::Address;
use crate::state::Recorded;

/// Reads an object again and compares what of it is recorded with what the plan saw.
///
/// # Errors
/// Somebody changed, destroyed or took it since; it cannot be read; or the user asked to stop.
pub(super) async fn as_planned(
    run: &Run,
    address: &Address,
    recorded: &Recorded,
    patience: &Patience,
) -> Result<(), StepError> {
    // What an interrupted run left may change by itself: it is healed, whatever it is.
    let Some(seen) = run.seen.get(&recorded.id).filter(|_| !recorded.incomplete) else { return Ok(()) };
    let desired = run.desired.resources.get(address);
    let written: BTreeMap<EcoString, Planned> = seen
        .iter()
        .filter(|(name, _)| recorded.inputs.contains_key(*name))
        .map(|(name, value)| (name.clone(), Planned::Known(value.clone())))
        .collect();
    let fields = written.keys().cloned().collect();
    let (target, kind, id) = (&recorded.target, &recorded.kind, &recorded.id);
    let awaited = Awaited { target, kind, id, fields, poll: 1.0 };
    let live = loop {
        match run.reads.look(&awaited).await {
            Observed::Present(live) => break live,
            // What is gone already need not be destroyed, and an update of it says so itself.
            Observed::Absent => return Ok(()),
            Observed::Unreadable(error) if !repeatable(error.class) || patience.is_over() => return Err(error.into()),
            Observed::Unreadable(error) => {
                run.waiting(address, &error.code);
                if patience.rest(patience.pause(1.0)).await == Err(Stopped) {
                    return Err(StepError::Stopped(error.code.to_string()));
                }
            }
        }
    };
    if live.owner.as_ref().is_some_and(|owner| owner.stack != run.snapshot.lineage) {
        return Err(StepError::Stale("it carries the mark of another stack since the plan was made".to_owned()));
    }
    let schema = run.schema(kind)?;
    let ignored = desired.map_or(&[][..], |desired| &desired.options.ignore);
    let mut paths: Vec<String> = drifted(schema, &written, &live, ignored, &run.key)
        .iter()
        .map(|difference| difference.path.join("."))
        .collect();
    paths.dedup();
    // Who destroys everything does not mind.
    if paths.is_empty() || run.desired.resources.is_empty() {
        return Ok(());
    }
    Err(StepError::Stale(format!("changed since the plan was made: {}; nothing was done to it", paths.join(", "))))
}
