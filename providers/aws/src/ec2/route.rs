//! A route: where packets to one destination go.
//!
//! It belongs to a route table and has one destination (`destination_cidr_block`, `destination_ipv6_cidr_block` or
//! `destination_prefix_list`) and one target. The most exact destination wins. A change of the target happens in place,
//! without a moment in which there is no route. A route to a target that is gone stays, and drops the packets.
//!
//! A route to an internet gateway works only once the gateway is attached: say so with `@after`.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-route.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Equality;
use cairn_provider::schema::overlay::{Overlay, Reference};

/// `aws.ec2.Route`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::Route",
    title: "Route",
    overlay: Overlay {
        noun: "a route",
        references: &[
            Reference { path: "RouteTableId", to: &[("AWS::EC2::RouteTable", "RouteTableId")] },
            Reference { path: "DestinationPrefixListId", to: &[("AWS::EC2::PrefixList", "PrefixListId")] },
            Reference {
                path: "EgressOnlyInternetGatewayId",
                to: &[("AWS::EC2::EgressOnlyInternetGateway", "Id")],
            },
            Reference { path: "GatewayId", to: &[("AWS::EC2::InternetGateway", "InternetGatewayId")] },
            Reference { path: "InstanceId", to: &[("AWS::EC2::Instance", "InstanceId")] },
            Reference { path: "NatGatewayId", to: &[("AWS::EC2::NatGateway", "NatGatewayId")] },
            Reference { path: "NetworkInterfaceId", to: &[("AWS::EC2::NetworkInterface", "Id")] },
            Reference { path: "TransitGatewayId", to: &[("AWS::EC2::TransitGateway", "Id")] },
            Reference { path: "VpcEndpointId", to: &[("AWS::EC2::VPCEndpoint", "Id")] },
            Reference { path: "VpcPeeringConnectionId", to: &[("AWS::EC2::VPCPeeringConnection", "Id")] },
        ],
        equality: &[("DestinationIpv6CidrBlock", Equality::IgnoreCase)],
        one_of: &["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"],
        any_of: &[
            "CarrierGatewayId",
            "CoreNetworkArn",
            "EgressOnlyInternetGatewayId",
            "GatewayId",
            "InstanceId",
            "LocalGatewayId",
            "NatGatewayId",
            "NetworkInterfaceId",
            "TransitGatewayId",
            "VpcEndpointId",
            "VpcPeeringConnectionId",
        ],
        // A route has one target: the one written before goes.
        defaults: &[
            ("CarrierGatewayId", "null"),
            ("CoreNetworkArn", "null"),
            ("EgressOnlyInternetGatewayId", "null"),
            ("GatewayId", "null"),
            ("InstanceId", "null"),
            ("LocalGatewayId", "null"),
            ("NatGatewayId", "null"),
            ("NetworkInterfaceId", "null"),
            ("TransitGatewayId", "null"),
            ("VpcEndpointId", "null"),
            ("VpcPeeringConnectionId", "null"),
        ],
        popular: &["DestinationCidrBlock", "GatewayId", "NatGatewayId", "VpcPeeringConnectionId"],
        ..Overlay::EMPTY
    },
    // A table has one route to a destination.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["ec2:DescribeRouteTables"],
        write: &["ec2:CreateRoute", "ec2:ReplaceRoute", "ec2:DeleteRoute"],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "The way to the internet",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource igw = aws.ec2.InternetGateway\n\
                     resource attachment = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }\n\
                     resource routes = aws.ec2.RouteTable { vpc }\n\n@after(attachment)\n\
                     resource out = aws.ec2.Route {\n  route_table: routes\n  destination_cidr_block: 0.0.0.0/0\n  \
                     gateway: igw\n}\n",
        },
        Example {
            title: "The private subnets of two zones, each through its own NAT gateway",
            source: "let zones = { a: 10.20.0.0/24, b: 10.20.1.0/24 }\n\
                     resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource igw = aws.ec2.InternetGateway\n\
                     resource attachment = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }\n\
                     resource public[az, block in zones] = aws.ec2.Subnet { vpc, cidr_block: block }\n\n\
                     @after(attachment)\nresource nat_ip[az in zones] = aws.ec2.Eip { domain: \"vpc\" }\n\
                     resource nat[az in zones] = aws.ec2.NatGateway { subnet: public[az], allocation: nat_ip[az] }\n\n\
                     resource routes[az in zones] = aws.ec2.RouteTable { vpc }\n\
                     resource out[az in zones] = aws.ec2.Route {\n  route_table: routes[az]\n  \
                     destination_cidr_block: 0.0.0.0/0\n  nat_gateway: nat[az]\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, KIND, READER, lives, table_of};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_ec2::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, Update};
    use cairn_provider::value::{Cidr, CidrError, Map, Value};
    use ecow::{EcoString, eco_format};

    use crate::ec2::{route_table, wire};
    use crate::native::codec::{need, set, take};
    use crate::native::session::Session;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &Route;
    /// The reader of route tables reads it.
    pub const READER: Option<&dyn Reader<Session>> = None;

    struct Route;

    /// The name of the type.
    pub const KIND: &str = "aws.ec2.Route";

    const DESTINATIONS: [&str; 3] =
        ["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list"];

    const TARGETS: [&str; 11] = [
        "carrier_gateway_id",
        "core_network_arn",
        "egress_only_internet_gateway",
        "gateway",
        "instance",
        "local_gateway_id",
        "nat_gateway",
        "network_interface",
        "transit_gateway",
        "vpc_endpoint",
        "vpc_peering_connection",
    ];

    /// Sets destination and target; the calls to create and to replace name them alike.
    macro_rules! route {
        ($call:expr, $inputs:expr) => {
            send!($call, $inputs =>
                carrier_gateway_id, core_network_arn, destination_cidr_block, destination_ipv6_cidr_block,
                destination_prefix_list_id as "destination_prefix_list",
                egress_only_internet_gateway_id as "egress_only_internet_gateway", gateway_id as "gateway",
                instance_id as "instance", local_gateway_id, nat_gateway_id as "nat_gateway",
                network_interface_id as "network_interface", route_table_id as "route_table",
                transit_gateway_id as "transit_gateway", vpc_endpoint_id as "vpc_endpoint",
                vpc_peering_connection_id as "vpc_peering_connection")
        };
    }

    #[async_trait]
    impl ResourceType<Session> for Route {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let id = identity(inputs)?;
            session.write("ec2.CreateRoute", route!(session.ec2().create_route(), inputs).send()).await?;
            Ok(Created::new(id))
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let id = identity(&request.inputs)?;
            let filter = wire::filter("route-table-id", [table_of(&id)]);
            let found = route_table::describe(session, vec![filter]).await?;
            let same = found.iter().flat_map(lives).filter(|live| live.id == id && leads_to(live, &request.inputs));
            Ok(same.map(|live| live.id).collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            if TARGETS.iter().any(|target| request.changed.contains(*target)) {
                let inputs = &request.inputs;
                session.write("ec2.ReplaceRoute", route!(session.ec2().replace_route(), inputs).send()).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let Some((table, destination)) = request.id.split_once('|') else { return Ok(None) };
            let call = session.ec2().delete_route().route_table_id(table);
            let call = if destination.starts_with("pl-") {
                call.destination_prefix_list_id(destination)
            } else if destination.contains(':') {
                call.destination_ipv6_cidr_block(destination)
            } else {
                call.destination_cidr_block(destination)
            };
            session.delete("ec2.DeleteRoute", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let tables = route_table::describe(session, Vec::new()).await?;
            Ok(tables.iter().flat_map(lives).map(|live| live.id).collect())
        }
    }

    /// The route table of an identity.
    pub fn table_of(id: &str) -> &str {
        id.split_once('|').map_or(id, |(table, _)| table)
    }

    fn identity(inputs: &Map) -> Result<EcoString, ProviderError> {
        let table: String = need(inputs, "route_table")?;
        for field in DESTINATIONS {
            if let Some(destination) = take::<String>(inputs, field)? {
                return Ok(eco_format!("{table}|{}", canonical(&destination)));
            }
        }
        let message = "a route needs a destination: destination_cidr_block, destination_ipv6_cidr_block or \
                       destination_prefix_list";
        Err(ProviderError::refused("ec2.CreateRoute", message))
    }

    /// A destination as the service spells it: it cuts off what lies behind the prefix.
    fn canonical(destination: &str) -> EcoString {
        match Cidr::parse(destination) {
            Ok(network) | Err(CidrError::HostBits { network, .. }) => eco_format!("{network}"),
            Err(CidrError::Address | CidrError::Prefix) => destination.into(),
        }
    }

    /// Whether a route that is there leads where a document wants it.
    fn leads_to(live: &Live, inputs: &Map) -> bool {
        TARGETS.iter().all(|target| inputs.get(*target).is_none_or(|wanted| live.attributes.get(*target) == Some(wanted)))
    }

    /// The routes of a table that somebody made; those of the network itself and propagated ones are no resources.
    pub fn lives(table: &types::RouteTable) -> Vec<Live> {
        let made = table.routes().iter().filter(|route| {
            matches!(route.origin(), None | Some(types::RouteOrigin::CreateRoute)) && route.gateway_id() != Some("local")
        });
        made.filter_map(|route| live(table.route_table_id()?, route)).collect()
    }

    fn live(table: &str, route: &types::Route) -> Option<Live> {
        let mut attributes = read!(route =>
            carrier_gateway_id, core_network_arn, destination_cidr_block, destination_ipv6_cidr_block,
            destination_prefix_list_id as "destination_prefix_list",
            egress_only_internet_gateway_id as "egress_only_internet_gateway", instance_id as "instance",
            local_gateway_id, nat_gateway_id as "nat_gateway", network_interface_id as "network_interface",
            transit_gateway_id as "transit_gateway", vpc_peering_connection_id as "vpc_peering_connection");
        attributes.retain(|_, value| value.as_text() != Some(""));
        if let Some(gateway) = route.gateway_id().filter(|gateway| !gateway.is_empty()) {
            // Endpoints of gateway load balancers are shown among the gateways.
            let field = if gateway.starts_with("vpce-") { "vpc_endpoint" } else { "gateway" };
            set(&mut attributes, field, Value::text(gateway));
        }
        let destination = DESTINATIONS.iter().find_map(|field| attributes.get(*field)?.as_text()).map(canonical)?;
        set(&mut attributes, "route_table", Value::text(table));
        set(&mut attributes, "cidr_block", Value::Text(destination.clone()));
        Some(Live { id: eco_format!("{table}|{destination}"), attributes, status: Status::Ready, owner: None })
    }

    #[cfg(test)]
    mod tests {
        use super::{canonical, lives};
        use aws_sdk_ec2::types::{Route, RouteOrigin, RouteTable};

        #[test]
        fn destinations_are_spelled_as_the_service_spells_them() {
            assert_eq!(canonical("100.68.0.18/18"), "100.68.0.0/18");
            assert_eq!(canonical("2001:DB8:0:0::/32"), "2001:db8::/32");
            assert_eq!(canonical("pl-0a1b2c3d"), "pl-0a1b2c3d");
        }

        #[test]
        fn only_routes_that_somebody_made_are_resources() {
            let route = |block: &str| Route::builder().destination_cidr_block(block).origin(RouteOrigin::CreateRoute);
            let own = Route::builder().destination_cidr_block("10.0.0.0/16").gateway_id("local");
            let own = own.origin(RouteOrigin::CreateRouteTable);
            let propagated = route("10.1.0.0/16").gateway_id("vgw-1").origin(RouteOrigin::EnableVgwRoutePropagation);
            let made = [route("10.2.0.0/16").gateway_id("igw-1"), route("0.0.0.0/0").gateway_id("vpce-1")];
            let routes = [own, propagated].into_iter().chain(made).map(|route| route.build()).collect();
            let table = RouteTable::builder().route_table_id("rtb-1").set_routes(Some(routes)).build();
            let lives = lives(&table);
            let ids: Vec<&str> = lives.iter().map(|live| live.id.as_str()).collect();
            assert_eq!(ids, ["rtb-1|10.2.0.0/16", "rtb-1|0.0.0.0/0"]);
            let fields = ["gateway", "vpc_endpoint"];
            for (live, field) in lives.iter().zip(fields) {
                assert!(live.attributes.contains_key(field), "{live:?}");
            }
        }
    }
}
