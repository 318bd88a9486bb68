//! Something goes away and something alike appears: perhaps it was only renamed. Pure.

use std::collections::BTreeMap;

use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, render};
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

/// More that are alike than this are not looked through: nobody could say which one was meant.
const MOST_ALIKE: usize = 64;

/// Something new, in the form in which it is compared.
struct Fresh<'a> {
    address: &'a Address,
    needs: usize,
    /// Whether anything of its content is known.
    known: bool,
}

/// New things of one type whose same fields are not known yet, by everything else.
type Alike<'a> = BTreeMap<(EcoString, Vec<EcoString>), BTreeMap<String, Vec<Fresh<'a>>>>;

/// Pairs of which one goes and the other one comes, of one type and content: with what to write if they are the same.
pub fn looks_renamed(inputs: &Inputs<'_>, changes: &[Change], world: &World) -> Vec<Diagnostic> {
    let gone = changes
        .iter()
        .filter(|change| change.action == Action::Delete && change.reasons.contains(&Reason::Removed))
        .filter_map(|change| inputs.snapshot.resources.get_key_value(&change.address));
    let gone: Vec<(&Address, &Recorded)> = gone.collect();
    if gone.is_empty() {
        return Vec::new();
    }
    let new = fresh(inputs, changes, world);
    let mut pairs: BTreeMap<&Address, &Address> = BTreeMap::new();
    let mut claimed: BTreeMap<&Address, usize> = BTreeMap::new();
    for (old, recorded) in gone {
        let Some(found) = meant(inputs, old, recorded, &new) else { continue };
        pairs.insert(old, found);
        *claimed.entry(found).or_default() += 1;
    }
    // One new address for two old ones is no renaming.
    pairs.retain(|_, new| claimed.get(new) == Some(&1));
    let mut said: BTreeMap<(EcoString, EcoString), &Address> = BTreeMap::new();
    for (old, new) in pairs {
        let (from, to, _) = renamed(old, new);
        said.entry((from, to)).or_insert(new);
    }
    said.into_iter().filter_map(|((from, to), member)| report(inputs, &from, &to, member)).collect()
}

/// What is new, by what it is like.
fn fresh<'a>(inputs: &Inputs<'_>, changes: &'a [Change], world: &World) -> Alike<'a> {
    let mut alike = Alike::new();
    for change in
        changes.iter().filter(|change| change.action == Action::Create && change.reasons.contains(&Reason::New))
    {
        let Some(desired) = inputs.desired.resources.get(&change.address) else { continue };
        let Some(schema) = inputs.clouds.catalogue.get(&desired.kind) else { continue };
        let subject = Subject { desired, schema, recorded: None, observed: None, source: EcoString::new() };
        let wanted = compare::wanted(&subject, world);
        let (mut known, mut unknown) = (Map::new(), Vec::new());
        for (name, planned) in wanted {
            match planned {
                Planned::Known(value) => {
                    known.insert(name, value);
                }
                Planned::Unknown(_) | Planned::Map(_) | Planned::List(_) => unknown.push(name),
            }
        }
        let known = masked(schema, &known, inputs.key);
        let print = fingerprint(schema, known.keys().chain(&unknown), &known);
        let any = known.keys().any(|name| !is_made(schema, name));
        let one = Fresh { address: &change.address, needs: desired.needs.len(), known: any };
        alike.entry((desired.kind.clone(), unknown)).or_default().entry(print).or_default().push(one);
    }
    alike
}

/// Everything that is the same for two that are alike: the names of all fields, and the values that are known.
fn fingerprint<'n>(schema: &TypeSchema, names: impl Iterator<Item = &'n EcoString>, known: &Map) -> String {
    let mut names: Vec<&EcoString> = names.filter(|name| !is_made(schema, name)).collect();
    names.sort();
    let parts: Vec<String> = names
        .into_iter()
        .map(|name| known.get(name).map_or_else(|| name.to_string(), |value| format!("{name}={}", render(value))))
        .collect();
    parts.join("\n")
}

/// Whether a field is the name that follows from the address if nobody writes one.
fn is_made(schema: &TypeSchema, name: &str) -> bool {
    let rule = schema.overlay.name.map(|rule| rule.property);
    rule.is_some_and(|property| schema.field(name).is_some_and(|field| field.vendor == property))
}

/// The only new address that is like an old one, or the only one of them that ends alike.
fn meant<'a>(inputs: &Inputs<'_>, old: &Address, recorded: &Recorded, new: &Alike<'a>) -> Option<&'a Address> {
    let schema = inputs.clouds.catalogue.get(&recorded.kind)?;
    let mut alike: Vec<&'a Address> = Vec::new();
    let of_kind = new.range((recorded.kind.clone(), Vec::new())..).take_while(|((kind, _), _)| *kind == recorded.kind);
    for ((_, unknown), prints) in of_kind {
        let mut known = recorded.inputs.clone();
        known.retain(|name, _| !unknown.contains(name));
        let found = prints.get(&fingerprint(schema, recorded.inputs.keys(), &known));
        let found = found.into_iter().flatten();
        alike.extend(
            found
                .filter(|one| one.known || !recorded.inputs.is_empty() && one.needs == recorded.needs.len())
                .map(|one| one.address)
                .take(MOST_ALIKE + 1),
        );
    }
    if let [only] = alike.as_slice() {
        return Some(only);
    }
    if alike.len() > MOST_ALIKE {
        return None;
    }
    let mut same_end = alike.into_iter().filter(|new| !renamed(old, new).2.is_empty());
    same_end.next().filter(|_| same_end.next().is_none())
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
