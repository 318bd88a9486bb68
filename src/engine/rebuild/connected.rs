//! Objects without tags are found by what they connect: something that is ours, in the way the source says.

use std::collections::BTreeSet;
use std::sync::Arc;

use cairn_provider::object::Observed;
use cairn_provider::provider::Provider;
use cairn_provider::request::{Interest, ReadSet};
use cairn_provider::schema::TypeSchema;
use ecow::EcoString;

use super::{Found, Proposed, remembered};
use crate::engine::Clouds;
use crate::engine::call::{Patience, persistently};
use crate::engine::compare::{Planned, Subject, differences, wanted};
use crate::engine::known::World;
use crate::engine::mask::StackKey;
use crate::engine::observe::{observe, patiently};
use crate::model::Address;
use crate::model::desired::{DesiredResource, DesiredStack};
use crate::state::Snapshot;

/// Finds what is missing and carries no marks: of each, the only object that is as the source wants it and stands on
/// something that was found. What is found is remembered like everything else.
pub async fn connect(
    proposed: &mut Proposed,
    desired: &DesiredStack,
    clouds: &Clouds,
    key: &StackKey,
    sources: &(dyn Fn(&Address) -> EcoString + Sync),
) {
    loop {
        let snapshot = Snapshot { resources: proposed.resources.clone(), ..Snapshot::default() };
        let observations = observe(&snapshot, desired, clouds, 0.0).await;
        let mut world = World::default();
        for (address, observed) in &observations.objects {
            if let Observed::Present(live) = observed {
                world.insert(address.clone(), live.attributes.clone());
            }
        }
        let mut found = Vec::new();
        for address in &proposed.missing {
            let Some(resource) = desired.resources.get(address) else { continue };
            let stands =
                resource.needs.iter().any(|need| !need.order_only && proposed.resources.contains_key(&need.address));
            let Some(schema) = clouds.catalogue.get(&resource.kind).filter(|schema| stands && schema.tags.is_none())
            else {
                continue;
            };
            let Some(provider) = clouds.of_kind(&resource.kind) else { continue };
            if let Some(id) = only(provider, resource, schema, &world, key).await {
                found.push((address.clone(), id));
            }
        }
        if found.is_empty() {
            return;
        }
        for (address, id) in found {
            let Some(resource) = desired.resources.get(&address) else { continue };
            let owner = cairn_provider::object::Ownership {
                stack: EcoString::new(),
                address: address.as_str().into(),
                nonce: EcoString::new(),
            };
            let object = Found { kind: resource.kind.clone(), id, target: resource.place.target.clone(), owner };
            let recorded = remembered(&object, &address, desired, sources(&address));
            proposed.missing.retain(|missing| *missing != address);
            proposed.resources.insert(address, recorded);
        }
    }
}

/// The only object that is as a resource wants it; nothing if there is none, or several, or if it cannot be said.
async fn only(
    provider: &Arc<dyn Provider>,
    resource: &DesiredResource,
    schema: &TypeSchema,
    world: &World,
    key: &StackKey,
) -> Option<EcoString> {
    let subject = Subject { desired: resource, schema, recorded: None, observed: None, source: EcoString::new() };
    let wanted = wanted(&subject, world);
    if wanted.is_empty() || wanted.values().any(|value| !matches!(value, Planned::Known(_))) {
        return None;
    }
    let target = &resource.place.target;
    let patience = Patience::seconds(120, provider.tempo());
    let ids = persistently(&patience, || provider.list(target, &resource.kind), |_| {}).await.ok()?;
    let fields: BTreeSet<EcoString> = resource.inputs.keys().cloned().collect();
    let set = ids.iter().map(|id| (id.clone(), Interest::Fields(fields.clone()))).collect();
    let set = ReadSet::from([(resource.kind.clone(), set)]);
    let readings = patiently(provider, target, set, &BTreeSet::new(), 0.0).await;
    let mut alike = ids.into_iter().filter(|id| match readings.get(&resource.kind, id) {
        Some(Observed::Present(live)) => {
            differences(schema, &wanted, live, None, &resource.options.ignore, key).is_empty()
        }
        Some(Observed::Absent | Observed::Unreadable(_)) | None => false,
    });
    let first = alike.next()?;
    alike.next().is_none().then_some(first)
}
