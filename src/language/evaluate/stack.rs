//! Outputs of other stacks: read while planning, from what those stacks recorded.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use cairn_provider::schema::TypeSchema;
use cairn_provider::value::Map;
use ecow::EcoString;

use super::instance::Instance;
use super::term::{Kind, Phase, Term};
use super::{Evaluator, Scope};
use crate::diagnostic::Diagnostic;
use crate::language::program::{ItemId, Program, UnitId, UnitKind};
use crate::language::types::Type;
use crate::model::desired::{Shared, UsedStack};
use crate::model::{Address, Residual};
use crate::source::Span;

impl Evaluator<'_> {
    /// The scope that stands for another stack; nothing of it is ever made here.
    pub(super) fn stack_scope(&mut self, name: &EcoString, unit: UnitId) -> usize {
        if let Some(known) = self.stack_scopes.get(name) {
            return *known;
        }
        self.scopes.push(Scope {
            unit,
            outer: None,
            path: Some(Address::top(name)),
            inputs: BTreeMap::new(),
            input_needs: BTreeMap::new(),
            inherited: Rc::default(),
        });
        self.stack_scopes.insert(name.clone(), self.scopes.len() - 1);
        self.scopes.len() - 1
    }

    /// Whether a scope stands for another stack.
    pub(super) fn is_imported(&self, scope: usize) -> bool {
        let unit = self.unit_of(scope);
        unit != Program::STACK && self.program.unit(unit).kind == UnitKind::Stack
    }

    /// An output of another stack.
    pub(super) fn stack_output(&mut self, scope: usize, name: &EcoString, span: Span) -> Term {
        let program = self.program;
        let unit = self.unit_of(scope);
        let import = self.scope(scope).path.as_ref().map_or_else(EcoString::new, |path| EcoString::from(path.as_str()));
        let Some(item) = program.unit(unit).outputs.get(name).copied() else { return Term::error(span) };
        let Some(environment) = self.environment_in(&import, unit) else { return Term::error(span) };
        let directory = program.unit(Program::STACK).stacks.get(&import).map(|import| import.directory.clone());
        let directory = directory.unwrap_or_default();
        let used = self.imports.entry(import.clone()).or_insert_with(|| UsedStack {
            directory: directory.clone(),
            stack: program.unit(unit).name.clone(),
            environment: environment.clone(),
            ..UsedStack::default()
        });
        used.outputs.insert(name.clone());
        let ty = self.typed.types.get(&item).cloned().unwrap_or(Type::Error);
        if matches!(ty, Type::Error) || self.typed.failed.contains(&item) {
            return Term::error(span);
        }
        if ty.holds_secret() {
            return self.secret_of_stack(&import, name, span);
        }
        let Some(recorded) = self.answers.and_then(|answers| answers.stacks.get(&import)) else {
            return not_read_yet((scope, item), &import, name, &ty, span);
        };
        match recorded.get(name) {
            Some(Shared::Secret) => self.secret_of_stack(&import, name, span),
            Some(shared) => {
                let address = Address::top(&import).member(name);
                let term = self.recorded_term(&shared.clone(), (scope, item), &address, span);
                self.coerced(scope, term, &ty)
            }
            None => {
                let env = if environment.is_empty() { String::new() } else { format!(" --env {environment}") };
                self.report(
                    Diagnostic::error(
                        "imports::state",
                        format!("`{import}` has recorded no output `{name}`"),
                        span,
                        "declared there, and not applied yet",
                    )
                    .help(format!("cairn apply {directory}{env}        applies that stack first")),
                );
                Term::error(span)
            }
        }
    }

    /// The environment in which another stack is read: the one of the same name, or the only one of a stack without any.
    fn environment_in(&mut self, import: &EcoString, unit: UnitId) -> Option<EcoString> {
        let Some((names, _)) = self.program.environments_of(unit) else { return Some(EcoString::new()) };
        let own = self.environment.clone().unwrap_or_default();
        if names.contains(&own) {
            return Some(own);
        }
        let other = &self.program.unit(unit).name;
        let span = self.program.unit(Program::STACK).stacks.get(import).map(|import| import.span)?;
        let names = names.join(", ");
        let (message, help) = if own.is_empty() {
            (
                format!("`{other}` has environments, and this stack has none"),
                format!("its environments: {names}; give this stack environments of the same names"),
            )
        } else {
            (
                format!("`{other}` has no environment {own}"),
                format!("its environments: {names}; outputs are read from the environment of the same name"),
            )
        };
        self.report(Diagnostic::error("imports::environment", message, span, "its outputs are used here").help(help));
        None
    }

    fn secret_of_stack(&mut self, import: &EcoString, name: &EcoString, span: Span) -> Term {
        self.report(
            Diagnostic::error(
                "imports::secret",
                format!("`{import}.{name}` is a secret, and a state holds no secrets"),
                span,
                "it cannot be read from there",
            )
            .help(
                "hand on where the secret is kept, and let who needs it read it there:\n\
                 output login_secret = db_login.id",
            ),
        );
        Term::error(span)
    }

    fn recorded_term(&self, shared: &Shared, at: (usize, ItemId), address: &Address, span: Span) -> Term {
        match shared {
            Shared::Value(value) => Term::value(value.clone(), span),
            Shared::Secret => Term::error(span),
            Shared::Resource { kind, attributes } => match self.program.catalogue.get(kind).cloned() {
                Some(schema) => object(at, address.clone(), schema, Some(attributes.clone()), span),
                None => Term::error(span),
            },
            Shared::List(items) => {
                let terms: Vec<Term> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| self.recorded_term(item, at, &address.instance(&index.to_string()), span))
                    .collect();
                Term { origin: span, kind: Kind::List(Rc::new(terms)) }
            }
            Shared::Map(entries) => {
                let terms = entries
                    .iter()
                    .map(|(key, item)| (key.clone(), self.recorded_term(item, at, &address.instance(key), span)))
                    .collect();
                Term::map(terms, span)
            }
        }
    }
}

/// What stands for an output before anything was read: an object of a known type, or something unknown.
fn not_read_yet(at: (usize, ItemId), import: &EcoString, name: &EcoString, ty: &Type, span: Span) -> Term {
    match ty {
        Type::Resource(schema) => object(at, Address::top(import).member(name), Arc::clone(schema), None, span),
        _ => Term::unknown(Residual::Call("unknown".into(), Vec::new()), Phase::Read, false, span),
    }
}

/// An object of another stack, which is looked up and never made.
fn object(
    (scope, item): (usize, ItemId),
    address: Address,
    schema: Arc<TypeSchema>,
    found: Option<Map>,
    span: Span,
) -> Term {
    let instance = Instance {
        address,
        item,
        scope,
        schema,
        lookup: true,
        locals: Vec::new(),
        fields: RefCell::default(),
        placement: RefCell::default(),
        found: RefCell::new(found),
        given: RefCell::default(),
        inherited: Rc::default(),
    };
    Term { origin: span, kind: Kind::Object(Rc::new(instance)) }
}
