//! What the handlers of the service share: settings that are not there, tags, lists of buckets.

use aws_sdk_s3::types;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::Ownership;
use cairn_provider::value::Value;
use ecow::EcoString;

use crate::native::session::Session;
use crate::native::tags;

/// Whether an error says that there is no such bucket.
pub fn lacks_bucket(error: &ProviderError) -> bool {
    error.class == ErrorClass::NotFound && error.code == "NoSuchBucket"
}

/// A setting of a bucket: one that nobody made is `None`. That the bucket itself is not there stays an error.
pub fn setting<T>(outcome: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
    match outcome {
        Ok(setting) => Ok(Some(setting)),
        Err(error) if error.class == ErrorClass::NotFound && !lacks_bucket(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A setting that some regions do not have at all. Where a question is not known, it is refused, or passed over and
/// answered with a list of objects.
pub fn regional_setting<T>(outcome: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
    const MISSING: [&str; 5] =
        ["MethodNotAllowed", "NotImplemented", "UnsupportedArgument", "UnsupportedOperation", "XNotImplemented"];
    match outcome {
        Err(error) if MISSING.contains(&error.code.as_str()) => Ok(None),
        Err(error) if error.code == "Http200" && error.message.contains("ListBucketResult") => Ok(None),
        outcome => setting(outcome),
    }
}

/// All tags of a bucket.
pub async fn tags(session: &Session, bucket: &str) -> Result<Vec<types::Tag>, ProviderError> {
    let call = || session.s3().get_bucket_tagging().bucket(bucket).send();
    let found = setting(session.read("s3.GetBucketTagging", call).await)?;
    Ok(found.map(|found| found.tag_set).unwrap_or_default())
}

/// The user's tags and the marks.
pub fn read_tags(list: &[types::Tag]) -> (Value, Option<Ownership>) {
    tags::read(list.iter().map(|tag| (tag.key(), tag.value())))
}

/// The names of all buckets of the region.
pub async fn buckets(session: &Session) -> Result<Vec<EcoString>, ProviderError> {
    let call = |token| {
        let call = session.s3().list_buckets().max_buckets(1000).bucket_region(session.region());
        call.set_continuation_token(token).send()
    };
    let take = |page: aws_sdk_s3::operation::list_buckets::ListBucketsOutput| {
        (page.buckets.unwrap_or_default(), page.continuation_token)
    };
    let all = session.pages("s3.ListBuckets", call, take).await?;
    Ok(all.into_iter().filter_map(|bucket| bucket.name).map(EcoString::from).collect())
}
