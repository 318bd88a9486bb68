//! Amazon EC2 in the sandbox.

use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::schema::document::meets;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::{Digits, Special};

/// What is special about the service's types.
pub const SPECIAL: Special = Special { chosen, complete, looked_up, ..Special::NOTHING };

fn chosen(kind: &str, field: &str, _region: &str, digits: Digits<'_>) -> Option<EcoString> {
    let prefix = match (kind, field) {
        ("aws.ec2.Vpc", "vpc_id") => "vpc",
        ("aws.ec2.Vpc", "default_security_group") | ("aws.ec2.SecurityGroup", "id" | "group_id") => "sg",
        ("aws.ec2.Vpc", "default_network_acl") => "acl",
        ("aws.ec2.Subnet", "subnet_id") => "subnet",
        ("aws.ec2.Subnet", "network_acl_association_id") => "aclassoc",
        ("aws.ec2.NatGateway", "eni_id") => "eni",
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
        _ => return None,
    };
    Some(eco_format!("{prefix}-0{}", digits(16)))
}

fn complete(schema: &TypeSchema, target: &Target, attributes: &mut Map) {
    match schema.name.as_str() {
        // Both names mean the group.
        "aws.ec2.SecurityGroup" => {
            if let Some(id) = attributes.get("group_id").cloned() {
                attributes.insert("id".into(), id);
            }
        }
        // A route is told apart by its destination, of whichever kind it is.
        "aws.ec2.Route" => {
            let destinations = ["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list"];
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
        "aws.ec2.NatGateway" => nat_gateway(attributes),
        _ => {}
    }
}

/// A regional gateway spreads over zones, a zonal one lives in its subnet.
fn nat_gateway(attributes: &mut Map) {
    let regional = attributes.get("availability_mode").and_then(Value::as_text) == Some("regional");
    let other: &[&str] = if regional {
        &["eni_id", "private_ip_address"]
    } else {
        &["auto_provision_zones", "auto_scaling_ips", "route_table_id"]
    };
    attributes.retain(|name, _| !other.contains(&name.as_str()));
    if regional {
        for name in ["auto_provision_zones", "auto_scaling_ips"] {
            let state = if attributes.contains_key("availability_zone_addresses") { "disabled" } else { "enabled" };
            attributes.insert(name.into(), state.into());
        }
    } else {
        attributes.entry("private_ip_address".into()).or_insert_with(|| "10.0.0.4".into());
    }
}

fn looked_up(schema: &TypeSchema, target: &Target, conditions: &Map) -> Option<Vec<Map>> {
    if schema.name == "aws.ec2.Image" {
        let mut image = conditions.clone();
        for (field, value) in [
            ("architecture", "x86_64"),
            ("creation_date", "2026-01-01T00:00:00.000Z"),
            ("root_device_name", "/dev/xvda"),
            ("root_device_type", "ebs"),
            ("state", "available"),
            ("virtualization_type", "hvm"),
        ] {
            image.entry(field.into()).or_insert_with(|| value.into());
        }
        return Some(vec![image]);
    }
    if schema.name != "aws.ec2.AvailabilityZone" {
        return None;
    }
    let region = target.place();
    let zones = [("a", 1), ("b", 2), ("c", 3)].into_iter().map(|(letter, number)| {
        Map::from([
            ("zone_name".into(), eco_format!("{region}{letter}").into()),
            ("zone_id".into(), eco_format!("{}-az{number}", short(region)).into()),
            ("region_name".into(), region.into()),
            ("group_name".into(), eco_format!("{region}-zg-1").into()),
            ("network_border_group".into(), region.into()),
            ("opt_in_status".into(), "opt-in-not-required".into()),
            ("state".into(), "available".into()),
            ("zone_type".into(), "availability-zone".into()),
        ])
    });
    Some(zones.filter(|zone| meets(schema, zone, conditions)).collect())
}

/// A region as the ids of its zones spell it: `eu-central-1` is `euc1`.
fn short(region: &str) -> EcoString {
    let mut parts = region.split('-');
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| match part {
        "northeast" => "ne",
        "northwest" => "nw",
        "southeast" => "se",
        "southwest" => "sw",
        part => part.get(..1).unwrap_or_default(),
    });
    eco_format!("{first}{}", rest.collect::<String>())
}
