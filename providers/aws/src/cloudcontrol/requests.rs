//! Calls of Cloud Control, and what becomes of the requests they begin.

use std::time::{Duration, SystemTime};

use aws_sdk_cloudcontrol::types::{HandlerErrorCode, Operation, OperationStatus, ProgressEvent};
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::request::Progress;
use cairn_provider::value::{Map, from_json, to_json};
use ecow::{EcoString, eco_format};
use serde_json::Value as Json;
use tokio::time::{Instant, sleep};

use super::document::without_nothing;
use crate::native::session::{Session, absent_is_none};

/// For how long a request that was just sent is looked at before the engine does, in seconds: that a name is taken shows
/// at once.
pub const FIRST_LOOK: u64 = 60;
/// For how long a request may go on without naming its object, in seconds.
const NAMED_WITHIN: u64 = 3_600;
/// How often a create is sent anew that the service was too busy for.
const ATTEMPTS: u32 = 5;

/// The document of an object; nothing if there is none.
///
/// # Errors
/// It cannot be read.
pub async fn get(session: &Session, vendor: &str, id: &str) -> Result<Option<Map>, ProviderError> {
    const OPERATION: &str = "cloudcontrol.GetResource";
    let call = || session.cloudcontrol().get_resource().type_name(vendor).identifier(id).send();
    let Some(answer) = absent_is_none(session.read(OPERATION, call).await)? else { return Ok(None) };
    let text = answer.resource_description().and_then(|found| found.properties()).unwrap_or_default();
    properties(OPERATION, text).map(Some)
}

/// The identities of all objects of a type.
///
/// # Errors
/// They cannot be listed.
pub async fn list(session: &Session, vendor: &str) -> Result<Vec<String>, ProviderError> {
    let found = session
        .pages(
            "cloudcontrol.ListResources",
            |token| session.cloudcontrol().list_resources().type_name(vendor).set_next_token(token).send(),
            |page| (page.resource_descriptions.unwrap_or_default(), page.next_token),
        )
        .await?;
    Ok(found.into_iter().filter_map(|found| found.identifier).collect())
}

fn properties(operation: &'static str, text: &str) -> Result<Map, ProviderError> {
    let parsed = serde_json::from_str::<Json>(text).ok().and_then(|json| from_json(&json).as_map().cloned());
    parsed.ok_or_else(|| {
        ProviderError::new(ErrorClass::Ambiguous, "IncompleteAnswer", operation, "the answer holds no document")
    })
}

/// Makes an object: the identity, and the request if it is still under way.
///
/// A name that is taken is only found out while the request is carried out. Where the identity was chosen by the user
/// (`chosen`), it is therefore no sign of an object of ours before the request has been looked at for a while.
///
/// # Errors
/// It failed, or nobody knows.
pub async fn create(
    session: &Session,
    vendor: &str,
    document: &Map,
    (token, chosen): (&str, bool),
) -> Result<(String, Option<String>), ProviderError> {
    const OPERATION: &str = "cloudcontrol.CreateResource";
    let state = to_json(&without_nothing(&document.clone().into())).to_string();
    let begun = Instant::now();
    let mut attempt = 1;
    loop {
        // A token that was used once gives the same answer again: a new attempt takes a new one, the same each time.
        let token = if attempt == 1 { token.to_owned() } else { format!("{token}-{attempt}") };
        let call = session.cloudcontrol().create_resource().type_name(vendor).desired_state(&state).client_token(token);
        let mut event = begun_by(OPERATION, session.write(OPERATION, call.send()).await?.progress_event)?;
        loop {
            let id = event.identifier().filter(|id| !id.is_empty()).map(str::to_owned);
            match (outcome(&event), id) {
                (Outcome::Done, Some(id)) => return Ok((id, None)),
                (Outcome::Running(_), Some(id)) if !chosen || begun.elapsed() > Duration::from_secs(FIRST_LOOK) => {
                    return Ok((id, event.request_token));
                }
                (Outcome::Failed(error), _) if error.code == "Throttling" && attempt < ATTEMPTS => {
                    sleep(Duration::from_secs(1 << attempt)).await;
                    attempt += 1;
                    break;
                }
                (Outcome::Failed(error), _) => return Err(*error),
                (Outcome::Running(pause), _) if begun.elapsed() < Duration::from_secs(NAMED_WITHIN) => {
                    sleep(pause.unwrap_or(Duration::from_secs(1))).await;
                    event = status(session, event.request_token().unwrap_or_default()).await.map_err(unknown)?;
                }
                (Outcome::Done | Outcome::Running(_), _) => {
                    let message = "the request names no object";
                    return Err(ProviderError::new(ErrorClass::Ambiguous, "IncompleteAnswer", OPERATION, message));
                }
            }
        }
    }
}

/// The create went out: whatever fails afterwards, an object may be there.
fn unknown(error: ProviderError) -> ProviderError {
    ProviderError { class: ErrorClass::Ambiguous, ..error }
}

/// Changes an object; gives the request if it is still under way.
///
/// # Errors
/// It failed, or nobody knows.
pub async fn update(
    session: &Session,
    vendor: &str,
    id: &str,
    (steps, token): (&[Json], Option<&str>),
) -> Result<Option<String>, ProviderError> {
    const OPERATION: &str = "cloudcontrol.UpdateResource";
    let patch = Json::from(steps.to_vec()).to_string();
    let call = session.cloudcontrol().update_resource().type_name(vendor).identifier(id).patch_document(patch);
    let answer = session.write(OPERATION, call.set_client_token(token.map(str::to_owned)).send()).await;
    let answer = answer.map_err(|error| if fixed(&error.code) { needs_new(error) } else { error })?;
    under_way(&begun_by(OPERATION, answer.progress_event)?)
}

/// Deletes an object; gives the request if it is still under way. What is not there is deleted.
///
/// # Errors
/// It failed, or nobody knows.
pub async fn delete(session: &Session, vendor: &str, id: &str) -> Result<Option<String>, ProviderError> {
    const OPERATION: &str = "cloudcontrol.DeleteResource";
    let call = session.cloudcontrol().delete_resource().type_name(vendor).identifier(id);
    match absent_is_none(session.write(OPERATION, call.send()).await)? {
        Some(answer) => under_way(&begun_by(OPERATION, answer.progress_event)?),
        None => Ok(None),
    }
}

fn under_way(event: &ProgressEvent) -> Result<Option<String>, ProviderError> {
    match outcome(event) {
        Outcome::Done => Ok(None),
        Outcome::Running(_) => Ok(event.request_token().map(str::to_owned)),
        Outcome::Failed(error) => Err(*error),
    }
}

/// How far a request is.
///
/// # Errors
/// It cannot be asked.
pub async fn progress(session: &Session, token: &str) -> Result<Progress, ProviderError> {
    match status(session, token).await {
        Ok(event) => Ok(match outcome(&event) {
            Outcome::Done => Progress::Done,
            Outcome::Running(pause) => Progress::Running(pause.and_then(|pause| u64::try_from(pause.as_millis()).ok())),
            Outcome::Failed(error) => Progress::Failed(eco_format!("{} ({})", error.message, error.code)),
        }),
        // Requests are remembered for a week: what became of an older one shows at the object.
        Err(error) if error.code == "RequestTokenNotFoundException" => Ok(Progress::Done),
        Err(error) => Err(error),
    }
}

/// Waits for the end of a request.
///
/// # Errors
/// It failed.
pub async fn settled(session: &Session, token: &str) -> Result<(), ProviderError> {
    loop {
        match outcome(&status(session, token).await?) {
            Outcome::Done => return Ok(()),
            Outcome::Running(pause) => sleep(pause.unwrap_or(Duration::from_secs(2))).await,
            Outcome::Failed(error) => return Err(*error),
        }
    }
}

async fn status(session: &Session, token: &str) -> Result<ProgressEvent, ProviderError> {
    const OPERATION: &str = "cloudcontrol.GetResourceRequestStatus";
    let call = || session.cloudcontrol().get_resource_request_status().request_token(token).send();
    let answer = session.read(OPERATION, call).await?;
    begun_by(OPERATION, answer.progress_event)
}

fn begun_by(operation: &'static str, event: Option<ProgressEvent>) -> Result<ProgressEvent, ProviderError> {
    event.ok_or_else(|| {
        ProviderError::new(ErrorClass::Ambiguous, "IncompleteAnswer", operation, "the answer names no request")
    })
}

/// What became of a request.
enum Outcome {
    Done,
    /// With the pause the service asks for.
    Running(Option<Duration>),
    Failed(Box<ProviderError>),
}

#[expect(clippy::disallowed_methods, reason = "the service says until when to wait, not how long")]
fn outcome(event: &ProgressEvent) -> Outcome {
    match event.operation_status() {
        Some(OperationStatus::Success) => Outcome::Done,
        Some(OperationStatus::Failed | OperationStatus::CancelComplete) => failed(event),
        _ => {
            let asked = event.retry_after().and_then(|at| SystemTime::try_from(*at).ok());
            Outcome::Running(asked.and_then(|at| at.duration_since(SystemTime::now()).ok()))
        }
    }
}

fn failed(event: &ProgressEvent) -> Outcome {
    let operation = match event.operation() {
        Some(Operation::Create) => "cloudcontrol.CreateResource",
        Some(Operation::Delete) => "cloudcontrol.DeleteResource",
        _ => "cloudcontrol.UpdateResource",
    };
    let code = event.error_code().map_or("Cancelled", HandlerErrorCode::as_str);
    if code == "NotFound" && event.operation() == Some(&Operation::Delete) {
        return Outcome::Done;
    }
    // The request has ended, and with its token it stays as it is: only what is certain is told by the class.
    let class = match code {
        "AlreadyExists" => ErrorClass::AlreadyExists,
        "AccessDenied" | "InvalidCredentials" | "UnauthorizedTaggingOperation" => ErrorClass::Denied,
        "ServiceLimitExceeded" => ErrorClass::Quota,
        _ => ErrorClass::Refused,
    };
    let message: EcoString = event.status_message().unwrap_or("the service gives no reason").into();
    let error = ProviderError::new(class, code, operation, message);
    Outcome::Failed(Box::new(if fixed(code) { needs_new(error) } else { error }))
}

fn fixed(code: &str) -> bool {
    code.starts_with("NotUpdatable")
}

/// What to do where the service wants a new object.
fn needs_new(error: ProviderError) -> ProviderError {
    let message = eco_format!(
        "{}; a change of this needs a new object: ask for one with `--replace` and the address",
        error.message.trim_end_matches('.')
    );
    ProviderError { message, ..error }
}

/// The refusal of a patch that touches what cannot change.
pub fn not_updatable(vendor: &str, property: &str) -> ProviderError {
    let message = eco_format!("{property} of {vendor} cannot be changed");
    needs_new(ProviderError::new(ErrorClass::Refused, "NotUpdatable", "cloudcontrol.UpdateResource", message))
}
