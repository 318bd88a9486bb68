//! A rule of a listener: requests that meet all of its conditions take its actions instead of the listener's own.
//!
//! Rules are tried by priority, the smallest number first, and a listener has one rule for a priority. Everything but
//! the listener can be changed in place. A rule may have five values in its conditions altogether.
//!
//! Vendor documentation:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-elasticloadbalancingv2-listenerrule.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Unit;
use cairn_provider::schema::overlay::{Overlay, Reference, Relation, Replacement, Values};

/// What target groups are referred to by.
const TARGET_GROUP: &[(&str, &str)] = &[("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupArn")];

/// `aws.elbv2.ListenerRule`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::ElasticLoadBalancingV2::ListenerRule",
    title: "Rule of a listener",
    overlay: Overlay {
        noun: "a listener rule",
        references: &[
            Reference { path: "ListenerArn", to: &[("AWS::ElasticLoadBalancingV2::Listener", "ListenerArn")] },
            Reference { path: "Action.TargetGroupArn", to: TARGET_GROUP },
            Reference { path: "TargetGroupTuple.TargetGroupArn", to: TARGET_GROUP },
        ],
        units: &[
            ("AuthenticateCognitoConfig.SessionTimeout", Unit::Seconds),
            ("AuthenticateOidcConfig.SessionTimeout", Unit::Seconds),
            ("TargetGroupStickinessConfig.DurationSeconds", Unit::Seconds),
        ],
        values: &[Values {
            path: "RuleCondition.Field",
            known: &["host-header", "http-header", "http-request-method", "path-pattern", "query-string", "source-ip"],
            open: false,
            noun: "condition",
        }],
        required: &["ListenerArn"],
        // A rule's ARN holds its listener's.
        readable: &["ListenerArn"],
        sensitive: &["AuthenticateOidcConfig.ClientSecret"],
        relations: &[Relation::Unique { field: "Priority", per: "ListenerArn" }],
        replacement: Replacement::CreateFirst,
        popular: &["ListenerArn", "Priority", "Conditions", "Actions"],
        ..Overlay::EMPTY
    },
    // A listener has one rule for a priority.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &[
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTags",
        ],
        write: &[
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:CreateRule",
            "elasticloadbalancing:DeleteRule",
            "elasticloadbalancing:ModifyRule",
            "elasticloadbalancing:SetRulePriorities",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "A path with an answer of its own",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource a = aws.ec2.Subnet { vpc, cidr_block: 10.20.0.0/24, availability_zone: \"eu-central-1a\" }\n\
                     resource b = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24, availability_zone: \"eu-central-1b\" }\n\
                     resource alb = aws.elbv2.LoadBalancer { subnets: [a, b] }\n\
                     resource http = aws.elbv2.Listener {\n  load_balancer: alb\n  protocol: \"HTTP\"\n  port: 80\n  \
                     default_actions: [{ type: \"fixed-response\", fixed_response_config: { status_code: \"404\" } }]\n}\n\
                     resource alive = aws.elbv2.ListenerRule {\n  listener: http\n  priority: 1\n  \
                     conditions: [{ field: \"path-pattern\", path_pattern_config: { values: [\"/alive\"] } }]\n  \
                     actions: [{ type: \"fixed-response\", fixed_response_config: { status_code: \"200\" } }]\n}\n",
        },
        Example {
            title: "Two versions of an API, one with a tenth of the requests",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource a = aws.ec2.Subnet { vpc, cidr_block: 10.20.0.0/24, availability_zone: \"eu-central-1a\" }\n\
                     resource b = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24, availability_zone: \"eu-central-1b\" }\n\
                     resource alb = aws.elbv2.LoadBalancer { subnets: [a, b] }\n\
                     resource http = aws.elbv2.Listener {\n  load_balancer: alb\n  protocol: \"HTTP\"\n  port: 80\n  \
                     default_actions: [{ type: \"fixed-response\", fixed_response_config: { status_code: \"404\" } }]\n}\n\
                     resource old = aws.elbv2.TargetGroup { vpc, protocol: \"HTTP\", port: 8080 }\n\
                     resource new = aws.elbv2.TargetGroup { vpc, protocol: \"HTTP\", port: 8081 }\n\
                     resource api = aws.elbv2.ListenerRule {\n  listener: http\n  priority: 10\n  conditions: [\n    \
                     { field: \"host-header\", host_header_config: { values: [\"api.shop.example\"] } }\n    \
                     { field: \"http-request-method\", http_request_method_config: { values: [\"GET\", \"POST\"] } }\n  ]\n  \
                     actions: [{\n    type: \"forward\"\n    forward_config: {\n      target_groups: [\n        \
                     { target_group: old, weight: 90 }\n        { target_group: new, weight: 10 }\n      ]\n      \
                     target_group_stickiness_config: { enabled: true, duration_seconds: 1h }\n    }\n  }]\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::BTreeSet;

    use async_trait::async_trait;
    use aws_sdk_elasticloadbalancingv2::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Value};
    use ecow::EcoString;

    use crate::elbv2::{listener, wire};
    use crate::native::codec::{need, set};
    use crate::native::reading::identities;
    use crate::native::session::{Session, absent_is_none, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &ListenerRule;
    /// Reads rules.
    pub const READER: Option<&dyn Reader<Session>> = Some(&ListenerRule);

    struct ListenerRule;

    const KIND: &str = "aws.elbv2.ListenerRule";

    /// What ModifyRule takes.
    const SETTINGS: [&str; 3] = ["actions", "conditions", "transforms"];

    #[async_trait]
    impl ResourceType<Session> for ListenerRule {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let call = send!(session.elbv2().create_rule(), inputs =>
                listener_arn as "listener", conditions, priority, actions, transforms)
            .set_tags(Some(wire::new_tags(request)?));
            let answer = session.write("elbv2.CreateRule", call.send()).await?;
            let arn = answer.rules().first().and_then(types::Rule::rule_arn);
            given(arn, "elbv2.CreateRule").map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let listener: String = need(&request.inputs, "listener")?;
            let priority: String = need(&request.inputs, "priority")?;
            let mut found = describe(session, &listener).await?.unwrap_or_default();
            found.retain(|rule| rule.priority() == Some(&priority));
            let arns = identities(&found, types::Rule::rule_arn);
            wire::marked(session, arns, request).await
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let (id, inputs) = (request.id.as_str(), &request.inputs);
            if request.changed.contains("priority") {
                let pair = types::RulePriorityPair::builder().rule_arn(id).priority(need(inputs, "priority")?).build();
                let call = session.elbv2().set_rule_priorities().rule_priorities(pair);
                session.write("elbv2.SetRulePriorities", call.send()).await?;
            }
            if SETTINGS.iter().any(|name| request.changed.contains(*name)) {
                let mut call = send!(session.elbv2().modify_rule(), inputs => conditions, actions, transforms);
                if call.get_transforms().as_ref().is_none_or(Vec::is_empty) {
                    let reset = request.changed.contains("transforms");
                    call = call.set_transforms(None).set_reset_transforms(reset.then_some(true));
                }
                session.write("elbv2.ModifyRule", call.rule_arn(id).send()).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.elbv2().delete_rule().rule_arn(request.id.as_str());
            session.delete("elbv2.DeleteRule", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let mut arns = Vec::new();
            for listener in listener::all_arns(session).await? {
                let rules = describe(session, &listener).await?.unwrap_or_default();
                arns.extend(identities(&rules, types::Rule::rule_arn));
            }
            Ok(arns)
        }
    }

    #[async_trait]
    impl Reader<Session> for ListenerRule {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            let listeners = wire::parents(&mut readings, KIND, wanted.keys(), wire::listener_of, no_arn);
            let arns: Vec<&str> =
                wanted.keys().filter(|arn| wire::listener_of(arn).is_some()).map(|arn| arn.as_str()).collect();
            for rule in some(session, &arns, &listeners).await? {
                let Some(arn) = rule.rule_arn().filter(|arn| wanted.contains_key(*arn)) else { continue };
                let Some(listener) = wire::listener_of(arn) else { continue };
                readings.answer(KIND, arn, Observed::Present(Box::new(live(arn, &listener, &rule))));
            }
            Ok(readings)
        }
    }

    fn no_arn(id: &str) -> ProviderError {
        ProviderError::refused("elbv2.DescribeRules", ecow::eco_format!("`{id}` is no ARN of a rule"))
    }

    /// Rules by their ARNs, or all of their listeners if that takes fewer calls or one of them is gone.
    async fn some(
        session: &Session,
        arns: &[&str],
        listeners: &BTreeSet<EcoString>,
    ) -> Result<Vec<types::Rule>, ProviderError> {
        let mut found = Vec::new();
        if arns.len().div_ceil(wire::NAMED) < listeners.len() {
            let mut complete = true;
            for arns in arns.chunks(wire::NAMED) {
                let arns: Vec<String> = arns.iter().map(|arn| (*arn).to_owned()).collect();
                let call = || session.elbv2().describe_rules().set_rule_arns(Some(arns.clone())).send();
                match absent_is_none(session.read("elbv2.DescribeRules", call).await)? {
                    Some(answer) => found.extend(answer.rules.unwrap_or_default()),
                    None => complete = false,
                }
            }
            if complete {
                return Ok(found);
            }
            found.clear();
        }
        for listener in listeners {
            found.extend(describe(session, listener).await?.unwrap_or_default());
        }
        Ok(found)
    }

    /// The rules of a listener without the one that is its default; none if the listener is not there.
    async fn describe(session: &Session, listener: &str) -> Result<Option<Vec<types::Rule>>, ProviderError> {
        let call = |token| {
            let call = session.elbv2().describe_rules().listener_arn(listener);
            call.page_size(wire::PAGE).set_marker(token).send()
        };
        let take = |page: aws_sdk_elasticloadbalancingv2::operation::describe_rules::DescribeRulesOutput| {
            (page.rules.unwrap_or_default(), page.next_marker)
        };
        let rules = absent_is_none(session.pages("elbv2.DescribeRules", call, take).await)?;
        Ok(rules.map(|rules| rules.into_iter().filter(|rule| rule.is_default() != Some(true)).collect()))
    }

    fn live(arn: &str, listener: &str, rule: &types::Rule) -> Live {
        let mut attributes = read!(rule => actions, conditions, is_default, rule_arn, transforms);
        let priority = rule.priority().and_then(|text| text.parse().ok());
        set(&mut attributes, "priority", priority.map_or(Value::None, Value::Int));
        set(&mut attributes, "listener", Value::text(listener));
        Live { id: arn.into(), attributes, status: Status::Ready, owner: None }
    }

    records! {
        both types::HostHeaderConditionConfig { regex_values, values }
        both types::HostHeaderRewriteConfig { rewrites }
        both types::HttpHeaderConditionConfig { http_header_name, regex_values, values }
        both types::HttpRequestMethodConditionConfig { values }
        both types::PathPatternConditionConfig { regex_values, values }
        both types::QueryStringConditionConfig { values }
        both types::QueryStringKeyValuePair { key, value }
        both types::RewriteConfig { regex, replace }
        both types::RuleCondition {
            field, host_header_config, http_header_config, http_request_method_config, path_pattern_config,
            query_string_config, regex_values, source_ip_config, values
        }
        both types::RuleTransform { host_header_rewrite_config, r#type, url_rewrite_config }
        both types::SourceIpConditionConfig { values }
        both types::UrlRewriteConfig { rewrites }
    }
    texts!(types::TransformTypeEnum);
}
