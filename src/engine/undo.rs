//! The way back: what a run did becomes what is wanted instead. Pure.
//!
//! Nothing that holds data is ever made again, and what a later run changed is left alone. What cannot go back stays as
//! it is, and with it everything it stands on.

mod back;

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::object::{Live, Observed};
use cairn_provider::schema::catalogue::Catalogue;
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use self::back::{holds_secret, wanted_back};
use super::Clouds;
use super::compare::{self, Subject, compare};
use super::known::World;
use super::mask::StackKey;
use super::observe::Observations;
use super::plan::{Planning, deletion};
use crate::model::Address;
use crate::model::change::{Action, Change, Reason};
use crate::model::desired::DesiredStack;
use crate::model::plan::{Base, Plan};
use crate::state::{Before, NoSuchRun, Recorded, Snapshot};

pub use self::back::as_it_is;

/// How far the way back may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A run that failed takes itself back without asking: nothing is made again, no data is destroyed.
    Rollback,
    /// Somebody sees the plan and consents.
    Undo,
}

/// What a run did, the other way round.
#[derive(Debug, Default)]
pub struct Inverse {
    /// The run.
    pub number: u64,
    /// What is wanted back.
    pub desired: DesiredStack,
    /// What goes away.
    pub deletes: BTreeSet<Address>,
    /// Objects that were replaced and are still there: address and identity.
    pub reinstated: BTreeMap<Address, EcoString>,
    /// What stays as it is, and why.
    pub stays: BTreeMap<Address, String>,
    /// Fields that stay as they are although the rest of their resource goes back, and why.
    pub fields: Vec<(Address, String)>,
    /// Actions that were run: what they did is not known.
    pub ran: BTreeSet<Address>,
    /// The outputs of before, if the run changed them.
    pub outputs: Option<BTreeMap<EcoString, Option<Value>>>,
}

/// Turns a run round.
///
/// # Errors
/// There was no such run, or what was there before it is not known any more.
pub fn inverse(number: u64, snapshot: &Snapshot, catalogue: &Catalogue, reach: Reach) -> Result<Inverse, NoSuchRun> {
    let earlier = snapshot.before_run(number)?;
    let later = snapshot.after_run(number)?;
    let record = snapshot.run(number).ok_or(NoSuchRun::Unknown)?;
    let before = record.before.as_ref().ok_or(NoSuchRun::Unknown)?;
    let mut turner =
        Turner { snapshot, earlier: &earlier, later: &later, before, catalogue, reach, inverse: Inverse::default() };
    turner.inverse.number = number;
    turner.inverse.ran = before.ran.clone();
    turner.inverse.outputs = before.outputs.clone();
    for address in before.resources.keys() {
        turner.turn(address);
    }
    while turner.settle() {}
    Ok(turner.inverse)
}

struct Turner<'a> {
    snapshot: &'a Snapshot,
    /// As it was when the run began.
    earlier: &'a Snapshot,
    /// As it was when the run had ended.
    later: &'a Snapshot,
    before: &'a Before,
    catalogue: &'a Catalogue,
    reach: Reach,
    inverse: Inverse,
}

impl Turner<'_> {
    fn stays(&mut self, address: &Address, why: impl Into<String>) {
        self.inverse.stays.insert(address.clone(), why.into());
    }

    fn stateful(&self, recorded: &Recorded) -> bool {
        self.catalogue.get(&recorded.kind).is_some_and(|schema| schema.overlay.stateful)
    }

    fn turn(&mut self, address: &Address) {
        let (now, then) = (self.snapshot.resources.get(address), self.later.resources.get(address));
        let was = self.earlier.resources.get(address);
        if same(now, was) {
            return;
        }
        if !same(now, then) {
            let by = self.snapshot.runs.iter().filter(|run| run.number > self.inverse_number());
            let by = by
                .into_iter()
                .find(|run| run.before.as_ref().is_some_and(|before| before.resources.contains_key(address)));
            let by = by.map_or_else(|| "something".to_owned(), |run| format!("run {}", run.number));
            return self.stays(address, format!("{by} changed it since"));
        }
        match (was, now) {
            (None, None) => {}
            (None, Some(now)) => self.appeared(address, now),
            (Some(was), None) => self.vanished(address, was),
            (Some(was), Some(now)) if was.id == now.id && was.kind == now.kind => self.changed(address, was, now),
            (Some(was), Some(now)) => self.replaced(address, was, now),
        }
    }

    fn inverse_number(&self) -> u64 {
        self.inverse.number
    }

    /// Made by the run, taken over by it, or moved here.
    fn appeared(&mut self, address: &Address, now: &Recorded) {
        let former = self.before.resources.iter().find(|(other, recorded)| {
            let same_object = |recorded: &Recorded| recorded.id == now.id && recorded.kind == now.kind;
            *other != address && recorded.as_ref().is_some_and(same_object)
        });
        if let Some((other, Some(was))) = former {
            let was = was.clone();
            let why = format!("it keeps its new address; `cairn state mv {address} {other}` gives it the old one");
            self.inverse.fields.push((address.clone(), why));
            return self.changed(address, &was, now);
        }
        if !self.before.made.contains(&now.nonce) {
            return self.stays(
                address,
                "it was taken over, and nobody knows what was written to it before; `forget` lets it go",
            );
        }
        if let Some(why) = self.must_not_go(now) {
            return self.stays(address, why);
        }
        self.inverse.deletes.insert(address.clone());
    }

    /// Why an object must not be destroyed.
    fn must_not_go(&self, recorded: &Recorded) -> Option<&'static str> {
        if recorded.protect {
            return Some("it was made and is protected: apply it with @protect(false) first");
        }
        let holds = self.reach == Reach::Rollback && self.stateful(recorded);
        holds.then_some("it was made and may hold data already")
    }

    /// Destroyed by the run, let go of, or moved away.
    fn vanished(&mut self, address: &Address, was: &Recorded) {
        if self.snapshot.resources.values().any(|other| other.id == was.id && other.kind == was.kind) {
            return;
        }
        if self.before.let_go.contains(address) {
            return self.stays(address, format!("it was let go of: @adopt({:?}) takes it over again", was.id.as_str()));
        }
        let why = match self.reach {
            Reach::Rollback => Some("it was destroyed, and nothing is made again without being asked"),
            Reach::Undo if self.stateful(was) => Some("it was destroyed with its data"),
            Reach::Undo if was.inputs.values().any(holds_secret) => {
                Some("it was destroyed, and the secrets it was made with are not kept")
            }
            Reach::Undo => None,
        };
        match why {
            Some(why) => self.stays(address, format!("{why}: if the source declares it, an apply makes it")),
            None => self.want(address, was, None),
        }
    }

    fn changed(&mut self, address: &Address, was: &Recorded, now: &Recorded) {
        for (name, value) in was.inputs.iter().filter(|(_, value)| holds_secret(value)) {
            if now.inputs.get(name) != Some(value) {
                let why = format!("`{name}` holds a secret, which is not kept: it stays as it is");
                self.inverse.fields.push((address.clone(), why));
            }
        }
        self.want(address, was, Some(now));
    }

    fn replaced(&mut self, address: &Address, was: &Recorded, now: &Recorded) {
        let there = self.snapshot.deposed.iter().any(|(at, deposed)| at == address && deposed.id == was.id);
        if !there {
            let why = match self.reach {
                Reach::Rollback => Some("it was replaced, and the object of before is gone"),
                Reach::Undo if self.stateful(was) => Some("it was replaced, and the data of before is gone"),
                Reach::Undo if was.inputs.values().any(holds_secret) => {
                    Some("it was replaced, and the secrets it was made with are not kept")
                }
                Reach::Undo => None,
            };
            return match why {
                Some(why) => self.stays(address, why),
                None => self.want(address, was, Some(now)),
            };
        }
        if let Some(why) = self.must_not_go(now) {
            return self.stays(address, why);
        }
        self.inverse.reinstated.insert(address.clone(), was.id.clone());
        self.want(address, was, None);
    }

    fn want(&mut self, address: &Address, was: &Recorded, now: Option<&Recorded>) {
        self.inverse.desired.resources.insert(address.clone(), wanted_back(address, was, now));
    }

    /// The identity that an address has after all of this.
    fn identity(&self, address: &Address) -> Option<&EcoString> {
        if self.inverse.deletes.contains(address) {
            return None;
        }
        let reinstated = self.inverse.reinstated.get(address);
        reinstated.or_else(|| self.snapshot.resources.get(address).map(|recorded| &recorded.id))
    }

    /// Keeps what something that stays needs, and leaves as it is what would need something that is not there any more.
    /// Whether there was something of either kind.
    fn settle(&mut self) -> bool {
        let lost = self.inverse.desired.resources.iter().find_map(|(address, wanted)| {
            let need = wanted.needs.iter().find(|need| {
                let before = self.earlier.resources.get(&need.address).map(|recorded| &recorded.id);
                before.is_some() && self.identity(&need.address) != before
            });
            Some((address.clone(), need?.address.clone()))
        });
        if let Some((address, need)) = lost {
            self.give_up(&address, format!("it used `{need}`, which is not the object it was"));
            return true;
        }
        let staying = self.snapshot.resources.iter().filter(|(address, _)| {
            !self.inverse.deletes.contains(*address) && !self.inverse.desired.resources.contains_key(*address)
        });
        let needed = staying.flat_map(|(address, recorded)| recorded.needs.iter().map(move |need| (address, need)));
        let kept = needed
            .filter(|(_, need)| self.inverse.deletes.contains(*need) || self.inverse.reinstated.contains_key(*need))
            .map(|(address, need)| (address.clone(), need.clone()))
            .next();
        // What goes back may still need something that the run made before it.
        let kept = kept.or_else(|| {
            let wanted = self.inverse.desired.resources.iter();
            let mut needed = wanted.flat_map(|(address, wanted)| wanted.needs.iter().map(move |need| (address, need)));
            needed
                .find(|(_, need)| self.inverse.deletes.contains(&need.address))
                .map(|(address, need)| (address.clone(), need.address.clone()))
        });
        if let Some((address, need)) = kept {
            self.give_up(&need, format!("`{address}` stays and needs it"));
            return true;
        }
        false
    }

    fn give_up(&mut self, address: &Address, why: String) {
        self.inverse.deletes.remove(address);
        self.inverse.reinstated.remove(address);
        self.inverse.desired.resources.remove(address);
        self.inverse.fields.retain(|(other, _)| other != address);
        self.stays(address, why);
    }
}

/// Whether the same is remembered, wherever it is declared.
fn same(one: Option<&Recorded>, other: Option<&Recorded>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => Recorded { source: other.source.clone(), ..one.clone() } == *other,
        (None, Some(_)) | (Some(_), None) => false,
    }
}

impl Inverse {
    /// What is remembered once reinstated objects are the ones of their addresses again.
    pub fn reinstate(&self, snapshot: &Snapshot) -> Snapshot {
        let entries = self.entries();
        let first = snapshot.sequence + 1;
        let mut after = crate::state::fold(snapshot.clone(), (first..).zip(entries)).snapshot;
        after.sequence = snapshot.sequence;
        after
    }

    /// What has to be recorded before the first step.
    pub fn entries(&self) -> Vec<crate::state::Entry> {
        let reinstated = self.reinstated.iter();
        reinstated
            .map(|(address, id)| crate::state::Entry::Reinstated { address: address.clone(), id: id.clone() })
            .collect()
    }

    /// The part of what is remembered that has to be read.
    pub fn read_set(&self, snapshot: &Snapshot) -> Snapshot {
        let touched = |address: &Address| {
            self.deletes.contains(address)
                || self.reinstated.contains_key(address)
                || self.desired.resources.contains_key(address)
        };
        let resources = snapshot.resources.iter().filter(|(address, _)| touched(address));
        Snapshot {
            resources: resources.map(|(address, recorded)| (address.clone(), recorded.clone())).collect(),
            deposed: snapshot.deposed.iter().filter(|(address, _)| touched(address)).cloned().collect(),
            ..snapshot.clone()
        }
    }
}

/// The plan of the way back; what turns out to be impossible now that the cloud was read joins what stays.
///
/// `snapshot` is what is remembered once reinstated objects are the ones of their addresses again.
pub fn plan(
    inverse: &mut Inverse,
    snapshot: &Snapshot,
    observations: &Observations,
    (clouds, key): (&Clouds, &StackKey),
    reach: Reach,
) -> Planning {
    let mut world = World::default();
    let mut changes: BTreeMap<Address, Change> = BTreeMap::new();
    let mut stays: Vec<(Address, String)> = Vec::new();
    let mut seen = BTreeMap::new();
    for (address, desired) in &inverse.desired.resources {
        let Some(schema) = clouds.catalogue.get(&desired.kind) else {
            stays.push((address.clone(), format!("this build knows no {}", desired.kind)));
            continue;
        };
        let observed = observations.objects.get(address);
        let recorded = snapshot.resources.get(address);
        let live = match (recorded, observed) {
            (Some(_), Some(Observed::Absent)) => {
                stays.push((address.clone(), "it has vanished from the cloud".to_owned()));
                continue;
            }
            (Some(_), Some(Observed::Unreadable(error))) => {
                stays.push((address.clone(), format!("it cannot be read: {error}")));
                continue;
            }
            (Some(_), Some(Observed::Present(live))) => Some(live),
            (None, _) | (Some(_), None) => None,
        };
        let source = recorded.map_or_else(EcoString::new, |recorded| recorded.source.clone());
        let subject = Subject { desired, schema, recorded, observed, source };
        let mut change = compare(&subject, &world, key);
        if matches!(change.action, Action::Replace(_)) && reach == Reach::Rollback {
            stays.push((address.clone(), "it cannot be put back in place".to_owned()));
            continue;
        }
        if let Some(live) = live {
            seen.insert(live.id.clone(), live.attributes.clone());
            learn(&mut world, &change, live, schema);
        }
        if change.is_effective() {
            change.reasons = vec![Reason::Undone(inverse.number)];
        }
        changes.insert(address.clone(), change);
    }
    let given_up: BTreeSet<Address> = stays.iter().map(|(address, _)| address.clone()).collect();
    inverse.desired.resources.retain(|address, _| !given_up.contains(address));
    // What was to go and is still needed by what could not go back stays, too.
    loop {
        let staying = stays.iter().filter_map(|(address, _)| Some((address, snapshot.resources.get(address)?)));
        let mut needed = staying.flat_map(|(address, recorded)| recorded.needs.iter().map(move |need| (address, need)));
        let kept = needed.find(|(_, need)| inverse.deletes.contains(*need));
        let Some((address, need)) = kept.map(|(address, need)| (address.clone(), need.clone())) else { break };
        inverse.deletes.remove(&need);
        stays.push((need, format!("`{address}` stays and needs it")));
    }
    inverse.stays.extend(stays);
    let stays = &inverse.stays;
    inverse.reinstated.retain(|address, _| !stays.contains_key(address));
    for address in &inverse.deletes {
        let Some(recorded) = snapshot.resources.get(address) else { continue };
        if let Some(Observed::Present(live)) = observations.objects.get(address) {
            seen.insert(live.id.clone(), live.attributes.clone());
        }
        changes.insert(
            address.clone(),
            Change { reasons: vec![Reason::Undone(inverse.number)], ..deletion(address, recorded, clouds) },
        );
    }
    let mut changes: Vec<Change> = changes.into_values().collect();
    for (address, recorded) in &snapshot.deposed {
        if inverse.reinstated.contains_key(address) && !inverse.stays.contains_key(address) {
            let reasons = vec![Reason::Deposed, Reason::Undone(inverse.number)];
            changes.push(Change { reasons, ..deletion(address, recorded, clouds) });
        }
    }
    let plan = Plan {
        stack: inverse.desired.name.clone(),
        environment: inverse.desired.environment.clone(),
        changes,
        base: Base { lineage: snapshot.lineage.clone(), sequence: snapshot.sequence },
        ..Plan::default()
    };
    Planning {
        plan,
        refused: Vec::new(),
        warnings: Vec::new(),
        unreadable: Vec::new(),
        world,
        crossing: Vec::new(),
        seen,
    }
}

fn learn(world: &mut World, change: &Change, live: &Live, schema: &cairn_provider::schema::TypeSchema) {
    let attributes: Map = live.attributes.clone();
    match change.action {
        Action::Update => {
            world.insert_changing(change.address.clone(), attributes, compare::changing(schema, change));
        }
        Action::Unchanged | Action::Move | Action::Import | Action::Forget => {
            world.insert(change.address.clone(), attributes);
        }
        Action::Create | Action::Replace(_) | Action::Delete | Action::Run => {}
    }
}
