//! The order in which a plan is read, and what of it is said once for many.

use std::collections::BTreeMap;

use cairn_provider::value::Value;
use ecow::EcoString;

use super::layout::Detail;
use super::likeness;
use super::node::symbol;
use crate::model::change::{Action, After, AttributeChange, Change, Reason, Risk};
use crate::model::plan::Plan;

/// A plan in the order of reading.
pub struct Outline<'a> {
    /// What is done, the worst first.
    pub entries: Vec<Entry<'a>>,
    /// Tags that all new objects with tags carry.
    pub tags: Vec<(EcoString, Value)>,
    /// How many new objects have tags.
    pub tagged: usize,
}

/// One change, and those that only follow it.
pub struct Entry<'a> {
    /// The change.
    pub change: &'a Change,
    /// Updates whose only reason is that something of this object is known after apply.
    pub followers: Vec<&'a Change>,
    /// New objects of the same loop that differ only by their keys.
    pub also: Vec<&'a Change>,
    /// The first object of the same loop, if this one differs from it in less than half of its leaves.
    pub like: Option<&'a Change>,
}

impl<'a> Outline<'a> {
    /// Reads a plan.
    pub fn of(plan: &'a Plan, detail: Detail) -> Self {
        let effective: Vec<&Change> = plan.changes.iter().filter(|change| change.is_effective()).collect();
        let mut followers: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
        let mut entries: Vec<Entry<'_>> = Vec::new();
        let leaders = if detail == Detail::Full { BTreeMap::new() } else { leaders(&effective) };
        for change in &effective {
            match leaders.get(change.address.as_str()) {
                Some(_) if change.action == Action::Update => {
                    followers.entry(first(&leaders, change)).or_default().push(change);
                }
                _ => entries.push(Entry { change, followers: Vec::new(), also: Vec::new(), like: None }),
            }
        }
        for entry in &mut entries {
            if !entry.change.reasons.contains(&Reason::Deposed) {
                entry.followers = followers.remove(entry.change.address.as_str()).unwrap_or_default();
            }
        }
        // Nothing is left out, whatever it follows.
        entries.extend(followers.into_values().flatten().map(|change| Entry {
            change,
            followers: Vec::new(),
            also: Vec::new(),
            like: None,
        }));
        entries.sort_by(|a, b| key(a.change).cmp(&key(b.change)));
        if detail != Detail::Full {
            likeness::find(&mut entries);
        }
        let (tags, tagged) = if detail == Detail::Full { (Vec::new(), 0) } else { tags(&effective) };
        Self { entries, tags, tagged }
    }

    /// Whether a leaf is among what is said once for all.
    pub fn is_shared(&self, change: &Change, attribute: &AttributeChange) -> bool {
        let Some((name, value)) = tag(change, attribute) else { return false };
        self.tags.iter().any(|(other, shared)| other == name && shared == value)
    }
}

/// The worst first, then by component, then by address.
fn key(change: &Change) -> (u8, &str, &str) {
    (rank(change), component(change), change.address.as_str())
}

fn rank(change: &Change) -> u8 {
    let loses = change.risks.contains(&Risk::DataLoss);
    let opens = change.risks.iter().any(|risk| matches!(risk, Risk::Access(_)));
    match change.action {
        _ if loses => 0,
        Action::Replace(_) => 1,
        Action::Delete => 2,
        Action::Update | Action::Create if opens => 3,
        Action::Update => 4,
        Action::Create => 5,
        Action::Run => 6,
        Action::Unchanged => 7,
    }
}

/// The component instance a change lies in; empty at the top.
pub fn component(change: &Change) -> &str {
    let address = change.address.as_str();
    points(address).last().and_then(|at| address.get(..*at)).unwrap_or_default()
}

/// The places of the points of an address, those inside of keys excepted.
fn points(address: &str) -> Vec<usize> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut found = Vec::new();
    for (at, character) in address.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            '.' if !quoted && depth == 0 => found.push(at),
            _ => {}
        }
    }
    found
}

/// For each update that only follows another change: which.
fn leaders<'a>(effective: &[&'a Change]) -> BTreeMap<&'a str, &'a str> {
    let known: BTreeMap<&str, &Change> = effective.iter().map(|change| (change.address.as_str(), *change)).collect();
    effective
        .iter()
        .filter(|change| follows_only(change))
        .filter_map(|change| {
            let leaders: Option<Vec<&str>> =
                change.attributes.iter().map(|attribute| leader(&known, attribute)).collect();
            Some((change.address.as_str(), *leaders?.first()?))
        })
        .collect()
}

fn follows_only(change: &Change) -> bool {
    change.action == Action::Update
        && change.risks.is_empty()
        && change.released.is_empty()
        && change.reasons.iter().all(|reason| matches!(reason, Reason::Follows(_)))
}

/// The object whose attribute a leaf waits for. It existed before: what now refers to something new was edited.
fn leader<'a>(known: &BTreeMap<&'a str, &'a Change>, attribute: &AttributeChange) -> Option<&'a str> {
    let After::Unknown(text) = &attribute.after else { return None };
    // A plain reference: nothing else in it can have been edited.
    let symbol = symbol(text)?;
    attribute.before.as_ref()?;
    let names = points(symbol).into_iter().rev().filter_map(|at| symbol.get(..at));
    let (address, change) = names.filter_map(|name| known.get_key_value(name)).next()?;
    let existed = change.action != Action::Create || change.reasons.contains(&Reason::Vanished);
    existed.then_some(*address)
}

/// The one at the beginning of a chain of followers.
fn first<'a>(leaders: &BTreeMap<&'a str, &'a str>, change: &'a Change) -> &'a str {
    let mut address = change.address.as_str();
    // Needs have no circles; a plan that claims one ends all the same.
    for _ in 0..=leaders.len() {
        match leaders.get(address) {
            Some(leader) => address = leader,
            None => break,
        }
    }
    address
}

impl Outline<'_> {
    /// Whether something new waits for something else that is new.
    pub fn has_symbols(&self) -> bool {
        let attributes = self.entries.iter().filter(|entry| entry.change.action == Action::Create);
        attributes.flat_map(|entry| &entry.change.attributes).any(|attribute| match &attribute.after {
            After::Unknown(text) => text.contains('⟨'),
            After::Value(_) | After::Absent => false,
        })
    }
}

/// A tag of a new object that may be said once for all.
fn tag<'a>(change: &Change, attribute: &'a AttributeChange) -> Option<(&'a EcoString, &'a Value)> {
    let new = change.action == Action::Create && !attribute.sensitive;
    let path = match attribute.path.as_slice() {
        // Tags with properties of their own.
        [path @ .., last] if path.len() == 2 && last == "value" => path,
        path => path,
    };
    match (path, &attribute.after) {
        ([field, name], After::Value(value)) if new && (field == "tags" || field.ends_with("_tags")) => {
            Some((name, value))
        }
        _ => None,
    }
}

/// The tags that all new objects with tags carry, and how many those are.
fn tags(effective: &[&Change]) -> (Vec<(EcoString, Value)>, usize) {
    let mut shared: Option<BTreeMap<&EcoString, &Value>> = None;
    let mut count = 0;
    for change in effective {
        let own: BTreeMap<_, _> = change.attributes.iter().filter_map(|attribute| tag(change, attribute)).collect();
        if own.is_empty() {
            continue;
        }
        count += 1;
        shared = Some(match shared {
            None => own,
            Some(shared) => shared.into_iter().filter(|(name, value)| own.get(name) == Some(value)).collect(),
        });
    }
    let tags = shared.unwrap_or_default().into_iter().map(|(name, value)| (name.clone(), value.clone()));
    if count < 2 { (Vec::new(), 0) } else { (tags.collect(), count) }
}
