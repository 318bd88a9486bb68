//! A DB subnet group: the subnets in which RDS may place a database.
//!
//! It needs subnets in at least two availability zones, for databases in one zone too. The group cannot be deleted
//! while a database uses it, and a subnet cannot leave it while a database lives there. It costs nothing.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rds-dbsubnetgroup.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Equality;
use cairn_provider::schema::overlay::{NameRule, Overlay, Reference, Replacement};

/// `aws.rds.DbSubnetGroup`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::RDS::DBSubnetGroup",
    title: "DB subnet group",
    overlay: Overlay {
        noun: "a DB subnet group",
        references: &[Reference { path: "SubnetIds", to: &[("AWS::EC2::Subnet", "SubnetId")] }],
        // The service keeps names in small letters.
        equality: &[("DBSubnetGroupName", Equality::IgnoreCase)],
        name: Some(NAME),
        replacement: Replacement::CreateFirst,
        popular: &["DBSubnetGroupDescription", "SubnetIds", "Tags"],
        ..Overlay::EMPTY
    },
    idempotency: Idempotency::Identity,
    permissions: PERMISSIONS,
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "Two subnets in two zones",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource a = aws.ec2.Subnet {\n  vpc\n  cidr_block: 10.20.1.0/24\n  \
                     availability_zone: \"eu-central-1a\"\n}\n\
                     resource b = aws.ec2.Subnet {\n  vpc\n  cidr_block: 10.20.2.0/24\n  \
                     availability_zone: \"eu-central-1b\"\n}\n\
                     resource group = aws.rds.DbSubnetGroup {\n  db_subnet_group_description: \"databases\"\n  \
                     subnets: [a, b]\n}\n",
        },
        Example {
            title: "With a name, over subnets of a loop",
            source: "let zones = { a: 10.20.0.0/24, b: 10.20.1.0/24, c: 10.20.2.0/24 }\n\
                     resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource private[zone, block in zones] = aws.ec2.Subnet {\n  vpc\n  cidr_block: block\n  \
                     availability_zone: \"eu-central-1${zone}\"\n}\n\
                     resource group = aws.rds.DbSubnetGroup {\n  db_subnet_group_name: \"shop-private\"\n  \
                     db_subnet_group_description: \"private subnets of the shop\"\n  subnets: private\n  \
                     tags: { team: \"orders\" }\n}\n",
        },
    ],
};

/// How a group is named that the user does not name.
pub(crate) const NAME: NameRule =
    NameRule { property: "DBSubnetGroupName", max: 255, lower: true, separators: "-._", renewed: false };

/// What groups need, of RDS and of DocumentDB.
pub(crate) const PERMISSIONS: Permissions = Permissions {
    read: &["rds:DescribeDBSubnetGroups", "rds:ListTagsForResource"],
    write: &[
        "rds:CreateDBSubnetGroup",
        "rds:ModifyDBSubnetGroup",
        "rds:DeleteDBSubnetGroup",
        "rds:AddTagsToResource",
        "rds:RemoveTagsFromResource",
    ],
};

#[cfg(feature = "native")]
pub(crate) use lifecycle::DbSubnetGroup;
#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_rds::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Ownership, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::Value;
    use ecow::EcoString;

    use crate::native::codec::{need, set};
    use crate::native::reading::identities;
    use crate::native::session::{Session, absent_is_none, given};
    use crate::rds::wire;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &DbSubnetGroup(&super::DECLARATION);
    /// Reads the groups of RDS and of DocumentDB, which are the same objects.
    pub const READER: Option<&dyn Reader<Session>> = Some(&DbSubnetGroups);

    /// The lifecycle of a group, of RDS or of DocumentDB.
    pub(crate) struct DbSubnetGroup(pub(crate) &'static Declaration);

    struct DbSubnetGroups;

    const KINDS: [&str; 2] = ["aws.docdb.DbSubnetGroup", "aws.rds.DbSubnetGroup"];

    #[async_trait]
    impl ResourceType<Session> for DbSubnetGroup {
        fn declaration(&self) -> &'static Declaration {
            self.0
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let call = send!(session.rds().create_db_subnet_group(), inputs =>
                db_subnet_group_name, db_subnet_group_description, subnet_ids as "subnets")
            .set_tags(Some(wire::tags_of_new(request)?));
            let answer = session.write("rds.CreateDBSubnetGroup", call.send()).await?;
            let group = answer.db_subnet_group();
            let name = group.and_then(types::DbSubnetGroup::db_subnet_group_name);
            given(name, "rds.CreateDBSubnetGroup").map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let name: String = need(&request.inputs, "db_subnet_group_name")?;
            let Some(group) = describe_one(session, &name).await? else { return Ok(Vec::new()) };
            let ours = wire::is_of(request, &tags(session, &group).await?);
            Ok(group.db_subnet_group_name().filter(|_| ours).map(EcoString::from).into_iter().collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let inputs = &request.inputs;
            if request.changed.contains("subnets") || request.changed.contains("db_subnet_group_description") {
                // The call takes all subnets, changed or not.
                let call = send!(session.rds().modify_db_subnet_group(), inputs =>
                    db_subnet_group_description, subnet_ids as "subnets")
                .db_subnet_group_name(request.id.as_str());
                session.write("rds.ModifyDBSubnetGroup", call.send()).await?;
            }
            if request.changed.contains("tags")
                && let Some(group) = describe_one(session, &request.id).await?
            {
                wire::update_tags(session, group.db_subnet_group_arn().unwrap_or_default(), request).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.rds().delete_db_subnet_group().db_subnet_group_name(request.id.as_str());
            session.delete("rds.DeleteDBSubnetGroup", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = describe(session).await?;
            Ok(identities(&all, types::DbSubnetGroup::db_subnet_group_name))
        }
    }

    #[async_trait]
    impl Reader<Session> for DbSubnetGroups {
        fn kinds(&self) -> &'static [&'static str] {
            &KINDS
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            for group in describe(session).await? {
                let name: EcoString = group.db_subnet_group_name().unwrap_or_default().into();
                for (kind, ids) in wanted {
                    let Some(interest) = ids.get(&name) else { continue };
                    let list = if interest.wants("tags") { Some(tags(session, &group).await?) } else { None };
                    let live = live(&group, list.as_deref());
                    readings.answer(kind.clone(), name.clone(), Observed::Present(Box::new(live)));
                }
            }
            Ok(readings)
        }
    }

    async fn describe(session: &Session) -> Result<Vec<types::DbSubnetGroup>, ProviderError> {
        let call = |marker| session.rds().describe_db_subnet_groups().max_records(100).set_marker(marker).send();
        let take = |page: aws_sdk_rds::operation::describe_db_subnet_groups::DescribeDbSubnetGroupsOutput| {
            (page.db_subnet_groups.unwrap_or_default(), page.marker)
        };
        session.pages("rds.DescribeDBSubnetGroups", call, take).await
    }

    async fn describe_one(session: &Session, name: &str) -> Result<Option<types::DbSubnetGroup>, ProviderError> {
        let call = || session.rds().describe_db_subnet_groups().db_subnet_group_name(name).send();
        let answer = absent_is_none(session.read("rds.DescribeDBSubnetGroups", call).await)?;
        Ok(answer.and_then(|answer| answer.db_subnet_groups.unwrap_or_default().into_iter().next()))
    }

    async fn tags(session: &Session, group: &types::DbSubnetGroup) -> Result<Vec<types::Tag>, ProviderError> {
        let arn = group.db_subnet_group_arn().unwrap_or_default();
        let call = || session.rds().list_tags_for_resource().resource_name(arn).send();
        Ok(session.read("rds.ListTagsForResource", call).await?.tag_list.unwrap_or_default())
    }

    fn live(group: &types::DbSubnetGroup, list: Option<&[types::Tag]>) -> Live {
        let mut attributes = read!(group => db_subnet_group_name, db_subnet_group_name as "id", db_subnet_group_description);
        let subnets = group.subnets().iter().filter_map(types::Subnet::subnet_identifier);
        set(&mut attributes, "subnets", Value::list(subnets.map(Value::text)));
        let (tags, owner): (Value, Option<Ownership>) = list.map_or((Value::None, None), wire::read_tags);
        set(&mut attributes, "tags", tags);
        let id = group.db_subnet_group_name().unwrap_or_default().into();
        Live { id, attributes, status: Status::Ready, owner }
    }
}
