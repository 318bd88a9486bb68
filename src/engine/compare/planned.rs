//! A wanted value, as far as it is known.

use std::collections::BTreeMap;

use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use crate::model::Residual;
use crate::model::residual::{Known, Resolved};

/// A wanted value with its unknown parts.
#[derive(Clone, Debug, PartialEq)]
pub enum Planned {
    /// Known.
    Known(Value),
    /// Not known yet: how it comes about.
    Unknown(String),
    /// A record or map with parts that are not known yet.
    Map(BTreeMap<EcoString, Planned>),
    /// A list with parts that are not known yet.
    List(Vec<Planned>),
}

impl Planned {
    /// Adds what was written and is written no longer, at every depth, as nothing.
    pub fn empty_dropped(&mut self, recorded: &Value) {
        let Some(recorded) = recorded.as_map() else { return };
        let entries = match self {
            Self::Map(entries) => entries,
            Self::Known(Value::Map(map)) => {
                let mut map = map.as_ref().clone();
                empty_dropped(&mut map, recorded);
                *self = Self::Known(Value::from(map));
                return;
            }
            Self::Known(_) | Self::Unknown(_) | Self::List(_) => return,
        };
        for (name, was) in recorded {
            match entries.get_mut(name) {
                Some(entry) => entry.empty_dropped(was),
                None => {
                    entries.insert(name.clone(), Self::Known(Value::None));
                }
            }
        }
    }
}

/// Adds what was written and is written no longer, at every depth, as nothing.
pub fn empty_dropped(wanted: &mut Map, recorded: &Map) {
    for (name, was) in recorded {
        match (wanted.get(name), was) {
            (Some(Value::Map(inner)), Value::Map(was)) => {
                let mut inner = inner.as_ref().clone();
                empty_dropped(&mut inner, was);
                wanted.insert(name.clone(), Value::from(inner));
            }
            (Some(_), _) => {}
            (None, _) => {
                wanted.insert(name.clone(), Value::None);
            }
        }
    }
}

/// Resolves a residual as far as the world is known.
pub fn planned(residual: &Residual, known: &dyn Known) -> Planned {
    match residual.resolve(known) {
        Resolved::Known(value) => return Planned::Known(value),
        Resolved::Unknown | Resolved::Failed(_) => {}
    }
    match residual {
        Residual::Map(entries) => {
            Planned::Map(entries.iter().map(|(name, entry)| (name.clone(), planned(entry, known))).collect())
        }
        Residual::List(items) => Planned::List(items.iter().map(|item| planned(item, known)).collect()),
        Residual::Value(_)
        | Residual::Attribute(_)
        | Residual::Secret(_)
        | Residual::Text(_)
        | Residual::Call(..)
        | Residual::Encode(..)
        | Residual::Decode(..) => Planned::Unknown(describe(residual, known)),
    }
}

/// How a value comes about, with what is known filled in.
fn describe(residual: &Residual, known: &dyn Known) -> String {
    match residual {
        Residual::Text(parts) => parts
            .iter()
            .map(|part| match part.resolve(known) {
                // What only waits beside a secret does not show it.
                Resolved::Known(_) if part.is_secret() => part.describe(),
                Resolved::Known(Value::Text(text)) => text.to_string(),
                Resolved::Known(value) => cairn_provider::value::render(&value),
                Resolved::Unknown | Resolved::Failed(_) => describe(part, known),
            })
            .collect(),
        Residual::Encode(_, inner) | Residual::Decode(_, inner) => describe(inner, known),
        Residual::Value(_)
        | Residual::Attribute(_)
        | Residual::Secret(_)
        | Residual::List(_)
        | Residual::Map(_)
        | Residual::Call(..) => residual.describe(),
    }
}

impl Planned {
    /// The known value, if all of it is known.
    pub fn value(&self) -> Option<&Value> {
        if let Self::Known(value) = self { Some(value) } else { None }
    }
}
