//! A scaling policy: when an Auto Scaling group grows and shrinks.
//!
//! `TargetTrackingScaling` keeps a metric at a value and makes the alarms for that itself; it suits most groups.
//! `StepScaling` and `SimpleScaling` are called by alarms of one's own, `PredictiveScaling` by a forecast. The name is
//! made by Cairn, as CloudFormation makes it. A policy goes with its group.
//!
//! Vendor documentation:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-scalingpolicy.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Unit;
use cairn_provider::schema::overlay::{Overlay, Reference, Replacement};

/// `aws.autoscaling.ScalingPolicy`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::AutoScaling::ScalingPolicy",
    title: "Scaling policy",
    overlay: Overlay {
        noun: "a scaling policy",
        references: &[Reference {
            path: "AutoScalingGroupName",
            to: &[("AWS::AutoScaling::AutoScalingGroup", "AutoScalingGroupName")],
        }],
        units: &[
            ("Cooldown", Unit::Seconds),
            ("CustomizedMetricSpecification.Period", Unit::Seconds),
            ("EstimatedInstanceWarmup", Unit::Seconds),
            ("PredictiveScalingConfiguration.MaxCapacityBuffer", Unit::Percent),
            ("PredictiveScalingConfiguration.SchedulingBufferTime", Unit::Seconds),
            ("PredictiveScalingMetricSpecification.TargetValue", Unit::Percent),
            ("TargetTrackingConfiguration.TargetValue", Unit::Percent),
            ("TargetTrackingMetricDataQuery.Period", Unit::Seconds),
            ("TargetTrackingMetricStat.Period", Unit::Seconds),
        ],
        keyed: &[
            ("CustomizedMetricSpecification.Dimensions", "Name", "Value"),
            ("Metric.Dimensions", "Name", "Value"),
        ],
        defaults: &[("PolicyType", "\"SimpleScaling\"")],
        replacement: Replacement::CreateFirst,
        popular: &["AutoScalingGroupName", "PolicyType", "TargetTrackingConfiguration", "EstimatedInstanceWarmup"],
        ..Overlay::EMPTY
    },
    // PutScalingPolicy makes or changes the policy of a name, and the name follows from the request.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["autoscaling:DescribePolicies"],
        write: &["autoscaling:DeletePolicy", "autoscaling:PutScalingPolicy"],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "One instance more, whenever an alarm says so",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource a = aws.ec2.Subnet { vpc, cidr_block: 10.20.0.0/24, availability_zone: \"eu-central-1a\" }\n\
                     resource template = aws.ec2.LaunchTemplate {\n  \
                     launch_template_data: { image_id: \"ami-0a1b2c3d4e5f60718\", instance_type: \"t4g.small\" }\n}\n\
                     resource web = aws.autoscaling.AutoScalingGroup {\n  \
                     launch_template: { launch_template: template, version: template.latest_version_number }\n  \
                     vpc_zone_identifier: [a]\n  min_size: 1\n  max_size: 4\n}\n\
                     resource grow = aws.autoscaling.ScalingPolicy {\n  auto_scaling_group: web\n  \
                     adjustment_type: \"ChangeInCapacity\"\n  scaling_adjustment: 1\n  cooldown: 5min\n}\n",
        },
        Example {
            title: "CPU at seventy percent",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource a = aws.ec2.Subnet { vpc, cidr_block: 10.20.0.0/24, availability_zone: \"eu-central-1a\" }\n\
                     resource template = aws.ec2.LaunchTemplate {\n  \
                     launch_template_data: { image_id: \"ami-0a1b2c3d4e5f60718\", instance_type: \"t4g.small\" }\n}\n\
                     resource web = aws.autoscaling.AutoScalingGroup {\n  \
                     launch_template: { launch_template: template, version: template.latest_version_number }\n  \
                     vpc_zone_identifier: [a]\n  min_size: 2\n  max_size: 10\n}\n\
                     resource web_cpu = aws.autoscaling.ScalingPolicy {\n  auto_scaling_group: web\n  \
                     policy_type: \"TargetTrackingScaling\"\n  estimated_instance_warmup: 2min\n  \
                     target_tracking_configuration: {\n    predefined_metric_specification: \
                     { predefined_metric_type: \"ASGAverageCPUUtilization\" }\n    target_value: 70%\n  }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_autoscaling::operation::put_scaling_policy::PutScalingPolicyOutput;
    use aws_sdk_autoscaling::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Ownership, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::Map;
    use ecow::EcoString;

    use crate::native::codec::need;
    use crate::native::reading::identities;
    use crate::native::session::{Session, absent_is_none, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &ScalingPolicy;
    /// Reads policies.
    pub const READER: Option<&dyn Reader<Session>> = Some(&ScalingPolicy);

    struct ScalingPolicy;

    const KIND: &str = "aws.autoscaling.ScalingPolicy";

    /// The largest number of characters of a name.
    const NAME: usize = 255;

    #[async_trait]
    impl ResourceType<Session> for ScalingPolicy {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let answer = put_policy(session, &name(&request.owner), &request.inputs).await?;
            given(answer.policy_arn(), "autoscaling.PutScalingPolicy").map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let group: String = need(&request.inputs, "auto_scaling_group")?;
            let name = name(&request.owner);
            let call = |token| {
                let call = session.autoscaling().describe_policies().auto_scaling_group_name(&group);
                call.policy_names(&name).set_next_token(token).send()
            };
            let found = session
                .pages("autoscaling.DescribePolicies", call, |page| {
                    (page.scaling_policies.unwrap_or_default(), page.next_token)
                })
                .await;
            let found = absent_is_none(found)?.unwrap_or_default();
            Ok(identities(&found, types::ScalingPolicy::policy_arn))
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            // The call replaces everything, and the name tells it which policy.
            put_policy(session, &need::<String>(&request.observed, "policy_name")?, &request.inputs).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let (group, name) = names(&request.id).unzip();
            let call = session.autoscaling().delete_policy().set_auto_scaling_group_name(group.map(str::to_owned));
            let call = call.policy_name(name.unwrap_or(&request.id));
            session.delete("autoscaling.DeletePolicy", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = describe(session).await?;
            Ok(identities(&all, types::ScalingPolicy::policy_arn))
        }
    }

    #[async_trait]
    impl Reader<Session> for ScalingPolicy {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            for policy in describe(session).await? {
                if let Some(arn) = policy.policy_arn().filter(|arn| wanted.contains_key(*arn)) {
                    readings.answer(KIND, arn, Observed::Present(Box::new(live(arn, &policy))));
                }
            }
            Ok(readings)
        }
    }

    /// A name that no other intent makes.
    fn name(owner: &Ownership) -> String {
        let allowed = |letter: char| if letter.is_ascii_alphanumeric() || "-_./".contains(letter) { letter } else { '-' };
        let readable = owner.address.chars().map(allowed).take(NAME.saturating_sub(owner.nonce.len() + 1));
        readable.chain(['-']).chain(owner.nonce.chars().map(allowed)).collect()
    }

    /// The names of the group and of the policy in an ARN.
    fn names(arn: &str) -> Option<(&str, &str)> {
        arn.split_once(":autoScalingGroupName/")?.1.split_once(":policyName/")
    }

    async fn put_policy(
        session: &Session,
        name: &str,
        inputs: &Map,
    ) -> Result<PutScalingPolicyOutput, ProviderError> {
        let call = send!(session.autoscaling().put_scaling_policy(), inputs =>
            adjustment_type, auto_scaling_group_name as "auto_scaling_group", cooldown, estimated_instance_warmup,
            metric_aggregation_type, min_adjustment_magnitude, policy_type, predictive_scaling_configuration,
            scaling_adjustment, step_adjustments, target_tracking_configuration)
        .policy_name(name);
        session.write("autoscaling.PutScalingPolicy", call.send()).await
    }

    async fn describe(session: &Session) -> Result<Vec<types::ScalingPolicy>, ProviderError> {
        let call = |token| session.autoscaling().describe_policies().max_records(100).set_next_token(token).send();
        session
            .pages("autoscaling.DescribePolicies", call, |page| {
                (page.scaling_policies.unwrap_or_default(), page.next_token)
            })
            .await
    }

    fn live(arn: &str, policy: &types::ScalingPolicy) -> Live {
        let attributes = read!(policy =>
            adjustment_type, auto_scaling_group_name as "auto_scaling_group", cooldown, estimated_instance_warmup,
            metric_aggregation_type, min_adjustment_magnitude, policy_arn as "arn", policy_name, policy_type,
            predictive_scaling_configuration, scaling_adjustment, step_adjustments, target_tracking_configuration);
        Live { id: arn.into(), attributes, status: Status::Ready, owner: None }
    }

    records! {
        both types::CustomizedMetricSpecification {
            dimensions via dimension_map, metric_name, metrics, namespace, period, statistic, unit
        }
        both types::Metric { dimensions via dimension_map, metric_name, namespace }
        both types::MetricDataQuery { expression, id, label, metric_stat, return_data }
        both types::MetricStat { metric, stat, unit }
        both types::PredefinedMetricSpecification { predefined_metric_type, resource_label }
        both types::StepAdjustment { metric_interval_lower_bound, metric_interval_upper_bound, scaling_adjustment }
        both types::TargetTrackingConfiguration {
            customized_metric_specification, disable_scale_in, predefined_metric_specification, target_value
        }
        both types::TargetTrackingMetricDataQuery { expression, id, label, metric_stat, period, return_data }
        both types::TargetTrackingMetricStat { metric, period, stat, unit }
    }

    // Forecasts.
    records! {
        both types::PredictiveScalingConfiguration {
            max_capacity_breach_behavior, max_capacity_buffer, metric_specifications, mode, scheduling_buffer_time
        }
        both types::PredictiveScalingCustomizedCapacityMetric { metric_data_queries }
        both types::PredictiveScalingCustomizedLoadMetric { metric_data_queries }
        both types::PredictiveScalingCustomizedScalingMetric { metric_data_queries }
        both types::PredictiveScalingMetricSpecification {
            customized_capacity_metric_specification, customized_load_metric_specification,
            customized_scaling_metric_specification, predefined_load_metric_specification,
            predefined_metric_pair_specification, predefined_scaling_metric_specification, target_value
        }
        both types::PredictiveScalingPredefinedLoadMetric { predefined_metric_type, resource_label }
        both types::PredictiveScalingPredefinedMetricPair { predefined_metric_type, resource_label }
        both types::PredictiveScalingPredefinedScalingMetric { predefined_metric_type, resource_label }
    }

    texts!(
        types::MetricStatistic,
        types::MetricType,
        types::PredefinedLoadMetricType,
        types::PredefinedMetricPairType,
        types::PredefinedScalingMetricType,
        types::PredictiveScalingMaxCapacityBreachBehavior,
        types::PredictiveScalingMode,
    );

    /// Dimensions that are written as a map.
    mod dimension_map {
        use aws_sdk_autoscaling::types::MetricDimension;
        use cairn_provider::value::Value;

        use super::Map;
        use crate::native::codec::Mistake;
        use crate::native::tags;

        pub fn take(map: &Map, name: &str) -> Result<Option<Vec<MetricDimension>>, Mistake> {
            if !map.contains_key(name) {
                return Ok(None);
            }
            let dimension = |(name, value)| {
                crate::native::codec::built(MetricDimension::builder().name(name).value(value).build())
            };
            tags::written(map, name).into_iter().map(dimension).collect::<Result<_, _>>().map(Some)
        }

        pub fn decode(dimensions: &Option<Vec<MetricDimension>>) -> Value {
            let Some(dimensions) = dimensions else { return Value::None };
            let pair = |one: &MetricDimension| Some((one.name()?.into(), Value::text(one.value().unwrap_or_default())));
            Value::map(dimensions.iter().filter_map(pair))
        }
    }
}
