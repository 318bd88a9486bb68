//! What the checker finds out about places of one item, kept for an editor.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;

use super::{Checker, Want};
use crate::language::program::{ItemId, Program, UnitId};
use crate::language::syntax::ast::{Entry, Expr, ExprKind, Ident, ItemKind};
use crate::language::types::Type;
use crate::source::Span;

/// What was found out, by the place of an expression.
#[derive(Default)]
pub struct Watch {
    /// The types of expressions.
    pub found: BTreeMap<Span, Type>,
    /// What places expect of the expressions that stand there.
    pub wanted: BTreeMap<Span, Wanted>,
    /// The names of loops and parameters that can be used, for expressions around the place asked for.
    pub locals: BTreeMap<Span, Vec<(EcoString, Type)>>,
    /// The names of the unit with their types, and the keys of those in a loop where they can be read off the source.
    pub names: BTreeMap<EcoString, (Type, Vec<String>)>,
    place: Option<Span>,
}

/// What a place expects.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The type.
    pub ty: Type,
    /// The field or parameter it is for.
    pub field: Option<EcoString>,
}

/// Checks one item and keeps what is found out about its expressions; with a place, also the names that hold there.
pub fn watch(program: &Program, id: ItemId, place: Option<Span>) -> Watch {
    let mut checker = Checker::new(program, BTreeSet::new());
    checker.unit = unit_of(program, id);
    checker.quiet = 1;
    checker.watch = Some(Box::new(Watch { place, ..Watch::default() }));
    if place.is_some() {
        checker.notice_names();
        // Worked out anew, so that the way there is seen.
        checker.typed.types.remove(&id);
        checker.typed.signatures.remove(&id);
    }
    match &program.item(id).kind {
        ItemKind::Env(header) => checker.environment_values(&header.fields),
        ItemKind::Stack(_) => checker.header(id),
        ItemKind::Declaration(_)
        | ItemKind::Let(_)
        | ItemKind::Input(_)
        | ItemKind::Output(_)
        | ItemKind::Assert(_)
        | ItemKind::Function(_)
        | ItemKind::Type(_)
        | ItemKind::Import(_)
        | ItemKind::Component(_)
        | ItemKind::Forget(_)
        | ItemKind::Broken(_) => checker.item(id),
    }
    checker.watch.map(|watch| *watch).unwrap_or_default()
}

/// Checks a whole program again and keeps what is found out about all expressions.
pub fn watch_program(program: &Program) -> Watch {
    let mut checker = Checker::new(program, BTreeSet::new());
    checker.quiet = 1;
    checker.watch = Some(Box::default());
    for index in 0..program.units.len() {
        checker.unit(UnitId(index));
    }
    for id in program.environments.values() {
        if let ItemKind::Env(header) = &program.item(*id).kind {
            checker.environment_values(&header.fields);
        }
    }
    checker.watch.map(|watch| *watch).unwrap_or_default()
}

/// The unit an item belongs to; environment files belong to the stack.
pub fn unit_of(program: &Program, id: ItemId) -> UnitId {
    let holds = |unit: &crate::language::program::Unit| {
        unit.header.is_some_and(|header| header.document == id.document)
            || unit.items.iter().any(|item| item.document == id.document)
    };
    program.units.iter().position(holds).map_or(Program::STACK, UnitId)
}

impl Checker<'_> {
    /// Keeps what an expression is.
    pub(super) fn notice(&mut self, expression: &Expr, ty: &Type) {
        if let Some(watch) = &mut self.watch {
            watch.found.insert(expression.span, ty.clone());
        }
        self.notice_locals(expression.span);
    }

    /// Keeps what a place expects.
    pub(super) fn notice_wanted(&mut self, expression: &Expr, want: &Want<'_>) {
        let field = want.field.as_ref().map(|field| field.name.into());
        self.notice_record(expression.span, want.ty, field);
    }

    /// Keeps what a record that is no expression of its own expects: the fields of a declaration.
    pub(super) fn notice_record(&mut self, span: Span, ty: &Type, field: Option<EcoString>) {
        if let Some(watch) = &mut self.watch {
            watch.wanted.insert(span, Wanted { ty: ty.clone(), field });
        }
        self.notice_locals(span);
    }

    /// Keeps the types of all names of the unit.
    fn notice_names(&mut self) {
        let unit = self.program.unit(self.unit);
        for (name, binding) in &unit.values {
            let ty = match &self.program.item(binding.item).kind {
                ItemKind::Function(_) => self.signature(binding.item, binding.unit).result,
                _ => self.binding_type(*binding, binding.span),
            };
            let keys = self.written_keys(binding.item).unwrap_or_default();
            if let Some(watch) = &mut self.watch {
                watch.names.insert(name.clone(), (ty, keys));
            }
        }
    }

    fn notice_locals(&mut self, span: Span) {
        if let Some(watch) = &mut self.watch
            && watch.place.is_some_and(|place| span.contains(place))
            && !self.locals.is_empty()
        {
            watch.locals.insert(span, self.locals.clone());
        }
    }

    /// The values of an environment against the inputs they are for.
    fn environment_values(&mut self, fields: &Expr) {
        let ExprKind::Record(entries) = &fields.kind else { return };
        for entry in entries {
            let (name, span, value) = match entry {
                Entry::Field(key, value) => (&key.text, key.span, Some(value)),
                Entry::Short(Ident { text, span }) => (text, *span, None),
                Entry::Spread(_) => continue,
            };
            let Some(binding) = self.program.unit(Program::STACK).values.get(name).copied() else { continue };
            if !matches!(self.program.item(binding.item).kind, ItemKind::Input(_)) {
                continue;
            }
            let ty = self.item_type(binding.item, Program::STACK, span);
            if let Some(value) = value {
                self.check_value(value, &ty, name, span);
            }
        }
    }
}

impl Watch {
    /// The local names at the place asked for, innermost last.
    pub fn locals_at(&self, place: Span) -> &[(EcoString, Type)] {
        let around = self.locals.iter().filter(|(span, _)| span.contains(place));
        around.min_by_key(|(span, _)| span.len()).map_or(&[], |(_, locals)| locals)
    }
}
