//! Terms: values on the way, each with the place it comes from; what is not known yet is a symbol.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use cairn_provider::schema::{Shape, TypeSchema};
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use super::instance::Instance;
use crate::model::desired::Placement;
pub use crate::model::inspected::Phase;
use crate::model::{Address, Residual};
use crate::source::Span;

/// A value, known or not, with the place of the literal or expression it comes from.
#[derive(Clone)]
pub struct Term {
    /// The place.
    pub origin: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a term is.
#[derive(Clone)]
pub enum Kind {
    /// A single known value: no list and no map.
    Value(Value),
    /// A list whose length is known.
    List(Rc<Vec<Term>>),
    /// A map or record whose keys are known.
    Map(Rc<BTreeMap<EcoString, Term>>),
    /// A resource or a look-up.
    Object(Rc<Instance>),
    /// An object that is not described here, by its id.
    Existing(Rc<Term>),
    /// An instance of a component: its scope.
    Component(usize),
    /// A region of an account.
    Target(Arc<Placement>),
    /// Something not known yet.
    Unknown(Rc<Unknown>),
    /// A value its author vouches for: limits are not checked.
    Unchecked(Rc<Term>),
    /// Something that was reported.
    Error,
}

/// Something not known yet.
pub struct Unknown {
    /// How it will be computed.
    pub residual: Residual,
    /// When it will be known.
    pub phase: Phase,
    /// Whether it is a secret.
    pub secret: bool,
    /// What a cloud's schema says of it.
    pub shape: Option<(Arc<TypeSchema>, Shape)>,
}

impl Term {
    /// A known value; lists and maps become terms inside, all of one origin.
    pub fn value(value: Value, origin: Span) -> Self {
        let kind = match value {
            Value::List(items) => {
                Kind::List(Rc::new(items.iter().map(|item| Self::value(item.clone(), origin)).collect()))
            }
            Value::Map(map) => Kind::Map(Rc::new(
                map.iter().map(|(name, value)| (name.clone(), Self::value(value.clone(), origin))).collect(),
            )),
            other => Kind::Value(other),
        };
        Self { origin, kind }
    }

    /// Text.
    pub fn text(text: impl Into<EcoString>, origin: Span) -> Self {
        Self { origin, kind: Kind::Value(Value::Text(text.into())) }
    }

    /// Something that was reported.
    pub fn error(origin: Span) -> Self {
        Self { origin, kind: Kind::Error }
    }

    /// The absent value.
    pub fn none(origin: Span) -> Self {
        Self { origin, kind: Kind::Value(Value::None) }
    }

    /// A list.
    pub fn list(items: Vec<Self>, origin: Span) -> Self {
        Self { origin, kind: Kind::List(Rc::new(items)) }
    }

    /// A map.
    pub fn map(entries: BTreeMap<EcoString, Self>, origin: Span) -> Self {
        Self { origin, kind: Kind::Map(Rc::new(entries)) }
    }

    /// Something not known yet.
    pub fn unknown(residual: Residual, phase: Phase, secret: bool, origin: Span) -> Self {
        Self { origin, kind: Kind::Unknown(Rc::new(Unknown { residual, phase, secret, shape: None })) }
    }

    /// Whether it was reported.
    pub fn is_error(&self) -> bool {
        matches!(self.kind, Kind::Error)
    }

    /// Whether it is the absent value.
    pub fn is_none(&self) -> bool {
        matches!(self.kind, Kind::Value(Value::None))
    }

    /// The known value, if all of it is data and known.
    pub fn known(&self) -> Option<Value> {
        match &self.kind {
            Kind::Value(value) => Some(value.clone()),
            Kind::List(items) => items.iter().map(Self::known).collect::<Option<Vec<_>>>().map(Value::list),
            Kind::Map(entries) => {
                let map: Option<Map> = entries.iter().map(|(name, term)| Some((name.clone(), term.known()?))).collect();
                map.map(Value::from)
            }
            Kind::Unchecked(inner) => inner.known(),
            Kind::Object(_)
            | Kind::Existing(_)
            | Kind::Component(_)
            | Kind::Target(_)
            | Kind::Unknown(_)
            | Kind::Error => None,
        }
    }

    /// The known text.
    pub fn known_text(&self) -> Option<EcoString> {
        match self.known()? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The latest phase of what is inside.
    pub fn phase(&self) -> Phase {
        match &self.kind {
            Kind::Unknown(unknown) => unknown.phase,
            Kind::List(items) => items.iter().map(Self::phase).max().unwrap_or(Phase::Written),
            Kind::Map(entries) => entries.values().map(Self::phase).max().unwrap_or(Phase::Written),
            Kind::Existing(inner) | Kind::Unchecked(inner) => inner.phase(),
            Kind::Value(_) | Kind::Object(_) | Kind::Component(_) | Kind::Target(_) | Kind::Error => Phase::Written,
        }
    }

    /// Whether a secret is inside.
    pub fn is_secret(&self) -> bool {
        match &self.kind {
            Kind::Unknown(unknown) => unknown.secret,
            Kind::List(items) => items.iter().any(Self::is_secret),
            Kind::Map(entries) => entries.values().any(Self::is_secret),
            Kind::Existing(inner) | Kind::Unchecked(inner) => inner.is_secret(),
            Kind::Value(_) | Kind::Object(_) | Kind::Component(_) | Kind::Target(_) | Kind::Error => false,
        }
    }

    /// Collects the objects that the value still names: those it is, and those whose attributes it waits for.
    pub fn named(&self, addresses: &mut BTreeSet<Address>) {
        match &self.kind {
            Kind::Object(instance) => {
                addresses.insert(instance.address.clone());
            }
            Kind::Unknown(unknown) => unknown.residual.attributes(&mut |attribute| {
                addresses.insert(attribute.address.clone());
            }),
            Kind::List(items) => items.iter().for_each(|item| item.named(addresses)),
            Kind::Map(entries) => entries.values().for_each(|entry| entry.named(addresses)),
            Kind::Existing(inner) | Kind::Unchecked(inner) => inner.named(addresses),
            Kind::Value(_) | Kind::Component(_) | Kind::Target(_) | Kind::Error => {}
        }
    }

    /// As an expression that may still wait. Nothing for what is no data.
    pub fn residual(&self) -> Option<Residual> {
        if let Some(value) = self.known() {
            return Some(Residual::Value(value));
        }
        match &self.kind {
            Kind::Unknown(unknown) => Some(unknown.residual.clone()),
            Kind::List(items) => items.iter().map(Self::residual).collect::<Option<Vec<_>>>().map(Residual::List),
            Kind::Map(entries) => {
                let entries: Option<BTreeMap<_, _>> =
                    entries.iter().map(|(name, term)| Some((name.clone(), term.residual()?))).collect();
                entries.map(Residual::Map)
            }
            Kind::Unchecked(inner) | Kind::Existing(inner) => inner.residual(),
            Kind::Value(value) => Some(Residual::Value(value.clone())),
            Kind::Object(_) | Kind::Component(_) | Kind::Target(_) | Kind::Error => None,
        }
    }
}
