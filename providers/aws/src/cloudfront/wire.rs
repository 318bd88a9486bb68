//! What the handlers of the service share: tags.

use aws_sdk_cloudfront::types;
use cairn_provider::error::ProviderError;

use crate::native::codec::Mistake;
use crate::native::session::{Session, absent_is_none};
use crate::native::tags;

/// Tags for a call.
pub fn tag_list(pairs: Vec<(String, String)>) -> Result<types::Tags, Mistake> {
    Ok(types::Tags::builder().set_items(Some(tags::tag_list!(types::Tag, pairs))).build())
}

/// The tags of an object, by its ARN. `None` if it is not there.
pub async fn tags_of(session: &Session, arn: &str) -> Result<Option<Vec<types::Tag>>, ProviderError> {
    let call = || session.cloudfront().list_tags_for_resource().resource(arn).send();
    let answer = absent_is_none(session.read("cloudfront.ListTagsForResource", call).await)?;
    Ok(answer.map(|answer| answer.tags.and_then(|tags| tags.items).unwrap_or_default()))
}

/// Sets and removes tags.
pub async fn change_tags(session: &Session, arn: &str, changes: tags::Changes) -> Result<(), ProviderError> {
    if !changes.set.is_empty() {
        let call = session.cloudfront().tag_resource().resource(arn).tags(tag_list(changes.set)?);
        session.write("cloudfront.TagResource", call.send()).await?;
    }
    if !changes.remove.is_empty() {
        let keys = types::TagKeys::builder().set_items(Some(changes.remove)).build();
        let call = session.cloudfront().untag_resource().resource(arn).tag_keys(keys);
        session.write("cloudfront.UntagResource", call.send()).await?;
    }
    Ok(())
}
