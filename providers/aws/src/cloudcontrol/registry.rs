//! What the vendor's registry says of a type, asked once.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_cloudformation::types::{ProvisioningType, RegistryType};
use cairn_provider::error::{ErrorClass, ProviderError};
use ecow::{EcoString, eco_format};
use serde_json::Value as Json;
use tokio::sync::Mutex;

use crate::native::session::Session;

/// A way to a property: the names on it, `*` for the items of a list.
pub type Path = Vec<String>;

/// What is true of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// The vendor's name.
    pub vendor: String,
    /// The properties that identify an object.
    pub identity: Vec<Path>,
    /// Properties the service chooses.
    pub read_only: Vec<Path>,
    /// Properties that are never returned.
    pub write_only: Vec<Path>,
    /// Properties that need a new object.
    pub create_only: Vec<Path>,
    /// Where the tags are.
    pub tags: Option<Tags>,
    /// Whether Cloud Control can make objects of it.
    pub offered: bool,
    /// Whether it can change them.
    pub mutable: bool,
}

/// Where the tags of a type are, and how they look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags {
    /// The property.
    pub property: String,
    /// For a list of pairs: what the name and the value of a tag are called. A map of names to values has neither.
    pub pair: Option<(String, String)>,
}

/// What was asked already.
#[derive(Default)]
pub struct Known {
    types: Mutex<BTreeMap<EcoString, Arc<Registered>>>,
}

/// What the registry says of a type in the session's region.
///
/// # Errors
/// It cannot be asked, or has no such type.
pub async fn registered(session: &Session, vendor: &str) -> Result<Arc<Registered>, ProviderError> {
    const OPERATION: &str = "cloudformation.DescribeType";
    let mut types = session.known_types().types.lock().await;
    if let Some(known) = types.get(vendor) {
        return Ok(Arc::clone(known));
    }
    let call = || session.cloudformation().describe_type().r#type(RegistryType::Resource).type_name(vendor).send();
    let answer = session.read(OPERATION, call).await.map_err(|error| {
        let missing = error.code == "TypeNotFoundException";
        let hint = eco_format!("the registry has no type {vendor} in {}: {}", session.region(), error.message);
        if missing { ProviderError { message: hint, ..error } } else { error }
    })?;
    let schema = answer.schema().unwrap_or_default();
    let found = parse(vendor, schema, answer.provisioning_type()).map_err(|why| {
        let message = eco_format!("what the registry says of {vendor} cannot be read: {why}");
        ProviderError::new(ErrorClass::Refused, "UnreadableSchema", OPERATION, message)
    })?;
    Ok(Arc::clone(types.entry(vendor.into()).or_insert_with(|| Arc::new(found))))
}

fn parse(vendor: &str, schema: &str, provisioning: Option<&ProvisioningType>) -> Result<Registered, String> {
    let schema: Json = serde_json::from_str(schema).map_err(|error| error.to_string())?;
    let paths = |key: &str| -> Vec<Path> {
        let pointers = schema.get(key).and_then(Json::as_array);
        pointers.into_iter().flatten().filter_map(Json::as_str).map(path).collect()
    };
    // A type without handlers of its own cannot be managed one by one, whatever else is said of it.
    let has = |handler: &str| schema.get("handlers").is_some_and(|handlers| handlers.get(handler).is_some());
    let (offered, mutable) = match provisioning {
        Some(ProvisioningType::NonProvisionable) => (false, false),
        Some(ProvisioningType::Immutable) => (true, false),
        Some(ProvisioningType::FullyMutable) => (true, true),
        _ => (has("create"), has("update")),
    };
    Ok(Registered {
        vendor: vendor.to_owned(),
        identity: paths("primaryIdentifier"),
        read_only: paths("readOnlyProperties"),
        write_only: paths("writeOnlyProperties"),
        create_only: paths("createOnlyProperties"),
        tags: tags(&schema),
        offered,
        mutable,
    })
}

/// `/properties/Config/Name` without its beginning.
fn path(pointer: &str) -> Path {
    let pointer = pointer.strip_prefix("/properties/").unwrap_or(pointer);
    pointer.split('/').filter(|part| !part.is_empty()).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

fn tags(schema: &Json) -> Option<Tags> {
    let tagging = schema.get("tagging");
    let said = |key: &str| tagging.and_then(|tagging| tagging.get(key)).and_then(Json::as_bool);
    // Older schemas say it beside everything else.
    let taggable = said("taggable").or_else(|| schema.get("taggable").and_then(Json::as_bool)).unwrap_or(true);
    if !taggable || said("tagOnCreate") == Some(false) {
        return None;
    }
    let named = tagging.and_then(|tagging| tagging.get("tagProperty")).and_then(Json::as_str);
    let [property] = <[String; 1]>::try_from(path(named.unwrap_or("/properties/Tags"))).ok()?;
    let shape = resolved(schema, schema.get("properties")?.get(&property)?);
    match shape.get("items") {
        None => Some(Tags { property, pair: None }),
        Some(items) => {
            let fields = resolved(schema, items).get("properties")?.as_object()?;
            let ending = |end: &str| fields.keys().find(|name| name.to_ascii_lowercase().ends_with(end)).cloned();
            Some(Tags { property, pair: Some((ending("key")?, ending("value")?)) })
        }
    }
}

/// The shape behind references.
fn resolved<'a>(schema: &'a Json, mut shape: &'a Json) -> &'a Json {
    // A schema that goes in circles ends here as what it is.
    for _ in 0..8 {
        let Some(name) = shape.get("$ref").and_then(Json::as_str).and_then(|name| name.strip_prefix('#')) else {
            break;
        };
        match schema.pointer(name) {
            Some(inner) => shape = inner,
            None => break,
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::{ProvisioningType, Tags, parse};

    const SCHEMA: &str = r##"{
        "primaryIdentifier": ["/properties/Name"], "createOnlyProperties": ["/properties/Name", "/properties/Deep/Kind"],
        "readOnlyProperties": ["/properties/Arn"], "writeOnlyProperties": ["/properties/Users/*/Password"],
        "tagging": { "taggable": true, "tagProperty": "/properties/Labels" },
        "properties": { "Labels": { "$ref": "#/definitions/Labels" }, "Tags": { "type": "object" } },
        "definitions": { "Labels": { "type": "array", "items": { "$ref": "#/definitions/Label" } },
                         "Label": { "type": "object", "properties": { "TagKey": {}, "TagValue": {} } } },
        "handlers": { "create": {}, "update": {} } }"##;

    #[test]
    fn paths_and_tags_are_found() {
        let found = parse("AWS::New::Thing", SCHEMA, None).unwrap();
        assert_eq!(found.identity, [["Name"]]);
        assert_eq!(found.create_only.last().unwrap(), &["Deep", "Kind"]);
        assert_eq!(found.write_only, [["Users", "*", "Password"]]);
        let pair = Some(("TagKey".to_owned(), "TagValue".to_owned()));
        assert_eq!(found.tags, Some(Tags { property: "Labels".to_owned(), pair }));
        assert!(found.offered && found.mutable);
    }

    #[test]
    fn what_has_no_tags_or_cannot_be_managed_says_so() {
        let bare = parse("AWS::New::Thing", r#"{ "properties": { "Tags": { "type": "object" } } }"#, None).unwrap();
        assert_eq!(bare.tags, Some(Tags { property: "Tags".to_owned(), pair: None }));
        assert!(!bare.offered && !bare.mutable);
        for none in [r#"{ "tagging": { "taggable": false }, "properties": { "Tags": {} } }"#, r#"{ "properties": {} }"#]
        {
            assert_eq!(parse("AWS::New::Thing", none, None).unwrap().tags, None);
        }
        let fixed = parse("AWS::New::Thing", SCHEMA, Some(&ProvisioningType::Immutable)).unwrap();
        assert!(fixed.offered && !fixed.mutable);
        assert!(!parse("AWS::New::Thing", SCHEMA, Some(&ProvisioningType::NonProvisionable)).unwrap().offered);
        assert!(parse("AWS::New::Thing", "{", None).is_err());
    }
}
