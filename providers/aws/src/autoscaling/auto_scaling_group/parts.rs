//! What a group has that is changed with calls of its own: tags, targets, hooks, metrics, notifications.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_autoscaling::types;
use cairn_provider::error::ProviderError;
use cairn_provider::object::Ownership;
use cairn_provider::request::{Create, Update};
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use crate::native::codec::{Decode, Encode, Mistake, take};
use crate::native::session::{Session, absent_is_none};

/// Calls that attach and detach take so many at a time.
const ATTACHED: usize = 10;

/// What of a new group takes further calls.
pub async fn configure(session: &Session, group: &str, inputs: &Map) -> Result<(), ProviderError> {
    for collection in metrics(inputs)? {
        enable(session, group, collection).await?;
    }
    for (topic, kinds) in notifications(inputs)? {
        notify(session, group, topic, kinds).await?;
    }
    Ok(())
}

/// Brings everything that changed to what is written.
pub async fn update(session: &Session, request: &Update) -> Result<(), ProviderError> {
    let group = request.id.as_str();
    let changed = |name: &str| request.changed.contains(name);
    update_targets(session, request).await?;
    if changed("lifecycle_hook_specification_list") {
        update_hooks(session, request).await?;
    }
    if changed("metrics_collection") {
        update_metrics(session, request).await?;
    }
    if changed("notification_configuration") || changed("notification_configurations") {
        let after = notifications(&request.inputs)?;
        for topic in notifications(&request.observed)?.into_keys().filter(|topic| !after.contains_key(topic)) {
            let call = session.autoscaling().delete_notification_configuration();
            let call = call.auto_scaling_group_name(group).topic_arn(topic);
            session.delete("autoscaling.DeleteNotificationConfiguration", call.send()).await?;
        }
        for (topic, kinds) in after {
            notify(session, group, topic, kinds).await?;
        }
    }
    if changed("tags") {
        update_tags(session, request).await?;
    }
    Ok(())
}

/// A tag: its value, and whether new instances get it.
type Tag = (String, bool);

fn tags(document: &Map) -> Result<BTreeMap<String, Tag>, Mistake> {
    let tags = document.get("tags").and_then(Value::as_map);
    let tag = |(key, value): (&EcoString, &Value)| {
        let written = value.as_map().map_or_else(|| String::encode(value).map(Some), |map| take(map, "value"));
        let propagated = value.as_map().map_or(Ok(None), |map| take(map, "propagate_at_launch"));
        let tag = written.and_then(|text| Ok((text.unwrap_or_default(), propagated?.unwrap_or(true))));
        Ok((key.to_string(), tag.map_err(|mistake| mistake.inside(key).inside("tags"))?))
    };
    tags.into_iter().flatten().map(tag).collect()
}

fn tag(group: &str, key: &str, (value, propagated): &Tag) -> Result<types::Tag, Mistake> {
    let tag = types::Tag::builder().resource_id(group).resource_type("auto-scaling-group").key(key);
    crate::native::codec::built(tag.value(value).propagate_at_launch(*propagated).build())
}

/// The tags of a new group. Its instances do not get the marks: they are not ours but the group's.
pub fn new_tags(group: &str, request: &Create) -> Result<Vec<types::Tag>, Mistake> {
    let mut all = tags(&request.inputs)?;
    let marks = request.owner.tags();
    all.extend(marks.iter().map(|(key, value)| ((*key).to_owned(), (value.to_string(), false))));
    all.iter().map(|(key, one)| tag(group, key, one)).collect()
}

/// The user's tags and the marks.
pub fn read_tags(group: &types::AutoScalingGroup) -> (Value, Option<Ownership>) {
    let all: BTreeMap<&str, &types::TagDescription> =
        group.tags().iter().map(|tag| (tag.key().unwrap_or_default(), tag)).collect();
    let owner = Ownership::from_tags(|name| all.get(name).and_then(|tag| tag.value()));
    let entry = |tag: &types::TagDescription| {
        Value::map([
            ("value".into(), Value::text(tag.value().unwrap_or_default())),
            ("propagate_at_launch".into(), Value::Bool(tag.propagate_at_launch().unwrap_or_default())),
        ])
    };
    let users = all.iter().filter(|(key, _)| !Ownership::is_reserved(key));
    (Value::map(users.map(|(key, tag)| (EcoString::from(*key), entry(tag)))), owner)
}

async fn update_tags(session: &Session, request: &Update) -> Result<(), ProviderError> {
    let (before, after) = (tags(&request.observed)?, tags(&request.inputs)?);
    let set = after.iter().filter(|(key, one)| before.get(*key) != Some(*one));
    let set = set.map(|(key, one)| tag(&request.id, key, one)).collect::<Result<Vec<_>, _>>()?;
    if !set.is_empty() {
        let call = session.autoscaling().create_or_update_tags().set_tags(Some(set));
        session.write("autoscaling.CreateOrUpdateTags", call.send()).await?;
    }
    let gone = before.iter().filter(|(key, _)| !after.contains_key(*key));
    let gone = gone.map(|(key, one)| tag(&request.id, key, one)).collect::<Result<Vec<_>, _>>()?;
    if !gone.is_empty() {
        let call = session.autoscaling().delete_tags().set_tags(Some(gone));
        session.write("autoscaling.DeleteTags", call.send()).await?;
    }
    Ok(())
}

/// The texts of a list that are in one document and not in the other.
fn beside(document: &Map, other: &Map, field: &str) -> Result<Vec<String>, Mistake> {
    let others: Vec<String> = take(other, field)?.unwrap_or_default();
    let mut texts: Vec<String> = take(document, field)?.unwrap_or_default();
    texts.retain(|text| !others.contains(text));
    Ok(texts)
}

/// Target groups and the like. What goes is detached before anything is attached: both may name the same.
async fn update_targets(session: &Session, request: &Update) -> Result<(), ProviderError> {
    let (group, client) = (request.id.as_str(), session.autoscaling());
    let (before, after) = (&request.observed, &request.inputs);
    let changed = |name: &str| request.changed.contains(name);
    if changed("target_groups") {
        for arns in beside(before, after, "target_groups")?.chunks(ATTACHED) {
            let call = client.detach_load_balancer_target_groups().auto_scaling_group_name(group);
            let call = call.set_target_group_arns(Some(arns.to_vec()));
            session.write("autoscaling.DetachLoadBalancerTargetGroups", call.send()).await?;
        }
    }
    if changed("load_balancer_names") {
        for names in beside(before, after, "load_balancer_names")?.chunks(ATTACHED) {
            let call = client.detach_load_balancers().auto_scaling_group_name(group);
            let call = call.set_load_balancer_names(Some(names.to_vec()));
            session.write("autoscaling.DetachLoadBalancers", call.send()).await?;
        }
    }
    let sources = |map| take::<Vec<types::TrafficSourceIdentifier>>(map, "traffic_sources");
    let (had, wanted) = (sources(before)?.unwrap_or_default(), sources(after)?.unwrap_or_default());
    let same = |one: &types::TrafficSourceIdentifier, other: &types::TrafficSourceIdentifier| {
        one.identifier() == other.identifier()
    };
    if changed("traffic_sources") {
        let gone: Vec<_> = had.iter().filter(|one| !wanted.iter().any(|other| same(one, other))).cloned().collect();
        for sources in gone.chunks(ATTACHED) {
            let call = client.detach_traffic_sources().auto_scaling_group_name(group);
            let call = call.set_traffic_sources(Some(sources.to_vec()));
            session.write("autoscaling.DetachTrafficSources", call.send()).await?;
        }
    }
    if changed("target_groups") {
        for arns in beside(after, before, "target_groups")?.chunks(ATTACHED) {
            let call = client.attach_load_balancer_target_groups().auto_scaling_group_name(group);
            let call = call.set_target_group_arns(Some(arns.to_vec()));
            session.write("autoscaling.AttachLoadBalancerTargetGroups", call.send()).await?;
        }
    }
    if changed("load_balancer_names") {
        for names in beside(after, before, "load_balancer_names")?.chunks(ATTACHED) {
            let call = client.attach_load_balancers().auto_scaling_group_name(group);
            let call = call.set_load_balancer_names(Some(names.to_vec()));
            session.write("autoscaling.AttachLoadBalancers", call.send()).await?;
        }
    }
    if changed("traffic_sources") {
        let new: Vec<_> = wanted.iter().filter(|one| !had.iter().any(|other| same(one, other))).cloned().collect();
        for sources in new.chunks(ATTACHED) {
            let call = client.attach_traffic_sources().auto_scaling_group_name(group);
            let call = send!(call, after => skip_zonal_shift_validation).set_traffic_sources(Some(sources.to_vec()));
            session.write("autoscaling.AttachTrafficSources", call.send()).await?;
        }
    }
    Ok(())
}

/// The hooks of a group; none if it is not there.
pub async fn read_hooks(session: &Session, group: &str) -> Result<Option<Value>, ProviderError> {
    let call = || session.autoscaling().describe_lifecycle_hooks().auto_scaling_group_name(group).send();
    let answer = absent_is_none(session.read("autoscaling.DescribeLifecycleHooks", call).await)?;
    Ok(answer.map(|answer| Value::list(answer.lifecycle_hooks().iter().map(Decode::decode))))
}

async fn update_hooks(session: &Session, request: &Update) -> Result<(), ProviderError> {
    const FIELD: &str = "lifecycle_hook_specification_list";
    let hooks = |document: &Map| -> Result<BTreeMap<String, Map>, Mistake> {
        let items = document.get(FIELD).and_then(Value::as_list).unwrap_or_default();
        items.iter().filter_map(Value::as_map).map(|hook| Ok((name_of(hook)?, hook.clone()))).collect()
    };
    let (before, after) = (hooks(&request.observed)?, hooks(&request.inputs)?);
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        let call = session.autoscaling().delete_lifecycle_hook().auto_scaling_group_name(request.id.as_str());
        session.delete("autoscaling.DeleteLifecycleHook", call.lifecycle_hook_name(name).send()).await?;
    }
    for (name, hook) in &after {
        let known = before.get(name);
        if known.is_some_and(|known| hook.iter().all(|(field, value)| known.get(field) == Some(value))) {
            continue;
        }
        let call = send!(session.autoscaling().put_lifecycle_hook(), hook =>
            default_result, heartbeat_timeout, lifecycle_hook_name, lifecycle_transition, notification_metadata,
            notification_target_arn as "notification_target", role_arn as "role");
        let call = call.auto_scaling_group_name(request.id.as_str());
        session.write("autoscaling.PutLifecycleHook", call.send()).await?;
    }
    Ok(())
}

fn name_of(hook: &Map) -> Result<String, Mistake> {
    crate::native::codec::need(hook, "lifecycle_hook_name")
}

/// What is collected: the granularity and the metrics, all of them if none is named.
type Collection = (String, Option<Vec<String>>);

fn metrics(document: &Map) -> Result<Vec<Collection>, Mistake> {
    let items = document.get("metrics_collection").and_then(Value::as_list).unwrap_or_default();
    let collection = |map: &Map| Ok((crate::native::codec::need(map, "granularity")?, take(map, "metrics")?));
    items.iter().filter_map(Value::as_map).map(collection).collect()
}

/// What is collected of a group, by granularity.
pub fn read_metrics(group: &types::AutoScalingGroup) -> Value {
    let mut by_granularity: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for enabled in group.enabled_metrics() {
        if let (Some(granularity), Some(metric)) = (enabled.granularity(), enabled.metric()) {
            by_granularity.entry(granularity).or_default().insert(metric);
        }
    }
    Value::list(by_granularity.into_iter().map(|(granularity, metrics)| {
        let metrics = Value::list(metrics.into_iter().map(Value::text));
        Value::map([("granularity".into(), Value::text(granularity)), ("metrics".into(), metrics)])
    }))
}

async fn enable(session: &Session, group: &str, (granularity, metrics): Collection) -> Result<(), ProviderError> {
    let call = session.autoscaling().enable_metrics_collection().auto_scaling_group_name(group);
    let metrics = metrics.filter(|metrics| !metrics.is_empty());
    let call = call.granularity(granularity).set_metrics(metrics);
    session.write("autoscaling.EnableMetricsCollection", call.send()).await?;
    Ok(())
}

async fn update_metrics(session: &Session, request: &Update) -> Result<(), ProviderError> {
    let after = metrics(&request.inputs)?;
    let collected = metrics(&request.observed)?.into_iter().flat_map(|(_, metrics)| metrics.unwrap_or_default());
    let all = after.iter().any(|(_, metrics)| metrics.as_ref().is_none_or(Vec::is_empty));
    let wanted: BTreeSet<&String> = after.iter().flat_map(|(_, metrics)| metrics).flatten().collect();
    let gone: Vec<String> = collected.filter(|metric| !all && !wanted.contains(metric)).collect();
    if !gone.is_empty() {
        let call = session.autoscaling().disable_metrics_collection().auto_scaling_group_name(request.id.as_str());
        session.write("autoscaling.DisableMetricsCollection", call.set_metrics(Some(gone)).send()).await?;
    }
    for collection in after {
        enable(session, &request.id, collection).await?;
    }
    Ok(())
}

/// Topics, each with what it is told. One topic may stand alone in a field of its own.
fn notifications(document: &Map) -> Result<BTreeMap<String, Vec<String>>, Mistake> {
    let many = document.get("notification_configurations").and_then(Value::as_list).unwrap_or_default();
    let one = document.get("notification_configuration");
    let topic = |map: &Map| {
        Ok((crate::native::codec::need(map, "topic")?, take(map, "notification_types")?.unwrap_or_default()))
    };
    many.iter().chain(one).filter_map(Value::as_map).map(topic).collect()
}

/// The topics of a group; none if it is not there.
pub async fn read_notifications(session: &Session, group: &str) -> Result<Option<Vec<Value>>, ProviderError> {
    let call = |token| {
        let call = session.autoscaling().describe_notification_configurations().auto_scaling_group_names(group);
        call.max_records(100).set_next_token(token).send()
    };
    let found = session
        .pages("autoscaling.DescribeNotificationConfigurations", call, |page| {
            (page.notification_configurations.unwrap_or_default(), page.next_token)
        })
        .await;
    let Some(found) = absent_is_none(found)? else { return Ok(None) };
    let mut by_topic: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in &found {
        if let (Some(topic), Some(kind)) = (one.topic_arn(), one.notification_type()) {
            by_topic.entry(topic).or_default().insert(kind);
        }
    }
    let topic = |(topic, kinds): (&str, BTreeSet<&str>)| {
        let kinds = Value::list(kinds.into_iter().map(Value::text));
        Value::map([("topic".into(), Value::text(topic)), ("notification_types".into(), kinds)])
    };
    Ok(Some(by_topic.into_iter().map(topic).collect()))
}

async fn notify(session: &Session, group: &str, topic: String, kinds: Vec<String>) -> Result<(), ProviderError> {
    let call = session.autoscaling().put_notification_configuration().auto_scaling_group_name(group);
    let call = call.topic_arn(topic).set_notification_types(Some(kinds));
    session.write("autoscaling.PutNotificationConfiguration", call.send()).await?;
    Ok(())
}
