//! A NAT gateway: private subnets reach the internet, or other networks, through it; nobody reaches them.
//!
//! It costs for every hour and for every byte, and takes one to three minutes to come up. A zonal gateway lives in one
//! subnet: for each zone to survive the others, each needs a gateway of its own. A regional one (`availability_mode:
//! "regional"`) belongs to a VPC and spreads over its zones. A public gateway needs an internet gateway attached to its
//! VPC and an Elastic IP address; a private one (`connectivity_type: "private"`) has private addresses only.
//!
//! `max_drain_duration_seconds` says how long connections may go on over an address that is being taken away.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-natgateway.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Unit;
use cairn_provider::schema::overlay::{Overlay, Range, Reference};

/// `aws.ec2.NatGateway`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::NatGateway",
    title: "NAT gateway",
    overlay: Overlay {
        noun: "a NAT gateway",
        references: &[
            Reference { path: "AllocationId", to: &[("AWS::EC2::EIP", "AllocationId")] },
            Reference { path: "SecondaryAllocationIds", to: &[("AWS::EC2::EIP", "AllocationId")] },
            Reference {
                path: "AvailabilityZoneAddress.AllocationIds",
                to: &[("AWS::EC2::EIP", "AllocationId")],
            },
        ],
        units: &[("MaxDrainDurationSeconds", Unit::Seconds)],
        ranges: &[Range {
            path: "MaxDrainDurationSeconds",
            min: 1,
            max: 4000,
            because: "A NAT gateway drains connections for at most 4000 seconds",
        }],
        any_of: &["SubnetId", "VpcId"],
        unordered: &["SecondaryAllocationIds", "SecondaryPrivateIpAddresses"],
        kept: &["SecondaryPrivateIpAddresses", "AvailabilityZoneAddresses"],
        defaults: &[("ConnectivityType", "\"public\""), ("AvailabilityMode", "\"zonal\"")],
        popular: &["SubnetId", "AllocationId", "ConnectivityType", "Tags"],
        ..Overlay::EMPTY
    },
    idempotency: Idempotency::Token,
    permissions: Permissions {
        read: &["ec2:DescribeNatGateways"],
        write: &[
            "ec2:CreateNatGateway",
            "ec2:DeleteNatGateway",
            "ec2:AssociateNatGatewayAddress",
            "ec2:DisassociateNatGatewayAddress",
            "ec2:AssignPrivateNatGatewayAddress",
            "ec2:UnassignPrivateNatGatewayAddress",
            "ec2:CreateTags",
            "ec2:DeleteTags",
        ],
    },
    timings: Timings { delete: 1_800, ..Timings::MINUTES },
    examples: &[
        Example {
            title: "A private NAT gateway",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource subnet = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24 }\n\
                     resource nat = aws.ec2.NatGateway { subnet, connectivity_type: \"private\" }\n",
        },
        Example {
            title: "The way out of a private subnet",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource igw = aws.ec2.InternetGateway\n\
                     resource attachment = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }\n\
                     resource public = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24 }\n\
                     resource private = aws.ec2.Subnet { vpc, cidr_block: 10.20.2.0/24 }\n\n@after(attachment)\n\
                     resource nat_ip = aws.ec2.Eip { domain: \"vpc\" }\n\
                     resource nat = aws.ec2.NatGateway {\n  subnet: public\n  allocation: nat_ip\n  \
                     max_drain_duration_seconds: 350s\n  tags: { Name: \"main\" }\n}\n\n\
                     resource routes = aws.ec2.RouteTable { vpc }\n\
                     resource private_use = aws.ec2.SubnetRouteTableAssociation { subnet: private, route_table: routes \
                     }\nresource out = aws.ec2.Route {\n  route_table: routes\n  destination_cidr_block: 0.0.0.0/0\n  \
                     nat_gateway: nat\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
mod addresses;

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_ec2::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use ecow::{EcoString, eco_format};

    use super::addresses;
    use crate::ec2::wire;
    use crate::native::codec::set;
    use crate::native::reading::identities;
    use crate::native::session::{Session, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &NatGateway;
    /// Reads NAT gateways.
    pub const READER: Option<&dyn Reader<Session>> = Some(&NatGateway);

    struct NatGateway;

    const KIND: &str = "aws.ec2.NatGateway";

    texts!(
        types::AutoProvisionZonesState,
        types::AutoScalingIpsState,
        types::AvailabilityMode,
        types::ConnectivityType,
    );

    #[async_trait]
    impl ResourceType<Session> for NatGateway {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let call = send!(session.ec2().create_nat_gateway(), inputs =>
                allocation_id as "allocation", availability_mode, availability_zone_addresses, connectivity_type,
                private_ip_address, secondary_allocation_ids as "secondary_allocations",
                secondary_private_ip_address_count, secondary_private_ip_addresses, subnet_id as "subnet",
                vpc_id as "vpc")
            .client_token(request.token.as_str())
            .tag_specifications(wire::tag_specification(request, types::ResourceType::Natgateway)?);
            let answer = session.write("ec2.CreateNatGateway", call.send()).await?;
            given(answer.nat_gateway().and_then(types::NatGateway::nat_gateway_id), "ec2.CreateNatGateway")
                .map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            ids(session, wire::marked(&request.owner)).await
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            if addresses::FIELDS.iter().any(|field| request.changed.contains(*field)) {
                let filter = wire::filter("nat-gateway-id", [request.id.as_str()]);
                let found = describe(session, vec![filter]).await?;
                let now = found.iter().find(|one| one.nat_gateway_id() == Some(request.id.as_str()));
                let there = now.map(types::NatGateway::nat_gateway_addresses).unwrap_or_default();
                addresses::bring(session, request, there).await?;
            }
            wire::update_tags(session, &request.id, request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.ec2().delete_nat_gateway().nat_gateway_id(request.id.as_str());
            session.delete("ec2.DeleteNatGateway", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            ids(session, Vec::new()).await
        }
    }

    #[async_trait]
    impl Reader<Session> for NatGateway {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let ids = wanted.get(KIND).into_iter().flat_map(|wanted| wanted.keys());
            for filter in wire::filters("nat-gateway-id", ids) {
                for gateway in describe(session, vec![filter]).await? {
                    let live = live(&gateway);
                    readings.answer(KIND, live.id.clone(), Observed::Present(Box::new(live)));
                }
            }
            Ok(readings)
        }
    }

    /// The gateways that are there; the service shows deleted ones for about an hour.
    async fn describe(session: &Session, filters: Vec<types::Filter>) -> Result<Vec<types::NatGateway>, ProviderError> {
        let call = |token| {
            let call = session.ec2().describe_nat_gateways().set_filter(Some(filters.clone()));
            call.max_results(1000).set_next_token(token).send()
        };
        let mut found = session
            .pages("ec2.DescribeNatGateways", call, |page| (page.nat_gateways.unwrap_or_default(), page.next_token))
            .await?;
        found.retain(|gateway| gateway.state() != Some(&types::NatGatewayState::Deleted));
        Ok(found)
    }

    async fn ids(session: &Session, filters: Vec<types::Filter>) -> Result<Vec<EcoString>, ProviderError> {
        let found = describe(session, filters).await?;
        Ok(identities(&found, types::NatGateway::nat_gateway_id))
    }

    fn live(gateway: &types::NatGateway) -> Live {
        let mut attributes = read!(gateway =>
            auto_provision_zones, auto_scaling_ips, availability_mode, connectivity_type, nat_gateway_id,
            route_table_id, subnet_id as "subnet", vpc_id as "vpc");
        addresses::read(gateway, &mut attributes);
        let (tags, owner) = wire::read_tags(gateway.tags.as_deref());
        set(&mut attributes, "tags", tags);
        let status = match gateway.state() {
            Some(types::NatGatewayState::Pending) => Status::Pending("pending".into()),
            Some(types::NatGatewayState::Deleting) => Status::Deleting,
            Some(types::NatGatewayState::Failed) => {
                let code = gateway.failure_code().unwrap_or("failed");
                Status::Failed(eco_format!("{code}: {}", gateway.failure_message().unwrap_or_default()))
            }
            Some(_) | None => match addresses::on_the_way(gateway.nat_gateway_addresses()) {
                Some(state) => Status::Pending(state),
                None => Status::Ready,
            },
        };
        Live { id: gateway.nat_gateway_id().unwrap_or_default().into(), attributes, status, owner }
    }
}
