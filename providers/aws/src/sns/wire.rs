//! What the handlers of the service share: settings that travel as a map of texts, and the region of an ARN.

use std::collections::HashMap;

use aws_sdk_sns::Client;
use aws_sdk_sns::config::Region;
use aws_sdk_sns::operation::list_subscriptions_by_topic::ListSubscriptionsByTopicOutput;
use aws_sdk_sns::types;
use cairn_provider::error::ProviderError;
use cairn_provider::value::{Map, Value, to_json};

use crate::native::codec::{Encode, Mistake, json, set};
use crate::native::session::Session;

/// How a setting is read: the service has texts only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Text,
    /// `true` or `false`.
    Flag,
    /// A JSON document.
    Document,
}

/// A setting: the field, the service's name, and how it is read.
pub type Setting = (&'static str, &'static str, Form);

/// The client of the region in which a topic or a subscription lives: its ARN says which.
pub fn client(session: &Session, arn: &str) -> Client {
    let own = session.sns();
    match arn.split(':').nth(3) {
        Some(region) if !region.is_empty() && region != session.region() => {
            Client::from_conf(own.config().to_builder().region(Region::new(region.to_owned())).build())
        }
        Some(_) | None => own.clone(),
    }
}

/// What listens to a topic.
///
/// # Errors
/// The topic is not there, or the failure of a page.
pub async fn subscriptions(session: &Session, topic: &str) -> Result<Vec<types::Subscription>, ProviderError> {
    let client = client(session, topic);
    let call = |token| client.list_subscriptions_by_topic().topic_arn(topic).set_next_token(token).send();
    let take = |page: ListSubscriptionsByTopicOutput| (page.subscriptions.unwrap_or_default(), page.next_token);
    session.pages("sns.ListSubscriptionsByTopic", call, take).await
}

/// A written setting as the service takes it.
pub fn sent(inputs: &Map, field: &str) -> Result<Option<String>, Mistake> {
    match inputs.get(field) {
        None | Some(Value::None) => Ok(None),
        Some(document @ (Value::Map(_) | Value::List(_))) => Ok(Some(to_json(document).to_string())),
        Some(value) => String::encode(value).map(Some).map_err(|mistake| mistake.inside(field)),
    }
}

/// All written settings, for the call that makes an object.
pub fn all_sent(inputs: &Map, settings: &[Setting]) -> Result<HashMap<String, String>, Mistake> {
    let mut sent = HashMap::new();
    for (field, name, _) in settings {
        if let Some(text) = self::sent(inputs, field)? {
            sent.insert((*name).to_owned(), text);
        }
    }
    Ok(sent)
}

/// The settings of an answer.
pub fn read(found: &HashMap<String, String>, settings: &[Setting]) -> Map {
    let mut attributes = Map::new();
    for (field, name, form) in settings {
        let Some(text) = found.get(*name).filter(|text| !text.is_empty()) else { continue };
        let value = match form {
            Form::Text => Value::text(text.as_str()),
            Form::Flag => Value::Bool(text == "true"),
            Form::Document => json::decode(&Some(text.clone())),
        };
        // A document that was taken away is read as an empty one.
        if !value.as_map().is_some_and(Map::is_empty) {
            set(&mut attributes, field, value);
        }
    }
    attributes
}
