//! What is there: everything recorded, read from the clouds in batches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::Observed;
use cairn_provider::provider::Provider;
use cairn_provider::request::{Interest, ReadSet, Readings, Target};
use ecow::EcoString;
use tokio::time::sleep;

use super::Clouds;
use super::adopt::adoption;
use super::call::{Patience, Window, repeatable};
use crate::model::Address;
use crate::model::desired::DesiredStack;
use crate::model::policy::Standing;
use crate::state::Snapshot;

/// What was observed.
#[derive(Debug, Default)]
pub struct Observations {
    /// By address, of what is recorded.
    pub objects: BTreeMap<Address, Observed>,
    /// By address and identity, of what was replaced and is not gone.
    pub deposed: BTreeMap<(Address, EcoString), Observed>,
}

/// Which object a reading belongs to.
enum Owner {
    Current(Address),
    Deposed(Address, EcoString),
}

/// For how long an object counts as new, in seconds: one that some reads may not see yet.
pub const YOUNG: u64 = 900;

/// Reads everything that is recorded, and of it what was written, is wanted, or is used by others. Each identity gets an
/// answer.
///
/// What is new or was left unfinished may not be visible yet: it is looked for until `window` seconds of the cloud's time
/// are over. `now` is in seconds since 1970.
pub async fn observe(
    snapshot: &Snapshot,
    desired: &DesiredStack,
    clouds: &Clouds,
    window: f64,
    now: u64,
) -> Observations {
    let used = used(desired);
    let mut wanted: BTreeMap<Target, ReadSet> = BTreeMap::new();
    let mut owners: Vec<(Target, EcoString, EcoString, Owner)> = Vec::new();
    let mut unfinished: BTreeMap<Target, BTreeSet<(EcoString, EcoString)>> = BTreeMap::new();
    for (address, recorded) in &snapshot.resources {
        if recorded.incomplete || now < recorded.made.saturating_add(YOUNG) {
            let of_target = unfinished.entry(recorded.target.clone()).or_default();
            of_target.insert((recorded.kind.clone(), recorded.id.clone()));
        }
        let mut fields = used.get(address).cloned().unwrap_or_default();
        fields.extend(recorded.inputs.keys().cloned());
        fields.extend(desired.resources.get(address).into_iter().flat_map(|resource| resource.inputs.keys().cloned()));
        let moved = desired.resources.get(address).is_some_and(|resource| !resource.options.was.is_empty());
        if moved || desired.forgets(address) {
            fields.extend(tags(clouds, &recorded.kind));
        }
        want(wanted.entry(recorded.target.clone()).or_default(), &recorded.kind, &recorded.id, fields);
        let owner = Owner::Current(address.clone());
        owners.push((recorded.target.clone(), recorded.kind.clone(), recorded.id.clone(), owner));
    }
    for resource in desired.resources.values() {
        let Some(adoption) = adoption(resource, snapshot) else { continue };
        let mut fields = used.get(&resource.address).cloned().unwrap_or_default();
        fields.extend(resource.inputs.keys().cloned());
        fields.extend(tags(clouds, &resource.kind));
        let target = &resource.place.target;
        want(wanted.entry(target.clone()).or_default(), &resource.kind, &adoption.id, fields);
        let owner = Owner::Current(resource.address.clone());
        owners.push((target.clone(), resource.kind.clone(), adoption.id.clone(), owner));
    }
    for (address, recorded) in &snapshot.deposed {
        want(wanted.entry(recorded.target.clone()).or_default(), &recorded.kind, &recorded.id, BTreeSet::new());
        let owner = Owner::Deposed(address.clone(), recorded.id.clone());
        owners.push((recorded.target.clone(), recorded.kind.clone(), recorded.id.clone(), owner));
    }
    let mut answers = BTreeMap::new();
    let mut reading = tokio::task::JoinSet::new();
    for (target, set) in wanted {
        match clouds.provider(&target.cloud) {
            Some(provider) => {
                let provider = Arc::clone(provider);
                let fresh = unfinished.remove(&target).unwrap_or_default();
                reading.spawn(async move {
                    let readings = patiently(&provider, &target, set, &fresh, window).await;
                    (target, readings)
                });
            }
            None => {
                answers.insert(target, Readings::default());
            }
        }
    }
    while let Some(read) = reading.join_next().await {
        // A reader that panicked leaves its objects unreadable, not absent.
        if let Ok((target, readings)) = read {
            answers.insert(target, readings);
        }
    }
    let mut observations = Observations::default();
    for (target, kind, id, owner) in owners {
        let observed = answers
            .get_mut(&target)
            .and_then(|readings| readings.get(&kind, &id).cloned())
            .unwrap_or_else(|| Observed::Unreadable(unanswered(&kind)));
        match owner {
            Owner::Current(address) => {
                observations.objects.insert(address, observed);
            }
            Owner::Deposed(address, id) => {
                observations.deposed.insert((address, id), observed);
            }
        }
    }
    observations
}

/// The field that holds the tags of a type: marks are put among them, and taken away.
fn tags(clouds: &Clouds, kind: &str) -> Option<EcoString> {
    clouds.catalogue.get(kind)?.tags.clone()
}

/// For how long reads are repeated that a cloud did not serve, in seconds.
const SERVED_WITHIN: u64 = 120;

/// Reads, and reads again what the cloud was too busy to answer, and what is too new to be known as absent. That
/// something is absent is believed when it was said twice.
pub async fn patiently(
    provider: &Arc<dyn Provider>,
    target: &Target,
    mut wanted: ReadSet,
    fresh: &BTreeSet<(EcoString, EcoString)>,
    window: f64,
) -> Readings {
    let patience = Patience::seconds(SERVED_WITHIN, provider.tempo());
    let mut window = Window::seconds(window);
    let mut readings = Readings::default();
    let mut missed: BTreeSet<(EcoString, EcoString)> = BTreeSet::new();
    loop {
        let answers = provider.read(target, &wanted).await;
        let mut unseen = false;
        for (kind, ids) in &mut wanted {
            ids.retain(|id, _| match answers.get(kind, id) {
                Some(Observed::Unreadable(error)) => repeatable(error.class) && !patience.is_over(),
                Some(Observed::Absent) => {
                    unseen = true;
                    let object = (kind.clone(), id.clone());
                    (fresh.contains(&object) && !window.is_over()) || missed.insert(object)
                }
                Some(Observed::Present(_)) | None => false,
            });
        }
        readings.extend(answers);
        wanted.retain(|_, ids| !ids.is_empty());
        if wanted.is_empty() {
            return readings;
        }
        let pause = if unseen { window.next_pause() } else { window.unanswered_pause() };
        sleep(patience.pause(pause)).await;
    }
}

/// The attributes of each object that others use: in their fields, in outputs, in assertions, in policies.
pub fn used(desired: &DesiredStack) -> BTreeMap<Address, BTreeSet<EcoString>> {
    let mut used: BTreeMap<Address, BTreeSet<EcoString>> = BTreeMap::new();
    let policies = desired.judgement.findings.iter().filter_map(|finding| match &finding.standing {
        Standing::Undecided(condition) => Some(condition),
        Standing::Violated | Standing::Waived(_) => None,
    });
    for residual in desired.residuals().chain(policies) {
        residual.attributes(&mut |attribute| {
            if let Some(field) = attribute.path.first() {
                used.entry(attribute.address.clone()).or_default().insert(field.clone());
            }
        });
    }
    used
}

/// Adds an object and fields of it to what is read; what is wanted of it already stays wanted.
pub fn want(wanted: &mut ReadSet, kind: &EcoString, id: &EcoString, fields: BTreeSet<EcoString>) {
    let of_kind = wanted.entry(kind.clone()).or_default();
    let interest = Interest::Fields(fields);
    let joined = match of_kind.remove(id) {
        Some(already) => already.join(interest),
        None => interest,
    };
    of_kind.insert(id.clone(), joined);
}

fn unanswered(kind: &str) -> ProviderError {
    ProviderError::new(ErrorClass::Refused, "NotAnswered", "read", format!("this build cannot read {kind}"))
}
