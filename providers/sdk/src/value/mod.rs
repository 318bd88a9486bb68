//! Values: what the language computes with and what documents sent to a cloud are made of.
//!
//! One enum serves both. The *plain* variants (`None`, `Bool`, `Int`, `Float`, `Text`, `List`, `Map`) are all that a
//! document for a cloud may hold; the others carry units and exist only until a value is encoded for its field.

mod json;
mod network;
mod quantity;
mod render;

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::{EcoString, EcoVec};

pub use json::{from_json, to_json};
pub use network::{Cidr, CidrError, Traffic};
pub use quantity::{Duration, Percent, Size};
pub use render::{quote, render};

/// A record or a map: names to values, always in the order of the names.
pub type Map = BTreeMap<EcoString, Value>;

/// A value of the language, or (plain variants only) a part of a document for a cloud.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An optional value that is absent. It is never sent to a cloud.
    None,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(EcoString),
    /// A length of time.
    Duration(Duration),
    /// An amount of data.
    Size(Size),
    /// A share of a hundred.
    Percent(Percent),
    /// An IP address.
    Ip(std::net::IpAddr),
    /// A network: an address with its prefix length and no host bits.
    Cidr(Cidr),
    /// A protocol and its ports, `tcp/8000..8100`.
    Traffic(Traffic),
    /// A range of whole numbers, both ends included.
    Range(i64, i64),
    /// A list or a set.
    List(EcoVec<Value>),
    /// A record or a map.
    Map(Arc<Map>),
}

impl Value {
    /// Text from anything that can become one.
    pub fn text(text: impl Into<EcoString>) -> Self {
        Self::Text(text.into())
    }

    /// A map from pairs.
    pub fn map(pairs: impl IntoIterator<Item = (EcoString, Self)>) -> Self {
        Self::Map(Arc::new(pairs.into_iter().collect()))
    }

    /// A list from items.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// The text inside, if this is text.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The truth value inside, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(*truth) } else { None }
    }

    /// The whole number inside, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The number inside as a float, if this is any number.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::None
            | Self::Bool(_)
            | Self::Text(_)
            | Self::Duration(_)
            | Self::Size(_)
            | Self::Percent(_)
            | Self::Ip(_)
            | Self::Cidr(_)
            | Self::Traffic(_)
            | Self::Range(..)
            | Self::List(_)
            | Self::Map(_) => None,
        }
    }

    /// The items inside, if this is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// The entries inside, if this is a record or a map.
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// Whether this is the absent value.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The value below a dotted path of names; list positions are numbers.
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |value, part| match value {
            Self::Map(map) => map.get(part),
            Self::List(items) => part.parse::<usize>().ok().and_then(|index| items.get(index)),
            Self::None
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::Duration(_)
            | Self::Size(_)
            | Self::Percent(_)
            | Self::Ip(_)
            | Self::Cidr(_)
            | Self::Traffic(_)
            | Self::Range(..) => None,
        })
    }

    /// What kind of value this is, in the words of the language, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bool(_) => "Bool",
            Self::Int(_) => "Int",
            Self::Float(_) => "Float",
            Self::Text(_) => "String",
            Self::Duration(_) => "Duration",
            Self::Size(_) => "Size",
            Self::Percent(_) => "Percent",
            Self::Ip(_) => "Ip",
            Self::Cidr(_) => "Cidr",
            Self::Traffic(_) => "Traffic",
            Self::Range(..) => "Range",
            Self::List(_) => "List",
            Self::Map(_) => "Map",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<EcoString> for Value {
    fn from(text: EcoString) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(Arc::new(map))
    }
}
