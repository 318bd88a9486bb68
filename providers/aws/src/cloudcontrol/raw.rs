//! `raw` of a type with a handler: properties that the handler does not know, sent beside what it sends.

use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::Ownership;
use cairn_provider::request::Monitor;
use cairn_provider::schema::{RAW, TypeSchema};
use cairn_provider::value::{Map, Value};
use ecow::eco_format;

use super::document::{fixed, patch, unmarked};
use super::registry::registered;
use super::requests;
use crate::native::session::Session;
use crate::unlisted::NAME;

/// What is written there, if anything is.
pub fn written(inputs: &Map) -> Option<&Map> {
    inputs.get(RAW).and_then(Value::as_map).filter(|raw| !raw.is_empty())
}

/// Makes sure, before an object is made, that its properties can be sent at all.
///
/// # Errors
/// They cannot.
pub async fn offered(session: &Session, schema: &TypeSchema) -> Result<(), ProviderError> {
    let registered = registered(session, &schema.vendor).await?;
    if registered.mutable {
        return Ok(());
    }
    let message =
        eco_format!("Cloud Control cannot change objects of {}, so `raw` cannot be sent: remove it", schema.vendor);
    Err(ProviderError::new(ErrorClass::Refused, "UnsupportedActionException", "cloudcontrol.UpdateResource", message))
}

/// The properties of an object that the catalogue does not know. Nothing if the object is not there.
///
/// # Errors
/// They cannot be read.
pub async fn read(session: &Session, schema: &TypeSchema, id: &str) -> Result<Option<Value>, ProviderError> {
    let registered = registered(session, &schema.vendor).await?;
    let Some(found) = requests::get(session, &schema.vendor, id).await? else { return Ok(None) };
    let (mut found, _) = unmarked(found, &registered);
    found.retain(|name, _| !schema.root().fields.values().any(|field| field.vendor == *name));
    Ok(Some(Value::from(found)))
}

/// Sends the properties; gives what to wait for, if it is still under way.
///
/// # Errors
/// They were refused, or nobody knows.
pub async fn send(
    session: &Session,
    schema: &TypeSchema,
    id: &str,
    (raw, token): (&Map, Option<&str>),
) -> Result<Option<Monitor>, ProviderError> {
    let registered = registered(session, &schema.vendor).await?;
    let Some(observed) = read(session, schema, id).await? else {
        let message = eco_format!("Cloud Control does not see {id} yet");
        return Err(ProviderError::new(ErrorClass::NotYetConsistent, "NotFound", "cloudcontrol.GetResource", message));
    };
    // The tags are the handler's.
    let nobody = Ownership { stack: "".into(), address: "".into(), nonce: "".into() };
    let observed = observed.as_map().cloned().unwrap_or_default();
    let steps = patch(&registered, &observed, raw, &nobody);
    if let Some(path) = fixed(&registered, &steps) {
        return Err(requests::not_updatable(&schema.vendor, &path.join("/")));
    }
    if steps.is_empty() {
        return Ok(None);
    }
    let token = requests::update(session, &schema.vendor, id, (&steps, token)).await?;
    Ok(token.map(|token| Monitor(eco_format!("{NAME}|{token}"))))
}

/// Sends the properties and waits until they are there.
///
/// # Errors
/// They were refused, or nobody knows.
pub async fn settle(session: &Session, schema: &TypeSchema, id: &str, raw: &Map) -> Result<(), ProviderError> {
    // Without a token of its own: what a request before this one did shows at the object.
    match send(session, schema, id, (raw, None)).await? {
        Some(monitor) => requests::settled(session, monitor.0.split_once('|').map_or("", |(_, token)| token)).await,
        None => Ok(()),
    }
}
