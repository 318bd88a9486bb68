//! What the handlers of databases share: tags, lists, states, and the name of a last snapshot.
//!
//! Amazon DocumentDB speaks the same API at the same endpoint; its handlers use this file, too.

use aws_sdk_rds::types;
use cairn_provider::error::ProviderError;
use cairn_provider::object::{Ownership, Status};
use cairn_provider::request::{Create, Update};
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use crate::native::codec::Mistake;
use crate::native::session::Session;
use crate::native::tags;

/// The engine whose objects are those of the service `docdb`.
pub const DOCDB: &str = "docdb";

/// Pages hold at most so many objects.
const PAGE: i32 = 100;

records! {
    read types::MasterUserSecret { secret_arn, kms_key_id as "kms_key" }
}

/// All database instances, of every engine.
pub async fn instances(session: &Session) -> Result<Vec<types::DbInstance>, ProviderError> {
    let call = |marker| session.rds().describe_db_instances().max_records(PAGE).set_marker(marker).send();
    session.pages("rds.DescribeDBInstances", call, |page| (page.db_instances.unwrap_or_default(), page.marker)).await
}

/// One database instance.
pub async fn instance(session: &Session, id: &str) -> Result<Option<types::DbInstance>, ProviderError> {
    let call = || session.rds().describe_db_instances().db_instance_identifier(id).send();
    let answer = session.read("rds.DescribeDBInstances", call).await;
    let answer = crate::native::session::absent_is_none(answer)?;
    Ok(answer.and_then(|answer| answer.db_instances.unwrap_or_default().into_iter().next()))
}

/// All database clusters, of every engine.
pub async fn clusters(session: &Session) -> Result<Vec<types::DbCluster>, ProviderError> {
    let call = |marker| session.rds().describe_db_clusters().max_records(PAGE).set_marker(marker).send();
    session.pages("rds.DescribeDBClusters", call, |page| (page.db_clusters.unwrap_or_default(), page.marker)).await
}

/// One database cluster.
pub async fn cluster(session: &Session, id: &str) -> Result<Option<types::DbCluster>, ProviderError> {
    let call = || session.rds().describe_db_clusters().db_cluster_identifier(id).send();
    let answer = crate::native::session::absent_is_none(session.read("rds.DescribeDBClusters", call).await)?;
    Ok(answer.and_then(|answer| answer.db_clusters.unwrap_or_default().into_iter().next()))
}

/// The tags of a new object: the user's and the marks.
pub fn tags_of_new(request: &Create) -> Result<Vec<types::Tag>, Mistake> {
    Ok(tags::tag_list!(types::Tag, tags::of_new(&request.inputs, "tags", &request.owner)))
}

/// The user's tags and the marks of an answer.
pub fn read_tags(list: &[types::Tag]) -> (Value, Option<Ownership>) {
    tags::read(list.iter().map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default())))
}

/// Whether an object with these tags was made for a request.
pub fn is_of(request: &Create, list: &[types::Tag]) -> bool {
    let (_, owner) = read_tags(list);
    owner.is_some_and(|owner| owner.stack == request.owner.stack && owner.address == request.owner.address)
}

/// Brings the tags of an object to what is written, if they changed.
pub async fn update_tags(session: &Session, arn: &str, request: &Update) -> Result<(), ProviderError> {
    if !request.changed.contains("tags") {
        return Ok(());
    }
    let changes = tags::changes(&request.observed, &request.inputs, "tags");
    if !changes.set.is_empty() {
        let list = tags::tag_list!(types::Tag, changes.set);
        let call = session.rds().add_tags_to_resource().resource_name(arn).set_tags(Some(list));
        session.write("rds.AddTagsToResource", call.send()).await?;
    }
    if !changes.remove.is_empty() {
        let call = session.rds().remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(changes.remove));
        session.write("rds.RemoveTagsFromResource", call.send()).await?;
    }
    Ok(())
}

/// What is written of the fields that differ.
pub fn changed(request: &Update) -> Map {
    let changed = request.inputs.iter().filter(|(name, _)| request.changed.contains(*name));
    changed.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A flag of a document.
pub fn flag(inputs: &Map, field: &str) -> Option<bool> {
    inputs.get(field).and_then(Value::as_bool)
}

/// Security groups of an answer.
pub fn security_groups(groups: Option<&[types::VpcSecurityGroupMembership]>) -> Value {
    let groups = groups.unwrap_or_default().iter().filter_map(|group| group.vpc_security_group_id());
    Value::list(groups.map(Value::text))
}

/// Log types to be switched on and off, from those that are exported to those that are written.
pub fn log_exports(request: &Update) -> Option<types::CloudwatchLogsExportConfiguration> {
    const FIELD: &str = "enable_cloudwatch_logs_exports";
    if !request.changed.contains(FIELD) {
        return None;
    }
    let texts = |map: &Map| -> Vec<String> {
        let items = map.get(FIELD).and_then(Value::as_list).unwrap_or_default();
        items.iter().filter_map(Value::as_text).map(str::to_owned).collect()
    };
    let (before, after) = (texts(&request.observed), texts(&request.inputs));
    let enable = after.iter().filter(|name| !before.contains(name)).cloned().collect();
    let disable = before.iter().filter(|name| !after.contains(name)).cloned().collect();
    let configuration = types::CloudwatchLogsExportConfiguration::builder();
    Some(configuration.set_enable_log_types(Some(enable)).set_disable_log_types(Some(disable)).build())
}

/// The state of an instance
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html>).
///
/// States that need somebody's help but still hold data (`incompatible-parameters`, `storage-full`) are no failures: a
/// failed object is replaced.
pub fn instance_status(status: &str) -> Status {
    match status {
        "available" | "stopped" | "storage-optimization" | "storage-initialization" => Status::Ready,
        "failed" | "incompatible-create" | "incompatible-restore" | "insufficient-capacity" | "restore-error" => {
            Status::Failed(status.into())
        }
        "deleting" | "delete-precheck" => Status::Deleting,
        _ => Status::Pending(status.into()),
    }
}

/// The state of a cluster
/// (<https://docs.aws.amazon.com/documentdb/latest/developerguide/monitoring_docdb-cluster_status.html>).
pub fn cluster_status(status: &str) -> Status {
    match status {
        "available" | "stopped" => Status::Ready,
        "cloning-failed" | "failed" | "migration-failed" => Status::Failed(status.into()),
        "deleting" => Status::Deleting,
        _ => Status::Pending(status.into()),
    }
}

/// The name of the snapshot that is taken of a database before it goes: always the same for one database, and another
/// one for the next database of the same name. Snapshots of clusters have at most 63 characters.
pub fn last_snapshot(identifier: &str, resource: &str) -> EcoString {
    let tail: String = resource.rsplit('-').next().unwrap_or_default().chars().take(12).collect();
    let head: String = identifier.chars().take(40).collect();
    eco_format!("{}-final-{}", head.trim_end_matches('-'), tail.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{cluster_status, instance_status, last_snapshot};
    use cairn_provider::object::Status;

    #[test]
    fn a_last_snapshot_has_a_name_of_its_own() {
        assert_eq!(last_snapshot("shop", "db-ABCDEFGHIJKLMNOP"), "shop-final-abcdefghijkl");
        let long = last_snapshot(&"a".repeat(63), "cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        assert!(long.len() <= 63, "{long}");
    }

    #[test]
    fn only_what_holds_no_data_has_failed() {
        assert_eq!(instance_status("backing-up"), Status::Pending("backing-up".into()));
        assert_eq!(instance_status("incompatible-parameters"), Status::Pending("incompatible-parameters".into()));
        assert_eq!(instance_status("incompatible-create"), Status::Failed("incompatible-create".into()));
        assert_eq!(cluster_status("available"), Status::Ready);
        assert_eq!(cluster_status("deleting"), Status::Deleting);
    }
}
