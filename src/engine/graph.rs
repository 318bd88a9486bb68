//! What depends on what: every address that is wanted or recorded, with the reasons.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use crate::diagnostic::Diagnostic;
use crate::model::Address;
use crate::model::desired::{DesiredStack, Need};
use crate::state::Snapshot;

/// The order of all addresses: needs before what needs them.
#[derive(Debug, Default)]
pub struct ResourceGraph {
    /// Wanted addresses of resources and actions, needs first.
    pub order: Vec<Address>,
    /// Recorded addresses that are not wanted any more.
    pub unwanted: BTreeSet<Address>,
}

/// Builds the graph.
///
/// # Errors
/// Resources need each other in a circle: one report for each circle, with every need on the way.
pub fn build(desired: &DesiredStack, snapshot: &Snapshot) -> Result<ResourceGraph, Vec<Diagnostic>> {
    let addresses: Vec<&Address> = desired.nodes().map(|node| &node.address).collect();
    let index: BTreeMap<&Address, u32> = addresses
        .iter()
        .enumerate()
        .map(|(position, address)| (*address, u32::try_from(position).unwrap_or(u32::MAX)))
        .collect();
    let mut graph: DiGraphMap<u32, ()> = DiGraphMap::with_capacity(addresses.len(), addresses.len());
    for position in index.values() {
        graph.add_node(*position);
    }
    for resource in desired.nodes() {
        let Some(&to) = index.get(&resource.address) else { continue };
        for need in &resource.needs {
            if let Some(&from) = index.get(&need.address) {
                graph.add_edge(from, to, ());
            }
        }
    }
    let mut order = Vec::with_capacity(addresses.len());
    let mut circles = Vec::new();
    // Tarjan gives components in reverse topological order.
    for component in tarjan_scc(&graph).into_iter().rev() {
        let looped = match component.as_slice() {
            [only] => graph.contains_edge(*only, *only),
            _ => true,
        };
        let members: Vec<&Address> =
            component.iter().filter_map(|position| addresses.get(*position as usize).copied()).collect();
        if looped {
            circles.push(circle(desired, &members));
        } else {
            order.extend(members.into_iter().cloned());
        }
    }
    if !circles.is_empty() {
        return Err(circles);
    }
    let unwanted =
        snapshot.resources.keys().filter(|address| !desired.resources.contains_key(*address)).cloned().collect();
    Ok(ResourceGraph { order, unwanted })
}

/// The report about resources that need each other: a shortest way around, every need labelled.
fn circle(desired: &DesiredStack, members: &[&Address]) -> Diagnostic {
    let set: BTreeSet<&Address> = members.iter().copied().collect();
    let way = members
        .iter()
        .filter_map(|start| around(desired, start, &set))
        .min_by_key(|way| (way.len(), way.first().map(|(_, need)| need.span)))
        .unwrap_or_default();
    let count = match way.len() {
        1 => "This resource needs itself".to_owned(),
        2 => "These two need each other".to_owned(),
        3 => "These three need each other".to_owned(),
        n => format!("These {n} need each other"),
    };
    let mut diagnostic: Option<Diagnostic> = None;
    for (position, (from, need)) in way.iter().enumerate() {
        let again = if position + 1 == way.len() && position > 0 { " again" } else { "" };
        let label = format!("{}. {from} needs {}{again}", position + 1, need.address);
        diagnostic = Some(match diagnostic {
            None => Diagnostic::error("graph::cycle", count.clone(), need.span, label),
            Some(diagnostic) if diagnostic.span().is_some_and(|span| span.source == need.span.source) => {
                diagnostic.label(need.span, label)
            }
            Some(diagnostic) => diagnostic,
        });
    }
    diagnostic
        .unwrap_or_else(|| Diagnostic::unplaced("graph::cycle", count))
        .help("take one of these needs out: give a name that is known before, or make a link a resource of its own")
}

/// The shortest way of needs from an address back to it, inside of a set.
fn around<'d>(
    desired: &'d DesiredStack,
    start: &'d Address,
    set: &BTreeSet<&Address>,
) -> Option<Vec<(&'d Address, &'d Need)>> {
    let mut came: BTreeMap<&Address, (&'d Address, &'d Need)> = BTreeMap::new();
    let mut level = vec![start];
    while !level.is_empty() {
        let mut next = Vec::new();
        for address in level {
            for need in desired.needs(address).iter().filter(|need| set.contains(&need.address)) {
                if need.address == *start {
                    let mut way = vec![(address, need)];
                    let mut at = address;
                    while at != start {
                        let (before, need) = came.get(at)?;
                        way.push((before, need));
                        at = before;
                    }
                    way.reverse();
                    return Some(way);
                }
                if !came.contains_key(&need.address) {
                    came.insert(&need.address, (address, need));
                    next.push(&need.address);
                }
            }
        }
        level = next;
    }
    None
}
