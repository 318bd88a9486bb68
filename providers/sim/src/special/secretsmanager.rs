//! AWS Secrets Manager in the sandbox.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::{Digits, Special};

/// What is special about the service's types.
pub const SPECIAL: Special = Special { chosen, complete, ..Special::NOTHING };

fn chosen(kind: &str, field: &str, _region: &str, digits: Digits<'_>) -> Option<EcoString> {
    match (kind, field) {
        ("aws.secretsmanager.Secret", "id") => Some(digits(6)),
        _ => None,
    }
}

/// Six characters stand behind the name in a secret's ARN.
fn complete(schema: &TypeSchema, target: &Target, attributes: &mut Map) {
    if schema.name != "aws.secretsmanager.Secret" {
        return;
    }
    let text = |name: &str| attributes.get(name).and_then(Value::as_text);
    let (Some(name), Some(own)) = (text("name"), text("id").filter(|own| !own.starts_with("arn:"))) else { return };
    let account = target.setting("account").unwrap_or(crate::ACCOUNT);
    let arn = eco_format!("arn:aws:secretsmanager:{}:{account}:secret:{name}-{own}", target.place());
    attributes.insert("id".into(), arn.into());
}
