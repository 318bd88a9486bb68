//! Changes of all objects become a plan. Pure.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::object::Observed;
use cairn_provider::schema::TypeSchema;
use cairn_provider::schema::overlay::Replacement;
use cairn_provider::value::{Map, Value, render};
use ecow::EcoString;

use super::action::Judge;
use super::compare::{self, Subject, compare};
use super::graph::ResourceGraph;
use super::known::World;
use super::mask::StackKey;
use super::moves::Crossing;
use super::observe::Observations;
use super::redact::Redactor;
use super::{Clouds, adopt, assertion, marks, raw, relation, renamed};
use crate::diagnostic::Diagnostic;
use crate::model::Address;
use crate::model::change::{Action, After, Change, Reason, Risk};
use crate::model::desired::{DesiredAction, DesiredResource, DesiredStack, Former, ReplaceRule};
use crate::model::plan::{Base, Plan, Revealed};
use crate::model::residual::Resolved;
use crate::source::SourceSet;
use crate::state::{Recorded, Snapshot};

/// What planning needs.
pub struct Inputs<'a> {
    /// What is wanted.
    pub desired: &'a DesiredStack,
    /// What is recorded.
    pub snapshot: &'a Snapshot,
    /// The order of what is wanted.
    pub graph: &'a ResourceGraph,
    /// What is there.
    pub observations: &'a Observations,
    /// The clouds' types.
    pub clouds: &'a Clouds,
    /// The stack's key.
    pub key: &'a StackKey,
    /// For places in messages.
    pub sources: &'a SourceSet,
    /// Only these addresses, what they need, and what is inside of them. Everything if empty.
    pub only: &'a [Address],
    /// These addresses get new objects, whatever they have now.
    pub replace: &'a [Address],
    /// Addresses that changed, new to old; what is recorded is at the new ones already.
    pub moved: &'a BTreeMap<Address, Address>,
}

/// A plan, with what stands in its way.
pub struct Planning {
    /// The plan.
    pub plan: Plan,
    /// What is refused: protected objects that would be destroyed, objects that cannot be taken over.
    pub refused: Vec<Diagnostic>,
    /// What is worth knowing.
    pub warnings: Vec<Diagnostic>,
    /// Objects that could not be read.
    pub unreadable: Vec<(Address, cairn_provider::error::ProviderError)>,
    /// What is known while planning.
    pub world: World,
    /// What becomes this state's before anything else happens.
    pub crossing: Vec<Crossing>,
    /// What is there of the objects that are changed or destroyed, by identity.
    pub seen: BTreeMap<EcoString, Map>,
}

/// Makes a plan.
pub fn plan(inputs: &Inputs<'_>, world: World) -> Planning {
    let mut planner = Planner {
        inputs,
        world,
        changes: BTreeMap::new(),
        free: BTreeSet::new(),
        unreadable: Vec::new(),
        refused: Vec::new(),
        undecided: Vec::new(),
    };
    for address in &inputs.graph.order {
        planner.wanted(address);
    }
    planner.keep_until_left();
    planner.propagate_order();
    for address in &inputs.graph.unwanted {
        planner.unwanted(address);
    }
    let mut changes: Vec<Change> = std::mem::take(&mut planner.changes).into_values().collect();
    changes.extend(planner.deposed());
    let selected = selection(inputs);
    changes.retain(|change| selected.as_ref().is_none_or(|selected| selected.contains(&change.address)));
    hide_echoes(&mut changes, &planner.world.kept_back(inputs.desired, false));
    let mut refused = std::mem::take(&mut planner.refused);
    refused.append(&mut planner.undecided);
    refused.extend(assertion::failed(&inputs.desired.assertions, &planner.world, false));
    refused.extend(changes.iter().filter_map(|change| refusal(inputs, change).or_else(|| broken(inputs, change))));
    let mut warnings = adopt::without_effect(inputs.desired, inputs.snapshot);
    warnings.extend(renamed::looks_renamed(inputs, &changes, &planner.world));
    let policies = super::judge::judge(&inputs.desired.judgement, &changes, &planner.world);
    let plan = Plan {
        id: EcoString::new(),
        policies,
        stack: inputs.desired.name.clone(),
        environment: inputs.desired.environment.clone(),
        changes,
        base: Base { lineage: inputs.snapshot.lineage.clone(), sequence: inputs.snapshot.sequence },
        overridden: inputs.desired.overridden.clone(),
        revealed: revealed(inputs),
        places: places(inputs),
        unchecked: unchecked(inputs),
        remark: EcoString::new(),
    };
    let Planner { world, unreadable, .. } = planner;
    let seen = seen(inputs, &plan.changes);
    Planning { plan, refused, warnings, unreadable, world, crossing: Vec::new(), seen }
}

/// Clouds and people may have put a secret where no schema marks it: what holds one is shown like a secret.
fn hide_echoes(changes: &mut [Change], secrets: &Redactor) {
    let seen = |value: Option<&Value>| value.is_some_and(|value| secrets.knows(value));
    for attribute in changes.iter_mut().flat_map(|change| change.attributes.iter_mut().chain(&mut change.drift)) {
        let after = match &mut attribute.after {
            After::Value(value) => Some(&*value),
            After::Absent => None,
            After::Unknown(text) => {
                *text = secrets.clean(text);
                None
            }
        };
        attribute.sensitive |= seen(attribute.before.as_ref()) || seen(after);
    }
}

/// What is there of the objects that are changed or destroyed.
fn seen(inputs: &Inputs<'_>, changes: &[Change]) -> BTreeMap<EcoString, Map> {
    let touched = changes.iter().filter(|change| touches(change.action));
    let observed = touched.filter_map(|change| match inputs.observations.objects.get(&change.address) {
        Some(Observed::Present(live)) => Some((live.id.clone(), live.attributes.clone())),
        Some(Observed::Absent | Observed::Unreadable(_)) | None => None,
    });
    observed.collect()
}

/// Whether an object that exists is changed in place or destroyed.
fn touches(action: Action) -> bool {
    match action {
        Action::Update | Action::Replace(_) | Action::Delete => true,
        Action::Create | Action::Import | Action::Move | Action::Forget | Action::Run | Action::Unchanged => false,
    }
}

struct Planner<'a> {
    inputs: &'a Inputs<'a>,
    world: World,
    changes: BTreeMap<Address, Change>,
    /// Replacements whose order may be turned.
    free: BTreeSet<Address>,
    unreadable: Vec<(Address, cairn_provider::error::ProviderError)>,
    refused: Vec<Diagnostic>,
    /// Actions whose condition cannot be computed.
    undecided: Vec<Diagnostic>,
}

impl Planner<'_> {
    fn wanted(&mut self, address: &Address) {
        let inputs = self.inputs;
        if let Some(action) = inputs.desired.actions.get(address) {
            return self.action(address, action);
        }
        let Some(desired) = inputs.desired.resources.get(address) else { return };
        let Some(schema) = inputs.clouds.catalogue.get(&desired.kind) else { return };
        let observed = inputs.observations.objects.get(address);
        if let Some(Observed::Unreadable(error)) = observed {
            self.unreadable.push((address.clone(), error.clone()));
        }
        let sent = inputs.clouds.of_kind(&desired.kind).is_some_and(|cloud| cloud.sends_raw(&desired.kind));
        self.refused.extend(if sent { None } else { raw::not_sent(desired) });
        let source: EcoString = inputs.sources.place(desired.origin).into();
        if let Some(adoption) = adopt::adoption(desired, inputs.snapshot) {
            let candidate = adopt::Candidate { desired, adoption, schema, observed, source };
            let (change, refused) = adopt::take_over(&candidate, inputs.snapshot, &self.world, inputs.key);
            self.refused.extend(refused);
            self.learn(&change, schema, observed);
            self.changes.insert(address.clone(), change);
            return;
        }
        let recorded = inputs.snapshot.resources.get(address);
        let subject = Subject { desired, schema, recorded, observed, source };
        let mut change = compare(&subject, &self.world, inputs.key);
        let asked = inputs.replace.contains(address);
        if asked {
            compare::replaced(&mut change, &subject, &self.world, inputs.key);
        }
        change.previous = inputs.moved.get(address).cloned().or_else(|| self.marked_before(desired, schema, observed));
        if change.previous.is_some() && change.action == Action::Unchanged {
            change.action = Action::Move;
        }
        if matches!(change.action, Action::Replace(_)) && compare::order_is_free(&subject, &self.world) {
            self.free.insert(address.clone());
        }
        self.refused.extend(self.unrelated(desired, schema, change.action));
        self.learn(&change, schema, observed);
        self.changes.insert(address.clone(), change);
    }

    /// What must hold between values that are known only now, and does not.
    fn unrelated(&self, desired: &DesiredResource, schema: &TypeSchema, action: Action) -> Option<Diagnostic> {
        let written = matches!(action, Action::Create | Action::Update | Action::Replace(_));
        if !written || !relation::waits(desired) || schema.overlay.relations.is_empty() {
            return None;
        }
        let mut inputs = cairn_provider::value::Map::new();
        for (name, field) in &desired.inputs {
            if let Resolved::Known(value) = field.value.resolve(&self.world) {
                inputs.insert(name.clone(), value);
            }
        }
        let (stack, catalogue) = (self.inputs.desired, &*self.inputs.clouds.catalogue);
        let now = relation::Now { desired, schema, inputs: &inputs, stack, catalogue, known: &self.world };
        let broken = relation::broken(&now)?;
        let span = desired.inputs.get(&broken.field).map_or(desired.origin, |field| field.span);
        Some(Diagnostic::error(broken.code, broken.rule, span, broken.found))
    }

    /// The old address that an object still carries although it was moved: the run that moved it was cut off.
    fn marked_before(
        &self,
        desired: &DesiredResource,
        schema: &TypeSchema,
        observed: Option<&Observed>,
    ) -> Option<Address> {
        let Some(Observed::Present(live)) = observed else { return None };
        let owner = live.owner.as_ref()?;
        let ours = owner.stack == self.inputs.snapshot.lineage;
        let recorded = self.inputs.snapshot.resources.get(&desired.address);
        // What was another state's keeps the nonce it was made with, which is known here only after it was handed over.
        let handed = !ours && recorded.is_some_and(|recorded| recorded.nonce == owner.nonce);
        let mut formers = desired.options.was.iter().filter(|former| former.stack.is_none() == ours);
        let former = formers.find(|former| former.address.as_str() == owner.address).map(Former::written);
        let before = former.or_else(|| handed.then(|| Address::from_text(&owner.address)))?;
        marks::can_change(schema).then_some(before)
    }

    /// An action is in the plan if it is due; if not, what it gave is known.
    fn action(&mut self, address: &Address, action: &DesiredAction) {
        let inputs = self.inputs;
        let before = inputs.snapshot.actions.get(address);
        let judge = Judge { desired: inputs.desired, clouds: inputs.clouds, key: inputs.key };
        let reasons = match judge.due(action, before, &self.world) {
            Ok(reasons) => reasons,
            Err(sentence) => {
                let origin = action.call.origin;
                let head = "Whether this action is run cannot be computed";
                self.undecided.push(Diagnostic::error("evaluate::failed", head, origin, sentence));
                return;
            }
        };
        let Some(reasons) = reasons else {
            if let Some(before) = before.filter(|before| !before.run.is_empty()) {
                self.world.insert(address.clone(), before.results.clone());
                self.world.ran(address.clone(), before.run.clone());
            }
            return;
        };
        let attributes = inputs
            .clouds
            .catalogue
            .get(&action.call.kind)
            .map(|schema| compare::arguments(schema, &action.call, &self.world, inputs.key))
            .unwrap_or_default();
        let change = Change {
            address: address.clone(),
            previous: None,
            kind: action.call.kind.clone(),
            action: Action::Run,
            id: None,
            source: inputs.sources.place(action.call.origin).into(),
            attributes,
            drift: Vec::new(),
            released: Vec::new(),
            reasons,
            risks: Vec::new(),
        };
        self.changes.insert(address.clone(), change);
    }

    /// What later resources may use of this one.
    fn learn(&mut self, change: &Change, schema: &TypeSchema, observed: Option<&Observed>) {
        let Some(Observed::Present(live)) = observed else { return };
        match change.action {
            Action::Unchanged | Action::Move => {
                self.world.insert(change.address.clone(), live.attributes.clone());
            }
            Action::Update | Action::Import => {
                let changing = compare::changing(schema, change);
                self.world.insert_changing(change.address.clone(), live.attributes.clone(), changing);
            }
            Action::Create | Action::Replace(_) | Action::Delete | Action::Forget | Action::Run => {
                self.world.remove(&change.address);
            }
        }
    }

    /// What another object holds on to until it is updated cannot be destroyed before that: the new one comes first, and
    /// with it what it stands on.
    fn keep_until_left(&mut self) {
        let graph = &self.inputs.graph.order;
        let needs = |address: &Address| {
            let desired = self.inputs.desired.resources.get(address);
            let needs = desired.into_iter().flat_map(|desired| desired.needs.iter());
            needs.filter(|need| !need.order_only).map(|need| need.address.clone()).collect::<Vec<_>>()
        };
        // Who needs comes behind what it needs: from the end, everything that holds on is known before what it holds.
        for address in graph.iter().rev() {
            let holds = matches!(
                self.changes.get(address).map(|change| change.action),
                Some(Action::Update | Action::Import | Action::Replace(Replacement::CreateFirst))
            );
            for need in if holds { needs(address) } else { Vec::new() } {
                if let Some(change) = self.changes.get_mut(&need)
                    && change.action == Action::Replace(Replacement::DestroyFirst)
                    && self.free.contains(&need)
                {
                    change.action = Action::Replace(Replacement::CreateFirst);
                    change.risks.retain(|risk| *risk != Risk::Downtime);
                }
            }
        }
    }

    /// An object whose need is destroyed first must itself go before: it cannot outlive what it stands on.
    fn propagate_order(&mut self) {
        for address in &self.inputs.graph.order {
            let Some(desired) = self.inputs.desired.resources.get(address) else { continue };
            let action = self.changes.get(address).map(|change| change.action);
            if action != Some(Action::Replace(Replacement::CreateFirst)) {
                continue;
            }
            let stands_on = desired.needs.iter().filter(|need| !need.order_only).any(|need| {
                self.changes
                    .get(&need.address)
                    .is_some_and(|change| change.action == Action::Replace(Replacement::DestroyFirst))
            });
            if stands_on && let Some(change) = self.changes.get_mut(address) {
                change.action = Action::Replace(Replacement::DestroyFirst);
            }
        }
    }

    fn unwanted(&mut self, address: &Address) {
        let Some(recorded) = self.inputs.snapshot.resources.get(address) else { return };
        let observed = self.inputs.observations.objects.get(address);
        if self.inputs.desired.forgets(address) {
            // What cannot be read can be forgotten all the same.
            let change = self.forgetting(address, recorded, observed);
            if let Some(Observed::Present(live)) = observed
                && live.owner.is_some()
            {
                self.world.insert(address.clone(), live.attributes.clone());
            }
            self.changes.insert(address.clone(), change);
            return;
        }
        if let Some(Observed::Unreadable(error)) = observed {
            self.unreadable.push((address.clone(), error.clone()));
        }
        let mut change = deletion(address, recorded, self.inputs.clouds);
        change.reasons.push(self.why_unwanted(address));
        self.changes.insert(address.clone(), change);
    }

    fn why_unwanted(&self, address: &Address) -> Reason {
        if self.inputs.desired.resources.is_empty() {
            return Reason::Destroyed;
        }
        let text = address.as_str();
        let key = text.rfind('[').and_then(|at| Some((text.get(..at)?, text.get(at + 1..text.len() - 1)?)));
        match key {
            Some((base, key))
                if self
                    .inputs
                    .desired
                    .resources
                    .keys()
                    .any(|other| other.as_str().starts_with(&format!("{base}["))) =>
            {
                Reason::KeyRemoved(key.trim_matches('"').into())
            }
            _ => Reason::Removed,
        }
    }

    fn forgetting(&self, address: &Address, recorded: &Recorded, observed: Option<&Observed>) -> Change {
        let owned = match observed {
            Some(Observed::Present(live)) => live.owner.is_some(),
            Some(Observed::Absent | Observed::Unreadable(_)) | None => false,
        };
        let schema = self.inputs.clouds.catalogue.get(&recorded.kind);
        let marked = owned && !schema.is_some_and(|schema| marks::can_change(schema));
        Change {
            action: Action::Forget,
            reasons: vec![Reason::Forgotten { marked }],
            risks: Vec::new(),
            ..deletion(address, recorded, self.inputs.clouds)
        }
    }

    fn deposed(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (address, recorded) in &self.inputs.snapshot.deposed {
            let mut change = deletion(address, recorded, self.inputs.clouds);
            change.reasons.push(Reason::Deposed);
            changes.push(change);
        }
        changes
    }
}

/// What holds data and is broken is replaced only if somebody asks for exactly that.
fn broken(inputs: &Inputs<'_>, change: &Change) -> Option<Diagnostic> {
    let why =
        change.reasons.iter().find_map(|reason| if let Reason::Broken(why) = reason { Some(why) } else { None })?;
    if !change.risks.contains(&Risk::DataLoss) || change.reasons.contains(&Reason::Asked) {
        return None;
    }
    let desired = inputs.desired.resources.get(&change.address)?;
    let head = format!("`{}` is broken, and replacing it destroys its data", change.address);
    let label = format!("the cloud says: {}", cairn_provider::value::quote(why));
    let help = format!(
        "repair it, and the next plan finds it healthy; if nothing in it is needed:\n--replace {}",
        cairn_provider::value::quote(change.address.as_str())
    );
    Some(Diagnostic::error("plan::broken", head, desired.origin, label).help(help))
}

/// What destroying an object is as a change; why is the caller's to say.
pub(super) fn deletion(address: &Address, recorded: &Recorded, clouds: &Clouds) -> Change {
    let stateful = clouds.catalogue.get(&recorded.kind).is_some_and(|schema| schema.overlay.stateful);
    Change {
        address: address.clone(),
        previous: None,
        kind: recorded.kind.clone(),
        action: Action::Delete,
        id: Some(recorded.id.clone()),
        source: recorded.source.clone(),
        attributes: Vec::new(),
        drift: Vec::new(),
        released: Vec::new(),
        reasons: Vec::new(),
        risks: if stateful { vec![Risk::DataLoss] } else { Vec::new() },
    }
}

/// Protected objects are not destroyed, and `@replace("never")` means it.
fn refusal(inputs: &Inputs<'_>, change: &Change) -> Option<Diagnostic> {
    let destroys = matches!(change.action, Action::Delete | Action::Replace(_));
    if !destroys || change.reasons.contains(&Reason::Deposed) {
        return None;
    }
    let desired = inputs.desired.resources.get(&change.address);
    let recorded = inputs.snapshot.resources.get(&change.address);
    let written = desired.and_then(|desired| desired.options.protect);
    let protected = written.unwrap_or_else(|| recorded.is_some_and(|recorded| recorded.protect));
    let never = desired.is_some_and(|desired| desired.options.replace == Some(ReplaceRule::Never));
    if never && matches!(change.action, Action::Replace(_)) {
        let desired = desired?;
        return Some(
            Diagnostic::error(
                "plan::never_replaced",
                format!("This change would replace `{}`", change.address),
                desired.origin,
                "@replace(\"never\") refuses that",
            )
            .help(forcing(change)),
        );
    }
    if !protected {
        return None;
    }
    let noun = inputs
        .clouds
        .catalogue
        .get(&change.kind)
        .map(|schema| schema.overlay.noun.split_once(' ').map_or(schema.overlay.noun, |(_, noun)| noun))
        .filter(|noun| !noun.is_empty())
        .unwrap_or("resource");
    let message = format!("This change would destroy a protected {noun}");
    let diagnostic = match desired {
        Some(desired) => {
            let mut diagnostic =
                Diagnostic::error("plan::protected", message, desired.origin, "destroying needs your permission");
            for attribute in change.attributes.iter().filter(|attribute| attribute.forces) {
                let field = attribute.path.first().and_then(|name| desired.inputs.get(name));
                if let Some(field) = field.filter(|field| field.span.source == desired.origin.source) {
                    let text = match attribute.before.as_ref().filter(|_| !attribute.sensitive) {
                        Some(before) => format!("was {}; only a new object can have another value", render(before)),
                        None => "only a new object can have another value".to_owned(),
                    };
                    diagnostic = diagnostic.label(field.span, text);
                }
            }
            diagnostic
        }
        None => Diagnostic::unplaced(
            "plan::protected",
            format!("{message}: `{}`, declared at {} until now", change.address, change.source),
        ),
    };
    Some(diagnostic.help(if matches!(change.action, Action::Replace(_)) {
        "to keep the object: take the change back, or make it where it does not need a new one\nto destroy it: apply once with @protect(false)"
    } else {
        "to destroy it: declare it once with @protect(false) and apply, then remove it"
    }))
}

fn forcing(change: &Change) -> String {
    let fields: Vec<String> = change
        .attributes
        .iter()
        .filter(|attribute| attribute.forces)
        .map(|attribute| attribute.path.join("."))
        .collect();
    format!("what cannot change in place: {}", fields.join(", "))
}

/// The addresses `--only` selects: those named, what is inside of them, and everything they need.
fn selection(inputs: &Inputs<'_>) -> Option<BTreeSet<Address>> {
    if inputs.only.is_empty() {
        return None;
    }
    let named = |address: &Address| inputs.only.iter().any(|only| address.is_within(only));
    let mut selected: BTreeSet<Address> = BTreeSet::new();
    let mut pending: Vec<Address> = inputs
        .desired
        .nodes()
        .map(|node| &node.address)
        .chain(inputs.snapshot.resources.keys())
        .chain(inputs.snapshot.deposed.iter().map(|(address, _)| address))
        .filter(|address| named(address))
        .cloned()
        .collect();
    while let Some(address) = pending.pop() {
        if !selected.insert(address.clone()) {
            continue;
        }
        if inputs.desired.resources.contains_key(&address) || inputs.desired.actions.contains_key(&address) {
            pending.extend(inputs.desired.needs(&address).iter().map(|need| need.address.clone()));
        } else {
            // What is deleted takes along what still needs it and is deleted, too.
            let dependents = inputs.snapshot.resources.iter().filter(|(other, recorded)| {
                recorded.needs.contains(&address) && !inputs.desired.resources.contains_key(*other)
            });
            pending.extend(dependents.map(|(other, _)| other.clone()));
        }
    }
    Some(selected)
}

/// What nothing checked, by resource.
fn unchecked(inputs: &Inputs<'_>) -> BTreeMap<Address, Vec<EcoString>> {
    let resources = inputs.desired.resources.values();
    resources.filter_map(|resource| Some((resource.address.clone(), resource.unchecked()?))).collect()
}

fn revealed(inputs: &Inputs<'_>) -> Vec<Revealed> {
    let revealed = inputs.desired.revealed.iter();
    let revealed = revealed.map(|revealed| Revealed {
        what: revealed.what.clone(),
        because: revealed.because.clone(),
        source: inputs.sources.place(revealed.span).into(),
    });
    revealed.collect()
}

fn places(inputs: &Inputs<'_>) -> Vec<EcoString> {
    let mut places: BTreeSet<EcoString> = BTreeSet::new();
    for resource in inputs.desired.resources.values() {
        let target = &resource.place.target;
        let account = target.setting("account").map(|account| format!(" {account}")).unwrap_or_default();
        if !target.place().is_empty() {
            places.insert(ecow::eco_format!("{}{account}", target.place()));
        }
    }
    places.into_iter().collect()
}
