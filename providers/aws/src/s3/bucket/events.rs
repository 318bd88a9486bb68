//! Whom a bucket tells what happens in it: topics, queues, functions, and the event bus.

use aws_sdk_s3::types;
use cairn_provider::error::ProviderError;
use cairn_provider::value::{Map, Value};

use crate::native::codec::{Decode, Encode, Mistake, built, fields_of, need, take};
use crate::native::session::Session;

records! {
    both types::NotificationConfigurationFilter { key as "s3_key" }
    both types::S3KeyFilter { filter_rules as "rules" via rules }
}

/// Beginning and end of the objects' names, as a map in documents.
mod rules {
    use aws_sdk_s3::types;
    use cairn_provider::value::{Map, Value};

    use crate::native::codec::{Encode, Mistake};

    /// The list of a document's map.
    pub fn take(map: &Map, name: &str) -> Result<Option<Vec<types::FilterRule>>, Mistake> {
        let Some(rules) = map.get(name).and_then(Value::as_map) else { return Ok(None) };
        let mut list = Vec::new();
        for (key, value) in rules {
            let value = String::encode(value).map_err(|mistake| mistake.inside(key).inside(name))?;
            let key = types::FilterRuleName::from(key.to_ascii_lowercase().as_str());
            list.push(types::FilterRule::builder().name(key).value(value).build());
        }
        Ok(Some(list))
    }

    /// The map of a list. The service answers in capitals.
    pub fn decode(list: &Option<Vec<types::FilterRule>>) -> Value {
        let Some(list) = list else { return Value::None };
        Value::map(list.iter().filter_map(|rule| {
            Some((rule.name()?.as_str().to_ascii_lowercase().into(), Value::text(rule.value().unwrap_or_default())))
        }))
    }
}

/// A configuration of one kind of receiver: the field of a document, and the SDK's name of the receiver. Documents have
/// one event in each, answers perhaps several.
macro_rules! receivers {
    ($($ty:path, $arn:ident, $name:literal);+ $(;)?) => {
        $(
            impl Encode for $ty {
                fn encode(value: &Value) -> Result<Self, Mistake> {
                    let map = fields_of(value, &["event", "filter", $name])?;
                    let event: String = need(map, "event")?;
                    let builder = <$ty>::builder().events(types::Event::from(event.as_str()));
                    built(builder.$arn(need::<String>(map, $name)?).set_filter(take(map, "filter")?).build())
                }
            }

            impl Decode for $ty {
                fn decode(&self) -> Value {
                    let one = |event: &types::Event| {
                        let mut map = read!(self => filter);
                        map.insert("event".into(), Value::text(event.as_str()));
                        map.insert($name.into(), Value::text(self.$arn()));
                        Value::from(map)
                    };
                    Value::list(self.events().iter().map(one))
                }
            }
        )+
    };
}

receivers! {
    types::TopicConfiguration, topic_arn, "topic";
    types::QueueConfiguration, queue_arn, "queue";
    types::LambdaFunctionConfiguration, lambda_function_arn, "function";
}

/// Whom a bucket tells.
pub async fn read(session: &Session, bucket: &str) -> Result<Value, ProviderError> {
    let call = || session.s3().get_bucket_notification_configuration().bucket(bucket).send();
    let found = session.read("s3.GetBucketNotificationConfiguration", call).await?;
    let bus = Value::map([("event_bridge_enabled".into(), Value::Bool(found.event_bridge_configuration().is_some()))]);
    Ok(Value::map([
        ("event_bridge_configuration".into(), bus),
        ("lambda_configurations".into(), flat(found.lambda_function_configurations())),
        ("queue_configurations".into(), flat(found.queue_configurations())),
        ("topic_configurations".into(), flat(found.topic_configurations())),
    ]))
}

fn flat(list: &[impl Decode]) -> Value {
    Value::list(list.iter().flat_map(|one| one.decode().as_list().unwrap_or_default().to_vec()))
}

/// Sets all receivers; none is written as none.
pub async fn write(session: &Session, bucket: &str, inputs: &Map) -> Result<(), ProviderError> {
    let none = Map::new();
    let written = inputs.get("notification_configuration").and_then(Value::as_map).unwrap_or(&none);
    let bus = written.get("event_bridge_configuration").and_then(|bus| bus.at("event_bridge_enabled")?.as_bool());
    let configuration = send!(types::NotificationConfiguration::builder(), written =>
        lambda_function_configurations as "lambda_configurations", queue_configurations, topic_configurations)
    .set_event_bridge_configuration((bus == Some(true)).then(|| types::EventBridgeConfiguration::builder().build()));
    let call = session.s3().put_bucket_notification_configuration().bucket(bucket);
    let call = call.notification_configuration(configuration.build());
    session.write("s3.PutBucketNotificationConfiguration", call.send()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{flat, types};
    use crate::native::codec::Encode;
    use cairn_provider::value::{Value, from_json};

    #[test]
    fn receivers_come_back_one_for_each_event() {
        let text = r#"{"event":"s3:ObjectCreated:*","topic":"arn:aws:sns:eu-central-1:1:t",
            "filter":{"s3_key":{"rules":{"prefix":"in/","suffix":".jpg"}}}}"#;
        let document: Value = from_json(&serde_json::from_str(text).unwrap());
        let topic = types::TopicConfiguration::encode(&document).unwrap();
        assert_eq!(flat(&[topic]), Value::list([document]));
        let both = types::QueueConfiguration::builder().queue_arn("arn:aws:sqs:eu-central-1:1:q");
        let both = both.events(types::Event::from("s3:ObjectRemoved:Delete")).events(types::Event::from("s3:Replication:*"));
        assert_eq!(flat(&[both.build().unwrap()]).as_list().map(<[Value]>::len), Some(2));
    }
}
