//! What is remembered of an object becomes what is wanted of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_provider::value::{Map, Value};

use crate::model::desired::{DesiredField, DesiredResource, Need, Options, Placement};
use crate::model::{Address, Residual};
use crate::source::{SourceId, Span};
use crate::state::{Masked, Recorded};

/// Whether a secret is somewhere in a value that was written.
pub fn holds_secret(value: &Value) -> bool {
    if Masked::digest(value).is_some() {
        return true;
    }
    match value {
        Value::List(items) => items.iter().any(holds_secret),
        Value::Map(map) => map.values().any(holds_secret),
        Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Percent(_)
        | Value::Ip(_)
        | Value::Cidr(_)
        | Value::Traffic(_)
        | Value::Range(..) => false,
    }
}

/// An object as it was last written. Secrets are not among it: of them, what is remembered `now` is kept.
pub fn wanted_back(address: &Address, was: &Recorded, now: Option<&Recorded>) -> DesiredResource {
    let nowhere = Span::new(SourceId(0), 0, 0);
    let mut inputs: BTreeMap<_, DesiredField> = BTreeMap::new();
    let mut kept = Map::new();
    for (name, value) in &was.inputs {
        if holds_secret(value) {
            let remembered = now.map_or(Some(value), |now| now.inputs.get(name));
            kept.extend(remembered.map(|value| (name.clone(), value.clone())));
        } else {
            inputs.insert(name.clone(), DesiredField { value: Residual::Value(value.clone()), span: nowhere });
        }
    }
    let protect = was.protect || now.is_some_and(|now| now.protect);
    DesiredResource {
        address: address.clone(),
        kind: was.kind.clone(),
        place: Arc::new(Placement { target: was.target.clone(), tags: BTreeMap::new() }),
        inputs,
        needs: was.needs.iter().map(|need| Need { address: need.clone(), span: nowhere, order_only: false }).collect(),
        options: Options { protect: Some(protect), kept, ..Options::default() },
        origin: nowhere,
    }
}

/// An object as it is remembered: nothing of it changes.
pub fn as_it_is(address: &Address, recorded: &Recorded) -> DesiredResource {
    wanted_back(address, recorded, None)
}
