//! Something goes away and something alike appears: perhaps it was only renamed. Pure.

use std::collections::BTreeMap;

use ecow::EcoString;

use super::compare::{self, Planned, Subject};
use super::known::World;
use super::mask::masked;
use super::plan::Inputs;
use crate::diagnostic::Diagnostic;
use crate::model::Address;
use crate::model::change::{Action, Change, Reason};
use crate::model::desired::DesiredResource;
use crate::source::Span;
use crate::state::Recorded;

/// Pairs of which one goes and the other one comes, of one type and content: with what to write if they are the same.
pub fn looks_renamed(inputs: &Inputs<'_>, changes: &[Change], world: &World) -> Vec<Diagnostic> {
    let gone: Vec<&Change> = changes
        .iter()
        .filter(|change| change.action == Action::Delete && change.reasons.contains(&Reason::Removed))
        .collect();
    if gone.is_empty() {
        return Vec::new();
    }
    let new: Vec<&Change> = changes
        .iter()
        .filter(|change| change.action == Action::Create && change.reasons.contains(&Reason::New))
        .collect();
    let mut pairs: Vec<(&Address, &Address)> = Vec::new();
    for old in &gone {
        let Some(recorded) = inputs.snapshot.resources.get(&old.address) else { continue };
        let alike: Vec<&Address> =
            new.iter().filter(|new| is_alike(inputs, recorded, new, world)).map(|new| &new.address).collect();
        let same_end: Vec<&Address> =
            alike.iter().copied().filter(|new| !renamed(&old.address, new).2.is_empty()).collect();
        match (alike.as_slice(), same_end.as_slice()) {
            ([only], _) | (_, [only]) => pairs.push((&old.address, only)),
            _ => {}
        }
    }
    // One new address for two old ones is no renaming.
    let unique: Vec<(&Address, &Address)> =
        pairs.iter().copied().filter(|(_, new)| pairs.iter().filter(|(_, other)| other == new).count() == 1).collect();
    let mut said: BTreeMap<(EcoString, EcoString), &Address> = BTreeMap::new();
    for (old, new) in unique {
        let (from, to, _) = renamed(old, new);
        said.entry((from, to)).or_insert(new);
    }
    said.into_iter().filter_map(|((from, to), member)| report(inputs, &from, &to, member)).collect()
}

/// What differs between two addresses, without the names they both end in: the old part, the new one, the common rest.
fn renamed(old: &Address, new: &Address) -> (EcoString, EcoString, EcoString) {
    let (mut from, mut to) = (old.as_str(), new.as_str());
    while let (Some(a), Some(b)) = (last_part(from), last_part(to)) {
        if from.get(a..) != to.get(b..) || a == 0 || b == 0 {
            break;
        }
        let (Some(shorter), Some(other)) = (from.get(..a), to.get(..b)) else { break };
        (from, to) = (shorter, other);
    }
    (from.into(), to.into(), old.as_str().get(from.len()..).unwrap_or_default().into())
}

/// Where the last `.name` or `["key"]` of an address begins.
fn last_part(address: &str) -> Option<usize> {
    if address.ends_with(']') {
        let mut quoted = false;
        let mut escaped = false;
        let mut opening = None;
        for (at, character) in address.char_indices() {
            match character {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                '[' if !quoted => opening = Some(at),
                _ => {}
            }
        }
        return opening;
    }
    address.rfind('.')
}

/// Whether what is wanted is what was written, as far as it is known: everything but a name that follows from the address.
fn is_alike(inputs: &Inputs<'_>, recorded: &Recorded, new: &Change, world: &World) -> bool {
    if recorded.kind != new.kind {
        return false;
    }
    let Some(desired) = inputs.desired.resources.get(&new.address) else { return false };
    let Some(schema) = inputs.clouds.catalogue.get(&desired.kind) else { return false };
    let named = schema.overlay.name.map(|rule| rule.property);
    let made = |name: &EcoString| named.is_some_and(|name_of| schema.field(name).is_some_and(|f| f.vendor == name_of));
    let subject = Subject { desired, schema, recorded: None, observed: None, source: EcoString::new() };
    let wanted = compare::wanted(&subject, world);
    let fields = |names: &mut dyn Iterator<Item = &EcoString>| -> Vec<EcoString> {
        names.filter(|name| !made(name)).cloned().collect()
    };
    if fields(&mut recorded.inputs.keys()) != fields(&mut wanted.keys()) {
        return false;
    }
    let mut agreed = 0_usize;
    for (name, planned) in wanted.iter().filter(|(name, _)| !made(name)) {
        if let Planned::Known(value) = planned {
            let one = [(name.clone(), value.clone())].into();
            if masked(schema, &one, inputs.key).get(name) != recorded.inputs.get(name) {
                return false;
            }
            agreed += 1;
        }
    }
    agreed > 0 || same_names(desired, recorded)
}

/// Resources without any known content are alike if they need things of the same number.
fn same_names(desired: &DesiredResource, recorded: &Recorded) -> bool {
    !recorded.inputs.is_empty() && desired.needs.len() == recorded.needs.len()
}

fn report(inputs: &Inputs<'_>, from: &str, to: &str, member: &Address) -> Option<Diagnostic> {
    let renamed = Address::from_text(to);
    let span = match inputs.desired.components.get(&renamed) {
        Some(span) => *span,
        None => name_of(inputs.desired.resources.get(member)?, &renamed),
    };
    Some(
        Diagnostic::warning(
            "plan::looks_renamed",
            format!("`{from}` goes away and `{to}` appears, with the same content"),
            span,
            format!("new in this change; everything but the name equals `{from}`"),
        )
        .help(format!("if it was renamed, say so and nothing is replaced:\n  @was({from})")),
    )
}

/// The name in the first line of a declaration.
fn name_of(resource: &DesiredResource, address: &Address) -> Span {
    let text = address.as_str();
    let name = text.split('[').next().unwrap_or(text);
    let length = u32::try_from(name.rsplit('.').next().unwrap_or(name).len()).unwrap_or(u32::MAX);
    let head = resource.origin;
    Span { start: head.end.saturating_sub(length).max(head.start), ..head }
}
