//! An alarm: a metric, or a calculation over several, that is compared with a threshold and tells somebody.
//!
//! An alarm watches `metric_name` with `namespace` and `dimensions`, or `metrics` (expressions over up to ten metrics,
//! of which one has `return_data`), or a query in `evaluation_criteria`. It goes off when `datapoints_to_alarm` of the
//! last `evaluation_periods` break the threshold. `treat_missing_data` decides what silence means: for metrics that are
//! only sent when something happens, errors above all, write `"notBreaching"`.
//!
//! What an alarm measures and when it goes off is written as a whole: a change of one of these fields resets the others
//! to what is written. An alarm costs by the month and metric; periods below a minute cost more.
//!
//! Vendor documentation:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudwatch-alarm.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Unit;
use cairn_provider::schema::overlay::{NameRule, Overlay, Reference, Relation, Values};

/// Who can be told.
const TOLD: &[(&str, &str)] = &[
    ("AWS::SNS::Topic", "TopicArn"),
    ("AWS::AutoScaling::ScalingPolicy", "Arn"),
    ("AWS::ApplicationAutoScaling::ScalingPolicy", "Arn"),
    ("AWS::Lambda::Function", "Arn"),
];

/// `aws.cloudwatch.Alarm`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::CloudWatch::Alarm",
    title: "Alarm",
    overlay: Overlay {
        noun: "an alarm",
        references: &[
            Reference { path: "AlarmActions", to: TOLD },
            Reference { path: "InsufficientDataActions", to: TOLD },
            Reference { path: "OKActions", to: TOLD },
        ],
        units: &[
            ("EvaluationInterval", Unit::Seconds),
            ("Period", Unit::Seconds),
            ("AlarmPromQLCriteria.PendingPeriod", Unit::Seconds),
            ("AlarmPromQLCriteria.RecoveryPeriod", Unit::Seconds),
            ("MetricDataQuery.Period", Unit::Seconds),
            ("MetricStat.Period", Unit::Seconds),
        ],
        values: &[
            Values {
                path: "EvaluateLowSampleCountPercentile",
                known: &["evaluate", "ignore"],
                open: true,
                noun: "way to treat few samples",
            },
            Values {
                path: "MetricStat.Stat",
                known: &["Average", "Maximum", "Minimum", "SampleCount", "Sum"],
                open: true,
                noun: "statistic",
            },
        ],
        keyed: &[("Dimensions", "Name", "Value"), ("Metric.Dimensions", "Name", "Value")],
        unordered: &["AlarmActions", "InsufficientDataActions", "Metrics", "OKActions"],
        one_of: &["MetricName", "Metrics", "EvaluationCriteria"],
        defaults: &[
            ("ActionsEnabled", "true"),
            ("AlarmDescription", "\"\""),
            ("ComparisonOperator", "null"),
            ("DatapointsToAlarm", "null"),
            ("EvaluateLowSampleCountPercentile", "null"),
            ("EvaluationCriteria", "null"),
            ("EvaluationInterval", "null"),
            ("EvaluationPeriods", "null"),
            ("ExtendedStatistic", "null"),
            ("MetricName", "null"),
            ("Namespace", "null"),
            ("Period", "null"),
            ("Statistic", "null"),
            ("Threshold", "null"),
            ("ThresholdMetricId", "null"),
            ("TreatMissingData", "\"missing\""),
            ("Unit", "null"),
        ],
        derived: &[("Arn", "arn:${partition}:cloudwatch:${region}:${account}:alarm:${alarm_name}")],
        name: Some(NameRule { property: "AlarmName", max: 255, lower: false, separators: "-_./ ", renewed: false }),
        relations: &[Relation::AtMost { lower: "DatapointsToAlarm", upper: "EvaluationPeriods" }],
        popular: &[
            "AlarmActions",
            "ComparisonOperator",
            "Dimensions",
            "EvaluationPeriods",
            "MetricName",
            "Namespace",
            "Period",
            "Statistic",
            "Threshold",
            "TreatMissingData",
        ],
        ..Overlay::EMPTY
    },
    // PutMetricAlarm takes no token, but a region can have a name only once.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"],
        write: &[
            "cloudwatch:DeleteAlarms",
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:TagResource",
            "cloudwatch:UntagResource",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "A load balancer that answers with errors",
            source: "resource oncall = aws.sns.Topic { subscription: [{ protocol: \"email\", endpoint: \
                     \"oncall@acme.example\" }] }\nresource errors = aws.cloudwatch.Alarm {\n  namespace: \
                     \"AWS/ApplicationELB\"\n  metric_name: \"HTTPCode_Target_5XX_Count\"\n  dimensions: { \
                     LoadBalancer: \"app/shop/50dc6c495c0c9188\" }\n  statistic: \"Sum\"\n  period: 1min\n  \
                     evaluation_periods: 5\n  comparison_operator: \"GreaterThanThreshold\"\n  threshold: 10\n  \
                     treat_missing_data: \"notBreaching\"\n  alarm_actions: [oncall]\n}\n",
        },
        Example {
            title: "The share of requests that fail, in three of five minutes",
            source: "resource oncall = aws.sns.Topic {}\nresource failing = aws.cloudwatch.Alarm {\n  \
                     alarm_description: \"more than 5 % of the requests fail\"\n  metrics: [\n    { id: \"share\", \
                     expression: \"100 * errors / requests\", label: \"failing requests\" }\n    {\n      id: \
                     \"errors\"\n      return_data: false\n      metric_stat: {\n        metric: { namespace: \
                     \"AWS/ApplicationELB\", metric_name: \"HTTPCode_Target_5XX_Count\", dimensions: { LoadBalancer: \
                     \"app/shop/50dc6c495c0c9188\" } }\n        period: 1min\n        stat: \"Sum\"\n      }\n    \
                     }\n    {\n      id: \"requests\"\n      return_data: false\n      metric_stat: {\n        \
                     metric: { namespace: \"AWS/ApplicationELB\", metric_name: \"RequestCount\", dimensions: { \
                     LoadBalancer: \"app/shop/50dc6c495c0c9188\" } }\n        period: 1min\n        stat: \
                     \"Sum\"\n      }\n    }\n  ]\n  comparison_operator: \"GreaterThanThreshold\"\n  threshold: \
                     5\n  datapoints_to_alarm: 3\n  evaluation_periods: 5\n  treat_missing_data: \
                     \"notBreaching\"\n  alarm_actions: [oncall]\n  ok_actions: [oncall]\n  tags: { team: \"orders\" \
                     }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::BTreeMap;

    use async_trait::async_trait;
    use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
    use aws_sdk_cloudwatch::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::{ErrorClass, ProviderError};
    use cairn_provider::object::{Live, Ownership, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Interest, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::{EcoString, eco_format};

    use crate::native::codec::{Decode, Encode, Mistake, fields_of, need, set, take};
    use crate::native::reading::{identities, one_by_one};
    use crate::native::session::Session;
    use crate::native::tags;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &Alarm;
    /// Reads alarms.
    pub const READER: Option<&dyn Reader<Session>> = Some(&Alarm);

    struct Alarm;

    const KIND: &str = "aws.cloudwatch.Alarm";

    /// DescribeAlarms takes so many names; those that are unknown are left out of its answer.
    const NAMES: usize = 100;

    /// PutMetricAlarm replaces everything. These stay as they are where nobody writes them.
    const STAYING: [&str; 6] = [
        "actions_enabled",
        "alarm_actions",
        "alarm_description",
        "insufficient_data_actions",
        "ok_actions",
        "treat_missing_data",
    ];

    #[async_trait]
    impl ResourceType<Session> for Alarm {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let name: String = need(&request.inputs, "alarm_name")?;
            // PutMetricAlarm would silently overwrite somebody else's.
            if let Some(alarm) = describe(session, Some(vec![name.clone()])).await?.first() {
                let (_, owner) = read_tags(session, alarm).await?;
                if !tags::same_owner(owner.as_ref(), &request.owner) {
                    let message = eco_format!("an alarm {name} exists already");
                    let operation = "cloudwatch.PutMetricAlarm";
                    return Err(ProviderError::new(ErrorClass::AlreadyExists, "AlreadyExists", operation, message));
                }
            }
            let pairs = tags::of_new(&request.inputs, "tags", &request.owner);
            let call = filled(session.cloudwatch().put_metric_alarm().alarm_name(&name), &request.inputs)?;
            let call = call.set_tags(Some(tag_list(pairs)?));
            session.write("cloudwatch.PutMetricAlarm", call.send()).await?;
            Ok(Created::new(name))
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let name: String = need(&request.inputs, "alarm_name")?;
            let found = describe(session, Some(vec![name])).await?;
            let Some(alarm) = found.first() else { return Ok(Vec::new()) };
            let (_, owner) = read_tags(session, alarm).await?;
            let ours = tags::same_owner(owner.as_ref(), &request.owner);
            Ok(alarm.alarm_name().filter(|_| ours).map(EcoString::from).into_iter().collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            if request.changed.iter().any(|field| field != "tags") {
                let mut wanted = request.inputs.clone();
                for field in STAYING {
                    if let Some(value) = request.observed.get(field) {
                        wanted.entry(field.into()).or_insert_with(|| value.clone());
                    }
                }
                let mut call = filled(session.cloudwatch().put_metric_alarm().alarm_name(request.id.as_str()), &wanted)?;
                // What the registry does not know stays, too.
                if let Some(alarm) = describe(session, Some(vec![request.id.to_string()])).await?.into_iter().next() {
                    call = call
                        .set_action_configuration(alarm.action_configuration)
                        .set_evaluation_window(alarm.evaluation_window)
                        .set_warm_up_configuration(alarm.warm_up_configuration);
                }
                session.write("cloudwatch.PutMetricAlarm", call.send()).await?;
            }
            if request.changed.contains("tags") {
                update_tags(session, request).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.cloudwatch().delete_alarms().alarm_names(request.id.as_str());
            session.delete("cloudwatch.DeleteAlarms", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = describe(session, None).await?;
            Ok(identities(&all, types::MetricAlarm::alarm_name))
        }
    }

    #[async_trait]
    impl Reader<Session> for Alarm {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let names: Vec<String> =
                wanted.get(KIND).into_iter().flat_map(|wanted| wanted.keys()).map(ToString::to_string).collect();
            let mut found = BTreeMap::new();
            for names in names.chunks(NAMES) {
                for alarm in describe(session, Some(names.to_vec())).await? {
                    found.extend(alarm.alarm_name().map(EcoString::from).map(|name| (name, alarm)));
                }
            }
            Ok(one_by_one(KIND, wanted, |id, interest| live(session, found.get(id), interest)).await)
        }
    }

    async fn describe(session: &Session, names: Option<Vec<String>>) -> Result<Vec<types::MetricAlarm>, ProviderError> {
        let call = |token| {
            let call = session.cloudwatch().describe_alarms().alarm_types(types::AlarmType::MetricAlarm);
            call.set_alarm_names(names.clone()).max_records(100).set_next_token(token).send()
        };
        let take = |page: aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput| {
            (page.metric_alarms.unwrap_or_default(), page.next_token)
        };
        session.pages("cloudwatch.DescribeAlarms", call, take).await
    }

    fn filled(call: PutMetricAlarmFluentBuilder, inputs: &Map) -> Result<PutMetricAlarmFluentBuilder, Mistake> {
        Ok(send!(call, inputs =>
            actions_enabled, alarm_actions, alarm_description, comparison_operator, datapoints_to_alarm,
            dimensions via dimensions, evaluate_low_sample_count_percentile, evaluation_criteria, evaluation_interval,
            evaluation_periods, extended_statistic, insufficient_data_actions, metric_name, metrics, namespace,
            ok_actions, period, statistic, threshold, threshold_metric_id, treat_missing_data, unit))
    }

    async fn live(
        session: &Session,
        alarm: Option<&types::MetricAlarm>,
        interest: &Interest,
    ) -> Result<Option<Live>, ProviderError> {
        let Some((alarm, id)) = alarm.and_then(|alarm| Some((alarm, alarm.alarm_name()?))) else { return Ok(None) };
        let mut attributes = read!(alarm =>
            actions_enabled, alarm_actions, alarm_arn as "arn", alarm_description, alarm_name, comparison_operator,
            datapoints_to_alarm, dimensions via dimensions, evaluate_low_sample_count_percentile, evaluation_criteria,
            evaluation_interval, evaluation_periods, extended_statistic, insufficient_data_actions, metric_name,
            metrics, namespace, ok_actions, period, statistic, threshold, threshold_metric_id, treat_missing_data,
            unit);
        for (field, unsaid) in [("alarm_description", ""), ("treat_missing_data", "missing")] {
            attributes.entry(field.into()).or_insert_with(|| Value::text(unsaid));
        }
        let mut owner = None;
        if interest.wants("tags") {
            let (tags, marks) = read_tags(session, alarm).await?;
            set(&mut attributes, "tags", tags);
            owner = marks;
        }
        Ok(Some(Live { id: id.into(), attributes, status: Status::Ready, owner }))
    }

    records! {
        both types::Metric { dimensions via dimensions, metric_name, namespace }
        both types::MetricStat { metric, period, stat, unit }
        both types::MetricDataQuery { account_id, expression, id, label, metric_stat, period, return_data }
        both types::AlarmPromQlCriteria { pending_period, query, recovery_period }
    }
    texts!(types::ComparisonOperator, types::StandardUnit, types::Statistic);

    impl Encode for types::EvaluationCriteria {
        fn encode(value: &Value) -> Result<Self, Mistake> {
            let criteria = fields_of(value, &["prom_ql_criteria"])?;
            need(criteria, "prom_ql_criteria").map(Self::PromQlCriteria)
        }
    }

    impl Decode for types::EvaluationCriteria {
        fn decode(&self) -> Value {
            let criteria = self.as_prom_ql_criteria().map_or(Value::None, Decode::decode);
            Value::map([("prom_ql_criteria".into(), criteria)])
        }
    }

    /// Dimensions, which documents have as a map of names to values.
    mod dimensions {
        use aws_sdk_cloudwatch::types::Dimension;
        use cairn_provider::value::{Map, Value};

        use crate::native::codec::{Encode as _, Mistake};

        /// The dimensions of a document.
        pub fn take(map: &Map, name: &str) -> Result<Option<Vec<Dimension>>, Mistake> {
            let Some(written) = map.get(name).and_then(Value::as_map) else { return Ok(None) };
            let dimension = |(key, value): (&ecow::EcoString, &Value)| {
                let value = String::encode(value).map_err(|mistake| mistake.inside(key).inside(name))?;
                Ok(Dimension::builder().name(key.as_str()).value(value).build())
            };
            written.iter().map(dimension).collect::<Result<_, _>>().map(Some)
        }

        /// The document of dimensions.
        pub fn decode(found: &Option<Vec<Dimension>>) -> Value {
            let pairs = found.iter().flatten().filter_map(|one| Some((one.name()?.into(), Value::text(one.value()?))));
            Value::map(pairs)
        }
    }

    fn tag_list(pairs: Vec<(String, String)>) -> Result<Vec<types::Tag>, Mistake> {
        Ok(tags::tag_list!(types::Tag, pairs))
    }

    async fn read_tags(
        session: &Session,
        alarm: &types::MetricAlarm,
    ) -> Result<(Value, Option<Ownership>), ProviderError> {
        let arn = alarm.alarm_arn().unwrap_or_default();
        let call = || session.cloudwatch().list_tags_for_resource().resource_arn(arn).send();
        let answer = session.read("cloudwatch.ListTagsForResource", call).await?;
        let found = answer.tags().iter();
        Ok(tags::read(found.map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default()))))
    }

    async fn update_tags(session: &Session, request: &Update) -> Result<(), ProviderError> {
        let changes = tags::changes(&request.observed, &request.inputs, "tags");
        let arn: String = take(&request.observed, "arn")?.unwrap_or_default();
        if !changes.set.is_empty() {
            let call = session.cloudwatch().tag_resource().resource_arn(&arn);
            let call = call.set_tags(Some(tag_list(changes.set)?));
            session.write("cloudwatch.TagResource", call.send()).await?;
        }
        if !changes.remove.is_empty() {
            let call = session.cloudwatch().untag_resource().resource_arn(&arn).set_tag_keys(Some(changes.remove));
            session.write("cloudwatch.UntagResource", call.send()).await?;
        }
        Ok(())
    }

    #[cfg(test)]
    mod tests {
        use aws_sdk_cloudwatch::types::{EvaluationCriteria, MetricDataQuery};
        use cairn_provider::value::{Value, from_json};
        use serde_json::json;

        use crate::native::codec::{Decode, Encode};

        fn round<T: Encode + Decode>(document: serde_json::Value) {
            let document = from_json(&document);
            assert_eq!(T::encode(&document).map(|made| made.decode()), Ok(document));
        }

        #[test]
        fn calculations_and_queries_come_back_as_they_went() {
            round::<MetricDataQuery>(json!({
                "account_id": "111122223333",
                "id": "errors",
                "label": "failing",
                "metric_stat": {
                    "metric": { "dimensions": { "A": "1", "B": "2" }, "metric_name": "Errors", "namespace": "Shop" },
                    "period": 60,
                    "stat": "Sum",
                    "unit": "Count",
                },
                "return_data": false,
            }));
            round::<EvaluationCriteria>(json!({
                "prom_ql_criteria": { "pending_period": 120, "query": "rate(errors[5m]) > 1", "recovery_period": 300 },
            }));
            assert!(EvaluationCriteria::encode(&Value::map([])).is_err());
        }
    }
}
