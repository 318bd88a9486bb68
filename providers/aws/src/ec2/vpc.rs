//! A virtual private cloud: an address space of its own in one region, into which subnets are cut.
//!
//! Choose the address space with care: it cannot be changed, and two networks with overlapping spaces cannot be
//! joined. `enable_dns_support` and `enable_dns_hostnames` are set after the network is made, with a call each.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-vpc.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Overlay, Replacement};

/// `aws.ec2.Vpc`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::VPC",
    title: "Virtual private cloud",
    overlay: Overlay {
        noun: "a VPC",
        replacement: Replacement::CreateFirst,
        popular: &["EnableDnsSupport", "EnableDnsHostnames", "Tags"],
        ..Overlay::EMPTY
    },
    // CreateVpc takes neither a token nor a name: an interrupted one is found by its tags.
    idempotency: Idempotency::Tags,
    permissions: Permissions {
        read: &["ec2:DescribeVpcs", "ec2:DescribeVpcAttribute"],
        write: &["ec2:CreateVpc", "ec2:DeleteVpc", "ec2:ModifyVpcAttribute", "ec2:CreateTags", "ec2:DeleteTags"],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example { title: "The smallest network", source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n" },
        Example {
            title: "With names for its instances",
            source: "resource vpc = aws.ec2.Vpc {\n  cidr_block: 10.20.0.0/16\n  enable_dns_support: true\n  \
                     enable_dns_hostnames: true\n  tags: { Name: \"main\" }\n}\n",
        },
    ],
};
