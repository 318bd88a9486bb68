//! Destroying an object, and knowing that it is gone.

use std::collections::BTreeSet;

use cairn_provider::declaration::Timings;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::request::Delete;

use super::{Run, StepDone, StepError};
use crate::engine::call::{Patience, Stopped, Window};
use crate::engine::observe::YOUNG;
use crate::engine::schedule::ScheduledStep;
use crate::engine::wait::{Awaited, VISIBLE_WITHIN, until_gone};
use crate::state::{Entry, Intent, IntentKind, Recorded};

/// Destroys an object.
pub async fn delete(run: &Run, step: &ScheduledStep) -> Result<StepDone, StepError> {
    let recorded = recorded(run, step).ok_or_else(|| StepError::Value("it is not recorded any more".to_owned()))?;
    if run.kept.lock().expect("no code panics while it holds the list").contains(&recorded.id) {
        return Ok(StepDone { id: recorded.id.clone(), nothing: true });
    }
    let provider = run.provider(&recorded.kind)?;
    let timings = provider.declaration(&recorded.kind).map_or(Timings::INSTANT, |declared| declared.timings);
    let seconds = run
        .desired
        .resources
        .get(&step.address)
        .and_then(|desired| desired.options.timeouts.get("delete"))
        .map_or(timings.delete, |own| own.seconds().max(0.0) as u64);
    let patience = Patience::seconds(seconds, provider.tempo()).until(run.halt.clone());
    super::recheck::as_planned(run, &step.address, recorded, &patience).await?;
    let nonce = run.entropy.nonce();
    let intent = Intent {
        nonce: nonce.clone(),
        kind: IntentKind::Delete,
        address: step.address.clone(),
        protect: recorded.protect,
        resource: recorded.kind.clone(),
        target: recorded.target.clone(),
        id: Some(recorded.id.clone()),
        inputs: cairn_provider::value::Map::new(),
        needs: std::collections::BTreeSet::new(),
        source: recorded.source.clone(),
        at: run.clock.unix(),
    };
    let lease = run.begin(Vec::new(), intent).await?;
    let request = Delete { kind: recorded.kind.clone(), id: recorded.id.clone(), inputs: recorded.inputs.clone() };
    let target = &recorded.target;
    let waiting = |error: &ProviderError| run.waiting(&step.address, &error.code);
    let result = async {
        // What was made a moment ago may be there although the cloud does not know it yet.
        let young = run.clock.unix() < recorded.made.saturating_add(YOUNG);
        let mut window = Window::seconds(if young { VISIBLE_WITHIN } else { 0.0 });
        loop {
            // Deleting may be repeated: what is gone stays gone.
            match lease.insistently(&patience, || provider.delete(target, &request), waiting).await {
                Ok(Some(monitor)) => {
                    let followed = Entry::Monitored { nonce: nonce.clone(), monitor: monitor.0.clone() };
                    run.journal.append(vec![followed]).await?;
                    run.follow(&step.address, provider, target, &monitor, &patience).await?;
                    break;
                }
                Ok(None) => break,
                Err(StepError::Provider(error)) if error.class == ErrorClass::NotFound => {
                    if window.is_over() {
                        break;
                    }
                    if patience.rest(patience.pause(window.next_pause())).await == Err(Stopped) {
                        return Err(StepError::Stopped("not known to the cloud yet".to_owned()));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let fields = BTreeSet::new();
        let awaited = Awaited { target, kind: &recorded.kind, id: &recorded.id, fields, poll: timings.poll as f64 };
        until_gone(&run.reads, &awaited, &patience, |state| run.waiting(&step.address, state)).await?;
        Ok::<(), StepError>(())
    }
    .await;
    match result {
        Ok(()) => {
            run.gone.lock().expect("no code panics while it holds the list").insert(recorded.id.clone());
            run.journal.append(vec![Entry::Gone { nonce }]).await?;
            Ok(StepDone { id: recorded.id.clone(), nothing: false })
        }
        Err(error) => {
            run.journal.append(vec![Entry::Failed { nonce }]).await?;
            Err(error)
        }
    }
}

/// The object to destroy: the current one of the address, or one that was replaced.
fn recorded<'r>(run: &'r Run, step: &ScheduledStep) -> Option<&'r Recorded> {
    let snapshot = &run.snapshot;
    let current = snapshot.resources.get(&step.address).filter(|recorded| Some(&recorded.id) == step.id.as_ref());
    current.or_else(|| {
        let deposed = snapshot
            .deposed
            .iter()
            .find(|(address, recorded)| *address == step.address && Some(&recorded.id) == step.id.as_ref());
        deposed.map(|(_, recorded)| recorded)
    })
}
