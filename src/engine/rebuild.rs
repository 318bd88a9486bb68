//! After the state was lost: what carries marks in the cloud says which object belongs to which address.

mod connected;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cairn_provider::error::ProviderError;
use cairn_provider::object::{Observed, Ownership};
use cairn_provider::provider::Provider;
use cairn_provider::request::{Interest, ReadSet, Target};
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::Map;
use ecow::EcoString;

use super::Clouds;
use super::call::{Patience, persistently};
use super::observe::patiently;
use crate::model::Address;
use crate::model::desired::DesiredStack;
use crate::state::Recorded;

pub use self::connected::connect;

/// An object with marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its type.
    pub kind: EcoString,
    /// Its identity.
    pub id: EcoString,
    /// Where it lives.
    pub target: Target,
    /// Its marks.
    pub owner: Ownership,
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Survey {
    /// Everything with marks, whosever it is.
    pub found: Vec<Found>,
    /// What could not be listed or read, and why.
    pub unreadable: Vec<(EcoString, ProviderError)>,
}

/// The types whose objects carry marks, among those the clouds can manage.
pub fn findable(clouds: &Clouds) -> Vec<&'static str> {
    let managed = |kind: &&str| clouds.of_kind(kind).is_some_and(|provider| provider.declaration(kind).is_some());
    clouds.catalogue.names().filter(managed).filter(|kind| has_marks(clouds, kind)).collect()
}

/// Whether objects of a type carry marks.
pub fn has_marks(clouds: &Clouds, kind: &str) -> bool {
    clouds.catalogue.get(kind).is_some_and(|schema| schema.tags.is_some())
}

/// Lists every type whose objects carry marks, everywhere.
pub async fn survey(clouds: &Clouds, targets: &BTreeSet<Target>, window: f64) -> Survey {
    let mut survey = Survey::default();
    let kinds = findable(clouds);
    for target in targets {
        let Some(provider) = clouds.provider(&target.cloud) else { continue };
        let of_cloud = kinds.iter().filter(|kind| kind.split('.').next() == Some(target.cloud.as_str()));
        for kind in of_cloud {
            let Some(schema) = clouds.catalogue.get(kind) else { continue };
            match marked(provider, target, schema, window, &mut survey.unreadable).await {
                Ok(found) => survey.found.extend(found),
                Err(error) => survey.unreadable.push(((*kind).into(), error)),
            }
        }
    }
    survey
}

/// The objects of a type that carry marks.
async fn marked(
    provider: &Arc<dyn Provider>,
    target: &Target,
    schema: &TypeSchema,
    window: f64,
    unreadable: &mut Vec<(EcoString, ProviderError)>,
) -> Result<Vec<Found>, ProviderError> {
    let patience = Patience::seconds(120, provider.tempo());
    let kind = &schema.name;
    let ids = persistently(&patience, || provider.list(target, kind), |_| {}).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let tags: BTreeSet<EcoString> = schema.tags.iter().cloned().collect();
    let wanted = ids.iter().map(|id| (id.clone(), Interest::Fields(tags.clone()))).collect();
    let wanted = ReadSet::from([(kind.clone(), wanted)]);
    let readings = patiently(provider, target, wanted, &BTreeSet::new(), window).await;
    let mut found = Vec::new();
    for id in ids {
        match readings.get(kind, &id) {
            Some(Observed::Present(live)) => {
                let owner = live.owner.clone().filter(|owner| !owner.stack.is_empty() && !owner.address.is_empty());
                found.extend(owner.map(|owner| Found { kind: kind.clone(), id, target: target.clone(), owner }));
            }
            Some(Observed::Unreadable(error)) => unreadable.push((kind.clone(), error.clone())),
            Some(Observed::Absent) | None => {}
        }
    }
    Ok(found)
}

/// What a new state would hold.
#[derive(Debug, Default)]
pub struct Proposed {
    /// By address.
    pub resources: BTreeMap<Address, Recorded>,
    /// Addresses that several objects are marked with, and none of them was chosen.
    pub conflicts: BTreeMap<Address, Vec<Found>>,
    /// Addresses that the source declares and of which nothing was found.
    pub missing: Vec<Address>,
}

/// How many objects each state has marked.
pub fn lineages(found: &[Found]) -> BTreeMap<EcoString, usize> {
    let mut lineages = BTreeMap::new();
    for found in once(found, &DesiredStack::default()) {
        *lineages.entry(found.owner.stack.clone()).or_default() += 1;
    }
    lineages
}

/// Puts together what belongs to one state. Of several objects of one address, one that is named is meant.
pub fn propose(
    found: &[Found],
    lineage: &str,
    named: &[String],
    desired: &DesiredStack,
    sources: &(dyn Fn(&Address) -> EcoString + Sync),
) -> Proposed {
    let mut by_address: BTreeMap<Address, Vec<Found>> = BTreeMap::new();
    for found in once(found, desired).into_iter().filter(|found| found.owner.stack == lineage) {
        by_address.entry(Address::from_text(&found.owner.address)).or_default().push(found);
    }
    let mut proposed = Proposed::default();
    for (address, mut objects) in by_address {
        if objects.len() > 1 && objects.iter().filter(|found| named.iter().any(|id| found.id == *id)).count() == 1 {
            objects.retain(|found| named.iter().any(|id| found.id == *id));
        }
        match objects.as_slice() {
            [only] => {
                let source = sources(&address);
                proposed.resources.insert(address.clone(), remembered(only, &address, desired, source));
            }
            _ => {
                proposed.conflicts.insert(address, objects);
            }
        }
    }
    let known =
        |address: &&Address| !proposed.resources.contains_key(*address) && !proposed.conflicts.contains_key(*address);
    proposed.missing = desired.resources.keys().filter(known).cloned().collect();
    proposed
}

/// Each object once: what has no region is listed in all of them, and lives where the source says.
fn once(found: &[Found], desired: &DesiredStack) -> Vec<Found> {
    let mut once: BTreeMap<(EcoString, EcoString), Found> = BTreeMap::new();
    for found in found {
        let wanted = desired.resources.get(&Address::from_text(&found.owner.address));
        let at_home = wanted.is_some_and(|wanted| wanted.place.target == found.target);
        let key = (found.kind.clone(), found.id.clone());
        if at_home || !once.contains_key(&key) {
            once.insert(key, found.clone());
        }
    }
    once.into_values().collect()
}

/// What is remembered of an object whose marks are all that is known. What was last written is not, so the next plan
/// compares all that is wanted with what is there.
fn remembered(found: &Found, address: &Address, desired: &DesiredStack, source: EcoString) -> Recorded {
    let wanted = desired.resources.get(address).filter(|wanted| wanted.kind == found.kind);
    Recorded {
        kind: found.kind.clone(),
        id: found.id.clone(),
        target: found.target.clone(),
        inputs: Map::new(),
        needs: wanted.into_iter().flat_map(|wanted| &wanted.needs).map(|need| need.address.clone()).collect(),
        // Whether it was protected is lost; what nobody declares may have been.
        protect: wanted.is_none_or(|wanted| wanted.options.protect.unwrap_or(false)),
        incomplete: false,
        nonce: found.owner.nonce.clone(),
        source,
    }
}
