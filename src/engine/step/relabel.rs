//! Marking an object with the address it has now.

use cairn_provider::declaration::Timings;
use cairn_provider::error::ProviderError;

use super::{Run, StepDone, StepError};
use crate::engine::marks::{self, Marked};
use crate::engine::schedule::ScheduledStep;
use crate::state::{Entry, Intent, IntentKind};

/// Marks an object anew, where its type has marks that can be changed. What is recorded was moved before.
pub async fn relabel(run: &Run, step: &ScheduledStep) -> Result<StepDone, StepError> {
    let gone = || StepError::Value("it is not there any more".to_owned());
    let desired = run.desired.resources.get(&step.address).ok_or_else(gone)?;
    let recorded = run.snapshot.resources.get(&step.address).ok_or_else(gone)?;
    let schema = run.schema(&recorded.kind)?;
    let observed = run.world().object(&step.address).cloned().ok_or_else(gone)?;
    let done = StepDone { id: recorded.id.clone(), nothing: false };
    if !marks::can_change(schema) {
        return Ok(done);
    }
    let provider = run.provider(&recorded.kind)?;
    let timings = provider.declaration(&recorded.kind).map_or(Timings::INSTANT, |declared| declared.timings);
    let nonce = run.entropy.nonce();
    let intent = Intent {
        nonce: nonce.clone(),
        kind: IntentKind::Update,
        address: step.address.clone(),
        protect: recorded.protect,
        resource: recorded.kind.clone(),
        target: recorded.target.clone(),
        id: Some(recorded.id.clone()),
        inputs: recorded.inputs.clone(),
        needs: std::collections::BTreeSet::new(),
        source: run.places.get(&step.address).cloned().unwrap_or_default(),
    };
    run.journal.append(vec![Entry::Begun(intent)]).await?;
    let owner = run.owner(&step.address, &recorded.nonce);
    let object = Marked { target: &recorded.target, schema, id: &recorded.id, observed: &observed };
    let token = run.key.token(&run.snapshot.lineage, step.address.as_str(), &nonce);
    let patience = run.deadline(desired, "update", timings.update, provider.tempo());
    let waiting = |error: &ProviderError| run.waiting(&step.address, &error.code);
    let marked = marks::change(provider.as_ref(), &object, (None, Some(&owner)), token, &patience, waiting).await;
    // Whether or not the marks changed: what is remembered is what was written before.
    run.journal.append(vec![Entry::Failed { nonce }]).await?;
    marked?;
    Ok(done)
}
