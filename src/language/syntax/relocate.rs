//! Moves an item to another place: what was parsed once is not parsed again because a line was written above it.

use super::ast::{
    Arg, Arm, Assert, Binary, BrokenItem, Construct, Declaration, Decorator, Each, Element, Entry, Expr, ExprKind,
    Forget, Function, Guard, Header, Ident, If, Import, ImportWhat, Input, Item, ItemKind, Key, Let, ListFor, MapFor,
    Match, Member, Output, Param, Pattern, TextLiteral, TextPart, TypeExpr, TypeField, TypeItem, TypeKind, Where,
};
use crate::source::{SourceId, Span};

/// Moves an item, so that it starts at `start` of a text.
pub fn item(item: &mut Item, source: SourceId, start: u32) {
    Mover { source, from: item.span.start, to: start }.item(item);
}

struct Mover {
    source: SourceId,
    from: u32,
    to: u32,
}

impl Mover {
    fn span(&self, span: &mut Span) {
        let moved = |at: u32| at.saturating_sub(self.from).saturating_add(self.to);
        *span = Span { source: self.source, start: moved(span.start), end: moved(span.end) };
    }

    fn ident(&self, ident: &mut Ident) {
        let Ident { text: _, span } = ident;
        self.span(span);
    }

    fn key(&self, key: &mut Key) {
        let Key { text: _, span } = key;
        self.span(span);
    }

    fn item(&self, item: &mut Item) {
        let Item { span, docs: _, decorators, kind, broken: _ } = item;
        self.span(span);
        for Decorator { span, name, args } in decorators {
            self.span(span);
            self.ident(name);
            self.args(args);
        }
        match kind {
            ItemKind::Declaration(node) => self.declaration(node),
            ItemKind::Let(node) => self.constant(node),
            ItemKind::Input(Input { name, ty, default, conditions }) => {
                self.ident(name);
                self.ty(ty);
                self.optional(default.as_mut());
                for Where { condition, message } in conditions {
                    self.expr(condition);
                    self.optional(message.as_mut());
                }
            }
            ItemKind::Output(Output { name, ty, value }) => {
                self.ident(name);
                ty.iter_mut().for_each(|ty| self.ty(ty));
                self.expr(value);
            }
            ItemKind::Assert(Assert { condition, message }) => {
                self.expr(condition);
                self.expr(message);
            }
            ItemKind::Function(Function { name, params, result, lets, body }) => {
                self.ident(name);
                for Param { name, ty, default } in params {
                    self.ident(name);
                    self.ty(ty);
                    self.optional(default.as_mut());
                }
                self.ty(result);
                lets.iter_mut().for_each(|constant| self.constant(constant));
                self.expr(body);
            }
            ItemKind::Type(TypeItem { name, ty }) => {
                self.ident(name);
                self.ty(ty);
            }
            ItemKind::Import(Import { what, from }) => {
                match what {
                    ImportWhat::Name(name) | ImportWhat::Stack(name) => self.ident(name),
                    ImportWhat::Names(names) => names.iter_mut().for_each(|name| self.ident(name)),
                }
                self.optional(from.as_mut());
            }
            ItemKind::Stack(node) | ItemKind::Env(node) => {
                let Header { name, fields } = node;
                self.ident(name);
                self.expr(fields);
            }
            ItemKind::Component(name) => self.ident(name),
            ItemKind::Forget(Forget { path }) => self.expr(path),
            ItemKind::Broken(BrokenItem { keyword: _, name, looped: _ }) => {
                name.iter_mut().for_each(|name| self.ident(name));
            }
        }
    }

    fn declaration(&self, node: &mut Declaration) {
        let Declaration { keyword: _, head, name, each, guard, value } = node;
        self.span(head);
        self.ident(name);
        each.iter_mut().for_each(|each| self.each(each));
        guard.iter_mut().for_each(|guard| self.guard(guard));
        self.expr(value);
    }

    fn constant(&self, node: &mut Let) {
        let Let { name, ty, value } = node;
        self.ident(name);
        ty.iter_mut().for_each(|ty| self.ty(ty));
        self.expr(value);
    }

    fn guard(&self, guard: &mut Guard) {
        let Guard { span, condition } = guard;
        self.span(span);
        self.expr(condition);
    }

    fn each(&self, each: &mut Each) {
        let Each { span, first, second, source, by, guard } = each;
        self.span(span);
        self.ident(first);
        second.iter_mut().for_each(|name| self.ident(name));
        self.expr(source);
        self.optional(by.as_mut());
        guard.iter_mut().for_each(|guard| self.guard(guard));
    }

    fn args(&self, args: &mut [Arg]) {
        for Arg { name, value } in args {
            name.iter_mut().for_each(|name| self.ident(name));
            self.expr(value);
        }
    }

    fn optional(&self, expression: Option<&mut Expr>) {
        if let Some(expression) = expression {
            self.expr(expression);
        }
    }

    fn ty(&self, ty: &mut TypeExpr) {
        let TypeExpr { span, kind } = ty;
        self.span(span);
        match kind {
            TypeKind::Union(members) => members.iter_mut().for_each(|member| self.ty(member)),
            TypeKind::Optional(inner) | TypeKind::Known(inner) | TypeKind::List(inner) => self.ty(inner),
            TypeKind::Text(_) | TypeKind::Range(..) => {}
            TypeKind::Record(fields) => {
                for TypeField { name, ty, default } in fields {
                    self.key(name);
                    self.ty(ty);
                    if let Some(default) = default {
                        self.expr(std::sync::Arc::make_mut(default));
                    }
                }
            }
            TypeKind::Name(path, arguments) => {
                path.iter_mut().for_each(|name| self.ident(name));
                arguments.iter_mut().for_each(|argument| self.ty(argument));
            }
        }
    }

    fn expr(&self, expression: &mut Expr) {
        let Expr { span, kind } = expression;
        self.span(span);
        match kind {
            ExprKind::Number(_) | ExprKind::Name(_) => {}
            ExprKind::Text(TextLiteral { parts }) => {
                for part in parts {
                    match part {
                        TextPart::Known(_) => {}
                        TextPart::Value(value) => self.expr(value),
                    }
                }
            }
            ExprKind::Record(entries) => {
                for entry in entries {
                    match entry {
                        Entry::Field(key, value) => {
                            self.key(key);
                            self.expr(value);
                        }
                        Entry::Short(name) => self.ident(name),
                        Entry::Spread(value) => self.expr(value),
                    }
                }
            }
            ExprKind::MapFor(node) => {
                let MapFor { each, key, value } = node.as_mut();
                self.each(each);
                self.expr(key);
                self.expr(value);
            }
            ExprKind::List(elements) => {
                for element in elements {
                    match element {
                        Element::Value(value) | Element::Spread(value) => self.expr(value),
                    }
                }
            }
            ExprKind::ListFor(node) => {
                let ListFor { each, value } = node.as_mut();
                self.each(each);
                self.expr(value);
            }
            ExprKind::Construct(node) => {
                let Construct { path, fields } = node.as_mut();
                path.iter_mut().for_each(|name| self.ident(name));
                self.optional(fields.as_mut());
            }
            ExprKind::If(node) => {
                let If { condition, yes, no } = node.as_mut();
                self.expr(condition);
                self.expr(yes);
                self.optional(no.as_mut());
            }
            ExprKind::Match(node) => self.matching(node),
            ExprKind::Unary(_, inner) | ExprKind::Group(inner) => self.expr(inner),
            ExprKind::Binary(node) => {
                let Binary { operator: _, operator_span, left, right } = node.as_mut();
                self.span(operator_span);
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Member(node) => {
                let Member { base, name, optional: _ } = node.as_mut();
                self.expr(base);
                self.ident(name);
            }
            ExprKind::Index(base, key) => {
                self.expr(base);
                self.expr(key);
            }
            ExprKind::Call(callee, args) => {
                self.expr(callee);
                self.args(args);
            }
        }
    }

    fn matching(&self, node: &mut Match) {
        let Match { head, value, arms } = node;
        self.span(head);
        self.expr(value);
        for Arm { patterns, value } in arms {
            for Pattern { span, kind: _ } in patterns {
                self.span(span);
            }
            self.expr(value);
        }
    }
}
