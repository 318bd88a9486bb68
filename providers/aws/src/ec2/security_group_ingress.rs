//! One rule of a security group for traffic that comes in, as a resource of its own.
//!
//! It is the way to let two groups name each other, and to add a rule to a group that another stack manages. The group
//! is told by `group`, the other side by exactly one of `cidr_ip`, `cidr_ipv6`, `source_security_group` and
//! `source_prefix_list`. Description, protocol and ports change in place; another side is another rule.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroupingress.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Opening, Overlay, Reference, Replacement, Values};

use crate::ec2::security_group::{OPENS, PROTOCOLS, RULE_EQUALITY, RULE_IN_PLACE, RULE_PORTS};

/// `aws.ec2.SecurityGroupIngress`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::SecurityGroupIngress",
    title: "Rule of a security group, inbound",
    overlay: Overlay {
        noun: "a rule of a security group",
        references: &[
            Reference { path: "GroupName", to: &[("AWS::EC2::SecurityGroup", "GroupName")] },
            Reference { path: "SourceSecurityGroupName", to: &[("AWS::EC2::SecurityGroup", "GroupName")] },
            Reference { path: "SourcePrefixListId", to: &[("AWS::EC2::PrefixList", "PrefixListId")] },
        ],
        required: &["GroupId"],
        values: &[Values { path: "IpProtocol", known: PROTOCOLS, open: true, noun: "protocol" }],
        ranges: RULE_PORTS,
        equality: RULE_EQUALITY,
        defaults: &[("Description", "null")],
        opens: &[
            Opening { list: "", field: "cidr_ip", everybody: &["0.0.0.0/0"], what: OPENS },
            Opening { list: "", field: "cidr_ipv6", everybody: &["::/0"], what: OPENS },
        ],
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
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:ModifySecurityGroupRules",
            "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
            "ec2:CreateTags",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "HTTPS from everywhere",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource sg = aws.ec2.SecurityGroup { vpc, group_description: \"web\" }\n\
                     resource https = aws.ec2.SecurityGroupIngress {\n  group: sg\n  ip_protocol: \"tcp\"\n  \
                     from_port: 443\n  to_port: 443\n  cidr_ip: 0.0.0.0/0\n}\n",
        },
        Example {
            title: "Two groups that name each other",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource web = aws.ec2.SecurityGroup { vpc, group_description: \"servers\" }\n\
                     resource cache = aws.ec2.SecurityGroup { vpc, group_description: \"cache\" }\n\
                     resource web_to_cache = aws.ec2.SecurityGroupIngress {\n  group: cache\n  ip_protocol: \
                     \"tcp\"\n  from_port: 6379\n  to_port: 6379\n  source_security_group: web\n  description: \
                     \"Redis from the servers\"\n}\nresource cache_to_web = aws.ec2.SecurityGroupIngress {\n  group: \
                     web\n  ip_protocol: \"tcp\"\n  from_port: 8080\n  to_port: 8080\n  source_security_group: \
                     cache\n  description: \"notices from the cache\"\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use cairn_provider::provider::{Reader, ResourceType};

    use crate::ec2::security_rule::{Direction, Rule, Rules};
    use crate::native::session::Session;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> =
        &Rule { declaration: &super::DECLARATION, direction: Direction::Ingress };
    /// Reads rules of both directions: one call holds them.
    pub const READER: Option<&dyn Reader<Session>> = Some(&Rules);
}
