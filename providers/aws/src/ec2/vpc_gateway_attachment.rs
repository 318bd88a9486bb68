//! The attachment of an internet gateway, or of a virtual private gateway, to a VPC.
//!
//! A VPC has at most one internet gateway and one virtual private gateway. An internet gateway cannot be detached while
//! instances, NAT gateways or load balancers of the VPC hold public addresses: the service refuses it until they are
//! gone.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-vpcgatewayattachment.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Change;
use cairn_provider::schema::overlay::{Exception, Overlay, Reference};

/// `aws.ec2.VpcGatewayAttachment`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::VPCGatewayAttachment",
    title: "Attachment of a gateway to a VPC",
    overlay: Overlay {
        noun: "an attachment of a gateway",
        references: &[Reference {
            path: "InternetGatewayId",
            to: &[("AWS::EC2::InternetGateway", "InternetGatewayId")],
        }],
        one_of: &["InternetGatewayId", "VpnGatewayId"],
        exceptions: &[
            Exception {
                path: "InternetGatewayId",
                change: Change::Replace,
                because: "AttachInternetGateway attaches anew: the old gateway has to be detached first",
            },
            Exception {
                path: "VpnGatewayId",
                change: Change::Replace,
                because: "AttachVpnGateway attaches anew: the old gateway has to be detached first",
            },
        ],
        popular: &["InternetGatewayId", "VpnGatewayId"],
        ..Overlay::EMPTY
    },
    // A VPC has one gateway of each kind: who asks for the same one again finds it attached.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["ec2:DescribeInternetGateways", "ec2:DescribeVpnGateways"],
        write: &[
            "ec2:AttachInternetGateway",
            "ec2:AttachVpnGateway",
            "ec2.DetachInternetGateway",
            "ec2:DetachVpnGateway",
        ],
    },
    timings: Timings { delete: 1_200, ..Timings::INSTANT },
    examples: &[
        Example {
            title: "A network with a door to the internet",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource igw = aws.ec2.InternetGateway\n\
                     resource igw_attachment = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }\n",
        },
        Example {
            title: "A virtual private gateway that exists already",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource office = aws.ec2.VpcGatewayAttachment { vpc, vpn_gateway_id: \"vgw-0a1b2c3d4e5f60718\" \
                     }\n",
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
    use cairn_provider::value::Map;
    use ecow::{EcoString, eco_format};

    use crate::ec2::wire;
    use crate::native::codec::{need, take};
    use crate::native::session::Session;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &VpcGatewayAttachment;
    /// Reads attachments of gateways.
    pub const READER: Option<&dyn Reader<Session>> = Some(&VpcGatewayAttachment);

    struct VpcGatewayAttachment;

    const KIND: &str = "aws.ec2.VpcGatewayAttachment";

    /// One attachment, of whichever kind.
    struct Attachment {
        side: Side,
        vpc: EcoString,
        gateway: EcoString,
        status: Status,
    }

    /// What kind of gateway is attached; the first part of the identity.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Side {
        Internet,
        Vpn,
    }

    impl Side {
        fn code(self) -> &'static str {
            match self {
                Self::Internet => "IGW",
                Self::Vpn => "VGW",
            }
        }

        fn field(self) -> &'static str {
            match self {
                Self::Internet => "internet_gateway",
                Self::Vpn => "vpn_gateway_id",
            }
        }

        /// The kind and the network of an identity.
        fn of(id: &str) -> Option<(Self, &str)> {
            let (code, vpc) = id.split_once('|')?;
            [Self::Internet, Self::Vpn].into_iter().find(|side| side.code() == code).map(|side| (side, vpc))
        }
    }

    #[async_trait]
    impl ResourceType<Session> for VpcGatewayAttachment {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let (side, gateway) = written(&request.inputs)?;
            let vpc: String = need(&request.inputs, "vpc")?;
            match side {
                Side::Internet => {
                    let call = session.ec2().attach_internet_gateway().internet_gateway_id(gateway).vpc_id(&vpc);
                    session.write("ec2.AttachInternetGateway", call.send()).await?;
                }
                Side::Vpn => {
                    let call = session.ec2().attach_vpn_gateway().vpn_gateway_id(gateway).vpc_id(&vpc);
                    session.write("ec2.AttachVpnGateway", call.send()).await?;
                }
            }
            Ok(Created::new(eco_format!("{}|{vpc}", side.code())))
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let (side, gateway) = written(&request.inputs)?;
            let vpc: String = need(&request.inputs, "vpc")?;
            let found = attached(session, side, &[&vpc]).await?;
            Ok(found.iter().filter(|one| one.gateway == gateway && one.vpc == vpc).map(Attachment::id).collect())
        }

        async fn update(&self, _: &Session, _: &Update) -> Result<Option<Monitor>, ProviderError> {
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let Some((side, vpc)) = Side::of(&request.id) else { return Ok(None) };
            for found in attached(session, side, &[vpc]).await? {
                let gateway = found.gateway.as_str();
                match side {
                    Side::Internet => {
                        let call = session.ec2().detach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc);
                        session.delete("ec2.DetachInternetGateway", call.send()).await?;
                    }
                    Side::Vpn => {
                        let call = session.ec2().detach_vpn_gateway().vpn_gateway_id(gateway).vpc_id(vpc);
                        session.delete("ec2.DetachVpnGateway", call.send()).await?;
                    }
                }
            }
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let mut found = attached(session, Side::Internet, &[]).await?;
            found.extend(attached(session, Side::Vpn, &[]).await?);
            Ok(found.iter().map(Attachment::id).collect())
        }
    }

    #[async_trait]
    impl Reader<Session> for VpcGatewayAttachment {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let ids: Vec<&EcoString> = wanted.get(KIND).into_iter().flat_map(|wanted| wanted.keys()).collect();
            for side in [Side::Internet, Side::Vpn] {
                let parts = ids.iter().filter_map(|id| Side::of(id));
                let vpcs: Vec<&str> = parts.filter(|(of, _)| *of == side).map(|(_, vpc)| vpc).collect();
                for vpcs in vpcs.chunks(wire::FILTER_VALUES) {
                    for found in attached(session, side, vpcs).await? {
                        readings.answer(KIND, found.id(), Observed::Present(Box::new(found.live())));
                    }
                }
            }
            Ok(readings)
        }
    }

    impl Attachment {
        fn id(&self) -> EcoString {
            eco_format!("{}|{}", self.side.code(), self.vpc)
        }

        fn live(&self) -> Live {
            let attributes = Map::from([
                ("attachment_type".into(), self.side.code().into()),
                ("vpc".into(), self.vpc.as_str().into()),
                (self.side.field().into(), self.gateway.as_str().into()),
            ]);
            Live { id: self.id(), attributes, status: self.status.clone(), owner: None }
        }
    }

    /// Which gateway a document names.
    fn written(inputs: &Map) -> Result<(Side, String), ProviderError> {
        for side in [Side::Internet, Side::Vpn] {
            if let Some(gateway) = take(inputs, side.field())? {
                return Ok((side, gateway));
            }
        }
        let message = "an attachment needs an `internet_gateway` or a `vpn_gateway_id`";
        Err(ProviderError::refused("ec2.AttachInternetGateway", message))
    }

    /// The attachments of some networks; of all if none is named.
    async fn attached(session: &Session, side: Side, vpcs: &[&str]) -> Result<Vec<Attachment>, ProviderError> {
        let filters = if vpcs.is_empty() { Vec::new() } else { vec![wire::filter("attachment.vpc-id", vpcs.to_vec())] };
        let mut found = Vec::new();
        match side {
            Side::Internet => {
                for gateway in wire::internet_gateways(session, filters).await? {
                    for attachment in gateway.attachments() {
                        let (vpc, state) = (attachment.vpc_id(), attachment.state());
                        found.extend(one(side, gateway.internet_gateway_id(), vpc, state));
                    }
                }
            }
            Side::Vpn => {
                let call = || session.ec2().describe_vpn_gateways().set_filters(Some(filters.clone())).send();
                let answer = session.read("ec2.DescribeVpnGateways", call).await?;
                for gateway in answer.vpn_gateways() {
                    for attachment in gateway.vpc_attachments() {
                        let (vpc, state) = (attachment.vpc_id(), attachment.state());
                        found.extend(one(side, gateway.vpn_gateway_id(), vpc, state));
                    }
                }
            }
        }
        // A virtual private gateway keeps showing networks that it has left.
        found.retain(|one| vpcs.is_empty() || vpcs.contains(&one.vpc.as_str()));
        Ok(found)
    }

    fn one(
        side: Side,
        gateway: Option<&str>,
        vpc: Option<&str>,
        state: Option<&types::AttachmentStatus>,
    ) -> Option<Attachment> {
        let status = match state {
            Some(types::AttachmentStatus::Attaching) => Status::Pending("attaching".into()),
            Some(types::AttachmentStatus::Detaching) => Status::Deleting,
            Some(types::AttachmentStatus::Detached) => return None,
            // Internet gateways say "available".
            Some(_) | None => Status::Ready,
        };
        Some(Attachment { side, vpc: vpc?.into(), gateway: gateway?.into(), status })
    }
}
