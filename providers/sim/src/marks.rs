//! Marks of ownership that come as tags, on objects that exist.

use cairn_provider::object::Ownership;
use cairn_provider::request::Update;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};

use crate::cloud::Object;

/// Takes marks out of the tags of an update and puts them where the sandbox keeps them. Gives the update without them.
pub fn take(schema: &TypeSchema, object: &mut Object, request: &Update) -> Update {
    let mut request = request.clone();
    let Some(field) = &schema.tags else { return request };
    if !request.changed.contains(field) {
        return request;
    }
    let before = split(&mut request.observed, field);
    let after = split(&mut request.inputs, field);
    if before.is_some() || after.is_some() {
        object.owner = after;
    }
    request
}

/// The marks among tags, taken out.
fn split(document: &mut Map, field: &str) -> Option<Ownership> {
    let tags = document.get(field).and_then(Value::as_map)?;
    let text = |name: &str| {
        let tag = tags.get(name)?;
        tag.as_text().or_else(|| tag.as_map()?.get("value")?.as_text())
    };
    let owner = Ownership::from_tags(text)?;
    let users: Map =
        tags.iter().filter(|(name, _)| !Ownership::is_reserved(name)).map(|(n, v)| (n.clone(), v.clone())).collect();
    document.insert(field.into(), Value::from(users));
    Some(owner)
}
