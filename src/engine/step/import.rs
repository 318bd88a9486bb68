//! Taking an existing object over: marked as ours, then brought to what is wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_provider::error::ProviderError;
use cairn_provider::object::{Live, Status};
use cairn_provider::request::Update;
use ecow::EcoString;

use super::{Run, StepDone, StepError};
use crate::engine::compare::{self, Planned};
use crate::engine::marks::{self, Marked};
use crate::engine::mask::masked;
use crate::engine::schedule::ScheduledStep;
use crate::engine::wait::{Awaited, until_ready};
use crate::state::{Entry, Intent, IntentKind};

/// Takes an object over.
pub async fn import(run: &Run, step: &ScheduledStep) -> Result<StepDone, StepError> {
    let gone = || StepError::Value("it is not wanted any more".to_owned());
    let desired = run.desired.resources.get(&step.address).ok_or_else(gone)?;
    let id = step.id.clone().ok_or_else(gone)?;
    let provider = run.provider(&desired.kind)?;
    let declared = provider.declaration(&desired.kind).ok_or_else(gone)?;
    let schema = Arc::clone(run.schema(&desired.kind)?);
    let inputs = run.final_inputs(desired).await?;
    let observed = run.world().object(&step.address).cloned().ok_or_else(gone)?;
    let wanted: BTreeMap<EcoString, Planned> =
        inputs.iter().map(|(name, value)| (name.clone(), Planned::Known(value.clone()))).collect();
    let live = Live { id: id.clone(), attributes: observed.clone(), status: Status::Ready, owner: None };
    let differences =
        compare::differences(&schema, &wanted, &live, Some(&BTreeMap::new()), &desired.options.ignore, &run.key);
    if let Some(forcing) = differences.iter().find(|difference| difference.forces) {
        return Err(StepError::Value(format!(
            "`{}` turned out to be different, which needs a new object; nothing was taken over",
            forcing.path.join(".")
        )));
    }
    let nonce = run.entropy.nonce();
    let recorded = run.record(desired, id.clone(), &inputs, nonce.clone())?;
    let intent = Intent {
        nonce: nonce.clone(),
        kind: IntentKind::Import,
        address: desired.address.clone(),
        protect: recorded.protect,
        resource: desired.kind.clone(),
        target: desired.place.target.clone(),
        id: Some(id.clone()),
        inputs: masked(&schema, &inputs, &run.key),
        needs: recorded.needs.clone(),
        source: recorded.source.clone(),
    };
    run.journal.append(vec![Entry::Begun(intent)]).await?;
    let patience = run.deadline(desired, "update", declared.timings.update, provider.tempo());
    let target = &desired.place.target;
    let waiting = |error: &ProviderError| run.waiting(&step.address, &error.code);
    let token = run.key.token(&run.snapshot.lineage, desired.address.as_str(), &nonce);
    let marking = run.key.token(&run.snapshot.lineage, desired.address.as_str(), &format!("{nonce}.marks"));
    let owner = run.owner(&desired.address, &nonce);
    let object = Marked { target, schema: &schema, id: &id, observed: &observed };
    if let Err(error) =
        marks::change(provider.as_ref(), &object, (None, Some(&owner)), marking, &patience, waiting).await
    {
        // Marks that nobody knows of are resolved by the next run, as a create would be.
        if !error.may_have_effect() {
            run.journal.append(vec![Entry::Failed { nonce }]).await?;
        }
        return Err(error.into());
    }
    let request = Update {
        kind: desired.kind.clone(),
        id: id.clone(),
        observed,
        inputs,
        changed: differences.iter().filter_map(|difference| difference.path.first().cloned()).collect(),
        owner,
        token,
    };
    let result = async {
        if !request.changed.is_empty() {
            super::update::change(run, step, provider, &request, (target, &nonce), &patience).await?;
        }
        let fields = run.fields(&step.address, &request.inputs);
        let awaited = Awaited { target, kind: &desired.kind, id: &id, fields, poll: declared.timings.poll as f64 };
        Ok::<Live, StepError>(
            until_ready(&run.reads, &awaited, &patience, |state| run.waiting(&step.address, state)).await?,
        )
    }
    .await;
    match result {
        Ok(live) => {
            run.verify(desired, &schema, &request.inputs, &live);
            run.world().insert(step.address.clone(), live.attributes);
            run.journal.append(vec![Entry::Applied { nonce, recorded: Box::new(recorded) }]).await?;
            Ok(StepDone { id, nothing: false })
        }
        Err(error) => {
            // It carries our mark: it is managed from here on, and not finished.
            run.leave_incomplete(&nonce, recorded).await?;
            Err(error)
        }
    }
}
