//! Look-ups, tried by the real SDK over HTTP against an emulator: one test for each type.
#![cfg(feature = "native")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests fail loudly"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use cairn_conformance::emulator::{Emulator, Kind};
use cairn_provider::object::Live;
use cairn_provider::provider::Provider;
use cairn_provider::request::{LookUp, Target};
use cairn_provider::value::{Map, Value};

/// An emulator, and the provider that talks to it.
struct Place {
    provider: cairn_aws::Aws,
    runtime: tokio::runtime::Runtime,
    _emulator: Emulator,
}

fn place(kind: Kind) -> Place {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let emulator = Emulator::start(kind, &repository).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let loading = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(cairn_aws::native::connect::http())
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .endpoint_url(emulator.url())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .load();
    let environment = runtime.block_on(loading);
    let provider = cairn_aws::Aws::in_environment(Arc::new(cairn_aws::catalogue()), environment);
    Place { provider, runtime, _emulator: emulator }
}

impl Place {
    fn find(&self, kind: &str, conditions: &[(&str, Value)]) -> Vec<Live> {
        let settings = BTreeMap::from([("region".into(), "eu-central-1".into())]);
        let target = Target { cloud: "aws".into(), settings };
        let conditions: Map = conditions.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        let request = LookUp { kind: kind.into(), conditions };
        self.runtime.block_on(self.provider.look_up(&target, &request)).unwrap()
    }
}

fn texts<'a>(found: &'a [Live], field: &str) -> Vec<&'a str> {
    found.iter().map(|live| live.attributes[field].as_text().unwrap()).collect()
}

#[test]
fn availability_zones() {
    let moto = place(Kind::Moto);
    let kind = "aws.ec2.AvailabilityZone";
    let all = moto.find(kind, &[("state", "available".into()), ("zone_type", "availability-zone".into())]);
    assert_eq!(texts(&all, "zone_name"), ["eu-central-1a", "eu-central-1b", "eu-central-1c"]);
    let one = moto.find(kind, &[("zone_id", "euc1-az3".into())]);
    assert_eq!(texts(&one, "zone_name"), ["eu-central-1c"]);
    assert_eq!(texts(&one, "state"), ["available"]);
    assert_eq!(texts(&one, "region_name"), ["eu-central-1"]);
    assert!(moto.find(kind, &[("zone_name", "eu-central-1z".into())]).is_empty());
}

#[test]
fn prefix_lists() {
    let moto = place(Kind::Moto);
    let kind = "aws.ec2.PrefixList";
    let name = "com.amazonaws.global.cloudfront.origin-facing";
    let one = moto.find(kind, &[("prefix_list_name", name.into())]);
    assert_eq!(texts(&one, "prefix_list_name"), [name]);
    assert_eq!(texts(&one, "owner_id"), ["AWS"]);
    assert!(one[0].id.starts_with("pl-"));
    assert!(one[0].attributes["entries"].as_list().unwrap().len() > 5);
    let ipv6 = moto.find(kind, &[("owner_id", "AWS".into()), ("address_family", "IPv6".into())]);
    assert_eq!(texts(&ipv6, "prefix_list_name"), ["com.amazonaws.eu-central-1.ipv6.vpc-lattice"]);
    assert!(moto.find(kind, &[("prefix_list_name", "none".into())]).is_empty());
}

#[test]
fn security_groups() {
    let moto = place(Kind::Moto);
    let found = moto.find("aws.ec2.SecurityGroup", &[("group_name", "default".into())]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].attributes["id"], found[0].attributes["group_id"]);
}
