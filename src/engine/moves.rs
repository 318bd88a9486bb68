//! Addresses that changed: what is recorded at an old one is the new one's. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use ecow::EcoString;

use crate::diagnostic::Diagnostic;
use crate::model::Address;
use crate::model::desired::{DesiredStack, Former};
use crate::source::Span;
use crate::state::{Recorded, Snapshot, StateStore};

/// What is recorded, at the addresses of the source.
#[derive(Debug, Default)]
pub struct Moves {
    /// What is recorded, as it will be once the moves are.
    pub snapshot: Snapshot,
    /// New address to old one, as it is written in this stack.
    pub moved: BTreeMap<Address, Address>,
    /// What comes from other states.
    pub crossing: Vec<Crossing>,
    /// Two that say they were the same.
    pub refused: Vec<Diagnostic>,
}

/// Something that is another state's and becomes this one's.
#[derive(Clone, Debug)]
pub struct Crossing {
    /// The import of the other stack.
    pub stack: EcoString,
    /// The address there.
    pub from: Address,
    /// The address here.
    pub to: Address,
    /// What will be remembered of it here.
    pub recorded: Recorded,
    /// Where it is said.
    pub span: Span,
}

/// Another state, taken for writing until what moves from it was handed over.
pub struct Held {
    /// The imports of its stack.
    pub imports: BTreeSet<EcoString>,
    /// Its store.
    pub store: Arc<dyn StateStore>,
    /// What it remembers.
    pub snapshot: Snapshot,
    /// Where it lies.
    pub state: PathBuf,
}

/// What other states remember, by the import of their stack.
pub type Others = BTreeMap<EcoString, Snapshot>;

/// Finds what is recorded at an address that a resource had before, and has nothing recorded at its own.
pub fn settle(desired: &DesiredStack, snapshot: &Snapshot, others: &Others) -> Moves {
    let mut moves = Moves::default();
    let mut claimed: BTreeMap<Address, &Address> = BTreeMap::new();
    for resource in desired.resources.values().filter(|resource| !resource.options.was.is_empty()) {
        if snapshot.resources.contains_key(&resource.address) {
            continue;
        }
        if let Some(former) = resource.options.was.iter().find(|former| is_unread(former, others)) {
            let stack = former.stack.as_deref().unwrap_or_default();
            moves.refused.push(Diagnostic::error(
                "language::not_supported",
                format!("Moving `{}` here is not supported by this command", former.written()),
                former.span,
                format!("it does not read the state of `{stack}`; apply this first"),
            ));
            continue;
        }
        let former = resource.options.was.iter().find(|former| match &former.stack {
            None => {
                snapshot.resources.contains_key(&former.address) && !desired.resources.contains_key(&former.address)
            }
            Some(stack) => others.get(stack).is_some_and(|other| other.resources.contains_key(&former.address)),
        });
        let Some(former) = former else { continue };
        if let Some(first) = claimed.get(&former.written()) {
            moves.refused.push(
                Diagnostic::error(
                    "moves::claimed_twice",
                    format!("`{}` cannot become both `{first}` and `{}`", former.written(), resource.address),
                    former.span,
                    "only one of them can have been it",
                )
                .help("name the instance: @was(key: old) above a loop, @was(member: old) above a component"),
            );
            continue;
        }
        claimed.insert(former.written(), &resource.address);
        moves.moved.insert(resource.address.clone(), former.written());
        let elsewhere = former.stack.as_ref().and_then(|stack| {
            let recorded = others.get(stack)?.resources.get(&former.address)?.clone();
            let (from, to) = (former.address.clone(), resource.address.clone());
            Some(Crossing { stack: stack.clone(), from, to, recorded, span: former.span })
        });
        moves.crossing.extend(elsewhere);
    }
    moves.snapshot = snapshot.clone();
    let crossed: BTreeSet<Address> = moves.crossing.iter().map(|crossing| crossing.to.clone()).collect();
    let here = moves.moved.iter().filter(|(to, _)| !crossed.contains(*to));
    moves.snapshot.rename(here.map(|(to, from)| (from, to)));
    translate(&mut moves.crossing);
    for crossing in &moves.crossing {
        moves.snapshot.resources.insert(crossing.to.clone(), crossing.recorded.clone());
    }
    moves
}

/// Whether an address is one of a state that was not read.
fn is_unread(former: &Former, others: &Others) -> bool {
    former.stack.as_ref().is_some_and(|stack| !others.contains_key(stack))
}

/// What needed something that comes along needs it at its new address; what stays behind is not of this state.
fn translate(crossing: &mut [Crossing]) {
    let along: BTreeMap<(EcoString, Address), Address> =
        crossing.iter().map(|one| ((one.stack.clone(), one.from.clone()), one.to.clone())).collect();
    for one in crossing {
        let needs = std::mem::take(&mut one.recorded.needs);
        let needs = needs.into_iter().filter_map(|need| along.get(&(one.stack.clone(), need)).cloned());
        one.recorded.needs = needs.collect();
    }
}
