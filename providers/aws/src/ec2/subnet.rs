//! A subnet: a part of a VPC's address space in one availability zone.
//!
//! A subnet is public if its route table leads to an internet gateway; `map_public_ip_on_launch` gives instances in it
//! public addresses. Address space and zone cannot be changed.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-subnet.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Overlay, Relation};

/// `aws.ec2.Subnet`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::Subnet",
    title: "Subnet",
    overlay: Overlay {
        noun: "a subnet",
        relations: &[
            Relation::Within { field: "CidrBlock", reference: "VpcId", outer: "CidrBlock" },
            Relation::Disjoint { field: "CidrBlock", per: "VpcId" },
        ],
        defaults: &[
            ("MapPublicIpOnLaunch", "false"),
            ("AssignIpv6AddressOnCreation", "false"),
            ("EnableDns64", "false"),
            ("EnableLniAtDeviceIndex", "null"),
            ("Ipv6CidrBlock", "null"),
            (
                "PrivateDnsNameOptionsOnLaunch",
                r#"{"hostname_type":"ip-name","enable_resource_name_dns_a_record":false,"enable_resource_name_dns_aaaa_record":false}"#,
            ),
        ],
        popular: &["AvailabilityZone", "MapPublicIpOnLaunch", "Tags"],
        ..Overlay::EMPTY
    },
    // CreateSubnet takes no token, but a network can hold an address space only once.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["ec2:DescribeSubnets", "ec2:DescribeNetworkAcls"],
        write: &[
            "ec2:CreateSubnet",
            "ec2:DeleteSubnet",
            "ec2:ModifySubnetAttribute",
            "ec2:AssociateSubnetCidrBlock",
            "ec2:DisassociateSubnetCidrBlock",
            "ec2:CreateTags",
            "ec2:DeleteTags",
        ],
    },
    // Network interfaces of load balancers and databases stay for minutes after these are deleted.
    timings: Timings { delete: 1_200, ..Timings::INSTANT },
    examples: &[
        Example {
            title: "A subnet in one zone",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\nresource subnet = aws.ec2.Subnet {\n  \
                     vpc\n  cidr_block: 10.20.1.0/24\n  availability_zone: \"eu-central-1a\"\n}\n",
        },
        Example {
            title: "A public and a private subnet in each of two zones",
            source: "let zones = { a: 0, b: 1 }\nresource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource public[az, slot in zones] = aws.ec2.Subnet {\n  vpc\n  availability_zone: \
                     \"eu-central-1${az}\"\n  cidr_block: vpc.cidr_block.subnet(newbits: 8, index: slot)\n  \
                     map_public_ip_on_launch: true\n  private_dns_name_options_on_launch: { hostname_type: \
                     \"resource-name\", enable_resource_name_dns_a_record: true }\n  tags: { Name: \"public-${az}\" \
                     }\n}\nresource private[az, slot in zones] = aws.ec2.Subnet {\n  vpc\n  availability_zone: \
                     \"eu-central-1${az}\"\n  cidr_block: vpc.cidr_block.subnet(newbits: 8, index: slot + 100)\n  \
                     tags: { Name: \"private-${az}\" }\n}\n",
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
    use aws_sdk_ec2::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use crate::ec2::wire;
    use crate::native::codec::{Encode, need, set, take};
    use crate::native::reading::identities;
    use crate::native::session::{Session, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &Subnet;
    /// Reads subnets.
    pub const READER: Option<&dyn Reader<Session>> = Some(&Subnet);

    struct Subnet;

    const KIND: &str = "aws.ec2.Subnet";

    /// What is changed with a call each, in an order in which the service takes it.
    const ATTRIBUTES: [&str; 5] = [
        "map_public_ip_on_launch",
        "assign_ipv6_address_on_creation",
        "enable_dns64",
        "private_dns_name_options_on_launch",
        "enable_lni_at_device_index",
    ];

    #[async_trait]
    impl ResourceType<Session> for Subnet {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let call = send!(session.ec2().create_subnet(), inputs =>
                availability_zone, availability_zone_id, cidr_block, ipv4_ipam_pool_id, ipv4_netmask_length,
                ipv6_cidr_block, ipv6_ipam_pool_id, ipv6_native, ipv6_netmask_length, outpost_arn, vpc_id as "vpc")
            .tag_specifications(wire::tag_specification(request, types::ResourceType::Subnet)?);
            let answer = session.write("ec2.CreateSubnet", call.send()).await?;
            given(answer.subnet().and_then(types::Subnet::subnet_id), "ec2.CreateSubnet").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            for attribute in ATTRIBUTES.into_iter().filter(|attribute| request.inputs.contains_key(*attribute)) {
                modify(session, id, attribute, &request.inputs).await?;
            }
            Ok(())
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let found = describe(session, wire::marked(&request.owner)).await?;
            Ok(identities(&found, types::Subnet::subnet_id))
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            if request.changed.contains("ipv6_cidr_block") {
                let wanted = take::<String>(&request.inputs, "ipv6_cidr_block")?;
                ipv6(session, &request.id, wanted.as_deref()).await?;
            }
            for attribute in ATTRIBUTES.into_iter().filter(|attribute| request.changed.contains(*attribute)) {
                modify(session, &request.id, attribute, &request.inputs).await?;
            }
            wire::update_tags(session, &request.id, request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.ec2().delete_subnet().subnet_id(request.id.as_str());
            session.delete("ec2.DeleteSubnet", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = describe(session, Vec::new()).await?;
            Ok(identities(&all, types::Subnet::subnet_id))
        }
    }

    #[async_trait]
    impl Reader<Session> for Subnet {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            let mut subnets = Vec::new();
            for filter in wire::filters("subnet-id", wanted.keys()) {
                subnets.extend(describe(session, vec![filter]).await?);
            }
            let with_acls = wanted.values().any(|interest| interest.wants("network_acl_association_id"));
            let mut acls = if with_acls { acl_associations(session, wanted.keys()).await? } else { BTreeMap::new() };
            for subnet in &subnets {
                let mut live = live(subnet);
                let acl = acls.remove(&live.id).map_or(Value::None, Value::Text);
                set(&mut live.attributes, "network_acl_association_id", acl);
                readings.answer(KIND, live.id.clone(), Observed::Present(Box::new(live)));
            }
            Ok(readings)
        }
    }

    /// The associations of subnets with network ACLs, by subnet.
    async fn acl_associations(
        session: &Session,
        ids: impl Iterator<Item = &EcoString>,
    ) -> Result<BTreeMap<EcoString, EcoString>, ProviderError> {
        let mut acls = Vec::new();
        for filter in wire::filters("association.subnet-id", ids) {
            let call = |token| {
                let call = session.ec2().describe_network_acls().filters(filter.clone());
                call.max_results(1000).set_next_token(token).send()
            };
            let take = |page: DescribeNetworkAclsOutput| (page.network_acls.unwrap_or_default(), page.next_token);
            acls.extend(session.pages("ec2.DescribeNetworkAcls", call, take).await?);
        }
        let associations = acls.iter().flat_map(types::NetworkAcl::associations);
        Ok(associations.filter_map(|one| Some((one.subnet_id()?.into(), one.network_acl_association_id()?.into()))).collect())
    }

    async fn describe(session: &Session, filters: Vec<types::Filter>) -> Result<Vec<types::Subnet>, ProviderError> {
        let call = |token| {
            let call = session.ec2().describe_subnets().set_filters(Some(filters.clone()));
            call.max_results(1000).set_next_token(token).send()
        };
        session.pages("ec2.DescribeSubnets", call, |page| (page.subnets.unwrap_or_default(), page.next_token)).await
    }

    fn live(subnet: &types::Subnet) -> Live {
        let mut attributes = read!(subnet =>
            assign_ipv6_address_on_creation, availability_zone, availability_zone_id, block_public_access_states,
            cidr_block, enable_dns64, ipv6_native, map_public_ip_on_launch, outpost_arn,
            private_dns_name_options_on_launch, subnet_id, vpc_id as "vpc");
        let ipv6: Vec<&str> =
            standing(subnet).filter_map(types::SubnetIpv6CidrBlockAssociation::ipv6_cidr_block).collect();
        set(&mut attributes, "ipv6_cidr_block", ipv6.first().map_or(Value::None, |block| Value::text(*block)));
        set(&mut attributes, "ipv6_cidr_blocks", Value::list(ipv6.into_iter().map(Value::text)));
        let (tags, owner) = wire::read_tags(subnet.tags.as_deref());
        set(&mut attributes, "tags", tags);
        let status = match subnet.state() {
            Some(types::SubnetState::Pending) => Status::Pending("pending".into()),
            Some(
                state @ (types::SubnetState::Failed
                | types::SubnetState::FailedInsufficientCapacity
                | types::SubnetState::Unavailable),
            ) => Status::Failed(state.as_str().into()),
            Some(_) | None if standing(subnet).any(is_associating) => Status::Pending("associating".into()),
            Some(_) | None => Status::Ready,
        };
        Live { id: subnet.subnet_id().unwrap_or_default().into(), attributes, status, owner }
    }

    /// The IPv6 networks of a subnet; those taken away stay visible for a while.
    fn standing(subnet: &types::Subnet) -> impl Iterator<Item = &types::SubnetIpv6CidrBlockAssociation> {
        use types::SubnetCidrBlockStateCode as Code;
        let gone = [Code::Disassociating, Code::Disassociated, Code::Failing, Code::Failed];
        let networks = subnet.ipv6_cidr_block_association_set().iter();
        networks.filter(move |one| !state(one).is_some_and(|state| gone.contains(state)))
    }

    fn state(network: &types::SubnetIpv6CidrBlockAssociation) -> Option<&types::SubnetCidrBlockStateCode> {
        network.ipv6_cidr_block_state().and_then(types::SubnetCidrBlockState::state)
    }

    fn is_associating(network: &types::SubnetIpv6CidrBlockAssociation) -> bool {
        state(network) == Some(&types::SubnetCidrBlockStateCode::Associating)
    }

    /// Brings the IPv6 network of a subnet to what is written: a subnet has one.
    async fn ipv6(session: &Session, id: &str, wanted: Option<&str>) -> Result<(), ProviderError> {
        let found = describe(session, vec![wire::filter("subnet-id", [id])]).await?;
        let networks: Vec<_> = found.iter().flat_map(standing).collect();
        for network in networks.iter().filter(|network| network.ipv6_cidr_block() != wanted) {
            let call = session.ec2().disassociate_subnet_cidr_block().set_association_id(network.association_id.clone());
            session.write("ec2.DisassociateSubnetCidrBlock", call.send()).await?;
        }
        let Some(wanted) = wanted else { return Ok(()) };
        if networks.iter().all(|network| network.ipv6_cidr_block() != Some(wanted)) {
            let call = session.ec2().associate_subnet_cidr_block().subnet_id(id).ipv6_cidr_block(wanted);
            session.write("ec2.AssociateSubnetCidrBlock", call.send()).await?;
        }
        Ok(())
    }

    records! {
        read types::BlockPublicAccessStates { internet_gateway_block_mode }
        read types::PrivateDnsNameOptionsOnLaunch {
            enable_resource_name_dns_aaaa_record, enable_resource_name_dns_a_record, hostname_type
        }
    }
    texts!(types::BlockPublicAccessMode);

    async fn modify(session: &Session, id: &str, attribute: &str, inputs: &Map) -> Result<(), ProviderError> {
        let call = || session.ec2().modify_subnet_attribute().subnet_id(id);
        let flag = |name| wire::flag(wire::flag_or(inputs, name, false));
        let calls = match attribute {
            "map_public_ip_on_launch" => vec![call().map_public_ip_on_launch(flag(attribute))],
            "assign_ipv6_address_on_creation" => vec![call().assign_ipv6_address_on_creation(flag(attribute))],
            "enable_dns64" => vec![call().enable_dns64(flag(attribute))],
            "enable_lni_at_device_index" => match take::<i32>(inputs, attribute)? {
                Some(index) => vec![call().enable_lni_at_device_index(index)],
                None => vec![call().disable_lni_at_device_index(wire::flag(true))],
            },
            _ => {
                let none = Map::new();
                let options = inputs.get(attribute).and_then(Value::as_map).unwrap_or(&none);
                let mut calls = Vec::new();
                if options.contains_key("hostname_type") {
                    calls.push(call().private_dns_hostname_type_on_launch(need(options, "hostname_type")?));
                }
                if let Some(value) = options.get("enable_resource_name_dns_a_record") {
                    let value = wire::flag(bool::encode(value)?);
                    calls.push(call().enable_resource_name_dns_a_record_on_launch(value));
                }
                if let Some(value) = options.get("enable_resource_name_dns_aaaa_record") {
                    let value = wire::flag(bool::encode(value)?);
                    calls.push(call().enable_resource_name_dns_aaaa_record_on_launch(value));
                }
                calls
            }
        };
        for call in calls {
            session.write("ec2.ModifySubnetAttribute", call.send()).await?;
        }
        Ok(())
    }
}
