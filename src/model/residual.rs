//! Expressions that still wait for something: data, not closures, so that they can be stored and compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use super::address::Address;
use super::encoding::{Decoding, Encoding};
use crate::builtins;

/// The function that takes the mark of a secret away.
pub const REVEAL: &str = "reveal";

/// What is left of an expression after everything known was computed.
#[derive(Clone, Debug, PartialEq)]
pub enum Residual {
    /// Known.
    Value(Value),
    /// An attribute that a cloud chooses, known after the object is there.
    Attribute(Attribute),
    /// A secret by its source; read when it is handed on, never before.
    Secret(SecretSource),
    /// A list with parts that wait.
    List(Vec<Residual>),
    /// A record or map with parts that wait.
    Map(BTreeMap<EcoString, Residual>),
    /// Text with parts that wait.
    Text(Vec<Residual>),
    /// A built-in function or operator on arguments that wait.
    Call(EcoString, Vec<Residual>),
    /// A value to be brought into the form a field is sent in.
    Encode(Encoding, Box<Residual>),
    /// A value as the cloud gives it, to be brought into the language's terms.
    Decode(Decoding, Box<Residual>),
}

/// An attribute of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribute {
    /// Whose.
    pub address: Address,
    /// The path of names below the object.
    pub path: Arc<[EcoString]>,
    /// Whether its value is a secret.
    pub secret: bool,
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretSource {
    /// `env`, `file`, `aws-sm` or `azure-kv`.
    pub scheme: EcoString,
    /// The name behind the colon.
    pub name: EcoString,
}

/// What a residual resolves to.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// A value.
    Known(Value),
    /// Something that it waits for is not known yet.
    Unknown,
    /// It cannot be computed; the sentence says why.
    Failed(String),
}

/// Gives residuals what they wait for.
pub trait Known {
    /// The value of an attribute, in the form the cloud gives it. `None` if it is not known yet; [`Value::None`] if
    /// the object has no such attribute.
    fn attribute(&self, attribute: &Attribute) -> Option<Value>;

    /// The value of a secret. `None` if secrets are not read now.
    fn secret(&self, source: &SecretSource) -> Option<Value>;
}

/// Knows nothing beyond what is written.
pub struct NothingKnown;

impl Known for NothingKnown {
    fn attribute(&self, _attribute: &Attribute) -> Option<Value> {
        None
    }

    fn secret(&self, _source: &SecretSource) -> Option<Value> {
        None
    }
}

impl Residual {
    /// Computes the residual as far as `known` reaches.
    pub fn resolve(&self, known: &dyn Known) -> Resolved {
        match self {
            Self::Value(value) => Resolved::Known(value.clone()),
            Self::Attribute(attribute) => known.attribute(attribute).map_or(Resolved::Unknown, Resolved::Known),
            Self::Secret(source) => known.secret(source).map_or(Resolved::Unknown, Resolved::Known),
            Self::List(items) => match resolve_all(items.iter(), known) {
                Ok(values) => Resolved::Known(Value::list(values.into_iter().filter(|value| !value.is_none()))),
                Err(other) => other,
            },
            Self::Map(entries) => match resolve_all(entries.values(), known) {
                Ok(values) => {
                    let map: Map = entries.keys().cloned().zip(values).filter(|(_, value)| !value.is_none()).collect();
                    Resolved::Known(Value::from(map))
                }
                Err(other) => other,
            },
            Self::Text(parts) => match resolve_all(parts.iter(), known) {
                Ok(values) => {
                    let mut text = EcoString::new();
                    for value in &values {
                        match builtins::operator::interpolated(value) {
                            Ok(part) => text.push_str(&part),
                            Err(sentence) => return Resolved::Failed(sentence),
                        }
                    }
                    Resolved::Known(Value::Text(text))
                }
                Err(other) => other,
            },
            Self::Call(name, arguments) => match resolve_all(arguments.iter(), known) {
                Ok(values) => match builtins::run(name, &values) {
                    Ok(value) => Resolved::Known(value),
                    Err(sentence) => Resolved::Failed(sentence),
                },
                Err(other) => other,
            },
            Self::Encode(encoding, inner) => match inner.resolve(known) {
                Resolved::Known(value) => match encoding.apply(&value) {
                    Ok(value) => Resolved::Known(value),
                    Err(violation) => Resolved::Failed(violation.to_string()),
                },
                unresolved @ (Resolved::Unknown | Resolved::Failed(_)) => unresolved,
            },
            Self::Decode(decoding, inner) => match inner.resolve(known) {
                Resolved::Known(value) => Resolved::Known(decoding.apply(&value)),
                unresolved @ (Resolved::Unknown | Resolved::Failed(_)) => unresolved,
            },
        }
    }

    /// Whether nothing is waited for.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Value(_))
    }

    /// How it comes about, for people: `https://⟨alb.dns_name⟩/healthz`.
    pub fn describe(&self) -> String {
        match self {
            Self::Value(Value::Text(text)) => text.to_string(),
            Self::Value(value) => cairn_provider::value::render(value),
            Self::Attribute(attribute) => format!("⟨{}.{}⟩", attribute.address, attribute.path.join(".")),
            Self::Secret(source) => format!("⟨{}:{}⟩", source.scheme, source.name),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::describe).collect::<Vec<_>>().join(", "))
            }
            Self::Map(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(name, entry)| format!("{name}: {}", entry.describe())).collect();
                format!("{{ {} }}", entries.join(", "))
            }
            Self::Text(parts) => parts.iter().map(Self::describe).collect(),
            Self::Call(name, arguments) => {
                let arguments: Vec<String> = arguments.iter().map(Self::describe).collect();
                match (name.strip_prefix("operator."), arguments.as_slice()) {
                    (Some("if"), [condition, yes, no]) => format!("if {condition} then {yes} else {no}"),
                    (Some("index"), [base, key]) => format!("{base}[{key}]"),
                    (Some(".member"), [base, name]) => format!("{base}.{name}"),
                    (Some(symbol), [left, right]) => format!("{left} {symbol} {right}"),
                    (Some(symbol), [inner]) => format!("{symbol}{inner}"),
                    _ => format!("{}({})", name.rsplit('.').next().unwrap_or(name), arguments.join(", ")),
                }
            }
            Self::Encode(_, inner) | Self::Decode(_, inner) => inner.describe(),
        }
    }

    /// Calls `visit` with every attribute inside.
    pub fn attributes<'a>(&'a self, visit: &mut dyn FnMut(&'a Attribute)) {
        match self {
            Self::Value(_) | Self::Secret(_) => {}
            Self::Attribute(attribute) => visit(attribute),
            Self::List(items) | Self::Text(items) | Self::Call(_, items) => {
                items.iter().for_each(|item| item.attributes(visit));
            }
            Self::Map(entries) => entries.values().for_each(|entry| entry.attributes(visit)),
            Self::Encode(_, inner) | Self::Decode(_, inner) => inner.attributes(visit),
        }
    }

    /// Calls `visit` with every source of a secret inside.
    pub fn sources<'a>(&'a self, visit: &mut dyn FnMut(&'a SecretSource)) {
        match self {
            Self::Value(_) | Self::Attribute(_) => {}
            Self::Secret(source) => visit(source),
            Self::List(items) | Self::Text(items) | Self::Call(_, items) => {
                items.iter().for_each(|item| item.sources(visit));
            }
            Self::Map(entries) => entries.values().for_each(|entry| entry.sources(visit)),
            Self::Encode(_, inner) | Self::Decode(_, inner) => inner.sources(visit),
        }
    }

    /// Calls `visit` with everything inside that is revealed.
    pub fn revealed<'a>(&'a self, visit: &mut dyn FnMut(&'a Residual)) {
        match self {
            Self::Value(_) | Self::Attribute(_) | Self::Secret(_) => {}
            Self::Call(name, items) if name == REVEAL => items.iter().for_each(visit),
            Self::List(items) | Self::Text(items) | Self::Call(_, items) => {
                items.iter().for_each(|item| item.revealed(visit));
            }
            Self::Map(entries) => entries.values().for_each(|entry| entry.revealed(visit)),
            Self::Encode(_, inner) | Self::Decode(_, inner) => inner.revealed(visit),
        }
    }

    /// Whether a secret is inside that is not revealed.
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Value(_) => false,
            Self::Attribute(attribute) => attribute.secret,
            Self::Secret(_) => true,
            Self::Call(name, _) if name == REVEAL => false,
            Self::List(items) | Self::Text(items) | Self::Call(_, items) => items.iter().any(Self::is_secret),
            Self::Map(entries) => entries.values().any(Self::is_secret),
            Self::Encode(_, inner) | Self::Decode(_, inner) => inner.is_secret(),
        }
    }
}

fn resolve_all<'a>(residuals: impl Iterator<Item = &'a Residual>, known: &dyn Known) -> Result<Vec<Value>, Resolved> {
    let mut values = Vec::new();
    let mut unknown = false;
    for residual in residuals {
        match residual.resolve(known) {
            Resolved::Known(value) => values.push(value),
            Resolved::Unknown => unknown = true,
            Resolved::Failed(sentence) => return Err(Resolved::Failed(sentence)),
        }
    }
    if unknown { Err(Resolved::Unknown) } else { Ok(values) }
}

impl From<Value> for Residual {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}
