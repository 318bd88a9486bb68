//! Objects of one loop that differ only a little: only what differs is worth reading.

use std::collections::BTreeMap;

use super::node::Node;
use super::outline::Entry;
use crate::model::change::{Action, AttributeChange, Change};

/// Finds for each new object the first one of its loop that it is like; those that are the same join that one.
pub fn find(entries: &mut Vec<Entry<'_>>) {
    let mut first: BTreeMap<(&str, &str), &Change> = BTreeMap::new();
    let mut same: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    entries.retain_mut(|entry| {
        let change = entry.change;
        let Some((base, _)) = instance(change) else { return true };
        if change.action != Action::Create || !change.risks.is_empty() || !entry.followers.is_empty() {
            return true;
        }
        let Some(model) = first.get(&(base, change.kind.as_str())) else {
            first.insert((base, change.kind.as_str()), change);
            return true;
        };
        if is_like(change, model) {
            if own(change, model).is_empty() {
                same.entry(model.address.as_str()).or_default().push(change);
                return false;
            }
            entry.like = Some(model);
        }
        true
    });
    for entry in entries.iter_mut().filter(|entry| entry.change.action == Action::Create) {
        entry.also = same.remove(entry.change.address.as_str()).unwrap_or_default();
    }
}

/// The leaves of an object that are not as those of the one it is like.
pub fn own<'a>(change: &'a Change, model: &Change) -> Vec<&'a AttributeChange> {
    let pairs = change.attributes.iter().zip(&model.attributes);
    pairs.filter(|(own, other)| !agrees(change, own, model, other)).map(|(own, _)| own).collect()
}

fn is_like(change: &Change, model: &Change) -> bool {
    let paths = |change: &Change| -> Vec<_> {
        change.attributes.iter().map(|attribute| (attribute.path.clone(), attribute.sensitive)).collect()
    };
    let same = change.reasons == model.reasons && change.source == model.source && paths(change) == paths(model);
    same && own(change, model).len() * 2 <= change.attributes.len()
}

/// Whether leaves are the same, or one is the other with the key of the loop in its place.
fn agrees(change: &Change, own: &AttributeChange, model: &Change, other: &AttributeChange) -> bool {
    if own.sensitive || own.after == other.after {
        return true;
    }
    let (Some((_, key)), Some((_, model_key))) = (instance(change), instance(model)) else { return false };
    let spelled = |attribute: &AttributeChange| Node::after(attribute, true).inline();
    let (own, other) = (spelled(own), spelled(other));
    // A number that happens to be a key is a number.
    let is_text = own.starts_with(['"', '⟨', '{']);
    is_text
        && other.match_indices(model_key).any(|(at, _)| {
            let rest = other.get(at + model_key.len()..).unwrap_or_default();
            own.strip_prefix(other.get(..at).unwrap_or_default())
                .and_then(|own| own.strip_prefix(key))
                .is_some_and(|own| own == rest)
        })
}

/// The loop of an object and its key in it.
fn instance(change: &Change) -> Option<(&str, &str)> {
    let address = change.address.as_str().strip_suffix(']')?;
    let at = address.rfind('[')?;
    Some((address.get(..at)?, address.get(at + 1..)?.trim_matches('"')))
}
