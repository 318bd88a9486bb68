//! Types whose behaviour is special: the only place where the sandbox knows types by name, one file for each service.

mod autoscaling;
mod certificatemanager;
mod cloudfront;
mod docdb;
mod ec2;
mod elbv2;
mod iam;
mod logs;
mod rds;
mod route53;
mod s3;
mod secretsmanager;
mod sns;
mod sts;

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use crate::cloud::Object;

/// Gives so many hexadecimal digits, always the same for one attribute of one object.
pub type Digits<'a> = &'a dyn Fn(usize) -> EcoString;

/// What is special about the types of a service. Each function says "nothing" for types that are not.
pub struct Special {
    /// A chosen attribute as the vendor spells it: type, attribute, region.
    pub chosen: fn(&str, &str, &str, Digits<'_>) -> Option<EcoString>,
    /// Attributes that follow from others, after a create and after every update.
    pub complete: fn(&TypeSchema, &Target, &mut Map),
    /// Why an object cannot be deleted, beside those that stand on it.
    pub deletable: fn(&TypeSchema, &Object) -> Result<(), EcoString>,
    /// What a look-up finds in a new account.
    pub looked_up: fn(&TypeSchema, &Target, &Map) -> Option<Vec<Map>>,
}

impl Special {
    /// Nothing is special.
    pub const NOTHING: Self =
        Self { chosen: |_, _, _, _| None, complete: |_, _, _| {}, deletable: |_, _| Ok(()), looked_up: |_, _, _| None };
}

/// What is special about the types of a service.
fn of(service: &str) -> &'static Special {
    match service {
        "autoscaling" => &autoscaling::SPECIAL,
        "certificatemanager" => &certificatemanager::SPECIAL,
        "cloudfront" => &cloudfront::SPECIAL,
        "docdb" => &docdb::SPECIAL,
        "ec2" => &ec2::SPECIAL,
        "elbv2" => &elbv2::SPECIAL,
        "iam" => &iam::SPECIAL,
        "logs" => &logs::SPECIAL,
        "rds" => &rds::SPECIAL,
        "route53" => &route53::SPECIAL,
        "s3" => &s3::SPECIAL,
        "secretsmanager" => &secretsmanager::SPECIAL,
        "sns" => &sns::SPECIAL,
        "sts" => &sts::SPECIAL,
        _ => &Special::NOTHING,
    }
}

/// Services without regions.
pub fn is_global(schema: &TypeSchema) -> bool {
    matches!(schema.service(), "iam" | "route53" | "cloudfront") || schema.name == "aws.s3.Bucket"
}

/// A chosen attribute as the vendor spells it.
pub fn chosen(schema: &TypeSchema, field: &str, region: &str, digits: Digits<'_>) -> Option<EcoString> {
    (of(schema.service()).chosen)(&schema.name, field, region, digits)
}

/// A random identifier in the usual five groups.
pub fn uuid(digits: Digits<'_>) -> String {
    let digits = digits(32);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// Identities the vendor provides in every account.
pub fn is_of_the_vendor(text: &str) -> bool {
    let managed = text.starts_with("arn:aws:iam::aws:") || text.starts_with("alias/aws/");
    let uuid = text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4;
    managed || uuid
}

/// Objects that the cloud makes along with others: their type, the type of the others, and the attribute that names them.
const COMPANIONS: [(&str, &str, &str); 2] = [
    ("aws.ec2.SecurityGroup", "aws.ec2.Vpc", "default_security_group"),
    ("aws.ec2.NetworkAcl", "aws.ec2.Vpc", "default_network_acl"),
];

/// Types whose objects bring objects of some types along, each with the attribute that names them.
pub fn companions<'a>(kinds: &'a [&str]) -> impl Iterator<Item = (&'static str, &'static str)> + 'a {
    let listed = COMPANIONS.into_iter().filter(|(kind, _, _)| kinds.contains(kind));
    listed.map(|(_, with, attribute)| (with, attribute))
}

/// Whether an attribute names an object that came along.
pub fn is_companion(attribute: &str) -> bool {
    COMPANIONS.iter().any(|(_, _, listed)| *listed == attribute)
}

/// Attributes that follow from others.
pub fn complete(schema: &TypeSchema, target: &Target, attributes: &mut Map) {
    (of(schema.service()).complete)(schema, target, attributes);
}

/// Why an object cannot be deleted, beside those that stand on it.
pub fn deletable(schema: &TypeSchema, object: &Object) -> Result<(), EcoString> {
    let protected = object.attributes.get("deletion_protection").and_then(Value::as_bool) == Some(true);
    if protected {
        return Err(eco_format!("{} is protected: set deletion_protection to false first", schema.name));
    }
    (of(schema.service()).deletable)(schema, object)
}

/// What a look-up finds in a new account: unless the type is special, one object that meets the conditions.
pub fn looked_up(schema: &TypeSchema, target: &Target, conditions: &Map) -> Vec<Map> {
    (of(schema.service()).looked_up)(schema, target, conditions).unwrap_or_else(|| vec![conditions.clone()])
}
