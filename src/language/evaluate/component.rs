//! Declarations become instances; instances of components become scopes of their own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use cairn_provider::value::Value;
use ecow::EcoString;

use super::instance::{Inherited, Instance, Instances};
use super::term::{Kind, Phase, Term};
use super::{Evaluator, MAX_INSTANCES, Place, Scope};
use crate::diagnostic::Diagnostic;
use crate::language::program::{ItemId, TypeBinding, UnitId};
use crate::language::syntax::ast::{Construct, Declaration, Each, Entry, Expr, ExprKind, ItemKind, Keyword, join};
use crate::language::types::Type;
use crate::model::Address;
use crate::model::desired::Need;
use crate::source::Span;

/// What a component is given, by input, with what each value touches.
type Given = BTreeMap<EcoString, (Term, Rc<Vec<Need>>)>;

impl Evaluator<'_> {
    /// All instances of a declaration, made when they are first asked for.
    pub(super) fn instances_of(&mut self, scope: usize, id: ItemId) -> Instances {
        if let Some(instances) = self.instances.get(&(scope, id)) {
            return instances.clone();
        }
        // Whoever asks while the keys are worked out asks in a circle, which was reported with the types.
        self.instances.insert((scope, id), Instances::Unknown);
        let instances = self.make(scope, id);
        self.instances.insert((scope, id), instances.clone());
        instances
    }

    fn make(&mut self, scope: usize, id: ItemId) -> Instances {
        let program = self.program;
        let ItemKind::Declaration(node) = &program.item(id).kind else { return Instances::Unknown };
        if matches!(node.keyword, Keyword::Policy | Keyword::Test) {
            return Instances::Unknown;
        }
        let outer = Place::of(scope);
        if let Some(guard) = &node.guard {
            let condition = self.expression(&guard.condition, &outer);
            self.made_place("Whether something exists", &guard.condition, &condition);
            match condition.known() {
                Some(Value::Bool(true)) => {}
                Some(Value::Bool(false)) => return Instances::Absent,
                _ => return Instances::Unknown,
            }
        }
        let address = self.scope(scope).address(&node.name.text);
        let Some(each) = &node.each else {
            return match self.one(scope, id, node, address, &outer) {
                Some(term) => Instances::One(term),
                None => Instances::Unknown,
            };
        };
        self.many(scope, id, node, each, &address, &outer)
    }

    fn many(
        &mut self,
        scope: usize,
        id: ItemId,
        node: &Declaration,
        each: &Each,
        address: &Address,
        outer: &Place,
    ) -> Instances {
        let source = self.expression(&each.source, outer);
        if matches!(source.kind, Kind::Unknown(_))
            || each.by.is_none() && source.phase() == Phase::Made && matches!(source.kind, Kind::List(_))
        {
            self.made_keys(scope, each, &source);
        }
        let Some(rounds) = self.rounds(each, outer) else {
            if !matches!(source.kind, Kind::Unknown(_)) {
                self.unknown_filter(each, outer);
            }
            return Instances::Unknown;
        };
        let mut instances = BTreeMap::new();
        for round in rounds {
            let Some(key) = self.key(each, &round) else { return Instances::Unknown };
            if instances.contains_key(&key) {
                self.report(Diagnostic::error(
                    "loop::same_key",
                    format!("The key \"{key}\" comes twice"),
                    each.span,
                    "keys must differ",
                ));
                continue;
            }
            let Some(term) = self.one(scope, id, node, address.instance(&key), &round) else {
                return Instances::Unknown;
            };
            instances.insert(key, term);
        }
        Instances::Many(Rc::new(instances))
    }

    fn unknown_filter(&mut self, each: &Each, outer: &Place) {
        let Some(guard) = &each.guard else { return };
        let source = self.expression(&each.source, outer);
        if let Kind::Map(_) | Kind::List(_) = source.kind {
            // The filter was evaluated for some round and was not known there.
            let term = Term::unknown(crate::model::Residual::Value(Value::None), Phase::Made, false, guard.span);
            let made = crate::language::syntax::walk::expressions;
            let mut uses_lookup = false;
            made(&guard.condition, &mut |part| uses_lookup |= matches!(part.kind, ExprKind::Name(_)));
            if !uses_lookup || self.answers.is_some() {
                self.made_place("Which instances exist", &guard.condition, &term);
            }
        }
    }

    /// The key of a round: what `by` says, the key of a map, the text or number of a list.
    fn key(&mut self, each: &Each, round: &Place) -> Option<EcoString> {
        let term = match &each.by {
            Some(by) => self.expression(by, round),
            None => {
                let (_, term) = round.locals.iter().rev().find(|(name, _)| *name == each.first.text)?;
                term.clone()
            }
        };
        match term.known() {
            Some(Value::Text(text)) => Some(text),
            Some(value @ (Value::Int(_) | Value::Cidr(_) | Value::Ip(_))) => {
                Some(cairn_provider::value::render(&value).into())
            }
            _ => {
                if term.is_secret() {
                    self.report(Diagnostic::error(
                        "secret::leak",
                        "A secret would become readable",
                        each.span,
                        "keys become addresses, which everyone can read",
                    ));
                } else if let Some(by) = &each.by {
                    self.made_place("A key", by, &term);
                } else {
                    self.made_keys(round.scope, each, &term);
                }
                None
            }
        }
    }

    /// One instance of a declaration.
    fn one(&mut self, scope: usize, id: ItemId, node: &Declaration, address: Address, place: &Place) -> Option<Term> {
        let ExprKind::Construct(construct) = &node.value.kind else { return Some(Term::error(node.value.span)) };
        self.count += 1;
        if self.count > MAX_INSTANCES {
            if self.count == MAX_INSTANCES + 1 {
                self.report(
                    Diagnostic::error(
                        "evaluate::budget",
                        "This stack has more than 200,000 instances",
                        node.head,
                        "the last one is made here",
                    )
                    .help("split the stack"),
                );
            }
            return None;
        }
        if let [name] = construct.path.as_slice() {
            if node.keyword == Keyword::Action {
                return Some(Term::error(node.value.span));
            }
            let unit = self.unit_of(scope);
            return match self.program.unit(unit).types.get(&name.text) {
                Some(TypeBinding::Component(component)) => {
                    Some(self.component(scope, id, *component, construct, address, place))
                }
                _ => Some(Term::error(node.value.span)),
            };
        }
        let full = join(&construct.path);
        if full == "aws.Target" {
            return Some(self.target(construct, node.name.span, place));
        }
        let Some(schema) = self.program.catalogue.get(&full).cloned() else {
            return Some(Term::error(node.value.span));
        };
        let inherited = Rc::clone(&self.scope(scope).inherited);
        let instance = Rc::new(Instance {
            address,
            item: id,
            scope,
            schema,
            lookup: node.keyword == Keyword::Lookup,
            locals: place.locals.clone(),
            fields: RefCell::default(),
            placement: RefCell::default(),
            found: RefCell::default(),
            given: RefCell::default(),
            inherited,
        });
        if instance.lookup {
            return Some(self.look_up(&instance, node, place));
        }
        self.emitted.push(Rc::clone(&instance));
        Some(Term { origin: node.name.span, kind: Kind::Object(instance) })
    }

    /// An instance of a component: a scope with its inputs, whose declarations are made at once.
    fn component(
        &mut self,
        scope: usize,
        id: ItemId,
        component: UnitId,
        construct: &Construct,
        address: Address,
        place: &Place,
    ) -> Term {
        let origin = construct.name_span().unwrap_or_else(|| self.program.item(id).span);
        // A component inside of itself was reported with the imports; it would never end.
        if self.lies_in(scope, component) {
            return Term::error(origin);
        }
        let inherited = self.inherited(scope, id, &address, place);
        self.components.insert(address.clone(), self.declared_name(id));
        let placement = inherited.placement.clone();
        let given = match &construct.fields {
            Some(fields) if !self.typed.failed.contains(&id) => self.given(fields, place),
            _ => Some(BTreeMap::new()),
        };
        let failed = self.typed.failed.contains(&id) || given.is_none();
        let given = given.unwrap_or_default();
        let new = self.scopes.len();
        self.scopes.push(Scope {
            unit: component,
            outer: Some(scope),
            path: Some(address),
            inputs: BTreeMap::new(),
            input_needs: given.iter().map(|(name, (_, needs))| (name.clone(), needs.clone())).collect(),
            inherited: Rc::new(inherited),
        });
        let program = self.program;
        let mut inputs = BTreeMap::new();
        for &item in &program.unit(component).items {
            let ItemKind::Input(input) = &program.item(item).kind else { continue };
            let Some(ty) = self.typed.types.get(&item).cloned() else { continue };
            let name = &input.name.text;
            let term = match (given.get(name).map(|(term, _)| term), &input.default) {
                (Some(term), _) => {
                    self.known_input(item, component, name, term, construct);
                    self.coerced(scope, term.clone(), &ty)
                }
                (None, Some(default)) => {
                    let value = self.expression(default, &Place::of(new));
                    self.coerced(new, value, &ty)
                }
                (None, None) => match (&ty, &placement) {
                    (Type::Target(_), Some(placement)) => Self::placement_term(placement, origin),
                    _ if failed => Term::error(origin),
                    _ => Term::none(origin),
                },
            };
            inputs.insert(name.clone(), term);
            if let Some(slot) = self.scopes.get_mut(new) {
                slot.inputs.clone_from(&inputs);
            }
        }
        let around = std::mem::replace(&mut self.at, new);
        if !failed {
            self.component_conditions(component, new);
        }
        self.run_scope(new);
        self.at = around;
        Term { origin, kind: Kind::Component(new) }
    }

    /// Where the part of the standard library is used that a place lies in.
    pub(super) fn use_of(&self, span: Span) -> Option<Span> {
        let program = self.program;
        if !program.sources.is_standard(span.source) {
            return None;
        }
        let is_of = |scope: usize| {
            let header = self.scopes.get(scope).and_then(|scope| program.unit(scope.unit).header);
            header.is_some_and(|header| program.item(header).span.source == span.source)
        };
        let around = std::iter::successors(Some(self.at), |at| self.scopes.get(*at)?.outer);
        let scope =
            around.into_iter().find(|at| is_of(*at)).or_else(|| (0..self.scopes.len()).rev().find(|at| is_of(*at)))?;
        let mut outwards = std::iter::successors(Some(scope), |at| self.scopes.get(*at)?.outer);
        outwards.find_map(|at| {
            let used = self.components.get(self.scopes.get(at)?.path.as_ref()?)?;
            (!program.sources.is_standard(used.source)).then_some(*used)
        })
    }

    /// What a component is given, each input with what it touches: who reads an input waits for what it was made of,
    /// and not for what the other inputs were made of.
    fn given(&mut self, fields: &Expr, place: &Place) -> Option<Given> {
        let ExprKind::Record(entries) = &fields.kind else { return None };
        let mut given = BTreeMap::new();
        for entry in entries {
            match entry {
                Entry::Field(key, value) => {
                    let (term, needs) = self.collecting(|evaluator| evaluator.expression(value, place));
                    given.insert(key.text.clone(), (term, Rc::new(needs)));
                }
                Entry::Short(name) => {
                    let (term, needs) = self.collecting(|evaluator| evaluator.name(&name.text, name.span, place));
                    given.insert(name.text.clone(), (term, Rc::new(needs)));
                }
                Entry::Spread(value) => {
                    let (term, needs) = self.collecting(|evaluator| evaluator.expression(value, place));
                    let needs = Rc::new(needs);
                    match &term.kind {
                        Kind::Map(entries) => given.extend(
                            entries.iter().map(|(name, term)| (name.clone(), (term.clone(), Rc::clone(&needs)))),
                        ),
                        Kind::Value(Value::None) => {}
                        _ => return None,
                    }
                }
            }
        }
        // An entry without a value is left out.
        given.retain(|_, (term, _)| !term.is_none());
        Some(given)
    }

    /// Whether a scope belongs to an instance of a component, at any depth.
    fn lies_in(&self, scope: usize, component: UnitId) -> bool {
        let mut next = Some(scope);
        while let Some(scope) = next.map(|scope| self.scope(scope)) {
            if scope.unit == component {
                return true;
            }
            next = scope.outer;
        }
        false
    }

    pub(super) fn component_conditions(&mut self, component: UnitId, scope: usize) {
        let program = self.program;
        for &item in &program.unit(component).items {
            let ItemKind::Input(input) = &program.item(item).kind else { continue };
            for rule in &input.conditions {
                let holds = self.expression(&rule.condition, &Place::of(scope));
                if holds.known() != Some(Value::Bool(false)) {
                    continue;
                }
                let message = match &rule.message {
                    Some(message) => self.expression(message, &Place::of(scope)).known_text().unwrap_or_default(),
                    None => "the condition does not hold".into(),
                };
                let value = self.scope(scope).inputs.get(&input.name.text).map_or(input.name.span, |term| term.origin);
                let place = self.program.sources.place(rule.condition.span);
                self.report(
                    Diagnostic::error("values::condition", message.as_str(), value, "this value does not fit").help(
                        format!("the rule is at {place}:  where {}", self.program.sources.text(rule.condition.span)),
                    ),
                );
            }
        }
    }

    /// Reports a value made by apply for an input marked `known`.
    fn known_input(&mut self, item: ItemId, component: UnitId, name: &str, term: &Term, construct: &Construct) {
        let shape_made = match &term.kind {
            Kind::Unknown(unknown) => unknown.phase == Phase::Made,
            Kind::List(items) => items.iter().any(|item| item.phase() == Phase::Made),
            _ => false,
        };
        if !self.typed.known.contains(&item) || !shape_made {
            return;
        }
        let span = written_for(construct, name).unwrap_or(term.origin);
        let from = match &term.origin {
            origin if *origin != span && !span.contains(*origin) => {
                format!(": it comes from {}", self.program.sources.place(*origin))
            }
            _ => String::new(),
        };
        let unit = self.program.unit(component);
        let place = self.program.sources.place(self.program.item(item).span);
        self.report(
            Diagnostic::error(
                "phase::known_input",
                format!("`{name}` of `{}` must be known before apply", unit.name),
                span,
                format!("known only after apply{from}"),
            )
            .help(format!(
                "`{name}` is marked `known` in {place}, because its keys become part of addresses.\n\
                 pass something written here or looked up, for example {{ a: 0, b: 1 }}"
            )),
        );
    }

    /// What the decorators of a component instance say about all its members.
    fn inherited(&mut self, scope: usize, id: ItemId, address: &Address, place: &Place) -> Inherited {
        let decorated = self.decorated(scope, id, place, None);
        let outer = Rc::clone(&self.scope(scope).inherited);
        let mut options = decorated.options;
        super::decorator::inherit(&mut options, &outer.options);
        let mut needs = outer.needs.clone();
        needs.extend(decorated.needs);
        let mut formers = self.formers(scope, id, address, place);
        formers.extend(outer.formers.iter().cloned());
        let mut adoptions = self.member_adoptions(id, address, place);
        adoptions.extend(outer.adoptions.iter().cloned());
        let mut waivers = self.waivers_of(scope, id);
        waivers.extend(outer.waivers.iter().cloned());
        Inherited { options, needs, placement: Some(decorated.placement), waivers, formers, adoptions }
    }
}

/// Where a component's input was written.
fn written_for(construct: &Construct, name: &str) -> Option<Span> {
    let Some(Expr { kind: ExprKind::Record(entries), .. }) = &construct.fields else { return None };
    entries.iter().find_map(|entry| match entry {
        Entry::Field(key, value) if key.text == name => Some(value.span),
        Entry::Short(short) if short.text == name => Some(short.span),
        Entry::Field(..) | Entry::Short(_) | Entry::Spread(_) => None,
    })
}

/// The placement of an instance, worked out with its decorators.
pub(super) fn placed(instance: &Instance) -> Arc<crate::model::desired::Placement> {
    instance.placement.borrow().clone().unwrap_or_default()
}
