//! A record set: what the DNS answers for one name and type.
//!
//! A simple record lists its values in `resource_records` with a `ttl`. An alias instead points to a load balancer, a
//! distribution, a website bucket or another record of the zone; it costs nothing to ask and may stand at the top of
//! the zone, where a CNAME may not. `alias_target.hosted_zone_id` is the zone of the target, which each service
//! documents. With a `set_identifier` and one of `weight`, `region`, `failover`, `geo_location`,
//! `geo_proximity_location`, `cidr_routing_config` or `multi_value_answer` several record sets share one name and type.
//!
//! Zone, name, type and set identifier tell records apart, so a change of one of them makes a new record, after the old
//! one is gone. `id` is these four, joined by `|`. Name servers know a change after about a minute; it is waited for.
//! Values of TXT records stand in quotes of their own: `"\"v=spf1 -all\""`.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-route53-recordset.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Exception, Overlay, Range, Reference, Replacement, Values};
use cairn_provider::schema::{Change, Equality, Unit};

/// `aws.route53.RecordSet`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::Route53::RecordSet",
    title: "Record set of the DNS",
    overlay: Overlay {
        noun: "a record set",
        replacement: Replacement::DestroyFirst,
        references: &[
            Reference { path: "HostedZoneId", to: &[("AWS::Route53::HostedZone", "Id")] },
            Reference { path: "HealthCheckId", to: &[("AWS::Route53::HealthCheck", "HealthCheckId")] },
        ],
        units: &[("TTL", Unit::Seconds)],
        ranges: &[
            Range { path: "TTL", min: 0, max: 2_147_483_647, because: "" },
            Range { path: "Weight", min: 0, max: 255, because: "Route 53 takes weights up to 255" },
            Range { path: "GeoProximityLocation.Bias", min: -99, max: 99, because: "" },
        ],
        values: &[
            Values {
                path: "Type",
                known: &[
                    "A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP",
                    "SVCB", "TLSA", "TXT",
                ],
                open: true,
                noun: "type of record",
            },
            Values { path: "Failover", known: &["PRIMARY", "SECONDARY"], open: false, noun: "role in a failover" },
            Values {
                path: "GeoLocation.ContinentCode",
                known: &["AF", "AN", "AS", "EU", "NA", "OC", "SA"],
                open: false,
                noun: "continent",
            },
        ],
        unordered: &["ResourceRecords"],
        equality: &[
            ("Name", Equality::DomainName),
            ("HostedZoneName", Equality::DomainName),
            ("AliasTarget.DNSName", Equality::DomainName),
        ],
        exceptions: &[
            Exception {
                path: "Type",
                change: Change::Replace,
                because: "ChangeResourceRecordSets tells records apart by it: UPSERT with another type makes a second one",
            },
            Exception {
                path: "SetIdentifier",
                change: Change::Replace,
                because: "ChangeResourceRecordSets tells records apart by it: UPSERT with another makes a second one",
            },
        ],
        // It goes with the request of a change; a record does not keep it.
        hidden: &["Comment"],
        popular: &["Name", "Type", "HostedZoneId", "AliasTarget", "ResourceRecords", "TTL"],
        ..Overlay::EMPTY
    },
    // A record with our zone, name, type and set identifier is ours if it holds exactly what is written.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &[
            "route53:GetChange",
            "route53:GetHostedZone",
            "route53:ListHostedZones",
            "route53:ListHostedZonesByName",
            "route53:ListResourceRecordSets",
        ],
        write: &["route53:ChangeResourceRecordSets"],
    },
    timings: Timings { typical: 30, poll: 5, ..Timings::MINUTES },
    examples: &[
        Example {
            title: "An address",
            source: "lookup zone = aws.route53.HostedZone { name: \"shop.example\" }\n\nresource record = \
                     aws.route53.RecordSet {\n  hosted_zone: zone\n  name: \"www.shop.example\"\n  type: \"A\"\n  ttl: \
                     5min\n  resource_records: [\"203.0.113.10\"]\n}\n",
        },
        Example {
            title: "Two places, of which the healthy and near one answers",
            source: "lookup zone = aws.route53.HostedZone { name: \"shop.example\" }\n\nresource check = \
                     aws.route53.HealthCheck {\n  health_check_config: { type: \"TCP\", ip_address: \"203.0.113.10\", \
                     port: 443 }\n}\n\nresource europe = aws.route53.RecordSet {\n  hosted_zone: zone\n  name: \
                     \"api.shop.example\"\n  type: \"A\"\n  ttl: 1min\n  set_identifier: \"europe\"\n  region: \
                     \"eu-central-1\"\n  health_check: check\n  resource_records: [\"203.0.113.10\"]\n}\n\nresource \
                     america = aws.route53.RecordSet {\n  hosted_zone: zone\n  name: \"api.shop.example\"\n  type: \
                     \"A\"\n  ttl: 1min\n  set_identifier: \"america\"\n  region: \"us-east-1\"\n  resource_records: \
                     [\"203.0.113.20\"]\n}\n",
        },
        Example {
            title: "The name of a distribution",
            source: "lookup zone = aws.route53.HostedZone { name: \"shop.example\" }\n\nlookup cdn = \
                     aws.cloudfront.Distribution { id: \"EDFDVBD6EXAMPLE\" }\n\nresource record = \
                     aws.route53.RecordSet {\n  hosted_zone: zone\n  name: \"www.shop.example\"\n  type: \"A\"\n  \
                     alias_target: { dns_name: cdn.domain_name, hosted_zone_id: \"Z2FDTNDATAQYW2\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::BTreeMap;

    use async_trait::async_trait;
    use aws_sdk_route53::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{
        Create, Created, Delete, Interest, Monitor, Progress, ReadSet, Readings, Update,
    };
    use cairn_provider::value::{Map, Value};
    use ecow::{EcoString, eco_format};

    use crate::native::codec::{need, set, take};
    use crate::native::session::{Session, absent_is_none};
    use crate::route53::wire;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &RecordSet;
    /// Reads records.
    pub const READER: Option<&dyn Reader<Session>> = Some(&RecordSet);

    struct RecordSet;

    const KIND: &str = "aws.route53.RecordSet";

    /// A record is of one routing policy.
    const POLICIES: [&str; 7] = [
        "cidr_routing_config",
        "failover",
        "geo_location",
        "geo_proximity_location",
        "multi_value_answer",
        "region",
        "weight",
    ];

    texts!(types::ResourceRecordSetFailover, types::ResourceRecordSetRegion, types::RrType);

    records! {
        both types::AliasTarget { dns_name, evaluate_target_health, hosted_zone_id }
        both types::CidrRoutingConfig { collection_id, location_name }
        both types::Coordinates { latitude, longitude }
        both types::GeoLocation { continent_code, country_code, subdivision_code }
        both types::GeoProximityLocation { aws_region, bias, coordinates, local_zone_group }
    }

    /// Values of a record, of which the SDK makes a record each.
    mod values {
        use aws_sdk_route53::types::ResourceRecord;
        use cairn_provider::value::{Map, Value};

        use crate::native::codec::{self, Mistake};

        pub fn take(map: &Map, name: &str) -> Result<Option<Vec<ResourceRecord>>, Mistake> {
            let values: Option<Vec<String>> = codec::take(map, name)?;
            let records = values.filter(|values| !values.is_empty()).map(|values| {
                values.into_iter().map(|value| codec::built(ResourceRecord::builder().value(value).build())).collect()
            });
            records.transpose()
        }

        pub fn decode(records: &Option<Vec<ResourceRecord>>) -> Value {
            records.as_ref().map_or(Value::None, |records| {
                Value::list(records.iter().map(|record| Value::text(record.value.as_str())))
            })
        }
    }

    /// A flag that is only ever sent as true.
    mod truth {
        use cairn_provider::value::{Map, Value};

        use crate::native::codec::{self, Mistake};

        pub fn take(map: &Map, name: &str) -> Result<Option<bool>, Mistake> {
            Ok(codec::take(map, name)?.filter(|flag: &bool| *flag))
        }

        pub fn decode(flag: &Option<bool>) -> Value {
            Value::Bool(flag.unwrap_or(false))
        }
    }

    #[async_trait]
    impl ResourceType<Session> for RecordSet {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let zone = zone_of(session, &request.inputs).await?;
            let record = encoded(&request.inputs)?;
            let id = identity(&zone, &record);
            let monitor = change(session, &zone, types::ChangeAction::Create, record, comment(&request.inputs)).await?;
            Ok(Created { id, monitor })
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let zone = zone_of(session, &request.inputs).await?;
            let written = encoded(&request.inputs)?;
            let id = identity(&zone, &written);
            let found = find(session, &id).await?;
            Ok(found.filter(|found| says_the_same(found, &written)).map(|_| id).into_iter().collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let Some(parts) = Parts::of(&request.id) else { return Ok(None) };
            let record = encoded(&merged(&request.observed, &request.inputs))?;
            change(session, parts.zone, types::ChangeAction::Upsert, record, comment(&request.inputs)).await
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let (Some(parts), Some(record)) = (Parts::of(&request.id), find(session, &request.id).await?) else {
                return Ok(None);
            };
            // The call repeats the record as it is, or it is refused.
            let deleted = change(session, parts.zone, types::ChangeAction::Delete, record, None).await;
            Ok(absent_is_none(deleted)?.flatten())
        }

        async fn poll(&self, session: &Session, change: &str) -> Result<Progress, ProviderError> {
            wire::poll(session, change).await
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let mut ids = Vec::new();
            for zone in wire::zones(session).await? {
                let zone = wire::bare(&zone.id);
                let records = wire::records(session, zone, None).await?.unwrap_or_default();
                ids.extend(records.iter().map(|record| identity(zone, record)));
            }
            Ok(ids)
        }
    }

    #[async_trait]
    impl Reader<Session> for RecordSet {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            let mut zones: BTreeMap<&str, Vec<(&EcoString, &Interest)>> = BTreeMap::new();
            for (id, interest) in wanted {
                let Some(parts) = Parts::of(id) else { continue };
                zones.entry(parts.zone).or_default().push((id, interest));
            }
            for (zone, of_zone) in zones {
                let start = match of_zone.as_slice() {
                    [(id, _)] => Parts::of(id).map(|parts| (parts.name, parts.kind)),
                    _ => None,
                };
                let Some(records) = wire::records(session, zone, start).await? else { continue };
                let named = of_zone.iter().any(|(_, interest)| interest.wants("hosted_zone_name"));
                let zone_name = if named { wire::zone_name(session, zone).await? } else { None };
                for record in records {
                    let id = identity(zone, &record);
                    if wanted.contains_key(&id) {
                        let live = live(zone, zone_name.as_deref(), &id, &record);
                        readings.answer(KIND, id, Observed::Present(Box::new(live)));
                    }
                }
            }
            Ok(readings)
        }
    }

    /// The parts of an identity.
    struct Parts<'a> {
        zone: &'a str,
        name: &'a str,
        kind: &'a str,
    }

    impl<'a> Parts<'a> {
        fn of(id: &'a str) -> Option<Self> {
            let mut parts = id.splitn(4, '|');
            Some(Self { zone: parts.next()?, name: parts.next()?, kind: parts.next()? })
        }
    }

    fn identity(zone: &str, record: &types::ResourceRecordSet) -> EcoString {
        let (name, kind) = (wire::plain_name(&record.name), record.r#type.as_str());
        match record.set_identifier() {
            Some(set) => eco_format!("{zone}|{name}|{kind}|{set}"),
            None => eco_format!("{zone}|{name}|{kind}"),
        }
    }

    /// The zone that is written, by its identity or by its name.
    async fn zone_of(session: &Session, inputs: &Map) -> Result<String, ProviderError> {
        if let Some(zone) = take::<String>(inputs, "hosted_zone")? {
            return Ok(wire::bare(&zone).to_owned());
        }
        let name: String = need(inputs, "hosted_zone_name")?;
        let found = wire::zones_named(session, &name).await?;
        match found.as_slice() {
            [zone] => Ok(wire::bare(&zone.id).to_owned()),
            zones => Err(ProviderError::refused(
                "route53.ListHostedZonesByName",
                eco_format!("there are {} hosted zones called {name}, and a record needs one: name it by `hosted_zone`", zones.len()),
            )),
        }
    }

    fn encoded(inputs: &Map) -> Result<types::ResourceRecordSet, ProviderError> {
        let builder = send!(types::ResourceRecordSet::builder(), inputs =>
            alias_target, cidr_routing_config, failover, geo_location, geo_proximity_location,
            health_check_id as "health_check", multi_value_answer via truth, name, region,
            resource_records via values, set_identifier, ttl, r#type, weight);
        Ok(crate::native::codec::built(builder.build())?)
    }

    async fn change(
        session: &Session,
        zone: &str,
        action: types::ChangeAction,
        record: types::ResourceRecordSet,
        comment: Option<&str>,
    ) -> Result<Option<Monitor>, ProviderError> {
        let change = wire::change_record(session, zone, action, record, comment).await?;
        Ok(wire::monitor(KIND, change.as_ref()))
    }

    fn comment(inputs: &Map) -> Option<&str> {
        inputs.get("comment").and_then(Value::as_text)
    }

    /// What is written over what is there: a record is sent whole. Of values and alias, and of the routing policies, one
    /// excludes the others.
    fn merged(observed: &Map, inputs: &Map) -> Map {
        let written = |name: &str| {
            inputs.get(name).is_some_and(|value| !value.as_list().is_some_and(<[Value]>::is_empty))
        };
        let rerouted = POLICIES.into_iter().any(written);
        let excluded = |name: &str| match name {
            "alias_target" => written("resource_records"),
            "resource_records" | "ttl" => written("alias_target"),
            name => rerouted && POLICIES.contains(&name),
        };
        let kept = observed.iter().filter(|(name, _)| !excluded(name));
        let mut merged: Map = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        merged.extend(inputs.iter().map(|(name, value)| (name.clone(), value.clone())));
        merged
    }

    async fn find(session: &Session, id: &str) -> Result<Option<types::ResourceRecordSet>, ProviderError> {
        let Some(parts) = Parts::of(id) else { return Ok(None) };
        let records = wire::records(session, parts.zone, Some((parts.name, parts.kind))).await?.unwrap_or_default();
        Ok(records.into_iter().find(|record| identity(parts.zone, record) == id))
    }

    /// Whether a record holds what is written, whatever the service adds.
    fn says_the_same(found: &types::ResourceRecordSet, written: &types::ResourceRecordSet) -> bool {
        let mut values = [found, written].map(|record| {
            let mut values: Vec<&str> = record.resource_records().iter().map(|record| record.value()).collect();
            values.sort_unstable();
            values
        });
        let [found_values, written_values] = &mut values;
        let alias = |record: &types::ResourceRecordSet| {
            record.alias_target().map(|target| (target.hosted_zone_id.clone(), wire::plain_name(&target.dns_name)))
        };
        found_values == written_values
            && alias(found) == alias(written)
            && found.ttl == written.ttl
            && found.weight == written.weight
            && found.region == written.region
            && found.failover == written.failover
            && found.health_check_id == written.health_check_id
    }

    fn live(zone: &str, zone_name: Option<&str>, id: &EcoString, record: &types::ResourceRecordSet) -> Live {
        let mut attributes = read!(record =>
            alias_target, cidr_routing_config, failover, geo_location, geo_proximity_location,
            health_check_id as "health_check", multi_value_answer via truth, region, resource_records via values,
            set_identifier, ttl, r#type, weight);
        set(&mut attributes, "id", Value::Text(id.clone()));
        set(&mut attributes, "name", Value::text(wire::plain_name(&record.name)));
        set(&mut attributes, "hosted_zone", Value::text(zone));
        set(&mut attributes, "hosted_zone_name", zone_name.map_or(Value::None, Value::text));
        Live { id: id.clone(), attributes, status: Status::Ready, owner: None }
    }
}
