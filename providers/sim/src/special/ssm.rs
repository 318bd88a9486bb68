//! AWS Systems Manager in the sandbox.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};

use super::Special;

/// What is special about the service's types.
pub const SPECIAL: Special = Special { looked_up, ..Special::NOTHING };

/// A parameter has a value: an image's id where its name speaks of one.
fn looked_up(schema: &TypeSchema, _target: &Target, conditions: &Map) -> Option<Vec<Map>> {
    if schema.name != "aws.ssm.Parameter" {
        return None;
    }
    let name = conditions.get("name").and_then(Value::as_text)?;
    let image = ["ami", "image"].iter().any(|word| name.contains(word));
    let mut parameter = conditions.clone();
    parameter.entry("type".into()).or_insert_with(|| "String".into());
    parameter.entry("data_type".into()).or_insert_with(|| "text".into());
    let value = if image { "ami-0a1b2c3d4e5f60718" } else { "sandbox" };
    parameter.entry("value".into()).or_insert_with(|| value.into());
    Some(vec![parameter])
}
