//! An emulator with a provider on it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use cairn_aws::Aws;
use cairn_conformance::emulator::{Emulator, Kind};
use cairn_provider::request::Target;

/// Where everything is.
const REGION: &str = "eu-central-1";

/// Starts an emulator; gives it with a configuration for the SDK and a provider that uses it.
pub async fn start(kind: Kind) -> (Emulator, SdkConfig, Aws) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let emulator = Emulator::start(kind, &repository).unwrap();
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(cairn_aws::native::connect::http())
        .endpoint_url(emulator.url())
        .region(REGION)
        .credentials_provider(Credentials::new("000000000001", "secret", None, None, "test"))
        .load()
        .await;
    let provider = Aws::in_environment(Arc::new(cairn_aws::catalogue()), config.clone());
    (emulator, config, provider)
}

/// The target of all requests.
pub fn target() -> Target {
    Target { cloud: "aws".into(), settings: BTreeMap::from([("region".into(), REGION.into())]) }
}
