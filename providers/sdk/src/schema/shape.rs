//! The shape of a field's values, as a document for the cloud holds them.

use ecow::EcoString;

use super::RecordId;

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// True or false.
    Bool,
    /// A whole number, counted in a unit if one is given.
    Int {
        /// The unit the API counts in.
        unit: Option<Unit>,
        /// The smallest value.
        min: Option<i64>,
        /// The largest value.
        max: Option<i64>,
    },
    /// A number, counted in a unit if one is given.
    Float {
        /// The unit the API counts in.
        unit: Option<Unit>,
        /// The smallest value.
        min: Option<f64>,
        /// The largest value.
        max: Option<f64>,
    },
    /// Text.
    Text(Box<TextRules>),
    /// A JSON document whose keys are its own.
    Json,
    /// Another resource.
    Reference(Box<ReferenceTo>),
    /// A list, or a set if it is unordered.
    List {
        /// What it holds.
        item: Box<Shape>,
        /// Whether the order means nothing.
        unordered: bool,
        /// The smallest number of items.
        min: Option<usize>,
        /// The largest number of items.
        max: Option<usize>,
    },
    /// Names the user chooses, to values of one shape.
    Map(Box<Shape>),
    /// A record of the same type.
    Record(RecordId),
    /// A list of records with a key each, written as a map.
    Keyed {
        /// The record of an item, without the key and, if it has one, with the value.
        record: RecordId,
        /// The vendor's name of the key.
        key: EcoString,
        /// The field of the item that holds the value, if text may stand for the whole item.
        value: EcoString,
        /// Whether the items hold more than key and value.
        rich: bool,
    },
}

/// Rules for text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextRules {
    /// The only values the API takes, or, where `open`, those the catalogue knows.
    pub values: Vec<EcoString>,
    /// Whether newer values than those of the catalogue may exist.
    pub open: bool,
    /// What kind of value it is, for messages: "instance type".
    pub noun: Option<&'static str>,
    /// The vendor's pattern.
    pub pattern: Option<EcoString>,
    /// The smallest number of characters.
    pub min: Option<usize>,
    /// The largest number of characters.
    pub max: Option<usize>,
    /// What the text is: a network, a point in time.
    pub format: Option<EcoString>,
}

/// Which resources a reference takes and what is sent for each.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceTo {
    /// The types with the attribute that is sent, in the language's names.
    pub targets: Vec<(EcoString, EcoString)>,
    /// The name the field has without being a reference: `vpc_id`.
    pub full_name: EcoString,
}

/// What the API counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Thousandths of a second.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days.
    Days,
    /// Bytes.
    Bytes,
    /// 2²⁰ bytes.
    Mebibytes,
    /// 2³⁰ bytes.
    Gibibytes,
    /// Points of a hundred. A plain number is accepted too: the field may also count something else.
    Percent,
}

impl Unit {
    /// The length in nanoseconds of a unit of time.
    pub fn nanoseconds(self) -> Option<i64> {
        match self {
            Self::Milliseconds => Some(1_000_000),
            Self::Seconds => Some(1_000_000_000),
            Self::Minutes => Some(60_000_000_000),
            Self::Hours => Some(3_600_000_000_000),
            Self::Days => Some(86_400_000_000_000),
            Self::Bytes | Self::Mebibytes | Self::Gibibytes | Self::Percent => None,
        }
    }

    /// The length in bytes of a unit of size.
    pub fn bytes(self) -> Option<i64> {
        match self {
            Self::Bytes => Some(1),
            Self::Mebibytes => Some(1_048_576),
            Self::Gibibytes => Some(1_073_741_824),
            Self::Milliseconds | Self::Seconds | Self::Minutes | Self::Hours | Self::Days | Self::Percent => None,
        }
    }

    /// How the language writes one of it.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Minutes => "min",
            Self::Hours => "h",
            Self::Days => "d",
            Self::Bytes => "B",
            Self::Mebibytes => "MiB",
            Self::Gibibytes => "GiB",
            Self::Percent => "%",
        }
    }

    /// What the API counts in, as a word for messages.
    pub fn counted(self) -> &'static str {
        match self {
            Self::Milliseconds => "milliseconds",
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Bytes => "bytes",
            Self::Mebibytes => "MiB",
            Self::Gibibytes => "GiB",
            Self::Percent => "percent",
        }
    }

    /// The type the language gives such a field.
    pub fn quantity(self) -> &'static str {
        match self {
            Self::Milliseconds | Self::Seconds | Self::Minutes | Self::Hours | Self::Days => "Duration",
            Self::Bytes | Self::Mebibytes | Self::Gibibytes => "Size",
            Self::Percent => "Percent",
        }
    }
}

/// Which differences between two values of a field mean nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Equality {
    /// None: the values must be the same.
    #[default]
    Exact,
    /// Capital and small letters.
    IgnoreCase,
    /// Capital and small letters and a dot at the end, as in names of the DNS.
    DomainName,
    /// Everything JSON and policy documents may spell in two ways: order of keys, one item or a list of it.
    Document,
    /// A version given in parts: `16` covers `16.4`.
    VersionPrefix,
    /// A number that only grows: what is written is the least there must be.
    AtLeast,
    /// A document in the vendor's own names: what is written is a part of what there must be, at every depth. Lists are
    /// the same in any order.
    Part,
}

impl Shape {
    /// Text without rules.
    pub fn text() -> Self {
        Self::Text(Box::default())
    }

    /// The shape behind all lists and maps.
    pub fn innermost(&self) -> &Self {
        match self {
            Self::List { item, .. } | Self::Map(item) => item.innermost(),
            Self::Bool
            | Self::Int { .. }
            | Self::Float { .. }
            | Self::Text(_)
            | Self::Json
            | Self::Reference(_)
            | Self::Record(_)
            | Self::Keyed { .. } => self,
        }
    }

    /// The record, if the shape is one or holds keyed ones.
    pub fn record(&self) -> Option<RecordId> {
        match self {
            Self::Record(id) | Self::Keyed { record: id, .. } => Some(*id),
            Self::Bool
            | Self::Int { .. }
            | Self::Float { .. }
            | Self::Text(_)
            | Self::Json
            | Self::Reference(_)
            | Self::List { .. }
            | Self::Map(_) => None,
        }
    }

    /// Whether values of the shape have items.
    pub fn is_collection(&self) -> bool {
        matches!(self, Self::List { .. } | Self::Map(_) | Self::Keyed { .. } | Self::Json)
    }

    /// The unit the API counts in.
    pub fn unit(&self) -> Option<Unit> {
        match self {
            Self::Int { unit, .. } | Self::Float { unit, .. } => *unit,
            Self::Bool
            | Self::Text(_)
            | Self::Json
            | Self::Reference(_)
            | Self::List { .. }
            | Self::Map(_)
            | Self::Record(_)
            | Self::Keyed { .. } => None,
        }
    }
}
