//! An instance of an Amazon DocumentDB cluster: the machine that answers queries. Data belong to the cluster.
//!
//! The first instance of a cluster writes, further ones, up to 15, read; spread them over zones. A class can be changed
//! at any time and restarts the instance. An instance costs by the hour whether it is used or not. Deleting one deletes
//! no data.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-docdb-dbinstance.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Equality;
use cairn_provider::schema::overlay::{NameRule, Overlay, Reference, Replacement, Values};

/// `aws.docdb.DbInstance`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::DocDB::DBInstance",
    title: "DocumentDB instance",
    overlay: Overlay {
        noun: "a DocumentDB instance",
        references: &[Reference { path: "DBClusterIdentifier", to: &[("AWS::DocDB::DBCluster", "DBClusterIdentifier")] }],
        numbers: &["Port"],
        values: &[
            Values {
                path: "DBInstanceClass",
                known: &[
                    "db.t3.medium",
                    "db.t4g.medium",
                    "db.r5.large",
                    "db.r5.xlarge",
                    "db.r5.2xlarge",
                    "db.r5.4xlarge",
                    "db.r5.8xlarge",
                    "db.r5.12xlarge",
                    "db.r5.16xlarge",
                    "db.r5.24xlarge",
                    "db.r6g.large",
                    "db.r6g.xlarge",
                    "db.r6g.2xlarge",
                    "db.r6g.4xlarge",
                    "db.r6g.8xlarge",
                    "db.r6g.12xlarge",
                    "db.r6g.16xlarge",
                    "db.r8g.large",
                    "db.r8g.xlarge",
                    "db.r8g.2xlarge",
                    "db.serverless",
                ],
                open: true,
                noun: "instance class",
            },
        ],
        hidden: &["CertificateRotationRestart"],
        equality: &[
            ("DBInstanceIdentifier", Equality::IgnoreCase),
            ("DBClusterIdentifier", Equality::IgnoreCase),
            ("PreferredMaintenanceWindow", Equality::IgnoreCase),
        ],
        defaults: &[("EnablePerformanceInsights", "false")],
        derived: &[("Id", "${db_instance_identifier}")],
        name: Some(NameRule {
            property: "DBInstanceIdentifier",
            max: 63,
            lower: true,
            separators: "-",
            renewed: true,
        }),
        replacement: Replacement::CreateFirst,
        popular: &["DBClusterIdentifier", "DBInstanceClass", "AvailabilityZone", "Tags"],
        ..Overlay::EMPTY
    },
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["rds:DescribeDBInstances"],
        write: &[
            "rds:CreateDBInstance",
            "rds:ModifyDBInstance",
            "rds:DeleteDBInstance",
            "rds:AddTagsToResource",
            "rds:RemoveTagsFromResource",
        ],
    },
    timings: Timings { typical: 480, ..Timings::LONG },
    examples: &[
        Example {
            title: "The one instance of a small cluster",
            source: "resource documents = aws.docdb.DbCluster {\n  master_username: \"app\"\n  \
                     manage_master_user_password: true\n}\n\
                     resource first = aws.docdb.DbInstance {\n  db_cluster_identifier: documents\n  \
                     db_instance_class: \"db.t4g.medium\"\n}\n",
        },
        Example {
            title: "One in each of three zones",
            source: "resource documents = aws.docdb.DbCluster {\n  engine_version: \"5.0.0\"\n  \
                     master_username: \"app\"\n  manage_master_user_password: true\n  storage_encrypted: true\n}\n\
                     resource member[zone in [\"a\", \"b\", \"c\"]] = aws.docdb.DbInstance {\n  \
                     db_cluster_identifier: documents\n  db_instance_class: \"db.r6g.large\"\n  \
                     availability_zone: \"eu-central-1${zone}\"\n  \
                     preferred_maintenance_window: \"sun:03:00-sun:04:00\"\n  tags: { team: \"orders\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub(crate) use lifecycle::{KIND, attributes};
#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_rds::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::Status;
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, Progress, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::{EcoString, eco_format};

    use crate::native::codec::{Decode, need, set};
    use crate::native::session::{Session, given};
    use crate::rds::wire;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &DbInstance;
    /// The reader of RDS's instances answers for these, too.
    pub const READER: Option<&dyn Reader<Session>> = None;

    /// The type.
    pub(crate) const KIND: &str = "aws.docdb.DbInstance";

    struct DbInstance;

    #[async_trait]
    impl ResourceType<Session> for DbInstance {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let call = send!(session.rds().create_db_instance(), inputs =>
                auto_minor_version_upgrade, availability_zone, ca_certificate_identifier, db_cluster_identifier,
                db_instance_class, db_instance_identifier, enable_performance_insights, preferred_maintenance_window)
            .engine(wire::DOCDB)
            .set_tags(Some(wire::tags_of_new(request)?));
            let made = session.write("rds.CreateDBInstance", call.send()).await?.db_instance;
            let id = made.as_ref().and_then(types::DbInstance::db_instance_identifier);
            given(id, "rds.CreateDBInstance").map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let id: String = need(&request.inputs, "db_instance_identifier")?;
            let instance = wire::instance(session, &id).await?;
            let ours = instance.filter(|instance| wire::is_of(request, instance.tag_list()));
            Ok(ours.and_then(|ours| ours.db_instance_identifier).map(EcoString::from).into_iter().collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let id = request.id.as_str();
            if request.changed.contains("tags")
                && let Some(instance) = wire::instance(session, id).await?
            {
                wire::update_tags(session, instance.db_instance_arn().unwrap_or_default(), request).await?;
            }
            let mut change = wire::changed(request);
            // The restart goes along with a new certificate, and is nothing by itself.
            change.remove("certificate_rotation_restart");
            if change.keys().all(|name| name == "tags") {
                return Ok(None);
            }
            let restart = wire::flag(&request.inputs, "certificate_rotation_restart");
            let restart = restart.filter(|_| change.contains_key("ca_certificate_identifier"));
            let call = send!(session.rds().modify_db_instance(), &change =>
                auto_minor_version_upgrade, ca_certificate_identifier, db_instance_class, enable_performance_insights,
                preferred_maintenance_window)
            .set_certificate_rotation_restart(restart)
            .db_instance_identifier(id)
            .apply_immediately(true);
            session.write("rds.ModifyDBInstance", call.send()).await?;
            Ok(Some(Monitor(eco_format!("{KIND}|{id}"))))
        }

        async fn poll(&self, session: &Session, monitor: &str) -> Result<Progress, ProviderError> {
            let instance = wire::instance(session, monitor).await?;
            let waiting = instance.as_ref().is_some_and(|instance| {
                // A new certificate may wait for a restart.
                instance.db_instance_status() == Some("available")
                    && pending(instance).contains_key("db_instance_class")
            });
            Ok(if waiting { Progress::Running(None) } else { Progress::Done })
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let Some(instance) = wire::instance(session, &request.id).await? else { return Ok(None) };
            if wire::instance_status(instance.db_instance_status().unwrap_or_default()) == Status::Deleting {
                return Ok(None);
            }
            // The data are the cluster's: there is nothing to be kept.
            let call = session.rds().delete_db_instance().db_instance_identifier(request.id.as_str());
            let call = call.skip_final_snapshot(true);
            session.delete("rds.DeleteDBInstance", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = wire::instances(session).await?;
            let ours = all.into_iter().filter(|instance| instance.engine() == Some(wire::DOCDB));
            Ok(ours.filter_map(|instance| instance.db_instance_identifier).map(EcoString::from).collect())
        }
    }

    /// What an instance reads as, without its tags.
    pub(crate) fn attributes(instance: &types::DbInstance) -> Map {
        let mut attributes = read!(instance =>
            auto_minor_version_upgrade, availability_zone, ca_certificate_identifier, db_cluster_identifier,
            db_instance_class, db_instance_identifier, db_instance_identifier as "id",
            performance_insights_enabled as "enable_performance_insights", preferred_maintenance_window);
        if let Some(endpoint) = instance.endpoint() {
            set(&mut attributes, "endpoint", endpoint.address().map_or(Value::None, Value::text));
            set(&mut attributes, "port", endpoint.port().decode());
        }
        attributes.extend(pending(instance));
        attributes
    }

    /// What was asked for and is not there yet.
    fn pending(instance: &types::DbInstance) -> Map {
        let values = instance.pending_modified_values();
        values.map_or_else(Map::new, |values| read!(values => ca_certificate_identifier, db_instance_class))
    }
}
