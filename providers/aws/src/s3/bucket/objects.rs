//! What happens to objects as they grow old: the rules of a bucket's lifecycle.

use aws_sdk_s3::types;
use cairn_provider::error::ProviderError;
use cairn_provider::value::{Map, Value};

use super::tag_filters;
use crate::native::codec::{Decode, Encode, Mistake, built, fields_of, need, set, take};
use crate::native::session::Session;
use crate::s3::wire::regional_setting as setting;

texts!(types::ExpirationStatus, types::TransitionDefaultMinimumObjectSize);

records! {
    both types::AbortIncompleteMultipartUpload { days_after_initiation }
    both types::NoncurrentVersionExpiration { newer_noncurrent_versions, noncurrent_days }
    both types::NoncurrentVersionTransition {
        newer_noncurrent_versions, noncurrent_days as "transition_in_days", storage_class
    }
    both types::Transition { date as "transition_date", days as "transition_in_days", storage_class }
}

impl Encode for types::TransitionStorageClass {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        // The registry knows one class in two spellings.
        String::encode(value).map(|name| Self::from(name.to_ascii_uppercase().as_str()))
    }
}

impl Decode for types::TransitionStorageClass {
    fn decode(&self) -> Value {
        Value::text(self.as_str())
    }
}

/// The rules of a bucket.
pub async fn read(session: &Session, bucket: &str) -> Result<Value, ProviderError> {
    let call = || session.s3().get_bucket_lifecycle_configuration().bucket(bucket).send();
    let found = setting(session.read("s3.GetBucketLifecycleConfiguration", call).await)?;
    Ok(found.map_or(Value::None, |found| Value::from(read!(found => rules, transition_default_minimum_object_size))))
}

/// Sets all rules, or removes them.
pub async fn write(session: &Session, bucket: &str, written: Option<&Value>) -> Result<(), ProviderError> {
    let Some(written) = written.and_then(Value::as_map) else {
        let call = session.s3().delete_bucket_lifecycle().bucket(bucket);
        return session.delete("s3.DeleteBucketLifecycle", call.send()).await;
    };
    let rules: Vec<types::LifecycleRule> = need(written, "rules")?;
    let configuration = built(types::BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build())?;
    let call = send!(session.s3().put_bucket_lifecycle_configuration(), written =>
        transition_default_minimum_object_size)
    .bucket(bucket)
    .lifecycle_configuration(configuration);
    session.write("s3.PutBucketLifecycleConfiguration", call.send()).await?;
    Ok(())
}

const FIELDS: [&str; 16] = [
    "abort_incomplete_multipart_upload",
    "expiration_date",
    "expiration_in_days",
    "expired_object_delete_marker",
    "id",
    "noncurrent_version_expiration",
    "noncurrent_version_expiration_in_days",
    "noncurrent_version_transition",
    "noncurrent_version_transitions",
    "object_size_greater_than",
    "object_size_less_than",
    "prefix",
    "status",
    "tag_filters",
    "transition",
    "transitions",
];

impl Encode for types::LifecycleRule {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let map = fields_of(value, &FIELDS)?;
        let rule = send!(Self::builder(), map => abort_incomplete_multipart_upload, id, status)
            .set_expiration(expiration(map)?)
            .filter(filter(map)?)
            .set_noncurrent_version_expiration(noncurrent_expiration(map)?)
            .set_noncurrent_version_transitions(both(map, "noncurrent_version_transition")?)
            .set_transitions(both(map, "transition")?);
        built(rule.build())
    }
}

impl Decode for types::LifecycleRule {
    fn decode(&self) -> Value {
        let mut map = read!(self =>
            abort_incomplete_multipart_upload, id, noncurrent_version_expiration, noncurrent_version_transitions, status,
            transitions);
        if let Some(expiration) = self.expiration() {
            map.extend(read!(expiration =>
                date as "expiration_date", days as "expiration_in_days", expired_object_delete_marker));
        }
        if let Some(filter) = self.filter() {
            match filter.and() {
                Some(and) => map.extend(read!(and =>
                    object_size_greater_than, object_size_less_than, prefix, tags as "tag_filters" via tag_filters)),
                None => {
                    map.extend(read!(filter => object_size_greater_than, object_size_less_than, prefix));
                    let tag = filter.tag().map_or(Value::None, |tag| tag_filters::of(std::slice::from_ref(tag)));
                    set(&mut map, "tag_filters", tag);
                }
            }
        }
        Value::from(map)
    }
}

fn expiration(map: &Map) -> Result<Option<types::LifecycleExpiration>, Mistake> {
    let fields = ["expiration_date", "expiration_in_days", "expired_object_delete_marker"];
    if !fields.iter().any(|name| map.contains_key(*name)) {
        return Ok(None);
    }
    let expiration = send!(types::LifecycleExpiration::builder(), map =>
        date as "expiration_date", days as "expiration_in_days", expired_object_delete_marker);
    Ok(Some(expiration.build()))
}

fn noncurrent_expiration(map: &Map) -> Result<Option<types::NoncurrentVersionExpiration>, Mistake> {
    if let Some(expiration) = take(map, "noncurrent_version_expiration")? {
        return Ok(Some(expiration));
    }
    let days: Option<i32> = take(map, "noncurrent_version_expiration_in_days")?;
    let builder = types::NoncurrentVersionExpiration::builder();
    Ok(days.map(|days| builder.noncurrent_days(days).build()))
}

/// Transitions are written one by one or as a list, or both.
fn both<T: Encode>(map: &Map, one: &str) -> Result<Option<Vec<T>>, Mistake> {
    let mut all: Vec<T> = take(map, &format!("{one}s"))?.unwrap_or_default();
    all.extend(take::<T>(map, one)?);
    Ok((!all.is_empty()).then_some(all))
}

/// Which objects a rule is about. One condition stands alone, several stand together, and none means all objects.
fn filter(map: &Map) -> Result<types::LifecycleRuleFilter, Mistake> {
    let mut written = tag_filters::Written::of(map)?;
    let greater: Option<i64> = take(map, "object_size_greater_than")?;
    let less: Option<i64> = take(map, "object_size_less_than")?;
    let builder = types::LifecycleRuleFilter::builder();
    Ok(match (greater, less) {
        (None, None) if written.is_empty() => builder.prefix("").build(),
        (Some(_), None) | (None, Some(_)) if written.is_empty() => {
            builder.set_object_size_greater_than(greater).set_object_size_less_than(less).build()
        }
        (None, None) if written.tags.is_empty() => builder.set_prefix(written.only_prefix()).build(),
        (None, None) if written.prefix.is_none() && written.tags.len() == 1 => builder.set_tag(written.only_tag()).build(),
        _ => {
            let and = types::LifecycleRuleAndOperator::builder().set_prefix(written.prefix);
            let and = and.set_tags((!written.tags.is_empty()).then_some(written.tags));
            builder.and(and.set_object_size_greater_than(greater).set_object_size_less_than(less).build()).build()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::types;
    use crate::native::codec::{Decode, Encode};
    use cairn_provider::value::{Value, from_json};

    fn document(text: &str) -> Value {
        from_json(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn rules_come_back_as_they_were_written() {
        for text in [
            r#"{"id":"a","status":"Enabled","prefix":"logs/","expiration_in_days":30}"#,
            r#"{"id":"b","status":"Enabled","tag_filters":{"a":"1"},"transitions":[
                {"storage_class":"GLACIER","transition_in_days":90}]}"#,
            r#"{"id":"c","status":"Disabled","prefix":"x","tag_filters":{"a":"1","b":"2"},"object_size_less_than":5,
                "noncurrent_version_expiration":{"noncurrent_days":3,"newer_noncurrent_versions":2}}"#,
        ] {
            let rule = types::LifecycleRule::encode(&document(text)).unwrap();
            assert_eq!(rule.decode(), document(text));
        }
    }
}
