//! Visits every expression below one.

use super::ast::{Each, Element, Entry, Expr, ExprKind, TextPart};

/// Calls `visit` with the expression and everything inside, outer before inner.
pub fn expressions<'e>(expression: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    visit(expression);
    match &expression.kind {
        ExprKind::Number(_) | ExprKind::Name(_) => {}
        ExprKind::Text(text) => {
            for part in &text.parts {
                if let TextPart::Value(value) = part {
                    expressions(value, visit);
                }
            }
        }
        ExprKind::Record(entries) => {
            for entry in entries {
                match entry {
                    Entry::Field(_, value) | Entry::Spread(value) => expressions(value, visit),
                    Entry::Short(_) => {}
                }
            }
        }
        ExprKind::MapFor(map) => {
            each(&map.each, visit);
            expressions(&map.key, visit);
            expressions(&map.value, visit);
        }
        ExprKind::List(elements) => {
            for element in elements {
                match element {
                    Element::Value(value) | Element::Spread(value) => expressions(value, visit),
                }
            }
        }
        ExprKind::ListFor(list) => {
            each(&list.each, visit);
            expressions(&list.value, visit);
        }
        ExprKind::Construct(construct) => {
            if let Some(fields) = &construct.fields {
                expressions(fields, visit);
            }
        }
        ExprKind::If(node) => {
            expressions(&node.condition, visit);
            expressions(&node.yes, visit);
            if let Some(no) = &node.no {
                expressions(no, visit);
            }
        }
        ExprKind::Match(node) => {
            expressions(&node.value, visit);
            node.arms.iter().for_each(|arm| expressions(&arm.value, visit));
        }
        ExprKind::Unary(_, inner) | ExprKind::Group(inner) => expressions(inner, visit),
        ExprKind::Binary(node) => {
            expressions(&node.left, visit);
            expressions(&node.right, visit);
        }
        ExprKind::Member(node) => expressions(&node.base, visit),
        ExprKind::Index(base, key) => {
            expressions(base, visit);
            expressions(key, visit);
        }
        ExprKind::Call(callee, args) => {
            expressions(callee, visit);
            args.iter().for_each(|arg| expressions(&arg.value, visit));
        }
    }
}

/// Visits the expressions of a loop.
pub fn each<'e>(each: &'e Each, visit: &mut dyn FnMut(&'e Expr)) {
    expressions(&each.source, visit);
    if let Some(by) = &each.by {
        expressions(by, visit);
    }
    if let Some(guard) = &each.guard {
        expressions(&guard.condition, visit);
    }
}
