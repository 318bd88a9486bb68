//! Types: base, optional and secret. (The fourth part, the phase, belongs to values: see `evaluate::term`.)

use std::fmt;
use std::sync::Arc;

use cairn_provider::schema::{RecordId, Shape, TypeSchema, Unit};
use ecow::{EcoString, eco_format};

use super::program::UnitId;
use super::syntax::ast::Expr;

/// A type.
#[derive(Clone, Debug)]
pub enum Type {
    /// Of something that was reported already; it fits everything.
    Error,
    /// Not known before evaluation; it fits everything.
    Any,
    /// Of `none`.
    None,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A whole number in a range, both ends included.
    Between(i64, i64),
    /// Any number.
    Float,
    /// Text.
    Text,
    /// Text that is one of these.
    Choice(Arc<[EcoString]>),
    /// Text with a rule: `Url`, `DomainName`, `Email`, `Arn`, `Schedule`, `aws.AccountId`.
    Named(&'static str),
    /// A length of time.
    Duration,
    /// An amount of data.
    Size,
    /// A share of a hundred.
    Percent,
    /// An address.
    Ip,
    /// A network.
    Cidr,
    /// Protocol and ports.
    Traffic,
    /// A range of whole numbers.
    Range,
    /// Any data without secrets.
    Json,
    /// Something that can say whether it is healthy.
    Health,
    /// A list.
    List(Arc<Type>),
    /// A set.
    Set(Arc<Type>),
    /// Names to values.
    Map(Arc<Type>),
    /// A record.
    Record(Arc<RecordType>),
    /// A record of a resource type.
    Part(Arc<TypeSchema>, RecordId),
    /// A resource of a type.
    Resource(Arc<TypeSchema>),
    /// A resource of one of several types of a cloud, or of any.
    AnyResource(Arc<[EcoString]>),
    /// A region of an account.
    Target(EcoString),
    /// An instance of a component.
    Component(UnitId),
    /// A value, or nothing.
    Optional(Arc<Type>),
    /// A secret.
    Secret(Arc<Type>),
    /// One of several types.
    Union(Arc<[Type]>),
}

/// A record type.
#[derive(Debug)]
pub struct RecordType {
    /// Its name, if it has one.
    pub name: Option<EcoString>,
    /// Its fields, in the order they were written.
    pub fields: Vec<RecordField>,
}

/// A field of a record type.
#[derive(Clone, Debug)]
pub struct RecordField {
    /// Its name.
    pub name: EcoString,
    /// Its type.
    pub ty: Type,
    /// Whether it may be left out because it has a default.
    pub has_default: bool,
    /// The default, with the unit in which it is evaluated.
    pub default: Option<(UnitId, Arc<Expr>)>,
}

impl RecordField {
    /// A field without a default.
    pub fn new(name: EcoString, ty: Type) -> Self {
        Self { name, ty, has_default: false, default: None }
    }
}

impl RecordType {
    /// A field by name.
    pub fn field(&self, name: &str) -> Option<&RecordField> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// A type may have this many parts.
const MAX_PARTS: usize = 20_000;

impl Type {
    /// The type of an optional value.
    pub fn optional(self) -> Self {
        match self {
            Self::Optional(_) | Self::Error | Self::Any | Self::None => self,
            other => Self::Optional(Arc::new(other)),
        }
    }

    /// The type of a secret.
    pub fn secret(self) -> Self {
        match self {
            Self::Secret(_) | Self::Error => self,
            Self::Optional(inner) => Self::Optional(Arc::new(inner.as_ref().clone().secret())),
            other => Self::Secret(Arc::new(other)),
        }
    }

    /// Without `?`.
    pub fn required(&self) -> &Self {
        if let Self::Optional(inner) = self { inner } else { self }
    }

    /// Without `?` and `Secret<>`.
    pub fn bare(&self) -> &Self {
        match self {
            Self::Optional(inner) | Self::Secret(inner) => inner.bare(),
            other => other,
        }
    }

    /// Whether nothing can be said about it.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Error | Self::Any)
    }

    /// Whether the value may be absent.
    pub fn is_optional(&self) -> bool {
        matches!(self, Self::Optional(_) | Self::None)
    }

    /// Whether the value, or a part of it, is a secret.
    pub fn holds_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::Optional(inner) | Self::List(inner) | Self::Set(inner) | Self::Map(inner) => inner.holds_secret(),
            Self::Record(record) => record.fields.iter().any(|field| field.ty.holds_secret()),
            Self::Union(members) => members.iter().any(Self::holds_secret),
            _ => false,
        }
    }

    /// Whether it is text of any kind.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Choice(_) | Self::Named(_))
    }

    /// Whether it is a number of any kind.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Between(..) | Self::Float)
    }

    /// Whether it is a quantity with a unit.
    pub fn is_quantity(&self) -> bool {
        matches!(self, Self::Duration | Self::Size | Self::Percent)
    }

    /// The type of what a list, set, map or record holds.
    pub fn item(&self) -> Option<Self> {
        match self {
            Self::List(item) | Self::Set(item) | Self::Map(item) => Some(item.as_ref().clone()),
            Self::Record(record) => {
                let mut types = record.fields.iter().map(|field| field.ty.clone());
                let first = types.next().unwrap_or(Self::Any);
                Some(types.fold(first, |joined, ty| joined.join(&ty)))
            }
            Self::Json | Self::Any | Self::Part(..) => Some(Self::Any),
            Self::Error => Some(Self::Error),
            _ => None,
        }
    }

    /// The type of a field of a resource type, as it is read.
    pub fn of_shape(schema: &Arc<TypeSchema>, shape: &Shape) -> Self {
        match shape {
            Shape::Bool => Self::Bool,
            Shape::Int { unit: Some(unit), .. } | Shape::Float { unit: Some(unit), .. } => Self::of_unit(*unit),
            Shape::Int { min: Some(min), max: Some(max), unit: None } => Self::Between(*min, *max),
            Shape::Int { .. } => Self::Int,
            Shape::Float { .. } => Self::Float,
            Shape::Text(rules) if super::super::model::encoding::is_network(rules) => Self::Cidr,
            Shape::Text(rules) if !rules.values.is_empty() && !rules.open => {
                Self::Choice(rules.values.iter().cloned().collect())
            }
            Shape::Text(rules) if rules.format.as_deref() == Some("health") => Self::Health,
            Shape::Text(_) => Self::Text,
            Shape::Json => Self::Json,
            Shape::Reference(reference) => {
                Self::AnyResource(reference.targets.iter().map(|(kind, _)| kind.clone()).collect())
            }
            Shape::List { item, .. } => Self::List(Arc::new(Self::of_shape(schema, item))),
            Shape::Map(item) => Self::Map(Arc::new(Self::of_shape(schema, item))),
            Shape::Record(id) => Self::Part(Arc::clone(schema), *id),
            Shape::Keyed { record, value, rich, .. } => {
                if *rich {
                    return Self::Map(Arc::new(Self::Any));
                }
                let field = schema.record(*record).fields.get(value);
                Self::Map(Arc::new(field.map_or(Self::Text, |field| Self::of_shape(schema, &field.shape))))
            }
        }
    }

    /// The type of a quantity.
    pub fn of_unit(unit: Unit) -> Self {
        match unit.quantity() {
            "Duration" => Self::Duration,
            "Size" => Self::Size,
            // A share may be something else that is counted, so plain numbers fit too.
            _ => Self::Union(Arc::new([Self::Percent, Self::Float])),
        }
    }

    /// Whether it has more parts than anybody writes: records that hold each other twice grow without end.
    pub fn is_too_large(&self) -> bool {
        let mut left = MAX_PARTS;
        self.count(&mut left);
        left == 0
    }

    fn count(&self, left: &mut usize) {
        *left = left.saturating_sub(1);
        if *left == 0 {
            return;
        }
        match self {
            Self::List(inner) | Self::Set(inner) | Self::Map(inner) | Self::Optional(inner) | Self::Secret(inner) => {
                inner.count(left);
            }
            Self::Record(record) => record.fields.iter().for_each(|field| field.ty.count(left)),
            Self::Union(members) => members.iter().for_each(|member| member.count(left)),
            _ => {}
        }
    }

    /// The type without any secret in it: what `reveal` gives.
    #[must_use]
    pub fn revealed(&self) -> Self {
        match self {
            Self::Secret(inner) => inner.revealed(),
            Self::Optional(inner) => inner.revealed().optional(),
            Self::List(inner) => Self::List(Arc::new(inner.revealed())),
            Self::Set(inner) => Self::Set(Arc::new(inner.revealed())),
            Self::Map(inner) => Self::Map(Arc::new(inner.revealed())),
            Self::Record(record) => {
                let fields = record.fields.iter();
                let fields = fields.map(|field| RecordField { ty: field.ty.revealed(), ..field.clone() }).collect();
                Self::Record(Arc::new(RecordType { name: record.name.clone(), fields }))
            }
            other => other.clone(),
        }
    }

    /// The smallest type that both fit.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Error, _) | (_, Self::Error) => Self::Error,
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::None, other) | (other, Self::None) => other.clone().optional(),
            (Self::Optional(a), b) | (b, Self::Optional(a)) => a.join(b.required()).optional(),
            (Self::Secret(a), b) | (b, Self::Secret(a)) => a.join(b.bare()).secret(),
            (Self::Choice(a), Self::Choice(b)) => {
                let mut values: Vec<EcoString> = a.to_vec();
                values.extend(b.iter().filter(|value| !a.contains(value)).cloned());
                Self::Choice(values.into())
            }
            (a, b) if a.is_text() && b.is_text() => {
                if a == b {
                    a.clone()
                } else {
                    Self::Text
                }
            }
            (Self::Int | Self::Between(..), Self::Int | Self::Between(..)) => Self::Int,
            (a, b) if a.is_number() && b.is_number() => Self::Float,
            (Self::List(a), Self::List(b)) => Self::List(Arc::new(a.join(b))),
            (Self::Set(a), Self::Set(b)) => Self::Set(Arc::new(a.join(b))),
            (Self::Map(a), Self::Map(b)) => Self::Map(Arc::new(a.join(b))),
            (Self::Record(a), Self::Record(b)) => Self::Record(Arc::new(join_records(a, b))),
            (Self::Record(_), Self::Map(item)) | (Self::Map(item), Self::Record(_)) => {
                let record = if matches!(self, Self::Record(_)) { self } else { other };
                Self::Map(Arc::new(record.item().map_or_else(|| item.as_ref().clone(), |own| own.join(item))))
            }
            (a, b) if a == b => a.clone(),
            (a, b) => Self::Union(Arc::new([a.clone(), b.clone()])),
        }
    }
}

fn join_records(a: &RecordType, b: &RecordType) -> RecordType {
    let mut fields: Vec<RecordField> = Vec::new();
    for field in &a.fields {
        let ty = match b.field(&field.name) {
            Some(other) => field.ty.join(&other.ty),
            None => field.ty.clone().optional(),
        };
        fields.push(RecordField::new(field.name.clone(), ty));
    }
    for field in &b.fields {
        if a.field(&field.name).is_none() {
            fields.push(RecordField::new(field.name.clone(), field.ty.clone().optional()));
        }
    }
    RecordType { name: None, fields }
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Between(a, b), Self::Between(c, d)) => a == c && b == d,
            (Self::Choice(a), Self::Choice(b)) => a == b,
            (Self::Named(a), Self::Named(b)) => a == b,
            (Self::List(a), Self::List(b))
            | (Self::Set(a), Self::Set(b))
            | (Self::Map(a), Self::Map(b))
            | (Self::Optional(a), Self::Optional(b))
            | (Self::Secret(a), Self::Secret(b)) => a == b,
            (Self::Record(a), Self::Record(b)) => {
                a.fields.len() == b.fields.len()
                    && a.fields.iter().zip(&b.fields).all(|(a, b)| a.name == b.name && a.ty == b.ty)
            }
            (Self::Part(a, id), Self::Part(b, other)) => a.name == b.name && id == other,
            (Self::Resource(a), Self::Resource(b)) => a.name == b.name,
            (Self::AnyResource(a), Self::AnyResource(b)) => a == b,
            (Self::Target(a), Self::Target(b)) => a == b,
            (Self::Component(a), Self::Component(b)) => a == b,
            (Self::Union(a), Self::Union(b)) => a == b,
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: EcoString = match self {
            Self::Error | Self::Any => "anything".into(),
            Self::None => "none".into(),
            Self::Bool => "Bool".into(),
            Self::Int => "Int".into(),
            Self::Between(min, max) => eco_format!("{min}..{max}"),
            Self::Float => "Float".into(),
            Self::Text => "String".into(),
            Self::Choice(values) => {
                let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
                quoted.join(" | ").into()
            }
            Self::Named(name) => (*name).into(),
            Self::Duration => "Duration".into(),
            Self::Size => "Size".into(),
            Self::Percent => "Percent".into(),
            Self::Ip => "Ip".into(),
            Self::Cidr => "Cidr".into(),
            Self::Traffic => "Traffic".into(),
            Self::Range => "Range".into(),
            Self::Json => "Json".into(),
            Self::Health => "Health".into(),
            Self::List(item) => eco_format!("[{item}]"),
            Self::Set(item) => eco_format!("Set<{item}>"),
            Self::Map(item) => eco_format!("Map<{item}>"),
            Self::Record(record) => match &record.name {
                Some(name) => name.clone(),
                None => {
                    let fields: Vec<String> =
                        record.fields.iter().map(|field| format!("{}: {}", field.name, field.ty)).collect();
                    eco_format!("{{ {} }}", fields.join(", "))
                }
            },
            Self::Part(schema, id) => {
                let record = schema.record(*id);
                if record.name.is_empty() {
                    schema.name.clone()
                } else {
                    eco_format!("{}.{}", schema.name, record.name)
                }
            }
            Self::Resource(schema) => schema.name.clone(),
            Self::AnyResource(kinds) => match kinds.as_ref() {
                [] => "a resource".into(),
                kinds => kinds.join(" or ").into(),
            },
            Self::Target(cloud) => eco_format!("{cloud}.Target"),
            Self::Component(_) => "a component".into(),
            Self::Optional(inner) => eco_format!("{inner}?"),
            Self::Secret(inner) => eco_format!("Secret<{inner}>"),
            Self::Union(members) => {
                let names: Vec<String> = members.iter().map(ToString::to_string).collect();
                names.join(" | ").into()
            }
        };
        formatter.write_str(&name)
    }
}
