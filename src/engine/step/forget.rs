//! Managing an object no longer: it stays, without the marks of the stack.

use cairn_provider::declaration::Timings;
use cairn_provider::error::{ErrorClass, ProviderError};

use super::{Run, StepDone, StepError};
use crate::engine::call::Patience;
use crate::engine::marks::{self, Marked};
use crate::engine::schedule::ScheduledStep;
use crate::state::{Entry, Intent, IntentKind};

/// Forgets an object.
pub async fn forget(run: &Run, step: &ScheduledStep) -> Result<StepDone, StepError> {
    let recorded = run.snapshot.resources.get(&step.address).filter(|recorded| Some(&recorded.id) == step.id.as_ref());
    let recorded = recorded.ok_or_else(|| StepError::Value("it is not recorded any more".to_owned()))?;
    let done = StepDone { id: recorded.id.clone(), nothing: false };
    // Who lets go of an object keeps it: nobody sweeps it away as a stray of the create that made it.
    let kept = Entry::Cleared { nonce: recorded.nonce.clone() };
    let forgotten = Entry::Forgotten { address: step.address.clone() };
    // What is not there, could not be read or carries no marks has none that could be taken off.
    let observed = run.world().object(&step.address).cloned();
    let (Some(observed), Some(schema)) = (observed, run.clouds.catalogue.get(&recorded.kind)) else {
        run.journal.append(vec![kept, forgotten]).await?;
        return Ok(done);
    };
    let provider = run.provider(&recorded.kind)?;
    let timings = provider.declaration(&recorded.kind).map_or(Timings::INSTANT, |declared| declared.timings);
    let nonce = run.entropy.nonce();
    let intent = Intent {
        nonce: nonce.clone(),
        kind: IntentKind::Forget,
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
    let owner = run.owner(&step.address, &recorded.nonce);
    let object = Marked { target: &recorded.target, schema, id: &recorded.id, observed: &observed };
    let token = run.key.token(&run.snapshot.lineage, step.address.as_str(), &nonce);
    let patience = Patience::seconds(timings.update, provider.tempo()).until(run.halt.clone());
    let waiting = |error: &ProviderError| run.waiting(&step.address, &error.code);
    match marks::change(provider.as_ref(), &lease, &object, (Some(&owner), None), token, &patience, waiting).await {
        // Without the object there are no marks.
        Err(error) if !matches!(&error, StepError::Provider(error) if error.class == ErrorClass::NotFound) => {
            run.journal.append(vec![Entry::Failed { nonce }]).await?;
            Err(error)
        }
        Ok(()) | Err(_) => {
            run.journal.append(vec![kept, forgotten, Entry::Failed { nonce }]).await?;
            Ok(done)
        }
    }
}
