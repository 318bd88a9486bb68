//! `aws.Unlisted`: a type the catalogue does not have, by the vendor's name, with its properties as they are sent.

use cairn_provider::schema::overlay::Overlay;

/// The name in the language.
pub const NAME: &str = "aws.Unlisted";

/// What is known of it, in the form of the catalogue's facts. The identity is the vendor's primary identifier.
pub const FACTS: &str = r#"{
  "type": "AWS::Unlisted",
  "id": ["Identifier"],
  "required": ["TypeName", "Properties"],
  "create_only": ["TypeName"],
  "read_only": ["Identifier"],
  "properties": {
    "Identifier": {},
    "TypeName": {"pattern": "^[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}$"},
    "Properties": {"type": "json"}
  }
}"#;

/// Nothing else is known of it.
pub static OVERLAY: Overlay = Overlay { noun: "an unlisted resource", ..Overlay::EMPTY };
