//! Making an object: at most one for each intent, whatever happens on the way.

use std::sync::Arc;

use cairn_provider::declaration::{Declaration, Idempotency};
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::Live;
use cairn_provider::provider::Provider;
use cairn_provider::request::{Create, Created, Target};
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::{Run, StepDone, StepError};
use crate::engine::call::{Patience, Stopped, Window, persistently};
use crate::engine::lease::Lease;
use crate::engine::mask::masked;
use crate::engine::recover::ours;
use crate::engine::schedule::{ScheduledStep, Unsure};
use crate::engine::wait::{Awaited, VISIBLE_WITHIN, until_ready};
use crate::model::desired::DesiredResource;
use crate::state::{Entry, Intent, IntentKind, Suspect};

/// Makes an object.
pub async fn create(run: &Run, step: &ScheduledStep) -> Result<StepDone, StepError> {
    let desired = run
        .desired
        .resources
        .get(&step.address)
        .ok_or_else(|| StepError::Value("it is not wanted any more".to_owned()))?;
    let provider = run.provider(&desired.kind)?;
    let declared = provider.declaration(&desired.kind).ok_or_else(|| StepError::Value("not declared".to_owned()))?;
    let schema = Arc::clone(run.schema(&desired.kind)?);
    let mut inputs = run.final_inputs(desired).await?;
    let patience = run.deadline(desired, "create", declared.timings.create, provider.tempo());
    let written = masked(&schema, &inputs, &run.key);
    if let Some(unsure) = &step.unsure
        && stays(run, step, unsure, &written)
    {
        return keep(run, step, unsure, declared, &patience).await;
    }
    let (lease, nonce, made_at) = intend(run, desired, &written).await?;
    let made = renewed_name(run, desired, &inputs, &nonce);
    inputs.extend(made.clone());
    let mut request = Create {
        kind: desired.kind.clone(),
        inputs,
        owner: run.owner(&desired.address, &nonce),
        token: run.key.token(&run.snapshot.lineage, desired.address.as_str(), &nonce),
    };
    let (created, marked) = match make(run, &lease, desired, provider, declared, &request, &patience).await {
        Ok(made) => made,
        Err(error) => {
            // An outcome nobody knows stays an open intent, for the next run to resolve.
            if !error.may_have_effect() {
                run.journal.append(vec![Entry::Failed { nonce }]).await?;
            }
            return Err(error);
        }
    };
    let id = created.id.clone();
    let mut entries = vec![Entry::Identified { nonce: nonce.clone(), id: id.clone() }];
    if let Some(monitor) = &created.monitor {
        entries.push(Entry::Monitored { nonce: nonce.clone(), monitor: monitor.0.clone() });
    }
    let suspected = |nonce: &EcoString| {
        Entry::Suspected(Box::new(Suspect {
            address: desired.address.clone(),
            kind: desired.kind.clone(),
            target: desired.place.target.clone(),
            inputs: written.clone(),
            nonce: nonce.clone(),
            since: made_at,
        }))
    };
    if declared.idempotency == Idempotency::Tags {
        // Nothing keeps the cloud from making a second one of a request that arrives twice.
        entries.push(suspected(&marked));
    }
    if marked != nonce {
        // The object is that of an older create: the request of this one may still be on its way.
        entries.push(suspected(&nonce));
    }
    run.journal.append(entries).await?;
    let mut recorded = run.record(desired, id.clone(), &request.inputs, (marked, made_at))?;
    match complete(run, &lease, desired, provider, &created, &request, declared, &patience).await {
        Ok(live) => {
            // A type may make more of a made name: an ending that the service asks for.
            if let Some((field, name)) = made.and_then(|(field, _)| live.attributes.get_key_value(&field)) {
                recorded.inputs.insert(field.clone(), name.clone());
                request.inputs.insert(field.clone(), name.clone());
            }
            run.verify(desired, &schema, &request.inputs, &live);
            run.world().insert(desired.address.clone(), live.attributes);
            run.journal.append(vec![Entry::Applied { nonce, recorded: Box::new(recorded) }]).await?;
            Ok(StepDone { id, nothing: false })
        }
        // The intent stays open, with the identity and the monitor: the next run goes on waiting.
        Err(StepError::Stopped(state)) => Err(StepError::Stopped(state)),
        Err(error) => {
            run.leave_incomplete(&nonce, recorded).await?;
            Err(error)
        }
    }
}

/// Whether what was not known while planning turned out to be what the object has already.
fn stays(run: &Run, step: &ScheduledStep, unsure: &Unsure, written: &Map) -> bool {
    let recorded = run.snapshot.resources.get(&step.address).filter(|recorded| recorded.id == unsure.id);
    // What was destroyed first is not there to stay.
    let gone = || run.gone.lock().expect("no code panics while it holds the list").contains(&unsure.id);
    recorded.is_some_and(|recorded| unsure.fields.iter().all(|field| recorded.inputs.get(field) == written.get(field)))
        && !gone()
}

/// Keeps the object that needs no replacement, and changes the rest of it.
async fn keep(
    run: &Run,
    step: &ScheduledStep,
    unsure: &Unsure,
    declared: &Declaration,
    patience: &Patience,
) -> Result<StepDone, StepError> {
    let recorded = run.snapshot.resources.get(&step.address);
    let recorded = recorded.ok_or_else(|| StepError::Value("it is not recorded any more".to_owned()))?;
    let fields = run.fields(&step.address, &recorded.inputs);
    let poll = declared.timings.poll as f64;
    let awaited = Awaited { target: &recorded.target, kind: &recorded.kind, id: &recorded.id, fields, poll };
    let live = until_ready(&run.reads, &awaited, patience, |state| run.waiting(&step.address, state)).await?;
    run.world().insert(step.address.clone(), live.attributes);
    run.kept.lock().expect("no code panics while it holds the list").insert(unsure.id.clone());
    super::update(run, step).await
}

/// Records the intent. An interrupted create of the same content is taken up again with its own nonce and token.
/// Gives its nonce, too, and when it was recorded.
async fn intend<'r>(
    run: &'r Run,
    desired: &DesiredResource,
    written: &Map,
) -> Result<(Lease<'r>, EcoString, u64), StepError> {
    let open = {
        let mut reusable = run.reusable.lock().expect("no code panics while it holds the list");
        reusable.remove(&desired.address)
    };
    let mut entries = Vec::new();
    if let Some(open) = open {
        let mut again = written.clone();
        again.extend(renewed_name(run, desired, written, &open.intent.nonce));
        if open.intent.resource == desired.kind && open.intent.inputs == again {
            let nonce = open.intent.nonce;
            let renewed = vec![Entry::Renewed { nonce: nonce.clone() }];
            let lease = Lease::begin(&run.journal, run.clock.as_ref(), &nonce, renewed).await?;
            return Ok((lease, nonce, open.intent.at));
        }
        // Another request may not carry its token.
        entries.push(Entry::Failed { nonce: open.intent.nonce });
    }
    let nonce = run.entropy.nonce();
    let mut inputs = written.clone();
    inputs.extend(renewed_name(run, desired, written, &nonce));
    let at = run.clock.unix();
    let intent = Intent {
        nonce: nonce.clone(),
        kind: IntentKind::Create,
        address: desired.address.clone(),
        protect: desired.options.protect.unwrap_or(false),
        resource: desired.kind.clone(),
        target: desired.place.target.clone(),
        id: None,
        inputs,
        needs: desired.needs.iter().map(|need| need.address.clone()).collect(),
        source: run.places.get(&desired.address).cloned().unwrap_or_default(),
        at,
    };
    let lease = run.begin(entries, intent).await?;
    Ok((lease, nonce, at))
}

/// A name that every new object of the address gets anew ends in a part of its nonce.
fn renewed_name(run: &Run, desired: &DesiredResource, inputs: &Map, nonce: &EcoString) -> Option<(EcoString, Value)> {
    let schema = run.clouds.catalogue.get(&desired.kind)?;
    let rule = schema.overlay.name.filter(|rule| rule.renewed)?;
    let (field, _) = schema.root().fields.iter().find(|(_, field)| field.vendor == rule.property)?;
    if inputs.contains_key(field) {
        return None;
    }
    let base = crate::model::naming::physical_name(
        &rule,
        &run.desired.name,
        &run.desired.environment,
        desired.address.as_str(),
    );
    let suffix: String = nonce.chars().take(6).collect();
    let separator = rule.separators.chars().next().map(String::from).unwrap_or_default();
    Some((field.clone(), Value::Text(eco_format!("{base}{separator}{suffix}"))))
}

/// Calls until there is an object, or certainly none. Gives the nonce the object is marked with, too.
async fn make(
    run: &Run,
    lease: &Lease<'_>,
    desired: &DesiredResource,
    provider: &Arc<dyn Provider>,
    declared: &Declaration,
    request: &Create,
    patience: &Patience,
) -> Result<(Created, EcoString), StepError> {
    let target = &desired.place.target;
    let nonce = || request.owner.nonce.clone();
    let waiting = |error: &ProviderError| run.waiting(&desired.address, &error.code);
    loop {
        let error = match lease.persistently(patience, || provider.create(target, request), waiting).await {
            Ok(created) => return Ok((created, nonce())),
            Err(StepError::Provider(error)) => error,
            Err(error) => return Err(error),
        };
        let ambiguous = error.class == ErrorClass::Ambiguous;
        if !ambiguous && error.class != ErrorClass::AlreadyExists {
            return Err(error.into());
        }
        run.waiting(&desired.address, "finding out whether it was made");
        let quarantine = if ambiguous && declared.idempotency == Idempotency::Tags { run.quarantine } else { 0.0 };
        match find(provider, target, request, patience, quarantine).await? {
            Found::Object(id) => return Ok((Created::new(id), nonce())),
            Found::Nothing => {}
            Found::Stopped => return Err(error.into()),
        }
        if !ambiguous {
            // An object of ours that was not visible when the plan was made, or came into being after that.
            for former in formers(run, desired, request) {
                if let Found::Object(id) = find(provider, target, &former, patience, 0.0).await? {
                    return Ok((Created::new(id), former.owner.nonce));
                }
            }
            return Err(ProviderError {
                message: eco_format!(
                    "{}; it exists already and does not carry this stack's mark, so it is left alone",
                    error.message
                ),
                ..error
            }
            .into());
        }
        // Nothing was made: with a token or an identity of our own it is safe to ask again.
        if patience.is_over() || patience.rest(patience.pause(1.0)).await == Err(Stopped) {
            return Err(error.into());
        }
    }
}

/// Creates of the address that made something once: what is recorded, and what is suspected.
fn formers(run: &Run, desired: &DesiredResource, request: &Create) -> Vec<Create> {
    let snapshot = &run.snapshot;
    let recorded = snapshot.resources.get(&desired.address).filter(|recorded| recorded.kind == desired.kind);
    let suspects = snapshot
        .suspects
        .values()
        .filter(|suspect| suspect.address == desired.address && suspect.kind == desired.kind)
        .map(|suspect| &suspect.nonce);
    let nonces = recorded.map(|recorded| &recorded.nonce).into_iter().chain(suspects);
    nonces.map(|nonce| Create { owner: run.owner(&desired.address, nonce), ..request.clone() }).collect()
}

/// What a search for the object of an uncertain create came to.
enum Found {
    Object(EcoString),
    Nothing,
    /// The user asked to stop before it was certain.
    Stopped,
}

/// The object an uncertain create made, if there is one: asked again until the quarantine is over.
async fn find(
    provider: &Arc<dyn Provider>,
    target: &Target,
    request: &Create,
    patience: &Patience,
    quarantine: f64,
) -> Result<Found, ProviderError> {
    let mut window = Window::seconds(quarantine);
    loop {
        let found = persistently(patience, || provider.resolve(target, request), |_| {}).await?;
        let found = ours(found, request, provider, target, VISIBLE_WITHIN).await?;
        if let Some(first) = found.into_iter().next() {
            return Ok(Found::Object(first));
        }
        if window.is_over() {
            return Ok(Found::Nothing);
        }
        if patience.rest(patience.pause(window.next_pause())).await == Err(Stopped) {
            return Ok(Found::Stopped);
        }
    }
}

/// Brings a new object to what was written and waits until it is ready.
#[expect(clippy::too_many_arguments, reason = "each is another part of one step")]
async fn complete(
    run: &Run,
    lease: &Lease<'_>,
    desired: &DesiredResource,
    provider: &Arc<dyn Provider>,
    created: &Created,
    request: &Create,
    declared: &Declaration,
    patience: &Patience,
) -> Result<Live, StepError> {
    let target = &desired.place.target;
    let address = &desired.address;
    if let Some(monitor) = &created.monitor {
        run.follow(address, provider, target, monitor, patience).await?;
    }
    let id = &created.id;
    let waiting = |error: &ProviderError| run.waiting(address, &error.code);
    lease.insistently(patience, || provider.configure(target, id, request), waiting).await?;
    let fields = run.fields(address, &request.inputs);
    let awaited = Awaited { target, kind: &desired.kind, id, fields, poll: declared.timings.poll as f64 };
    Ok(until_ready(&run.reads, &awaited, patience, |state| run.waiting(address, state)).await?)
}
