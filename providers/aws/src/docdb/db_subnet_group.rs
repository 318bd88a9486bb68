//! A DB subnet group: the subnets in which Amazon DocumentDB may place a cluster.
//!
//! It is the same object as a group of RDS: a cluster takes either. It needs subnets in at least two availability
//! zones. The group cannot be deleted while a cluster uses it. It costs nothing.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-docdb-dbsubnetgroup.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Timings};
use cairn_provider::schema::Equality;
use cairn_provider::schema::overlay::{Overlay, Reference, Replacement};

use crate::rds::db_subnet_group::{NAME, PERMISSIONS};

/// `aws.docdb.DbSubnetGroup`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::DocDB::DBSubnetGroup",
    title: "DB subnet group",
    overlay: Overlay {
        noun: "a DB subnet group",
        references: &[Reference { path: "SubnetIds", to: &[("AWS::EC2::Subnet", "SubnetId")] }],
        unordered: &["SubnetIds"],
        // The service keeps names in small letters.
        equality: &[("DBSubnetGroupName", Equality::IgnoreCase)],
        derived: &[("Id", "${db_subnet_group_name}")],
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
                     resource group = aws.docdb.DbSubnetGroup {\n  db_subnet_group_description: \"documents\"\n  \
                     subnets: [a, b]\n}\n",
        },
        Example {
            title: "With a name, over subnets of a loop",
            source: "let zones = { a: 10.20.0.0/24, b: 10.20.1.0/24, c: 10.20.2.0/24 }\n\
                     resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource private[zone, block in zones] = aws.ec2.Subnet {\n  vpc\n  cidr_block: block\n  \
                     availability_zone: \"eu-central-1${zone}\"\n}\n\
                     resource group = aws.docdb.DbSubnetGroup {\n  db_subnet_group_name: \"shop-documents\"\n  \
                     db_subnet_group_description: \"private subnets of the shop\"\n  subnets: private\n  \
                     tags: { team: \"orders\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use cairn_provider::provider::{Reader, ResourceType};

    use crate::native::session::Session;
    use crate::rds::db_subnet_group::DbSubnetGroup;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &DbSubnetGroup(&super::DECLARATION);
    /// The reader of RDS's groups answers for these, too.
    pub const READER: Option<&dyn Reader<Session>> = None;
}
