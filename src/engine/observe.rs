//! What is there: everything recorded, read from the clouds in batches.

use std::collections::BTreeMap;

use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::Observed;
use cairn_provider::request::{ReadSet, Target};
use ecow::EcoString;

use super::Clouds;
use crate::model::Address;
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

/// Reads everything that is recorded. Each identity gets an answer.
pub async fn observe(snapshot: &Snapshot, clouds: &Clouds) -> Observations {
    let mut wanted: BTreeMap<Target, ReadSet> = BTreeMap::new();
    let mut owners: Vec<(Target, EcoString, EcoString, Owner)> = Vec::new();
    for (address, recorded) in &snapshot.resources {
        note(&mut wanted, &recorded.target, &recorded.kind, &recorded.id);
        let owner = Owner::Current(address.clone());
        owners.push((recorded.target.clone(), recorded.kind.clone(), recorded.id.clone(), owner));
    }
    for (address, recorded) in &snapshot.deposed {
        note(&mut wanted, &recorded.target, &recorded.kind, &recorded.id);
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

fn note(wanted: &mut BTreeMap<Target, ReadSet>, target: &Target, kind: &EcoString, id: &EcoString) {
    wanted.entry(target.clone()).or_default().entry(kind.clone()).or_default().insert(id.clone());
}

fn unanswered(kind: &str) -> ProviderError {
    ProviderError::new(ErrorClass::Refused, "NotAnswered", "read", format!("this build cannot read {kind}"))
}
