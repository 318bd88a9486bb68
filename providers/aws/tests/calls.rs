//! Reads of many objects make no more calls than the service needs for them.
#![cfg(feature = "native")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests fail loudly")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use cairn_aws::Aws;
use cairn_conformance::emulator::{Emulator, Kind};
use cairn_provider::object::{Observed, Ownership};
use cairn_provider::provider::Provider;
use cairn_provider::request::{Create, Delete, Interest, ReadSet, Target};
use cairn_provider::value::from_json;
use ecow::EcoString;
use serde_json::{Value as Json, json};

/// An emulator, and what was made on it by type.
struct Place {
    _emulator: Emulator,
    environment: SdkConfig,
    target: Target,
    made: BTreeMap<EcoString, Vec<EcoString>>,
}

impl Place {
    async fn start() -> Self {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let emulator = Emulator::start(Kind::Moto, &repository).unwrap();
        let environment = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(cairn_aws::native::connect::http())
            .endpoint_url(emulator.url())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .load()
            .await;
        let settings = BTreeMap::from([("region".into(), "eu-central-1".into())]);
        let target = Target { cloud: "aws".into(), settings };
        Self { _emulator: emulator, environment, target, made: BTreeMap::new() }
    }

    fn cloud(&self) -> Aws {
        Aws::in_environment(Arc::new(cairn_aws::catalogue()), self.environment.clone())
    }

    async fn make(&mut self, kind: &str, inputs: Json) -> String {
        let ids = self.made.entry(kind.into()).or_default();
        let token: EcoString = format!("{kind}-{}", ids.len()).into();
        let owner = Ownership { stack: "calls".into(), address: token.clone(), nonce: token.clone() };
        let inputs = from_json(&inputs).as_map().unwrap().clone();
        let request = Create { kind: kind.into(), inputs, owner, token };
        let cloud = Aws::in_environment(Arc::new(cairn_aws::catalogue()), self.environment.clone());
        let id = cloud.create(&self.target, &request).await.unwrap().id;
        ids.push(id.clone());
        id.into()
    }

    /// Reads everything of some types, of which only some fields matter; what is absent, and the calls.
    async fn read(&self, kinds: &[&str], fields: &[&str]) -> (usize, BTreeMap<String, u64>) {
        let cloud = self.cloud();
        let interest = Interest::Fields(fields.iter().map(|field| (*field).into()).collect());
        let mut wanted = ReadSet::new();
        for (kind, ids) in self.made.iter().filter(|(kind, _)| kinds.contains(&kind.as_str())) {
            wanted.insert(kind.clone(), ids.iter().map(|id| (id.clone(), interest.clone())).collect());
        }
        let mut readings = cloud.read(&self.target, &wanted).await;
        let mut absent = 0;
        for (kind, ids) in &wanted {
            for id in ids.keys() {
                match readings.take(kind, id).unwrap() {
                    Observed::Present(_) => {}
                    Observed::Absent => absent += 1,
                    Observed::Unreadable(error) => panic!("{kind} {id}: {error}"),
                }
            }
        }
        (absent, cloud.calls())
    }
}

fn calls(expected: &[(&str, u64)]) -> BTreeMap<String, u64> {
    expected.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
}

#[tokio::test]
async fn networks_are_read_by_the_page() {
    let mut place = Place::start().await;
    let vpc = place.make("aws.ec2.Vpc", json!({ "cidr_block": "10.0.0.0/16" })).await;
    place.make("aws.ec2.Vpc", json!({ "cidr_block": "10.1.0.0/16" })).await;
    for index in 0..25 {
        let inputs = json!({ "vpc": vpc, "cidr_block": format!("10.0.{index}.0/24"), "tags": { "Name": "x" } });
        place.make("aws.ec2.Subnet", inputs).await;
    }
    for index in 0..45 {
        let name = format!("group-{index}");
        let inputs = json!({ "vpc": vpc, "group_name": name, "group_description": "many" });
        let group = place.make("aws.ec2.SecurityGroup", inputs).await;
        for port in [80, 443] {
            let network = json!({ "group": group, "ip_protocol": "tcp", "from_port": port, "to_port": port, "cidr_ip": "10.0.0.0/8" });
            place.make("aws.ec2.SecurityGroupIngress", network).await;
        }
    }
    let kinds = ["aws.ec2.Subnet", "aws.ec2.SecurityGroup", "aws.ec2.SecurityGroupIngress"];
    let expected =
        [("ec2.DescribeSecurityGroupRules", 1), ("ec2.DescribeSecurityGroups", 1), ("ec2.DescribeSubnets", 1)];
    assert_eq!(place.read(&kinds, &["vpc", "cidr_block", "group", "tags"]).await, (0, calls(&expected)));
    let expected = [("ec2.DescribeNetworkAcls", 1), ("ec2.DescribeSecurityGroups", 1), ("ec2.DescribeVpcs", 1)];
    let fields = ["default_network_acl", "default_security_group"];
    assert_eq!(place.read(&["aws.ec2.Vpc"], &fields).await, (0, calls(&expected)));
}

#[tokio::test]
async fn balancing_is_read_by_the_page() {
    let mut place = Place::start().await;
    let vpc = place.make("aws.ec2.Vpc", json!({ "cidr_block": "10.0.0.0/16" })).await;
    let mut subnets = Vec::new();
    for (index, zone) in ["eu-central-1a", "eu-central-1b"].into_iter().enumerate() {
        let inputs = json!({ "vpc": vpc, "cidr_block": format!("10.0.{index}.0/24"), "availability_zone": zone });
        subnets.push(place.make("aws.ec2.Subnet", inputs).await);
    }
    for index in 0..30 {
        let name = format!("pool-{index}");
        place.make("aws.elbv2.TargetGroup", json!({ "name": name, "vpc": vpc, "protocol": "HTTP", "port": 80 })).await;
    }
    let fixed = json!([{ "type": "fixed-response", "fixed_response_config": { "status_code": "404" } }]);
    for index in 0..3 {
        let inputs = json!({ "name": format!("alb-{index}"), "subnets": subnets });
        let balancer = place.make("aws.elbv2.LoadBalancer", inputs).await;
        let inputs = json!({ "load_balancer": balancer, "protocol": "HTTP", "port": 80, "default_actions": fixed });
        let listener = place.make("aws.elbv2.Listener", inputs).await;
        for priority in [1, 2] {
            let path =
                json!({ "field": "path-pattern", "path_pattern_config": { "values": [format!("/{priority}")] } });
            let inputs = json!({ "listener": listener, "priority": priority, "conditions": [path], "actions": fixed });
            place.make("aws.elbv2.ListenerRule", inputs).await;
        }
    }
    // Tags come for twenty ARNs at a time, and not at all where nobody asks for them.
    let groups = ["aws.elbv2.TargetGroup"];
    let listed = ("elbv2.DescribeTargetGroups", 1);
    assert_eq!(place.read(&groups, &["port"]).await, (0, calls(&[listed])));
    assert_eq!(place.read(&groups, &["port", "tags"]).await, (0, calls(&[listed, ("elbv2.DescribeTags", 2)])));
    let attributes = ("elbv2.DescribeTargetGroupAttributes", 30);
    assert_eq!(place.read(&groups, &["target_group_attributes"]).await, (0, calls(&[listed, attributes])));
    assert_eq!(
        place.read(&["aws.elbv2.LoadBalancer"], &["subnets"]).await,
        (0, calls(&[("elbv2.DescribeLoadBalancers", 1)]))
    );
    // Listeners and rules of several parents are asked for together.
    let both = ["aws.elbv2.Listener", "aws.elbv2.ListenerRule"];
    let expected = [("elbv2.DescribeListeners", 1), ("elbv2.DescribeRules", 1)];
    assert_eq!(place.read(&both, &["actions"]).await, (0, calls(&expected)));
    // One that is gone fails the common call: then each parent is asked.
    let gone = place.made.get("aws.elbv2.ListenerRule").unwrap().first().unwrap().clone();
    let request = Delete { kind: "aws.elbv2.ListenerRule".into(), id: gone, inputs: BTreeMap::new() };
    place.cloud().delete(&place.target, &request).await.unwrap();
    let (absent, _) = place.read(&both, &["actions"]).await;
    assert_eq!(absent, 1);
}
