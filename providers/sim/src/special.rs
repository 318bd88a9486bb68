//! Types whose behaviour is special: the only place where the sandbox knows types by name.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use crate::cloud::Object;

/// Services without regions.
pub fn is_global(schema: &TypeSchema) -> bool {
    matches!(schema.service(), "iam" | "route53" | "cloudfront") || schema.name == "aws.s3.Bucket"
}

/// Identities as the vendor spells them.
pub fn identity(schema: &TypeSchema, field: &str, region: &str, hex: &dyn Fn(usize) -> EcoString) -> Option<EcoString> {
    let prefix = match (schema.name.as_str(), field) {
        ("aws.ec2.Vpc", "vpc_id") => "vpc",
        ("aws.ec2.Vpc", "default_security_group") | ("aws.ec2.SecurityGroup", "id" | "group_id") => "sg",
        ("aws.ec2.Vpc", "default_network_acl") => "acl",
        ("aws.ec2.Subnet", "subnet_id") => "subnet",
        ("aws.ec2.InternetGateway", "internet_gateway_id") => "igw",
        ("aws.ec2.Eip", "allocation_id") => "eipalloc",
        ("aws.ec2.NatGateway", "nat_gateway_id") => "nat",
        ("aws.ec2.RouteTable", "route_table_id") => "rtb",
        ("aws.ec2.SubnetRouteTableAssociation", "id") => "rtbassoc",
        ("aws.ec2.SecurityGroupIngress" | "aws.ec2.SecurityGroupEgress", "id") => "sgr",
        ("aws.ec2.LaunchTemplate", "launch_template_id") => "lt",
        ("aws.ec2.PrefixList", "prefix_list_id") => "pl",
        ("aws.ec2.Image", "image_id") => "ami",
        ("aws.ec2.Instance", "instance_id") => "i",
        ("aws.cloudfront.Distribution" | "aws.cloudfront.OriginAccessControl", "id") => {
            return Some(eco_format!("E{}", hex(13).to_uppercase()));
        }
        ("aws.route53.HostedZone", "id") => return Some(eco_format!("Z{}", hex(20).to_uppercase())),
        ("aws.cloudfront.Distribution", "domain_name") => return Some(eco_format!("d{}.cloudfront.net", hex(13))),
        ("aws.certificatemanager.Certificate", "id") => {
            return Some(eco_format!("arn:aws:acm:{region}:{}:certificate/{}", crate::ACCOUNT, uuid(hex)));
        }
        _ => return None,
    };
    Some(eco_format!("{prefix}-0{}", hex(16)))
}

fn uuid(hex: &dyn Fn(usize) -> EcoString) -> String {
    let digits = hex(32);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// Identities the vendor provides in every account.
pub fn is_of_the_vendor(text: &str) -> bool {
    let managed = text.starts_with("arn:aws:iam::aws:");
    let uuid = text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4;
    managed || uuid
}

/// Attributes that follow from others.
pub fn complete(schema: &TypeSchema, target: &Target, attributes: &mut Map) {
    match schema.name.as_str() {
        // Both names mean the group.
        "aws.ec2.SecurityGroup" => {
            if let Some(id) = attributes.get("group_id").cloned() {
                attributes.insert("id".into(), id);
            }
        }
        // A route is told apart by its destination, of whichever kind it is.
        "aws.ec2.Route" => {
            let destinations = ["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"];
            if let Some(destination) = destinations.iter().find_map(|name| attributes.get(*name)).cloned() {
                attributes.insert("cidr_block".into(), destination);
            }
        }
        "aws.ec2.VpcGatewayAttachment" => {
            let kind = if attributes.contains_key("internet_gateway") { "IGW" } else { "VGW" };
            attributes.insert("attachment_type".into(), kind.into());
        }
        "aws.ec2.Subnet" => {
            attributes.entry("availability_zone".into()).or_insert_with(|| eco_format!("{}a", target.place()).into());
        }
        _ => {}
    }
}

/// Why an object cannot be deleted, beside those that stand on it.
pub fn deletable(schema: &TypeSchema, object: &Object) -> Result<(), EcoString> {
    let protected = object.attributes.get("deletion_protection").and_then(Value::as_bool) == Some(true);
    if protected {
        return Err(eco_format!("{} is protected: set deletion_protection to false first", schema.name));
    }
    Ok(())
}

/// What a look-up finds in a new account.
pub fn looked_up(schema: &TypeSchema, target: &Target, conditions: &Map) -> Vec<Map> {
    let region = target.place();
    if schema.name == "aws.ec2.AvailabilityZone" {
        return ["a", "b", "c"]
            .into_iter()
            .map(|letter| {
                let mut zone = conditions.clone();
                zone.insert("zone_name".into(), eco_format!("{region}{letter}").into());
                zone
            })
            .filter(|zone| cairn_provider::schema::document::meets(schema, zone, conditions))
            .collect();
    }
    vec![conditions.clone()]
}
