//! Look-ups that go their own way, by the real SDK over HTTP, on an emulator.
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
use cairn_provider::error::ProviderError;
use cairn_provider::object::{Live, Ownership};
use cairn_provider::provider::Provider;
use cairn_provider::request::{Create, LookUp, Target};
use cairn_provider::value::{Map, Value, from_json};
use serde_json::json;

/// An emulator and a provider on it.
struct Place {
    _emulator: Emulator,
    provider: cairn_aws::Aws,
}

impl Place {
    async fn start() -> Self {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let emulator = Emulator::start(Kind::Moto, &repository).unwrap();
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(cairn_aws::native::connect::http())
            .endpoint_url(emulator.url())
            .region("eu-central-1")
            .credentials_provider(Credentials::new("000000000001", "secret", None, None, "test"))
            .load()
            .await;
        let provider = cairn_aws::Aws::in_environment(Arc::new(cairn_aws::catalogue()), config);
        Self { _emulator: emulator, provider }
    }

    async fn look_up(&self, kind: &str, conditions: &str) -> Result<Vec<Live>, ProviderError> {
        let conditions = document(&serde_json::from_str(conditions).unwrap());
        self.provider.look_up(&target(), &LookUp { kind: kind.into(), conditions }).await
    }

    async fn ids(&self, kind: &str, conditions: &serde_json::Value) -> Vec<String> {
        let found = self.look_up(kind, &conditions.to_string()).await.unwrap();
        found.into_iter().map(|live| live.id.into()).collect()
    }

    async fn made(&self, kind: &str, inputs: &serde_json::Value, nonce: &str) -> String {
        let owner = Ownership { stack: "look-up".into(), address: kind.into(), nonce: nonce.into() };
        let token = format!("{nonce:0>32}").into();
        let request = Create { kind: kind.into(), inputs: document(inputs), owner, token };
        let created = self.provider.create(&target(), &request).await.unwrap();
        self.provider.configure(&target(), &created.id, &request).await.unwrap();
        created.id.into()
    }
}

fn target() -> Target {
    Target { cloud: "aws".into(), settings: BTreeMap::from([("region".into(), "eu-central-1".into())]) }
}

fn document(json: &serde_json::Value) -> Map {
    from_json(json).as_map().cloned().unwrap()
}

#[tokio::test]
async fn a_hosted_zone_is_found_by_its_name() {
    const KIND: &str = "aws.route53.HostedZone";
    let place = Place::start().await;
    let vpc = place.made("aws.ec2.Vpc", &json!({ "cidr_block": "10.0.0.0/16" }), "vpc").await;
    let tags = json!({ "team": "shop", "stage": "test" });
    let public = place.made(KIND, &json!({ "name": "shop.example", "hosted_zone_tags": tags }), "public").await;
    let vpcs = json!([{ "vpc": vpc, "vpc_region": "eu-central-1" }]);
    let private = place.made(KIND, &json!({ "name": "shop.example", "vpcs": vpcs }), "private").await;
    place.made(KIND, &json!({ "name": "a.shop.example" }), "below").await;
    place.made(KIND, &json!({ "name": "workshop.example" }), "beside").await;

    let found = place.look_up(KIND, r#"{ "name": "Shop.example." }"#).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id, public);
    assert_eq!(found[0].attributes.get("name"), Some(&Value::text("shop.example")));
    assert_eq!(found[0].attributes.get("name_servers").and_then(Value::as_list).map(<[Value]>::len), Some(4));
    assert_eq!(found[0].owner.as_ref().map(|owner| owner.nonce.as_str()), Some("public"));

    let none: [String; 0] = [];
    assert_eq!(place.ids(KIND, &json!({ "name": "shop.example", "vpcs": vpcs })).await, [private]);
    assert_eq!(place.ids(KIND, &json!({ "hosted_zone_tags": { "team": "shop" } })).await, [public]);
    assert_eq!(place.ids(KIND, &json!({ "name": "shop.example", "hosted_zone_tags": { "team": "x" } })).await, none);
    assert_eq!(place.ids(KIND, &json!({ "name": "example" })).await, none);
}
