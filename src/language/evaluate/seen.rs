//! Values that evaluation came by, kept for an editor.

use cairn_provider::value::{Value, render};

use super::instance::FieldState;
use super::term::{Phase, Term};
use super::{Evaluation, Evaluator, Request};
use crate::diagnostic::Report;
use crate::language::program::Program;
use crate::language::syntax::ast::ItemKind;
use crate::language::types::Type;
use crate::model::Address;
use crate::source::Span;

/// What a name or field is in one environment. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The name at the declaration, or the name of the field.
    pub span: Span,
    /// The instance or component the value belongs to; nothing at the top of the stack.
    pub address: Option<Address>,
    /// The field that Cairn itself fills in at the place of a name, such as `bucket_name`.
    pub field: Option<ecow::EcoString>,
    /// What is known of the value.
    pub value: SeenValue,
}

/// What is known of a value before anything is made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeenValue {
    /// Known: as the language writes it.
    Known(String),
    /// From a look-up, while planning.
    Read,
    /// From the cloud, when it is made.
    Made,
    /// A secret, whose value is nobody's business.
    Secret,
}

/// Evaluates a program for one environment like [`evaluate`](super::evaluate), and keeps what names and fields are.
pub fn observe(request: &Request<'_>, report: &mut Report) -> (Evaluation, Vec<Seen>) {
    let (mut evaluator, stack) = super::run(request);
    report.extend(std::mem::take(&mut evaluator.diagnostics));
    let mut seen = Vec::new();
    evaluator.fields(&mut seen);
    evaluator.names(&mut seen);
    for (address, resource) in &stack.resources {
        for (name, field) in &resource.inputs {
            // Only what nobody wrote stands at the place of the resource's own name.
            if let crate::model::Residual::Value(value @ Value::Text(_)) = &field.value
                && field.span.end == resource.origin.end
            {
                let value = SeenValue::Known(render(value));
                seen.push(Seen { span: field.span, address: Some(address.clone()), field: Some(name.clone()), value });
            }
        }
    }
    let wanted = evaluator.wanted.into_values().collect();
    let waivers = evaluator.waivers.into_values().collect();
    (Evaluation { stack, wanted, waivers }, seen)
}

impl Evaluator<'_> {
    /// The written fields of all instances.
    fn fields(&self, seen: &mut Vec<Seen>) {
        for instance in &self.emitted {
            for (name, state) in instance.fields.borrow().iter() {
                let FieldState::Done(Some(term), _) = state else { continue };
                let Some(span) = self.field_span(instance, name) else { continue };
                let sensitive = instance.schema.field(name).is_some_and(|field| field.sensitive);
                let Some(value) = value_of(term, sensitive) else { continue };
                seen.push(Seen { span, address: Some(instance.address.clone()), field: None, value });
            }
        }
    }

    /// Inputs, constants and outputs.
    fn names(&mut self, seen: &mut Vec<Seen>) {
        let program = self.program;
        let mut scope = 0;
        while scope < self.scopes.len() {
            let unit = self.unit_of(scope);
            let address = self.scope(scope).path.clone();
            for &id in &program.unit(unit).items {
                let span = match &program.item(id).kind {
                    ItemKind::Let(node) => node.name.span,
                    ItemKind::Input(node) => node.name.span,
                    ItemKind::Output(node) => node.name.span,
                    _ => continue,
                };
                // Of components only what was needed anyway.
                if unit != Program::STACK && !self.items.contains_key(&(scope, id)) {
                    continue;
                }
                let secret = self.typed.types.get(&id).is_some_and(Type::holds_secret);
                let term = self.item_value(scope, id, span);
                let Some(value) = value_of(&term, secret) else { continue };
                seen.push(Seen { span, address: address.clone(), field: None, value });
            }
            scope += 1;
        }
    }
}

fn value_of(term: &Term, secret: bool) -> Option<SeenValue> {
    if term.is_error() {
        return None;
    }
    if secret || term.is_secret() {
        return Some(SeenValue::Secret);
    }
    if let Some(value) = term.known() {
        return Some(SeenValue::Known(render(&value)));
    }
    match term.phase() {
        Phase::Written => None,
        Phase::Read => Some(SeenValue::Read),
        Phase::Made => Some(SeenValue::Made),
    }
}
