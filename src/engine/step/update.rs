//! Changing an object in place, from what is there to what is wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cairn_provider::error::ProviderError;
use cairn_provider::object::{Live, Status};
use cairn_provider::provider::Provider;
use cairn_provider::request::{Create, Target, Update};
use cairn_provider::value::Map;
use ecow::EcoString;

use super::{Run, StepDone, StepError};
use crate::engine::call::{Patience, persistently};
use crate::engine::compare::{self, Planned, Subject, wanted};
use crate::engine::mask::masked;
use crate::engine::schedule::ScheduledStep;
use crate::engine::wait::{Awaited, until_ready};
use crate::model::change::AttributeChange;
use crate::model::desired::DesiredResource;
use crate::state::{Entry, Intent, IntentKind, Recorded};

/// Changes an object.
pub async fn update(run: &Run, step: &ScheduledStep) -> Result<StepDone, StepError> {
    let gone = || StepError::Value("it is not there any more".to_owned());
    let desired = run.desired.resources.get(&step.address).ok_or_else(gone)?;
    let recorded = run.snapshot.resources.get(&step.address).ok_or_else(gone)?;
    let provider = run.provider(&desired.kind)?;
    let declared = provider.declaration(&desired.kind).ok_or_else(gone)?;
    let schema = Arc::clone(run.schema(&desired.kind)?);
    let mut inputs = run.final_inputs(desired).await?;
    let id = recorded.id.clone();
    let mut after = run.record(desired, id.clone(), &inputs, recorded.nonce.clone())?;
    after.inputs.extend(desired.options.kept.clone());
    // Taking the decorator away does not take the protection away.
    after.protect = desired.options.protect.unwrap_or(recorded.protect);
    inputs.extend(compare::unwritten(&schema, desired, recorded));
    let observed = run.world().object(&step.address).cloned().ok_or_else(gone)?;
    let differences = remaining(run, desired, recorded, &observed, &inputs)?;
    if differences.is_empty() && !recorded.incomplete {
        run.world().insert(step.address.clone(), observed);
        run.journal.append(vec![Entry::Noted { address: step.address.clone(), recorded: Box::new(after) }]).await?;
        return Ok(StepDone { id, nothing: true });
    }
    if let Some(forcing) = differences.iter().find(|difference| difference.forces) {
        return Err(StepError::Value(format!(
            "`{}` turned out to be different, which needs a new object; plan again",
            forcing.path.join(".")
        )));
    }
    let patience = run.deadline(desired, "update", declared.timings.update, provider.tempo());
    super::recheck::as_planned(run, &step.address, recorded, &patience).await?;
    let nonce = run.entropy.nonce();
    let written = masked(&schema, &inputs, &run.key);
    run.journal.append(vec![Entry::Begun(intent(run, desired, &id, &nonce, &written))]).await?;
    let request = Update {
        kind: desired.kind.clone(),
        id: id.clone(),
        observed,
        inputs,
        changed: differences.iter().filter_map(|difference| difference.path.first().cloned()).collect(),
        owner: run.owner(&desired.address, &recorded.nonce),
        token: run.key.token(&run.snapshot.lineage, desired.address.as_str(), &nonce),
    };
    let target = &desired.place.target;
    let waiting = |error: &ProviderError| run.waiting(&step.address, &error.code);
    let result = async {
        if recorded.incomplete {
            // The create may have ended before everything was set that its call cannot carry.
            let create = Create {
                kind: desired.kind.clone(),
                inputs: request.inputs.clone(),
                owner: request.owner.clone(),
                token: run.key.token(&run.snapshot.lineage, desired.address.as_str(), &recorded.nonce),
            };
            persistently(&patience, || provider.configure(target, &id, &create), waiting).await?;
        }
        if !request.changed.is_empty() {
            change(run, step, provider, &request, (target, &nonce), &patience).await?;
        }
        let fields = run.fields(&step.address, &request.inputs);
        let awaited = Awaited { target, kind: &desired.kind, id: &id, fields, poll: declared.timings.poll as f64 };
        let live = until_ready(&run.reads, &awaited, &patience, |state| run.waiting(&step.address, state)).await?;
        Ok::<Live, StepError>(live)
    }
    .await;
    match result {
        Ok(live) => {
            run.verify(desired, &schema, &request.inputs, &live);
            run.world().insert(step.address.clone(), live.attributes);
            run.journal.append(vec![Entry::Applied { nonce, recorded: Box::new(after) }]).await?;
            Ok(StepDone { id, nothing: false })
        }
        Err(error) => {
            // What was written before stays recorded: the next plan starts from what is really there.
            let before = Recorded { incomplete: true, ..recorded.clone() };
            run.journal.append(vec![Entry::Applied { nonce, recorded: Box::new(before) }]).await?;
            Err(error)
        }
    }
}

/// Sends an update and follows it. It says what shall be, so it may be sent again even if nobody knows how it ended.
pub(super) async fn change(
    run: &Run,
    step: &ScheduledStep,
    provider: &Arc<dyn Provider>,
    request: &Update,
    (target, nonce): (&Target, &EcoString),
    patience: &Patience,
) -> Result<(), StepError> {
    let waiting = |error: &ProviderError| run.waiting(&step.address, &error.code);
    let mut sent = persistently(patience, || provider.update(target, request), waiting).await;
    if sent.as_ref().is_err_and(ProviderError::may_have_effect) {
        sent = persistently(patience, || provider.update(target, request), waiting).await;
    }
    if let Some(monitor) = sent? {
        run.journal.append(vec![Entry::Monitored { nonce: nonce.clone(), monitor: monitor.0.clone() }]).await?;
        run.follow(&step.address, provider, target, &monitor, patience).await?;
    }
    Ok(())
}

fn intent(run: &Run, desired: &DesiredResource, id: &EcoString, nonce: &EcoString, written: &Map) -> Intent {
    Intent {
        nonce: nonce.clone(),
        kind: IntentKind::Update,
        address: desired.address.clone(),
        protect: desired.options.protect.unwrap_or(false),
        resource: desired.kind.clone(),
        target: desired.place.target.clone(),
        id: Some(id.clone()),
        inputs: written.clone(),
        needs: BTreeSet::new(),
        source: run.places.get(&desired.address).cloned().unwrap_or_default(),
    }
}

/// What is still different, now that everything is known.
fn remaining(
    run: &Run,
    desired: &DesiredResource,
    recorded: &Recorded,
    observed: &Map,
    inputs: &Map,
) -> Result<Vec<AttributeChange>, StepError> {
    let schema = run.schema(&desired.kind)?;
    let subject = Subject { desired, schema, recorded: Some(recorded), observed: None, source: EcoString::new() };
    let mut values: BTreeMap<EcoString, Planned> = wanted(&subject, &run.world());
    for (name, value) in inputs {
        values.insert(name.clone(), Planned::Known(value.clone()));
    }
    values.retain(|name, _| inputs.contains_key(name));
    let live = Live { id: recorded.id.clone(), attributes: observed.clone(), status: Status::Ready, owner: None };
    Ok(compare::differences(schema, &values, &live, Some(&recorded.inputs), &desired.options.ignore, &run.key))
}
