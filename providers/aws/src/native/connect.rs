//! Credentials, endpoints and regions: the vendor's standard chain, and a role on top of it where a target names one.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::request::Target;

/// The SDK's defaults of one date, so that an update of the SDK changes nothing behind our back.
pub fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// One HTTP stack for all services.
pub fn http() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// What the environment says: profile, credentials, region, endpoints.
///
/// The SDK repeats nothing: what may be repeated, and when, is decided by the classifier.
pub async fn environment(http: SharedHttpClient) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(60))
        .operation_attempt_timeout(Duration::from_secs(120))
        .build();
    aws_config::defaults(behavior())
        .http_client(http)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .load()
        .await
}

/// The configuration of a target: its region, and its role if it names one.
///
/// # Errors
/// No region is known.
pub async fn target(
    environment: &SdkConfig,
    target: &Target,
    account: Option<&str>,
) -> Result<SdkConfig, ProviderError> {
    let region = target.setting("region").map(|region| Region::new(region.to_owned()));
    let Some(region) = region.or_else(|| environment.region().cloned()) else {
        let message = "no region: give the target one, `aws.Target { region: \"eu-central-1\" }`, or set AWS_REGION";
        return Err(ProviderError::new(ErrorClass::Refused, "NoRegion", "configure", message));
    };
    let builder = environment.clone().into_builder().region(region.clone());
    let Some(role) = target.setting("role") else { return Ok(builder.build()) };
    let arn = role_arn(role, account, region.as_ref())?;
    let base = environment.clone().into_builder().region(region).build();
    let provider = AssumeRoleProvider::builder(arn).session_name("cairn").configure(&base).build().await;
    Ok(builder.credentials_provider(SharedCredentialsProvider::new(provider)).build())
}

/// A role by its ARN, or by its name in the account.
fn role_arn(role: &str, account: Option<&str>, region: &str) -> Result<String, ProviderError> {
    if role.starts_with("arn:") {
        return Ok(role.to_owned());
    }
    let Some(account) = account else {
        let message = format!("the role `{role}` needs an account: give the target one, or write the role's ARN");
        return Err(ProviderError::new(ErrorClass::Refused, "NoAccount", "configure", message));
    };
    Ok(format!("arn:{}:iam::{account}:role/{role}", partition(region)))
}

/// The partition of a region, the second part of ARNs.
pub fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::role_arn;

    #[test]
    fn roles_are_found_by_name_or_arn() {
        assert_eq!(role_arn("deploy", Some("1"), "eu-west-1").unwrap(), "arn:aws:iam::1:role/deploy");
        assert_eq!(role_arn("deploy", Some("1"), "cn-north-1").unwrap(), "arn:aws-cn:iam::1:role/deploy");
        assert_eq!(role_arn("arn:aws:iam::2:role/x", None, "eu-west-1").unwrap(), "arn:aws:iam::2:role/x");
        assert!(role_arn("deploy", None, "eu-west-1").is_err());
    }
}
