//! Elastic Load Balancing in the sandbox.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::{Digits, Special};

/// What is special about the service's types.
pub const SPECIAL: Special = Special { chosen, complete, ..Special::NOTHING };

fn chosen(kind: &str, field: &str, region: &str, digits: Digits<'_>) -> Option<EcoString> {
    let arn = |rest: &str| eco_format!("arn:aws:elasticloadbalancing:{region}:{}:{rest}", crate::ACCOUNT);
    match (kind, field) {
        ("aws.elbv2.LoadBalancer", "load_balancer_arn") => Some(arn(&format!("loadbalancer/app/{}", digits(16)))),
        ("aws.elbv2.LoadBalancer", "canonical_hosted_zone_id") => Some("Z215JYRZR1TBD5".into()),
        ("aws.elbv2.LoadBalancer", "dns_name") => Some(digits(10)),
        ("aws.elbv2.TargetGroup", "target_group_arn") => Some(arn(&format!("targetgroup/{}", digits(16)))),
        ("aws.elbv2.Listener", "listener_arn") => Some(arn(&format!("listener/{}", digits(16)))),
        ("aws.elbv2.ListenerRule", "rule_arn") => Some(arn(&format!("listener-rule/{}", digits(16)))),
        _ => None,
    }
}

/// ARNs hold the names of what they belong to.
fn complete(schema: &TypeSchema, target: &Target, attributes: &mut Map) {
    let text = |name: &str| attributes.get(name).and_then(Value::as_text).unwrap_or_default().to_owned();
    let (field, before, path) = match schema.name.as_str() {
        "aws.elbv2.LoadBalancer" => {
            let kind = match text("type").as_str() {
                "network" => "net",
                "gateway" => "gwy",
                _ => "app",
            };
            ("load_balancer_arn", "loadbalancer/", format!("{kind}/{}", text("name")))
        }
        "aws.elbv2.TargetGroup" => ("target_group_arn", "targetgroup/", text("name")),
        "aws.elbv2.Listener" => ("listener_arn", "listener/", behind(&text("load_balancer"), ":loadbalancer/")),
        "aws.elbv2.ListenerRule" => ("rule_arn", "listener-rule/", behind(&text("listener"), ":listener/")),
        _ => return,
    };
    let arn = text(field);
    let (Some((start, _)), Some((_, digits))) = (arn.split_once(before), arn.rsplit_once('/')) else { return };
    let (arn, name) = (format!("{start}{before}{path}/{digits}"), text("name"));
    match schema.name.as_str() {
        "aws.elbv2.LoadBalancer" => {
            attributes.insert("load_balancer_full_name".into(), behind(&arn, ":loadbalancer/").as_str().into());
            attributes.insert("load_balancer_name".into(), name.as_str().into());
            if let Some(dns) = attributes.get("dns_name").and_then(Value::as_text).filter(|dns| !dns.contains('.')) {
                let dns = eco_format!("{name}-{dns}.{}.elb.amazonaws.com", target.place());
                attributes.insert("dns_name".into(), dns.into());
            }
        }
        "aws.elbv2.TargetGroup" => {
            attributes.insert("target_group_full_name".into(), format!("targetgroup/{path}/{digits}").as_str().into());
            attributes.insert("target_group_name".into(), name.as_str().into());
        }
        _ => {}
    }
    attributes.insert(field.into(), arn.as_str().into());
}

fn behind(text: &str, mark: &str) -> String {
    text.split_once(mark).map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}
