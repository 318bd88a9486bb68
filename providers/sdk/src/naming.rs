//! The rule that spells a vendor's names in the letters of the language.
//!
//! The rule is total and mechanical: whoever knows `AWS::RDS::DBInstance` and its `BackupRetentionPeriod` can write
//! `aws.rds.DbInstance` and `backup_retention_period` without looking anything up.

use ecow::EcoString;

/// Words whose capitals mislead the cut.
const LISTED: [&str; 20] = [
    "DDoS", "DynamoDB", "ETag", "FSx", "GiB", "GraphQL", "IoT", "IPv4", "IPv6", "KiB", "MBps", "MiBps", "MiB", "MySQL",
    "OAuth", "OTel", "SaaS", "VCpu", "VNet", "XRay",
];

/// Cuts a vendor's name into its words, in lower case.
///
/// A cut stands before a capital that follows a small letter or a digit, and in a run of capitals before the last one
/// if a small letter follows. A run with a plural s is one word. Digits stay with the word before them. Characters
/// that are neither letters nor digits separate words.
pub fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        if !character.is_ascii_alphanumeric() {
            finish(&mut words, &mut word);
            at += 1;
            continue;
        }
        if word.is_empty()
            && let Some(listed) = listed_at(&characters, at)
        {
            finish(&mut words, &mut word);
            words.push(listed.to_ascii_lowercase());
            at += listed.len();
            continue;
        }
        if character.is_ascii_uppercase() && cuts_before(&characters, at) {
            finish(&mut words, &mut word);
            if listed_at(&characters, at).is_some() {
                continue;
            }
        }
        word.push(character.to_ascii_lowercase());
        at += 1;
    }
    finish(&mut words, &mut word);
    words
}

fn finish(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

fn listed_at(characters: &[char], at: usize) -> Option<&'static str> {
    LISTED.into_iter().find(|listed| {
        let matches = listed.chars().enumerate().all(|(offset, wanted)| characters.get(at + offset) == Some(&wanted));
        let next = characters.get(at + listed.len());
        matches && !next.is_some_and(char::is_ascii_lowercase)
    })
}

fn cuts_before(characters: &[char], at: usize) -> bool {
    let Some(previous) = at.checked_sub(1).and_then(|before| characters.get(before)) else { return false };
    if previous.is_ascii_lowercase() || previous.is_ascii_digit() {
        return true;
    }
    // Inside a run of capitals: the last one begins a word if a small letter follows, unless that letter is the s of
    // a plural run.
    let next = characters.get(at + 1);
    let behind = characters.get(at + 2);
    let plural = next == Some(&'s') && !behind.is_some_and(char::is_ascii_lowercase);
    next.is_some_and(char::is_ascii_lowercase) && !plural
}

/// A field's name: `CidrBlock` is `cidr_block`.
pub fn field(vendor: &str) -> EcoString {
    words(vendor).join("_").into()
}

/// A reference's name: a last word `Id`, `Arn` or `Name` is dropped, of `Ids`, `Arns` or `Names` the rest becomes
/// plural. `None` if nothing would be left or there is no such word.
pub fn reference(vendor: &str) -> Option<EcoString> {
    let mut words = words(vendor);
    let last = words.pop()?;
    let plural = match last.as_str() {
        "id" | "arn" | "name" => false,
        "ids" | "arns" | "names" => true,
        _ => return None,
    };
    let kept = words.pop()?;
    words.push(if plural { pluralise(&kept) } else { kept });
    Some(words.join("_").into())
}

fn pluralise(word: &str) -> String {
    let ends = |suffix: &str| word.ends_with(suffix);
    if let Some(stem) = word.strip_suffix('y')
        && !stem.ends_with(['a', 'e', 'i', 'o', 'u'])
    {
        return format!("{stem}ies");
    }
    if ends("s") || ends("x") || ends("ch") || ends("sh") { format!("{word}es") } else { format!("{word}s") }
}

/// A type's or a record's name: `DBInstance` is `DbInstance`.
pub fn camel(vendor: &str) -> EcoString {
    let mut name = EcoString::new();
    for word in words(vendor) {
        let mut characters = word.chars();
        if let Some(first) = characters.next() {
            name.push(first.to_ascii_uppercase());
            name.push_str(characters.as_str());
        }
    }
    name
}

/// The type of AWS that stands for all types the catalogue does not have.
pub const UNLISTED: &str = "aws.Unlisted";

/// The name of a type of the CloudFormation registry: `AWS::EC2::VPC` is `aws.ec2.Vpc`. `None` for names of other forms.
pub fn aws_type(vendor: &str) -> Option<EcoString> {
    // The one that stands for all types without a name of their own here.
    if vendor == "AWS::Unlisted" {
        return Some(UNLISTED.into());
    }
    let mut parts = vendor.split("::");
    let (Some("AWS"), Some(service), Some(name), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    // The one alias, as in the names of the vendor's own command line.
    let service = if service == "ElasticLoadBalancingV2" { "elbv2".to_owned() } else { service.to_ascii_lowercase() };
    Some(ecow::eco_format!("aws.{service}.{}", camel(name)))
}

#[cfg(test)]
mod tests {
    use super::{aws_type, field, reference};

    #[test]
    fn types_are_spelled_by_the_rule() {
        for (vendor, name) in [
            ("AWS::EC2::VPC", "aws.ec2.Vpc"),
            ("AWS::AutoScaling::AutoScalingGroup", "aws.autoscaling.AutoScalingGroup"),
            ("AWS::RDS::DBInstance", "aws.rds.DbInstance"),
            ("AWS::ElasticLoadBalancingV2::ListenerRule", "aws.elbv2.ListenerRule"),
            ("AWS::EC2::EIP", "aws.ec2.Eip"),
            ("AWS::DynamoDB::Table", "aws.dynamodb.Table"),
            ("AWS::IAM::OIDCProvider", "aws.iam.OidcProvider"),
        ] {
            assert_eq!(aws_type(vendor).unwrap(), name);
        }
        assert_eq!(aws_type("Custom::Thing"), None);
    }

    #[test]
    fn fields_are_spelled_by_the_rule() {
        for (vendor, name) in [
            ("CidrBlock", "cidr_block"),
            ("MapPublicIpOnLaunch", "map_public_ip_on_launch"),
            ("IPV6Enabled", "ipv6_enabled"),
            ("MultiAZ", "multi_az"),
            ("VPCZoneIdentifier", "vpc_zone_identifier"),
            ("TargetGroupARNs", "target_group_arns"),
            ("DBSubnetGroupName", "db_subnet_group_name"),
            ("EnableDns64", "enable_dns64"),
            ("Ipv6CidrBlock", "ipv6_cidr_block"),
            ("IPv6Addresses", "ipv6_addresses"),
            ("SubnetIPv4Count", "subnet_ipv4_count"),
            ("ETag", "etag"),
            ("VolumeSizeInGiB", "volume_size_in_gib"),
            ("HTTPCode", "http_code"),
        ] {
            assert_eq!(field(vendor), name);
        }
    }

    #[test]
    fn references_lose_their_suffix() {
        for (vendor, name) in [
            ("VpcId", Some("vpc")),
            ("SubnetIds", Some("subnets")),
            ("TargetGroupARNs", Some("target_groups")),
            ("ManagedPolicyArns", Some("managed_policies")),
            ("DBSubnetGroupName", Some("db_subnet_group")),
            ("Arn", None),
            ("SecurityGroups", None),
        ] {
            assert_eq!(reference(vendor).as_deref(), name);
        }
    }
}
