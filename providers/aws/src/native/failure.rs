//! What the SDK reports about a failed call, in the engine's terms.

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider_net::classify::{Failure, Reached, classify};
use ecow::EcoString;

use super::classes::RULES;

/// The error of a call of an operation, `ec2.CreateVpc`.
pub fn understand<E>(operation: &'static str, mutating: bool, error: &SdkError<E, HttpResponse>) -> ProviderError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let (service, name) = operation.split_once('.').unwrap_or((operation, ""));
    let response = error.raw_response();
    let status = response.map(|response| response.status().as_u16());
    let reached = reached(error, status);
    let meta = error.as_service_error().map(ProvideErrorMetadata::meta);
    let code = meta.and_then(|meta| meta.code()).unwrap_or_default();
    let message = meta.and_then(|meta| meta.message()).unwrap_or_default();
    let failure = Failure { service, operation: name, mutating, reached, code, message };
    let class = if lacks_credentials(error) { ErrorClass::Denied } else { classify(RULES, &failure) };
    let (code, message) = match (code, message) {
        ("", "") => described(error, status),
        (code, message) => (code.into(), message.into()),
    };
    let mut understood = ProviderError::new(class, code, operation, message);
    understood.retry_after = response.and_then(|response| response.headers().get("retry-after")).and_then(seconds);
    understood.request_id = meta.and_then(|meta| meta.extra("aws_request_id")).map(EcoString::from);
    understood
}

fn reached<E>(error: &SdkError<E, HttpResponse>, status: Option<u16>) -> Reached {
    if let SdkError::ConstructionFailure(_) = error {
        return Reached::Nothing;
    }
    if let SdkError::DispatchFailure(failure) = error
        && (failure.is_user()
            || causes(failure.as_connector_error().map(|error| error as _)).any(|cause| is_unconnected(&cause)))
    {
        return Reached::Nothing;
    }
    status.map_or(Reached::Unknown, Reached::Answered)
}

/// Every cause of an error, as text.
fn causes<'a>(error: Option<&'a (dyn std::error::Error + 'static)>) -> impl Iterator<Item = String> + 'a {
    std::iter::successors(error, |error| error.source()).map(ToString::to_string)
}

/// Whether the connection was never made; the HTTP client says so in words only.
fn is_unconnected(cause: &str) -> bool {
    ["dns error", "tcp connect error", "Connection refused", "connect timed out", "connect timeout"]
        .iter()
        .any(|sign| cause.contains(sign))
}

fn lacks_credentials<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: std::error::Error + 'static,
{
    matches!(error, SdkError::ConstructionFailure(_) | SdkError::DispatchFailure(_))
        && causes(Some(error)).any(|cause| cause.contains("credentials") || cause.contains("identity"))
}

/// For failures without a vendor's code: the causes in order, the most general first.
fn described<E>(error: &SdkError<E, HttpResponse>, status: Option<u16>) -> (EcoString, EcoString)
where
    E: std::error::Error + 'static,
{
    if lacks_credentials(error) {
        let hint = "no credentials: set AWS_PROFILE, or sign in with `aws sso login`, or set AWS_ACCESS_KEY_ID and \
                    AWS_SECRET_ACCESS_KEY";
        let last = causes(Some(error)).last().unwrap_or_default();
        return ("NoCredentials".into(), ecow::eco_format!("{hint} ({last})"));
    }
    let mut told: Vec<String> = causes(Some(error)).collect();
    told.dedup();
    let code = match (error, status) {
        (SdkError::TimeoutError(_), _) => "Timeout".into(),
        (_, Some(status)) => ecow::eco_format!("Http{status}"),
        (_, None) => "Unreachable".into(),
    };
    (code, told.join(": ").into())
}

fn seconds(header: &str) -> Option<Duration> {
    header.trim().parse().ok().map(Duration::from_secs)
}
