//! Types: every expression against what its place expects, once, for all environments.

mod branch;
mod call;
mod case;
mod construct;
mod declaration;
mod decorator;
mod expression;
mod fits;
mod member;
mod merge;
mod mismatch;
mod moving;
mod misspelt;
mod operator;
mod policy;
mod protected;
mod raw;
mod record;
mod state_store;
mod type_name;
mod watch;

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::schema::Unit as ApiUnit;
use ecow::EcoString;

use super::program::{ItemId, Program, UnitId};
use super::syntax::ast::ItemKind;
use super::types::Type;
use crate::diagnostic::{Diagnostic, Report};
use crate::source::Span;

pub use decorator::{DECORATORS, ignored_path, waived_until};
pub use fits::fits;
pub use member::receiver;
pub use mismatch::short;
pub use type_name::SIMPLE as SIMPLE_TYPES;
pub use watch::{Wanted, Watch, unit_of, watch, watch_program};

/// What checking found out: the types of all items, and which items are wrong.
pub struct Typed {
    /// The type of every input, constant, declaration and output, by item.
    pub types: BTreeMap<ItemId, Type>,
    /// Types of the parameters of functions, and of their results, by item.
    pub signatures: BTreeMap<ItemId, Signature>,
    /// Constants inside of functions that were given a type.
    pub inner: BTreeMap<Span, Type>,
    /// Inputs marked `known`.
    pub known: BTreeSet<ItemId>,
    /// Whether a row of names was too long to be followed; nothing is said about it again.
    pub too_deep: bool,
    /// Items with an error; their values are silent.
    pub failed: BTreeSet<ItemId>,
    /// Names that are used and declared nowhere; what else lacks them is silent.
    pub undefined: BTreeSet<EcoString>,
}

/// The types of a function.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Parameters with their types; whether they have a default.
    pub params: Vec<(EcoString, Type, bool)>,
    /// The result.
    pub result: Type,
}

/// Names of declarations that could not be read.
fn unreadable(program: &Program) -> impl Iterator<Item = EcoString> {
    let values = program.units.iter().flat_map(|unit| &unit.values);
    let broken = values.filter(|(_, binding)| matches!(program.item(binding.item).kind, ItemKind::Broken(_)));
    broken.map(|(name, _)| name.clone())
}

/// Checks a whole program.
pub fn check(program: &Program, report: &mut Report) -> Typed {
    let mut unread = BTreeSet::new();
    mark_failed(program, report, &mut unread);
    let mut checker = Checker::new(program, unread);
    for index in 0..program.units.len() {
        checker.unit(UnitId(index));
    }
    let Checker { mut typed, diagnostics, .. } = checker;
    let mut every = report.clone();
    every.extend(diagnostics.iter().cloned());
    mark_failed(program, &every, &mut typed.failed);
    let lacking: BTreeSet<EcoString> = typed.undefined.iter().cloned().chain(unreadable(program)).collect();
    let kept = merge::merged(diagnostics, report, &lacking, &program.sources);
    report.extend(kept);
    typed
}

/// An item fails if it could not be read or an error lies inside of it.
fn mark_failed(program: &Program, report: &Report, failed: &mut BTreeSet<ItemId>) {
    let mut errors: Vec<Span> = report
        .iter()
        .filter(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error)
        .filter_map(Diagnostic::span)
        .collect();
    errors.sort();
    for (document, tree) in program.documents.iter().enumerate() {
        for (item, node) in tree.items.iter().enumerate() {
            let after = errors.partition_point(|span| *span < node.span.at_start());
            let hit = errors.get(after).is_some_and(|span| node.span.contains(span.at_start()));
            if node.broken || hit {
                failed.insert(ItemId { document, item });
            }
        }
    }
}

struct Checker<'p> {
    program: &'p Program,
    /// Items with a mistake before their types were looked at: what they seem to hold is not to be relied on.
    unread: BTreeSet<ItemId>,
    /// The nearest names of those that do not exist, as far as they were looked for.
    near: BTreeMap<EcoString, Option<EcoString>>,
    typed: Typed,
    in_progress: Vec<(ItemId, Span)>,
    locals: Vec<(EcoString, Type)>,
    unit: UnitId,
    /// The resource whose fields are checked.
    declared: Option<EcoString>,
    diagnostics: Vec<Diagnostic>,
    /// Above zero, nothing is reported: the expression is looked at a second time, or is broken.
    quiet: usize,
    /// Whether only what is written counts: a field that nobody has to write may be absent.
    written: bool,
    /// Whether the condition of an action is checked: `changed` belongs there.
    in_when: bool,
    /// What is kept for an editor, if one asked.
    watch: Option<Box<Watch>>,
}

/// What the place of an expression expects.
#[derive(Clone)]
struct Want<'a> {
    ty: &'a Type,
    field: Option<FieldPlace<'a>>,
}

/// The field an expression is written for.
#[derive(Clone)]
struct FieldPlace<'a> {
    name: &'a str,
    span: Span,
    unit: Option<ApiUnit>,
    /// Whether the field belongs to a vendor's schema.
    schema: bool,
    /// Whether it must be there.
    required: bool,
    /// What kind of value it takes: "instance type".
    noun: Option<&'static str>,
    /// Whether it may hold a secret.
    sensitive: bool,
}

impl<'a> Want<'a> {
    fn of(ty: &'a Type) -> Self {
        Self { ty, field: None }
    }
}

impl<'p> Checker<'p> {
    fn new(program: &'p Program, unread: BTreeSet<ItemId>) -> Self {
        Self {
            program,
            unread,
            near: BTreeMap::new(),
            typed: Typed {
                types: BTreeMap::new(),
                signatures: BTreeMap::new(),
                inner: BTreeMap::new(),
                known: BTreeSet::new(),
                too_deep: false,
                failed: BTreeSet::new(),
                undefined: BTreeSet::new(),
            },
            in_progress: Vec::new(),
            locals: Vec::new(),
            unit: Program::STACK,
            declared: None,
            diagnostics: Vec::new(),
            quiet: 0,
            written: false,
            in_when: false,
            watch: None,
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.quiet == 0 {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Runs without reporting.
    fn quietly<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.quiet += 1;
        let result = run(self);
        self.quiet -= 1;
        result
    }

    /// Runs reporting, whoever asks: what is worked out once says once what is wrong with it.
    fn loudly<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let quiet = std::mem::take(&mut self.quiet);
        let result = run(self);
        self.quiet = quiet;
        result
    }

    fn unit(&mut self, unit: UnitId) {
        let program = self.program;
        if let Some(header) = program.unit(unit).header {
            self.quiet += usize::from(program.item(header).broken);
            self.enter(unit, |checker| checker.header(header));
            self.quiet -= usize::from(program.item(header).broken);
        }
        for &id in &program.unit(unit).items {
            self.enter(unit, |checker| checker.item(id));
        }
    }

    /// Runs inside of a unit, with its names and no local ones.
    fn enter<T>(&mut self, unit: UnitId, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer_unit = std::mem::replace(&mut self.unit, unit);
        let outer_locals = std::mem::take(&mut self.locals);
        let outer_written = std::mem::take(&mut self.written);
        let result = run(self);
        self.written = outer_written;
        self.unit = outer_unit;
        self.locals = outer_locals;
        result
    }

    /// Runs with more local names.
    fn with_locals<T>(&mut self, names: Vec<(EcoString, Type)>, run: impl FnOnce(&mut Self) -> T) -> T {
        let depth = self.locals.len();
        self.locals.extend(names);
        let result = run(self);
        self.locals.truncate(depth);
        result
    }

    fn item(&mut self, id: ItemId) {
        let item = self.program.item(id);
        let quiet = usize::from(item.broken);
        self.quiet += quiet;
        self.decorators(item);
        match &item.kind {
            ItemKind::Declaration(node) => self.declaration(id, node),
            ItemKind::Let(_) => {
                self.item_type(id, self.unit, item.span);
            }
            ItemKind::Input(node) => self.input(id, node),
            ItemKind::Output(node) => self.output(id, node),
            ItemKind::Assert(node) => self.assertion(node),
            ItemKind::Function(node) => self.function(id, node),
            ItemKind::Type(node) => {
                self.type_expression(&node.ty);
            }
            ItemKind::Forget(node) => self.forgotten(&node.path),
            ItemKind::Import(_)
            | ItemKind::Stack(_)
            | ItemKind::Component(_)
            | ItemKind::Env(_)
            | ItemKind::Broken(_) => {}
        }
        self.quiet -= quiet;
    }
}
