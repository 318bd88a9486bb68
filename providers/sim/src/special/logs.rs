//! Amazon CloudWatch Logs in the sandbox.

use cairn_provider::schema::TypeSchema;
use cairn_provider::value::Value;
use ecow::{EcoString, eco_format};

use super::Special;
use crate::cloud::Object;

/// What is special about the service's types.
pub const SPECIAL: Special = Special { deletable, ..Special::NOTHING };

fn deletable(schema: &TypeSchema, object: &Object) -> Result<(), EcoString> {
    let protected = object.attributes.get("deletion_protection_enabled").and_then(Value::as_bool);
    if protected == Some(true) {
        return Err(eco_format!("{} is protected: set deletion_protection_enabled to false first", schema.name));
    }
    Ok(())
}
