//! What stands at a place of an item: found by a marker that was put where the cursor is.

use crate::language::syntax::ast::{
    Arg, Entry, Expr, ExprKind, Ident, Import, ImportWhat, Item, ItemKind, Let, Member, TextPart, TypeExpr, TypeField,
    TypeKind,
};
use crate::language::syntax::walk;

/// The marker as a name.
pub const MARKER: &str = "cairn_cursor_";
/// The marker as the name of a type.
pub const TYPE_MARKER: &str = "CairnCursor_";

/// What is written at the marker.
pub enum Spot<'a> {
    /// A value.
    Value(&'a Expr),
    /// The name of a field of a record.
    Field(&'a Expr),
    /// What stands behind a dot.
    Member(&'a Member),
    /// A type; the dotted path with the marker in it.
    Type(&'a [Ident]),
    /// A name that is imported.
    Imported(&'a Import),
    /// Text in quotes; what stands in front of the marker.
    Text(&'a Expr, &'a str),
    /// The name of an argument, or a first value of a call.
    Argument(&'a Expr),
}

/// Finds the marker in an item.
pub fn find(item: &Item) -> Option<Spot<'_>> {
    if let ItemKind::Import(import) = &item.kind {
        let names = match &import.what {
            ImportWhat::Name(name) | ImportWhat::Stack(name) => std::slice::from_ref(name),
            ImportWhat::Names(names) => names.as_slice(),
        };
        if names.iter().any(|name| marked(&name.text)) {
            return Some(Spot::Imported(import));
        }
    }
    if let Some(path) = types_of(item).into_iter().find_map(marked_type) {
        return Some(Spot::Type(path));
    }
    let mut found = None;
    for expression in expressions_of(item) {
        walk::expressions(expression, &mut |expression| {
            // Inner expressions come later, and say more.
            if let Some(spot) = at(expression) {
                found = Some(spot);
            }
        });
    }
    found
}

fn at(expression: &Expr) -> Option<Spot<'_>> {
    match &expression.kind {
        ExprKind::Name(name) if marked(name) => Some(Spot::Value(expression)),
        ExprKind::Text(text) => text.parts.iter().find_map(|part| match part {
            TextPart::Known(known) => {
                known.find(MARKER).map(|at| Spot::Text(expression, known.get(..at).unwrap_or_default()))
            }
            TextPart::Value(_) => None,
        }),
        ExprKind::Record(entries) => entries.iter().find_map(|entry| match entry {
            Entry::Field(key, _) if marked(&key.text) => Some(Spot::Field(expression)),
            Entry::Short(name) if marked(&name.text) => Some(Spot::Field(expression)),
            Entry::Field(..) | Entry::Short(_) | Entry::Spread(_) => None,
        }),
        ExprKind::Construct(node) => {
            node.path.iter().any(|part| marked(&part.text)).then_some(Spot::Type(node.path.as_slice()))
        }
        ExprKind::Member(node) if marked(&node.name.text) => Some(Spot::Member(node)),
        ExprKind::Call(_, args) => {
            let named = |arg: &Arg| arg.name.as_ref().is_some_and(|name| marked(&name.text));
            args.iter().any(named).then_some(Spot::Argument(expression))
        }
        ExprKind::Number(_)
        | ExprKind::Name(_)
        | ExprKind::MapFor(_)
        | ExprKind::List(_)
        | ExprKind::ListFor(_)
        | ExprKind::If(_)
        | ExprKind::Match(_)
        | ExprKind::Unary(..)
        | ExprKind::Binary(_)
        | ExprKind::Member(_)
        | ExprKind::Index(..)
        | ExprKind::Group(_) => None,
    }
}

/// Whether a word holds the marker.
pub fn marked(word: &str) -> bool {
    word.contains(MARKER) || word.contains(TYPE_MARKER)
}

fn marked_type(ty: &TypeExpr) -> Option<&[Ident]> {
    match &ty.kind {
        TypeKind::Union(members) => members.iter().find_map(marked_type),
        TypeKind::Optional(inner) | TypeKind::Known(inner) | TypeKind::List(inner) => marked_type(inner),
        TypeKind::Text(_) | TypeKind::Range(..) => None,
        TypeKind::Record(fields) => fields.iter().find_map(|TypeField { ty, .. }| marked_type(ty)),
        TypeKind::Name(path, arguments) => {
            if path.iter().any(|part| marked(&part.text)) {
                return Some(path);
            }
            arguments.iter().find_map(marked_type)
        }
    }
}

/// The outermost expressions of an item.
pub fn expressions_of(item: &Item) -> Vec<&Expr> {
    let mut all: Vec<&Expr> =
        item.decorators.iter().flat_map(|decorator| decorator.args.iter().map(|arg| &arg.value)).collect();
    match &item.kind {
        ItemKind::Declaration(node) => {
            if let Some(each) = &node.each {
                all.push(&each.source);
                all.extend(&each.by);
                all.extend(each.guard.iter().map(|guard| &guard.condition));
            }
            all.extend(node.guard.iter().map(|guard| &guard.condition));
            all.push(&node.value);
        }
        ItemKind::Let(node) => all.push(&node.value),
        ItemKind::Input(node) => {
            all.extend(&node.default);
            for rule in &node.conditions {
                all.push(&rule.condition);
                all.extend(&rule.message);
            }
        }
        ItemKind::Output(node) => all.push(&node.value),
        ItemKind::Assert(node) => all.extend([&node.condition, &node.message]),
        ItemKind::Function(node) => {
            all.extend(node.params.iter().filter_map(|param| param.default.as_ref()));
            all.extend(node.lets.iter().map(|constant| &constant.value));
            all.push(&node.body);
        }
        ItemKind::Import(node) => all.extend(&node.from),
        ItemKind::Stack(header) | ItemKind::Env(header) => all.push(&header.fields),
        ItemKind::Forget(node) => all.push(&node.path),
        ItemKind::Type(_) | ItemKind::Component(_) | ItemKind::Broken(_) => {}
    }
    all
}

fn types_of(item: &Item) -> Vec<&TypeExpr> {
    match &item.kind {
        ItemKind::Let(node) => node.ty.iter().collect(),
        ItemKind::Input(node) => vec![&node.ty],
        ItemKind::Output(node) => node.ty.iter().collect(),
        ItemKind::Function(node) => {
            let lets = node.lets.iter().filter_map(|Let { ty, .. }| ty.as_ref());
            node.params.iter().map(|param| &param.ty).chain([&node.result]).chain(lets).collect()
        }
        ItemKind::Type(node) => vec![&node.ty],
        ItemKind::Declaration(_)
        | ItemKind::Assert(_)
        | ItemKind::Import(_)
        | ItemKind::Stack(_)
        | ItemKind::Component(_)
        | ItemKind::Env(_)
        | ItemKind::Forget(_)
        | ItemKind::Broken(_) => Vec::new(),
    }
}
