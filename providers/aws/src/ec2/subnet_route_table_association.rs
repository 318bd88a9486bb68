//! The association of a subnet with a route table.
//!
//! A subnet has one at most. Without one it uses the VPC's main route table, so that a change from one table to another
//! leaves it there for a moment: the old association goes before the new one comes.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-subnetroutetableassociation.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Overlay, Reference};

/// `aws.ec2.SubnetRouteTableAssociation`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::SubnetRouteTableAssociation",
    title: "Association of a subnet with a route table",
    overlay: Overlay {
        noun: "an association of a subnet with a route table",
        references: &[Reference { path: "RouteTableId", to: &[("AWS::EC2::RouteTable", "RouteTableId")] }],
        ..Overlay::EMPTY
    },
    // A subnet has one association: who asks for the same one again finds it.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["ec2:DescribeRouteTables"],
        write: &["ec2:AssociateRouteTable", "ec2:DisassociateRouteTable"],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "One subnet",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource subnet = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24 }\n\
                     resource routes = aws.ec2.RouteTable { vpc }\n\
                     resource use = aws.ec2.SubnetRouteTableAssociation { subnet, route_table: routes }\n",
        },
        Example {
            title: "Every subnet of a network",
            source: "let zones = { a: 10.20.0.0/24, b: 10.20.1.0/24 }\n\
                     resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource public[az, block in zones] = aws.ec2.Subnet { vpc, cidr_block: block }\n\
                     resource routes = aws.ec2.RouteTable { vpc }\n\
                     resource use[az in zones] = aws.ec2.SubnetRouteTableAssociation {\n  subnet: public[az]\n  \
                     route_table: routes\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, KIND, READER, lives};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_ec2::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::{EcoString, eco_format};

    use crate::ec2::{route_table, wire};
    use crate::native::codec::{need, set};
    use crate::native::session::{Session, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &SubnetRouteTableAssociation;
    /// The reader of route tables reads it.
    pub const READER: Option<&dyn Reader<Session>> = None;

    struct SubnetRouteTableAssociation;

    /// The name of the type.
    pub const KIND: &str = "aws.ec2.SubnetRouteTableAssociation";

    #[async_trait]
    impl ResourceType<Session> for SubnetRouteTableAssociation {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let call = send!(session.ec2().associate_route_table(), inputs =>
                route_table_id as "route_table", subnet_id as "subnet");
            let answer = session.write("ec2.AssociateRouteTable", call.send()).await?;
            given(answer.association_id(), "ec2.AssociateRouteTable").map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let subnet: String = need(&request.inputs, "subnet")?;
            let table: String = need(&request.inputs, "route_table")?;
            let found = route_table::describe(session, vec![wire::filter("association.subnet-id", [&subnet])]).await?;
            let ours = found.iter().filter(|found| found.route_table_id() == Some(&table)).flat_map(lives);
            let is = |live: &Live, field| live.attributes.get(field).and_then(Value::as_text) == Some(&subnet);
            Ok(ours.filter(|live| is(live, "subnet")).map(|live| live.id).collect())
        }

        async fn update(&self, _: &Session, _: &Update) -> Result<Option<Monitor>, ProviderError> {
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.ec2().disassociate_route_table().association_id(request.id.as_str());
            session.delete("ec2.DisassociateRouteTable", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let tables = route_table::describe(session, Vec::new()).await?;
            Ok(tables.iter().flat_map(lives).map(|live| live.id).collect())
        }
    }

    /// The associations of a route table with subnets, apart from those that have ended.
    pub fn lives(table: &types::RouteTable) -> Vec<Live> {
        table.associations().iter().filter_map(live).collect()
    }

    fn live(association: &types::RouteTableAssociation) -> Option<Live> {
        use types::RouteTableAssociationStateCode as Code;
        let id = association.route_table_association_id()?;
        let subnet = association.subnet_id().filter(|subnet| !subnet.is_empty())?;
        let state = association.association_state();
        let status = match state.and_then(types::RouteTableAssociationState::state) {
            Some(Code::Disassociated) => return None,
            Some(Code::Disassociating) => Status::Deleting,
            Some(Code::Associating) => Status::Pending("associating".into()),
            Some(Code::Failed) => {
                let why = state.and_then(types::RouteTableAssociationState::status_message).unwrap_or_default();
                Status::Failed(eco_format!("failed: {why}"))
            }
            Some(_) | None => Status::Ready,
        };
        let mut attributes = Map::from([("id".into(), id.into()), ("subnet".into(), subnet.into())]);
        set(&mut attributes, "route_table", association.route_table_id().map_or(Value::None, Value::text));
        Some(Live { id: id.into(), attributes, status, owner: None })
    }
}
