//! A subscription: one endpoint that gets the messages of a topic, all of them or those that pass a filter.
//!
//! Queues, functions and delivery streams are subscribed at once; they must also allow the topic to send to them. Mail
//! addresses and web endpoints must confirm first. A subscription that was never confirmed cannot be deleted: it is
//! given up, and the service forgets it by itself after some days. A topic may live in another region than the
//! stack: its ARN says in which.
//!
//! Vendor documentation:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sns-subscription.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Overlay, Values};

/// `aws.sns.Subscription`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::SNS::Subscription",
    title: "Subscription",
    overlay: Overlay {
        noun: "a subscription",
        required: &["Endpoint"],
        values: &[
            Values {
                path: "FilterPolicyScope",
                known: &["MessageAttributes", "MessageBody"],
                open: true,
                noun: "scope of a filter",
            },
            Values {
                path: "Protocol",
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
            ("DeliveryPolicy", "null"),
            ("FilterPolicy", "null"),
            ("FilterPolicyScope", "\"MessageAttributes\""),
            ("RawMessageDelivery", "false"),
            ("RedrivePolicy", "null"),
            ("ReplayPolicy", "null"),
            ("SubscriptionRoleArn", "null"),
        ],
        popular: &["Endpoint", "FilterPolicy", "RawMessageDelivery", "RedrivePolicy"],
        ..Overlay::EMPTY
    },
    // Subscribe takes no token, but an endpoint can be subscribed to a topic only once.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["sns:GetSubscriptionAttributes", "sns:ListSubscriptions", "sns:ListSubscriptionsByTopic"],
        write: &["iam:PassRole", "sns:SetSubscriptionAttributes", "sns:Subscribe", "sns:Unsubscribe"],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "A mail address that listens to a topic",
            source: "resource oncall = aws.sns.Topic {}\nresource mail = aws.sns.Subscription {\n  topic: oncall\n  \
                     protocol: \"email\"\n  endpoint: \"oncall@acme.example\"\n}\n",
        },
        Example {
            title: "A queue that gets what it asks for, with a place for what cannot be delivered",
            source: "resource orders = aws.sns.Topic {}\nresource large_orders = aws.sns.Subscription {\n  topic: \
                     orders\n  protocol: \"sqs\"\n  endpoint: \
                     \"arn:aws:sqs:eu-central-1:111122223333:large-orders\"\n  raw_message_delivery: true\n  \
                     filter_policy_scope: \"MessageBody\"\n  filter_policy: { kind: [\"order\"], total: [{ \
                     numeric: [\">=\", 1000] }] }\n  redrive_policy: { deadLetterTargetArn: \
                     \"arn:aws:sqs:eu-central-1:111122223333:lost-orders\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::BTreeSet;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use async_trait::async_trait;
    use aws_sdk_sns::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use crate::native::codec::{need, set};
    use crate::native::reading::one_by_one;
    use crate::native::session::{Session, absent_is_done, absent_is_none, given};
    use crate::sns::wire::{self, Form, Setting};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &Subscription;
    /// Reads subscriptions.
    pub const READER: Option<&dyn Reader<Session>> = Some(&Subscription);

    struct Subscription;

    const KIND: &str = "aws.sns.Subscription";

    const SETTINGS: [Setting; 7] = [
        ("delivery_policy", "DeliveryPolicy", Form::Document),
        ("filter_policy", "FilterPolicy", Form::Document),
        ("filter_policy_scope", "FilterPolicyScope", Form::Text),
        ("raw_message_delivery", "RawMessageDelivery", Form::Flag),
        ("redrive_policy", "RedrivePolicy", Form::Document),
        ("replay_policy", "ReplayPolicy", Form::Document),
        ("subscription_role", "SubscriptionRoleArn", Form::Text),
    ];

    /// Subscriptions that were to be deleted while they waited for their confirmation. The service does not delete
    /// those; it forgets them by itself, so for this process they are gone.
    static GIVEN_UP: Mutex<BTreeSet<EcoString>> = Mutex::new(BTreeSet::new());

    fn given_up() -> MutexGuard<'static, BTreeSet<EcoString>> {
        GIVEN_UP.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[async_trait]
    impl ResourceType<Session> for Subscription {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let topic: String = need(inputs, "topic")?;
            let call = send!(wire::client(session, &topic).subscribe().topic_arn(&topic), inputs => endpoint, protocol)
                .set_attributes(Some(wire::all_sent(inputs, &SETTINGS)?))
                .return_subscription_arn(true);
            let answer = session.write("sns.Subscribe", call.send()).await?;
            let id = given(answer.subscription_arn(), "sns.Subscribe")?;
            given_up().remove(&id);
            Ok(Created::new(id))
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let inputs = &request.inputs;
            let topic: String = need(inputs, "topic")?;
            let (protocol, endpoint): (String, String) = (need(inputs, "protocol")?, need(inputs, "endpoint")?);
            let mut found = absent_is_none(wire::subscriptions(session, &topic).await)?.unwrap_or_default();
            found.retain(|one| one.protocol() == Some(&protocol) && one.endpoint() == Some(&endpoint));
            Ok(identities(&found))
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let client = wire::client(session, &request.id);
            let mut changed: Vec<Setting> =
                SETTINGS.into_iter().filter(|(field, ..)| request.changed.contains(*field)).collect();
            // A filter may look deeper into bodies than into attributes: the scope widens before it and narrows after.
            let widens = request.inputs.get("filter_policy_scope").and_then(Value::as_text) == Some("MessageBody");
            changed.sort_by_key(|(field, ..)| (*field == "filter_policy_scope") != widens);
            for (field, name, _) in changed {
                // A filter goes away with an empty document, everything else with an empty text.
                let nothing = if field == "filter_policy" { "{}" } else { "" };
                let value = wire::sent(&request.inputs, field)?.unwrap_or_else(|| nothing.to_owned());
                let call = client.set_subscription_attributes().subscription_arn(request.id.as_str());
                let call = call.attribute_name(name).attribute_value(value);
                session.write("sns.SetSubscriptionAttributes", call.send()).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = wire::client(session, &request.id).unsubscribe().subscription_arn(request.id.as_str());
            match session.write("sns.Unsubscribe", call.send()).await {
                Err(error) if error.message.contains("pending confirmation") => {
                    given_up().insert(request.id.clone());
                    Ok(None)
                }
                outcome => absent_is_done(outcome.map(|_| ())).map(|()| None),
            }
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let call = |token| session.sns().list_subscriptions().set_next_token(token).send();
            let take = |page: aws_sdk_sns::operation::list_subscriptions::ListSubscriptionsOutput| {
                (page.subscriptions.unwrap_or_default(), page.next_token)
            };
            Ok(identities(&session.pages("sns.ListSubscriptions", call, take).await?))
        }
    }

    #[async_trait]
    impl Reader<Session> for Subscription {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            Ok(one_by_one(KIND, wanted, |id, _| one(session, id)).await)
        }
    }

    /// Only confirmed subscriptions are listed with their ARNs.
    fn identities(found: &[types::Subscription]) -> Vec<EcoString> {
        let arns = found.iter().filter_map(types::Subscription::subscription_arn);
        arns.filter(|arn| arn.starts_with("arn:")).map(EcoString::from).collect()
    }

    async fn one(session: &Session, id: &str) -> Result<Option<Live>, ProviderError> {
        let client = wire::client(session, id);
        let call = || client.get_subscription_attributes().subscription_arn(id).send();
        let answer = absent_is_none(session.read("sns.GetSubscriptionAttributes", call).await)?;
        let Some(found) = answer.and_then(|answer| answer.attributes) else { return Ok(None) };
        let pending = found.get("PendingConfirmation").is_some_and(|pending| pending == "true");
        if pending && given_up().contains(id) {
            return Ok(None);
        }
        let mut attributes = wire::read(&found, &SETTINGS);
        attributes.entry("filter_policy_scope".into()).or_insert_with(|| Value::text("MessageAttributes"));
        attributes.entry("raw_message_delivery".into()).or_insert(Value::Bool(false));
        if let Some(policy) = attributes.get("delivery_policy").and_then(Value::as_map).map(plain) {
            attributes.insert("delivery_policy".into(), policy);
        }
        for (field, name) in [("endpoint", "Endpoint"), ("protocol", "Protocol"), ("topic", "TopicArn")] {
            set(&mut attributes, field, found.get(name).map_or(Value::None, |text| Value::text(text.as_str())));
        }
        set(&mut attributes, "arn", Value::text(id));
        Ok(Some(Live { id: id.into(), attributes, status: Status::Ready, owner: None }))
    }

    /// The service fills a delivery policy up with what was not written.
    fn plain(policy: &Map) -> Value {
        let said = |(name, value): &(&EcoString, &Value)| {
            let unlimited = name.as_str() == "guaranteed" && **value == Value::Bool(false);
            !value.is_none() && !unlimited
        };
        Value::map(policy.iter().filter(said).map(|(name, value)| (name.clone(), value.clone())))
    }
}
