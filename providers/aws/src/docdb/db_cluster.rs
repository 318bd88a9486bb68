//! An Amazon DocumentDB cluster: a database that speaks MongoDB's protocol, with its storage in three zones.
//!
//! The cluster holds the data and has the address; it answers once it has an instance (`aws.docdb.DbInstance`). Storage
//! grows by itself. It lives in private subnets only: nothing outside of the VPC reaches it. Whether it is encrypted, and
//! with which key, is decided once.
//!
//! **The password** is best left to the service: with `manage_master_user_password: true` it lies in a secret of AWS
//! Secrets Manager whose name begins with `rds!cluster-`.
//!
//! **Changes are applied at once**, whatever the maintenance window says, as in CloudFormation. A new engine version
//! restarts all instances. Zones that are written are asked for once: the service shows the zones of its storage, always
//! three. Restoring (`snapshot_identifier`, or `source_db_cluster_identifier` with a time) happens only when the cluster
//! is made.
//!
//! **Deleting** takes a last snapshot, `<identifier>-final-<part of the resource id>`, which stays until somebody deletes
//! it. Automated backups go with the cluster. With `deletion_protection: true` deleting is refused.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-docdb-dbcluster.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{NameRule, Overlay, Range, Reference, Replacement, Values};
use cairn_provider::schema::{Equality, Unit};

/// `aws.docdb.DbCluster`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::DocDB::DBCluster",
    title: "DocumentDB cluster",
    overlay: Overlay {
        noun: "a DocumentDB cluster",
        references: &[
            Reference {
                path: "DBSubnetGroupName",
                to: &[
                    ("AWS::DocDB::DBSubnetGroup", "DBSubnetGroupName"),
                    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName"),
                ],
            },
            Reference {
                path: "DBClusterParameterGroupName",
                to: &[("AWS::DocDB::DBClusterParameterGroup", "Name")],
            },
            Reference {
                path: "SourceDBClusterIdentifier",
                to: &[("AWS::DocDB::DBCluster", "DBClusterIdentifier")],
            },
            Reference {
                path: "GlobalClusterIdentifier",
                to: &[("AWS::RDS::GlobalCluster", "GlobalClusterIdentifier")],
            },
            Reference { path: "MasterUserSecretKmsKeyId", to: &[("AWS::KMS::Key", "Arn")] },
        ],
        units: &[("BackupRetentionPeriod", Unit::Days)],
        ranges: &[
            Range {
                path: "BackupRetentionPeriod",
                min: 1,
                max: 35,
                because: "DocumentDB keeps backups for 1 to 35 days",
            },
            Range { path: "Port", min: 1150, max: 65535, because: "DocumentDB takes ports from 1150 on" },
        ],
        values: &[
            Values {
                path: "EngineVersion",
                known: &["3.6.0", "4.0.0", "5.0.0", "8.0.0"],
                open: true,
                noun: "engine version",
            },
            Values { path: "StorageType", known: &["standard", "iopt1"], open: false, noun: "storage type" },
            Values { path: "NetworkType", known: &["IPV4", "DUAL"], open: false, noun: "network type" },
            Values {
                path: "RestoreType",
                known: &["full-copy", "copy-on-write"],
                open: false,
                noun: "kind of restore",
            },
            Values {
                path: "EnableCloudwatchLogsExports",
                known: &["audit", "profiler"],
                open: true,
                noun: "log",
            },
        ],
        unordered: &["AvailabilityZones", "EnableCloudwatchLogsExports", "VpcSecurityGroupIds"],
        sensitive: &["MasterUserPassword"],
        hidden: &[
            "AvailabilityZones",
            "RestoreToTime",
            "RestoreType",
            "RotateMasterUserPassword",
            "SnapshotIdentifier",
            "SourceDBClusterIdentifier",
            "UseLatestRestorableTime",
        ],
        equality: &[
            ("DBClusterIdentifier", Equality::IgnoreCase),
            ("DBSubnetGroupName", Equality::IgnoreCase),
            ("DBClusterParameterGroupName", Equality::IgnoreCase),
            ("EngineVersion", Equality::VersionPrefix),
            ("PreferredMaintenanceWindow", Equality::IgnoreCase),
        ],
        defaults: &[
            ("BackupRetentionPeriod", "1"),
            ("DeletionProtection", "false"),
            ("ManageMasterUserPassword", "false"),
            ("StorageType", "\"standard\""),
        ],
        kept: &["AvailabilityZones", "VpcSecurityGroupIds"],
        derived: &[("Id", "${db_cluster_identifier}")],
        name: Some(NameRule {
            property: "DBClusterIdentifier",
            max: 63,
            lower: true,
            separators: "-",
            renewed: true,
        }),
        replacement: Replacement::CreateFirst,
        stateful: true,
        popular: &["MasterUsername", "EngineVersion", "DBSubnetGroupName", "VpcSecurityGroupIds", "Tags"],
        ..Overlay::EMPTY
    },
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["rds:DescribeDBClusters"],
        write: &[
            "rds:CreateDBCluster",
            "rds:RestoreDBClusterFromSnapshot",
            "rds:RestoreDBClusterToPointInTime",
            "rds:ModifyDBCluster",
            "rds:DeleteDBCluster",
            "rds:CreateDBClusterSnapshot",
            "rds:AddTagsToResource",
            "rds:RemoveTagsFromResource",
            "iam:CreateServiceLinkedRole",
            "kms:CreateGrant",
            "kms:DescribeKey",
            "secretsmanager:CreateSecret",
            "secretsmanager:TagResource",
        ],
    },
    timings: Timings { typical: 120, ..Timings::LONG },
    examples: &[
        Example {
            title: "A cluster in the default network",
            source: "resource documents = aws.docdb.DbCluster {\n  master_username: \"app\"\n  \
                     manage_master_user_password: true\n}\n",
        },
        Example {
            title: "For production: own network, encrypted, backups for 35 days, logs, protected",
            source: "let zones = { a: 10.20.0.0/24, b: 10.20.1.0/24, c: 10.20.2.0/24 }\n\
                     resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource private[zone, block in zones] = aws.ec2.Subnet {\n  vpc\n  cidr_block: block\n  \
                     availability_zone: \"eu-central-1${zone}\"\n}\n\
                     resource group = aws.docdb.DbSubnetGroup {\n  db_subnet_group_description: \"documents\"\n  \
                     subnets: private\n}\n\n\
                     @protect\nresource documents = aws.docdb.DbCluster {\n  engine_version: \"5.0.0\"\n  \
                     master_username: \"app\"\n  manage_master_user_password: true\n  db_subnet_group: group\n  \
                     storage_encrypted: true\n  backup_retention_period: 35d\n  \
                     preferred_backup_window: \"02:00-03:00\"\n  \
                     preferred_maintenance_window: \"sun:03:30-sun:04:30\"\n  \
                     enable_cloudwatch_logs_exports: [\"audit\", \"profiler\"]\n  deletion_protection: true\n  \
                     tags: { team: \"orders\" }\n}\n\n\
                     resource member[zone in [\"a\", \"b\"]] = aws.docdb.DbInstance {\n  \
                     db_cluster_identifier: documents\n  db_instance_class: \"db.r6g.large\"\n  \
                     availability_zone: \"eu-central-1${zone}\"\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_rds::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, Progress, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::{EcoString, eco_format};

    use crate::native::codec::{Decode, need, set};
    use crate::native::session::{Session, given};
    use crate::rds::wire;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &DbCluster;
    /// Reads clusters.
    pub const READER: Option<&dyn Reader<Session>> = Some(&DbCluster);

    struct DbCluster;

    const KIND: &str = "aws.docdb.DbCluster";

    records! {
        pair types::ServerlessV2ScalingConfiguration, types::ServerlessV2ScalingConfigurationInfo {
            min_capacity, max_capacity
        }
    }

    /// Fields that the calls that restore a cluster do not take: they are set once it is there.
    const LEFT: [&str; 4] = [
        "manage_master_user_password",
        "master_user_password",
        "master_user_secret_kms_key",
        "preferred_maintenance_window",
    ];

    #[async_trait]
    impl ResourceType<Session> for DbCluster {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let id = make(session, request).await?;
            given(id.as_deref(), "rds.CreateDBCluster").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            let inputs = &request.inputs;
            if !is_restored(inputs) {
                return Ok(());
            }
            let left = inputs.iter().filter(|(name, _)| LEFT.contains(&name.as_str()));
            let left: Map = left.map(|(name, value)| (name.clone(), value.clone())).collect();
            modify(session, id, &left, None).await
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let id: String = need(&request.inputs, "db_cluster_identifier")?;
            let cluster = wire::cluster(session, &id).await?;
            let ours = cluster.filter(|cluster| wire::is_of(request, cluster.tag_list()));
            Ok(ours.and_then(|ours| ours.db_cluster_identifier).map(EcoString::from).into_iter().collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let id = request.id.as_str();
            if request.changed.contains("global_cluster_identifier") {
                let why = "a cluster joins a global cluster only when it is made, and leaves it outside of Cairn";
                return Err(ProviderError::refused("rds.ModifyDBCluster", why));
            }
            if request.changed.contains("tags")
                && let Some(cluster) = wire::cluster(session, id).await?
            {
                wire::update_tags(session, cluster.db_cluster_arn().unwrap_or_default(), request).await?;
            }
            let mut change = wire::changed(request);
            if change.keys().any(|name| LEFT.contains(&name.as_str())) {
                // Who keeps the password, with which key, and the password itself go together.
                let password = LEFT.iter().filter_map(|name| Some(((*name).into(), request.inputs.get(*name)?.clone())));
                change.extend(password);
            }
            if wire::flag(&change, "manage_master_user_password") == Some(true) {
                change.remove("master_user_password");
            }
            modify(session, id, &change, wire::log_exports(request)).await?;
            Ok(Some(Monitor(eco_format!("{KIND}|{id}"))))
        }

        async fn poll(&self, session: &Session, monitor: &str) -> Result<Progress, ProviderError> {
            let cluster = wire::cluster(session, monitor).await?;
            // A change begins a while after the call: until then nothing else shows it.
            let waiting =
                cluster.as_ref().is_some_and(|cluster| cluster.status() == Some("available") && !pending(cluster).is_empty());
            Ok(if waiting { Progress::Running(None) } else { Progress::Done })
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let Some(cluster) = wire::cluster(session, &request.id).await? else { return Ok(None) };
            let status = wire::cluster_status(cluster.status().unwrap_or_default());
            if status == Status::Deleting {
                return Ok(None);
            }
            let call = session.rds().delete_db_cluster().db_cluster_identifier(request.id.as_str());
            let call = if matches!(status, Status::Failed(_)) {
                call.skip_final_snapshot(true)
            } else {
                let name = wire::last_snapshot(&request.id, cluster.db_cluster_resource_id().unwrap_or_default());
                call.skip_final_snapshot(false).final_db_snapshot_identifier(name.as_str())
            };
            session.delete("rds.DeleteDBCluster", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = wire::clusters(session).await?;
            let ours = all.into_iter().filter(|cluster| cluster.engine() == Some(wire::DOCDB));
            Ok(ours.filter_map(|cluster| cluster.db_cluster_identifier).map(EcoString::from).collect())
        }
    }

    #[async_trait]
    impl Reader<Session> for DbCluster {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            for cluster in wire::clusters(session).await? {
                let Some(id) = cluster.db_cluster_identifier().filter(|id| wanted.contains_key(*id)) else { continue };
                if cluster.engine() == Some(wire::DOCDB) {
                    readings.answer(KIND, id, Observed::Present(Box::new(live(&cluster))));
                }
            }
            Ok(readings)
        }
    }

    fn is_restored(inputs: &Map) -> bool {
        ["snapshot_identifier", "source_db_cluster_identifier"].iter().any(|name| inputs.contains_key(*name))
    }

    /// Makes a cluster, new or from what there is; gives its identifier as the service spells it.
    async fn make(session: &Session, request: &Create) -> Result<Option<String>, ProviderError> {
        let inputs = &request.inputs;
        let tags = Some(wire::tags_of_new(request)?);
        let made = if inputs.contains_key("snapshot_identifier") {
            let call = send!(session.rds().restore_db_cluster_from_snapshot(), inputs =>
                availability_zones, backup_retention_period, copy_tags_to_snapshot, db_cluster_identifier,
                db_cluster_parameter_group_name as "db_cluster_parameter_group",
                db_subnet_group_name as "db_subnet_group", deletion_protection, enable_cloudwatch_logs_exports,
                engine_version, kms_key_id as "kms_key", network_type, port, preferred_backup_window,
                serverless_v2_scaling_configuration, snapshot_identifier, storage_type,
                vpc_security_group_ids as "vpc_security_groups")
            .engine(wire::DOCDB)
            .set_tags(tags);
            session.write("rds.RestoreDBClusterFromSnapshot", call.send()).await?.db_cluster
        } else if inputs.contains_key("source_db_cluster_identifier") {
            let call = send!(session.rds().restore_db_cluster_to_point_in_time(), inputs =>
                backup_retention_period, copy_tags_to_snapshot, db_cluster_identifier,
                db_cluster_parameter_group_name as "db_cluster_parameter_group",
                db_subnet_group_name as "db_subnet_group", deletion_protection, enable_cloudwatch_logs_exports,
                kms_key_id as "kms_key", network_type, port, preferred_backup_window, restore_to_time, restore_type,
                serverless_v2_scaling_configuration, source_db_cluster_identifier, storage_type,
                use_latest_restorable_time, vpc_security_group_ids as "vpc_security_groups")
            .set_tags(tags);
            session.write("rds.RestoreDBClusterToPointInTime", call.send()).await?.db_cluster
        } else {
            let call = send!(session.rds().create_db_cluster(), inputs =>
                availability_zones, backup_retention_period, copy_tags_to_snapshot, db_cluster_identifier,
                db_cluster_parameter_group_name as "db_cluster_parameter_group",
                db_subnet_group_name as "db_subnet_group", deletion_protection, enable_cloudwatch_logs_exports,
                engine_version, global_cluster_identifier, kms_key_id as "kms_key", manage_master_user_password,
                master_user_password, master_user_secret_kms_key_id as "master_user_secret_kms_key", master_username,
                network_type, port, preferred_backup_window, preferred_maintenance_window,
                serverless_v2_scaling_configuration, storage_encrypted, storage_type,
                vpc_security_group_ids as "vpc_security_groups")
            .engine(wire::DOCDB)
            .set_tags(tags);
            session.write("rds.CreateDBCluster", call.send()).await?.db_cluster
        };
        Ok(made.and_then(|made| made.db_cluster_identifier))
    }

    /// Changes a cluster, unless there is nothing to send.
    async fn modify(
        session: &Session,
        id: &str,
        change: &Map,
        logs: Option<types::CloudwatchLogsExportConfiguration>,
    ) -> Result<(), ProviderError> {
        let call = send!(session.rds().modify_db_cluster(), change =>
            backup_retention_period, copy_tags_to_snapshot,
            db_cluster_parameter_group_name as "db_cluster_parameter_group", deletion_protection, engine_version,
            manage_master_user_password, master_user_password,
            master_user_secret_kms_key_id as "master_user_secret_kms_key", network_type, port, preferred_backup_window,
            preferred_maintenance_window, rotate_master_user_password, serverless_v2_scaling_configuration,
            storage_type, vpc_security_group_ids as "vpc_security_groups")
        .set_cloudwatch_logs_export_configuration(logs);
        if call.as_input() == session.rds().modify_db_cluster().as_input() {
            return Ok(());
        }
        // A newer major version is what was written, so it is wanted.
        let call = if change.contains_key("engine_version") { call.allow_major_version_upgrade(true) } else { call };
        let call = call.db_cluster_identifier(id).apply_immediately(true);
        session.write("rds.ModifyDBCluster", call.send()).await?;
        Ok(())
    }

    fn live(cluster: &types::DbCluster) -> Live {
        let mut attributes = read!(cluster =>
            backup_retention_period, copy_tags_to_snapshot, db_cluster_identifier, db_cluster_identifier as "id",
            db_cluster_parameter_group, db_cluster_resource_id as "cluster_resource_id", db_subnet_group,
            deletion_protection, enabled_cloudwatch_logs_exports as "enable_cloudwatch_logs_exports", endpoint,
            engine_version, global_cluster_identifier, kms_key_id as "kms_key", master_username, network_type, port,
            preferred_backup_window, preferred_maintenance_window, reader_endpoint as "read_endpoint",
            serverless_v2_scaling_configuration, storage_encrypted, storage_type);
        // The service shows only the other type of storage.
        attributes.entry("storage_type".into()).or_insert_with(|| "standard".into());
        let secret = cluster.master_user_secret();
        set(&mut attributes, "manage_master_user_password", Value::Bool(secret.is_some()));
        let key = secret.and_then(types::MasterUserSecret::kms_key_id);
        set(&mut attributes, "master_user_secret_kms_key", key.decode());
        set(&mut attributes, "vpc_security_groups", wire::security_groups(cluster.vpc_security_groups.as_deref()));
        attributes.extend(pending(cluster));
        let (tags, owner) = wire::read_tags(cluster.tag_list());
        set(&mut attributes, "tags", tags);
        let id = cluster.db_cluster_identifier().unwrap_or_default().into();
        Live { id, attributes, status: wire::cluster_status(cluster.status().unwrap_or_default()), owner }
    }

    /// What was asked for and is not there yet.
    fn pending(cluster: &types::DbCluster) -> Map {
        let values = cluster.pending_modified_values();
        values.map_or_else(Map::new, |values| read!(values => backup_retention_period, engine_version, storage_type))
    }
}
