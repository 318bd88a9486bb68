//! Every word of a program that stands for something: what kind of thing, and which one.

use ecow::EcoString;

use crate::builtins::{self, On};
use crate::language::check::{Watch, unit_of};
use crate::language::program::{ItemId, Program, TypeBinding, UnitId};
use crate::language::syntax::ast::{
    Arg, Construct, Decorator, Each, Element, Entry, Expr, ExprKind, Ident, Import, ImportWhat, Item, ItemKind, Key,
    Keyword, Let, TextPart, TypeExpr, TypeKind,
};
use crate::language::types::Type;
use crate::source::Span;

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where it stands.
    pub span: Span,
    /// What kind of thing it names.
    pub kind: MarkKind,
    /// Which thing, if it is one of the program.
    pub target: Option<Target>,
    /// Whether the thing is declared here.
    pub declares: bool,
    /// As what it stands in the short form of a field, `{ vpc }`, whose one word is name and value.
    pub short: Option<Short>,
}

/// What a word is in the short form of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Short {
    /// The name of the field.
    Key,
    /// Its value.
    Value,
}

/// What a word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// A resource.
    Resource,
    /// A look-up.
    Lookup,
    /// Something to run.
    Action,
    /// A region of an account.
    Provider,
    /// A rule or a test.
    Rule,
    /// An input.
    Input,
    /// A constant.
    Constant,
    /// An output.
    Output,
    /// A function.
    Function,
    /// A type of the program.
    Type,
    /// A component.
    Component,
    /// A type of a cloud.
    CatalogueType,
    /// A catalogue.
    Catalogue,
    /// A variable of a loop, a parameter, a constant of a function.
    Local,
    /// The name of a field.
    Field,
    /// What stands behind a dot.
    Member,
    /// The name of an argument.
    Argument,
    /// A decorator.
    Decorator,
    /// What is built in: `env`, `true`, `merge`.
    BuiltIn,
    /// A stack or an environment.
    Header,
    /// The path of an import.
    Path,
}

/// Which thing of a program a word stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// An item.
    Item(ItemId),
    /// A component or library.
    Unit(UnitId),
    /// A local name, by the place of its declaration.
    Local(Span),
}

/// Decorators whose arguments are expressions of the stack; others name fields, times or addresses.
const WITH_VALUES: [&str; 7] = ["adopt", "after", "before", "on", "protect", "replace", "when"];

/// Values that the language itself has.
pub const BUILT_IN_NAMES: [&str; 7] = ["env", "true", "false", "none", "tcp", "udp", "icmp"];

/// The words of one document, or of all. With a watch, members of components are found too.
pub fn marks(program: &Program, document: Option<usize>, watch: Option<&Watch>) -> Vec<Mark> {
    let mut all = Vec::new();
    for (index, tree) in program.documents.iter().enumerate() {
        if document.is_some_and(|wanted| wanted != index) {
            continue;
        }
        for (item, node) in tree.items.iter().enumerate() {
            let id = ItemId { document: index, item };
            let unit = unit_of(program, id);
            let mut marker = Marker { program, watch, unit, locals: Vec::new(), marks: Vec::new() };
            marker.item(id, node);
            all.append(&mut marker.marks);
        }
    }
    all.sort_by_key(|mark| (mark.span, mark.kind));
    all
}

/// The kind of thing an item is.
pub fn kind_of(kind: &ItemKind) -> MarkKind {
    match kind {
        ItemKind::Declaration(node) => match node.keyword {
            Keyword::Resource => MarkKind::Resource,
            Keyword::Lookup => MarkKind::Lookup,
            Keyword::Action => MarkKind::Action,
            Keyword::Provider => MarkKind::Provider,
            Keyword::Policy | Keyword::Test => MarkKind::Rule,
        },
        ItemKind::Let(_) => MarkKind::Constant,
        ItemKind::Input(_) => MarkKind::Input,
        ItemKind::Output(_) => MarkKind::Output,
        ItemKind::Function(_) => MarkKind::Function,
        ItemKind::Type(_) => MarkKind::Type,
        ItemKind::Component(_) => MarkKind::Component,
        ItemKind::Stack(_) | ItemKind::Env(_) => MarkKind::Header,
        ItemKind::Assert(_) | ItemKind::Import(_) | ItemKind::Forget(_) => MarkKind::BuiltIn,
        ItemKind::Broken(node) => match node.keyword.as_deref() {
            Some("let") => MarkKind::Constant,
            Some("input") => MarkKind::Input,
            Some("output") => MarkKind::Output,
            Some("fn") => MarkKind::Function,
            Some("type") => MarkKind::Type,
            Some("component") => MarkKind::Component,
            Some("lookup") => MarkKind::Lookup,
            Some("provider") => MarkKind::Provider,
            Some("action") => MarkKind::Action,
            Some("policy" | "test") => MarkKind::Rule,
            Some("stack" | "env") => MarkKind::Header,
            Some(_) | None => MarkKind::Resource,
        },
    }
}

/// The name at an item's declaration.
pub fn name_of(kind: &ItemKind) -> Option<&Ident> {
    match kind {
        ItemKind::Declaration(node) => Some(&node.name),
        ItemKind::Let(node) => Some(&node.name),
        ItemKind::Input(node) => Some(&node.name),
        ItemKind::Output(node) => Some(&node.name),
        ItemKind::Function(node) => Some(&node.name),
        ItemKind::Type(node) => Some(&node.name),
        ItemKind::Component(name) => Some(name),
        ItemKind::Stack(header) | ItemKind::Env(header) => Some(&header.name),
        ItemKind::Broken(node) => node.name.as_ref(),
        ItemKind::Assert(_) | ItemKind::Import(_) | ItemKind::Forget(_) => None,
    }
}

struct Marker<'p> {
    program: &'p Program,
    watch: Option<&'p Watch>,
    unit: UnitId,
    locals: Vec<(EcoString, Span)>,
    marks: Vec<Mark>,
}

impl Marker<'_> {
    fn mark(&mut self, span: Span, kind: MarkKind, target: Option<Target>) {
        self.marks.push(Mark { span, kind, target, declares: false, short: None });
    }

    fn item(&mut self, id: ItemId, item: &Item) {
        // The variables of a loop hold in the decorators above it.
        let each = match &item.kind {
            ItemKind::Declaration(node) => node.each.as_deref(),
            _ => None,
        };
        let depth = self.locals.len();
        self.locals.extend(each.into_iter().flat_map(names_of));
        item.decorators.iter().for_each(|decorator| self.decorator(decorator));
        self.locals.truncate(depth);
        if let Some(name) = name_of(&item.kind) {
            let target = match &item.kind {
                ItemKind::Component(_) => Target::Unit(self.unit),
                _ => Target::Item(id),
            };
            let kind = kind_of(&item.kind);
            self.marks.push(Mark { span: name.span, kind, target: Some(target), declares: true, short: None });
        }
        match &item.kind {
            ItemKind::Declaration(node) => {
                if let Some(guard) = &node.guard {
                    self.expr(&guard.condition);
                }
                match &node.each {
                    Some(each) => self.each(each, |marker| marker.expr(&node.value)),
                    None => self.expr(&node.value),
                }
            }
            ItemKind::Let(node) => self.constant(node),
            ItemKind::Input(node) => {
                self.ty(&node.ty);
                node.default.iter().for_each(|default| self.expr(default));
                for rule in &node.conditions {
                    self.expr(&rule.condition);
                    rule.message.iter().for_each(|message| self.expr(message));
                }
            }
            ItemKind::Output(node) => {
                node.ty.iter().for_each(|ty| self.ty(ty));
                self.expr(&node.value);
            }
            ItemKind::Assert(node) => {
                self.expr(&node.condition);
                self.expr(&node.message);
            }
            ItemKind::Function(node) => {
                for param in &node.params {
                    self.ty(&param.ty);
                    param.default.iter().for_each(|default| self.expr(default));
                }
                self.ty(&node.result);
                for param in &node.params {
                    self.declare(&param.name);
                }
                for constant in &node.lets {
                    self.constant(constant);
                    self.declare(&constant.name);
                }
                self.expr(&node.body);
            }
            ItemKind::Type(node) => self.ty(&node.ty),
            ItemKind::Import(node) => self.import(node),
            ItemKind::Stack(header) => self.expr(&header.fields),
            ItemKind::Env(header) => self.environment(&header.fields),
            ItemKind::Forget(_) | ItemKind::Component(_) | ItemKind::Broken(_) => {}
        }
    }

    /// A local name from here on.
    fn declare(&mut self, name: &Ident) {
        let target = Some(Target::Local(name.span));
        self.marks.push(Mark { span: name.span, kind: MarkKind::Local, target, declares: true, short: None });
        self.locals.push((name.text.clone(), name.span));
    }

    fn constant(&mut self, node: &Let) {
        node.ty.iter().for_each(|ty| self.ty(ty));
        self.expr(&node.value);
    }

    fn decorator(&mut self, decorator: &Decorator) {
        self.mark(decorator.name.span, MarkKind::Decorator, None);
        if WITH_VALUES.contains(&decorator.name.text.as_str()) {
            self.args(&decorator.args);
        }
    }

    fn import(&mut self, node: &Import) {
        if let Some(from) = &node.from {
            let target = self.imported_unit(&node.what).map(Target::Unit);
            self.mark(from.span, MarkKind::Path, target);
        }
        let names = match &node.what {
            ImportWhat::Name(name) if node.from.is_none() => {
                self.mark(name.span, MarkKind::Catalogue, None);
                return;
            }
            ImportWhat::Name(name) | ImportWhat::Stack(name) => std::slice::from_ref(name),
            ImportWhat::Names(names) => names.as_slice(),
        };
        for name in names {
            if self.program.unit(self.unit).types.contains_key(&name.text) {
                self.type_name(name);
            } else {
                self.value_name(&name.text, name.span, None);
            }
        }
    }

    /// The unit whose names an import brings.
    fn imported_unit(&self, what: &ImportWhat) -> Option<UnitId> {
        let unit = self.program.unit(self.unit);
        let of = |name: &Ident| match (unit.types.get(&name.text), unit.values.get(&name.text)) {
            (Some(TypeBinding::Component(found)), _) => Some(*found),
            (Some(TypeBinding::Alias(binding)), _) | (_, Some(binding)) => Some(binding.unit),
            (Some(TypeBinding::Broken), None) | (None, None) => None,
        };
        match what {
            ImportWhat::Name(name) | ImportWhat::Stack(name) => of(name),
            ImportWhat::Names(names) => names.iter().find_map(of),
        }
    }

    /// The fields of an environment are inputs of the stack.
    fn environment(&mut self, fields: &Expr) {
        let ExprKind::Record(entries) = &fields.kind else { return };
        for entry in entries {
            match entry {
                Entry::Field(key, value) => {
                    self.input_key(Program::STACK, &key.text, key.span);
                    self.expr(value);
                }
                Entry::Short(name) => self.input_key(Program::STACK, &name.text, name.span),
                Entry::Spread(value) => self.expr(value),
            }
        }
    }

    fn input_key(&mut self, unit: UnitId, name: &EcoString, span: Span) {
        let binding = self.program.unit(unit).values.get(name);
        let input = binding.filter(|binding| matches!(self.program.item(binding.item).kind, ItemKind::Input(_)));
        match input {
            Some(binding) => self.mark(span, MarkKind::Input, Some(Target::Item(binding.item))),
            None => self.mark(span, MarkKind::Field, None),
        }
    }

    fn each(&mut self, each: &Each, run: impl FnOnce(&mut Self)) {
        self.expr(&each.source);
        let depth = self.locals.len();
        self.declare(&each.first);
        if let Some(second) = &each.second {
            self.declare(second);
        }
        each.by.iter().for_each(|by| self.expr(by));
        each.guard.iter().for_each(|guard| self.expr(&guard.condition));
        run(self);
        self.locals.truncate(depth);
    }

    fn value_name(&mut self, name: &EcoString, span: Span, short: Option<Short>) {
        let local = self.locals.iter().rev().find(|(local, _)| local == name).map(|(_, at)| *at);
        let (kind, target) = match (local, self.program.unit(self.unit).values.get(name)) {
            (Some(at), _) => (MarkKind::Local, Some(Target::Local(at))),
            (None, Some(binding)) => (kind_of(&self.program.item(binding.item).kind), Some(Target::Item(binding.item))),
            (None, None) if BUILT_IN_NAMES.contains(&name.as_str()) => (MarkKind::BuiltIn, None),
            (None, None) => return,
        };
        self.marks.push(Mark { span, kind, target, declares: false, short });
    }

    fn type_name(&mut self, name: &Ident) {
        match self.program.unit(self.unit).types.get(&name.text) {
            Some(TypeBinding::Alias(binding)) => {
                self.mark(name.span, MarkKind::Type, Some(Target::Item(binding.item)));
            }
            Some(TypeBinding::Component(unit)) => {
                self.mark(name.span, MarkKind::Component, Some(Target::Unit(*unit)));
            }
            Some(TypeBinding::Broken) | None => self.mark(name.span, MarkKind::Type, None),
        }
    }

    fn path(&mut self, path: &[Ident]) {
        match path {
            [] => {}
            [name] => self.type_name(name),
            [first, .., last] => {
                self.mark(first.span.to(last.span), MarkKind::CatalogueType, None);
            }
        }
    }

    fn ty(&mut self, ty: &TypeExpr) {
        match &ty.kind {
            TypeKind::Union(members) => members.iter().for_each(|member| self.ty(member)),
            TypeKind::Optional(inner) | TypeKind::Known(inner) | TypeKind::List(inner) => self.ty(inner),
            TypeKind::Text(_) | TypeKind::Range(..) => {}
            TypeKind::Record(fields) => {
                for field in fields {
                    self.mark(field.name.span, MarkKind::Field, None);
                    self.ty(&field.ty);
                    field.default.iter().for_each(|default| self.expr(default));
                }
            }
            TypeKind::Name(path, arguments) => {
                self.path(path);
                arguments.iter().for_each(|argument| self.ty(argument));
            }
        }
    }

    fn args(&mut self, args: &[Arg]) {
        for arg in args {
            if let Some(name) = &arg.name {
                self.mark(name.span, MarkKind::Argument, None);
            }
            self.expr(&arg.value);
        }
    }

    /// The fields of something that is constructed; a component's are its inputs.
    fn construct(&mut self, node: &Construct) {
        self.path(&node.path);
        let Some(fields) = &node.fields else { return };
        let component = match node.path.as_slice() {
            [name] => match self.program.unit(self.unit).types.get(&name.text) {
                Some(TypeBinding::Component(unit)) => Some(*unit),
                Some(TypeBinding::Alias(_) | TypeBinding::Broken) | None => None,
            },
            _ => None,
        };
        match (component, &fields.kind) {
            (Some(unit), ExprKind::Record(entries)) => {
                for entry in entries {
                    match entry {
                        Entry::Field(key, value) => {
                            self.input_key(unit, &key.text, key.span);
                            self.expr(value);
                        }
                        Entry::Short(name) => {
                            self.input_key(unit, &name.text, name.span);
                            if let Some(mark) = self.marks.last_mut() {
                                mark.short = Some(Short::Key);
                            }
                            self.value_name(&name.text, name.span, Some(Short::Value));
                        }
                        Entry::Spread(value) => self.expr(value),
                    }
                }
            }
            _ => self.expr(fields),
        }
    }

    fn expr(&mut self, expression: &Expr) {
        match &expression.kind {
            ExprKind::Number(_) => {}
            ExprKind::Text(text) => {
                for part in &text.parts {
                    match part {
                        TextPart::Known(_) => {}
                        TextPart::Value(value) => self.expr(value),
                    }
                }
            }
            ExprKind::Name(name) => self.value_name(name, expression.span, None),
            ExprKind::Record(entries) => {
                for entry in entries {
                    match entry {
                        Entry::Field(Key { span, .. }, value) => {
                            self.mark(*span, MarkKind::Field, None);
                            self.expr(value);
                        }
                        Entry::Short(name) => self.value_name(&name.text, name.span, Some(Short::Value)),
                        Entry::Spread(value) => self.expr(value),
                    }
                }
            }
            ExprKind::MapFor(node) => self.each(&node.each, |marker| {
                marker.expr(&node.key);
                marker.expr(&node.value);
            }),
            ExprKind::List(elements) => {
                for element in elements {
                    match element {
                        Element::Value(value) | Element::Spread(value) => self.expr(value),
                    }
                }
            }
            ExprKind::ListFor(node) => self.each(&node.each, |marker| marker.expr(&node.value)),
            ExprKind::Construct(node) => self.construct(node),
            ExprKind::If(node) => {
                self.expr(&node.condition);
                self.expr(&node.yes);
                node.no.iter().for_each(|no| self.expr(no));
            }
            ExprKind::Match(node) => {
                self.expr(&node.value);
                node.arms.iter().for_each(|arm| self.expr(&arm.value));
            }
            ExprKind::Unary(_, inner) | ExprKind::Group(inner) => self.expr(inner),
            ExprKind::Binary(node) => {
                self.expr(&node.left);
                self.expr(&node.right);
            }
            ExprKind::Member(node) => {
                self.expr(&node.base);
                let target = self.output_of(&node.base, &node.name);
                let kind = if target.is_some() { MarkKind::Output } else { MarkKind::Member };
                self.mark(node.name.span, kind, target);
            }
            ExprKind::Index(base, key) => {
                self.expr(base);
                self.expr(key);
            }
            ExprKind::Call(callee, args) => {
                self.callee(callee);
                self.args(args);
            }
        }
    }

    fn callee(&mut self, callee: &Expr) {
        match &callee.kind {
            ExprKind::Name(name) if builtins::find(On::Nothing, name).is_some() => {
                if self.program.unit(self.unit).values.contains_key(name) {
                    self.value_name(name, callee.span, None);
                } else {
                    self.mark(callee.span, MarkKind::BuiltIn, None);
                }
            }
            _ => self.expr(callee),
        }
    }

    /// The output that a member of a component's instance is.
    fn output_of(&self, base: &Expr, name: &Ident) -> Option<Target> {
        let Type::Component(unit) = self.watch?.found.get(&base.span)?.bare() else { return None };
        self.program.unit(*unit).outputs.get(&name.text).map(|item| Target::Item(*item))
    }
}

fn names_of(each: &Each) -> Vec<(EcoString, Span)> {
    let names = std::iter::once(&each.first).chain(&each.second);
    names.map(|name| (name.text.clone(), name.span)).collect()
}
