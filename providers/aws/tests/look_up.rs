//! Look-ups that have a way of their own, by the real SDK over HTTP on emulators.
#![cfg(feature = "native")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests fail loudly"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use cairn_aws::Aws;
use cairn_conformance::emulator::{Emulator, Kind};
use cairn_provider::object::{Live, Ownership};
use cairn_provider::provider::Provider;
use cairn_provider::request::{Create, LookUp, Target};
use cairn_provider::value::{Map, Value, from_json};
use serde_json::json;

/// A provider on an emulator of its own.
struct Place {
    aws: Aws,
    _emulator: Emulator,
}

impl Place {
    async fn on(kind: Kind) -> Self {
        let emulator = Emulator::start(kind, &Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
        let environment = environment(&emulator.url()).await;
        Self { aws: Aws::in_environment(Arc::new(cairn_aws::catalogue()), environment), _emulator: emulator }
    }

    async fn made(&self, kind: &str, inputs: serde_json::Value, nonce: &str) -> String {
        let owner = Ownership { stack: "look-up".into(), address: kind.into(), nonce: nonce.into() };
        let token = format!("{nonce:0>32}").into();
        let request = Create { kind: kind.into(), inputs: document(inputs), owner, token };
        let created = self.aws.create(&target(), &request).await.unwrap();
        self.aws.configure(&target(), &created.id, &request).await.unwrap();
        created.id.into()
    }

    async fn found(&self, kind: &str, conditions: serde_json::Value) -> Vec<Live> {
        let request = LookUp { kind: kind.into(), conditions: document(conditions) };
        self.aws.look_up(&target(), &request).await.unwrap()
    }
}

fn target() -> Target {
    Target { cloud: "aws".into(), settings: BTreeMap::from([("region".into(), "eu-central-1".into())]) }
}

fn document(json: serde_json::Value) -> Map {
    from_json(&json).as_map().cloned().unwrap()
}

async fn environment(url: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(cairn_aws::native::connect::http())
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .endpoint_url(url)
        .credentials_provider(Credentials::new("123456789012", "secret", None, None, "test"))
        .load()
        .await
}

fn ids(found: &[Live]) -> Vec<&str> {
    found.iter().map(|live| live.id.as_str()).collect()
}

#[tokio::test]
async fn a_hosted_zone_is_found_by_its_name() {
    const KIND: &str = "aws.route53.HostedZone";
    let place = Place::on(Kind::Moto).await;
    let vpc = place.made("aws.ec2.Vpc", json!({ "cidr_block": "10.0.0.0/16" }), "vpc").await;
    let tags = json!({ "team": "shop", "stage": "test" });
    let public = place.made(KIND, json!({ "name": "shop.example", "hosted_zone_tags": tags }), "public").await;
    let vpcs = json!([{ "vpc": vpc, "vpc_region": "eu-central-1" }]);
    let private = place.made(KIND, json!({ "name": "shop.example", "vpcs": vpcs }), "private").await;
    place.made(KIND, json!({ "name": "a.shop.example" }), "below").await;
    place.made(KIND, json!({ "name": "workshop.example" }), "beside").await;

    let found = place.found(KIND, json!({ "name": "Shop.example." })).await;
    assert_eq!(ids(&found), [&public]);
    assert_eq!(found[0].attributes.get("name"), Some(&Value::text("shop.example")));
    assert_eq!(found[0].attributes.get("name_servers").and_then(Value::as_list).map(<[Value]>::len), Some(4));
    assert_eq!(found[0].owner.as_ref().map(|owner| owner.nonce.as_str()), Some("public"));

    assert_eq!(ids(&place.found(KIND, json!({ "name": "shop.example", "vpcs": vpcs })).await), [&private]);
    assert_eq!(ids(&place.found(KIND, json!({ "hosted_zone_tags": { "team": "shop" } })).await), [&public]);
    assert!(place.found(KIND, json!({ "name": "shop.example", "hosted_zone_tags": { "team": "x" } })).await.is_empty());
    assert!(place.found(KIND, json!({ "name": "example" })).await.is_empty());
}
