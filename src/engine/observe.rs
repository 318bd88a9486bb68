//! What is there: everything recorded, read from the clouds in batches.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::Observed;
use cairn_provider::request::{Interest, ReadSet, Target};
use ecow::EcoString;

use super::Clouds;
use crate::model::Address;
use crate::model::desired::DesiredStack;
use crate::state::{Recorded, Snapshot};

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

/// Reads everything that is recorded, and of it what was written, is wanted, or is used by others. Each identity gets an
/// answer.
pub async fn observe(snapshot: &Snapshot, desired: &DesiredStack, clouds: &Clouds) -> Observations {
    let used = used(desired);
    let mut wanted: BTreeMap<Target, ReadSet> = BTreeMap::new();
    let mut owners: Vec<(Target, EcoString, EcoString, Owner)> = Vec::new();
    for (address, recorded) in &snapshot.resources {
        let mut fields = used.get(address).cloned().unwrap_or_default();
        fields.extend(recorded.inputs.keys().cloned());
        fields.extend(desired.resources.get(address).into_iter().flat_map(|resource| resource.inputs.keys().cloned()));
        note(&mut wanted, recorded, fields);
        let owner = Owner::Current(address.clone());
        owners.push((recorded.target.clone(), recorded.kind.clone(), recorded.id.clone(), owner));
    }
    for (address, recorded) in &snapshot.deposed {
        note(&mut wanted, recorded, BTreeSet::new());
        let owner = Owner::Deposed(address.clone(), recorded.id.clone());
        owners.push((recorded.target.clone(), recorded.kind.clone(), recorded.id.clone(), owner));
    }
    let mut answers = BTreeMap::new();
    let mut reading = tokio::task::JoinSet::new();
    for (target, set) in wanted {
        match clouds.provider(&target.cloud) {
            Some(provider) => {
                let provider = std::sync::Arc::clone(provider);
                reading.spawn(async move {
                    let readings = provider.read(&target, &set).await;
                    (target, readings)
                });
            }
            None => {
                answers.insert(target, cairn_provider::request::Readings::default());
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

/// The attributes of each object that others use: in their fields, in outputs, in assertions.
pub fn used(desired: &DesiredStack) -> BTreeMap<Address, BTreeSet<EcoString>> {
    let mut used: BTreeMap<Address, BTreeSet<EcoString>> = BTreeMap::new();
    let fields = desired.resources.values().flat_map(|resource| resource.inputs.values().map(|field| &field.value));
    let outputs = desired.outputs.values().map(|output| &output.value);
    let assertions = desired.assertions.iter().flat_map(|assertion| [&assertion.condition, &assertion.message]);
    for residual in fields.chain(outputs).chain(assertions) {
        residual.attributes(&mut |attribute| {
            if let Some(field) = attribute.path.first() {
                used.entry(attribute.address.clone()).or_default().insert(field.clone());
            }
        });
    }
    used
}

fn note(wanted: &mut BTreeMap<Target, ReadSet>, recorded: &Recorded, fields: BTreeSet<EcoString>) {
    let of_kind = wanted.entry(recorded.target.clone()).or_default().entry(recorded.kind.clone()).or_default();
    let interest = Interest::Fields(fields);
    let joined = match of_kind.remove(&recorded.id) {
        Some(already) => already.join(interest),
        None => interest,
    };
    of_kind.insert(recorded.id.clone(), joined);
}

fn unanswered(kind: &str) -> ProviderError {
    ProviderError::new(ErrorClass::Refused, "NotAnswered", "read", format!("this build cannot read {kind}"))
}
