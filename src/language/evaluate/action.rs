//! Actions: what their condition looks at, and what they wait for.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::value::Value;
use ecow::EcoString;

use super::term::{Kind, Phase, Term};
use super::{Evaluator, Place};
use crate::language::syntax::ast::{Arg, Decorator, Expr};
use crate::model::desired::{DesiredStack, Need, Watched};
use crate::model::{Address, Residual};
use crate::source::Span;

/// The condition of an action, with what it looks at.
pub struct Condition {
    /// True if the action is to be run.
    pub when: Residual,
    /// What `changed(…)` looks at, by how it is written.
    pub watched: BTreeMap<EcoString, Watched>,
    /// What must be there before it can be looked at.
    pub needs: Vec<Need>,
}

impl Evaluator<'_> {
    /// Evaluates `@when`. Nothing if it was reported.
    pub(super) fn condition_of(&mut self, decorator: &Decorator, place: &Place) -> Option<Condition> {
        let argument = &decorator.args.first()?.value;
        let outer = std::mem::take(&mut self.watching);
        let (term, touched) = self.collecting(|evaluator| evaluator.expression(argument, place));
        let watched = std::mem::replace(&mut self.watching, outer);
        self.made_place("Whether an action is run", argument, &term);
        if term.is_error() || term.phase() == Phase::Made {
            return None;
        }
        let mut needs: Vec<Need> = touched;
        for watched in watched.values() {
            let objects = watched.addresses.iter();
            needs.extend(objects.map(|address| Need {
                address: address.clone(),
                span: argument.span,
                order_only: true,
            }));
        }
        for need in &mut needs {
            need.order_only = true;
        }
        Some(Condition { when: term.residual()?, watched, needs })
    }

    /// `changed(x)`: known to the engine alone, which remembers what x was.
    pub(super) fn changed(&mut self, args: &[Arg], span: Span, place: &Place) -> Term {
        let Some(argument) = args.first().map(|arg| &arg.value) else { return Term::error(span) };
        let term = self.expression(argument, place);
        if term.is_error() {
            return Term::error(span);
        }
        let label = self.label(argument);
        let mut needs = Vec::new();
        self.members(&term, argument.span, &mut needs);
        let addresses: BTreeSet<Address> = needs.into_iter().map(|need| need.address).collect();
        let value = if addresses.is_empty() { found(&term).or_else(|| term.residual()) } else { None };
        self.watching.insert(label.clone(), Watched { addresses, value });
        let asked = Residual::Call(CHANGED.into(), vec![Residual::Value(Value::Text(label))]);
        Term::unknown(asked, Phase::Read, false, span)
    }

    /// How something is written, on one line.
    fn label(&self, expression: &Expr) -> EcoString {
        let written = self.program.sources.text(expression.span);
        written.split_whitespace().collect::<Vec<_>>().join(" ").into()
    }
}

/// The function that only the engine can answer.
pub const CHANGED: &str = "changed";

/// What a look-up found, as a whole.
fn found(term: &Term) -> Option<Residual> {
    match &term.kind {
        Kind::Object(instance) if instance.lookup => {
            let found = instance.found.borrow();
            Some(Residual::Value(found.as_ref().map_or(Value::None, |found| Value::from(found.clone()))))
        }
        Kind::Map(entries) => {
            let parts: Option<BTreeMap<EcoString, Residual>> =
                entries.iter().map(|(name, entry)| Some((name.clone(), found(entry)?))).collect();
            parts.map(Residual::Map)
        }
        _ => None,
    }
}

/// What comes after an action comes after everything the action comes after: in an apply in which the action is not
/// run, and when things are destroyed, only that is left of the order.
pub fn reach_through(stack: &mut DesiredStack) {
    let behind: BTreeMap<Address, Vec<Need>> =
        stack.actions.iter().map(|(address, action)| (address.clone(), action.call.needs.clone())).collect();
    if behind.is_empty() {
        return;
    }
    let nodes = stack.resources.values_mut().chain(stack.actions.values_mut().map(|action| &mut action.call));
    for node in nodes {
        let mut seen: BTreeSet<Address> = node.needs.iter().map(|need| need.address.clone()).collect();
        let mut pending: Vec<(Address, Span)> = node
            .needs
            .iter()
            .filter(|need| behind.contains_key(&need.address))
            .map(|need| (need.address.clone(), need.span))
            .collect();
        while let Some((action, span)) = pending.pop() {
            for need in behind.get(&action).into_iter().flatten() {
                // A circle through the action is found, and shown, on its own way.
                if need.address == node.address || !seen.insert(need.address.clone()) {
                    continue;
                }
                node.needs.push(Need { address: need.address.clone(), span, order_only: true });
                pending.push((need.address.clone(), span));
            }
        }
    }
}
