//! A subnet: a part of a VPC's address space in one availability zone.
//!
//! A subnet is public if its route table leads to an internet gateway; `map_public_ip_on_launch` gives instances in it
//! public addresses. Address space and zone cannot be changed.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-subnet.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Overlay, Relation};

/// `aws.ec2.Subnet`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::Subnet",
    title: "Subnet",
    overlay: Overlay {
        noun: "a subnet",
        relations: &[
            Relation::Within { field: "CidrBlock", reference: "VpcId", outer: "CidrBlock" },
            Relation::Disjoint { field: "CidrBlock", per: "VpcId" },
        ],
        popular: &["AvailabilityZone", "MapPublicIpOnLaunch", "Tags"],
        ..Overlay::EMPTY
    },
    // CreateSubnet takes no token, but a network can hold an address space only once.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["ec2:DescribeSubnets"],
        write: &["ec2:CreateSubnet", "ec2:DeleteSubnet", "ec2:ModifySubnetAttribute", "ec2:CreateTags", "ec2:DeleteTags"],
    },
    timings: Timings::INSTANT,
    examples: &[Example {
        title: "A subnet in one zone",
        source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\nresource subnet = aws.ec2.Subnet {\n  vpc\n  \
                 cidr_block: 10.20.1.0/24\n  availability_zone: \"eu-central-1a\"\n}\n",
    }],
};
