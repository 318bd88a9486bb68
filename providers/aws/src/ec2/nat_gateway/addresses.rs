//! The addresses of NAT gateways: read, added and taken away.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{self, NatGatewayAddress, NatGatewayAddressStatus};
use cairn_provider::error::ProviderError;
use cairn_provider::request::Update;
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use crate::native::codec::{Encode, set, take};
use crate::native::session::Session;

/// The fields that are addresses.
pub const FIELDS: [&str; 4] = [
    "secondary_allocations",
    "secondary_private_ip_addresses",
    "secondary_private_ip_address_count",
    "availability_zone_addresses",
];

records! {
    send types::AvailabilityZoneAddress { allocation_ids as "allocations", availability_zone, availability_zone_id }
}

/// The vendor's word for an address that is being added or taken away, if there is one.
pub fn on_the_way(addresses: &[NatGatewayAddress]) -> Option<EcoString> {
    let states = addresses.iter().filter_map(NatGatewayAddress::status);
    let mut passing = states.filter(|state| {
        matches!(
            state,
            NatGatewayAddressStatus::Assigning
                | NatGatewayAddressStatus::Associating
                | NatGatewayAddressStatus::Disassociating
                | NatGatewayAddressStatus::Unassigning
        )
    });
    passing.next().map(|state| state.as_str().into())
}

/// The addresses that are there or will be; one that could not be added stays visible for a while.
fn standing(addresses: &[NatGatewayAddress]) -> impl Iterator<Item = &NatGatewayAddress> {
    addresses.iter().filter(|address| {
        !matches!(
            address.status(),
            Some(
                NatGatewayAddressStatus::Failed
                    | NatGatewayAddressStatus::Disassociating
                    | NatGatewayAddressStatus::Unassigning
            )
        )
    })
}

/// The first address and the others.
fn parted(addresses: &[NatGatewayAddress]) -> (Option<&NatGatewayAddress>, Vec<&NatGatewayAddress>) {
    let all: Vec<&NatGatewayAddress> = standing(addresses).collect();
    let primary = all.iter().find(|address| address.is_primary() == Some(true)).or_else(|| all.first()).copied();
    let others = all.into_iter().filter(|address| !primary.is_some_and(|primary| std::ptr::eq(primary, *address)));
    (primary, others.collect())
}

/// Reads the addresses of a gateway.
pub fn read(gateway: &types::NatGateway, attributes: &mut Map) {
    let addresses = gateway.nat_gateway_addresses();
    if gateway.availability_mode() == Some(&types::AvailabilityMode::Regional) {
        set(attributes, "availability_zone_addresses", by_zone(addresses));
        return;
    }
    let (primary, others) = parted(addresses);
    let text = |value: Option<&str>| value.map_or(Value::None, Value::text);
    set(attributes, "allocation", text(primary.and_then(NatGatewayAddress::allocation_id)));
    set(attributes, "eni_id", text(primary.and_then(NatGatewayAddress::network_interface_id)));
    set(attributes, "private_ip_address", text(primary.and_then(NatGatewayAddress::private_ip)));
    let allocations = others.iter().filter_map(|address| address.allocation_id());
    set(attributes, "secondary_allocations", Value::list(allocations.map(Value::text)));
    let private = others.iter().filter_map(|address| address.private_ip());
    set(attributes, "secondary_private_ip_addresses", Value::list(private.map(Value::text)));
    let count = i64::try_from(others.len()).unwrap_or(i64::MAX);
    set(attributes, "secondary_private_ip_address_count", Value::Int(count));
}

/// What a regional gateway has in each zone.
fn by_zone(addresses: &[NatGatewayAddress]) -> Value {
    let mut zones: BTreeMap<(Option<&str>, Option<&str>), Vec<&str>> = BTreeMap::new();
    for address in standing(addresses) {
        let zone = zones.entry((address.availability_zone(), address.availability_zone_id())).or_default();
        zone.extend(address.allocation_id());
    }
    Value::list(zones.into_iter().map(|((name, id), allocations)| {
        let mut zone = Map::new();
        set(&mut zone, "availability_zone", name.map_or(Value::None, Value::text));
        set(&mut zone, "availability_zone_id", id.map_or(Value::None, Value::text));
        set(&mut zone, "allocations", Value::list(allocations.into_iter().map(Value::text)));
        Value::from(zone)
    }))
}

/// Brings the addresses of a gateway to what is written: first adds, then takes away.
///
/// # Errors
/// A call fails.
pub async fn bring(session: &Session, request: &Update, there: &[NatGatewayAddress]) -> Result<(), ProviderError> {
    let inputs = &request.inputs;
    if request.changed.contains("availability_zone_addresses") {
        let zones = take::<Vec<types::AvailabilityZoneAddress>>(inputs, "availability_zone_addresses")?;
        bring_zones(session, request, zones.unwrap_or_default(), there).await?;
    }
    let (_, others) = parted(there);
    let private = take::<Vec<String>>(inputs, "secondary_private_ip_addresses")?;
    if request.changed.contains("secondary_allocations") {
        let wanted = take::<Vec<String>>(inputs, "secondary_allocations")?.unwrap_or_default();
        let held: BTreeSet<&str> = others.iter().filter_map(|address| address.allocation_id()).collect();
        let missing: Vec<String> = wanted.iter().filter(|id| !held.contains(id.as_str())).cloned().collect();
        if !missing.is_empty() {
            let taken: BTreeSet<&str> = others.iter().filter_map(|address| address.private_ip()).collect();
            let free = private.clone().map(|all| all.into_iter().filter(|ip| !taken.contains(ip.as_str())).collect());
            let call = session.ec2().associate_nat_gateway_address().nat_gateway_id(request.id.as_str());
            let call = call.set_allocation_ids(Some(missing)).set_private_ip_addresses(free);
            session.write("ec2.AssociateNatGatewayAddress", call.send()).await?;
        }
        let gone = others.iter().filter(|one| one.allocation_id().is_some_and(|id| !wanted.iter().any(|w| w == id)));
        disassociate(session, request, gone.copied()).await?;
        return Ok(());
    }
    if request.changed.contains("secondary_private_ip_addresses")
        && let Some(wanted) = private
    {
        let held: BTreeSet<&str> = others.iter().filter_map(|address| address.private_ip()).collect();
        let missing: Vec<String> = wanted.iter().filter(|ip| !held.contains(ip.as_str())).cloned().collect();
        if !missing.is_empty() {
            let call = session.ec2().assign_private_nat_gateway_address().nat_gateway_id(request.id.as_str());
            let call = call.set_private_ip_addresses(Some(missing));
            session.write("ec2.AssignPrivateNatGatewayAddress", call.send()).await?;
        }
        let surplus = held.into_iter().filter(|ip| !wanted.iter().any(|wanted| wanted == ip));
        return unassign(session, request, surplus.map(str::to_owned).collect()).await;
    }
    if request.changed.contains("secondary_private_ip_address_count") {
        let wanted = take::<i32>(inputs, "secondary_private_ip_address_count")?.unwrap_or(0);
        let held = i32::try_from(others.len()).unwrap_or(i32::MAX);
        if wanted > held {
            let call = session.ec2().assign_private_nat_gateway_address().nat_gateway_id(request.id.as_str());
            let call = call.private_ip_address_count(wanted - held);
            session.write("ec2.AssignPrivateNatGatewayAddress", call.send()).await?;
        }
        let kept = usize::try_from(wanted).unwrap_or(0);
        let surplus = others.iter().skip(kept).filter_map(|address| address.private_ip());
        return unassign(session, request, surplus.map(str::to_owned).collect()).await;
    }
    Ok(())
}

/// The same for a regional gateway.
async fn bring_zones(
    session: &Session,
    request: &Update,
    zones: Vec<types::AvailabilityZoneAddress>,
    there: &[NatGatewayAddress],
) -> Result<(), ProviderError> {
    let held: BTreeSet<&str> = standing(there).filter_map(NatGatewayAddress::allocation_id).collect();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for zone in zones {
        let ids = zone.allocation_ids();
        wanted.extend(ids.iter().cloned());
        let missing: Vec<String> = ids.iter().filter(|id| !held.contains(id.as_str())).cloned().collect();
        if missing.is_empty() {
            continue;
        }
        let call = session.ec2().associate_nat_gateway_address().nat_gateway_id(request.id.as_str());
        let call = call
            .set_allocation_ids(Some(missing))
            .set_availability_zone(zone.availability_zone.clone())
            .set_availability_zone_id(zone.availability_zone_id.clone());
        session.write("ec2.AssociateNatGatewayAddress", call.send()).await?;
    }
    let gone = standing(there).filter(|one| one.allocation_id().is_some_and(|id| !wanted.contains(id)));
    disassociate(session, request, gone).await
}

async fn disassociate(
    session: &Session,
    request: &Update,
    addresses: impl Iterator<Item = &NatGatewayAddress>,
) -> Result<(), ProviderError> {
    let ids: Vec<String> = addresses.filter_map(NatGatewayAddress::association_id).map(str::to_owned).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let call = session.ec2().disassociate_nat_gateway_address().nat_gateway_id(request.id.as_str());
    let call = call.set_association_ids(Some(ids)).set_max_drain_duration_seconds(drain(request)?);
    session.write("ec2.DisassociateNatGatewayAddress", call.send()).await?;
    Ok(())
}

async fn unassign(session: &Session, request: &Update, addresses: Vec<String>) -> Result<(), ProviderError> {
    if addresses.is_empty() {
        return Ok(());
    }
    let call = session.ec2().unassign_private_nat_gateway_address().nat_gateway_id(request.id.as_str());
    let call = call.set_private_ip_addresses(Some(addresses)).set_max_drain_duration_seconds(drain(request)?);
    session.write("ec2.UnassignPrivateNatGatewayAddress", call.send()).await?;
    Ok(())
}

fn drain(request: &Update) -> Result<Option<i32>, ProviderError> {
    let written = request.inputs.get("max_drain_duration_seconds").filter(|value| !value.is_none());
    Ok(written.map(i32::encode).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::{on_the_way, read};
    use aws_sdk_ec2::types::builders::NatGatewayAddressBuilder;
    use aws_sdk_ec2::types::{AvailabilityMode, NatGateway, NatGatewayAddress, NatGatewayAddressStatus};
    use cairn_provider::value::{Map, Value, from_json};
    use serde_json::{Value as Json, json};

    fn address(number: u8) -> NatGatewayAddressBuilder {
        NatGatewayAddress::builder()
            .allocation_id(format!("eipalloc-{number}"))
            .private_ip(format!("10.0.0.{number}"))
            .network_interface_id("eni-1")
            .status(NatGatewayAddressStatus::Succeeded)
    }

    fn expect(gateway: &NatGateway, wanted: &Json) {
        let mut attributes = Map::new();
        read(gateway, &mut attributes);
        assert_eq!(Value::from(attributes), from_json(wanted));
    }

    #[test]
    fn the_first_address_is_told_from_the_others() {
        let failed = address(4).status(NatGatewayAddressStatus::Failed).build();
        let addresses = vec![address(2).build(), address(1).is_primary(true).build(), address(3).build(), failed];
        let gateway = NatGateway::builder().set_nat_gateway_addresses(Some(addresses)).build();
        let wanted = json!({ "allocation": "eipalloc-1", "private_ip_address": "10.0.0.1", "eni_id": "eni-1",
            "secondary_allocations": ["eipalloc-2", "eipalloc-3"],
            "secondary_private_ip_addresses": ["10.0.0.2", "10.0.0.3"], "secondary_private_ip_address_count": 2 });
        expect(&gateway, &wanted);
    }

    #[test]
    fn a_regional_gateway_has_addresses_in_zones() {
        let leaving = address(4).availability_zone("a").status(NatGatewayAddressStatus::Disassociating).build();
        let addresses = vec![
            address(1).availability_zone("a").build(),
            address(2).availability_zone("b").build(),
            address(3).availability_zone("a").build(),
            leaving,
        ];
        assert_eq!(on_the_way(&addresses).as_deref(), Some("disassociating"));
        let gateway = NatGateway::builder().availability_mode(AvailabilityMode::Regional);
        let wanted = json!({ "availability_zone_addresses": [
            { "availability_zone": "a", "allocations": ["eipalloc-1", "eipalloc-3"] },
            { "availability_zone": "b", "allocations": ["eipalloc-2"] },
        ] });
        expect(&gateway.set_nat_gateway_addresses(Some(addresses)).build(), &wanted);
    }
}
