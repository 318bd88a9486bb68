//! When each assertion and each relation is checked.

use std::rc::Rc;

use cairn_provider::schema::overlay::Relation;
use ecow::EcoString;

use super::instance::Instance;
use super::member::field_name;
use super::term::{Kind, Phase, Term};
use super::{Evaluator, Place, Request, evaluate_and};
use crate::diagnostic::Report;
use crate::language::describe;
use crate::language::syntax::ast::ItemKind;
use crate::model::inspected::Checked;

/// Everything that must hold in an environment, with the phase in which it is checked: assertions in the order they
/// are written, then relations by resource.
pub fn explain(request: &Request<'_>) -> Vec<Checked> {
    // Mistakes are told by whoever checks the stack.
    let mut unheard = Report::default();
    evaluate_and(request, &mut unheard, |evaluator, _| {
        let mut checked = evaluator.asserted();
        let instances = evaluator.emitted.clone();
        for instance in &instances {
            evaluator.related(instance, &mut checked);
        }
        checked
    })
    .1
}

impl Evaluator<'_> {
    fn asserted(&mut self) -> Vec<Checked> {
        let program = self.program;
        let mut checked = Vec::new();
        for scope in 0..self.scopes.len() {
            let owner = self.scope(scope).path.as_ref().map(ToString::to_string).unwrap_or_default();
            for &id in &program.unit(self.unit_of(scope)).items {
                let ItemKind::Assert(node) = &program.item(id).kind else { continue };
                if self.typed.failed.contains(&id) {
                    continue;
                }
                let condition = self.expression(&node.condition, &Place::of(scope));
                checked.push(Checked {
                    owner: owner.clone(),
                    rule: one_line(program.sources.text(node.condition.span)),
                    place: Some(program.sources.place(node.condition.span)),
                    phase: condition.phase(),
                });
            }
        }
        checked
    }

    fn related(&mut self, instance: &Rc<Instance>, checked: &mut Vec<Checked>) {
        if self.typed.failed.contains(&instance.item) {
            return;
        }
        let schema = std::sync::Arc::clone(&instance.schema);
        for relation in schema.overlay.relations {
            let operands: Vec<&str> = match relation {
                Relation::Within { field, reference, .. } => vec![field, reference],
                Relation::Disjoint { field, per } | Relation::Unique { field, per } => vec![field, per],
                Relation::AtMost { lower, upper } | Relation::Below { lower, upper, .. } => vec![lower, upper],
                Relation::LivesIn { reference, .. } => vec![reference],
                Relation::NamesPart { field, .. } => vec![field],
            };
            let mut phases = Vec::new();
            for operand in &operands {
                let names = describe::names(&schema, operand);
                let Some((first, inner)) = names.split_first() else { continue };
                let (term, _) = self.collecting(|evaluator| evaluator.field(instance, first));
                // What nobody wrote has nothing to be compared.
                let Some(term) = term.filter(|term| !term.is_none()).and_then(|term| at(&term, inner)) else {
                    continue;
                };
                phases.push(self.operand_phase(&term, relation));
            }
            if phases.len() < operands.len() {
                continue;
            }
            checked.push(Checked {
                owner: instance.address.to_string(),
                rule: describe::relation(&schema, relation),
                place: None,
                phase: phases.into_iter().max().unwrap_or(Phase::Written),
            });
        }
    }

    /// Which object a reference means is known early, even if the object is made later; of the network around
    /// another one its address counts.
    fn operand_phase(&mut self, term: &Term, relation: &Relation) -> Phase {
        match (&term.kind, relation) {
            (Kind::Object(parent), Relation::Within { outer, .. }) => {
                let parent = Rc::clone(parent);
                let Some(name) = field_name(&parent.schema, outer) else { return Phase::Made };
                let span = term.origin;
                self.attribute(&parent, &name, span).phase()
            }
            _ => term.phase(),
        }
    }
}

/// What lies at a path inside of a term; of the items of a list the one that is known last.
fn at(term: &Term, path: &[EcoString]) -> Option<Term> {
    let Some((name, rest)) = path.split_first() else { return Some(term.clone()) };
    match &term.kind {
        Kind::Map(entries) => at(entries.get(name)?, rest),
        Kind::List(items) => {
            let rest = if name == "*" { rest } else { path };
            items.iter().filter_map(|item| at(item, rest)).max_by_key(Term::phase)
        }
        Kind::Unknown(_) => Some(term.clone()),
        Kind::Value(_)
        | Kind::Object(_)
        | Kind::Existing(_)
        | Kind::Component(_)
        | Kind::Target(_)
        | Kind::Unchecked(_)
        | Kind::Error => None,
    }
}

/// Conditions of several lines as one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
