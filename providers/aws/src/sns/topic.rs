//! A topic: messages published to it go to everyone who listens.
//!
//! Standard topics deliver at least once and in any order; with `fifo_topic` in order and once, to queues. Listeners
//! stand in `subscription`, or each in an `aws.sns.Subscription` of its own, which can also filter. What is written in
//! `subscription` is all the topic has: do not use both for one topic. An email subscription waits for a click in a
//! message to its address. One that nobody has confirmed cannot be taken away; the service forgets it by itself after
//! some days.
//!
//! A topic costs nothing by itself. The name of a FIFO topic ends in `.fifo`; a made name gets that ending.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sns-topic.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Unit;
use cairn_provider::schema::overlay::{NameRule, Overlay, Range, Reference, Replacement, Values};

/// `aws.sns.Topic`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::SNS::Topic",
    title: "Topic",
    overlay: Overlay {
        noun: "a topic",
        references: &[Reference {
            path: "KmsMasterKeyId",
            to: &[("AWS::KMS::Key", "Arn"), ("AWS::KMS::Alias", "AliasName")],
        }],
        units: &[("LoggingConfig.SuccessFeedbackSampleRate", Unit::Percent)],
        ranges: &[Range {
            path: "LoggingConfig.SuccessFeedbackSampleRate",
            min: 0,
            max: 100,
            because: "SNS logs between none and all of the deliveries that went well",
        }],
        values: &[
            Values { path: "FifoThroughputScope", known: &["MessageGroup", "Topic"], open: true, noun: "scope" },
            Values { path: "SignatureVersion", known: &["1", "2"], open: true, noun: "signature version" },
            Values { path: "TracingConfig", known: &["Active", "PassThrough"], open: true, noun: "tracing mode" },
            Values {
                path: "Subscription.Protocol",
                known: &[
                    "application",
                    "email",
                    "email-json",
                    "firehose",
                    "http",
                    "https",
                    "lambda",
                    "sms",
                    "sqs",
                ],
                open: true,
                noun: "protocol",
            },
        ],
        defaults: &[
            ("ArchivePolicy", "null"),
            ("ContentBasedDeduplication", "false"),
            ("DataProtectionPolicy", "null"),
            ("DisplayName", "\"\""),
            ("FifoThroughputScope", "\"Topic\""),
            ("FifoTopic", "false"),
            ("KmsMasterKeyId", "null"),
            ("SignatureVersion", "\"1\""),
            ("TracingConfig", "\"PassThrough\""),
        ],
        derived: &[("TopicArn", "arn:${partition}:sns:${region}:${account}:${topic_name}")],
        // Five characters are kept for `.fifo`.
        name: Some(NameRule { property: "TopicName", max: 251, lower: false, separators: "-_", renewed: true }),
        replacement: Replacement::CreateFirst,
        popular: &["Subscription", "DisplayName", "Tags"],
        ..Overlay::EMPTY
    },
    // CreateTopic takes no token, but a region can have a name only once.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &[
            "sns:GetDataProtectionPolicy",
            "sns:GetTopicAttributes",
            "sns:ListSubscriptionsByTopic",
            "sns:ListTagsForResource",
            "sns:ListTopics",
        ],
        write: &[
            "iam:PassRole",
            "sns:CreateTopic",
            "sns:DeleteTopic",
            "sns:PutDataProtectionPolicy",
            "sns:SetTopicAttributes",
            "sns:Subscribe",
            "sns:TagResource",
            "sns:Unsubscribe",
            "sns:UntagResource",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "A topic that sends mails",
            source: "resource oncall = aws.sns.Topic { subscription: [{ protocol: \"email\", endpoint: \
                     \"oncall@acme.example\" }] }\n",
        },
        Example {
            title: "In order, encrypted, with a log of its deliveries",
            source: "resource sns_logs = aws.iam.Role {\n  assume_role_policy_document: {\n    Version: \
                     \"2012-10-17\"\n    Statement: [{ Effect: \"Allow\", Principal: { Service: \
                     \"sns.amazonaws.com\" }, Action: \"sts:AssumeRole\" }]\n  }\n}\nresource orders = aws.sns.Topic \
                     {\n  topic_name: \"orders.fifo\"\n  fifo_topic: true\n  content_based_deduplication: true\n  \
                     fifo_throughput_scope: \"MessageGroup\"\n  archive_policy: { MessageRetentionPeriod: \"30\" }\n  \
                     kms_master_key: existing(\"alias/aws/sns\")\n  delivery_status_logging: [\n    { protocol: \
                     \"sqs\", success_feedback_role: sns_logs, success_feedback_sample_rate: 10%, \
                     failure_feedback_role: sns_logs }\n  ]\n  tags: { team: \"orders\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::{BTreeMap, BTreeSet, HashMap};

    use async_trait::async_trait;
    use aws_sdk_sns::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Ownership, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Interest, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use crate::native::codec::{Mistake, json, need, set, take};
    use crate::native::reading::{identities, one_by_one};
    use crate::native::session::{Session, absent_is_none, given, unoffered_is_none};
    use crate::native::tags;
    use crate::sns::wire::{self, Form, Setting};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &Topic;
    /// Reads topics.
    pub const READER: Option<&dyn Reader<Session>> = Some(&Topic);

    struct Topic;

    const KIND: &str = "aws.sns.Topic";

    const SETTINGS: [Setting; 8] = [
        ("archive_policy", "ArchivePolicy", Form::Document),
        ("content_based_deduplication", DEDUPLICATION, Form::Flag),
        ("display_name", "DisplayName", Form::Text),
        ("fifo_throughput_scope", "FifoThroughputScope", Form::Text),
        ("fifo_topic", "FifoTopic", Form::Flag),
        ("kms_master_key", "KmsMasterKeyId", Form::Text),
        ("signature_version", "SignatureVersion", Form::Text),
        ("tracing_config", "TracingConfig", Form::Text),
    ];

    const DEDUPLICATION: &str = "ContentBasedDeduplication";

    /// What the service has where its answer says nothing.
    const UNSAID: [(&str, Value); 5] = [
        ("content_based_deduplication", Value::Bool(false)),
        ("display_name", Value::Text(EcoString::inline(""))),
        ("fifo_topic", Value::Bool(false)),
        ("signature_version", Value::Text(EcoString::inline("1"))),
        ("tracing_config", Value::Text(EcoString::inline("PassThrough"))),
    ];

    /// Protocols whose deliveries are logged, with how the names of their settings begin.
    const LOGGED: [(&str, &str); 5] = [
        ("application", "Application"),
        ("firehose", "Firehose"),
        ("http/s", "HTTP"),
        ("lambda", "Lambda"),
        ("sqs", "SQS"),
    ];
    /// The settings of one protocol: field and how the name ends.
    const LOGGING: [(&str, &str); 3] = [
        ("failure_feedback_role", "FailureFeedbackRoleArn"),
        ("success_feedback_role", "SuccessFeedbackRoleArn"),
        ("success_feedback_sample_rate", RATE),
    ];
    const RATE: &str = "SuccessFeedbackSampleRate";

    #[async_trait]
    impl ResourceType<Session> for Topic {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let mut settings = wire::all_sent(inputs, &SETTINGS)?;
            // Standard topics must not name what only others have.
            settings.retain(|name, value| value != "false" || !matches!(name.as_str(), "FifoTopic" | DEDUPLICATION));
            settings.extend(logging(inputs)?);
            let call = send!(session.sns().create_topic(), inputs => data_protection_policy via json)
                .name(name(request)?)
                .set_attributes(Some(settings))
                .set_tags(Some(tags_of_new(request)?));
            let answer = session.write("sns.CreateTopic", call.send()).await?;
            given(answer.topic_arn(), "sns.CreateTopic").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            let wanted = listeners(&request.inputs);
            if wanted.is_empty() {
                return Ok(());
            }
            let there: BTreeSet<(String, String)> =
                subscriptions(session, id).await?.iter().filter_map(listener).collect();
            for listener in wanted.difference(&there) {
                subscribe(session, id, listener).await?;
            }
            Ok(())
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let account = &session.caller().await?.account;
            let (partition, region) = (session.partition(), session.region());
            let arn = ecow::eco_format!("arn:{partition}:sns:{region}:{account}:{}", name(request)?);
            let Some((_, owner)) = absent_is_none(read_tags(session, &arn).await)? else { return Ok(Vec::new()) };
            Ok(tags::same_owner(owner.as_ref(), &request.owner).then_some(arn).into_iter().collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let (id, inputs) = (request.id.as_str(), &request.inputs);
            for (field, name, form) in SETTINGS.into_iter().filter(|(field, ..)| request.changed.contains(*field)) {
                let nothing = if form == Form::Document { "{}" } else { "" };
                let value = wire::sent(inputs, field)?.unwrap_or_else(|| nothing.to_owned());
                set_attribute(session, id, name, &value).await?;
            }
            if request.changed.contains("delivery_status_logging") {
                let (before, after) = (logging(&request.observed)?, logging(inputs)?);
                for (name, value) in after.iter().filter(|(name, value)| before.get(*name) != Some(value)) {
                    set_attribute(session, id, name, value).await?;
                }
                for name in before.keys().filter(|name| !after.contains_key(*name)) {
                    set_attribute(session, id, name, if name.ends_with(RATE) { "0" } else { "" }).await?;
                }
            }
            if request.changed.contains("data_protection_policy") {
                let policy: Option<String> = json::take(inputs, "data_protection_policy")?;
                let call = session.sns().put_data_protection_policy().resource_arn(id);
                let call = call.data_protection_policy(policy.unwrap_or_default());
                session.write("sns.PutDataProtectionPolicy", call.send()).await?;
            }
            if request.changed.contains("subscription") {
                update_listeners(session, id, &listeners(inputs)).await?;
            }
            if request.changed.contains("tags") {
                update_tags(session, request).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let id = request.id.as_str();
            if request.inputs.contains_key("archive_policy") {
                // A topic that archives cannot be deleted.
                let call = session.sns().set_topic_attributes().topic_arn(id);
                let call = call.attribute_name("ArchivePolicy").attribute_value("{}");
                session.delete("sns.SetTopicAttributes", call.send()).await?;
            }
            session.delete("sns.DeleteTopic", session.sns().delete_topic().topic_arn(id).send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let call = |token| session.sns().list_topics().set_next_token(token).send();
            let take = |page: aws_sdk_sns::operation::list_topics::ListTopicsOutput| {
                (page.topics.unwrap_or_default(), page.next_token)
            };
            let topics = session.pages("sns.ListTopics", call, take).await?;
            Ok(identities(&topics, types::Topic::topic_arn))
        }
    }

    #[async_trait]
    impl Reader<Session> for Topic {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            Ok(one_by_one(KIND, wanted, |id, interest| one(session, id, interest)).await)
        }
    }

    async fn one(session: &Session, id: &str, interest: &Interest) -> Result<Option<Live>, ProviderError> {
        let call = || session.sns().get_topic_attributes().topic_arn(id).send();
        let Some(answer) = absent_is_none(session.read("sns.GetTopicAttributes", call).await)? else { return Ok(None) };
        let found = answer.attributes.unwrap_or_default();
        let mut attributes = wire::read(&found, &SETTINGS);
        for (field, value) in UNSAID {
            attributes.entry(field.into()).or_insert(value);
        }
        set(&mut attributes, "topic_arn", Value::text(id));
        set(&mut attributes, "topic_name", id.rsplit(':').next().map_or(Value::None, Value::text));
        set(&mut attributes, "delivery_status_logging", read_logging(&found));
        let fifo = attributes.get("fifo_topic").and_then(Value::as_bool).unwrap_or_default();
        // FIFO topics know no such policy.
        if !fifo && interest.wants("data_protection_policy") {
            let call = || session.sns().get_data_protection_policy().resource_arn(id).send();
            let answer = unoffered_is_none(session.read("sns.GetDataProtectionPolicy", call).await)?;
            let policy = answer.and_then(|answer| answer.data_protection_policy).filter(|text| !text.is_empty());
            set(&mut attributes, "data_protection_policy", json::decode(&policy));
        }
        if interest.wants("subscription") {
            let found: BTreeSet<(String, String)> =
                subscriptions(session, id).await?.iter().filter_map(listener).collect();
            let found = found.into_iter().map(|(protocol, endpoint)| {
                Value::map([("endpoint".into(), Value::from(endpoint)), ("protocol".into(), Value::from(protocol))])
            });
            set(&mut attributes, "subscription", Value::list(found));
        }
        let mut owner = None;
        if interest.wants("tags") {
            let (tags, marks) = read_tags(session, id).await?;
            set(&mut attributes, "tags", tags);
            owner = marks;
        }
        Ok(Some(Live { id: id.into(), attributes, status: Status::Ready, owner }))
    }

    /// The name, with the ending that FIFO topics need if the name was made for this request.
    fn name(request: &Create) -> Result<String, Mistake> {
        let name: String = need(&request.inputs, "topic_name")?;
        let generation: String = request.owner.nonce.chars().take(6).collect();
        let made = !generation.is_empty() && name.ends_with(&format!("-{generation}"));
        let fifo: Option<bool> = take(&request.inputs, "fifo_topic")?;
        Ok(if made && fifo == Some(true) { name + ".fifo" } else { name })
    }

    /// The settings of all protocols whose deliveries are logged, by their names.
    fn logging(document: &Map) -> Result<BTreeMap<String, String>, Mistake> {
        let mut settings = BTreeMap::new();
        let protocols = document.get("delivery_status_logging").and_then(Value::as_list).unwrap_or_default();
        for protocol in protocols.iter().filter_map(Value::as_map) {
            let name: String = need(protocol, "protocol")?;
            let Some((_, beginning)) = LOGGED.iter().find(|(known, _)| *known == name) else {
                return Err(Mistake::new("no protocol whose deliveries are logged").inside("delivery_status_logging"));
            };
            for (field, ending) in LOGGING {
                if let Some(value) = take::<String>(protocol, field)? {
                    settings.insert(format!("{beginning}{ending}"), value);
                }
            }
        }
        Ok(settings)
    }

    fn read_logging(found: &HashMap<String, String>) -> Value {
        let protocols = LOGGED.iter().filter_map(|(protocol, beginning)| {
            let mut map = Map::new();
            for (field, ending) in LOGGING {
                let text = found.get(&format!("{beginning}{ending}")).filter(|text| !text.is_empty());
                let value = match (ending, text) {
                    (_, None) => Value::None,
                    (RATE, Some(text)) => text.parse().map_or(Value::None, Value::Int),
                    (_, Some(text)) => Value::text(text.as_str()),
                };
                set(&mut map, field, value);
            }
            let logged = map.values().any(|value| *value != Value::Int(0));
            map.insert("protocol".into(), Value::text(*protocol));
            logged.then(|| Value::from(map))
        });
        Value::list(protocols)
    }

    /// Protocols and endpoints that are written.
    fn listeners(document: &Map) -> BTreeSet<(String, String)> {
        let written = document.get("subscription").and_then(Value::as_list).unwrap_or_default();
        let text = |map: &Map, field: &str| map.get(field).and_then(Value::as_text).map(str::to_owned);
        let written = written.iter().filter_map(Value::as_map);
        written.filter_map(|map| Some((text(map, "protocol")?, text(map, "endpoint")?))).collect()
    }

    fn listener(subscription: &types::Subscription) -> Option<(String, String)> {
        Some((subscription.protocol()?.to_owned(), subscription.endpoint()?.to_owned()))
    }

    /// What listens to a topic. Subscriptions that their endpoints ended are still listed for a while.
    async fn subscriptions(session: &Session, id: &str) -> Result<Vec<types::Subscription>, ProviderError> {
        let mut all = wire::subscriptions(session, id).await?;
        all.retain(|one| one.subscription_arn() != Some("Deleted"));
        Ok(all)
    }

    async fn subscribe(session: &Session, id: &str, listener: &(String, String)) -> Result<(), ProviderError> {
        let (protocol, endpoint) = listener;
        let call = session.sns().subscribe().topic_arn(id).protocol(protocol).endpoint(endpoint);
        session.write("sns.Subscribe", call.send()).await.map(|_| ())
    }

    async fn update_listeners(
        session: &Session,
        id: &str,
        wanted: &BTreeSet<(String, String)>,
    ) -> Result<(), ProviderError> {
        let found = subscriptions(session, id).await?;
        let there: BTreeSet<(String, String)> = found.iter().filter_map(listener).collect();
        for listener in wanted.difference(&there) {
            subscribe(session, id, listener).await?;
        }
        let surplus = found.iter().filter(|one| listener(one).is_some_and(|listener| !wanted.contains(&listener)));
        // One that waits for its confirmation has no ARN yet and cannot be taken away.
        for arn in surplus.filter_map(types::Subscription::subscription_arn).filter(|arn| arn.starts_with("arn:")) {
            session.delete("sns.Unsubscribe", session.sns().unsubscribe().subscription_arn(arn).send()).await?;
        }
        Ok(())
    }

    async fn set_attribute(session: &Session, id: &str, name: &str, value: &str) -> Result<(), ProviderError> {
        let call = session.sns().set_topic_attributes().topic_arn(id).attribute_name(name).attribute_value(value);
        session.write("sns.SetTopicAttributes", call.send()).await.map(|_| ())
    }

    fn tags_of_new(request: &Create) -> Result<Vec<types::Tag>, Mistake> {
        Ok(tags::tag_list!(types::Tag, tags::of_new(&request.inputs, "tags", &request.owner)))
    }

    async fn read_tags(session: &Session, id: &str) -> Result<(Value, Option<Ownership>), ProviderError> {
        let call = || session.sns().list_tags_for_resource().resource_arn(id).send();
        let answer = session.read("sns.ListTagsForResource", call).await?;
        Ok(tags::read(answer.tags().iter().map(|tag| (tag.key(), tag.value()))))
    }

    async fn update_tags(session: &Session, request: &Update) -> Result<(), ProviderError> {
        let changes = tags::changes(&request.observed, &request.inputs, "tags");
        let id = request.id.as_str();
        if !changes.set.is_empty() {
            let list = tags::tag_list!(types::Tag, changes.set);
            let call = session.sns().tag_resource().resource_arn(id).set_tags(Some(list));
            session.write("sns.TagResource", call.send()).await?;
        }
        if !changes.remove.is_empty() {
            let call = session.sns().untag_resource().resource_arn(id).set_tag_keys(Some(changes.remove));
            session.write("sns.UntagResource", call.send()).await?;
        }
        Ok(())
    }
}
