//! Look-ups: asked for as data, answered between two evaluations.

use std::collections::BTreeMap;
use std::rc::Rc;

use cairn_provider::value::Map;
use ecow::EcoString;

use super::instance::Instance;
use super::term::{Kind, Phase, Term};
use super::{Evaluator, Place};
use crate::diagnostic::Diagnostic;
use crate::language::syntax::ast::{Declaration, ExprKind};
use crate::model::Residual;
use crate::model::desired::{LookupAnswer, WantedLookup};

impl Evaluator<'_> {
    /// A look-up: its answer, or a request for one.
    pub(super) fn look_up(&mut self, instance: &Rc<Instance>, node: &Declaration, place: &Place) -> Term {
        let item = self.program.item(instance.item);
        let decorated = self.decorated(instance.scope, instance.item, place, Some(&instance.address));
        *instance.placement.borrow_mut() = Some(decorated.placement);
        let many_by = item
            .decorators
            .iter()
            .find(|decorator| decorator.name.text == "many")
            .and_then(|decorator| decorator.args.iter().find(|arg| arg.name.is_some()))
            .and_then(|arg| match &arg.value.kind {
                ExprKind::Name(name) => Some(name.clone()),
                _ => None,
            });
        let object = || Term { origin: node.name.span, kind: Kind::Object(Rc::clone(instance)) };
        if let Some(given) = self.given_for(&instance.address)
            && let Kind::Map(entries) = &given.kind
        {
            if many_by.is_none() {
                *instance.given.borrow_mut() = Some(Rc::clone(entries));
                return object();
            }
            let several = entries.iter().map(|(key, one)| {
                let one = match &one.kind {
                    Kind::Map(attributes) => Some(Rc::clone(attributes)),
                    _ => None,
                };
                (key.clone(), one_of(instance, key, None, one))
            });
            return found_several(several, node);
        }
        match self.answers.and_then(|answers| answers.answers.get(&instance.address)) {
            Some(LookupAnswer::One(found)) => {
                *instance.found.borrow_mut() = Some(found.clone());
                return object();
            }
            Some(LookupAnswer::Many(found)) => {
                let several = found.iter().map(|(key, found)| (key.clone(), one_of(instance, key, Some(found), None)));
                return found_several(several, node);
            }
            None => {}
        }
        if let Some(conditions) = self.conditions_of(instance) {
            let placement = super::component::placed(instance);
            self.wanted.insert(
                instance.address.clone(),
                WantedLookup {
                    address: instance.address.clone(),
                    kind: instance.schema.name.clone(),
                    target: placement.target.clone(),
                    conditions,
                    many_by: many_by.clone(),
                    span: node.head,
                },
            );
        }
        if many_by.is_some() {
            return Term::unknown(Residual::Call("unknown".into(), Vec::new()), Phase::Read, false, node.name.span);
        }
        object()
    }

    /// The conditions in the form they are sent in. Nothing if they are not known yet, or cannot be.
    fn conditions_of(&mut self, instance: &Rc<Instance>) -> Option<Map> {
        if self.typed.failed.contains(&instance.item) {
            return None;
        }
        let mut conditions = Map::new();
        let mut complete = true;
        for name in self.field_names(instance) {
            let Some(field) = instance.schema.field(&name).cloned() else { continue };
            let (term, _) = self.collecting(|evaluator| evaluator.field(instance, &name));
            let Some(term) = term else { continue };
            if let Some(own) = own_object(&term) {
                self.looks_up_own(instance, &name, &term, &own);
                complete = false;
                continue;
            }
            if term.phase() == Phase::Made {
                self.made_condition(instance, &name, &term);
                complete = false;
                continue;
            }
            let mut needs = Vec::new();
            match self.encode(&term, &field.shape, instance, &name, &mut needs) {
                Some(Residual::Value(value)) => {
                    if !value.is_none() {
                        conditions.insert(name, value);
                    }
                }
                _ => complete = false,
            }
        }
        complete.then_some(conditions)
    }

    fn looks_up_own(&mut self, instance: &Rc<Instance>, name: &EcoString, term: &Term, own: &Rc<Instance>) {
        let created = match &self.program.item(own.item).kind {
            crate::language::syntax::ast::ItemKind::Declaration(node) => node.head,
            _ => self.program.item(own.item).span,
        };
        let span = self.field_span(instance, name).map_or(term.origin, |key| key.to(term.origin));
        let mut diagnostic = Diagnostic::error(
            "phase::lookup_own",
            "This looks up something the same stack creates",
            span,
            "known only after apply; lookups run while planning",
        );
        if created.source == span.source {
            diagnostic = diagnostic.label(created, "created here");
        }
        // Often the resource says itself what is looked for: `vpc.default_security_group`.
        let wanted = cairn_provider::naming::field(instance.schema.name.rsplit('.').next().unwrap_or_default());
        let says = own.schema.root().fields.keys().find(|field| field.ends_with(wanted.as_str()));
        let attribute = match says {
            Some(field) => format!("existing({}.{field})", own.address),
            None => "as an attribute".to_owned(),
        };
        let colon = if says.is_some() { ":" } else { "," };
        self.report(diagnostic.help(format!("use what the resource itself says{colon} {attribute}\na lookup may depend on inputs, constants and other lookups")));
    }

    fn made_condition(&mut self, instance: &Rc<Instance>, name: &EcoString, term: &Term) {
        let span = self.field_span(instance, name).map_or(term.origin, |key| key.to(term.origin));
        self.report(
            Diagnostic::error(
                "phase::lookup_own",
                "This looks up something the same stack creates",
                span,
                "known only after apply; lookups run while planning",
            )
            .help("a lookup may depend on inputs, constants and other lookups"),
        );
    }
}

/// One of the objects a look-up of many finds.
fn one_of(
    instance: &Rc<Instance>,
    key: &str,
    found: Option<&Map>,
    given: Option<Rc<BTreeMap<EcoString, Term>>>,
) -> Rc<Instance> {
    Rc::new(Instance {
        address: instance.address.instance(key),
        item: instance.item,
        scope: instance.scope,
        schema: std::sync::Arc::clone(&instance.schema),
        lookup: true,
        locals: instance.locals.clone(),
        fields: std::cell::RefCell::default(),
        placement: instance.placement.clone(),
        found: std::cell::RefCell::new(found.cloned()),
        given: std::cell::RefCell::new(given),
        inherited: Rc::clone(&instance.inherited),
    })
}

fn found_several(several: impl Iterator<Item = (EcoString, Rc<Instance>)>, node: &Declaration) -> Term {
    let span = node.name.span;
    Term::map(several.map(|(key, one)| (key, Term { origin: span, kind: Kind::Object(one) })).collect(), span)
}

/// The resource of the stack that a term is.
fn own_object(term: &Term) -> Option<Rc<Instance>> {
    match &term.kind {
        Kind::Object(instance) if !instance.lookup => Some(Rc::clone(instance)),
        Kind::List(items) => items.iter().find_map(own_object),
        Kind::Map(entries) => entries.values().find_map(own_object),
        _ => None,
    }
}
