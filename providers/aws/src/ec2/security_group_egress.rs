//! One rule of a security group for traffic that goes out, as a resource of its own.
//!
//! A new group lets everything out. To narrow that, write `security_group_egress: []` in the group and the rules here,
//! or all rules there. The other side is told by exactly one of `cidr_ip`, `cidr_ipv6`, `destination_security_group` and
//! `destination_prefix_list`. Description, protocol and ports change in place; another side is another rule.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroupegress.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Overlay, Reference, Replacement, Values};

use crate::ec2::security_group::{PROTOCOLS, RULE_EQUALITY, RULE_IN_PLACE, RULE_PORTS};

/// `aws.ec2.SecurityGroupEgress`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::SecurityGroupEgress",
    title: "Rule of a security group, outbound",
    overlay: Overlay {
        noun: "a rule of a security group",
        references: &[Reference { path: "DestinationPrefixListId", to: &[("AWS::EC2::PrefixList", "PrefixListId")] }],
        values: &[Values { path: "IpProtocol", known: PROTOCOLS, open: true, noun: "protocol" }],
        ranges: RULE_PORTS,
        equality: RULE_EQUALITY,
        defaults: &[("Description", "null")],
        exceptions: RULE_IN_PLACE,
        replacement: Replacement::CreateFirst,
        popular: &["FromPort", "ToPort", "CidrIp", "Description"],
        ..Overlay::EMPTY
    },
    // A group has a rule once; the marks that the rule carries say whose it is.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["ec2:DescribeSecurityGroupRules"],
        write: &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:ModifySecurityGroupRules",
            "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
            "ec2:CreateTags",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "HTTPS to everywhere",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource sg = aws.ec2.SecurityGroup { vpc, group_description: \"web\" }\n\
                     resource https = aws.ec2.SecurityGroupEgress {\n  group: sg\n  ip_protocol: \"tcp\"\n  \
                     from_port: 443\n  to_port: 443\n  cidr_ip: 0.0.0.0/0\n}\n",
        },
        Example {
            title: "Nothing out but to the database",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource db = aws.ec2.SecurityGroup { vpc, group_description: \"database\" }\n\
                     resource web = aws.ec2.SecurityGroup {\n  vpc\n  group_description: \"servers\"\n  \
                     security_group_egress: []\n}\n\
                     resource web_to_db = aws.ec2.SecurityGroupEgress {\n  group: web\n  ip_protocol: \"tcp\"\n  \
                     from_port: 5432\n  to_port: 5432\n  destination_security_group: db\n  description: \
                     \"PostgreSQL\"\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use cairn_provider::provider::{Reader, ResourceType};

    use crate::ec2::security_rule::{Direction, Rule};
    use crate::native::session::Session;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> =
        &Rule { declaration: &super::DECLARATION, direction: Direction::Egress };
    /// The reader of rules for traffic that comes in reads it.
    pub const READER: Option<&dyn Reader<Session>> = None;
}
