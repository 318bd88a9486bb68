//! Amazon S3 in the sandbox.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::Special;

/// What is special about the service's types.
pub const SPECIAL: Special = Special { complete, ..Special::NOTHING };

fn complete(schema: &TypeSchema, target: &Target, attributes: &mut Map) {
    let region = target.place();
    let name = attributes.get("bucket_name").and_then(Value::as_text).map(EcoString::from);
    let (true, Some(name)) = (schema.name == "aws.s3.Bucket", name) else { return };
    let names = [
        ("domain_name", eco_format!("{name}.s3.amazonaws.com")),
        ("regional_domain_name", eco_format!("{name}.s3.{region}.amazonaws.com")),
        ("dual_stack_domain_name", eco_format!("{name}.s3.dualstack.{region}.amazonaws.com")),
        ("website_url", eco_format!("http://{name}.s3-website.{region}.amazonaws.com")),
    ];
    attributes.extend(names.map(|(field, text)| (field.into(), Value::Text(text))));
}
