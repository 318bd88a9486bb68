//! A load balancer: one address that spreads requests (`application`), connections (`network`) or packets for
//! appliances (`gateway`) over targets in several zones.
//!
//! An application load balancer needs subnets in at least two zones and speaks HTTP; a network load balancer can have
//! fixed addresses, one for each zone. Name, scheme and type cannot be changed. It takes a few minutes until a new one
//! is active, and it costs by the hour from then on, used or not. With the attribute `deletion_protection.enabled` it
//! cannot be destroyed until the attribute is `"false"` again.
//!
//! Attributes are written as text under the vendor's names. One that is written no longer goes back to the vendor's
//! default, where that does not depend on the kind of load balancer.
//!
//! Vendor documentation:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-elasticloadbalancingv2-loadbalancer.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{NameRule, Overlay, Reference, Replacement, Values};

/// What attributes are when nobody writes them, where that is the same for all kinds of load balancers that have them
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html>).
const ATTRIBUTES: &[(&str, &str)] = &[
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.prefix", ""),
    ("client_keep_alive.seconds", "3600"),
    ("connection_logs.s3.enabled", "false"),
    ("connection_logs.s3.prefix", ""),
    ("deletion_protection.enabled", "false"),
    ("dns_record.client_routing_policy", "any_availability_zone"),
    ("health_check_logs.s3.enabled", "false"),
    ("health_check_logs.s3.prefix", ""),
    ("idle_timeout.timeout_seconds", "60"),
    ("routing.http.desync_mitigation_mode", "defensive"),
    ("routing.http.drop_invalid_header_fields.enabled", "false"),
    ("routing.http.preserve_host_header.enabled", "false"),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"),
    ("routing.http.xff_client_port.enabled", "false"),
    ("routing.http.xff_header_processing.mode", "append"),
    ("routing.http2.enabled", "true"),
    ("waf.fail_open.enabled", "false"),
    ("zonal_shift.config.enabled", "false"),
];

/// `aws.elbv2.LoadBalancer`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::ElasticLoadBalancingV2::LoadBalancer",
    title: "Load balancer",
    overlay: Overlay {
        noun: "a load balancer",
        references: &[Reference { path: "SubnetMapping.AllocationId", to: &[("AWS::EC2::EIP", "AllocationId")] }],
        keyed: &[("LoadBalancerAttributes", "Key", "Value")],
        entries: &[("LoadBalancerAttributes", ATTRIBUTES)],
        values: &[Values {
            path: "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
            known: &["off", "on"],
            open: false,
            noun: "switch",
        }],
        defaults: &[
            ("IpAddressType", "\"ipv4\""),
            ("Scheme", "\"internet-facing\""),
            ("Type", "\"application\""),
            ("EnablePrefixForIpv6SourceNat", "\"off\""),
            ("MinimumLoadBalancerCapacity", "{\"capacity_units\":0}"),
            ("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "\"on\""),
        ],
        kept: &["SecurityGroups", "SubnetMappings", "Subnets"],
        unsupported: &[(
            "EnableCapacityReservationProvisionStabilize",
            "it tells CloudFormation to wait until reserved capacity is provisioned, and no API has it",
        )],
        name: Some(NameRule { property: "Name", max: 32, lower: false, separators: "-", renewed: true }),
        replacement: Replacement::CreateFirst,
        popular: &["Subnets", "SecurityGroups", "Scheme", "Type", "LoadBalancerAttributes", "Tags"],
        ..Overlay::EMPTY
    },
    // Names are unique in account and region.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &[
            "elasticloadbalancing:DescribeCapacityReservation",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
        ],
        write: &[
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:ModifyCapacityReservation",
            "elasticloadbalancing:ModifyIpPools",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:RemoveTags",
            "elasticloadbalancing:SetIpAddressType",
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:SetSubnets",
            "iam:CreateServiceLinkedRole",
        ],
    },
    timings: Timings { create: 1_200, update: 600, delete: 600, typical: 150, poll: 5 },
    examples: &[
        Example {
            title: "Inside of a network",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource a = aws.ec2.Subnet { vpc, cidr_block: 10.20.0.0/24, availability_zone: \"eu-central-1a\" }\n\
                     resource b = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24, availability_zone: \"eu-central-1b\" }\n\
                     resource alb = aws.elbv2.LoadBalancer { scheme: \"internal\", subnets: [a, b] }\n",
        },
        Example {
            title: "Open to the internet, with attributes",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource a = aws.ec2.Subnet { vpc, cidr_block: 10.20.0.0/24, availability_zone: \"eu-central-1a\" }\n\
                     resource b = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24, availability_zone: \"eu-central-1b\" }\n\
                     resource sg = aws.ec2.SecurityGroup { vpc, group_description: \"load balancer\" }\n\
                     resource alb = aws.elbv2.LoadBalancer {\n  type: \"application\"\n  \
                     scheme: \"internet-facing\"\n  subnets: [a, b]\n  security_groups: [sg]\n  \
                     load_balancer_attributes: {\n    \"idle_timeout.timeout_seconds\": \"120\"\n    \
                     \"routing.http.drop_invalid_header_fields.enabled\": \"true\"\n  }\n  tags: { Name: \"shop\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};
#[cfg(feature = "native")]
pub(super) use lifecycle::all_arns;

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_elasticloadbalancingv2::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Interest, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use super::ATTRIBUTES;
    use crate::elbv2::wire;
    use crate::native::codec::{Decode, need, put, set, take};
    use crate::native::session::{Session, absent_is_none, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &LoadBalancer;
    /// Reads load balancers.
    pub const READER: Option<&dyn Reader<Session>> = Some(&LoadBalancer);

    struct LoadBalancer;

    const KIND: &str = "aws.elbv2.LoadBalancer";
    const ENFORCE: &str = "enforce_security_group_inbound_rules_on_private_link_traffic";

    #[async_trait]
    impl ResourceType<Session> for LoadBalancer {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let taken = named(session, request).await?;
            if let Some(arn) = wire::free_or_ours(session, taken, "elbv2.CreateLoadBalancer", request).await? {
                return Ok(Created::new(arn));
            }
            let inputs = &request.inputs;
            let pools = take::<String>(inputs, "ipv4_ipam_pool_id")?.map(pool);
            let call = send!(session.elbv2().create_load_balancer(), inputs =>
                name, subnets, subnet_mappings, security_groups, scheme, r#type, ip_address_type,
                enable_prefix_for_ipv6_source_nat)
            .set_ipam_pools(pools)
            .set_tags(Some(wire::new_tags(request)?));
            let answer = session.write("elbv2.CreateLoadBalancer", call.send()).await?;
            let arn = answer.load_balancers().first().and_then(types::LoadBalancer::load_balancer_arn);
            given(arn, "elbv2.CreateLoadBalancer").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            let attributes = wire::new_attributes(&request.inputs, "load_balancer_attributes")?;
            modify_attributes(session, id, attributes).await?;
            if request.inputs.contains_key(ENFORCE) {
                set_security_groups(session, id, &request.inputs).await?;
            }
            if request.inputs.contains_key("minimum_load_balancer_capacity") {
                reserve(session, id, &request.inputs).await?;
            }
            Ok(())
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            wire::marked(session, named(session, request).await?, request).await
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let (id, inputs) = (request.id.as_str(), &request.inputs);
            let changed = |name: &str| request.changed.contains(name);
            if changed("ip_address_type") {
                let call = send!(session.elbv2().set_ip_address_type(), inputs => ip_address_type);
                session.write("elbv2.SetIpAddressType", call.load_balancer_arn(id).send()).await?;
            }
            if changed("subnets") || changed("subnet_mappings") || changed("enable_prefix_for_ipv6_source_nat") {
                let call = send!(session.elbv2().set_subnets(), inputs =>
                    subnets, subnet_mappings, enable_prefix_for_ipv6_source_nat);
                session.write("elbv2.SetSubnets", call.load_balancer_arn(id).send()).await?;
            }
            if changed("security_groups") || changed(ENFORCE) {
                set_security_groups(session, id, inputs).await?;
            }
            if changed("ipv4_ipam_pool_id") {
                let pools = pool(need(inputs, "ipv4_ipam_pool_id")?);
                let call = session.elbv2().modify_ip_pools().load_balancer_arn(id).ipam_pools(pools);
                session.write("elbv2.ModifyIpPools", call.send()).await?;
            }
            if changed("minimum_load_balancer_capacity") {
                reserve(session, id, inputs).await?;
            }
            if changed("load_balancer_attributes") {
                let changes = wire::changed_attributes(request, "load_balancer_attributes", ATTRIBUTES)?;
                modify_attributes(session, id, changes).await?;
            }
            wire::update_tags(session, id, request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.elbv2().delete_load_balancer().load_balancer_arn(request.id.as_str());
            session.delete("elbv2.DeleteLoadBalancer", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            all_arns(session).await
        }
    }

    #[async_trait]
    impl Reader<Session> for LoadBalancer {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            let mut found = describe(session).await?;
            found.retain(|one| one.load_balancer_arn().is_some_and(|arn| wanted.contains_key(arn)));
            let wants_tags = |arn: &str| wanted.get(arn).is_some_and(|interest| interest.wants("tags"));
            let arns = found.iter().filter_map(types::LoadBalancer::load_balancer_arn);
            let arns: Vec<&str> = arns.filter(|arn| wants_tags(arn)).collect();
            let tagged = wire::tags_of(session, &arns).await?;
            for balancer in &found {
                let Some(arn) = balancer.load_balancer_arn() else { continue };
                let Some(interest) = wanted.get(arn) else { continue };
                let tags = tagged.get(arn);
                if tags.is_none() && interest.wants("tags") {
                    // It went away while it was read.
                    continue;
                }
                if let Some(live) = live(session, arn, balancer, interest, tags).await? {
                    readings.answer(KIND, arn, Observed::Present(Box::new(live)));
                }
            }
            Ok(readings)
        }
    }

    /// What has the name that is written.
    async fn named(session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
        let name: String = need(&request.inputs, "name")?;
        let call = || session.elbv2().describe_load_balancers().names(&name).send();
        let answer = absent_is_none(session.read("elbv2.DescribeLoadBalancers", call).await)?;
        let found = answer.and_then(|answer| answer.load_balancers).unwrap_or_default();
        Ok(found.iter().filter_map(types::LoadBalancer::load_balancer_arn).map(EcoString::from).collect())
    }

    async fn describe(session: &Session) -> Result<Vec<types::LoadBalancer>, ProviderError> {
        let call = |token| session.elbv2().describe_load_balancers().page_size(wire::PAGE).set_marker(token).send();
        let take = |page: aws_sdk_elasticloadbalancingv2::operation::describe_load_balancers::DescribeLoadBalancersOutput| {
            (page.load_balancers.unwrap_or_default(), page.next_marker)
        };
        session.pages("elbv2.DescribeLoadBalancers", call, take).await
    }

    /// The ARNs of all load balancers.
    pub async fn all_arns(session: &Session) -> Result<Vec<EcoString>, ProviderError> {
        let all = describe(session).await?;
        Ok(all.iter().filter_map(types::LoadBalancer::load_balancer_arn).map(EcoString::from).collect())
    }

    /// What is observed of a load balancer; none if it went away while it was read.
    async fn live(
        session: &Session,
        arn: &str,
        balancer: &types::LoadBalancer,
        interest: &Interest,
        tagged: Option<&wire::Tagged>,
    ) -> Result<Option<Live>, ProviderError> {
        let mut attributes = read!(balancer =>
            canonical_hosted_zone_id, dns_name, enable_prefix_for_ipv6_source_nat,
            enforce_security_group_inbound_rules_on_private_link_traffic, ip_address_type, load_balancer_arn,
            load_balancer_name, load_balancer_name as "name", scheme, security_groups, r#type);
        let full_name = arn.split_once(":loadbalancer/").map(|(_, name)| Value::text(name));
        set(&mut attributes, "load_balancer_full_name", full_name.unwrap_or(Value::None));
        let zones = balancer.availability_zones();
        let subnets = zones.iter().filter_map(types::AvailabilityZone::subnet_id).map(Value::text);
        set(&mut attributes, "subnets", Value::list(subnets));
        set(&mut attributes, "subnet_mappings", Value::list(zones.iter().map(mapping)));
        let pool = balancer.ipam_pools().and_then(types::IpamPools::ipv4_ipam_pool_id);
        set(&mut attributes, "ipv4_ipam_pool_id", pool.map_or(Value::None, Value::text));
        if interest.wants("load_balancer_attributes") {
            let call = || session.elbv2().describe_load_balancer_attributes().load_balancer_arn(arn).send();
            let answer = session.read("elbv2.DescribeLoadBalancerAttributes", call).await;
            let Some(answer) = absent_is_none(answer)? else { return Ok(None) };
            let pairs = answer.attributes().iter().map(|one| (one.key(), one.value()));
            set(&mut attributes, "load_balancer_attributes", wire::read_attributes(pairs));
        }
        if interest.wants("minimum_load_balancer_capacity") {
            let call = || session.elbv2().describe_capacity_reservation().load_balancer_arn(arn).send();
            let answer = session.read("elbv2.DescribeCapacityReservation", call).await;
            let Some(answer) = absent_is_none(answer)? else { return Ok(None) };
            let capacity = answer.minimum_load_balancer_capacity.unwrap_or_else(|| {
                types::MinimumLoadBalancerCapacity::builder().capacity_units(0).build()
            });
            put(&mut attributes, "minimum_load_balancer_capacity", &capacity);
        }
        if let Some((tags, _)) = tagged {
            set(&mut attributes, "tags", tags.clone());
        }
        let owner = tagged.and_then(|(_, owner)| owner.clone());
        Ok(Some(Live { id: arn.into(), attributes, status: status(balancer), owner }))
    }

    fn status(balancer: &types::LoadBalancer) -> Status {
        let state = balancer.state();
        match state.and_then(types::LoadBalancerState::code) {
            Some(code @ types::LoadBalancerStateEnum::Provisioning) => Status::Pending(code.as_str().into()),
            Some(code @ types::LoadBalancerStateEnum::Failed) => {
                let reason = state.and_then(types::LoadBalancerState::reason).unwrap_or_else(|| code.as_str());
                Status::Failed(reason.into())
            }
            Some(_) | None => Status::Ready,
        }
    }

    /// A zone as it was written.
    fn mapping(zone: &types::AvailabilityZone) -> Value {
        let mut map = Map::new();
        put(&mut map, "subnet", &zone.subnet_id);
        let prefix = zone.source_nat_ipv6_prefixes().first().map(Decode::decode);
        set(&mut map, "source_nat_ipv6_prefix", prefix.unwrap_or(Value::None));
        for address in zone.load_balancer_addresses() {
            map.extend(read!(address =>
                allocation_id as "allocation", private_ipv4_address, ipv6_address));
        }
        Value::from(map)
    }

    fn pool(id: String) -> types::IpamPools {
        types::IpamPools::builder().ipv4_ipam_pool_id(id).build()
    }

    async fn set_security_groups(session: &Session, arn: &str, inputs: &Map) -> Result<(), ProviderError> {
        let call = send!(session.elbv2().set_security_groups().load_balancer_arn(arn), inputs =>
            security_groups, enforce_security_group_inbound_rules_on_private_link_traffic);
        session.write("elbv2.SetSecurityGroups", call.send()).await?;
        Ok(())
    }

    /// Reserves capacity, or none any more.
    async fn reserve(session: &Session, arn: &str, inputs: &Map) -> Result<(), ProviderError> {
        let capacity: types::MinimumLoadBalancerCapacity = need(inputs, "minimum_load_balancer_capacity")?;
        let call = session.elbv2().modify_capacity_reservation().load_balancer_arn(arn);
        let call = match capacity.capacity_units() {
            None | Some(0) => call.reset_capacity_reservation(true),
            Some(_) => call.minimum_load_balancer_capacity(capacity),
        };
        session.write("elbv2.ModifyCapacityReservation", call.send()).await?;
        Ok(())
    }

    async fn modify_attributes(
        session: &Session,
        arn: &str,
        attributes: Vec<(String, String)>,
    ) -> Result<(), ProviderError> {
        if attributes.is_empty() {
            return Ok(());
        }
        let attribute = |(key, value)| types::LoadBalancerAttribute::builder().key(key).value(value).build();
        let attributes = attributes.into_iter().map(attribute).collect();
        let call = session.elbv2().modify_load_balancer_attributes().load_balancer_arn(arn);
        let call = call.set_attributes(Some(attributes));
        session.write("elbv2.ModifyLoadBalancerAttributes", call.send()).await?;
        Ok(())
    }

    records! {
        both types::MinimumLoadBalancerCapacity { capacity_units }
        send types::SubnetMapping {
            allocation_id as "allocation", ipv6_address, private_ipv4_address, source_nat_ipv6_prefix,
            subnet_id as "subnet"
        }
    }
    texts!(
        types::EnablePrefixForIpv6SourceNatEnum,
        types::EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum,
        types::IpAddressType,
        types::LoadBalancerSchemeEnum,
        types::LoadBalancerTypeEnum,
    );
}
