//! An Elastic IP address: a public IPv4 address that stays yours until you give it back.
//!
//! Every public IPv4 address costs money for each hour, used or not. An account has five in a region unless the quota
//! is raised. An address given back is gone: somebody else may get it. `instance` associates it with an instance; for
//! network interfaces there is `aws.ec2.EipAssociation`.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-eip.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Change;
use cairn_provider::schema::overlay::{Exception, Overlay, Reference, Values};

/// `aws.ec2.Eip`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::EIP",
    title: "Elastic IP address",
    overlay: Overlay {
        noun: "an Elastic IP address",
        references: &[Reference { path: "InstanceId", to: &[("AWS::EC2::Instance", "InstanceId")] }],
        values: &[Values { path: "Domain", known: &["standard", "vpc"], open: false, noun: "domain" }],
        defaults: &[("Domain", "\"vpc\""), ("InstanceId", "null"), ("PublicIpv4Pool", "\"amazon\"")],
        exceptions: &[
            Exception {
                path: "Domain",
                change: Change::Replace,
                because: "only AllocateAddress names a domain: no operation moves an address",
            },
            Exception {
                path: "PublicIpv4Pool",
                change: Change::Replace,
                because: "only AllocateAddress names a pool: no operation moves an address",
            },
        ],
        popular: &["Domain", "Tags"],
        ..Overlay::EMPTY
    },
    // AllocateAddress takes neither a token nor a name: an interrupted one is found by its tags.
    idempotency: Idempotency::Tags,
    permissions: Permissions {
        read: &["ec2:DescribeAddresses"],
        write: &[
            "ec2:AllocateAddress",
            "ec2:AcceptAddressTransfer",
            "ec2:ReleaseAddress",
            "ec2:AssociateAddress",
            "ec2:DisassociateAddress",
            "ec2:CreateTags",
            "ec2:DeleteTags",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example { title: "A public address", source: "resource ip = aws.ec2.Eip\n" },
        Example {
            title: "The address of a NAT gateway",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource igw = aws.ec2.InternetGateway\n\
                     resource attachment = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }\n\
                     resource subnet = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24 }\n\n@after(attachment)\n\
                     resource nat_ip = aws.ec2.Eip { domain: \"vpc\", tags: { Name: \"nat\" } }\n\
                     resource nat = aws.ec2.NatGateway { subnet, allocation: nat_ip }\n",
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
    use cairn_provider::value::Value;
    use ecow::{EcoString, eco_format};

    use crate::ec2::wire;
    use crate::native::codec::{set, take};
    use crate::native::session::{Session, absent_is_done, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &Eip;
    /// Reads Elastic IP addresses.
    pub const READER: Option<&dyn Reader<Session>> = Some(&Eip);

    struct Eip;

    const KIND: &str = "aws.ec2.Eip";

    texts!(types::DomainType);

    #[async_trait]
    impl ResourceType<Session> for Eip {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let tags = wire::tag_specification(request, types::ResourceType::ElasticIp)?;
            if let Some(transferred) = take::<String>(inputs, "transfer_address")? {
                let call = session.ec2().accept_address_transfer().address(transferred).tag_specifications(tags);
                let answer = session.write("ec2.AcceptAddressTransfer", call.send()).await?;
                let transfer = answer.address_transfer();
                let ip = transfer.and_then(types::AddressTransfer::public_ip);
                let allocation = transfer.and_then(types::AddressTransfer::allocation_id);
                return identity(ip, allocation, "ec2.AcceptAddressTransfer").map(Created::new);
            }
            let call = send!(session.ec2().allocate_address(), inputs =>
                address, domain, ipam_pool_id, network_border_group, public_ipv4_pool)
            .tag_specifications(tags);
            let answer = session.write("ec2.AllocateAddress", call.send()).await?;
            identity(answer.public_ip(), answer.allocation_id(), "ec2.AllocateAddress").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            match take::<String>(&request.inputs, "instance")? {
                Some(instance) => associate(session, id, instance).await,
                None => Ok(()),
            }
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let found = describe(session, wire::marked(&request.owner)).await?;
            Ok(found.iter().filter_map(id_of).collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            if request.changed.contains("instance") {
                match take::<String>(&request.inputs, "instance")? {
                    Some(instance) => associate(session, &request.id, instance).await?,
                    None => disassociate(session, &request.id).await?,
                }
            }
            wire::update_tags(session, allocation_of(&request.id), request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            // What others associated is theirs to undo: the service refuses the release until then.
            if take::<String>(&request.inputs, "instance")?.is_some() {
                disassociate(session, &request.id).await?;
            }
            let call = session.ec2().release_address().allocation_id(allocation_of(&request.id));
            session.delete("ec2.ReleaseAddress", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            Ok(describe(session, Vec::new()).await?.iter().filter_map(id_of).collect())
        }
    }

    #[async_trait]
    impl Reader<Session> for Eip {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let ids = wanted.get(KIND).into_iter().flat_map(|wanted| wanted.keys());
            for filter in wire::filters("allocation-id", ids.map(|id| allocation_of(id))) {
                for address in describe(session, vec![filter]).await? {
                    let Some(id) = id_of(&address) else { continue };
                    let live = live(id.clone(), &address);
                    readings.answer(KIND, id, Observed::Present(Box::new(live)));
                }
            }
            Ok(readings)
        }
    }

    /// The second part of the identity, by which all calls name an address.
    fn allocation_of(id: &str) -> &str {
        id.rsplit_once('|').map_or(id, |(_, allocation)| allocation)
    }

    fn identity(
        ip: Option<&str>,
        allocation: Option<&str>,
        operation: &'static str,
    ) -> Result<EcoString, ProviderError> {
        Ok(eco_format!("{}|{}", given(ip, operation)?, given(allocation, operation)?))
    }

    fn id_of(address: &types::Address) -> Option<EcoString> {
        Some(eco_format!("{}|{}", address.public_ip()?, address.allocation_id()?))
    }

    async fn describe(session: &Session, filters: Vec<types::Filter>) -> Result<Vec<types::Address>, ProviderError> {
        let call = || session.ec2().describe_addresses().set_filters(Some(filters.clone())).send();
        Ok(session.read("ec2.DescribeAddresses", call).await?.addresses.unwrap_or_default())
    }

    fn live(id: EcoString, address: &types::Address) -> Live {
        let mut attributes =
            read!(address => allocation_id, domain, network_border_group, public_ip, public_ipv4_pool);
        let instance = address.instance_id().filter(|instance| !instance.is_empty());
        set(&mut attributes, "instance", instance.map_or(Value::None, Value::text));
        let (tags, owner) = wire::read_tags(address.tags.as_deref());
        set(&mut attributes, "tags", tags);
        Live { id, attributes, status: Status::Ready, owner }
    }

    async fn associate(session: &Session, id: &str, instance: String) -> Result<(), ProviderError> {
        let call = session.ec2().associate_address().allocation_id(allocation_of(id)).instance_id(instance);
        session.write("ec2.AssociateAddress", call.allow_reassociation(true).send()).await?;
        Ok(())
    }

    async fn disassociate(session: &Session, id: &str) -> Result<(), ProviderError> {
        let found = describe(session, vec![wire::filter("allocation-id", [allocation_of(id)])]).await?;
        for association in found.iter().filter_map(types::Address::association_id).filter(|id| !id.is_empty()) {
            let call = session.ec2().disassociate_address().association_id(association);
            let outcome = session.write("ec2.DisassociateAddress", call.send()).await;
            absent_is_done(outcome.map(|_| ()))?;
        }
        Ok(())
    }
}
