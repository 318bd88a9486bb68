//! The plan's steps in an order that loses nothing: what is needed is made first, what is needed is destroyed last.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::schema::overlay::Replacement;
use ecow::EcoString;
use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::Clouds;
use crate::model::Address;
use crate::model::change::{Action, After, Change, Reason};
use crate::model::desired::{DesiredResource, DesiredStack};
use crate::model::event::Step;
use crate::model::plan::Plan;
use crate::state::Snapshot;

/// What happens when.
#[derive(Debug, Default)]
pub struct ActionGraph {
    /// The steps; each names those that wait for it.
    pub steps: Vec<ScheduledStep>,
}

/// One step.
#[derive(Clone, Debug)]
pub struct ScheduledStep {
    /// The address.
    pub address: Address,
    /// The type.
    pub kind: EcoString,
    /// What is done.
    pub step: Step,
    /// The identity, of what is updated or destroyed.
    pub id: Option<EcoString>,
    /// Of what is made in the place of another object: that one, if only values nobody knew yet asked for a new one.
    pub unsure: Option<Unsure>,
    /// Steps that wait for this one.
    pub dependents: Vec<usize>,
    /// How many steps this one waits for.
    pub waits_for: usize,
    /// What the longest way from here to the end usually takes, in seconds: long ways begin first.
    pub remaining: u64,
}

/// A replacement that may turn out not to be needed.
#[derive(Clone, Debug)]
pub struct Unsure {
    /// The object that is there.
    pub id: EcoString,
    /// Its fields that were not known while planning and would need a new object if they change.
    pub fields: Vec<EcoString>,
}

impl Unsure {
    fn of(change: &Change) -> Option<Self> {
        let forcing = change.attributes.iter().filter(|attribute| attribute.forces);
        let fields: Option<Vec<EcoString>> = forcing
            .map(|attribute| match attribute.after {
                After::Unknown(_) => attribute.path.first().cloned(),
                After::Absent | After::Value(_) => None,
            })
            .collect();
        let fields = fields.filter(|fields| !fields.is_empty())?;
        Some(Self { id: change.id.clone()?, fields })
    }
}

/// Orders the steps of a plan.
///
/// # Errors
/// The steps wait for each other in a circle; the addresses on it. Needs have no circles, so only a replacement against
/// its natural order can do that.
pub fn schedule(
    plan: &Plan,
    desired: &DesiredStack,
    snapshot: &Snapshot,
    clouds: &Clouds,
) -> Result<ActionGraph, Vec<Address>> {
    let mut scheduler = Scheduler { graph: DiGraph::new(), makes: BTreeMap::new(), deletes: BTreeMap::new() };
    let mut actions: Vec<ScheduledStep> = Vec::new();
    for change in &plan.changes {
        scheduler.add(change, &mut actions);
    }
    let by_address: BTreeMap<&Address, &Change> = plan
        .changes
        .iter()
        .filter(|change| !change.reasons.contains(&Reason::Deposed))
        .map(|change| (&change.address, change))
        .collect();
    scheduler.makes_after_needs(desired, &by_address);
    scheduler.deletes_after_dependents(snapshot, &by_address);
    scheduler.replacements(&by_address);
    scheduler.open_circles();
    let order = match toposort(&scheduler.graph, None) {
        Ok(order) => order,
        Err(circle) => {
            let at = scheduler.graph.node_weight(circle.node_id()).copied().unwrap_or(0);
            return Err(actions.get(at).map(|action| action.address.clone()).into_iter().collect());
        }
    };
    for node in order.into_iter().rev() {
        let dependents: BTreeSet<usize> =
            scheduler.graph.neighbors(node).filter_map(|next| scheduler.graph.node_weight(next).copied()).collect();
        let Some(&at) = scheduler.graph.node_weight(node) else { continue };
        let behind =
            dependents.iter().filter_map(|next| actions.get(*next)).map(|next| next.remaining).max().unwrap_or(0);
        for next in &dependents {
            if let Some(next) = actions.get_mut(*next) {
                next.waits_for += 1;
            }
        }
        if let Some(action) = actions.get_mut(at) {
            action.remaining = behind + typical(clouds, &action.kind);
            action.dependents = dependents.into_iter().collect();
        }
    }
    Ok(ActionGraph { steps: actions })
}

fn typical(clouds: &Clouds, kind: &str) -> u64 {
    clouds.of_kind(kind).and_then(|provider| provider.declaration(kind)).map_or(1, |declared| declared.timings.typical)
}

/// How much one step has to wait for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bond {
    /// It cannot be done before.
    Hard,
    /// It is better done afterwards: what exists already and only changes in place goes on referring to a name that
    /// comes back.
    Soft,
}

/// Whether a resource has a field that another one must be there for to know its value.
fn waits_for(resource: &DesiredResource, other: &Address) -> bool {
    let mut waits = false;
    for field in resource.inputs.values() {
        field.value.attributes(&mut |attribute| waits |= attribute.address == *other);
    }
    waits
}

struct Scheduler {
    graph: DiGraph<usize, Bond>,
    makes: BTreeMap<Address, NodeIndex>,
    /// An address can have several objects to destroy: the current one and those that were replaced.
    deletes: BTreeMap<Address, Vec<NodeIndex>>,
}

impl Scheduler {
    fn add(&mut self, change: &Change, actions: &mut Vec<ScheduledStep>) {
        let mut push = |step: Step, id: Option<EcoString>| {
            actions.push(ScheduledStep {
                address: change.address.clone(),
                kind: change.kind.clone(),
                step,
                id,
                unsure: None,
                dependents: Vec::new(),
                waits_for: 0,
                remaining: 0,
            });
            self.graph.add_node(actions.len() - 1)
        };
        match change.action {
            Action::Unchanged => {}
            Action::Move => {
                let node = push(Step::Move, change.id.clone());
                self.makes.insert(change.address.clone(), node);
            }
            Action::Import => {
                let node = push(Step::Import, change.id.clone());
                self.makes.insert(change.address.clone(), node);
            }
            Action::Forget => {
                push(Step::Forget, change.id.clone());
            }
            Action::Run => {
                let node = push(Step::Run, None);
                self.makes.insert(change.address.clone(), node);
            }
            Action::Create => {
                let node = push(Step::Create, None);
                self.makes.insert(change.address.clone(), node);
            }
            Action::Update => {
                let moved = change.previous.as_ref().map(|_| push(Step::Move, change.id.clone()));
                let node = push(Step::Update, change.id.clone());
                self.makes.insert(change.address.clone(), node);
                if let Some(moved) = moved {
                    self.edge(moved, node);
                }
            }
            Action::Delete => {
                let node = push(Step::Delete, change.id.clone());
                self.deletes.entry(change.address.clone()).or_default().push(node);
            }
            Action::Replace(_) => {
                let make = push(Step::Create, None);
                let delete = push(Step::Delete, change.id.clone());
                let at = self.graph.node_weight(make).copied();
                if let Some(action) = at.and_then(|at| actions.get_mut(at)) {
                    action.unsure = Unsure::of(change);
                }
                self.makes.insert(change.address.clone(), make);
                self.deletes.entry(change.address.clone()).or_default().push(delete);
            }
        }
    }

    fn edge(&mut self, first: NodeIndex, then: NodeIndex) {
        self.bond(first, then, Bond::Hard);
    }

    fn bond(&mut self, first: NodeIndex, then: NodeIndex, bond: Bond) {
        if first != then {
            self.graph.update_edge(first, then, bond);
        }
    }

    /// Takes soft bonds out of circles.
    fn open_circles(&mut self) {
        for part in tarjan_scc(&self.graph) {
            let part: BTreeSet<NodeIndex> = part.into_iter().collect();
            if part.len() < 2 {
                continue;
            }
            let soft: BTreeSet<_> = part
                .iter()
                .flat_map(|node| self.graph.edges(*node))
                .filter(|edge| *edge.weight() == Bond::Soft && part.contains(&edge.target()))
                .map(|edge| edge.id())
                .collect();
            self.graph.retain_edges(|_, edge| !soft.contains(&edge));
        }
    }

    fn makes_after_needs(&mut self, desired: &DesiredStack, changes: &BTreeMap<&Address, &Change>) {
        for resource in desired.nodes() {
            let Some(&make) = self.makes.get(&resource.address) else { continue };
            for need in &resource.needs {
                if let Some(&needed) = self.makes.get(&need.address) {
                    let action = |address: &Address| changes.get(address).map(|change| change.action);
                    let comes_back = matches!(
                        action(&need.address),
                        Some(Action::Replace(Replacement::DestroyFirst) | Action::Create)
                    );
                    let stays = action(&resource.address) == Some(Action::Update);
                    let soft = comes_back && stays && !need.order_only && !waits_for(resource, &need.address);
                    self.bond(needed, make, if soft { Bond::Soft } else { Bond::Hard });
                }
            }
        }
    }

    /// What is destroyed waits until nothing stands on it any more: its dependents are destroyed, or moved over.
    fn deletes_after_dependents(&mut self, snapshot: &Snapshot, changes: &BTreeMap<&Address, &Change>) {
        let dependents =
            snapshot.resources.iter().chain(snapshot.deposed.iter().map(|(address, recorded)| (address, recorded)));
        let mut edges: Vec<(NodeIndex, NodeIndex)> = Vec::new();
        for (dependent, recorded) in dependents {
            for need in &recorded.needs {
                let Some(deletes) = self.deletes.get(need) else { continue };
                for &delete in deletes {
                    edges.extend(self.deletes.get(dependent).into_iter().flatten().map(|other| (*other, delete)));
                    // A dependent that stays moves over to the new object first, unless that comes only afterwards.
                    let destroyed_first = changes
                        .get(need)
                        .is_some_and(|change| change.action == Action::Replace(Replacement::DestroyFirst));
                    // One that is replaced leaves with its old object, which has an edge of its own; one that vanished
                    // holds nothing.
                    let made_anew = changes
                        .get(dependent)
                        .is_some_and(|change| matches!(change.action, Action::Replace(_) | Action::Create));
                    if !destroyed_first
                        && !made_anew
                        && let Some(&make) = self.makes.get(dependent)
                    {
                        edges.push((make, delete));
                    }
                }
            }
        }
        for (first, then) in edges {
            self.edge(first, then);
        }
    }

    fn replacements(&mut self, changes: &BTreeMap<&Address, &Change>) {
        let mut edges: Vec<(NodeIndex, NodeIndex)> = Vec::new();
        for (address, change) in changes {
            let Action::Replace(order) = change.action else { continue };
            let (Some(&make), Some(deletes)) = (self.makes.get(*address), self.deletes.get(*address)) else { continue };
            for &delete in deletes {
                edges.push(match order {
                    Replacement::CreateFirst => (make, delete),
                    Replacement::DestroyFirst => (delete, make),
                });
            }
        }
        for (first, then) in edges {
            self.edge(first, then);
        }
    }
}
