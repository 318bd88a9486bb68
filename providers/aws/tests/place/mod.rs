//! An emulator or a fake with a provider on it.
#![allow(dead_code, reason = "each test uses a part of it")]

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
    let config = config(&emulator.url()).await;
    let provider = provider(&config);
    (emulator, config, provider)
}

/// A configuration of the SDK for an address.
pub async fn config(url: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(cairn_aws::native::connect::http())
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .endpoint_url(url)
        .region(REGION)
        .credentials_provider(Credentials::new("000000000001", "secret", None, None, "test"))
        .load()
        .await
}

/// A provider on a configuration.
pub fn provider(config: &SdkConfig) -> Aws {
    Aws::in_environment(Arc::new(cairn_aws::catalogue()), config.clone())
}

/// The target of all requests.
pub fn target() -> Target {
    Target { cloud: "aws".into(), settings: BTreeMap::from([("region".into(), REGION.into())]) }
}
