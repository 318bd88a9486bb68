//! A virtual private cloud: an address space of its own in one region, into which subnets are cut.
//!
//! Choose the address space with care: it cannot be changed, and two networks with overlapping spaces cannot be
//! joined. `enable_dns_support` and `enable_dns_hostnames` are set after the network is made, with a call each.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-vpc.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Overlay, Replacement};

/// `aws.ec2.Vpc`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::VPC",
    title: "Virtual private cloud",
    overlay: Overlay {
        noun: "a VPC",
        replacement: Replacement::CreateFirst,
        defaults: &[
            ("EnableDnsSupport", "true"),
            ("EnableDnsHostnames", "false"),
            ("InstanceTenancy", "\"default\""),
        ],
        popular: &["EnableDnsSupport", "EnableDnsHostnames", "Tags"],
        ..Overlay::EMPTY
    },
    // CreateVpc takes neither a token nor a name: an interrupted one is found by its tags.
    idempotency: Idempotency::Tags,
    permissions: Permissions {
        read: &["ec2:DescribeVpcs", "ec2:DescribeVpcAttribute"],
        write: &["ec2:CreateVpc", "ec2:DeleteVpc", "ec2:ModifyVpcAttribute", "ec2:CreateTags", "ec2:DeleteTags"],
    },
    // Network interfaces of load balancers and databases stay for minutes after these are deleted.
    timings: Timings { delete: 1_200, ..Timings::INSTANT },
    examples: &[
        Example { title: "The smallest network", source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n" },
        Example {
            title: "With names for its instances",
            source: "resource vpc = aws.ec2.Vpc {\n  cidr_block: 10.20.0.0/16\n  enable_dns_support: true\n  \
                     enable_dns_hostnames: true\n  tags: { Name: \"main\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::BTreeMap;

    use async_trait::async_trait;
    use aws_sdk_ec2::operation::describe_network_acls::DescribeNetworkAclsOutput;
    use aws_sdk_ec2::operation::describe_security_groups::DescribeSecurityGroupsOutput;
    use aws_sdk_ec2::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Interest, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use crate::ec2::wire;
    use crate::native::codec::{need, set, take};
    use crate::native::reading::identities;
    use crate::native::session::{Session, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &Vpc;
    /// Reads networks.
    pub const READER: Option<&dyn Reader<Session>> = Some(&Vpc);

    struct Vpc;

    const KIND: &str = "aws.ec2.Vpc";

    /// The attributes that are changed with a call each.
    const ATTRIBUTES: [&str; 2] = ["enable_dns_support", "enable_dns_hostnames"];

    #[async_trait]
    impl ResourceType<Session> for Vpc {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let call = send!(session.ec2().create_vpc(), inputs =>
                cidr_block, instance_tenancy, ipv4_ipam_pool_id, ipv4_netmask_length)
            .tag_specifications(wire::tag_specification(request, types::ResourceType::Vpc)?);
            let answer = session.write("ec2.CreateVpc", call.send()).await?;
            given(answer.vpc().and_then(types::Vpc::vpc_id), "ec2.CreateVpc").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            for attribute in ATTRIBUTES {
                if let Some(value) = request.inputs.get(attribute).and_then(Value::as_bool) {
                    modify(session, id, attribute, value).await?;
                }
            }
            Ok(())
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let found = describe(session, wire::marked(&request.owner)).await?;
            Ok(identities(&found, types::Vpc::vpc_id))
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            for attribute in ATTRIBUTES.into_iter().filter(|attribute| request.changed.contains(*attribute)) {
                modify(session, &request.id, attribute, need(&request.inputs, attribute)?).await?;
            }
            if request.changed.contains("instance_tenancy") {
                let wanted = take::<types::Tenancy>(&request.inputs, "instance_tenancy")?;
                if wanted.is_some_and(|wanted| wanted != types::Tenancy::Default) {
                    let message = "the tenancy of a network can only go back to \"default\": replace the network";
                    return Err(ProviderError::refused("ec2.ModifyVpcTenancy", message));
                }
                let call = session.ec2().modify_vpc_tenancy().vpc_id(request.id.as_str());
                let call = call.instance_tenancy(types::VpcTenancy::Default);
                session.write("ec2.ModifyVpcTenancy", call.send()).await?;
            }
            wire::update_tags(session, &request.id, request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.ec2().delete_vpc().vpc_id(request.id.as_str());
            session.delete("ec2.DeleteVpc", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = describe(session, Vec::new()).await?;
            Ok(identities(&all, types::Vpc::vpc_id))
        }
    }

    #[async_trait]
    impl Reader<Session> for Vpc {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            let ids: Vec<&EcoString> = wanted.keys().collect();
            for ids in ids.chunks(wire::FILTER_VALUES) {
                let filter = wire::filter("vpc-id", ids.iter().map(|id| id.as_str()));
                let vpcs = describe(session, vec![filter]).await?;
                let mut made = defaults(session, wanted, ids).await?;
                for vpc in vpcs {
                    let Some(id) = vpc.vpc_id().map(EcoString::from) else { continue };
                    let Some(interest) = wanted.get(&id) else { continue };
                    let mut live = live(session, &id, &vpc, interest).await?;
                    live.attributes.extend(made.remove(&id).unwrap_or_default());
                    readings.answer(KIND, id, Observed::Present(Box::new(live)));
                }
            }
            Ok(readings)
        }
    }

    async fn describe(session: &Session, filters: Vec<types::Filter>) -> Result<Vec<types::Vpc>, ProviderError> {
        let call = |token| {
            session.ec2().describe_vpcs().set_filters(Some(filters.clone())).max_results(1000).set_next_token(token).send()
        };
        session.pages("ec2.DescribeVpcs", call, |page| (page.vpcs.unwrap_or_default(), page.next_token)).await
    }

    async fn live(session: &Session, id: &str, vpc: &types::Vpc, interest: &Interest) -> Result<Live, ProviderError> {
        let mut attributes = read!(vpc => vpc_id, cidr_block, instance_tenancy);
        let associations = |associated: Vec<&str>| Value::list(associated.into_iter().map(Value::text));
        let ipv4 = vpc.cidr_block_association_set().iter().filter(|one| stands(one.cidr_block_state()));
        let ipv4 = ipv4.filter_map(types::VpcCidrBlockAssociation::association_id);
        set(&mut attributes, "cidr_block_associations", associations(ipv4.collect()));
        let ipv6 = vpc.ipv6_cidr_block_association_set().iter().filter(|one| stands(one.ipv6_cidr_block_state()));
        let ipv6 = ipv6.filter_map(types::VpcIpv6CidrBlockAssociation::ipv6_cidr_block);
        set(&mut attributes, "ipv6_cidr_blocks", associations(ipv6.collect()));
        for name in ATTRIBUTES.into_iter().filter(|name| interest.wants(name)) {
            set(&mut attributes, name, attribute(session, id, name).await?);
        }
        let (tags, owner) = wire::read_tags(vpc.tags.as_deref());
        set(&mut attributes, "tags", tags);
        let status = match vpc.state() {
            Some(types::VpcState::Pending) => Status::Pending("pending".into()),
            Some(_) | None => Status::Ready,
        };
        Ok(Live { id: id.into(), attributes, status, owner })
    }

    /// Whether an address space belongs to the network; those taken away stay visible for a while.
    fn stands(state: Option<&types::VpcCidrBlockState>) -> bool {
        use types::VpcCidrBlockStateCode as Code;
        let gone = [Code::Disassociating, Code::Disassociated, Code::Failing, Code::Failed];
        !state.and_then(types::VpcCidrBlockState::state).is_some_and(|state| gone.contains(state))
    }

    /// What the service makes along with networks, for those of them that want it: fields by network.
    async fn defaults(
        session: &Session,
        wanted: &BTreeMap<EcoString, Interest>,
        ids: &[&EcoString],
    ) -> Result<BTreeMap<EcoString, Map>, ProviderError> {
        let mut all: BTreeMap<EcoString, Map> = BTreeMap::new();
        let of = |field: &str| -> Vec<&str> {
            let ids = ids.iter().filter(|id| wanted.get(**id).is_some_and(|interest| interest.wants(field)));
            ids.map(|id| id.as_str()).collect()
        };
        let groups = of("default_security_group");
        if !groups.is_empty() {
            let filters = vec![wire::filter("vpc-id", groups), wire::filter("group-name", ["default"])];
            let call = |token| {
                let call = session.ec2().describe_security_groups().set_filters(Some(filters.clone()));
                call.max_results(1000).set_next_token(token).send()
            };
            let take = |page: DescribeSecurityGroupsOutput| (page.security_groups.unwrap_or_default(), page.next_token);
            for group in session.pages("ec2.DescribeSecurityGroups", call, take).await? {
                let (Some(vpc), Some(id)) = (group.vpc_id(), group.group_id()) else { continue };
                set(all.entry(vpc.into()).or_default(), "default_security_group", Value::text(id));
            }
        }
        let acls = of("default_network_acl");
        if !acls.is_empty() {
            let filters = vec![wire::filter("vpc-id", acls), wire::filter("default", ["true"])];
            let call = |token| {
                let call = session.ec2().describe_network_acls().set_filters(Some(filters.clone()));
                call.max_results(1000).set_next_token(token).send()
            };
            let take = |page: DescribeNetworkAclsOutput| (page.network_acls.unwrap_or_default(), page.next_token);
            for acl in session.pages("ec2.DescribeNetworkAcls", call, take).await? {
                let (Some(vpc), Some(id)) = (acl.vpc_id(), acl.network_acl_id()) else { continue };
                set(all.entry(vpc.into()).or_default(), "default_network_acl", Value::text(id));
            }
        }
        Ok(all)
    }

    async fn attribute(session: &Session, id: &str, name: &str) -> Result<Value, ProviderError> {
        let which = match name {
            "enable_dns_support" => types::VpcAttributeName::EnableDnsSupport,
            _ => types::VpcAttributeName::EnableDnsHostnames,
        };
        let call = || session.ec2().describe_vpc_attribute().vpc_id(id).attribute(which.clone()).send();
        let answer = session.read("ec2.DescribeVpcAttribute", call).await?;
        let value = answer.enable_dns_support().or_else(|| answer.enable_dns_hostnames());
        Ok(value.and_then(types::AttributeBooleanValue::value).map_or(Value::None, Value::Bool))
    }

    async fn modify(session: &Session, id: &str, name: &str, value: bool) -> Result<(), ProviderError> {
        let call = session.ec2().modify_vpc_attribute().vpc_id(id);
        let call = match name {
            "enable_dns_support" => call.enable_dns_support(wire::flag(value)),
            _ => call.enable_dns_hostnames(wire::flag(value)),
        };
        session.write("ec2.ModifyVpcAttribute", call.send()).await?;
        Ok(())
    }
}
