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

mod place;

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use cairn_conformance::emulator::{Emulator, Kind};
use cairn_provider::error::ProviderError;
use cairn_provider::object::{Live, Ownership};
use cairn_provider::provider::Provider;
use cairn_provider::request::{Create, LookUp};
use cairn_provider::value::{Map, Value, from_json};
use serde_json::json;

/// An emulator and a provider on it.
struct Place {
    _emulator: Emulator,
    config: SdkConfig,
    provider: cairn_aws::Aws,
}

impl Place {
    async fn start() -> Self {
        Self::on(Kind::Moto).await
    }

    async fn on(kind: Kind) -> Self {
        let (emulator, config, provider) = place::start(kind).await;
        Self { _emulator: emulator, config, provider }
    }

    async fn look_up(&self, kind: &str, conditions: &str) -> Result<Vec<Live>, ProviderError> {
        let conditions: Map = from_json(&serde_json::from_str(conditions).unwrap()).as_map().unwrap().clone();
        self.provider.look_up(&place::target(), &LookUp { kind: kind.into(), conditions }).await
    }

    async fn find(&self, kind: &str, conditions: &[(&str, &str)]) -> Vec<Live> {
        let conditions: BTreeMap<&str, &str> = conditions.iter().copied().collect();
        self.look_up(kind, &serde_json::json!(conditions).to_string()).await.unwrap()
    }
}

fn text<'a>(live: &'a Live, name: &str) -> Option<&'a str> {
    live.attributes.get(name).and_then(Value::as_text)
}

#[tokio::test]
async fn images_are_found_by_pattern_and_the_newest_is_taken() {
    let place = Place::start().await;
    let all = place.look_up("aws.ec2.Image", r#"{ "owner": "amazon", "name": "amzn2-ami-hvm-*" }"#).await.unwrap();
    assert!(all.len() > 1, "{all:?}");
    let conditions = r#"{ "owner": "amazon", "name": "amzn2-ami-hvm-*", "architecture": "x86_64", "most_recent": true,
        "root_device_type": "ebs", "virtualization_type": "hvm" }"#;
    let newest = place.look_up("aws.ec2.Image", conditions).await.unwrap();
    assert_eq!(newest.len(), 1);
    let newest = &newest[0];
    assert!(text(newest, "image_id").unwrap().starts_with("ami-"));
    assert_eq!(text(newest, "architecture"), Some("x86_64"));
    let dates = all.iter().filter(|live| text(live, "architecture") == Some("x86_64"));
    let last = dates.filter_map(|live| text(live, "creation_date")).max();
    assert_eq!(text(newest, "creation_date"), last);
    let conditions = r#"{ "owner": "amazon", "name": "there is no such image" }"#;
    assert!(place.look_up("aws.ec2.Image", conditions).await.unwrap().is_empty());
}

#[tokio::test]
async fn parameters_are_found_by_name_and_secrets_stay_where_they_are() {
    use aws_sdk_ssm::types::ParameterType;

    let place = Place::start().await;
    let client = aws_sdk_ssm::Client::new(&place.config);
    for (name, kind, value) in [
        ("/shop/image/arm64", ParameterType::String, "ami-0a1b2c3d4e5f60718"),
        ("/shop/password", ParameterType::SecureString, "hunter2"),
    ] {
        client.put_parameter().name(name).r#type(kind).value(value).send().await.unwrap();
    }
    let found = place.look_up("aws.ssm.Parameter", r#"{ "name": "/shop/image/arm64" }"#).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(text(&found[0], "value"), Some("ami-0a1b2c3d4e5f60718"));
    let other = r#"{ "name": "/shop/image/arm64", "type": "StringList" }"#;
    assert!(place.look_up("aws.ssm.Parameter", other).await.unwrap().is_empty());
    let secret = place.look_up("aws.ssm.Parameter", r#"{ "name": "/shop/password" }"#).await.unwrap();
    assert_eq!(text(&secret[0], "type"), Some("SecureString"));
    assert_eq!(secret[0].attributes.get("value"), None);
    assert!(place.look_up("aws.ssm.Parameter", r#"{ "name": "/shop/nothing" }"#).await.unwrap().is_empty());
    assert!(place.look_up("aws.ssm.Parameter", "{}").await.is_err());
}

fn texts<'a>(found: &'a [Live], field: &str) -> Vec<&'a str> {
    found.iter().map(|live| live.attributes[field].as_text().unwrap()).collect()
}

#[tokio::test]
async fn availability_zones() {
    let place = Place::start().await;
    let kind = "aws.ec2.AvailabilityZone";
    let all = place.find(kind, &[("state", "available"), ("zone_type", "availability-zone")]).await;
    assert_eq!(texts(&all, "zone_name"), ["eu-central-1a", "eu-central-1b", "eu-central-1c"]);
    let one = place.find(kind, &[("zone_id", "euc1-az3")]).await;
    assert_eq!(texts(&one, "zone_name"), ["eu-central-1c"]);
    assert_eq!(texts(&one, "state"), ["available"]);
    assert_eq!(texts(&one, "region_name"), ["eu-central-1"]);
    assert!(place.find(kind, &[("zone_name", "eu-central-1z")]).await.is_empty());
}

#[tokio::test]
async fn prefix_lists() {
    let place = Place::start().await;
    let kind = "aws.ec2.PrefixList";
    let name = "com.amazonaws.global.cloudfront.origin-facing";
    let one = place.find(kind, &[("prefix_list_name", name)]).await;
    assert_eq!(texts(&one, "prefix_list_name"), [name]);
    assert_eq!(texts(&one, "owner_id"), ["AWS"]);
    assert!(one[0].id.starts_with("pl-"));
    assert!(one[0].attributes["entries"].as_list().unwrap().len() > 5);
    let ipv6 = place.find(kind, &[("owner_id", "AWS"), ("address_family", "IPv6")]).await;
    assert_eq!(texts(&ipv6, "prefix_list_name"), ["com.amazonaws.eu-central-1.ipv6.vpc-lattice"]);
    assert!(place.find(kind, &[("prefix_list_name", "none")]).await.is_empty());
}

#[tokio::test]
async fn security_groups() {
    let place = Place::start().await;
    let found = place.find("aws.ec2.SecurityGroup", &[("group_name", "default")]).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].attributes["id"], found[0].attributes["group_id"]);
}

#[tokio::test]
async fn the_caller() {
    for kind in [Kind::Ministack, Kind::Moto] {
        let place = Place::on(kind).await;
        let found = place.find("aws.sts.CallerIdentity", &[]).await;
        let account = text(&found[0], "account").unwrap();
        assert_eq!((found.len(), account.len()), (1, 12), "{}", kind.name());
        assert!(text(&found[0], "arn").unwrap().contains(account), "{}", kind.name());
        assert!(!text(&found[0], "user_id").unwrap().is_empty(), "{}", kind.name());
        assert_eq!(place.find("aws.sts.CallerIdentity", &[("account", account)]).await.len(), 1, "{}", kind.name());
        assert!(place.find("aws.sts.CallerIdentity", &[("account", "111122223333")]).await.is_empty());
    }
}

/// Makes an object through the provider.
async fn made(place: &Place, kind: &str, inputs: &serde_json::Value, nonce: &str) -> String {
    let owner = Ownership { stack: "look-up".into(), address: kind.into(), nonce: nonce.into() };
    let inputs = from_json(inputs).as_map().cloned().unwrap();
    let request = Create { kind: kind.into(), inputs, owner, token: format!("{nonce:0>32}").into() };
    let target = place::target();
    let created = place.provider.create(&target, &request).await.unwrap();
    place.provider.configure(&target, &created.id, &request).await.unwrap();
    created.id.into()
}

/// The identities of what is found.
async fn ids(place: &Place, kind: &str, conditions: &serde_json::Value) -> Vec<String> {
    let found = place.look_up(kind, &conditions.to_string()).await.unwrap();
    found.into_iter().map(|live| live.id.into()).collect()
}

#[tokio::test]
async fn a_hosted_zone_is_found_by_its_name() {
    const KIND: &str = "aws.route53.HostedZone";
    let place = Place::start().await;
    let vpc = made(&place, "aws.ec2.Vpc", &json!({ "cidr_block": "10.0.0.0/16" }), "vpc").await;
    let tags = json!({ "team": "shop", "stage": "test" });
    let public = made(&place, KIND, &json!({ "name": "shop.example", "hosted_zone_tags": tags }), "public").await;
    let vpcs = json!([{ "vpc": vpc, "vpc_region": "eu-central-1" }]);
    let private = made(&place, KIND, &json!({ "name": "shop.example", "vpcs": vpcs }), "private").await;
    made(&place, KIND, &json!({ "name": "a.shop.example" }), "below").await;
    made(&place, KIND, &json!({ "name": "workshop.example" }), "beside").await;

    let found = place.look_up(KIND, r#"{ "name": "Shop.example." }"#).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id, public);
    assert_eq!(found[0].attributes.get("name"), Some(&Value::text("shop.example")));
    assert_eq!(found[0].attributes.get("name_servers").and_then(Value::as_list).map(<[Value]>::len), Some(4));
    assert_eq!(found[0].owner.as_ref().map(|owner| owner.nonce.as_str()), Some("public"));

    let none: [String; 0] = [];
    assert_eq!(ids(&place, KIND, &json!({ "name": "shop.example", "vpcs": vpcs })).await, [private]);
    assert_eq!(ids(&place, KIND, &json!({ "hosted_zone_tags": { "team": "shop" } })).await, [public]);
    assert_eq!(ids(&place, KIND, &json!({ "name": "shop.example", "hosted_zone_tags": { "team": "x" } })).await, none);
    assert_eq!(ids(&place, KIND, &json!({ "name": "example" })).await, none);
}
