//! A hosted zone: the records of one domain and everything below it, answered by four name servers of Route 53.
//!
//! A public zone answers the internet once the domain's registrar names its `name_servers`; each new zone gets others,
//! so replacing one means going to the registrar again. A zone with `vpcs` is private: it answers in those networks
//! only, which need `enable_dns_support` and `enable_dns_hostnames`. A public zone cannot become private, or the other
//! way round. Every zone costs a little each month, after its first twelve hours. A zone can only be deleted when
//! nothing but its own NS and SOA records is left.
//!
//! A look-up by name alone finds the public zone of exactly that name; one for a private zone names its `vpcs`. It leaves
//! `query_logging_config` out.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-route53-hostedzone.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Equality;
use cairn_provider::schema::overlay::{Overlay, Reference, Replacement};

/// `aws.route53.HostedZone`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::Route53::HostedZone",
    title: "Hosted zone",
    overlay: Overlay {
        noun: "a hosted zone",
        replacement: Replacement::CreateFirst,
        references: &[Reference {
            path: "QueryLoggingConfig.CloudWatchLogsLogGroupArn",
            to: &[("AWS::Logs::LogGroup", "Arn")],
        }],
        required: &["Name"],
        equality: &[("Name", Equality::DomainName)],
        defaults: &[
            ("HostedZoneConfig", "{\"comment\": \"\"}"),
            ("HostedZoneFeatures", "{\"enable_accelerated_recovery\": false}"),
        ],
        popular: &["Name", "HostedZoneConfig", "VPCs", "HostedZoneTags"],
        ..Overlay::EMPTY
    },
    // The caller reference is ours, and the list tells it.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &[
            "route53:GetChange",
            "route53:GetHostedZone",
            "route53:ListHostedZones",
            "route53:ListHostedZonesByName",
            "route53:ListQueryLoggingConfigs",
            "route53:ListTagsForResource",
            "route53:ListTagsForResources",
        ],
        write: &[
            "route53:AssociateVPCWithHostedZone",
            "route53:ChangeTagsForResource",
            "route53:CreateHostedZone",
            "route53:CreateQueryLoggingConfig",
            "route53:DeleteHostedZone",
            "route53:DeleteQueryLoggingConfig",
            "route53:DisassociateVPCFromHostedZone",
            "route53:UpdateHostedZoneComment",
            "route53:UpdateHostedZoneFeatures",
            "ec2:DescribeVpcs",
        ],
    },
    timings: Timings { typical: 30, poll: 5, ..Timings::MINUTES },
    examples: &[
        Example { title: "A public zone", source: "resource zone = aws.route53.HostedZone { name: \"shop.example\" }\n" },
        Example {
            title: "A zone for two private networks",
            source: "resource orders = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\nresource stock = aws.ec2.Vpc { \
                     cidr_block: 10.21.0.0/16 }\n\nresource zone = aws.route53.HostedZone {\n  name: \
                     \"shop.internal\"\n  hosted_zone_config: { comment: \"names inside of the shop\" }\n  vpcs: [\n    { \
                     vpc: orders, vpc_region: \"eu-central-1\" }\n    { vpc: stock, vpc_region: \"eu-central-1\" }\n  \
                     ]\n  hosted_zone_tags: { team: \"platform\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{FINDER, HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_route53::operation::get_hosted_zone::GetHostedZoneOutput;
    use aws_sdk_route53::operation::list_query_logging_configs::ListQueryLoggingConfigsOutput;
    use aws_sdk_route53::types::{self, AcceleratedRecoveryStatus as Recovery};
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{LookUpType, Reader, ResourceType};
    use cairn_provider::request::{
        Create, Created, Delete, Interest, Monitor, Progress, ReadSet, Readings, Update,
    };
    use cairn_provider::schema::document::{equal, same};
    use cairn_provider::schema::Equality;
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use crate::native::codec::{Decode, need, set, take};
    use crate::native::session::{Session, absent_is_done, given};
    use crate::native::tags;
    use crate::route53::wire;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &HostedZone;
    /// Reads zones.
    pub const READER: Option<&dyn Reader<Session>> = Some(&HostedZone);
    /// Finds zones by name.
    pub const FINDER: &dyn LookUpType<Session> = &HostedZone;

    struct HostedZone;

    const KIND: &str = "aws.route53.HostedZone";
    const TAGGED: types::TagResourceType = types::TagResourceType::Hostedzone;

    texts!(types::VpcRegion);

    records! {
        both types::Vpc { vpc_id as "vpc", vpc_region }
        read types::QueryLoggingConfig { cloud_watch_logs_log_group_arn as "cloud_watch_logs_log_group" }
    }

    #[async_trait]
    impl ResourceType<Session> for HostedZone {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let first = networks(inputs)?.into_iter().next();
            let config = types::HostedZoneConfig::builder()
                .set_comment(comment(inputs))
                .set_private_zone(first.is_some().then_some(true))
                .build();
            let call = send!(session.route53().create_hosted_zone(), inputs => name)
                .caller_reference(request.token.as_str())
                .hosted_zone_config(config)
                .set_vpc(first);
            let answer = session.write("route53.CreateHostedZone", call.send()).await?;
            let zone = answer.hosted_zone.as_ref().map(|zone| wire::bare(&zone.id));
            let id = given(zone, "route53.CreateHostedZone")?;
            Ok(Created { id, monitor: wire::monitor(KIND, answer.change_info.as_ref()) })
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            let inputs = &request.inputs;
            let set = tags::of_new(inputs, "hosted_zone_tags", &request.owner);
            wire::change_tags(session, TAGGED, id, tags::Changes { set, remove: Vec::new() }).await?;
            let wanted = networks(inputs)?;
            if wanted.len() > 1 {
                change_networks(session, id, &networks_of(session, id).await?, &wanted).await?;
            }
            if let Some(group) = log_group(inputs)? {
                change_logging(session, id, Some(group)).await?;
            }
            if recovers(inputs)? {
                change_recovery(session, id, true).await?;
            }
            Ok(())
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let name: String = need(&request.inputs, "name")?;
            let found = wire::zones_named(session, &name).await?;
            let ours = found.iter().filter(|zone| zone.caller_reference == request.token.as_str());
            Ok(ours.map(|zone| wire::bare(&zone.id).into()).collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let (id, inputs, changed) = (&request.id, &request.inputs, &request.changed);
            if changed.contains("hosted_zone_config") {
                let call = session.route53().update_hosted_zone_comment().id(id.as_str());
                let call = call.comment(comment(inputs).unwrap_or_default());
                session.write("route53.UpdateHostedZoneComment", call.send()).await?;
            }
            let mut monitor = None;
            if changed.contains("vpcs") {
                monitor = change_networks(session, id, &networks_of(session, id).await?, &networks(inputs)?).await?;
            }
            if changed.contains("query_logging_config") {
                change_logging(session, id, log_group(inputs)?).await?;
            }
            if changed.contains("hosted_zone_features") {
                change_recovery(session, id, recovers(inputs)?).await?;
            }
            wire::update_tags(session, TAGGED, "hosted_zone_tags", request).await?;
            Ok(monitor)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            if request.inputs.contains_key("query_logging_config") {
                absent_is_done(change_logging(session, &request.id, None).await)?;
            }
            let call = session.route53().delete_hosted_zone().id(request.id.as_str());
            session.delete("route53.DeleteHostedZone", call.send()).await?;
            Ok(None)
        }

        async fn poll(&self, session: &Session, change: &str) -> Result<Progress, ProviderError> {
            wire::poll(session, change).await
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            Ok(wire::zones(session).await?.iter().map(|zone| wire::bare(&zone.id).into()).collect())
        }
    }

    #[async_trait]
    impl Reader<Session> for HostedZone {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            let closely = |interest: &Interest| interest.wants_any(&["name_servers", "vpcs"]);
            let mut found = Vec::new();
            for (id, _) in wanted.iter().filter(|(_, interest)| closely(interest)) {
                found.extend(zone(session, id).await?);
            }
            if !wanted.values().all(closely) {
                let listed = wire::zones(session).await?.into_iter();
                let listed = listed
                    .filter(|zone| wanted.get(wire::bare(&zone.id)).is_some_and(|interest| !closely(interest)));
                found.extend(listed.map(Zone::listed));
            }
            for (id, live) in described(session, found, |id| wanted.get(id)).await? {
                readings.answer(KIND, id, Observed::Present(Box::new(live)));
            }
            Ok(readings)
        }
    }

    #[async_trait]
    impl LookUpType<Session> for HostedZone {
        fn kind(&self) -> &'static str {
            KIND
        }

        async fn look_up(&self, session: &Session, conditions: &Map) -> Result<Vec<Live>, ProviderError> {
            let listed = match take::<String>(conditions, "name")? {
                Some(name) => wire::zones_named(session, &name).await?,
                None => wire::zones(session).await?,
            };
            let private = conditions.get("vpcs").is_some_and(|networks| !same(networks, &Value::None));
            let mut found = Vec::new();
            for listed in listed.into_iter().filter(|zone| is_private(zone) == private) {
                found.extend(zone(session, wire::bare(&listed.id)).await?);
            }
            // Logs of queries are nobody's business who only needs the zone, unless it is found by them.
            let used = ["hosted_zone_tags", "name_servers", "vpcs"].into_iter().map(EcoString::from);
            let interest = Interest::Fields(used.chain(conditions.keys().cloned()).collect());
            let described = described(session, found, |_| Some(&interest)).await?;
            let found = described.into_iter().map(|(_, live)| live);
            Ok(found.filter(|live| meets(&live.attributes, conditions)).collect())
        }
    }

    /// Whether a zone meets all conditions: tags that are asked for must be there, others may be.
    fn meets(attributes: &Map, conditions: &Map) -> bool {
        conditions.iter().all(|(name, wanted)| {
            let found = attributes.get(name).unwrap_or(&Value::None);
            match (name.as_str(), wanted.as_map(), found.as_map()) {
                ("name", _, _) => equal(Equality::DomainName, wanted, found),
                (_, Some(wanted), Some(found)) => {
                    wanted.iter().all(|(key, value)| found.get(key).is_some_and(|other| same(value, other)))
                }
                _ => same(wanted, found),
            }
        })
    }

    /// What is known of a zone: listed zones lack their networks and name servers.
    struct Zone {
        zone: types::HostedZone,
        details: Option<(Vec<String>, Vec<types::Vpc>)>,
    }

    impl Zone {
        fn listed(zone: types::HostedZone) -> Self {
            Self { zone, details: None }
        }

        fn closely(answer: GetHostedZoneOutput) -> Option<Self> {
            let servers = answer.delegation_set.map(|set| set.name_servers).unwrap_or_default();
            Some(Self { zone: answer.hosted_zone?, details: Some((servers, answer.vpcs.unwrap_or_default())) })
        }
    }

    async fn zone(session: &Session, id: &str) -> Result<Option<Zone>, ProviderError> {
        Ok(wire::zone(session, id).await?.and_then(Zone::closely))
    }

    /// Zones as documents, with what is wanted of each.
    async fn described<'i>(
        session: &Session,
        zones: Vec<Zone>,
        interest: impl Fn(&str) -> Option<&'i Interest>,
    ) -> Result<Vec<(EcoString, Live)>, ProviderError> {
        let wants = |zone: &Zone, field| interest(wire::bare(&zone.zone.id)).is_some_and(|wanted| wanted.wants(field));
        let tagged = zones.iter().filter(|zone| wants(zone, "hosted_zone_tags"));
        let tagged: Vec<&str> = tagged.map(|zone| wire::bare(&zone.zone.id)).collect();
        let mut tags = wire::tags_of(session, TAGGED, &tagged).await?;
        let logged = zones.iter().any(|zone| wants(zone, "query_logging_config"));
        let configs = if logged { logging(session).await? } else { Vec::new() };
        let mut described = Vec::new();
        for zone in zones {
            let id: EcoString = wire::bare(&zone.zone.id).into();
            let mut attributes = attributes(&zone);
            if wants(&zone, "query_logging_config") {
                set(&mut attributes, "query_logging_config", logging_of(&id, &configs).decode());
            }
            let mut owner = None;
            if let Some(pairs) = tags.remove(id.as_str()) {
                let (users, mark) = tags::read(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
                set(&mut attributes, "hosted_zone_tags", users);
                owner = mark;
            }
            let status = status(&zone.zone);
            described.push((id.clone(), Live { id, attributes, status, owner }));
        }
        Ok(described)
    }

    fn attributes(zone: &Zone) -> Map {
        let mut attributes = Map::new();
        set(&mut attributes, "id", Value::text(wire::bare(&zone.zone.id)));
        set(&mut attributes, "name", Value::text(wire::plain_name(&zone.zone.name)));
        let comment = zone.zone.config().and_then(types::HostedZoneConfig::comment).unwrap_or_default();
        set(&mut attributes, "hosted_zone_config", Value::map([("comment".into(), Value::text(comment))]));
        let enabled = matches!(
            recovery(&zone.zone),
            Some(Recovery::Enabled | Recovery::Enabling | Recovery::EnablingHostedZoneLocked)
        );
        let features = Value::map([("enable_accelerated_recovery".into(), Value::Bool(enabled))]);
        set(&mut attributes, "hosted_zone_features", features);
        if let Some((servers, networks)) = &zone.details {
            set(&mut attributes, "name_servers", servers.decode());
            set(&mut attributes, "vpcs", networks.decode());
        }
        attributes
    }

    fn status(zone: &types::HostedZone) -> Status {
        match recovery(zone) {
            Some(state @ (Recovery::Enabling | Recovery::Disabling)) => Status::Pending(state.as_str().into()),
            Some(_) | None => Status::Ready,
        }
    }

    fn recovery(zone: &types::HostedZone) -> Option<&Recovery> {
        zone.features().and_then(types::HostedZoneFeatures::accelerated_recovery_status)
    }

    fn is_private(zone: &types::HostedZone) -> bool {
        zone.config().is_some_and(|config| config.private_zone)
    }

    fn comment(inputs: &Map) -> Option<String> {
        let config = inputs.get("hosted_zone_config").and_then(Value::as_map)?;
        config.get("comment").and_then(Value::as_text).map(ToOwned::to_owned)
    }

    fn recovers(inputs: &Map) -> Result<bool, ProviderError> {
        let features = inputs.get("hosted_zone_features").and_then(Value::as_map);
        let flag = features.map(|features| take(features, "enable_accelerated_recovery")).transpose()?;
        Ok(flag.flatten().unwrap_or(false))
    }

    fn log_group(inputs: &Map) -> Result<Option<String>, ProviderError> {
        let config = inputs.get("query_logging_config").and_then(Value::as_map);
        Ok(config.map(|config| need(config, "cloud_watch_logs_log_group")).transpose()?)
    }

    fn networks(inputs: &Map) -> Result<Vec<types::Vpc>, ProviderError> {
        Ok(take(inputs, "vpcs")?.unwrap_or_default())
    }

    async fn networks_of(session: &Session, id: &str) -> Result<Vec<types::Vpc>, ProviderError> {
        Ok(zone(session, id).await?.and_then(|zone| zone.details).map(|(_, networks)| networks).unwrap_or_default())
    }

    /// New networks are associated before others leave: a private zone keeps at least one.
    async fn change_networks(
        session: &Session,
        id: &str,
        before: &[types::Vpc],
        wanted: &[types::Vpc],
    ) -> Result<Option<Monitor>, ProviderError> {
        let mut monitor = None;
        for network in wanted.iter().filter(|network| !before.contains(network)) {
            let call = session.route53().associate_vpc_with_hosted_zone().hosted_zone_id(id).vpc(network.clone());
            let answer = session.write("route53.AssociateVPCWithHostedZone", call.send()).await?;
            monitor = wire::monitor(KIND, answer.change_info.as_ref());
        }
        for network in before.iter().filter(|network| !wanted.contains(network)) {
            let call = session.route53().disassociate_vpc_from_hosted_zone().hosted_zone_id(id).vpc(network.clone());
            session.delete("route53.DisassociateVPCFromHostedZone", call.send()).await?;
        }
        Ok(monitor)
    }

    /// The configurations of query logs, of all zones.
    async fn logging(session: &Session) -> Result<Vec<types::QueryLoggingConfig>, ProviderError> {
        let call = |token| session.route53().list_query_logging_configs().set_next_token(token).send();
        let page = |page: ListQueryLoggingConfigsOutput| (page.query_logging_configs, page.next_token);
        session.pages("route53.ListQueryLoggingConfigs", call, page).await
    }

    fn logging_of<'c>(id: &str, configs: &'c [types::QueryLoggingConfig]) -> Option<&'c types::QueryLoggingConfig> {
        configs.iter().find(|config| wire::bare(&config.hosted_zone_id) == id)
    }

    /// A zone has at most one configuration, and a configuration cannot be changed: the old one goes first.
    async fn change_logging(session: &Session, id: &str, group: Option<String>) -> Result<(), ProviderError> {
        if let Some(config) = logging_of(id, &logging(session).await?) {
            if Some(&config.cloud_watch_logs_log_group_arn) == group.as_ref() {
                return Ok(());
            }
            let call = session.route53().delete_query_logging_config().id(config.id.as_str());
            session.delete("route53.DeleteQueryLoggingConfig", call.send()).await?;
        }
        if let Some(group) = group {
            let call = session.route53().create_query_logging_config().hosted_zone_id(id);
            let call = call.cloud_watch_logs_log_group_arn(group);
            session.write("route53.CreateQueryLoggingConfig", call.send()).await?;
        }
        Ok(())
    }

    async fn change_recovery(session: &Session, id: &str, enabled: bool) -> Result<(), ProviderError> {
        let call = session.route53().update_hosted_zone_features().hosted_zone_id(id);
        let call = call.enable_accelerated_recovery(enabled);
        session.write("route53.UpdateHostedZoneFeatures", call.send()).await?;
        Ok(())
    }
}
