//! The calls that make and change a database instance, field by field.

use aws_sdk_rds::types;
use cairn_provider::error::ProviderError;
use cairn_provider::request::{Create, Update};
use cairn_provider::value::{Map, Value};

use crate::native::codec::{Mistake, need, take};
use crate::native::session::Session;
use crate::rds::wire;

texts!(types::DatabaseInsightsMode, types::MasterUserAuthenticationType, types::ReplicaMode);

records! {
    read types::AdditionalStorageVolumeOutput {
        volume_name, allocated_storage, iops, max_allocated_storage, storage_throughput, storage_type
    }
    both types::AdditionalStorageVolume {
        volume_name, allocated_storage, iops, max_allocated_storage, storage_throughput, storage_type
    }
    send types::ModifyAdditionalStorageVolume {
        volume_name, allocated_storage, iops, max_allocated_storage, storage_throughput, storage_type
    }
}

/// Features of the processor: names to values.
pub mod features {
    use aws_sdk_rds::types;
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use crate::native::codec::{Encode, Mistake};

    /// The list of a document's map.
    pub fn take(map: &Map, name: &str) -> Result<Option<Vec<types::ProcessorFeature>>, Mistake> {
        let Some(features) = map.get(name).and_then(Value::as_map).filter(|features| !features.is_empty()) else {
            return Ok(None);
        };
        let feature = |(key, value): (&EcoString, &Value)| {
            let value = String::encode(value).map_err(|mistake| mistake.inside(key))?;
            Ok(types::ProcessorFeature::builder().name(key.as_str()).value(value).build())
        };
        features.iter().map(feature).collect::<Result<_, _>>().map(Some)
    }

    /// The map of a list.
    pub fn decode(list: &Option<Vec<types::ProcessorFeature>>) -> Value {
        let Some(list) = list else { return Value::None };
        Value::map(list.iter().filter_map(|feature| {
            let text = feature.value()?;
            let value = text.parse().map_or_else(|_| Value::text(text), Value::Int);
            Some((feature.name()?.into(), value))
        }))
    }
}

/// What a new instance is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nothing: it is new.
    New,
    /// A snapshot.
    Snapshot,
    /// Another instance or its backups, at a point in time.
    PointInTime,
    /// Another instance or a cluster, which it follows.
    Replica,
}

impl Source {
    /// By what is written.
    pub fn of(inputs: &Map) -> Self {
        let has = |name| inputs.contains_key(name);
        let at_a_time = has("restore_time") || wire::flag(inputs, "use_latest_restorable_time") == Some(true);
        if has("db_snapshot_identifier") || has("db_cluster_snapshot_identifier") {
            Self::Snapshot
        } else if has("source_dbi_resource_id") || has("source_db_instance_automated_backups_arn") || at_a_time {
            Self::PointInTime
        } else if has("source_db_instance_identifier") || has("source_db_cluster_identifier") {
            Self::Replica
        } else {
            Self::New
        }
    }

    /// Fields that the call that makes it does not take: they are set once it is there.
    pub fn left(self) -> &'static [&'static str] {
        match self {
            Self::New => &["replica_mode"],
            Self::Snapshot => &[
                "database_insights_mode",
                "db_security_groups",
                "enable_performance_insights",
                "engine_version",
                "master_user_authentication_type",
                "master_user_password",
                "max_allocated_storage",
                "monitoring_interval",
                "monitoring_role",
                "performance_insights_kms_key",
                "performance_insights_retention_period",
                "preferred_maintenance_window",
                "promotion_tier",
                "replica_mode",
            ],
            Self::PointInTime => &[
                "database_insights_mode",
                "db_security_groups",
                "enable_performance_insights",
                "engine_version",
                "master_user_authentication_type",
                "master_user_password",
                "monitoring_interval",
                "monitoring_role",
                "performance_insights_kms_key",
                "performance_insights_retention_period",
                "preferred_maintenance_window",
                "promotion_tier",
                "replica_mode",
            ],
            Self::Replica => &[
                "backup_retention_period",
                "db_security_groups",
                "engine_version",
                "license_model",
                "preferred_backup_window",
                "preferred_maintenance_window",
                "promotion_tier",
            ],
        }
    }
}

/// The key of the secret that RDS keeps the password in.
fn secret_key(inputs: &Map) -> Result<Option<String>, Mistake> {
    match inputs.get("master_user_secret").and_then(Value::as_map) {
        Some(secret) => take(secret, "kms_key").map_err(|mistake| mistake.inside("master_user_secret")),
        None => Ok(None),
    }
}

/// Makes an instance; gives its identifier as the service spells it.
pub async fn create(session: &Session, request: &Create) -> Result<Option<String>, ProviderError> {
    let inputs = &request.inputs;
    let tags = wire::tags_of_new(request)?;
    let made = match Source::of(inputs) {
        Source::New => {
            let call = send!(session.rds().create_db_instance(), inputs =>
                db_name, db_instance_identifier, allocated_storage, db_instance_class, engine, master_username,
                master_user_password, db_security_groups, vpc_security_group_ids as "vpc_security_groups",
                availability_zone, db_subnet_group_name as "db_subnet_group", preferred_maintenance_window,
                db_parameter_group_name as "db_parameter_group", backup_retention_period, preferred_backup_window, port,
                multi_az, engine_version, auto_minor_version_upgrade, license_model, iops, storage_throughput,
                option_group_name as "option_group", character_set_name, nchar_character_set_name, publicly_accessible,
                db_cluster_identifier, storage_type, tde_credential_arn, tde_credential_password, storage_encrypted,
                kms_key_id as "kms_key", domain, domain_fqdn, domain_ou, domain_auth_secret_arn as "domain_auth_secret",
                domain_dns_ips, copy_tags_to_snapshot, monitoring_interval, monitoring_role_arn as "monitoring_role",
                domain_iam_role_name as "domain_iam_role", promotion_tier, timezone,
                enable_iam_database_authentication, database_insights_mode, enable_performance_insights,
                performance_insights_kms_key_id as "performance_insights_kms_key",
                performance_insights_retention_period, enable_cloudwatch_logs_exports, processor_features via features,
                deletion_protection, max_allocated_storage, network_type, backup_target, custom_iam_instance_profile,
                db_system_id, ca_certificate_identifier, manage_master_user_password, dedicated_log_volume,
                engine_lifecycle_support, additional_storage_volumes, master_user_authentication_type)
            .set_master_user_secret_kms_key_id(secret_key(inputs)?)
            .set_tags(Some(tags));
            session.write("rds.CreateDBInstance", call.send()).await?.db_instance
        }
        Source::Snapshot => {
            let call = send!(session.rds().restore_db_instance_from_db_snapshot(), inputs =>
                db_instance_identifier, db_snapshot_identifier, db_cluster_snapshot_identifier, db_instance_class, port,
                availability_zone, db_subnet_group_name as "db_subnet_group", multi_az, publicly_accessible,
                auto_minor_version_upgrade, license_model, db_name, engine, iops, storage_throughput,
                option_group_name as "option_group", storage_type, tde_credential_arn, tde_credential_password,
                vpc_security_group_ids as "vpc_security_groups", domain, domain_fqdn, domain_ou,
                domain_auth_secret_arn as "domain_auth_secret", domain_dns_ips, copy_tags_to_snapshot,
                domain_iam_role_name as "domain_iam_role", enable_iam_database_authentication,
                enable_cloudwatch_logs_exports, processor_features via features,
                db_parameter_group_name as "db_parameter_group", deletion_protection, network_type, backup_target,
                custom_iam_instance_profile, allocated_storage, backup_retention_period, preferred_backup_window,
                dedicated_log_volume, ca_certificate_identifier, engine_lifecycle_support, additional_storage_volumes,
                use_default_processor_features, manage_master_user_password)
            .set_master_user_secret_kms_key_id(secret_key(inputs)?)
            .set_tags(Some(tags));
            session.write("rds.RestoreDBInstanceFromDBSnapshot", call.send()).await?.db_instance
        }
        Source::PointInTime => {
            let call = send!(session.rds().restore_db_instance_to_point_in_time(), inputs =>
                source_db_instance_identifier, source_dbi_resource_id, source_db_instance_automated_backups_arn,
                target_db_instance_identifier as "db_instance_identifier", restore_time, use_latest_restorable_time,
                db_instance_class, port, availability_zone, db_subnet_group_name as "db_subnet_group", multi_az,
                publicly_accessible, auto_minor_version_upgrade, license_model, db_name, engine, iops,
                storage_throughput, option_group_name as "option_group", copy_tags_to_snapshot, storage_type,
                tde_credential_arn, tde_credential_password, vpc_security_group_ids as "vpc_security_groups", domain,
                domain_iam_role_name as "domain_iam_role", domain_fqdn, domain_ou,
                domain_auth_secret_arn as "domain_auth_secret", domain_dns_ips, enable_iam_database_authentication,
                enable_cloudwatch_logs_exports, processor_features via features,
                db_parameter_group_name as "db_parameter_group", deletion_protection, max_allocated_storage,
                network_type, backup_target, custom_iam_instance_profile, allocated_storage, backup_retention_period,
                preferred_backup_window, dedicated_log_volume, ca_certificate_identifier, engine_lifecycle_support,
                additional_storage_volumes, use_default_processor_features, manage_master_user_password)
            .set_master_user_secret_kms_key_id(secret_key(inputs)?)
            .set_tags(Some(tags));
            session.write("rds.RestoreDBInstanceToPointInTime", call.send()).await?.db_instance
        }
        Source::Replica => {
            let call = send!(session.rds().create_db_instance_read_replica(), inputs =>
                db_instance_identifier, source_db_cluster_identifier, db_instance_class, availability_zone, port,
                multi_az, auto_minor_version_upgrade, iops, storage_throughput, option_group_name as "option_group",
                db_parameter_group_name as "db_parameter_group", publicly_accessible,
                db_subnet_group_name as "db_subnet_group", vpc_security_group_ids as "vpc_security_groups",
                storage_type, copy_tags_to_snapshot, monitoring_interval, monitoring_role_arn as "monitoring_role",
                kms_key_id as "kms_key", enable_iam_database_authentication, database_insights_mode,
                enable_performance_insights, performance_insights_kms_key_id as "performance_insights_kms_key",
                performance_insights_retention_period, enable_cloudwatch_logs_exports, processor_features via features,
                use_default_processor_features, deletion_protection, domain, domain_iam_role_name as "domain_iam_role",
                domain_fqdn, domain_ou, domain_auth_secret_arn as "domain_auth_secret", domain_dns_ips, replica_mode,
                network_type, max_allocated_storage, backup_target, custom_iam_instance_profile, allocated_storage,
                dedicated_log_volume, ca_certificate_identifier, additional_storage_volumes)
            .set_source_db_instance_identifier(replicated(session, inputs).await?)
            .set_tags(Some(tags));
            session.write("rds.CreateDBInstanceReadReplica", call.send()).await?.db_instance
        }
    };
    Ok(made.and_then(|made| made.db_instance_identifier))
}

/// The instance to follow; of another region by its ARN.
async fn replicated(session: &Session, inputs: &Map) -> Result<Option<String>, ProviderError> {
    let source: Option<String> = take(inputs, "source_db_instance_identifier")?;
    let region: Option<String> = take(inputs, "source_region")?;
    match (source, region) {
        (Some(source), Some(region)) if !source.starts_with("arn:") && region != session.region() => {
            let account = &session.caller().await?.account;
            Ok(Some(format!("arn:{}:rds:{region}:{account}:db:{source}", session.partition())))
        }
        (source, _) => Ok(source),
    }
}

/// Fields that are sent together: if one of them differs, all that are written go along.
const TOGETHER: [&[&str]; 7] = [
    &["allocated_storage", "iops", "storage_throughput", "storage_type"],
    &["monitoring_interval", "monitoring_role"],
    &[
        "database_insights_mode",
        "enable_performance_insights",
        "performance_insights_kms_key",
        "performance_insights_retention_period",
    ],
    &["domain", "domain_auth_secret", "domain_dns_ips", "domain_fqdn", "domain_iam_role", "domain_ou"],
    &["allow_major_version_upgrade", "db_parameter_group", "engine_version"],
    &["manage_master_user_password", "master_user_password", "master_user_secret"],
    &["ca_certificate_identifier", "certificate_rotation_restart"],
];

/// What of the written document goes into a change.
pub fn change(request: &Update) -> Map {
    let mut change = wire::changed(request);
    // A flag that only goes along changes nothing by itself.
    for name in ["allow_major_version_upgrade", "apply_immediately", "certificate_rotation_restart"] {
        change.remove(name);
    }
    let groups = TOGETHER.iter().filter(|group| group.iter().any(|name| change.contains_key(*name)));
    let along: Vec<&str> = groups.flat_map(|group| group.iter().copied()).collect();
    for name in along {
        if let Some(value) = request.inputs.get(name) {
            change.insert(name.into(), value.clone());
        }
    }
    // RDS manages the password or takes one, not both.
    if wire::flag(&change, "manage_master_user_password") == Some(true) {
        change.remove("master_user_password");
    }
    let grown = request.observed.get("allocated_storage").and_then(Value::as_int);
    if let (Some(Value::Int(written)), Some(grown)) = (change.get_mut("allocated_storage"), grown) {
        *written = grown.max(*written);
    }
    change
}

/// Changes an instance; gives it as it is then, or nothing if nothing had to be sent.
pub async fn modify(
    session: &Session,
    id: &str,
    change: &Map,
    more: More,
    inputs: &Map,
) -> Result<Option<types::DbInstance>, ProviderError> {
    let now = wire::flag(inputs, "apply_immediately").unwrap_or(true);
    let call = send!(session.rds().modify_db_instance(), change =>
        allocated_storage, db_instance_class, db_subnet_group_name as "db_subnet_group", db_security_groups,
        vpc_security_group_ids as "vpc_security_groups", master_user_password,
        db_parameter_group_name as "db_parameter_group", backup_retention_period, preferred_backup_window,
        preferred_maintenance_window, multi_az, engine_version, allow_major_version_upgrade, auto_minor_version_upgrade,
        license_model, iops, storage_throughput, option_group_name as "option_group", storage_type, tde_credential_arn,
        tde_credential_password, ca_certificate_identifier, domain, domain_fqdn, domain_ou,
        domain_auth_secret_arn as "domain_auth_secret", domain_dns_ips, copy_tags_to_snapshot, monitoring_interval,
        db_port_number as "port", publicly_accessible, monitoring_role_arn as "monitoring_role",
        domain_iam_role_name as "domain_iam_role", promotion_tier, enable_iam_database_authentication,
        database_insights_mode, enable_performance_insights,
        performance_insights_kms_key_id as "performance_insights_kms_key", performance_insights_retention_period,
        processor_features via features, use_default_processor_features, deletion_protection, max_allocated_storage,
        certificate_rotation_restart, replica_mode, network_type, manage_master_user_password, dedicated_log_volume,
        master_user_authentication_type, engine_lifecycle_support)
    .set_master_user_secret_kms_key_id(secret_key(change)?)
    .set_cloudwatch_logs_export_configuration(more.logs)
    .set_additional_storage_volumes(more.volumes);
    let call = if more.default_features { call.use_default_processor_features(true) } else { call };
    let unchanged = session.rds().modify_db_instance();
    if !more.at_once && call.as_input() == unchanged.as_input() {
        return Ok(None);
    }
    let call = call.db_instance_identifier(id).apply_immediately(now);
    Ok(session.write("rds.ModifyDBInstance", call.send()).await?.db_instance)
}

/// What a change holds beside fields of the document.
#[derive(Debug, Default)]
pub struct More {
    /// Logs to be switched on and off.
    logs: Option<types::CloudwatchLogsExportConfiguration>,
    /// Volumes to be added, changed or removed.
    volumes: Option<Vec<types::ModifyAdditionalStorageVolume>>,
    /// Whether the processor goes back to its own features.
    default_features: bool,
    /// Whether changes that wait for their window are to be made now.
    at_once: bool,
}

impl More {
    /// Of an update.
    pub fn of(request: &Update) -> Result<Self, Mistake> {
        let changed = |name: &str| request.changed.contains(name);
        let features = request.inputs.get("processor_features").and_then(Value::as_map);
        Ok(Self {
            logs: wire::log_exports(request),
            volumes: if changed("additional_storage_volumes") { Some(volumes(request)?) } else { None },
            default_features: changed("processor_features") && features.is_none_or(Map::is_empty),
            at_once: changed("apply_immediately") && wire::flag(&request.inputs, "apply_immediately") == Some(true),
        })
    }
}

/// All volumes that are written, and those that are not any more, to be deleted.
fn volumes(request: &Update) -> Result<Vec<types::ModifyAdditionalStorageVolume>, Mistake> {
    const FIELD: &str = "additional_storage_volumes";
    let mut volumes: Vec<types::ModifyAdditionalStorageVolume> = take(&request.inputs, FIELD)?.unwrap_or_default();
    for found in request.observed.get(FIELD).and_then(Value::as_list).unwrap_or_default() {
        let Some(found) = found.as_map() else { continue };
        let name: String = need(found, "volume_name")?;
        if !volumes.iter().any(|volume| volume.volume_name() == Some(name.as_str())) {
            volumes.push(types::ModifyAdditionalStorageVolume::builder().volume_name(name).set_for_delete(true).build());
        }
    }
    Ok(volumes)
}

#[cfg(test)]
mod tests {
    use super::{More, Source, change};
    use cairn_provider::object::Ownership;
    use cairn_provider::request::Update;
    use cairn_provider::value::{Map, Value, from_json};

    fn map(text: &str) -> Map {
        from_json(&serde_json::from_str(text).unwrap()).as_map().unwrap().clone()
    }

    fn update(observed: &str, inputs: &str, changed: &[&str]) -> Update {
        Update {
            kind: "aws.rds.DbInstance".into(),
            id: "shop".into(),
            observed: map(observed),
            inputs: map(inputs),
            changed: changed.iter().map(|name| (*name).into()).collect(),
            owner: Ownership { stack: "s".into(), address: "db".into(), nonce: "n".into() },
            token: "t".into(),
        }
    }

    #[test]
    fn what_is_written_says_what_it_is_made_of() {
        assert_eq!(Source::of(&map(r#"{"engine":"postgres"}"#)), Source::New);
        assert_eq!(Source::of(&map(r#"{"db_snapshot_identifier":"s"}"#)), Source::Snapshot);
        assert_eq!(Source::of(&map(r#"{"source_db_instance_identifier":"a"}"#)), Source::Replica);
        let text = r#"{"source_db_instance_identifier":"a","use_latest_restorable_time":true}"#;
        assert_eq!(Source::of(&map(text)), Source::PointInTime);
    }

    #[test]
    fn storage_goes_together_and_never_shrinks() {
        let grown = update(r#"{"allocated_storage":120}"#, r#"{"allocated_storage":100,"iops":4000}"#, &["iops"]);
        let change = change(&grown);
        assert_eq!(change.get("allocated_storage"), Some(&Value::Int(120)));
        assert_eq!(change.get("iops"), Some(&Value::Int(4000)));
    }

    #[test]
    fn the_password_is_managed_or_sent() {
        let text = r#"{"manage_master_user_password":true,"master_user_password":"p"}"#;
        assert!(!change(&update("{}", text, &["manage_master_user_password"])).contains_key("master_user_password"));
        let text = r#"{"manage_master_user_password":false,"master_user_password":"p"}"#;
        assert!(change(&update("{}", text, &["manage_master_user_password"])).contains_key("master_user_password"));
    }

    #[test]
    fn flags_that_go_along_change_nothing_alone() {
        let flags = update("{}", r#"{"allow_major_version_upgrade":true}"#, &["allow_major_version_upgrade"]);
        assert!(change(&flags).is_empty());
        let version = r#"{"allow_major_version_upgrade":true,"engine_version":"17"}"#;
        let sent = change(&update("{}", version, &["engine_version"]));
        assert_eq!(sent.get("allow_major_version_upgrade"), Some(&Value::Bool(true)));
    }

    #[test]
    fn volumes_that_are_written_no_longer_are_deleted() {
        let before = r#"{"additional_storage_volumes":[{"volume_name":"rdsdbdata2"},{"volume_name":"rdsdbdata3"}]}"#;
        let after = r#"{"additional_storage_volumes":[{"volume_name":"rdsdbdata2","allocated_storage":300}]}"#;
        let volumes = More::of(&update(before, after, &["additional_storage_volumes"])).unwrap().volumes.unwrap();
        let deleted: Vec<_> = volumes.iter().filter(|volume| volume.set_for_delete() == Some(true)).collect();
        assert_eq!((volumes.len(), deleted.len()), (2, 1));
    }
}
