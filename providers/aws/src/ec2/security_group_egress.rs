//! One rule of a security group for traffic that goes out, as a resource of its own.
//!
//! A new group lets everything out. To narrow that, write `security_group_egress: []` in the group and the rules here,
//! or all rules there. The other side is told by exactly one of `cidr_ip`, `cidr_ipv6`, `destination_security_group` and
//! `destination_prefix_list`. Description, protocol and ports change in place; another side is another rule.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroupegress.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Exception, Overlay, Range, Reference, Replacement, Values};
use cairn_provider::schema::{Change, Equality};

use crate::ec2::security_group::PROTOCOLS;

const IN_PLACE: &str = "ModifySecurityGroupRules changes protocol and ports of a rule";

/// `aws.ec2.SecurityGroupEgress`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::SecurityGroupEgress",
    title: "Rule of a security group, outbound",
    overlay: Overlay {
        noun: "a rule of a security group",
        references: &[Reference { path: "DestinationPrefixListId", to: &[("AWS::EC2::PrefixList", "PrefixListId")] }],
        values: &[Values { path: "IpProtocol", known: PROTOCOLS, open: true, noun: "protocol" }],
        ranges: &[
            Range { path: "FromPort", min: -1, max: 65_535, because: "a port is at most 65535; -1 stands for all types of ICMP" },
            Range { path: "ToPort", min: -1, max: 65_535, because: "a port is at most 65535; -1 stands for all types of ICMP" },
        ],
        equality: &[("IpProtocol", Equality::IgnoreCase), ("CidrIpv6", Equality::IgnoreCase)],
        defaults: &[("Description", "null")],
        exceptions: &[
            Exception { path: "IpProtocol", change: Change::Update, because: IN_PLACE },
            Exception { path: "FromPort", change: Change::Update, because: IN_PLACE },
            Exception { path: "ToPort", change: Change::Update, because: IN_PLACE },
        ],
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
    use async_trait::async_trait;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, Update};
    use ecow::EcoString;

    use crate::ec2::security_rule::{self, Direction};
    use crate::native::session::Session;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &SecurityGroupEgress;
    /// The reader of rules for traffic that comes in reads it.
    pub const READER: Option<&dyn Reader<Session>> = None;

    struct SecurityGroupEgress;

    #[async_trait]
    impl ResourceType<Session> for SecurityGroupEgress {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            security_rule::create(session, Direction::Egress, request).await.map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            security_rule::resolve(session, Direction::Egress, request).await
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            security_rule::update(session, Direction::Egress, request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            security_rule::delete(session, Direction::Egress, &request.id).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            security_rule::list(session, Direction::Egress).await
        }
    }
}
