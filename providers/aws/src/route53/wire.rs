//! What the handlers of the service share: identities, names, changes on their way, tags.

use std::collections::BTreeMap;

use aws_sdk_route53::operation::get_hosted_zone::GetHostedZoneOutput;
use aws_sdk_route53::types;
use cairn_provider::error::ProviderError;
use cairn_provider::request::{Monitor, Progress, Update};
use cairn_provider::schema::document;
use cairn_provider::value::Map;
use ecow::eco_format;

use crate::native::codec;
use crate::native::session::{Session, absent_is_none};
use crate::native::tags;

/// A call for tags takes so many objects, and one that changes them so many tags
/// (<https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeTagsForResource.html>).
const TAGGED_AT_ONCE: usize = 10;

/// An identity without its kind: `Z1D633PJN98FT9` of `/hostedzone/Z1D633PJN98FT9`.
pub fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// A name of the DNS in the one form of all that mean the same.
pub fn plain_name(name: &str) -> String {
    document::plain_domain_name(name)
}

/// What to follow until all name servers know a change of an object of a type.
pub fn monitor(kind: &str, change: Option<&types::ChangeInfo>) -> Option<Monitor> {
    let pending = change.filter(|change| change.status == types::ChangeStatus::Pending);
    pending.map(|change| Monitor(eco_format!("{kind}|{}", bare(&change.id))))
}

/// How far a change is. One that the service has forgotten is long done.
pub async fn poll(session: &Session, change: &str) -> Result<Progress, ProviderError> {
    let call = || session.route53().get_change().id(change).send();
    let answer = absent_is_none(session.read("route53.GetChange", call).await)?;
    let status = answer.and_then(|answer| answer.change_info).map(|change| change.status);
    Ok(if status == Some(types::ChangeStatus::Pending) { Progress::Running(None) } else { Progress::Done })
}

/// All zones.
pub async fn zones(session: &Session) -> Result<Vec<types::HostedZone>, ProviderError> {
    let call = |marker| session.route53().list_hosted_zones().set_marker(marker).send();
    session.pages("route53.ListHostedZones", call, |page| (page.hosted_zones, page.next_marker)).await
}

/// The zones of exactly this name. The list is sorted by name and begins where it is asked to.
pub async fn zones_named(session: &Session, name: &str) -> Result<Vec<types::HostedZone>, ProviderError> {
    let name = plain_name(name);
    let mut found = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let client = session.route53();
        let call = || client.list_hosted_zones_by_name().dns_name(name.as_str()).set_hosted_zone_id(next.clone()).send();
        let page = session.read("route53.ListHostedZonesByName", call).await?;
        found.extend(page.hosted_zones.into_iter().filter(|zone| plain_name(&zone.name) == name));
        let goes_on = page.is_truncated && page.next_dns_name.is_some_and(|other| plain_name(&other) == name);
        match page.next_hosted_zone_id.filter(|id| goes_on && Some(id) != next.as_ref()) {
            Some(id) => next = Some(id),
            None => return Ok(found),
        }
    }
}

/// A zone with its networks and name servers.
pub async fn zone(session: &Session, id: &str) -> Result<Option<GetHostedZoneOutput>, ProviderError> {
    let call = || session.route53().get_hosted_zone().id(id).send();
    absent_is_none(session.read("route53.GetHostedZone", call).await)
}

/// The name of a zone.
pub async fn zone_name(session: &Session, id: &str) -> Result<Option<String>, ProviderError> {
    let zone = zone(session, id).await?.and_then(|answer| answer.hosted_zone);
    Ok(zone.map(|zone| plain_name(&zone.name)))
}

/// The records of a zone, or only those of a name and type. `None` if there is no such zone.
pub async fn records(
    session: &Session,
    zone: &str,
    only: Option<(&str, &str)>,
) -> Result<Option<Vec<types::ResourceRecordSet>>, ProviderError> {
    let is_wanted = |name: &str, kind: &types::RrType| {
        only.is_none_or(|(of_name, of_kind)| plain_name(name) == of_name && kind.as_str() == of_kind)
    };
    let mut found = Vec::new();
    let mut from = only.map(|(name, kind)| (name.to_owned(), Some(types::RrType::from(kind)), None));
    loop {
        let call = || {
            let (name, kind, set) = from.clone().map_or((None, None, None), |(name, kind, set)| (Some(name), kind, set));
            let call = session.route53().list_resource_record_sets().hosted_zone_id(zone).set_start_record_name(name);
            call.set_start_record_type(kind).set_start_record_identifier(set).send()
        };
        let Some(page) = absent_is_none(session.read("route53.ListResourceRecordSets", call).await)? else {
            return Ok(None);
        };
        found.extend(page.resource_record_sets.into_iter().filter(|record| is_wanted(&record.name, &record.r#type)));
        let next = page.next_record_name.map(|name| (name, page.next_record_type, page.next_record_identifier));
        // The list is sorted: behind the records of one name and type come none of them any more.
        let goes_on = |(name, kind, _): &(String, Option<types::RrType>, _)| {
            kind.as_ref().is_none_or(|kind| is_wanted(name, kind))
        };
        match next.filter(|next| page.is_truncated && goes_on(next) && Some(next) != from.as_ref()) {
            Some(next) => from = Some(next),
            None => return Ok(Some(found)),
        }
    }
}

/// Makes, sets or deletes one record.
pub async fn change_record(
    session: &Session,
    zone: &str,
    action: types::ChangeAction,
    record: types::ResourceRecordSet,
    comment: Option<&str>,
) -> Result<Option<types::ChangeInfo>, ProviderError> {
    let change = codec::built(types::Change::builder().action(action).resource_record_set(record).build())?;
    let batch = codec::built(types::ChangeBatch::builder().changes(change).set_comment(comment.map(Into::into)).build())?;
    let call = session.route53().change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
    let answer = session.write("route53.ChangeResourceRecordSets", call.send()).await?;
    Ok(answer.change_info)
}

/// Tags as pairs of key and value.
pub type Tags = Vec<(String, String)>;

/// The tags of objects, by their bare identities.
pub async fn tags_of(
    session: &Session,
    kind: types::TagResourceType,
    ids: &[&str],
) -> Result<BTreeMap<String, Tags>, ProviderError> {
    let mut found = BTreeMap::new();
    for ids in ids.chunks(TAGGED_AT_ONCE) {
        for set in tag_sets(session, &kind, ids).await? {
            let pairs = set.tags.unwrap_or_default().into_iter();
            let pairs = pairs.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()));
            found.insert(bare(&set.resource_id.unwrap_or_default()).to_owned(), pairs.collect());
        }
    }
    Ok(found)
}

async fn tag_sets(
    session: &Session,
    kind: &types::TagResourceType,
    ids: &[&str],
) -> Result<Vec<types::ResourceTagSet>, ProviderError> {
    let client = session.route53();
    if let [id] = ids {
        let call = || client.list_tags_for_resource().resource_type(kind.clone()).resource_id(*id).send();
        let answer = session.read("route53.ListTagsForResource", call).await?;
        return Ok(answer.resource_tag_set.into_iter().collect());
    }
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let call = || client.list_tags_for_resources().resource_type(kind.clone()).set_resource_ids(Some(ids.clone())).send();
    Ok(session.read("route53.ListTagsForResources", call).await?.resource_tag_sets)
}

/// Sets and removes tags.
pub async fn change_tags(
    session: &Session,
    kind: types::TagResourceType,
    id: &str,
    changes: tags::Changes,
) -> Result<(), ProviderError> {
    let add = tags::tag_list!(types::Tag, changes.set);
    for add in add.chunks(TAGGED_AT_ONCE) {
        let call = session.route53().change_tags_for_resource().resource_type(kind.clone()).resource_id(id);
        session.write("route53.ChangeTagsForResource", call.set_add_tags(Some(add.to_vec())).send()).await?;
    }
    for remove in changes.remove.chunks(TAGGED_AT_ONCE) {
        let call = session.route53().change_tags_for_resource().resource_type(kind.clone()).resource_id(id);
        session.write("route53.ChangeTagsForResource", call.set_remove_tag_keys(Some(remove.to_vec())).send()).await?;
    }
    Ok(())
}

/// Brings tags to what is written, if they changed; the marks are set again, should they be missing.
pub async fn update_tags(
    session: &Session,
    kind: types::TagResourceType,
    field: &str,
    request: &Update,
) -> Result<(), ProviderError> {
    if !request.changed.contains(field) {
        return Ok(());
    }
    let mut changes = tags::changes(&request.observed, &request.inputs, field);
    changes.set.extend(tags::of_new(&Map::new(), field, &request.owner));
    change_tags(session, kind, &request.id, changes).await
}
