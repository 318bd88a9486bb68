//! Amazon Simple Notification Service in the sandbox.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::{Digits, Special, uuid};

/// What is special about the service's types.
pub const SPECIAL: Special = Special { chosen, complete, ..Special::NOTHING };

fn chosen(kind: &str, field: &str, _region: &str, digits: Digits<'_>) -> Option<EcoString> {
    match (kind, field) {
        ("aws.sns.Subscription", "arn") => Some(uuid(digits).into()),
        _ => None,
    }
}

/// A subscription's ARN is its topic's with an identifier behind it.
fn complete(schema: &TypeSchema, _target: &Target, attributes: &mut Map) {
    if schema.name != "aws.sns.Subscription" {
        return;
    }
    let text = |name: &str| attributes.get(name).and_then(Value::as_text);
    let (Some(topic), Some(own)) = (text("topic"), text("arn")) else { return };
    let arn = eco_format!("{topic}:{}", own.rsplit(':').next().unwrap_or(own));
    attributes.insert("arn".into(), arn.into());
}
