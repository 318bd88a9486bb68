//! Types that can only be looked up, tried on the sandbox and on the emulators.
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
use cairn_aws::Aws;
use cairn_conformance::emulator::{Emulator, Kind};
use cairn_provider::object::Live;
use cairn_provider::provider::Provider;
use cairn_provider::request::{LookUp, Target};
use cairn_provider::value::{Map, Value};
use cairn_sim::{Faults, MemoryStorage, Sim};

#[tokio::test]
async fn the_caller_is_found_everywhere() {
    let sandbox = sandbox();
    let found = look_up(&sandbox, "aws.sts.CallerIdentity", &[]).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].attributes["account"], Value::text("111122223333"));
    let other = Value::text("000011112222");
    assert!(look_up(&sandbox, "aws.sts.CallerIdentity", &[("account", other.clone())]).await.is_empty());
    for kind in [Kind::Ministack, Kind::Moto] {
        let (_emulator, cloud) = emulated(kind).await;
        let found = look_up(&cloud, "aws.sts.CallerIdentity", &[]).await;
        assert_eq!(found.len(), 1, "{}", kind.name());
        let attributes = &found[0].attributes;
        let account = attributes["account"].as_text().unwrap();
        assert_eq!(account.len(), 12, "{}", kind.name());
        assert!(attributes["arn"].as_text().unwrap().contains(account), "{}", kind.name());
        assert!(!attributes["user_id"].as_text().unwrap().is_empty(), "{}", kind.name());
        assert!(look_up(&cloud, "aws.sts.CallerIdentity", &[("account", other.clone())]).await.is_empty());
    }
}

async fn look_up(cloud: &dyn Provider, kind: &str, conditions: &[(&str, Value)]) -> Vec<Live> {
    let target = Target { cloud: "aws".into(), settings: BTreeMap::from([("region".into(), "eu-central-1".into())]) };
    let conditions: Map = conditions.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    cloud.look_up(&target, &LookUp { kind: kind.into(), conditions }).await.unwrap()
}

fn sandbox() -> Sim {
    let catalogue = Arc::new(cairn_aws::catalogue());
    let storage = Box::new(MemoryStorage::default());
    Sim::open("aws", catalogue, cairn_aws::declaration, storage, Faults::default()).unwrap()
}

/// An emulator and a provider on it.
async fn emulated(kind: Kind) -> (Emulator, Aws) {
    let emulator = Emulator::start(kind, &Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    let environment = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(cairn_aws::native::connect::http())
        .endpoint_url(emulator.url())
        .credentials_provider(Credentials::new("000000000001", "secret", None, None, "test"))
        .load()
        .await;
    let cloud = Aws::in_environment(Arc::new(cairn_aws::catalogue()), environment);
    (emulator, cloud)
}
