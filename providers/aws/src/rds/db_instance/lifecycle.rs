//! The lifecycle of a database instance.

use async_trait::async_trait;
use aws_sdk_rds::config::Region;
use aws_sdk_rds::types;
use cairn_provider::declaration::Declaration;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::{Live, Observed, Status};
use cairn_provider::provider::{Reader, ResourceType};
use cairn_provider::request::{Create, Created, Delete, Monitor, Progress, ReadSet, Readings, Update};
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::calls::{self, More, Source, features};
use crate::docdb::db_instance as docdb;
use crate::native::codec::{Decode, need, set, take};
use crate::native::session::{Session, absent_is_done, given};
use crate::rds::wire;

/// The lifecycle.
pub const HANDLER: &dyn ResourceType<Session> = &DbInstance;
/// Reads instances, those of DocumentDB too: one list holds both.
pub const READER: Option<&dyn Reader<Session>> = Some(&DbInstance);

struct DbInstance;

const KIND: &str = "aws.rds.DbInstance";
const KINDS: [&str; 2] = [docdb::KIND, KIND];

/// What is changed as soon as it is asked for at once. Other changes may wait for a restart.
const AT_ONCE: [&str; 9] = [
    "allocated_storage",
    "backup_retention_period",
    "db_instance_class",
    "engine_version",
    "iops",
    "multi_az",
    "port",
    "storage_throughput",
    "storage_type",
];

#[async_trait]
impl ResourceType<Session> for DbInstance {
    fn declaration(&self) -> &'static Declaration {
        &super::DECLARATION
    }

    async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
        let id = calls::create(session, request).await?;
        given(id.as_deref(), "rds.CreateDBInstance").map(Created::new)
    }

    async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
        let inputs = &request.inputs;
        // A change of the instance comes last: while it is under way nothing else is taken.
        if ["associated_roles", "automatic_backup_replication_region"].iter().any(|name| inputs.contains_key(*name))
            && let Some(instance) = wire::instance(session, id).await?
        {
            change_roles(session, id, &attributes(&instance), inputs).await?;
            replicate_backups(session, &instance, inputs, false).await?;
        }
        let left = Source::of(inputs).left();
        let left: Map = inputs.iter().filter(|(name, _)| left.contains(&name.as_str())).map(owned).collect();
        calls::modify(session, id, &left, More::default(), &Map::new()).await?;
        Ok(())
    }

    async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
        let id: String = need(&request.inputs, "db_instance_identifier")?;
        let instance = wire::instance(session, &id).await?;
        let ours = instance.filter(|instance| wire::is_of(request, instance.tag_list()));
        Ok(ours.and_then(|ours| ours.db_instance_identifier).map(EcoString::from).into_iter().collect())
    }

    async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
        let (id, inputs) = (request.id.as_str(), &request.inputs);
        let arn = request.observed.get("db_instance_arn").and_then(Value::as_text).unwrap_or_default();
        wire::update_tags(session, arn, request).await?;
        // A change of the instance comes last: while it is under way nothing else is taken.
        if request.changed.contains("associated_roles") {
            change_roles(session, id, &request.observed, inputs).await?;
        }
        let mut copying = request.changed.iter().filter(|name| name.starts_with("automatic_backup_replication_"));
        if let Some(first) = copying.next()
            && let Some(instance) = wire::instance(session, id).await?
        {
            // They are in the order of their names: the key, the region, the period.
            let anew = first != "automatic_backup_replication_region" || copying.next().is_some();
            replicate_backups(session, &instance, inputs, anew).await?;
        }
        let modified = calls::modify(session, id, &calls::change(request), More::of(request)?, inputs).await?;
        // A change that is to be made at once begins a while after the call: until then nothing shows it.
        let now = wire::flag(inputs, "apply_immediately").unwrap_or(true);
        Ok(modified.filter(|_| now).map(|_| Monitor(eco_format!("{KIND}|{id}"))))
    }

    async fn poll(&self, session: &Session, monitor: &str) -> Result<Progress, ProviderError> {
        let instance = wire::instance(session, monitor).await?;
        let waiting = instance.as_ref().is_some_and(|instance| {
            let pending = pending(instance);
            let at_once = AT_ONCE.iter().any(|name| pending.contains_key(*name));
            instance.db_instance_status() == Some("available") && at_once
        });
        Ok(if waiting { Progress::Running(None) } else { Progress::Done })
    }

    async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
        let Some(instance) = wire::instance(session, &request.id).await? else { return Ok(None) };
        let status = wire::instance_status(instance.db_instance_status().unwrap_or_default());
        if status == Status::Deleting {
            return Ok(None);
        }
        let call = session.rds().delete_db_instance().db_instance_identifier(request.id.as_str());
        let call = call.set_delete_automated_backups(take(&request.inputs, "delete_automated_backups")?);
        let call = if keeps_data(&instance, &status) {
            let name = wire::last_snapshot(&request.id, instance.dbi_resource_id().unwrap_or_default());
            call.skip_final_snapshot(false).final_db_snapshot_identifier(name.as_str())
        } else {
            call.skip_final_snapshot(true)
        };
        session.delete("rds.DeleteDBInstance", call.send()).await?;
        Ok(None)
    }

    async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
        let all = wire::instances(session).await?;
        let ours = all.into_iter().filter(|instance| instance.engine() != Some(wire::DOCDB));
        Ok(ours.filter_map(|instance| instance.db_instance_identifier).map(EcoString::from).collect())
    }
}

#[async_trait]
impl Reader<Session> for DbInstance {
    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
        let mut readings = Readings::default();
        for instance in wire::instances(session).await? {
            let documents = instance.engine() == Some(wire::DOCDB);
            let (kind, read): (_, fn(&types::DbInstance) -> Map) =
                if documents { (docdb::KIND, docdb::attributes) } else { (KIND, attributes) };
            let Some(id) = instance.db_instance_identifier().map(EcoString::from) else { continue };
            if !wanted.get(kind).is_some_and(|ids| ids.contains_key(&id)) {
                continue;
            }
            let mut attributes = read(&instance);
            let (tags, owner) = wire::read_tags(instance.tag_list());
            set(&mut attributes, "tags", tags);
            let status = wire::instance_status(instance.db_instance_status().unwrap_or_default());
            let live = Live { id: id.clone(), attributes, status, owner };
            readings.answer(kind, id, Observed::Present(Box::new(live)));
        }
        Ok(readings)
    }
}

fn owned((name, value): (&EcoString, &Value)) -> (EcoString, Value) {
    (name.clone(), value.clone())
}

/// Whether an instance has data that a snapshot can hold: those of a cluster's members lie in the cluster, those of a
/// replica in its source, and one that never was usable has none.
fn keeps_data(instance: &types::DbInstance, status: &Status) -> bool {
    let failed = matches!(status, Status::Failed(_));
    let unreachable = instance.db_instance_status() == Some("incompatible-network");
    let replica = is_named(instance.read_replica_source_db_instance_identifier())
        || is_named(instance.read_replica_source_db_cluster_identifier());
    !is_named(instance.db_cluster_identifier()) && !replica && !failed && !unreachable
}

/// Whether an answer names something: an empty name is none.
fn is_named(name: Option<&str>) -> bool {
    name.is_some_and(|name| !name.is_empty())
}

records! {
    read types::Endpoint { address, port, hosted_zone_id }
    read types::CertificateDetails { ca_identifier, valid_till }
    read types::DbInstanceStatusInfo { status_type, normal, status, message }
    both types::DbInstanceRole { feature_name, role_arn as "role" }
}

fn attributes(instance: &types::DbInstance) -> Map {
    let mut attributes = read!(instance =>
        additional_storage_volumes, allocated_storage, associated_roles, auto_minor_version_upgrade,
        automatic_restart_time, availability_zone, backup_retention_period, backup_target, ca_certificate_identifier,
        certificate_details, character_set_name, copy_tags_to_snapshot, custom_iam_instance_profile,
        database_insights_mode, db_cluster_identifier, db_instance_arn, db_instance_class, db_instance_identifier,
        db_instance_status, db_name, db_system_id, dbi_resource_id, dedicated_log_volume, deletion_protection,
        enabled_cloudwatch_logs_exports as "enable_cloudwatch_logs_exports",
        iam_database_authentication_enabled as "enable_iam_database_authentication",
        performance_insights_enabled as "enable_performance_insights", endpoint, engine, engine_lifecycle_support,
        engine_version, instance_create_time, iops, is_storage_config_upgrade_available, kms_key_id as "kms_key",
        latest_restorable_time, license_model, listener_endpoint, master_user_secret, master_username,
        max_allocated_storage, monitoring_interval, monitoring_role_arn as "monitoring_role", multi_az,
        nchar_character_set_name, network_type, percent_progress,
        performance_insights_kms_key_id as "performance_insights_kms_key", performance_insights_retention_period,
        preferred_backup_window, preferred_maintenance_window, processor_features via features, promotion_tier,
        publicly_accessible, read_replica_db_cluster_identifiers, read_replica_db_instance_identifiers,
        read_replica_source_db_cluster_identifier as "source_db_cluster_identifier", replica_mode,
        resume_full_automation_mode_time, secondary_availability_zone, status_infos, storage_encrypted,
        storage_throughput, storage_type, tde_credential_arn, timezone);
    if !attributes.contains_key("max_allocated_storage") && !is_named(instance.db_cluster_identifier()) {
        // How storage that does not grow by itself is written.
        set(&mut attributes, "max_allocated_storage", instance.allocated_storage.decode());
    }
    set(&mut attributes, "manage_master_user_password", Value::Bool(instance.master_user_secret().is_some()));
    let port = instance.endpoint().and_then(types::Endpoint::port).or(instance.db_instance_port);
    set(&mut attributes, "port", port.filter(|port| *port != 0).decode());
    set(&mut attributes, "vpc_security_groups", wire::security_groups(instance.vpc_security_groups.as_deref()));
    let groups = instance.db_security_groups().iter().filter_map(|group| group.db_security_group_name());
    set(&mut attributes, "db_security_groups", Value::list(groups.map(Value::text)));
    let mut text = |name: &str, value: Option<&str>| set(&mut attributes, name, value.decode());
    text("db_subnet_group", instance.db_subnet_group().and_then(|group| group.db_subnet_group_name()));
    text(
        "db_parameter_group",
        instance.db_parameter_groups().first().and_then(|group| group.db_parameter_group_name()),
    );
    text("option_group", instance.option_group_memberships().first().and_then(|group| group.option_group_name()));
    text("automatic_backup_replication_region", replicas_region(instance));
    if let Some(domain) = instance.domain_memberships().first() {
        attributes.extend(read!(domain =>
            domain, fqdn as "domain_fqdn", ou as "domain_ou", iam_role_name as "domain_iam_role",
            auth_secret_arn as "domain_auth_secret", dns_ips as "domain_dns_ips"));
    }
    attributes.extend(pending(instance));
    attributes
}

/// What was asked for and is not there yet: at the next window, or in a moment.
fn pending(instance: &types::DbInstance) -> Map {
    let Some(values) = instance.pending_modified_values() else { return Map::new() };
    let mut pending = read!(values =>
        additional_storage_volumes, allocated_storage, backup_retention_period, ca_certificate_identifier,
        db_instance_class, db_subnet_group_name as "db_subnet_group", dedicated_log_volume, engine, engine_version,
        iam_database_authentication_enabled as "enable_iam_database_authentication", iops, license_model, multi_az,
        port, processor_features via features, storage_throughput, storage_type);
    if let Some(logs) = values.pending_cloudwatch_logs_exports() {
        let enabled = instance.enabled_cloudwatch_logs_exports().iter();
        let kept = enabled.filter(|name| !logs.log_types_to_disable().contains(name));
        let all = kept.chain(logs.log_types_to_enable()).map(|name| Value::text(name.as_str()));
        pending.insert("enable_cloudwatch_logs_exports".into(), Value::list(all));
    }
    // Nothing is no change.
    let is_empty = |value: &Value| {
        value.as_list().is_some_and(|items| items.is_empty()) || value.as_map().is_some_and(Map::is_empty)
    };
    pending.retain(|name, value| name == "enable_cloudwatch_logs_exports" || !is_empty(value));
    pending
}

/// Gives an instance the roles that are written, and takes others away.
async fn change_roles(session: &Session, id: &str, observed: &Map, inputs: &Map) -> Result<(), ProviderError> {
    const FIELD: &str = "associated_roles";
    let before: Vec<types::DbInstanceRole> = take(observed, FIELD)?.unwrap_or_default();
    let after: Vec<types::DbInstanceRole> = take(inputs, FIELD)?.unwrap_or_default();
    for role in before.iter().filter(|role| !after.contains(role)) {
        let call = session.rds().remove_role_from_db_instance().db_instance_identifier(id);
        let call = call.set_role_arn(role.role_arn.clone()).set_feature_name(role.feature_name.clone());
        session.delete("rds.RemoveRoleFromDBInstance", call.send()).await?;
    }
    for role in after.iter().filter(|role| !before.contains(role)) {
        let call = session.rds().add_role_to_db_instance().db_instance_identifier(id);
        let call = call.set_role_arn(role.role_arn.clone()).set_feature_name(role.feature_name.clone());
        match session.write("rds.AddRoleToDBInstance", call.send()).await {
            // It has the role since the last attempt.
            Err(error) if error.class == ErrorClass::AlreadyExists => {}
            outcome => drop(outcome?),
        }
    }
    Ok(())
}

/// The region that an instance's backups are copied to.
fn replicas_region(instance: &types::DbInstance) -> Option<&str> {
    let replica = instance.db_instance_automated_backups_replications().first()?;
    replica.db_instance_automated_backups_arn()?.split(':').nth(3)
}

/// Copies backups to the region that is written. The calls are made there; other settings take a new beginning.
async fn replicate_backups(
    session: &Session,
    instance: &types::DbInstance,
    inputs: &Map,
    anew: bool,
) -> Result<(), ProviderError> {
    let Some(arn) = instance.db_instance_arn() else { return Ok(()) };
    let region: Option<String> = take(inputs, "automatic_backup_replication_region")?;
    let before = replicas_region(instance);
    if before == region.as_deref() && !anew {
        return Ok(());
    }
    let there = |region: &str| aws_sdk_rds::config::Builder::new().region(Region::new(region.to_owned()));
    if let Some(before) = before {
        let call = session.rds().stop_db_instance_automated_backups_replication().source_db_instance_arn(arn);
        let call = call.customize().config_override(there(before));
        absent_is_done(session.write("rds.StopDBInstanceAutomatedBackupsReplication", call.send()).await.map(drop))?;
    }
    if let Some(region) = region {
        let call = send!(session.rds().start_db_instance_automated_backups_replication(), inputs =>
            backup_retention_period as "automatic_backup_replication_retention_period",
            kms_key_id as "automatic_backup_replication_kms_key")
        .source_db_instance_arn(arn);
        let call = call.customize().config_override(there(&region));
        session.write("rds.StartDBInstanceAutomatedBackupsReplication", call.send()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{attributes, keeps_data, types};
    use crate::rds::wire::instance_status;
    use cairn_provider::value::Value;

    fn keeps(instance: types::builders::DbInstanceBuilder, status: &str) -> bool {
        keeps_data(&instance.db_instance_status(status).build(), &instance_status(status))
    }

    #[test]
    fn a_last_snapshot_is_taken_of_what_holds_data() {
        let instance = types::DbInstance::builder;
        assert!(keeps(instance(), "available"));
        assert!(keeps(instance().db_cluster_identifier("").read_replica_source_db_instance_identifier(""), "stopped"));
        assert!(keeps(instance(), "incompatible-parameters"));
        assert!(!keeps(instance().db_cluster_identifier("aurora"), "available"));
        assert!(!keeps(instance().read_replica_source_db_instance_identifier("orders"), "available"));
        assert!(!keeps(instance(), "incompatible-create"));
    }

    #[test]
    fn what_is_to_come_is_read_and_nothing_is_no_change() {
        let values = types::PendingModifiedValues::builder().db_instance_class("db.m7g.large");
        let values = values.set_processor_features(Some(Vec::new())).build();
        let instance = types::DbInstance::builder().db_instance_class("db.t4g.micro").pending_modified_values(values);
        let read = attributes(&instance.allocated_storage(20).build());
        assert_eq!(read.get("db_instance_class"), Some(&Value::text("db.m7g.large")));
        assert_eq!(read.get("processor_features"), None);
        // Storage that does not grow by itself.
        assert_eq!(read.get("max_allocated_storage"), Some(&Value::Int(20)));
    }
}
