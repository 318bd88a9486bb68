//! What is wanted against what is there, and against what was last written. Pure.
//!
//! Only what is written decides: a field nobody wrote is nobody's business. Drift (recorded against observed) and intent
//! (wanted against observed) are kept apart.

mod differ;
mod openings;
mod planned;

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::object::{Live, Observed};
use cairn_provider::schema::overlay::{Overlay, Replacement};
use cairn_provider::schema::{Change as Cost, Field, TypeSchema};
use cairn_provider::value::Map;
use ecow::EcoString;

use self::differ::Differ;
use self::openings::openings;
pub use self::planned::{Planned, planned};
use super::known::World;
use super::mask::StackKey;
use crate::model::Address;
use crate::model::change::{Action, After, AttributeChange, Change, Reason, Risk};
use crate::model::desired::{DesiredResource, ReplaceRule};
use crate::state::Recorded;

/// What comparing one wanted resource needs to know.
pub struct Subject<'a> {
    /// What is wanted.
    pub desired: &'a DesiredResource,
    /// Its type.
    pub schema: &'a TypeSchema,
    /// What is remembered.
    pub recorded: Option<&'a Recorded>,
    /// What is there; nothing if nothing is remembered.
    pub observed: Option<&'a Observed>,
    /// Where it is declared, `path:line`.
    pub source: EcoString,
}

/// Compares one wanted resource with the world.
pub fn compare(subject: &Subject<'_>, world: &World, key: &StackKey) -> Change {
    let mut change = compared(subject, world, key);
    if change.is_effective() {
        let before = match subject.observed {
            Some(Observed::Present(live)) => Some(&live.attributes),
            Some(Observed::Absent | Observed::Unreadable(_)) | None => None,
        };
        let opened = openings(subject.schema.overlay, &wanted(subject, world), before);
        change.risks.extend(opened.into_iter().map(Risk::Access));
    }
    change
}

fn compared(subject: &Subject<'_>, world: &World, key: &StackKey) -> Change {
    let desired = subject.desired;
    let mut change = Change {
        address: desired.address.clone(),
        previous: None,
        kind: desired.kind.clone(),
        action: Action::Unchanged,
        id: subject.recorded.map(|recorded| recorded.id.clone()),
        source: subject.source.clone(),
        attributes: Vec::new(),
        drift: Vec::new(),
        released: Vec::new(),
        reasons: Vec::new(),
        risks: Vec::new(),
    };
    let mut wanted = wanted(subject, world);
    let live = match (subject.recorded, subject.observed) {
        (Some(recorded), Some(Observed::Present(live))) => Some((recorded, live.as_ref())),
        (Some(recorded), Some(Observed::Absent)) => {
            change.action = Action::Create;
            change.id = None;
            change.reasons.push(Reason::Vanished);
            change.drift.push(vanished(subject.schema, recorded));
            None
        }
        // What cannot be read is planned as if it were as it should be; the caller reports the error.
        (Some(_), Some(Observed::Unreadable(_)) | None) => return change,
        (None, _) => {
            change.action = Action::Create;
            change.reasons.push(Reason::New);
            None
        }
    };
    let Some((recorded, live)) = live else {
        change.attributes = created(subject.schema, &wanted, key);
        return change;
    };
    if recorded.kind != desired.kind || moved(recorded, desired) {
        change.action = Action::Replace(Replacement::CreateFirst);
        change.reasons.push(Reason::Moved);
        change.attributes = created(subject.schema, &wanted, key);
        finish_replacement(&mut change, subject, &wanted);
        return change;
    }
    let unwritten = unwritten(subject.schema, desired, recorded);
    change.released = released(subject.schema, desired, recorded, &unwritten);
    wanted.extend(unwritten.into_iter().map(|(name, value)| (name, Planned::Known(value))));
    let ignored = &desired.options.ignore;
    change.attributes = Differ::new(subject.schema, key, ignored).against_live(&wanted, live, Some(&recorded.inputs));
    change.drift = drift(subject, recorded, live, key);
    if let cairn_provider::object::Status::Failed(why) = &live.status {
        change.action = Action::Replace(Replacement::DestroyFirst);
        change.reasons.push(Reason::Broken(why.clone()));
        finish_replacement(&mut change, subject, &wanted);
        return change;
    }
    if change.attributes.is_empty() {
        // What was left unfinished is finished, even if nothing of it can be seen.
        if recorded.incomplete {
            change.action = Action::Update;
            change.reasons.push(Reason::Incomplete);
        }
        return change;
    }
    reasons(&mut change, recorded);
    if change.attributes.iter().any(|attribute| attribute.forces) {
        change.action = Action::Replace(Replacement::CreateFirst);
        finish_replacement(&mut change, subject, &wanted);
    } else {
        change.action = Action::Update;
    }
    change
}

/// A change of an object that stays becomes a replacement, because somebody asks for it.
pub fn replaced(change: &mut Change, subject: &Subject<'_>, world: &World, key: &StackKey) {
    let there = match subject.observed {
        Some(Observed::Present(_)) => subject.recorded.is_some(),
        Some(Observed::Absent | Observed::Unreadable(_)) | None => false,
    };
    if !there {
        return;
    }
    let wanted = wanted(subject, world);
    if !matches!(change.action, Action::Replace(_)) {
        change.attributes = created(subject.schema, &wanted, key);
        finish_replacement(change, subject, &wanted);
    }
    change.reasons.push(Reason::Asked);
}

/// What is wanted, as far as it is known.
pub fn wanted(subject: &Subject<'_>, world: &World) -> BTreeMap<EcoString, Planned> {
    let inputs = &subject.desired.inputs;
    inputs.iter().map(|(name, field)| (name.clone(), planned(&field.value, world))).collect()
}

/// Fields that were written and are written no longer, with what they go back to.
pub fn unwritten(schema: &TypeSchema, desired: &DesiredResource, recorded: &Recorded) -> Map {
    let fields = recorded.inputs.keys().filter(|name| !written(desired, name));
    fields.filter_map(|name| Some((name.clone(), schema.field(name)?.unwritten.clone()?))).collect()
}

/// Whether a field is written, or kept as it was written.
fn written(desired: &DesiredResource, name: &EcoString) -> bool {
    desired.inputs.contains_key(name) || desired.options.kept.contains_key(name)
}

/// Fields that were written, are written no longer, and stay as they are: nobody knows what they would go back to.
fn released(schema: &TypeSchema, desired: &DesiredResource, recorded: &Recorded, unwritten: &Map) -> Vec<EcoString> {
    let fields = recorded.inputs.keys().filter(|name| !written(desired, name));
    let fields = fields.filter(|name| !unwritten.contains_key(*name));
    // A name that was made for the object was never written.
    let made = schema.overlay.name.filter(|rule| rule.renewed).map(|rule| rule.property);
    let released = |field: &Field| field.writable() && made != Some(field.vendor.as_str());
    fields.filter(|name| schema.field(name).is_some_and(released)).cloned().collect()
}

/// Everything that is set on a new object.
fn created(schema: &TypeSchema, wanted: &BTreeMap<EcoString, Planned>, key: &StackKey) -> Vec<AttributeChange> {
    Differ::new(schema, key, &[]).against_nothing(wanted)
}

/// The arguments of an action, as far as they are known; secrets are masked.
pub fn arguments(schema: &TypeSchema, call: &DesiredResource, world: &World, key: &StackKey) -> Vec<AttributeChange> {
    let planned = call.inputs.iter().map(|(name, field)| (name.clone(), planned::planned(&field.value, world)));
    let written = planned.filter(|(_, value)| *value != Planned::Known(cairn_provider::value::Value::None)).collect();
    created(schema, &written, key)
}

/// Somebody else destroyed it: its identity is gone.
fn vanished(schema: &TypeSchema, recorded: &Recorded) -> AttributeChange {
    AttributeChange {
        path: schema.identity.last().cloned().into_iter().collect(),
        before: Some(cairn_provider::value::Value::Text(recorded.id.clone())),
        after: After::Absent,
        sensitive: false,
        forces: false,
        unit: None,
        member: false,
    }
}

fn moved(recorded: &Recorded, desired: &DesiredResource) -> bool {
    let target = &desired.place.target;
    ["region", "account"].into_iter().any(|setting| {
        let (before, after) = (recorded.target.setting(setting), target.setting(setting));
        before.is_some() && after.is_some() && before != after
    })
}

/// What somebody else changed: recorded against observed.
fn drift(subject: &Subject<'_>, recorded: &Recorded, live: &Live, key: &StackKey) -> Vec<AttributeChange> {
    let written: BTreeMap<EcoString, Planned> =
        recorded.inputs.iter().map(|(name, value)| (name.clone(), Planned::Known(value.clone()))).collect();
    let ignored = &subject.desired.options.ignore;
    drifted(subject.schema, &written, live, ignored, key)
}

/// What of an object is different from what is wanted; hidden fields are compared with what was last written.
pub fn differences(
    schema: &TypeSchema,
    wanted: &BTreeMap<EcoString, Planned>,
    live: &Live,
    recorded: Option<&Map>,
    ignored: &[Vec<EcoString>],
    key: &StackKey,
) -> Vec<AttributeChange> {
    Differ::new(schema, key, ignored).against_live(wanted, live, recorded)
}

/// What of an object is different from what was last written.
pub fn drifted(
    schema: &TypeSchema,
    written: &BTreeMap<EcoString, Planned>,
    live: &Live,
    ignored: &[Vec<EcoString>],
    key: &StackKey,
) -> Vec<AttributeChange> {
    let changes = Differ::new(schema, key, ignored).visible_only().against_live(written, live, None);
    // Seen from what was written: that is before, what is there is after.
    changes
        .into_iter()
        .map(|change| {
            let before = match change.after {
                After::Value(value) => Some(value),
                After::Absent | After::Unknown(_) => None,
            };
            let after = change.before.map_or(After::Absent, After::Value);
            AttributeChange { before, after, forces: false, ..change }
        })
        .collect()
}

/// Whether the source, the cloud or another resource is why an object changes.
fn reasons(change: &mut Change, recorded: &Recorded) {
    let drifted: BTreeSet<&[EcoString]> = change.drift.iter().map(|drift| drift.path.as_slice()).collect();
    let mut found: Vec<Reason> = Vec::new();
    for attribute in &change.attributes {
        let reason = match &attribute.after {
            After::Unknown(text) => follows(text).map_or(Reason::Written, Reason::Follows),
            After::Value(_) | After::Absent if drifted.contains(attribute.path.as_slice()) => Reason::Drifted,
            After::Value(_) | After::Absent => Reason::Written,
        };
        if !found.contains(&reason) {
            found.push(reason);
        }
    }
    if recorded.incomplete {
        found.push(Reason::Incomplete);
    }
    change.reasons = found;
}

/// The first address a symbol names.
fn follows(text: &str) -> Option<Address> {
    let inner = text.split('⟨').nth(1)?.split('⟩').next()?;
    // The attribute stands behind the last point that is not inside of a key.
    let mut depth = 0_i32;
    let at = inner.char_indices().filter_map(|(at, character)| {
        match character {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        (character == '.' && depth == 0).then_some(at)
    });
    let dots: Vec<usize> = at.collect();
    inner.get(..*dots.first()?).map(Address::from_text)
}

/// The order of a replacement, and what a reviewer should know of it.
fn finish_replacement(change: &mut Change, subject: &Subject<'_>, wanted: &BTreeMap<EcoString, Planned>) {
    let overlay = subject.schema.overlay;
    let chosen = match subject.desired.options.replace {
        Some(ReplaceRule::Order(order)) => Some(order),
        Some(ReplaceRule::Never) | None => None,
    };
    let order = chosen.unwrap_or_else(|| default_order(overlay, subject, wanted));
    change.action = Action::Replace(order);
    if overlay.stateful {
        change.risks.push(Risk::DataLoss);
    } else if order == Replacement::DestroyFirst {
        change.risks.push(Risk::Downtime);
    }
}

/// Two objects cannot have one name: where the name stays, the old object goes first.
fn default_order(overlay: &Overlay, subject: &Subject<'_>, wanted: &BTreeMap<EcoString, Planned>) -> Replacement {
    if keeps_name(overlay, subject, wanted) { Replacement::DestroyFirst } else { overlay.replacement }
}

/// Whether the new object would have the name of the old one.
fn keeps_name(overlay: &Overlay, subject: &Subject<'_>, wanted: &BTreeMap<EcoString, Planned>) -> bool {
    let Some(rule) = overlay.name else { return false };
    let field = subject.schema.root().fields.iter().find(|(_, field)| field.vendor == rule.property);
    let written = field.and_then(|(name, _)| wanted.get(name));
    let observed = match subject.observed {
        Some(Observed::Present(live)) => field.and_then(|(name, _)| live.attributes.get(name)),
        _ => None,
    };
    match written {
        Some(Planned::Known(name)) => Some(name) == observed,
        Some(_) => false,
        None => !rule.renewed,
    }
}

/// Whether the order of a replacement may be turned: nobody asked for one, and old and new can live side by side.
pub fn order_is_free(subject: &Subject<'_>, world: &World) -> bool {
    subject.desired.options.replace.is_none() && !keeps_name(subject.schema.overlay, subject, &wanted(subject, world))
}

/// Attributes of an object that an update may change: what is updated, and what follows.
pub fn changing(schema: &TypeSchema, change: &Change) -> BTreeSet<EcoString> {
    let mut names: BTreeSet<EcoString> =
        change.attributes.iter().filter_map(|attribute| attribute.path.first().cloned()).collect();
    let volatile =
        schema.root().fields.iter().filter(|(_, field)| schema.overlay.volatile.contains(&field.vendor.as_str()));
    names.extend(volatile.map(|(name, _)| name.clone()));
    names
}

/// Whether any part of the path of a leaf makes a change of it a replacement.
fn replaces(fields: &[&Field]) -> bool {
    fields.iter().any(|field| field.change == Cost::Replace)
}
