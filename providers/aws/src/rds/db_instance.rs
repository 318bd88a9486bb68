//! A database instance of RDS: PostgreSQL, MySQL, MariaDB, Oracle, SQL Server or Db2, or a member of an Aurora cluster.
//!
//! **Changes are applied at once**, whatever the maintenance window says, as in CloudFormation;
//! `apply_immediately: false` leaves them for the window, and until then the instance reads as it will be. Some restart
//! the database: its class, its port, its engine version. A new major version needs
//! `allow_major_version_upgrade: true`. `engine_version: "16"` means any minor version of 16, so that minor upgrades are
//! no difference.
//!
//! **Storage** can grow and never shrink: `allocated_storage` is the least there must be, and what RDS has added by
//! itself, up to `max_allocated_storage`, is no difference.
//!
//! **The password** is best left to RDS: with `manage_master_user_password: true` it lies in a secret whose ARN is
//! `master_user_secret.secret_arn`, and nobody sees it on the way.
//!
//! **Deleting** takes a last snapshot, `<identifier>-final-<part of the resource id>`, which stays until somebody deletes
//! it and costs as much as other snapshots. Members of clusters and read replicas hold no data of their own and go
//! without one; so does an instance that failed before it was usable. Automated backups go with the instance unless
//! `delete_automated_backups: false` is written. With `deletion_protection: true` deleting is refused.
//!
//! A snapshot, a point in time, or another instance to replicate can be the source of a new instance
//! (`db_snapshot_identifier`, `source_db_instance_identifier` with or without `restore_time`). A replica is promoted
//! outside of Cairn; drop the source from the declaration afterwards. A restored instance is encrypted as its snapshot or
//! source is: write `storage_encrypted` and `kms_key` as they are there, or leave them out.
//!
//! An instance costs by the hour whether it is used or not; a second zone doubles that.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rds-dbinstance.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{
    Exception, NameRule, Overlay, Range, Reference, Relation, Replacement, Values,
};
use cairn_provider::schema::{Change, Equality, Unit};

/// `aws.rds.DbInstance`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::RDS::DBInstance",
    title: "Database instance",
    overlay: Overlay {
        noun: "a database instance",
        references: &[
            Reference { path: "DBSubnetGroupName", to: &[("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName")] },
            Reference { path: "VPCSecurityGroups", to: &[("AWS::EC2::SecurityGroup", "GroupId")] },
            Reference { path: "DBParameterGroupName", to: &[("AWS::RDS::DBParameterGroup", "DBParameterGroupName")] },
            Reference { path: "OptionGroupName", to: &[("AWS::RDS::OptionGroup", "OptionGroupName")] },
            Reference { path: "DBClusterIdentifier", to: &[("AWS::RDS::DBCluster", "DBClusterIdentifier")] },
            Reference { path: "SourceDBClusterIdentifier", to: &[("AWS::RDS::DBCluster", "DBClusterIdentifier")] },
            Reference { path: "SourceDBInstanceIdentifier", to: &[("AWS::RDS::DBInstance", "DBInstanceIdentifier")] },
            Reference { path: "DomainIAMRoleName", to: &[("AWS::IAM::Role", "RoleName")] },
            Reference { path: "DomainAuthSecretArn", to: &[("AWS::SecretsManager::Secret", "Id")] },
            Reference { path: "CustomIAMInstanceProfile", to: &[("AWS::IAM::InstanceProfile", "InstanceProfileName")] },
            Reference { path: "PerformanceInsightsKMSKeyId", to: &[("AWS::KMS::Key", "Arn")] },
            Reference { path: "AutomaticBackupReplicationKmsKeyId", to: &[("AWS::KMS::Key", "Arn")] },
        ],
        units: &[
            ("AllocatedStorage", Unit::Gibibytes),
            ("MaxAllocatedStorage", Unit::Gibibytes),
            ("AdditionalStorageVolume.AllocatedStorage", Unit::Gibibytes),
            ("AdditionalStorageVolume.MaxAllocatedStorage", Unit::Gibibytes),
            ("BackupRetentionPeriod", Unit::Days),
            ("AutomaticBackupReplicationRetentionPeriod", Unit::Days),
            ("PerformanceInsightsRetentionPeriod", Unit::Days),
            ("MonitoringInterval", Unit::Seconds),
        ],
        numbers: &["Port", "Endpoint.Port", "ProcessorFeature.Value"],
        ranges: &[
            Range {
                path: "BackupRetentionPeriod",
                min: 0,
                max: 35,
                because: "RDS keeps backups for at most 35 days",
            },
            Range {
                path: "AutomaticBackupReplicationRetentionPeriod",
                min: 1,
                max: 35,
                because: "RDS keeps replicated backups for at most 35 days",
            },
            Range { path: "MonitoringInterval", min: 0, max: 60, because: "RDS measures every 1 to 60 seconds" },
            Range { path: "Port", min: 1150, max: 65535, because: "RDS takes ports from 1150 on" },
        ],
        values: &[
            Values {
                path: "DBInstanceClass",
                known: &[
                    "db.t3.micro",
                    "db.t3.small",
                    "db.t3.medium",
                    "db.t3.large",
                    "db.t4g.micro",
                    "db.t4g.small",
                    "db.t4g.medium",
                    "db.t4g.large",
                    "db.m6g.large",
                    "db.m6g.xlarge",
                    "db.m6i.large",
                    "db.m6i.xlarge",
                    "db.m7g.large",
                    "db.m7g.xlarge",
                    "db.m7g.2xlarge",
                    "db.m7i.large",
                    "db.m8g.large",
                    "db.m8g.xlarge",
                    "db.r6g.large",
                    "db.r6g.xlarge",
                    "db.r7g.large",
                    "db.r7g.xlarge",
                    "db.r7g.2xlarge",
                    "db.r8g.large",
                    "db.r8g.xlarge",
                    "db.serverless",
                ],
                open: true,
                noun: "instance class",
            },
            Values {
                path: "Engine",
                known: &[
                    "aurora-mysql",
                    "aurora-postgresql",
                    "custom-oracle-ee",
                    "custom-oracle-ee-cdb",
                    "custom-oracle-se2",
                    "custom-oracle-se2-cdb",
                    "custom-sqlserver-ee",
                    "custom-sqlserver-se",
                    "custom-sqlserver-web",
                    "db2-ae",
                    "db2-se",
                    "mariadb",
                    "mysql",
                    "oracle-ee",
                    "oracle-ee-cdb",
                    "oracle-se2",
                    "oracle-se2-cdb",
                    "postgres",
                    "sqlserver-ee",
                    "sqlserver-ex",
                    "sqlserver-se",
                    "sqlserver-web",
                ],
                open: true,
                noun: "engine",
            },
            Values {
                path: "StorageType",
                known: &["gp2", "gp3", "io1", "io2", "standard", "aurora", "aurora-iopt1"],
                open: true,
                noun: "storage type",
            },
            Values {
                path: "LicenseModel",
                known: &[
                    "bring-your-own-license",
                    "general-public-license",
                    "license-included",
                    "marketplace-license",
                    "postgresql-license",
                ],
                open: true,
                noun: "licence model",
            },
            Values {
                path: "EngineLifecycleSupport",
                known: &["open-source-rds-extended-support", "open-source-rds-extended-support-disabled"],
                open: false,
                noun: "kind of support",
            },
            Values { path: "NetworkType", known: &["IPV4", "DUAL"], open: false, noun: "network type" },
            Values { path: "BackupTarget", known: &["local", "outposts", "region"], open: false, noun: "backup target" },
            Values { path: "ReplicaMode", known: &["mounted", "open-read-only"], open: false, noun: "replica mode" },
        ],
        keyed: &[("ProcessorFeatures", "Name", "Value")],
        unordered: &[
            "AdditionalStorageVolumes",
            "AssociatedRoles",
            "DBSecurityGroups",
            "DomainDnsIps",
            "EnableCloudwatchLogsExports",
            "VPCSecurityGroups",
        ],
        sensitive: &["MasterUserPassword", "TdeCredentialPassword"],
        hidden: &["AutomaticBackupReplicationRetentionPeriod", "DBClusterSnapshotIdentifier"],
        volatile: &["LatestRestorableTime", "MasterUserSecret", "Endpoint", "CertificateDetails", "DBInstanceStatus"],
        equality: &[
            ("DBInstanceIdentifier", Equality::IgnoreCase),
            ("DBClusterIdentifier", Equality::IgnoreCase),
            ("DBSubnetGroupName", Equality::IgnoreCase),
            ("DBParameterGroupName", Equality::IgnoreCase),
            ("OptionGroupName", Equality::IgnoreCase),
            ("EngineVersion", Equality::VersionPrefix),
            ("AllocatedStorage", Equality::AtLeast),
            ("PreferredMaintenanceWindow", Equality::IgnoreCase),
        ],
        exceptions: &EXCEPTIONS,
        defaults: &[
            ("AutoMinorVersionUpgrade", "true"),
            ("BackupRetentionPeriod", "1"),
            ("CopyTagsToSnapshot", "false"),
            ("DatabaseInsightsMode", "\"standard\""),
            ("DedicatedLogVolume", "false"),
            ("DeletionProtection", "false"),
            ("Domain", "null"),
            ("EnableIAMDatabaseAuthentication", "false"),
            ("EnablePerformanceInsights", "false"),
            ("ManageMasterUserPassword", "false"),
            ("MonitoringInterval", "0"),
            ("MultiAZ", "false"),
        ],
        kept: &["DBSecurityGroups", "DomainDnsIps", "VPCSecurityGroups"],
        derived: &[("DBInstanceArn", "arn:${partition}:rds:${region}:${account}:db:${db_instance_identifier}")],
        name: Some(NameRule {
            property: "DBInstanceIdentifier",
            max: 63,
            lower: true,
            separators: "-",
            renewed: true,
        }),
        relations: &[Relation::AtMost { lower: "AllocatedStorage", upper: "MaxAllocatedStorage" }],
        replacement: Replacement::CreateFirst,
        stateful: true,
        popular: &["Engine", "EngineVersion", "DBInstanceClass", "AllocatedStorage", "DBSubnetGroupName", "Tags"],
        ..Overlay::EMPTY
    },
    // CreateDBInstance takes no token; the identifier is ours.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["rds:DescribeDBInstances"],
        write: &[
            "rds:CreateDBInstance",
            "rds:CreateDBInstanceReadReplica",
            "rds:RestoreDBInstanceFromDBSnapshot",
            "rds:RestoreDBInstanceToPointInTime",
            "rds:ModifyDBInstance",
            "rds:DeleteDBInstance",
            "rds:CreateDBSnapshot",
            "rds:AddRoleToDBInstance",
            "rds:RemoveRoleFromDBInstance",
            "rds:StartDBInstanceAutomatedBackupsReplication",
            "rds:StopDBInstanceAutomatedBackupsReplication",
            "rds:AddTagsToResource",
            "rds:RemoveTagsFromResource",
            "iam:CreateServiceLinkedRole",
            "iam:PassRole",
            "kms:CreateGrant",
            "kms:DescribeKey",
            "secretsmanager:CreateSecret",
            "secretsmanager:TagResource",
        ],
    },
    timings: Timings::LONG,
    examples: &EXAMPLES,
};

const MODIFIED: &str = "ModifyDBInstance takes it";
const CREATED: &str = "only the calls that make an instance take it";

/// The schema says of many properties that they may replace the instance; the API is clear.
const EXCEPTIONS: [Exception; 19] = [
    Exception { path: "AutoMinorVersionUpgrade", change: Change::Update, because: MODIFIED },
    Exception { path: "BackupRetentionPeriod", change: Change::Update, because: MODIFIED },
    Exception { path: "DBParameterGroupName", change: Change::Update, because: MODIFIED },
    Exception {
        path: "DBSubnetGroupName",
        change: Change::Update,
        because: "ModifyDBInstance takes it, to move the instance to another VPC; within one VPC it refuses",
    },
    Exception { path: "MultiAZ", change: Change::Update, because: MODIFIED },
    Exception {
        path: "PerformanceInsightsKMSKeyId",
        change: Change::Update,
        because: "ModifyDBInstance takes it while Performance Insights is switched off",
    },
    Exception { path: "PreferredMaintenanceWindow", change: Change::Update, because: MODIFIED },
    Exception { path: "StorageType", change: Change::Update, because: MODIFIED },
    Exception { path: "AvailabilityZone", change: Change::Replace, because: CREATED },
    Exception {
        path: "Engine",
        change: Change::Replace,
        because: "ModifyDBInstance takes it only to make an Oracle database a container database",
    },
    Exception { path: "DBClusterSnapshotIdentifier", change: Change::Replace, because: CREATED },
    Exception { path: "DBSnapshotIdentifier", change: Change::Replace, because: CREATED },
    Exception { path: "SourceDBClusterIdentifier", change: Change::Replace, because: CREATED },
    Exception { path: "SourceDBInstanceAutomatedBackupsArn", change: Change::Replace, because: CREATED },
    Exception { path: "SourceDBInstanceIdentifier", change: Change::Replace, because: CREATED },
    Exception { path: "SourceDbiResourceId", change: Change::Replace, because: CREATED },
    Exception { path: "RestoreTime", change: Change::Replace, because: CREATED },
    Exception { path: "UseLatestRestorableTime", change: Change::Replace, because: CREATED },
    Exception { path: "SourceRegion", change: Change::Replace, because: CREATED },
];

const EXAMPLES: [Example; 3] = [
    Example {
        title: "A small database in the default network",
        source: "resource db = aws.rds.DbInstance {\n  engine: \"postgres\"\n  engine_version: \"16\"\n  \
                 db_instance_class: \"db.t4g.micro\"\n  allocated_storage: 20GiB\n  master_username: \"app\"\n  \
                 manage_master_user_password: true\n}\n",
    },
    Example {
        title: "A read replica of it",
        source: "resource db = aws.rds.DbInstance {\n  db_instance_identifier: \"orders\"\n  engine: \"postgres\"\n  \
                 db_instance_class: \"db.t4g.medium\"\n  allocated_storage: 50GiB\n  master_username: \"app\"\n  \
                 manage_master_user_password: true\n  backup_retention_period: 7d\n}\n\n\
                 resource replica = aws.rds.DbInstance {\n  db_instance_identifier: \"orders-replica\"\n  \
                 source_db_instance_identifier: db\n  db_instance_class: \"db.t4g.medium\"\n}\n",
    },
    Example {
        title: "For production: two zones, own network, encrypted, backups for 35 days, storage that grows",
        source: "let zones = { a: 10.20.0.0/24, b: 10.20.1.0/24 }\n\
                 resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                 resource private[zone, block in zones] = aws.ec2.Subnet {\n  vpc\n  cidr_block: block\n  \
                 availability_zone: \"eu-central-1${zone}\"\n}\n\
                 resource group = aws.rds.DbSubnetGroup {\n  db_subnet_group_description: \"databases\"\n  \
                 subnets: private\n}\n\n\
                 @protect\nresource db = aws.rds.DbInstance {\n  engine: \"postgres\"\n  engine_version: \"16\"\n  \
                 db_instance_class: \"db.m7g.large\"\n  db_name: \"shop\"\n  allocated_storage: 100GiB\n  \
                 max_allocated_storage: 500GiB\n  storage_type: \"gp3\"\n  storage_encrypted: true\n  multi_az: true\n  \
                 db_subnet_group: group\n  publicly_accessible: false\n  master_username: \"shop\"\n  \
                 manage_master_user_password: true\n  backup_retention_period: 35d\n  \
                 preferred_backup_window: \"02:00-03:00\"\n  \
                 preferred_maintenance_window: \"sun:03:30-sun:04:30\"\n  copy_tags_to_snapshot: true\n  \
                 enable_cloudwatch_logs_exports: [\"postgresql\", \"upgrade\"]\n  enable_performance_insights: true\n  \
                 performance_insights_retention_period: 7d\n  deletion_protection: true\n  \
                 tags: { team: \"orders\" }\n}\n",
    },
];

#[cfg(feature = "native")]
mod calls;
#[cfg(feature = "native")]
mod lifecycle;
#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};
