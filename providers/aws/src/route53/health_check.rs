//! A health check: Route 53 asks an endpoint, a CloudWatch alarm or other health checks whether something works.
//!
//! Records with a routing policy name a health check to leave out what does not answer. An endpoint is asked from
//! several places in the world every thirty seconds; ten seconds, text to search for, HTTPS and measuring latency each
//! cost more. The kind of check and how often it asks cannot be changed afterwards.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-route53-healthcheck.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Unit;
use cairn_provider::schema::overlay::{Overlay, Range, Reference, Replacement, Values};

/// `aws.route53.HealthCheck`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::Route53::HealthCheck",
    title: "Health check of the DNS",
    overlay: Overlay {
        noun: "a health check",
        replacement: Replacement::CreateFirst,
        references: &[
            Reference {
                path: "HealthCheckConfig.ChildHealthChecks",
                to: &[("AWS::Route53::HealthCheck", "HealthCheckId")],
            },
            Reference { path: "AlarmIdentifier.Name", to: &[("AWS::CloudWatch::Alarm", "AlarmName")] },
        ],
        units: &[("HealthCheckConfig.RequestInterval", Unit::Seconds)],
        ranges: &[Range {
            path: "HealthCheckConfig.RequestInterval",
            min: 10,
            max: 30,
            because: "Route 53 asks every 10 or every 30 seconds",
        }],
        values: &[Values {
            path: "HealthCheckConfig.Type",
            known: &[
                "CALCULATED",
                "CLOUDWATCH_METRIC",
                "HTTP",
                "HTTP_STR_MATCH",
                "HTTPS",
                "HTTPS_STR_MATCH",
                "TCP",
                "RECOVERY_CONTROL",
            ],
            open: false,
            noun: "kind of health check",
        }],
        popular: &["HealthCheckConfig", "HealthCheckTags"],
        ..Overlay::EMPTY
    },
    // The caller reference is ours, and the list tells it.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["route53:ListHealthChecks", "route53:ListTagsForResource", "route53:ListTagsForResources"],
        write: &[
            "route53:CreateHealthCheck",
            "route53:UpdateHealthCheck",
            "route53:DeleteHealthCheck",
            "route53:ChangeTagsForResource",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "A port that must answer",
            source: "resource check = aws.route53.HealthCheck {\n  health_check_config: { type: \"TCP\", ip_address: \
                     \"203.0.113.10\", port: 443 }\n}\n",
        },
        Example {
            title: "A page that must contain a text",
            source: "resource check = aws.route53.HealthCheck {\n  health_check_config: {\n    type: \
                     \"HTTPS_STR_MATCH\"\n    fully_qualified_domain_name: \"www.shop.example\"\n    port: 443\n    \
                     resource_path: \"/healthz\"\n    search_string: \"ok\"\n    request_interval: 10s\n    \
                     failure_threshold: 2\n    enable_sni: true\n    regions: [\"eu-west-1\", \"us-east-1\", \
                     \"ap-southeast-1\"]\n  }\n  health_check_tags: { Name: \"shop\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_route53::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use crate::native::codec::{set, take};
    use crate::native::session::{Session, given};
    use crate::native::tags;
    use crate::route53::wire;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &HealthCheck;
    /// Reads health checks.
    pub const READER: Option<&dyn Reader<Session>> = Some(&HealthCheck);

    struct HealthCheck;

    const KIND: &str = "aws.route53.HealthCheck";
    const TAGGED: types::TagResourceType = types::TagResourceType::Healthcheck;

    texts!(
        types::CloudWatchRegion,
        types::HealthCheckRegion,
        types::HealthCheckType,
        types::InsufficientDataHealthStatus,
    );

    records! {
        both types::AlarmIdentifier { name, region }
        both types::HealthCheckConfig {
            alarm_identifier, child_health_checks, enable_sni, failure_threshold, fully_qualified_domain_name,
            health_threshold, ip_address, insufficient_data_health_status, inverted, measure_latency, port, regions,
            request_interval, resource_path, routing_control_arn, search_string, r#type,
        }
    }

    #[async_trait]
    impl ResourceType<Session> for HealthCheck {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let config = take::<types::HealthCheckConfig>(&request.inputs, "health_check_config")?;
            let call = session.route53().create_health_check().caller_reference(request.token.as_str());
            let call = call.set_health_check_config(config);
            let answer = session.write("route53.CreateHealthCheck", call.send()).await?;
            let check = answer.health_check.as_ref().map(types::HealthCheck::id);
            given(check, "route53.CreateHealthCheck").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            let set = tags::of_new(&request.inputs, "health_check_tags", &request.owner);
            wire::change_tags(session, TAGGED, id, tags::Changes { set, remove: Vec::new() }).await
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let all = all(session).await?;
            let ours = all.iter().filter(|check| check.caller_reference == request.token.as_str());
            Ok(ours.map(|check| check.id().into()).collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            if request.changed.contains("health_check_config") {
                let config: Value = request.inputs.get("health_check_config").cloned().unwrap_or(Value::None);
                let written = config.as_map().cloned().unwrap_or_default();
                let emptied = emptied(&written);
                let written: Map = written.into_iter().filter(|(_, value)| !is_empty(value)).collect();
                let call = send!(session.route53().update_health_check().health_check_id(request.id.as_str()),
                    &written => alarm_identifier, child_health_checks, enable_sni, failure_threshold,
                    fully_qualified_domain_name, health_threshold, ip_address, insufficient_data_health_status,
                    inverted, port, regions, resource_path, search_string)
                .set_reset_elements(Some(emptied).filter(|elements| !elements.is_empty()));
                session.write("route53.UpdateHealthCheck", call.send()).await?;
            }
            wire::update_tags(session, TAGGED, "health_check_tags", request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.route53().delete_health_check().health_check_id(request.id.as_str());
            session.delete("route53.DeleteHealthCheck", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            Ok(all(session).await?.iter().map(|check| check.id().into()).collect())
        }
    }

    #[async_trait]
    impl Reader<Session> for HealthCheck {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            let mut found = all(session).await?;
            found.retain(|check| wanted.contains_key(check.id()));
            let tagged = found.iter().map(types::HealthCheck::id);
            let tagged: Vec<&str> =
                tagged.filter(|id| wanted.get(*id).is_some_and(|interest| interest.wants("health_check_tags"))).collect();
            let mut tags = wire::tags_of(session, TAGGED, &tagged).await?;
            for check in &found {
                let mut attributes = read!(check => id as "health_check_id", health_check_config);
                let mut owner = None;
                if let Some(pairs) = tags.remove(check.id()) {
                    let (users, mark) = tags::read(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
                    set(&mut attributes, "health_check_tags", users);
                    owner = mark;
                }
                let live = Live { id: check.id().into(), attributes, status: Status::Ready, owner };
                readings.answer(KIND, check.id(), Observed::Present(Box::new(live)));
            }
            Ok(readings)
        }
    }

    async fn all(session: &Session) -> Result<Vec<types::HealthCheck>, ProviderError> {
        let call = |marker| session.route53().list_health_checks().set_marker(marker).send();
        session.pages("route53.ListHealthChecks", call, |page| (page.health_checks, page.next_marker)).await
    }

    fn is_empty(value: &Value) -> bool {
        value.as_text().is_some_and(str::is_empty) || value.as_list().is_some_and(<[Value]>::is_empty)
    }

    /// What is written as empty has to be reset: a call without it leaves it as it is.
    fn emptied(written: &Map) -> Vec<types::ResettableElementName> {
        let elements = [
            ("child_health_checks", types::ResettableElementName::ChildHealthChecks),
            ("fully_qualified_domain_name", types::ResettableElementName::FullyQualifiedDomainName),
            ("regions", types::ResettableElementName::Regions),
            ("resource_path", types::ResettableElementName::ResourcePath),
        ];
        let emptied = elements.into_iter().filter(|(name, _)| written.get(*name).is_some_and(is_empty));
        emptied.map(|(_, element)| element).collect()
    }
}
