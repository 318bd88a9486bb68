//! A route table: where the packets of a VPC's subnets go.
//!
//! Each subnet uses one route table (`aws.ec2.SubnetRouteTableAssociation`); a subnet without an association uses the
//! VPC's main one. A new table holds the route to the VPC itself; every other one is a resource (`aws.ec2.Route`).
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-routetable.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::Overlay;

/// `aws.ec2.RouteTable`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::RouteTable",
    title: "Route table",
    overlay: Overlay { noun: "a route table", popular: &["Tags"], ..Overlay::EMPTY },
    idempotency: Idempotency::Token,
    permissions: Permissions {
        read: &["ec2:DescribeRouteTables"],
        write: &["ec2:CreateRouteTable", "ec2:DeleteRouteTable", "ec2:CreateTags", "ec2:DeleteTags"],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "A route table",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource routes = aws.ec2.RouteTable { vpc }\n",
        },
        Example {
            title: "A public subnet",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource igw = aws.ec2.InternetGateway\n\
                     resource attachment = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }\n\
                     resource public = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24, map_public_ip_on_launch: true \
                     }\nresource routes = aws.ec2.RouteTable { vpc, tags: { Name: \"public\" } }\n\
                     resource use = aws.ec2.SubnetRouteTableAssociation { subnet: public, route_table: routes }\n\n\
                     @after(attachment)\nresource out = aws.ec2.Route {\n  route_table: routes\n  \
                     destination_cidr_block: 0.0.0.0/0\n  gateway: igw\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER, describe};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::BTreeSet;

    use async_trait::async_trait;
    use aws_sdk_ec2::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use ecow::EcoString;

    use crate::ec2::{route, subnet_route_table_association as association, wire};
    use crate::native::codec::set;
    use crate::native::reading::identities;
    use crate::native::session::{Session, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &RouteTable;
    /// Reads route tables with their routes and associations: one call holds all three.
    pub const READER: Option<&dyn Reader<Session>> = Some(&RouteTable);

    struct RouteTable;

    const KIND: &str = "aws.ec2.RouteTable";

    #[async_trait]
    impl ResourceType<Session> for RouteTable {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let call = send!(session.ec2().create_route_table(), inputs => vpc_id as "vpc")
                .client_token(request.token.as_str())
                .tag_specifications(wire::tag_specification(request, types::ResourceType::RouteTable)?);
            let answer = session.write("ec2.CreateRouteTable", call.send()).await?;
            given(answer.route_table().and_then(types::RouteTable::route_table_id), "ec2.CreateRouteTable")
                .map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            ids(session, wire::marked(&request.owner)).await
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            wire::update_tags(session, &request.id, request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.ec2().delete_route_table().route_table_id(request.id.as_str());
            session.delete("ec2.DeleteRouteTable", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            ids(session, Vec::new()).await
        }
    }

    #[async_trait]
    impl Reader<Session> for RouteTable {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND, route::KIND, association::KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let of_kind = |kind| wanted.get(kind).into_iter().flat_map(|wanted| wanted.keys());
            let mut associations: BTreeSet<&str> = of_kind(association::KIND).map(EcoString::as_str).collect();
            let tables: BTreeSet<&str> =
                of_kind(KIND).map(EcoString::as_str).chain(of_kind(route::KIND).map(|id| route::table_of(id))).collect();
            for filter in wire::filters("route-table-id", tables) {
                for table in describe(session, vec![filter]).await? {
                    let live = live(&table);
                    for route in route::lives(&table) {
                        readings.answer(route::KIND, route.id.clone(), Observed::Present(Box::new(route)));
                    }
                    answer_associations(&mut readings, &table, &mut associations);
                    readings.answer(KIND, live.id.clone(), Observed::Present(Box::new(live)));
                }
            }
            // Associations whose tables are not among those wanted.
            let left = wire::filters("association.route-table-association-id", associations.iter().copied());
            for filter in left {
                for table in describe(session, vec![filter]).await? {
                    answer_associations(&mut readings, &table, &mut associations);
                }
            }
            Ok(readings)
        }
    }

    fn answer_associations(readings: &mut Readings, table: &types::RouteTable, wanted: &mut BTreeSet<&str>) {
        for live in association::lives(table) {
            if wanted.remove(live.id.as_str()) {
                readings.answer(association::KIND, live.id.clone(), Observed::Present(Box::new(live)));
            }
        }
    }

    /// Route tables, a hundred a page: more the service does not give.
    ///
    /// # Errors
    /// The failure of a page.
    pub async fn describe(
        session: &Session,
        filters: Vec<types::Filter>,
    ) -> Result<Vec<types::RouteTable>, ProviderError> {
        let call = |token| {
            let call = session.ec2().describe_route_tables().set_filters(Some(filters.clone()));
            call.max_results(100).set_next_token(token).send()
        };
        session
            .pages("ec2.DescribeRouteTables", call, |page| (page.route_tables.unwrap_or_default(), page.next_token))
            .await
    }

    async fn ids(session: &Session, filters: Vec<types::Filter>) -> Result<Vec<EcoString>, ProviderError> {
        let found = describe(session, filters).await?;
        Ok(identities(&found, types::RouteTable::route_table_id))
    }

    fn live(table: &types::RouteTable) -> Live {
        let mut attributes = read!(table => route_table_id, vpc_id as "vpc");
        let (tags, owner) = wire::read_tags(table.tags.as_deref());
        set(&mut attributes, "tags", tags);
        let id = table.route_table_id().unwrap_or_default().into();
        Live { id, attributes, status: Status::Ready, owner }
    }
}
