//! AWS Security Token Service in the sandbox.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::schema::document::meets;
use cairn_provider::value::{Map, Value};
use ecow::eco_format;

use super::Special;

/// What is special about the service's types.
pub const SPECIAL: Special = Special { looked_up, ..Special::NOTHING };

fn looked_up(schema: &TypeSchema, target: &Target, conditions: &Map) -> Option<Vec<Map>> {
    if schema.name != "aws.sts.CallerIdentity" {
        return None;
    }
    let account = target.setting("account").unwrap_or(crate::ACCOUNT);
    let caller = Map::from([
        ("account".into(), Value::text(account)),
        ("arn".into(), eco_format!("arn:aws:iam::{account}:user/sandbox").into()),
        ("user_id".into(), Value::text("AIDASANDBOX0000000000")),
    ]);
    Some(Some(caller).filter(|caller| meets(schema, caller, conditions)).into_iter().collect())
}
