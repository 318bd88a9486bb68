//! One rule of a security group for traffic that comes in, as a resource of its own.
//!
//! It is the way to let two groups name each other, and to add a rule to a group that another stack manages. The group
//! is told by `group`, the other side by exactly one of `cidr_ip`, `cidr_ipv6`, `source_security_group` and
//! `source_prefix_list`. Description, protocol and ports change in place; another side is another rule.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroupingress.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Exception, Opening, Overlay, Range, Reference, Replacement, Values};
use cairn_provider::schema::{Change, Equality};

use crate::ec2::security_group::{OPENS, PROTOCOLS};

const IN_PLACE: &str = "ModifySecurityGroupRules changes protocol and ports of a rule";

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
        ranges: &[
            Range { path: "FromPort", min: -1, max: 65_535, because: "a port is at most 65535; -1 stands for all types of ICMP" },
            Range { path: "ToPort", min: -1, max: 65_535, because: "a port is at most 65535; -1 stands for all types of ICMP" },
        ],
        equality: &[("IpProtocol", Equality::IgnoreCase), ("CidrIpv6", Equality::IgnoreCase)],
        defaults: &[("Description", "null")],
        opens: &[
            Opening { list: "", field: "cidr_ip", everybody: &["0.0.0.0/0"], what: OPENS },
            Opening { list: "", field: "cidr_ipv6", everybody: &["::/0"], what: OPENS },
        ],
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
    use async_trait::async_trait;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use ecow::EcoString;

    use crate::ec2::security_rule::{self, Direction};
    use crate::native::session::Session;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &SecurityGroupIngress;
    /// Reads rules of both directions: one call holds them.
    pub const READER: Option<&dyn Reader<Session>> = Some(&SecurityGroupIngress);

    struct SecurityGroupIngress;

    #[async_trait]
    impl ResourceType<Session> for SecurityGroupIngress {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            security_rule::create(session, Direction::Ingress, request).await.map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            security_rule::resolve(session, Direction::Ingress, request).await
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            security_rule::update(session, Direction::Ingress, request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            security_rule::delete(session, Direction::Ingress, &request.id).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            security_rule::list(session, Direction::Ingress).await
        }
    }

    const KINDS: [&str; 2] = ["aws.ec2.SecurityGroupIngress", "aws.ec2.SecurityGroupEgress"];

    #[async_trait]
    impl Reader<Session> for SecurityGroupIngress {
        fn kinds(&self) -> &'static [&'static str] {
            &KINDS
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let [ingress, egress] = KINDS;
            security_rule::read(session, wanted, [(ingress, Direction::Ingress), (egress, Direction::Egress)]).await
        }
    }
}
