//! A security group: which traffic may reach the network interfaces that are in it, and leave them.
//!
//! Rules only allow, and answers to allowed traffic always pass. A group without rules lets nothing in; a new one lets
//! everything out, until `security_group_egress` says otherwise. Rules are written here or as resources of their own
//! (`aws.ec2.SecurityGroupIngress`, `aws.ec2.SecurityGroupEgress`), or both: the lists of a group hold what is not a
//! resource. Two groups that name each other need rules that are resources.
//!
//! Description and name cannot be changed. A group may have 60 rules in each direction unless the quota is raised.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroup.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{
    Exception, NameRule, Opening, Overlay, Range, Reference, Relation, Replacement, Values,
};
use cairn_provider::schema::{Change, Equality};

/// The protocols of rules by name; every other one goes by its number.
pub const PROTOCOLS: &[&str] = &["-1", "icmp", "icmpv6", "tcp", "udp"];

/// What a rule opens to everybody.
pub const OPENS: &str = "{ip_protocol} {from_port} to {to_port} from anywhere";

const fn port(path: &'static str) -> Range {
    Range { path, min: -1, max: 65_535, because: "a port is at most 65535; -1 stands for all types of ICMP" }
}

/// The ports of a rule that is a resource of its own.
pub const RULE_PORTS: &[Range] = &[port("FromPort"), port("ToPort")];

/// What means the same in a rule that is a resource of its own.
pub const RULE_EQUALITY: &[(&str, Equality)] =
    &[("IpProtocol", Equality::IgnoreCase), ("CidrIpv6", Equality::IgnoreCase)];

/// What changes in place in a rule that is a resource of its own, although the registry says otherwise.
pub const RULE_IN_PLACE: &[Exception] = &[in_place("IpProtocol"), in_place("FromPort"), in_place("ToPort")];

const fn in_place(path: &'static str) -> Exception {
    let because = "ModifySecurityGroupRules changes protocol and ports of a rule";
    Exception { path, change: Change::Update, because }
}

/// `aws.ec2.SecurityGroup`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::SecurityGroup",
    title: "Security group",
    overlay: Overlay {
        noun: "a security group",
        references: &[
            Reference { path: "Ingress.SourceSecurityGroupName", to: &[("AWS::EC2::SecurityGroup", "GroupName")] },
            Reference { path: "Ingress.SourcePrefixListId", to: &[("AWS::EC2::PrefixList", "PrefixListId")] },
            Reference { path: "Egress.DestinationPrefixListId", to: &[("AWS::EC2::PrefixList", "PrefixListId")] },
        ],
        values: &[
            Values { path: "Ingress.IpProtocol", known: PROTOCOLS, open: true, noun: "protocol" },
            Values { path: "Egress.IpProtocol", known: PROTOCOLS, open: true, noun: "protocol" },
        ],
        ranges: &[
            port("Ingress.FromPort"),
            port("Ingress.ToPort"),
            port("Egress.FromPort"),
            port("Egress.ToPort"),
        ],
        equality: &[
            ("Ingress.IpProtocol", Equality::IgnoreCase),
            ("Egress.IpProtocol", Equality::IgnoreCase),
            ("Ingress.CidrIpv6", Equality::IgnoreCase),
            ("Egress.CidrIpv6", Equality::IgnoreCase),
        ],
        defaults: &[("SecurityGroupEgress", r#"[{"ip_protocol":"-1","cidr_ip":"0.0.0.0/0"}]"#)],
        opens: &[
            Opening { list: "security_group_ingress", field: "cidr_ip", everybody: &["0.0.0.0/0"], what: OPENS },
            Opening { list: "security_group_ingress", field: "cidr_ipv6", everybody: &["::/0"], what: OPENS },
        ],
        name: Some(NameRule {
            property: "GroupName",
            max: 255,
            lower: false,
            separators: "-_ .:/()#,@[]+=&;{}!$*",
            renewed: true,
        }),
        relations: &[Relation::Unique { field: "GroupName", per: "VpcId" }],
        replacement: Replacement::CreateFirst,
        popular: &["GroupName", "SecurityGroupIngress", "SecurityGroupEgress", "Tags"],
        ..Overlay::EMPTY
    },
    // A network has one group of a name; the marks say whose it is.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules"],
        write: &[
            "ec2:CreateSecurityGroup",
            "ec2:DeleteSecurityGroup",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
            "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
            "ec2:CreateTags",
            "ec2:DeleteTags",
        ],
    },
    // Network interfaces of load balancers and databases let go of their groups minutes after they are deleted.
    timings: Timings { delete: 1_200, ..Timings::INSTANT },
    examples: &[
        Example {
            title: "A group that lets nothing in",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource sg = aws.ec2.SecurityGroup { vpc, group_description: \"servers\" }\n",
        },
        Example {
            title: "Load balancer, servers and database",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource alb_sg = aws.ec2.SecurityGroup {\n  vpc\n  group_description: \"load balancer: HTTPS from \
                     everywhere\"\n  security_group_ingress: [\n    { ip_protocol: \"tcp\", from_port: 443, to_port: \
                     443, cidr_ip: 0.0.0.0/0, description: \"HTTPS\" }\n    { ip_protocol: \"tcp\", from_port: 443, \
                     to_port: 443, cidr_ipv6: \"::/0\", description: \"HTTPS\" }\n  ]\n}\n\
                     resource web_sg = aws.ec2.SecurityGroup {\n  vpc\n  group_description: \"servers: HTTP from the \
                     load balancer\"\n  security_group_ingress: [{ ip_protocol: \"tcp\", from_port: 8080, to_port: \
                     8080, source_security_group: alb_sg }]\n}\n\
                     resource db_sg = aws.ec2.SecurityGroup {\n  vpc\n  group_description: \"database: PostgreSQL from \
                     the servers, nothing out\"\n  security_group_ingress: [{ ip_protocol: \"tcp\", from_port: 5432, \
                     to_port: 5432, source_security_group: web_sg }]\n  security_group_egress: []\n  tags: { Name: \
                     \"db\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_ec2::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Ownership, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Interest, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use crate::ec2::security_rule::{self, Direction};
    use crate::ec2::wire;
    use crate::native::codec::set;
    use crate::native::reading::identities;
    use crate::native::session::{Session, given};
    use crate::native::tags;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &SecurityGroup;
    /// Reads security groups.
    pub const READER: Option<&dyn Reader<Session>> = Some(&SecurityGroup);

    struct SecurityGroup;

    const KIND: &str = "aws.ec2.SecurityGroup";

    /// The lists of rules.
    const LISTS: [(&str, Direction); 2] =
        [("security_group_ingress", Direction::Ingress), ("security_group_egress", Direction::Egress)];

    #[async_trait]
    impl ResourceType<Session> for SecurityGroup {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let call = send!(session.ec2().create_security_group(), inputs =>
                description as "group_description", group_name, vpc_id as "vpc")
            .tag_specifications(wire::tag_specification(request, types::ResourceType::SecurityGroup)?);
            let answer = session.write("ec2.CreateSecurityGroup", call.send()).await?;
            given(answer.group_id(), "ec2.CreateSecurityGroup").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            for (field, direction) in LISTS {
                if let Some(written) = request.inputs.get(field).and_then(Value::as_list) {
                    security_rule::bring(session, id, direction, written).await?;
                }
            }
            Ok(())
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let found = describe(session, wire::marked(&request.owner)).await?;
            let ours = found.iter().filter(|group| is_ours(group, &request.owner));
            Ok(ours.filter_map(types::SecurityGroup::group_id).map(EcoString::from).collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            for (field, direction) in LISTS {
                if request.changed.contains(field) {
                    let written = request.inputs.get(field).and_then(Value::as_list).unwrap_or_default();
                    security_rule::bring(session, &request.id, direction, written).await?;
                }
            }
            wire::update_tags(session, &request.id, request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.ec2().delete_security_group().group_id(request.id.as_str());
            session.delete("ec2.DeleteSecurityGroup", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = describe(session, Vec::new()).await?;
            Ok(identities(&all, types::SecurityGroup::group_id))
        }
    }

    #[async_trait]
    impl Reader<Session> for SecurityGroup {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            let mut groups = Vec::new();
            for filter in wire::filters("group-id", wanted.keys()) {
                groups.extend(describe(session, vec![filter]).await?);
            }
            let with_rules = |id: &str| wanted.get(id).is_some_and(wants_rules);
            let with_rules: Vec<&str> =
                groups.iter().filter_map(types::SecurityGroup::group_id).filter(|id| with_rules(id)).collect();
            let mut rules = security_rule::lists(session, &with_rules).await?;
            for group in &groups {
                let mut live = live(group);
                if with_rules.contains(&live.id.as_str()) {
                    let (ingress, egress) = rules.remove(&live.id).unwrap_or_default();
                    set(&mut live.attributes, "security_group_ingress", Value::list(ingress));
                    set(&mut live.attributes, "security_group_egress", Value::list(egress));
                }
                readings.answer(KIND, live.id.clone(), Observed::Present(Box::new(live)));
            }
            Ok(readings)
        }
    }

    fn wants_rules(interest: &Interest) -> bool {
        interest.wants_any(&["security_group_ingress", "security_group_egress"])
    }

    fn is_ours(group: &types::SecurityGroup, owner: &Ownership) -> bool {
        let (_, found) = wire::read_tags(group.tags.as_deref());
        tags::same_owner(found.as_ref(), owner)
    }

    async fn describe(
        session: &Session,
        filters: Vec<types::Filter>,
    ) -> Result<Vec<types::SecurityGroup>, ProviderError> {
        let call = |token| {
            let call = session.ec2().describe_security_groups().set_filters(Some(filters.clone()));
            call.max_results(1000).set_next_token(token).send()
        };
        session
            .pages("ec2.DescribeSecurityGroups", call, |page| (page.security_groups.unwrap_or_default(), page.next_token))
            .await
    }

    fn live(group: &types::SecurityGroup) -> Live {
        let mut attributes: Map = read!(group =>
            description as "group_description", group_id, group_name, vpc_id as "vpc");
        let id: EcoString = group.group_id().unwrap_or_default().into();
        set(&mut attributes, "id", Value::Text(id.clone()));
        let (users, owner) = wire::read_tags(group.tags.as_deref());
        set(&mut attributes, "tags", users);
        Live { id, attributes, status: Status::Ready, owner }
    }
}
