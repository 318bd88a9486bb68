//! Amazon Route 53 in the sandbox.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::{Digits, Special, uuid};

/// What is special about the service's types.
pub const SPECIAL: Special = Special { chosen, complete, ..Special::NOTHING };

fn chosen(kind: &str, field: &str, _region: &str, digits: Digits<'_>) -> Option<EcoString> {
    match (kind, field) {
        ("aws.route53.HostedZone", "id") => Some(eco_format!("Z{}", digits(20).to_uppercase())),
        ("aws.route53.HealthCheck", "health_check_id") => Some(uuid(digits).into()),
        _ => None,
    }
}

fn complete(schema: &TypeSchema, _target: &Target, attributes: &mut Map) {
    match schema.name.as_str() {
        "aws.route53.HostedZone" => {
            let digits = attributes.get("id").and_then(Value::as_text).unwrap_or_default().len();
            let server = |index: usize, ending: &str| {
                Value::text(eco_format!("ns-{}.awsdns-{:02}.{ending}", 512 * index + digits, 8 * index + 1))
            };
            let servers = ["com", "net", "org", "co.uk"].into_iter().enumerate().map(|(index, end)| server(index, end));
            attributes.insert("name_servers".into(), Value::list(servers));
        }
        "aws.route53.RecordSet" => {
            let text = |name: &str| attributes.get(name).and_then(Value::as_text).unwrap_or_default();
            let zone = if text("hosted_zone").is_empty() { text("hosted_zone_name") } else { text("hosted_zone") };
            let name = text("name").trim_end_matches('.').to_ascii_lowercase();
            let mut id = eco_format!("{zone}|{name}|{}", text("type"));
            if !text("set_identifier").is_empty() {
                id = eco_format!("{id}|{}", text("set_identifier"));
            }
            attributes.insert("id".into(), Value::Text(id));
        }
        _ => {}
    }
}
