//! `aws.Unlisted`: an object of any type of the registry. Its identity is the type and the vendor's own identifier.

use std::sync::Arc;

use async_trait::async_trait;
use cairn_provider::declaration::Declaration;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::{Live, Status};
use cairn_provider::provider::{LookUpType, Reader, ResourceType};
use cairn_provider::request::{Create, Created, Delete, Monitor, Progress, ReadSet, Readings, Update};
use cairn_provider::schema::document::covers;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::document::{at, fixed, marked, patch, unmarked};
use super::registry::{Registered, registered};
use super::requests;
use crate::native::codec::need;
use crate::native::reading::one_by_one;
use crate::native::session::Session;
use crate::native::together::together;
use crate::unlisted::{DECLARATION, NAME};

/// Its lifecycle.
pub const HANDLER: &dyn ResourceType<Session> = &Unlisted;
/// Reads it.
pub const READER: &dyn Reader<Session> = &Unlisted;
/// Looks it up.
pub const FINDER: &dyn LookUpType<Session> = &Unlisted;

struct Unlisted;

/// The type and the vendor's identifier of an identity.
fn parts(id: &str) -> Result<(&str, &str), ProviderError> {
    id.split_once('|').filter(|(vendor, id)| vendor.contains("::") && !id.is_empty()).ok_or_else(|| {
        let message =
            eco_format!("`{id}` is no identity of {NAME}: it is the type and the vendor's identifier, joined by |");
        ProviderError::refused("read", message)
    })
}

fn properties(inputs: &Map) -> Map {
    inputs.get("properties").and_then(Value::as_map).cloned().unwrap_or_default()
}

/// The type of a document, if its objects can be managed one by one.
async fn manageable(session: &Session, inputs: &Map) -> Result<Arc<Registered>, ProviderError> {
    let vendor: String = need(inputs, "type_name")?;
    let registered = registered(session, &vendor).await?;
    if registered.offered {
        return Ok(registered);
    }
    let message = eco_format!("Cloud Control cannot manage objects of {vendor}: its registry entry has no handlers");
    Err(ProviderError::new(ErrorClass::Refused, "UnsupportedActionException", "cloudcontrol.CreateResource", message))
}

/// The vendor's identifier where all parts of it are written.
fn chosen(registered: &Registered, properties: &Map) -> Option<String> {
    let part = |path: &Vec<String>| {
        if registered.read_only.contains(path) {
            return None;
        }
        at(properties, path).and_then(Value::as_text).map(str::to_owned)
    };
    let parts: Option<Vec<String>> = registered.identity.iter().map(part).collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("|"))
}

fn live(registered: &Registered, id: &str, found: Map) -> Live {
    let (properties, owner) = unmarked(found, registered);
    let vendor = registered.vendor.as_str();
    let attributes = Map::from([
        ("type_name".into(), Value::text(vendor)),
        ("identifier".into(), Value::text(id)),
        ("properties".into(), Value::from(properties)),
    ]);
    Live { id: eco_format!("{vendor}|{id}"), attributes, status: Status::Ready, owner }
}

fn monitor(token: String) -> Monitor {
    Monitor(eco_format!("{NAME}|{token}"))
}

#[async_trait]
impl ResourceType<Session> for Unlisted {
    fn declaration(&self) -> &'static Declaration {
        &DECLARATION
    }

    async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
        let registered = manageable(session, &request.inputs).await?;
        let properties = properties(&request.inputs);
        let chosen = chosen(&registered, &properties).is_some();
        let document = marked(properties, &registered, &request.owner);
        let vendor = registered.vendor.as_str();
        let (id, token) = requests::create(session, vendor, &document, (&request.token, chosen)).await?;
        Ok(Created { id: eco_format!("{vendor}|{id}"), monitor: token.map(monitor) })
    }

    /// Only what carries the mark is ours. What carries none is found again by the token of its create.
    async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
        let registered = manageable(session, &request.inputs).await?;
        if registered.tags.is_none() {
            return Ok(Vec::new());
        }
        let vendor = registered.vendor.as_str();
        let ids = match chosen(&registered, &properties(&request.inputs)) {
            Some(id) => vec![id],
            None => requests::list(session, vendor).await?,
        };
        let reads = ids.iter().map(|id| Box::pin(requests::get(session, vendor, id)));
        let mut ours = Vec::new();
        for (id, found) in ids.iter().zip(together(reads).await) {
            let Some(found) = found? else { continue };
            let live = live(&registered, id, found);
            if live.owner.is_some_and(|owner| owner.nonce == request.owner.nonce && owner.stack == request.owner.stack)
            {
                ours.push(live.id);
            }
        }
        Ok(ours)
    }

    async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
        let (vendor, id) = parts(&request.id)?;
        let registered = registered(session, vendor).await?;
        let observed = properties(&request.observed);
        let steps = patch(&registered, &observed, &properties(&request.inputs), &request.owner);
        if let Some(path) = fixed(&registered, &steps) {
            return Err(requests::not_updatable(vendor, &path.join("/")));
        }
        if steps.is_empty() {
            return Ok(None);
        }
        Ok(requests::update(session, vendor, id, (&steps, Some(request.token.as_str()))).await?.map(monitor))
    }

    async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
        let (vendor, id) = parts(&request.id)?;
        Ok(requests::delete(session, vendor, id).await?.map(monitor))
    }

    async fn poll(&self, session: &Session, token: &str) -> Result<Progress, ProviderError> {
        requests::progress(session, token).await
    }

    async fn list(&self, _session: &Session) -> Result<Vec<EcoString>, ProviderError> {
        Err(ProviderError::refused("cloudcontrol.ListResources", "only objects of one type can be listed: name it"))
    }
}

#[async_trait]
impl Reader<Session> for Unlisted {
    fn kinds(&self) -> &'static [&'static str] {
        &[NAME]
    }

    async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
        let read = |id: &EcoString| {
            let id = id.clone();
            async move {
                let (vendor, id) = parts(&id)?;
                let registered = registered(session, vendor).await?;
                Ok(requests::get(session, vendor, id).await?.map(|found| live(&registered, id, found)))
            }
        };
        Ok(one_by_one(NAME, wanted, |id, _| read(id)).await)
    }
}

#[async_trait]
impl LookUpType<Session> for Unlisted {
    fn kind(&self) -> &'static str {
        NAME
    }

    async fn look_up(&self, session: &Session, conditions: &Map) -> Result<Vec<Live>, ProviderError> {
        let vendor: String = need(conditions, "type_name")?;
        let registered = registered(session, &vendor).await?;
        let ids = match conditions.get("identifier").and_then(Value::as_text) {
            Some(id) => vec![id.to_owned()],
            None => requests::list(session, &vendor).await?,
        };
        let reads = ids.iter().map(|id| Box::pin(requests::get(session, &vendor, id)));
        let mut met = Vec::new();
        for (id, found) in ids.iter().zip(together(reads).await) {
            let Some(found) = found? else { continue };
            let live = live(&registered, id, found);
            let wanted = conditions.get("properties").unwrap_or(&Value::None);
            if wanted.is_none() || covers(live.attributes.get("properties").unwrap_or(&Value::None), wanted) {
                met.push(live);
            }
        }
        Ok(met)
    }
}
