//! From a value of the language to the form a field is sent in, and back.

use std::fmt;

use cairn_provider::schema::{Shape, TextRules, Unit};
use cairn_provider::value::{Cidr, Duration, Percent, Size, Value};
use ecow::EcoString;

/// How a single value is brought into a field's form. Small, so that residuals can carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it is; only text, numbers and truth values are left.
    Plain,
    /// A whole number of units.
    Whole(Unit),
    /// A number of units, perhaps with a fraction.
    Fraction(Unit),
    /// Text of anything that has one: addresses, networks, numbers.
    Text,
}

/// Why a value cannot be sent exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// It is no whole number of units.
    Inexact {
        /// The value as the language writes it.
        value: String,
        /// The unit.
        unit: Unit,
    },
    /// It is of another kind.
    Kind {
        /// What was wanted.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inexact { value, unit } => write!(formatter, "{value} is not a whole number of {}", unit.counted()),
            Self::Kind { wanted, found } => write!(formatter, "a {wanted} is expected here, this is a {found}"),
        }
    }
}

impl Encoding {
    /// The encoding of a field of a single value.
    pub fn of(shape: &Shape) -> Self {
        match shape {
            Shape::Int { unit: Some(unit), .. } => Self::Whole(*unit),
            Shape::Float { unit: Some(unit), .. } => Self::Fraction(*unit),
            Shape::Text(_) => Self::Text,
            Shape::Bool
            | Shape::Int { unit: None, .. }
            | Shape::Float { unit: None, .. }
            | Shape::Json
            | Shape::Reference(_)
            | Shape::List { .. }
            | Shape::Map(_)
            | Shape::Record(_)
            | Shape::Keyed { .. } => Self::Plain,
        }
    }

    /// Brings a value into the form.
    ///
    /// # Errors
    /// See [`Violation`].
    pub fn apply(self, value: &Value) -> Result<Value, Violation> {
        match self {
            Self::Plain => Ok(plain(value)),
            Self::Whole(unit) => whole(unit, value),
            Self::Fraction(unit) => fraction(unit, value),
            Self::Text => text(value),
        }
    }
}

/// Values with a form of their own become text, inside of lists and records too.
pub fn plain(value: &Value) -> Value {
    match value {
        Value::Ip(_)
        | Value::Cidr(_)
        | Value::Traffic(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Percent(_)
        | Value::Range(..) => Value::text(cairn_provider::value::render(value)),
        Value::List(items) => Value::list(items.iter().map(plain)),
        Value::Map(map) => Value::map(map.iter().map(|(name, value)| (name.clone(), plain(value)))),
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => value.clone(),
    }
}

fn whole(unit: Unit, value: &Value) -> Result<Value, Violation> {
    let (amount, length) = match (value, unit.nanoseconds(), unit.bytes()) {
        (Value::Duration(duration), Some(length), _) => (duration.nanoseconds(), length),
        (Value::Size(size), _, Some(length)) => (size.bytes(), length),
        (Value::Percent(percent), None, None) if percent.points().fract() == 0.0 => (percent.points() as i64, 1),
        (Value::Int(number), _, _) => (*number, 1),
        _ => return Err(Violation::Kind { wanted: unit.quantity(), found: value.kind() }),
    };
    if amount % length == 0 {
        return Ok(Value::Int(amount / length));
    }
    Err(Violation::Inexact { value: cairn_provider::value::render(value), unit })
}

fn fraction(unit: Unit, value: &Value) -> Result<Value, Violation> {
    let number = match (value, unit.nanoseconds(), unit.bytes()) {
        (Value::Duration(duration), Some(length), _) => duration.nanoseconds() as f64 / length as f64,
        (Value::Size(size), _, Some(length)) => size.bytes() as f64 / length as f64,
        (Value::Percent(percent), None, None) => percent.points(),
        (Value::Int(number), _, _) => *number as f64,
        (Value::Float(number), _, _) => *number,
        _ => return Err(Violation::Kind { wanted: unit.quantity(), found: value.kind() }),
    };
    Ok(Value::Float(number))
}

fn text(value: &Value) -> Result<Value, Violation> {
    match value {
        Value::Text(_) | Value::None => Ok(value.clone()),
        Value::Ip(_) | Value::Cidr(_) => Ok(Value::text(cairn_provider::value::render(value))),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Percent(_)
        | Value::Traffic(_)
        | Value::Range(..)
        | Value::List(_)
        | Value::Map(_) => Err(Violation::Kind { wanted: "String", found: value.kind() }),
    }
}

/// How a value as the cloud gives it is brought into the language's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoding {
    /// A number of units becomes a quantity.
    Quantity(Unit),
    /// Text becomes a network.
    Network,
}

impl Decoding {
    /// The decoding of a field of a single value; nothing if its values are the language's already.
    pub fn of(shape: &Shape) -> Option<Self> {
        match shape {
            Shape::Int { unit, .. } | Shape::Float { unit, .. } => unit.map(Self::Quantity),
            Shape::Text(rules) => is_network(rules).then_some(Self::Network),
            Shape::Bool
            | Shape::Json
            | Shape::Reference(_)
            | Shape::List { .. }
            | Shape::Map(_)
            | Shape::Record(_)
            | Shape::Keyed { .. } => None,
        }
    }

    /// Brings a value into the language's terms; what does not fit stays as it is.
    pub fn apply(self, value: &Value) -> Value {
        match (self, value) {
            (Self::Quantity(unit), _) => {
                value.as_number().map_or_else(|| value.clone(), |number| quantity(unit, number))
            }
            (Self::Network, Value::Text(text)) => Cidr::parse(text).map_or_else(|_| value.clone(), Value::Cidr),
            (Self::Network, _) => value.clone(),
        }
    }
}

/// A value as the cloud gives it, in the language's terms: numbers get their units, networks become networks.
pub fn decode(shape: &Shape, value: &Value) -> Value {
    match (shape, value) {
        (Shape::List { item, .. }, Value::List(items)) => Value::list(items.iter().map(|value| decode(item, value))),
        (Shape::Map(item), Value::Map(map)) => {
            Value::map(map.iter().map(|(name, value)| (name.clone(), decode(item, value))))
        }
        (shape, value) => Decoding::of(shape).map_or_else(|| value.clone(), |decoding| decoding.apply(value)),
    }
}

/// So many of a unit.
pub fn quantity(unit: Unit, number: f64) -> Value {
    if let Some(length) = unit.nanoseconds() {
        return Value::Duration(Duration::from_nanoseconds((number * length as f64) as i64));
    }
    if let Some(length) = unit.bytes() {
        return Value::Size(Size::from_bytes((number * length as f64) as i64));
    }
    Value::Percent(Percent::from_points(number))
}

/// Whether text is a network.
pub fn is_network(rules: &TextRules) -> bool {
    rules.format.as_deref().is_some_and(|format| EcoString::from(format).ends_with("-network"))
}
