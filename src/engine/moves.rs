//! Addresses that changed: what is recorded at an old one is the new one's. Pure.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::model::Address;
use crate::model::desired::DesiredStack;
use crate::state::Snapshot;

/// What is recorded, at the addresses of the source.
#[derive(Debug, Default)]
pub struct Moves {
    /// What is recorded, as it will be once the moves are.
    pub snapshot: Snapshot,
    /// New address to old one.
    pub moved: BTreeMap<Address, Address>,
    /// Two that say they were the same.
    pub refused: Vec<Diagnostic>,
}

/// Finds what is recorded at an address that a resource had before, and has nothing recorded at its own.
pub fn settle(desired: &DesiredStack, snapshot: &Snapshot) -> Moves {
    let mut moves = Moves::default();
    let mut claimed: BTreeMap<&Address, &Address> = BTreeMap::new();
    for resource in desired.resources.values().filter(|resource| !resource.options.was.is_empty()) {
        if snapshot.resources.contains_key(&resource.address) {
            continue;
        }
        let former = resource.options.was.iter().find(|former| {
            snapshot.resources.contains_key(&former.address) && !desired.resources.contains_key(&former.address)
        });
        let Some(former) = former else { continue };
        if let Some(first) = claimed.get(&former.address) {
            moves.refused.push(
                Diagnostic::error(
                    "moves::claimed_twice",
                    format!("`{}` cannot become both `{first}` and `{}`", former.address, resource.address),
                    former.span,
                    "only one of them can have been it",
                )
                .help("name the instance: @was(key: old) above a loop, @was(member: old) above a component"),
            );
            continue;
        }
        claimed.insert(&former.address, &resource.address);
        moves.moved.insert(resource.address.clone(), former.address.clone());
    }
    moves.snapshot = snapshot.clone();
    moves.snapshot.rename(moves.moved.iter().map(|(to, from)| (from, to)));
    moves
}
