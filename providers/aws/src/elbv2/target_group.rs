//! A target group: what a listener sends requests to, and how the load balancer finds out which targets are healthy.
//!
//! Targets are registered by whoever runs them (an Auto Scaling group names its target groups) or written here. Kind of
//! target, protocol, port and network cannot be changed: the group is replaced, and listeners move over to the new one.
//! A group that a listener or a rule still uses cannot be destroyed.
//!
//! Attributes are written as text under the vendor's names. One that is written no longer goes back to the vendor's
//! default, where that does not depend on protocol and kind of target.
//!
//! Vendor documentation:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-elasticloadbalancingv2-targetgroup.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Exception, NameRule, Overlay, Relation, Replacement, Values};
use cairn_provider::schema::{Change, Unit};

/// What attributes are when nobody writes them, where that is the same for all groups that have them
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html>).
const ATTRIBUTES: &[(&str, &str)] = &[
    ("deregistration_delay.timeout_seconds", "300"),
    ("lambda.multi_value_headers.enabled", "false"),
    ("load_balancing.algorithm.anomaly_mitigation", "off"),
    ("load_balancing.algorithm.type", "round_robin"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("proxy_protocol_v2.enabled", "false"),
    ("slow_start.duration_seconds", "0"),
    ("stickiness.app_cookie.duration_seconds", "86400"),
    ("stickiness.enabled", "false"),
    ("stickiness.lb_cookie.duration_seconds", "86400"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
];

/// `aws.elbv2.TargetGroup`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::ElasticLoadBalancingV2::TargetGroup",
    title: "Target group",
    overlay: Overlay {
        noun: "a target group",
        units: &[("HealthCheckIntervalSeconds", Unit::Seconds), ("HealthCheckTimeoutSeconds", Unit::Seconds)],
        keyed: &[("TargetGroupAttributes", "Key", "Value")],
        entries: &[("TargetGroupAttributes", ATTRIBUTES)],
        values: &[Values {
            path: "ProtocolVersion",
            known: &["GRPC", "HTTP1", "HTTP2"],
            open: false,
            noun: "protocol version",
        }],
        defaults: &[
            ("HealthyThresholdCount", "5"),
            ("IpAddressType", "\"ipv4\""),
            ("TargetType", "\"instance\""),
        ],
        exceptions: &[Exception {
            path: "TargetControlPort",
            change: Change::Replace,
            because: "only CreateTargetGroup takes it",
        }],
        name: Some(NameRule { property: "Name", max: 32, lower: false, separators: "-", renewed: true }),
        // "Health check interval must be greater than the timeout", which network load balancers do not ask for.
        relations: &[Relation::Below {
            lower: "HealthCheckTimeoutSeconds",
            upper: "HealthCheckIntervalSeconds",
            where_one_of: ("Protocol", &["HTTP", "HTTPS"]),
        }],
        volatile: &["LoadBalancerArns"],
        replacement: Replacement::CreateFirst,
        popular: &["VpcId", "Protocol", "Port", "TargetType", "HealthCheckPath", "TargetGroupAttributes"],
        ..Overlay::EMPTY
    },
    // Names are unique in account and region.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &[
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
        ],
        write: &[
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:CreateTargetGroup",
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:RegisterTargets",
            "elasticloadbalancing:RemoveTags",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "For instances of an Auto Scaling group",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource pool = aws.elbv2.TargetGroup { vpc, protocol: \"HTTP\", port: 8080 }\n",
        },
        Example {
            title: "With its own health check and little time to leave",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource pool = aws.elbv2.TargetGroup {\n  vpc\n  target_type: \"instance\"\n  \
                     protocol: \"HTTP\"\n  port: 8080\n  health_check_path: \"/healthz\"\n  \
                     health_check_interval_seconds: 10s\n  health_check_timeout_seconds: 5s\n  \
                     healthy_threshold_count: 3\n  matcher: { http_code: \"200-299\" }\n  \
                     target_group_attributes: { \"deregistration_delay.timeout_seconds\": \"30\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_elasticloadbalancingv2::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use super::ATTRIBUTES;
    use crate::elbv2::wire;
    use crate::native::codec::{Decode, need, set, take};
    use crate::native::reading::identities;
    use crate::native::session::{Session, absent_is_none, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &TargetGroup;
    /// Reads target groups.
    pub const READER: Option<&dyn Reader<Session>> = Some(&TargetGroup);

    struct TargetGroup;

    const KIND: &str = "aws.elbv2.TargetGroup";

    /// What ModifyTargetGroup takes.
    const HEALTH_CHECK: [&str; 9] = [
        "health_check_enabled",
        "health_check_interval_seconds",
        "health_check_path",
        "health_check_port",
        "health_check_protocol",
        "health_check_timeout_seconds",
        "healthy_threshold_count",
        "matcher",
        "unhealthy_threshold_count",
    ];

    #[async_trait]
    impl ResourceType<Session> for TargetGroup {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let taken = named(session, request).await?;
            if let Some(arn) = wire::free_or_ours(session, taken, "elbv2.CreateTargetGroup", request).await? {
                return Ok(Created::new(arn));
            }
            let inputs = &request.inputs;
            let call = send!(session.elbv2().create_target_group(), inputs =>
                name, protocol, protocol_version, port, vpc_id as "vpc", health_check_protocol, health_check_port,
                health_check_enabled, health_check_path, health_check_interval_seconds, health_check_timeout_seconds,
                healthy_threshold_count, unhealthy_threshold_count, matcher, target_type, ip_address_type,
                target_control_port)
            .set_tags(Some(wire::new_tags(request)?));
            let answer = session.write("elbv2.CreateTargetGroup", call.send()).await?;
            let arn = answer.target_groups().first().and_then(types::TargetGroup::target_group_arn);
            given(arn, "elbv2.CreateTargetGroup").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            let attributes = wire::new_attributes(&request.inputs, "target_group_attributes")?;
            modify_attributes(session, id, attributes).await?;
            register(session, id, take(&request.inputs, "targets")?.unwrap_or_default()).await
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            wire::marked(session, named(session, request).await?, request).await
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let id = request.id.as_str();
            if HEALTH_CHECK.iter().any(|name| request.changed.contains(*name)) {
                // All of the health check that is written: some of its parts are only valid together.
                let inputs = &request.inputs;
                let call = send!(session.elbv2().modify_target_group(), inputs =>
                    health_check_protocol, health_check_port, health_check_path, health_check_enabled,
                    health_check_interval_seconds, health_check_timeout_seconds, healthy_threshold_count,
                    unhealthy_threshold_count, matcher);
                session.write("elbv2.ModifyTargetGroup", call.target_group_arn(id).send()).await?;
            }
            if request.changed.contains("target_group_attributes") {
                let changes = wire::changed_attributes(request, "target_group_attributes", ATTRIBUTES)?;
                modify_attributes(session, id, changes).await?;
            }
            if request.changed.contains("targets") {
                update_targets(session, request).await?;
            }
            wire::update_tags(session, id, request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.elbv2().delete_target_group().target_group_arn(request.id.as_str());
            session.delete("elbv2.DeleteTargetGroup", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = describe(session).await?;
            Ok(identities(&all, types::TargetGroup::target_group_arn))
        }
    }

    #[async_trait]
    impl Reader<Session> for TargetGroup {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            let found = describe(session).await?;
            for one in wire::wanted_of(session, wanted, found, types::TargetGroup::target_group_arn).await? {
                if let Some(live) = live(session, &one).await? {
                    readings.answer(KIND, one.arn, Observed::Present(Box::new(live)));
                }
            }
            Ok(readings)
        }
    }

    /// What has the name that is written.
    async fn named(session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
        let name: String = need(&request.inputs, "name")?;
        let call = || session.elbv2().describe_target_groups().names(&name).send();
        let answer = absent_is_none(session.read("elbv2.DescribeTargetGroups", call).await)?;
        let found = answer.and_then(|answer| answer.target_groups).unwrap_or_default();
        Ok(identities(&found, types::TargetGroup::target_group_arn))
    }

    async fn describe(session: &Session) -> Result<Vec<types::TargetGroup>, ProviderError> {
        let call = |token| session.elbv2().describe_target_groups().page_size(wire::PAGE).set_marker(token).send();
        session
            .pages("elbv2.DescribeTargetGroups", call, |page| {
                (page.target_groups.unwrap_or_default(), page.next_marker)
            })
            .await
    }

    /// What is observed of a group; none if it went away while it was read.
    async fn live(
        session: &Session,
        one: &wire::Wanted<'_, types::TargetGroup>,
    ) -> Result<Option<Live>, ProviderError> {
        let (arn, group, interest, (tags, owner)) = (one.arn.as_str(), &one.object, one.interest, &one.tags);
        let mut attributes = read!(group =>
            health_check_enabled, health_check_interval_seconds, health_check_path, health_check_port,
            health_check_protocol, health_check_timeout_seconds, healthy_threshold_count, ip_address_type,
            load_balancer_arns, matcher, port, protocol, protocol_version, target_control_port, target_group_arn,
            target_group_name, target_group_name as "name", target_type, unhealthy_threshold_count, vpc_id as "vpc");
        let full_name = arn.rsplit_once(':').map(|(_, name)| Value::text(name));
        set(&mut attributes, "target_group_full_name", full_name.unwrap_or(Value::None));
        if interest.wants("target_group_attributes") {
            let call = || session.elbv2().describe_target_group_attributes().target_group_arn(arn).send();
            let answer = session.read("elbv2.DescribeTargetGroupAttributes", call).await;
            let Some(answer) = absent_is_none(answer)? else { return Ok(None) };
            let pairs = answer.attributes().iter().map(|one| (one.key(), one.value()));
            set(&mut attributes, "target_group_attributes", wire::read_attributes(pairs));
        }
        if interest.wants("targets") {
            let call = || session.elbv2().describe_target_health().target_group_arn(arn).send();
            let answer = session.read("elbv2.DescribeTargetHealth", call).await;
            let Some(answer) = absent_is_none(answer)? else { return Ok(None) };
            let registered = answer.target_health_descriptions().iter().filter(|one| !is_leaving(one));
            let targets = registered.map(|one| one.target().map_or(Value::None, Decode::decode));
            set(&mut attributes, "targets", Value::list(targets));
        }
        set(&mut attributes, "tags", tags.clone());
        Ok(Some(Live { id: arn.into(), attributes, status: Status::Ready, owner: owner.clone() }))
    }

    /// Whether a target is no longer registered and only finishes what it has begun.
    fn is_leaving(described: &types::TargetHealthDescription) -> bool {
        let state = described.target_health().and_then(types::TargetHealth::state);
        matches!(state, Some(types::TargetHealthStateEnum::Draining | types::TargetHealthStateEnum::UnhealthyDraining))
    }

    async fn update_targets(session: &Session, request: &Update) -> Result<(), ProviderError> {
        let none: &[Value] = &[];
        let items = |map: &Map| map.get("targets").and_then(Value::as_list).unwrap_or(none).to_vec();
        let (before, after) = (items(&request.observed), items(&request.inputs));
        let agree = |wanted: &Value, found: &Value| {
            let (Some(wanted), Some(found)) = (wanted.as_map(), found.as_map()) else { return false };
            wanted.iter().all(|(name, value)| found.get(name) == Some(value))
        };
        let gone = before.iter().filter(|found| !after.iter().any(|wanted| agree(wanted, found)));
        let gone: Vec<types::TargetDescription> = encoded(gone)?;
        let new = after.iter().filter(|wanted| !before.iter().any(|found| agree(wanted, found)));
        register(session, &request.id, encoded(new)?).await?;
        if !gone.is_empty() {
            let call = session.elbv2().deregister_targets().target_group_arn(request.id.as_str());
            session.write("elbv2.DeregisterTargets", call.set_targets(Some(gone)).send()).await?;
        }
        Ok(())
    }

    fn encoded<'a>(values: impl Iterator<Item = &'a Value>) -> Result<Vec<types::TargetDescription>, ProviderError> {
        let targets = Map::from([("targets".into(), Value::list(values.cloned()))]);
        Ok(take(&targets, "targets")?.unwrap_or_default())
    }

    async fn register(
        session: &Session,
        arn: &str,
        targets: Vec<types::TargetDescription>,
    ) -> Result<(), ProviderError> {
        if targets.is_empty() {
            return Ok(());
        }
        let call = session.elbv2().register_targets().target_group_arn(arn).set_targets(Some(targets));
        session.write("elbv2.RegisterTargets", call.send()).await?;
        Ok(())
    }

    async fn modify_attributes(
        session: &Session,
        arn: &str,
        attributes: Vec<(String, String)>,
    ) -> Result<(), ProviderError> {
        let make = |(key, value)| types::TargetGroupAttribute::builder().key(key).value(value).build();
        let call = |list| {
            let call = session.elbv2().modify_target_group_attributes().target_group_arn(arn);
            call.set_attributes(Some(list)).send()
        };
        wire::send_attributes(session, "elbv2.ModifyTargetGroupAttributes", attributes, make, call).await
    }

    records! {
        both types::Matcher { grpc_code, http_code }
        both types::TargetDescription { availability_zone, id, port, quic_server_id }
    }
    texts!(types::TargetGroupIpAddressTypeEnum, types::TargetTypeEnum);
}
