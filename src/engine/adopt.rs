//! Objects that exist and are taken over: what would change, and what stands in the way. Pure.

use cairn_provider::object::{Live, Observed, Ownership, Status};
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::Map;
use ecow::EcoString;

use super::compare::{self, Subject};
use super::known::World;
use super::mask::StackKey;
use crate::diagnostic::Diagnostic;
use crate::model::change::{Action, Change, Reason, Risk};
use crate::model::desired::{Adoption, DesiredResource, DesiredStack};
use crate::state::{Recorded, Snapshot};

/// What a resource takes over: what its decorator says, unless something is managed at its address already.
pub fn adoption<'d>(desired: &'d DesiredResource, snapshot: &Snapshot) -> Option<&'d Adoption> {
    desired.options.adopt.as_ref().filter(|_| !snapshot.resources.contains_key(&desired.address))
}

/// What is wanted, recorded and there, of an object to be taken over.
pub struct Candidate<'a> {
    /// What is wanted.
    pub desired: &'a DesiredResource,
    /// What is said about taking it over.
    pub adoption: &'a Adoption,
    /// Its type.
    pub schema: &'a TypeSchema,
    /// What is there under the identity.
    pub observed: Option<&'a Observed>,
    /// Where it is declared, `path:line`.
    pub source: EcoString,
}

/// The change that takes an object over, and why it is refused, if it is.
pub fn take_over(
    candidate: &Candidate<'_>,
    snapshot: &Snapshot,
    world: &World,
    key: &StackKey,
) -> (Change, Option<Diagnostic>) {
    let Candidate { desired, adoption, schema, observed, source } = candidate;
    let recorded = as_recorded(desired, adoption);
    let subject = Subject { desired, schema, recorded: Some(&recorded), observed: *observed, source: source.clone() };
    let mut change = compare::compare(&subject, world, key);
    let refused = match observed {
        Some(Observed::Present(live)) => in_the_way(candidate, live, &change, snapshot),
        Some(Observed::Absent) => Some(absent(candidate)),
        Some(Observed::Unreadable(_)) | None => None,
    };
    change.action = Action::Import;
    change.id = Some(adoption.id.clone());
    change.reasons = vec![Reason::Adopted];
    change.drift.clear();
    change.released.clear();
    change.risks.retain(|risk| matches!(risk, Risk::Access(_)));
    (change, refused)
}

/// What would be remembered of the object: nothing was ever written to it.
fn as_recorded(desired: &DesiredResource, adoption: &Adoption) -> Recorded {
    Recorded {
        kind: desired.kind.clone(),
        id: adoption.id.clone(),
        target: desired.place.target.clone(),
        inputs: Map::new(),
        needs: std::collections::BTreeSet::new(),
        protect: false,
        incomplete: false,
        nonce: EcoString::new(),
        source: EcoString::new(),
        made: 0,
    }
}

fn absent(candidate: &Candidate<'_>) -> Diagnostic {
    let Candidate { desired, adoption, schema, .. } = candidate;
    let target = &desired.place.target;
    let place = if target.place().is_empty() { String::new() } else { format!(" in {}", target.place()) };
    Diagnostic::error(
        "adopt::absent",
        format!("There is no {} `{}`{place}", desired.kind, adoption.id),
        adoption.span,
        "nothing has this identity",
    )
    .help(format!("it is identified by {}; `@on` says where it lives", identity(schema)))
}

/// The fields whose values make up an identity, as they are written.
pub fn identity(schema: &TypeSchema) -> String {
    let names: Vec<String> = schema.identity.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [one] => one.clone(),
        _ => format!("{}, joined by |", names.join(", ")),
    }
}

fn in_the_way(candidate: &Candidate<'_>, live: &Live, change: &Change, snapshot: &Snapshot) -> Option<Diagnostic> {
    let Candidate { desired, adoption, .. } = candidate;
    let managed =
        snapshot.resources.iter().chain(snapshot.deposed.iter().map(|(address, recorded)| (address, recorded)));
    let same_place = |recorded: &Recorded| recorded.target.place() == desired.place.target.place();
    if let Some((address, _)) = managed
        .into_iter()
        .find(|(_, recorded)| recorded.kind == desired.kind && recorded.id == adoption.id && same_place(recorded))
    {
        return Some(
            Diagnostic::error(
                "adopt::managed",
                format!("`{}` is managed by this stack already, as `{address}`", adoption.id),
                adoption.span,
                "one object has one address",
            )
            .help(format!("if it was renamed, say so instead:\n@was({address})")),
        );
    }
    if let Some(owner) = live.owner.as_ref().filter(|owner| owner.stack != snapshot.lineage) {
        return Some(foreign(adoption, owner));
    }
    if let Status::Failed(why) = &live.status {
        return Some(Diagnostic::error(
            "adopt::replaces",
            format!("`{}` failed and can only be replaced: {why}", adoption.id),
            adoption.span,
            "taking it over would replace it",
        ));
    }
    let forcing: Vec<_> = change.attributes.iter().filter(|attribute| attribute.forces).collect();
    let first = forcing.first()?;
    let names: Vec<String> = forcing.iter().map(|attribute| attribute.path.join(".")).collect();
    let field = first.path.first().and_then(|name| desired.inputs.get(name));
    let span = field.map_or(adoption.span, |field| field.span);
    let there = match (&first.before, first.sensitive) {
        (_, true) => "it is another one there".to_owned(),
        (Some(value), false) => format!("there it is {}", cairn_provider::value::render(value)),
        (None, false) => "it has none there".to_owned(),
    };
    Some(
        Diagnostic::error(
            "adopt::replaces",
            format!("Taking `{}` over would replace it", adoption.id),
            span,
            format!("{there}; it cannot change in place"),
        )
        .help(format!("write what is there: {}", names.join(", "))),
    )
}

fn foreign(adoption: &Adoption, owner: &Ownership) -> Diagnostic {
    Diagnostic::error(
        "adopt::foreign",
        format!("`{}` belongs to another stack, as `{}`", adoption.id, owner.address),
        adoption.span,
        format!("its tags name the state {}", owner.stack),
    )
    .help(format!(
        "let that stack go of it first: remove it there, write `forget {}` and apply;\n\
         or move it with @was, if the other stack can be imported",
        owner.address
    ))
}

/// A word about a decorator that takes over something else than what is managed at its address.
pub fn without_effect(desired: &DesiredStack, snapshot: &Snapshot) -> Vec<Diagnostic> {
    let adopting = desired.resources.values().filter_map(|resource| Some((resource, resource.options.adopt.as_ref()?)));
    adopting
        .filter_map(|(resource, adoption)| {
            let recorded = snapshot.resources.get(&resource.address).filter(|recorded| recorded.id != adoption.id)?;
            Some(
                Diagnostic::warning(
                    "adopt::without_effect",
                    format!("`{}` is managed already, as `{}`", resource.address, recorded.id),
                    adoption.span,
                    "nothing is taken over",
                )
                .help("remove the decorator, or give the other object an address of its own"),
            )
        })
        .collect()
}
