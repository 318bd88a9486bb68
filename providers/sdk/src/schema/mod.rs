//! What a resource type looks like: its fields, what may be written, what a change of each one costs.
//!
//! A schema is the vendor's own facts ([`facts`]) with our [`overlay`] laid over them. Everything is data, so that the
//! language, the engine, the editor and the sandbox all read the same truth without a cloud's SDK.

mod build;
pub mod catalogue;
pub mod document;
pub mod facts;
pub mod overlay;
mod shape;

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::value::Value;

pub use build::{BuildError, build};
pub use shape::{Equality, ReferenceTo, Shape, TextRules, Unit};

/// The field every resource has beside those of its schema: properties the catalogue does not know yet, in the vendor's
/// spelling, sent as they are.
pub const RAW: &str = "raw";

/// What [`RAW`] is.
static RAW_FIELD: std::sync::LazyLock<Field> = std::sync::LazyLock::new(|| Field {
    vendor: EcoString::new(),
    shape: Shape::Json,
    required: false,
    change: Change::Update,
    access: Access::ReadWrite,
    sensitive: false,
    equality: Equality::Part,
    unsupported: None,
    unwritten: None,
});

/// Which record of a type: an index into [`TypeSchema::records`].
pub type RecordId = usize;

/// Everything known about one resource type.
#[derive(Clone, Debug)]
pub struct TypeSchema {
    /// The name in the language, `aws.ec2.Subnet`.
    pub name: EcoString,
    /// The vendor's own name, `AWS::EC2::Subnet`.
    pub vendor: EcoString,
    /// All records of the type; the first is the resource itself.
    pub records: Vec<Record>,
    /// The fields whose values, joined by `|`, identify an object.
    pub identity: Vec<EcoString>,
    /// The field that holds the tags, if objects of the type can be tagged.
    pub tags: Option<EcoString>,
    /// Whether the vendor's registry can create it. Lookup-only types can only be read.
    pub creatable: bool,
    /// Whether it is something that is run, and nothing that is made and stays.
    pub action: bool,
    /// What the registry does not say.
    pub overlay: &'static overlay::Overlay,
}

/// The fields of a resource, or of a record inside of one.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The name behind the type's: `Ingress` for `aws.ec2.SecurityGroup.Ingress`; empty for the resource itself.
    pub name: EcoString,
    /// The fields by their names in the language.
    pub fields: BTreeMap<EcoString, Field>,
    /// Fields of which at least one must be given.
    pub any_of: Vec<EcoString>,
    /// Fields of which exactly one must be given.
    pub one_of: Vec<EcoString>,
    /// Pairs of fields that exclude each other.
    pub excludes: Vec<(EcoString, EcoString)>,
    /// Pairs of fields of which the first needs the second.
    pub requires: Vec<(EcoString, EcoString)>,
}

/// One field of a record.
#[derive(Clone, Debug)]
pub struct Field {
    /// The vendor's own spelling.
    pub vendor: EcoString,
    /// What it holds.
    pub shape: Shape,
    /// Whether it must be given.
    pub required: bool,
    /// What a change costs.
    pub change: Change,
    /// Who may write and read it.
    pub access: Access,
    /// Whether its value is a secret.
    pub sensitive: bool,
    /// Which differences between two values mean nothing.
    pub equality: Equality,
    /// Why this version cannot send the field, if so.
    pub unsupported: Option<&'static str>,
    /// What the cloud has when nobody writes the field of the resource itself, where that is known: what a field that is
    /// written no longer goes back to. A list or map without one is empty.
    pub unwritten: Option<Value>,
}

/// What the change of a field costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The object is updated in place.
    Update,
    /// Under conditions that the schema does not state, the object must be replaced.
    MayReplace,
    /// The object must be replaced.
    Replace,
}

/// Who may write and read a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Written by the user, returned by the cloud.
    ReadWrite,
    /// Chosen by the cloud.
    ReadOnly,
    /// Written by the user, never returned.
    WriteOnly,
}

impl TypeSchema {
    /// The record of the resource itself.
    pub fn root(&self) -> &Record {
        self.record(0)
    }

    /// A record of the type.
    pub fn record(&self, id: RecordId) -> &Record {
        // The builder hands out the ids together with the records.
        self.records.get(id).expect("a record id of this schema")
    }

    /// The record with this name.
    pub fn record_named(&self, name: &str) -> Option<RecordId> {
        self.records.iter().position(|record| !record.name.is_empty() && record.name == name)
    }

    /// A field of the resource itself; [`RAW`] is one, unless the vendor has a property of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        let raw = || Some(&*RAW_FIELD).filter(|_| name == RAW && self.creatable);
        self.root().fields.get(name).or_else(raw)
    }

    /// What the entries of a keyed list are when nobody writes them; `None` if the cloud adds none of its own.
    pub fn entries(&self, field: &Field) -> Option<&'static [(&'static str, &'static str)]> {
        let listed = self.overlay.entries.iter().find(|(property, _)| *property == field.vendor);
        listed.map(|(_, entries)| *entries)
    }

    /// The service, `ec2` of `aws.ec2.Subnet`.
    pub fn service(&self) -> &str {
        self.name.split('.').nth(1).unwrap_or_default()
    }

    /// The cloud, `aws` of `aws.ec2.Subnet`.
    pub fn cloud(&self) -> &str {
        self.name.split('.').next().unwrap_or_default()
    }

    /// The field at a path inside the resource; `*` stands for the items of a list or map.
    pub fn field_at<'a>(&'a self, path: impl IntoIterator<Item = &'a str>) -> Option<&'a Field> {
        let mut record = Some(self.root());
        let mut found: Option<&Field> = None;
        for part in path {
            let inside = found.map(|field| field.shape.innermost());
            if let Some(shape) = inside {
                record = shape.record().map(|id| self.record(id));
            }
            match record.and_then(|record| record.fields.get(part)) {
                Some(field) => found = Some(field),
                // A position, a key or `*` inside of a list or map: the field stays the same.
                None if found.is_some_and(|field| field.shape.is_collection()) => {}
                None => return None,
            }
        }
        found
    }
}

impl Field {
    /// Whether a stack may write the field.
    pub fn writable(&self) -> bool {
        self.access != Access::ReadOnly
    }
}
