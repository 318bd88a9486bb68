//! Amazon DocumentDB in the sandbox.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::{Digits, Special};
use crate::fabricate::hexadecimal;

/// What is special about the service's types.
pub const SPECIAL: Special = Special { chosen, complete, ..Special::NOTHING };

fn chosen(kind: &str, field: &str, _region: &str, digits: Digits<'_>) -> Option<EcoString> {
    match (kind, field) {
        ("aws.docdb.DbCluster", "cluster_resource_id") => Some(eco_format!("cluster-{}", digits(26).to_uppercase())),
        _ => None,
    }
}

fn complete(schema: &TypeSchema, target: &Target, attributes: &mut Map) {
    let region = target.place();
    let text = |name: &str| attributes.get(name).and_then(Value::as_text).map(EcoString::from);
    let own = hexadecimal(&[region, "docdb"], 12);
    let mut found: Vec<(&str, Value)> = Vec::new();
    match (schema.name.as_str(), text("db_cluster_identifier"), text("db_instance_identifier")) {
        ("aws.docdb.DbCluster", Some(id), _) => {
            let address = |kind: &str| eco_format!("{id}.{kind}-{own}.{region}.docdb.amazonaws.com");
            found.push(("endpoint", address("cluster").into()));
            found.push(("read_endpoint", address("cluster-ro").into()));
            if !attributes.contains_key("port") {
                found.push(("port", Value::Int(27017)));
            }
        }
        ("aws.docdb.DbInstance", _, Some(id)) => {
            found.push(("endpoint", eco_format!("{id}.{own}.{region}.docdb.amazonaws.com").into()));
            found.push(("port", Value::Int(27017)));
        }
        _ => {}
    }
    attributes.extend(found.into_iter().map(|(name, value)| (name.into(), value)));
}
