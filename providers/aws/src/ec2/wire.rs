//! What the handlers of the service share: tags, filters, look-ups, enumerations.

use aws_sdk_ec2::operation::describe_internet_gateways;
use aws_sdk_ec2::types;
use cairn_provider::error::ProviderError;
use cairn_provider::object::{Ownership, TAG_NONCE};
use cairn_provider::request::{Create, Update};
use cairn_provider::schema::document::same;
use cairn_provider::value::{Map, Value};

use crate::native::codec::{Encode, Mistake};
use crate::native::session::Session;
use crate::native::tags;

texts!(types::HostnameType, types::ResourceType, types::Tenancy);

/// A filter takes so many values
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html>).
pub const FILTER_VALUES: usize = 200;

/// A filter on values. Unlike a list of ids it does not fail when one of them is gone.
pub fn filter(name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> types::Filter {
    types::Filter::builder().name(name).set_values(Some(values.into_iter().map(Into::into).collect())).build()
}

/// Filters on many values, as many as hold them all. Each is for a call of its own.
pub fn filters(name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Vec<types::Filter> {
    let values: Vec<String> = values.into_iter().map(Into::into).collect();
    values.chunks(FILTER_VALUES).map(|values| filter(name, values)).collect()
}

/// Filters that find what an interrupted create has made. A nonce is unique, and has no characters that mean something
/// in a filter, as an address may have.
pub fn marked(owner: &Ownership) -> Vec<types::Filter> {
    vec![filter(&format!("tag:{TAG_NONCE}"), [owner.nonce.as_str()])]
}

/// The tags of a new object, for the call that makes it.
pub fn tag_specification(request: &Create, kind: types::ResourceType) -> Result<types::TagSpecification, Mistake> {
    let pairs = tags::of_new(&request.inputs, "tags", &request.owner);
    let list = tags::tag_list!(types::Tag, pairs);
    Ok(types::TagSpecification::builder().resource_type(kind).set_tags(Some(list)).build())
}

/// The user's tags and the marks of an answer.
pub fn read_tags(list: Option<&[types::Tag]>) -> (Value, Option<Ownership>) {
    tags::read(list.unwrap_or_default().iter().map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default())))
}

/// Brings tags to what is written, if they changed.
pub async fn update_tags(session: &Session, id: &str, request: &Update) -> Result<(), ProviderError> {
    if !request.changed.contains("tags") {
        return Ok(());
    }
    let changes = tags::changes(&request.observed, &request.inputs, "tags");
    if !changes.set.is_empty() {
        let list = tags::tag_list!(types::Tag, changes.set);
        session.write("ec2.CreateTags", session.ec2().create_tags().resources(id).set_tags(Some(list)).send()).await?;
    }
    if !changes.remove.is_empty() {
        let list = changes.remove.into_iter().map(|key| types::Tag::builder().key(key).build()).collect();
        session.write("ec2.DeleteTags", session.ec2().delete_tags().resources(id).set_tags(Some(list)).send()).await?;
    }
    Ok(())
}

/// Internet gateways, with what they are attached to.
pub async fn internet_gateways(
    session: &Session,
    filters: Vec<types::Filter>,
) -> Result<Vec<types::InternetGateway>, ProviderError> {
    let call = |token| {
        let call = session.ec2().describe_internet_gateways().set_filters(Some(filters.clone()));
        call.max_results(1000).set_next_token(token).send()
    };
    let take = |page: describe_internet_gateways::DescribeInternetGatewaysOutput| {
        (page.internet_gateways.unwrap_or_default(), page.next_token)
    };
    session.pages("ec2.DescribeInternetGateways", call, take).await
}

/// A flag as the service takes it in changes of attributes.
pub fn flag(value: bool) -> types::AttributeBooleanValue {
    types::AttributeBooleanValue::builder().value(value).build()
}

/// A flag of a document, or what the service has when nobody writes it.
pub fn flag_or(inputs: &Map, field: &str, default: bool) -> bool {
    inputs.get(field).and_then(Value::as_bool).unwrap_or(default)
}

/// The filters for conditions of a look-up; tags have filters of their own.
pub fn conditions(conditions: &Map, filters: &[(&str, &str)]) -> Vec<types::Filter> {
    let text = |value: &Value| String::encode(value).ok();
    let plain = filters
        .iter()
        .filter_map(|(field, name)| Some(filter(name, [text(conditions.get(*field).filter(|value| !value.is_none())?)?])));
    let tags = conditions.get("tags").and_then(Value::as_map).into_iter().flatten();
    plain.chain(tags.filter_map(|(key, value)| Some(filter(&format!("tag:{key}"), [text(value)?])))).collect()
}

/// Whether what was found meets the conditions of a look-up; some have no filter.
pub fn met(attributes: &Map, conditions: &Map) -> bool {
    conditions.iter().all(|(name, wanted)| match (wanted.as_map(), attributes.get(name).and_then(Value::as_map)) {
        // Tags that are asked for must be there; others may be.
        (Some(wanted), Some(found)) => wanted.iter().all(|(key, value)| found.get(key) == Some(value)),
        _ => same(wanted, attributes.get(name).unwrap_or(&Value::None)),
    })
}

#[cfg(test)]
mod tests {
    use super::{FILTER_VALUES, filters};

    #[test]
    fn no_filter_holds_too_many_values_and_none_is_lost() {
        let ids: Vec<String> = (0..2 * FILTER_VALUES + 1).map(|number| format!("vpc-{number}")).collect();
        let made = filters("vpc-id", &ids);
        let sizes: Vec<usize> = made.iter().map(|filter| filter.values().len()).collect();
        assert_eq!(sizes, [FILTER_VALUES, FILTER_VALUES, 1]);
        assert!(made.iter().all(|filter| filter.name() == Some("vpc-id")));
        assert_eq!(made.iter().flat_map(|filter| filter.values()).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
        assert!(filters("vpc-id", [""; 0]).is_empty());
    }
}
