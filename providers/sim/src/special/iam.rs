//! AWS Identity and Access Management in the sandbox.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::{Digits, Special};

/// What is special about the service's types.
pub const SPECIAL: Special = Special { chosen, complete, ..Special::NOTHING };

fn chosen(kind: &str, field: &str, _region: &str, digits: Digits<'_>) -> Option<EcoString> {
    match (kind, field) {
        ("aws.iam.Role", "role_id") => Some(eco_format!("AROA{}", digits(17).to_uppercase())),
        _ => None,
    }
}

/// The name of a managed policy stands behind its path.
fn complete(schema: &TypeSchema, target: &Target, attributes: &mut Map) {
    if schema.name != "aws.iam.ManagedPolicy" {
        return;
    }
    let text = |name: &str| attributes.get(name).and_then(Value::as_text);
    let Some(name) = text("managed_policy_name") else { return };
    let account = target.setting("account").unwrap_or(crate::ACCOUNT);
    let arn = eco_format!("arn:aws:iam::{account}:policy{}{name}", text("path").unwrap_or("/"));
    attributes.insert("policy_arn".into(), arn.into());
}
