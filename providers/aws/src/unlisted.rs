//! `aws.Unlisted`: a type the catalogue does not have, by the vendor's name, with its properties as they are sent.

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Equality;
use cairn_provider::schema::overlay::Overlay;

/// The name in the language.
pub const NAME: &str = "aws.Unlisted";

/// What is known of it, in the form of the catalogue's facts. The identity is the vendor's primary identifier.
pub const FACTS: &str = r#"{
  "type": "AWS::Unlisted",
  "id": ["TypeName", "Identifier"],
  "required": ["TypeName", "Properties"],
  "create_only": ["TypeName"],
  "read_only": ["Identifier"],
  "properties": {
    "Identifier": {},
    "TypeName": {"pattern": "^[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}$"},
    "Properties": {"type": "json"}
  }
}"#;

/// `aws.Unlisted`. What else is true of a type is in the vendor's registry, which is asked when it is needed.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::Unlisted",
    title: "Any type of the CloudFormation registry that the catalogue does not have",
    overlay: Overlay {
        equality: &[("Properties", Equality::Part)],
        noun: "an unlisted resource",
        popular: &["Properties"],
        ..Overlay::EMPTY
    },
    idempotency: Idempotency::Token,
    permissions: Permissions {
        read: &["cloudformation:DescribeType", "cloudformation:GetResource", "cloudformation:ListResources"],
        write: &[
            "cloudformation:CreateResource",
            "cloudformation:DeleteResource",
            "cloudformation:GetResourceRequestStatus",
            "cloudformation:UpdateResource",
        ],
    },
    timings: Timings { create: 3_600, update: 3_600, delete: 3_600, typical: 60, poll: 2 },
    examples: &[Example {
        title: "A type that is newer than the catalogue",
        source: "resource thing = aws.Unlisted {\n  type_name: \"AWS::New::Thing\"\n  properties: { Name: \"news\" }\n}\n\n\
                 output thing_id = thing.identifier\n",
    }],
};
