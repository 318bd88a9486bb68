//! Amazon EC2 Auto Scaling in the sandbox.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::{Digits, Special, uuid};
use crate::cloud::Object;

/// What is special about the service's types.
pub const SPECIAL: Special = Special { chosen, complete, deletable, ..Special::NOTHING };

fn chosen(kind: &str, field: &str, region: &str, digits: Digits<'_>) -> Option<EcoString> {
    let arn = |what: &str| eco_format!("arn:aws:autoscaling:{region}:{}:{what}:{}", crate::ACCOUNT, uuid(digits));
    match (kind, field) {
        ("aws.autoscaling.AutoScalingGroup", "auto_scaling_group_arn") => Some(arn("autoScalingGroup")),
        ("aws.autoscaling.ScalingPolicy", "arn") => Some(arn("scalingPolicy")),
        _ => None,
    }
}

/// ARNs hold the names of what they belong to.
fn complete(schema: &TypeSchema, _target: &Target, attributes: &mut Map) {
    let text = |name: &str| attributes.get(name).and_then(Value::as_text).unwrap_or_default().to_owned();
    let (field, names) = match schema.name.as_str() {
        "aws.autoscaling.AutoScalingGroup" => {
            ("auto_scaling_group_arn", format!(":autoScalingGroupName/{}", text("auto_scaling_group_name")))
        }
        "aws.autoscaling.ScalingPolicy" => {
            let group = text("auto_scaling_group");
            ("arn", format!(":autoScalingGroupName/{group}:policyName/{}", text("policy_name")))
        }
        _ => return,
    };
    let arn = text(field);
    if !arn.is_empty() && !arn.contains(":autoScalingGroupName/") {
        attributes.insert(field.into(), eco_format!("{arn}{names}").into());
    }
}

fn deletable(schema: &TypeSchema, object: &Object) -> Result<(), EcoString> {
    let protection = object.attributes.get("deletion_protection").and_then(Value::as_text).unwrap_or("none");
    if schema.name == "aws.autoscaling.AutoScalingGroup" && protection != "none" {
        return Err(eco_format!("the group is protected: deletion_protection is {protection}"));
    }
    Ok(())
}
