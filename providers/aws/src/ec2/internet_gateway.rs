//! An internet gateway: the door between a VPC and the internet, for IPv4 and IPv6.
//!
//! It costs nothing and scales by itself. It lets traffic through only once it is attached to a VPC
//! (`aws.ec2.VpcGatewayAttachment`) and a route table sends traffic to it (`aws.ec2.Route`). A VPC can have one.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-internetgateway.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::Overlay;

/// `aws.ec2.InternetGateway`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::InternetGateway",
    title: "Internet gateway",
    overlay: Overlay { noun: "an internet gateway", popular: &["Tags"], ..Overlay::EMPTY },
    // CreateInternetGateway takes neither a token nor a name: an interrupted one is found by its tags.
    idempotency: Idempotency::Tags,
    permissions: Permissions {
        read: &["ec2:DescribeInternetGateways"],
        write: &["ec2:CreateInternetGateway", "ec2:DeleteInternetGateway", "ec2:CreateTags", "ec2:DeleteTags"],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example { title: "An internet gateway", source: "resource igw = aws.ec2.InternetGateway\n" },
        Example {
            title: "Attached to a network, with the route that leads to it",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource igw = aws.ec2.InternetGateway { tags: { Name: \"main\" } }\n\
                     resource attachment = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }\n\
                     resource routes = aws.ec2.RouteTable { vpc }\n\n@after(attachment)\n\
                     resource out = aws.ec2.Route {\n  route_table: routes\n  destination_cidr_block: 0.0.0.0/0\n  \
                     gateway: igw\n}\n",
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
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use ecow::EcoString;

    use crate::ec2::wire;
    use crate::native::codec::set;
    use crate::native::reading::identities;
    use crate::native::session::{Session, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &InternetGateway;
    /// Reads internet gateways.
    pub const READER: Option<&dyn Reader<Session>> = Some(&InternetGateway);

    struct InternetGateway;

    const KIND: &str = "aws.ec2.InternetGateway";

    #[async_trait]
    impl ResourceType<Session> for InternetGateway {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let tags = wire::tag_specification(request, types::ResourceType::InternetGateway)?;
            let call = session.ec2().create_internet_gateway().tag_specifications(tags);
            let answer = session.write("ec2.CreateInternetGateway", call.send()).await?;
            let id = answer.internet_gateway().and_then(types::InternetGateway::internet_gateway_id);
            given(id, "ec2.CreateInternetGateway").map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            ids(session, wire::marked(&request.owner)).await
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            wire::update_tags(session, &request.id, request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.ec2().delete_internet_gateway().internet_gateway_id(request.id.as_str());
            session.delete("ec2.DeleteInternetGateway", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            ids(session, Vec::new()).await
        }
    }

    #[async_trait]
    impl Reader<Session> for InternetGateway {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let ids = wanted.get(KIND).into_iter().flat_map(|wanted| wanted.keys());
            for filter in wire::filters("internet-gateway-id", ids) {
                for gateway in wire::internet_gateways(session, vec![filter]).await? {
                    let live = live(&gateway);
                    readings.answer(KIND, live.id.clone(), Observed::Present(Box::new(live)));
                }
            }
            Ok(readings)
        }
    }

    async fn ids(session: &Session, filters: Vec<types::Filter>) -> Result<Vec<EcoString>, ProviderError> {
        let found = wire::internet_gateways(session, filters).await?;
        Ok(identities(&found, types::InternetGateway::internet_gateway_id))
    }

    fn live(gateway: &types::InternetGateway) -> Live {
        let mut attributes = read!(gateway => internet_gateway_id);
        let (tags, owner) = wire::read_tags(gateway.tags.as_deref());
        set(&mut attributes, "tags", tags);
        let id = gateway.internet_gateway_id().unwrap_or_default().into();
        Live { id, attributes, status: Status::Ready, owner }
    }
}
