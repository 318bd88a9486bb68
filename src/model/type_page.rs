//! What is said about a resource type: fields with types and rules, in the language's terms.

use serde::Serialize;

/// Everything about one type.
#[derive(Clone, Debug, Serialize)]
pub struct TypePage {
    /// The name in the language.
    pub name: String,
    /// The vendor's own name.
    pub vendor: String,
    /// What it is, in a few words; empty where nobody said.
    pub title: String,
    /// Whether it can be created; others are only looked up.
    pub creatable: bool,
    /// Whether this version has a lifecycle of its own for it.
    pub native: bool,
    /// Whether destroying an object destroys data.
    pub stateful: bool,
    /// Which object of a replacement goes first: `create_first` or `destroy_first`.
    pub replacement: &'static str,
    /// The fields that identify an object.
    pub identity: Vec<String>,
    /// The resource itself, then the records inside of it.
    pub records: Vec<RecordPage>,
    /// What must hold between fields and between resources, as sentences.
    pub relations: Vec<String>,
    /// The least a caller must be allowed to do; nothing where that is not known.
    pub permissions: Option<PermissionsPage>,
    /// How long operations may take, in seconds; nothing where that is not known.
    pub timings: Option<TimingsPage>,
    /// Sources that show it in use.
    pub examples: Vec<ExamplePage>,
}

/// A record and its fields.
#[derive(Clone, Debug, Serialize)]
pub struct RecordPage {
    /// The name behind the type's; empty for the resource itself.
    pub name: String,
    /// The fields: required ones, optional ones, read-only ones, each by name.
    pub fields: Vec<FieldPage>,
    /// Which fields need or exclude each other, as sentences.
    pub rules: Vec<String>,
}

/// One field.
#[derive(Clone, Debug, Serialize)]
pub struct FieldPage {
    /// The name in the language.
    pub name: String,
    /// The vendor's own spelling.
    pub vendor: String,
    /// The type as the language writes it.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it must be given.
    pub required: bool,
    /// Whether only the cloud chooses it.
    pub read_only: bool,
    /// Whether it is never read back.
    pub write_only: bool,
    /// Whether it is a secret.
    pub secret: bool,
    /// What a change costs: `update`, `may_replace`, `replace`.
    pub change: &'static str,
    /// The values it takes.
    pub values: Vec<String>,
    /// Whether the API may take values that the catalogue does not know.
    pub open: bool,
    /// What the API counts in.
    pub unit: Option<&'static str>,
    /// The smallest value, length or count, as the language writes it.
    pub min: Option<String>,
    /// The largest value, length or count, as the language writes it.
    pub max: Option<String>,
    /// The vendor's pattern of the text.
    pub pattern: Option<String>,
    /// What it is when nobody writes it, where that is known.
    pub default: Option<String>,
    /// What is sent of each resource it takes.
    pub sends: Vec<Sent>,
    /// How it follows from what is written.
    pub derived: Option<&'static str>,
    /// Why this version does not send it.
    pub unsupported: Option<&'static str>,
    /// The record it holds.
    pub record: Option<String>,
}

/// What is sent of a resource that a field refers to.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// Its type.
    pub kind: String,
    /// The attribute.
    pub attribute: String,
}

/// What a caller must be allowed to do, in the vendor's words.
#[derive(Clone, Debug, Serialize)]
pub struct PermissionsPage {
    /// To plan.
    pub read: Vec<&'static str>,
    /// To apply, beside those to read.
    pub write: Vec<&'static str>,
}

/// How long operations may take, in seconds.
#[derive(Clone, Debug, Serialize)]
pub struct TimingsPage {
    /// A create.
    pub create: u64,
    /// An update.
    pub update: u64,
    /// A delete.
    pub delete: u64,
    /// What a create usually takes.
    pub typical: u64,
}

/// A source that shows a type in use.
#[derive(Clone, Debug, Serialize)]
pub struct ExamplePage {
    /// What it shows.
    pub title: String,
    /// Declarations of a stack, without its header.
    pub source: String,
    /// Whether it was put together from the schema, and not written by somebody who knows the service.
    pub generated: bool,
}
