//! Fields of networks that lead to objects of types without a handler: these are made by the SDK, on an emulator.
#![cfg(feature = "native")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests fail loudly"
)]

mod place;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;
use cairn_conformance::emulator::{Emulator, Kind};
use cairn_provider::object::{Live, Observed, Ownership};
use cairn_provider::provider::Provider;
use cairn_provider::request::{Create, Delete, Interest, ReadSet, Target, Update};
use cairn_provider::value::{Map, Value, from_json};
use serde_json::{Value as Json, json};

/// An emulator, the provider on it, and the SDK for what the provider does not make.
struct Place {
    _emulator: Emulator,
    sdk: aws_sdk_ec2::Client,
    provider: cairn_aws::Aws,
    target: Target,
}

impl Place {
    async fn start() -> Self {
        let (emulator, config, provider) = place::start(Kind::Moto).await;
        Self { _emulator: emulator, sdk: aws_sdk_ec2::Client::new(&config), provider, target: place::target() }
    }

    async fn make(&self, kind: &str, inputs: Json) -> Live {
        let owner = Ownership { stack: "test".into(), address: kind.into(), nonce: "nonce".into() };
        let request = Create { kind: kind.into(), inputs: map(&inputs), owner, token: "token".into() };
        let id = self.provider.create(&self.target, &request).await.unwrap().id;
        self.provider.configure(&self.target, &id, &request).await.unwrap();
        self.read(kind, &id).await.unwrap()
    }

    async fn read(&self, kind: &str, id: &str) -> Option<Live> {
        let wanted = ReadSet::from([(kind.into(), BTreeMap::from([(id.into(), Interest::All)]))]);
        match self.provider.read(&self.target, &wanted).await.take(&kind.into(), &id.into()).unwrap() {
            Observed::Present(live) => Some(*live),
            Observed::Absent => None,
            Observed::Unreadable(error) => panic!("{kind} {id}: {error}"),
        }
    }

    async fn update(&self, kind: &str, live: &Live, inputs: Json, changed: &[&str]) -> Live {
        let request = Update {
            kind: kind.into(),
            id: live.id.clone(),
            observed: live.attributes.clone(),
            inputs: map(&inputs),
            changed: changed.iter().map(|field| (*field).into()).collect::<BTreeSet<_>>(),
            owner: Ownership { stack: "test".into(), address: kind.into(), nonce: "nonce".into() },
            token: "token".into(),
        };
        self.provider.update(&self.target, &request).await.unwrap();
        self.read(kind, &live.id).await.unwrap()
    }

    async fn delete(&self, kind: &str, live: &Live, inputs: Json) {
        let request = Delete { kind: kind.into(), id: live.id.clone(), inputs: map(&inputs) };
        self.provider.delete(&self.target, &request).await.unwrap();
        assert_eq!(self.read(kind, &live.id).await, None);
    }

    async fn vpc(&self, block: &str) -> String {
        text(&self.make("aws.ec2.Vpc", json!({ "cidr_block": block })).await, "vpc_id")
    }

    async fn subnet(&self, vpc: &str) -> String {
        let inputs = json!({ "vpc": vpc, "cidr_block": "10.0.1.0/24" });
        text(&self.make("aws.ec2.Subnet", inputs).await, "subnet_id")
    }

    async fn instance(&self, subnet: &str) -> String {
        let images = self.sdk.describe_images().send().await.unwrap();
        let image = images.images()[0].image_id().unwrap();
        let call = self.sdk.run_instances().image_id(image).min_count(1).max_count(1).subnet_id(subnet);
        call.send().await.unwrap().instances()[0].instance_id().unwrap().to_owned()
    }
}

fn map(json: &Json) -> Map {
    from_json(json).as_map().unwrap().clone()
}

fn text(live: &Live, field: &str) -> String {
    live.attributes.get(field).and_then(Value::as_text).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn addresses_go_from_instance_to_instance() {
    let place = Place::start().await;
    let vpc = place.vpc("10.0.0.0/16").await;
    let igw = text(&place.make("aws.ec2.InternetGateway", json!({})).await, "internet_gateway_id");
    place.make("aws.ec2.VpcGatewayAttachment", json!({ "vpc": vpc, "internet_gateway": igw })).await;
    let subnet = place.subnet(&vpc).await;
    let (one, two) = (place.instance(&subnet).await, place.instance(&subnet).await);
    let kind = "aws.ec2.Eip";
    let ip = place.make(kind, json!({ "instance": one })).await;
    assert_eq!(text(&ip, "instance"), one);
    let ip = place.update(kind, &ip, json!({ "instance": two }), &["instance"]).await;
    assert_eq!(text(&ip, "instance"), two);
    let ip = place.update(kind, &ip, json!({ "instance": null }), &["instance"]).await;
    assert_eq!(text(&ip, "instance"), "");
    let ip = place.update(kind, &ip, json!({ "instance": one }), &["instance"]).await;
    place.delete(kind, &ip, json!({ "instance": one })).await;
}

#[tokio::test]
async fn virtual_private_gateways_are_attached() {
    let place = Place::start().await;
    let vpc = place.vpc("10.0.0.0/16").await;
    let made = place.sdk.create_vpn_gateway().r#type(types::GatewayType::Ipsec1).send().await.unwrap();
    let gateway = made.vpn_gateway().unwrap().vpn_gateway_id().unwrap().to_owned();
    let kind = "aws.ec2.VpcGatewayAttachment";
    let inputs = json!({ "vpc": vpc, "vpn_gateway_id": gateway });
    let attachment = place.make(kind, inputs.clone()).await;
    assert_eq!(attachment.id, format!("VGW|{vpc}"));
    assert_eq!(text(&attachment, "vpn_gateway_id"), gateway);
    assert!(place.provider.list(&place.target, kind).await.unwrap().contains(&attachment.id));
    place.delete(kind, &attachment, inputs).await;
}

#[tokio::test]
async fn routes_lead_everywhere() {
    let place = Place::start().await;
    let (vpc, other) = (place.vpc("10.0.0.0/16").await, place.vpc("10.1.0.0/16").await);
    let subnet = place.subnet(&vpc).await;
    let table = text(&place.make("aws.ec2.RouteTable", json!({ "vpc": vpc })).await, "route_table_id");
    let sdk = &place.sdk;
    let interface = sdk.create_network_interface().subnet_id(&subnet).send().await.unwrap();
    let interface = interface.network_interface().unwrap().network_interface_id().unwrap().to_owned();
    let peering = sdk.create_vpc_peering_connection().vpc_id(&vpc).peer_vpc_id(&other).send().await.unwrap();
    let peering = peering.vpc_peering_connection().unwrap().vpc_peering_connection_id().unwrap().to_owned();
    let transit = sdk.create_transit_gateway().send().await.unwrap();
    let transit = transit.transit_gateway().unwrap().transit_gateway_id().unwrap().to_owned();
    let egress = sdk.create_egress_only_internet_gateway().vpc_id(&vpc).send().await.unwrap();
    let egress = egress.egress_only_internet_gateway().unwrap();
    let egress = egress.egress_only_internet_gateway_id().unwrap().to_owned();
    let carrier = sdk.create_carrier_gateway().vpc_id(&vpc).send().await.unwrap();
    let carrier = carrier.carrier_gateway().unwrap().carrier_gateway_id().unwrap().to_owned();
    let kind = "aws.ec2.Route";
    let four = ("destination_cidr_block", "10.64.0.0/10");
    let targets = [
        ("network_interface", interface, four),
        ("instance", place.instance(&subnet).await, four),
        ("vpc_peering_connection", peering, four),
        ("transit_gateway", transit.clone(), four),
        ("carrier_gateway_id", carrier, four),
        ("egress_only_internet_gateway", egress, ("destination_ipv6_cidr_block", "::/0")),
    ];
    for (field, target, (destination, network)) in &targets {
        let inputs = json!({ "route_table": table, *destination: network, *field: target });
        let route = place.make(kind, inputs.clone()).await;
        assert_eq!(route.id, format!("{table}|{network}"), "{field}");
        assert_eq!(text(&route, field), *target);
        place.delete(kind, &route, inputs).await;
    }
    let list = sdk.create_managed_prefix_list().prefix_list_name("all").address_family("IPv4").max_entries(1);
    let list = list.send().await.unwrap().prefix_list.unwrap().prefix_list_id.unwrap();
    let inputs = json!({ "route_table": table, "destination_prefix_list": list, "transit_gateway": transit });
    let route = place.make(kind, inputs.clone()).await;
    assert_eq!(route.id, format!("{table}|{list}"));
    assert_eq!(text(&route, "destination_prefix_list"), list);
    place.delete(kind, &route, inputs).await;
}

#[tokio::test]
async fn rules_name_prefix_lists_and_stay_apart_from_the_lists_of_their_group() {
    let place = Place::start().await;
    let vpc = place.vpc("10.0.0.0/16").await;
    let list = place.sdk.create_managed_prefix_list().prefix_list_name("all").address_family("IPv4").max_entries(1);
    let list = list.send().await.unwrap().prefix_list.unwrap().prefix_list_id.unwrap();
    let kind = "aws.ec2.SecurityGroup";
    let web = json!({ "ip_protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_ip": "10.0.0.0/8" });
    let listed = json!({ "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "source_prefix_list": list });
    let inputs = json!({ "vpc": vpc, "group_name": "web", "group_description": "web", "security_group_egress": [],
        "security_group_ingress": [web, listed] });
    let group = place.make(kind, inputs.clone()).await;
    assert_eq!(group.attributes["security_group_ingress"].as_list().unwrap().len(), 2);
    let id = text(&group, "group_id");
    for (rule, field) in [
        ("aws.ec2.SecurityGroupIngress", "source_prefix_list"),
        ("aws.ec2.SecurityGroupEgress", "destination_prefix_list"),
    ] {
        let inputs = json!({ "group": id, "ip_protocol": "udp", "from_port": 53, "to_port": 53, field: list });
        let made = place.make(rule, inputs.clone()).await;
        assert_eq!(text(&made, field), list);
        let group = place.read(kind, &id).await.unwrap();
        assert_eq!(group.attributes["security_group_ingress"].as_list().unwrap().len(), 2);
        assert_eq!(group.attributes["security_group_egress"], Value::list([]));
        let emptied = json!({ "security_group_ingress": [], "security_group_egress": [] });
        place.update(kind, &group, emptied, &["security_group_ingress", "security_group_egress"]).await;
        assert!(place.read(rule, &made.id).await.is_some(), "{rule}");
        place.delete(rule, &made, inputs).await;
        let inputs = inputs_of(&group);
        place.update(kind, &group, inputs, &["security_group_ingress"]).await;
    }
    place.delete(kind, &group, inputs).await;
}

/// The rules of a group as they were read, to be written again.
fn inputs_of(group: &Live) -> Json {
    json!({ "security_group_ingress": cairn_provider::value::to_json(&group.attributes["security_group_ingress"]) })
}
