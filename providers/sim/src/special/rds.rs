//! Amazon RDS in the sandbox.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::{Digits, Special, uuid};
use crate::fabricate::hexadecimal;

/// What is special about the service's types.
pub const SPECIAL: Special = Special { chosen, complete, ..Special::NOTHING };

fn chosen(kind: &str, field: &str, _region: &str, digits: Digits<'_>) -> Option<EcoString> {
    match (kind, field) {
        ("aws.rds.DbInstance", "dbi_resource_id") => Some(eco_format!("db-{}", digits(26).to_uppercase())),
        _ => None,
    }
}

fn complete(schema: &TypeSchema, target: &Target, attributes: &mut Map) {
    if schema.name != "aws.rds.DbInstance" {
        return;
    }
    let region = target.place();
    let text = |name: &str| attributes.get(name).and_then(Value::as_text).map(EcoString::from).unwrap_or_default();
    let id = text("db_instance_identifier");
    let port = attributes.get("port").and_then(Value::as_int).unwrap_or_else(|| usual_port(&text("engine")));
    let own = hexadecimal(&[region, "rds"], 12);
    let endpoint = Value::map([
        ("address".into(), eco_format!("{id}.{own}.{region}.rds.amazonaws.com").into()),
        ("hosted_zone_id".into(), eco_format!("Z{}", hexadecimal(&[region, "zone"], 13).to_uppercase()).into()),
        ("port".into(), Value::Int(port)),
    ]);
    attributes.insert("endpoint".into(), endpoint);
    attributes.insert("port".into(), Value::Int(port));
    attributes.insert("db_instance_status".into(), "available".into());
    attributes.entry("availability_zone".into()).or_insert_with(|| eco_format!("{region}a").into());
    complete_secret(region, &id, attributes);
}

/// The secret RDS keeps the password in, as long as it does.
fn complete_secret(region: &str, id: &str, attributes: &mut Map) {
    if attributes.get("manage_master_user_password").and_then(Value::as_bool) != Some(true) {
        attributes.remove("master_user_secret");
        return;
    }
    let before = attributes.get("master_user_secret").and_then(Value::as_map);
    let mut secret = before.cloned().unwrap_or_default();
    let account = crate::ACCOUNT;
    let name = uuid(&|length| hexadecimal(&[region, id, "secret"], length));
    let arn = eco_format!("arn:aws:secretsmanager:{region}:{account}:secret:rds!db-{name}-Ab12Cd");
    secret.insert("secret_arn".into(), arn.into());
    let key = || eco_format!("arn:aws:kms:{region}:{account}:key/{name}").into();
    secret.entry("kms_key".into()).or_insert_with(key);
    attributes.insert("master_user_secret".into(), Value::from(secret));
}

fn usual_port(engine: &str) -> i64 {
    match engine.split('-').next() {
        Some("aurora") if engine.ends_with("postgresql") => 5432,
        Some("aurora" | "mariadb" | "mysql") => 3306,
        Some("oracle") => 1521,
        Some("sqlserver") => 1433,
        Some("db2") => 50000,
        _ => 5432,
    }
}
