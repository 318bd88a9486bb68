//! What would satisfy a condition, where that can be read off it.

use ecow::{EcoString, eco_format};

use super::program::Program;
use super::syntax::ast::{Expr, ExprKind, Operator, Unary};

/// What to write so that a condition on the fields of `subject` does not hold: `set publicly_accessible: false`.
pub fn remedy(when: &Expr, subject: &str, program: &Program) -> Option<EcoString> {
    let when = plain(when);
    if let Some(field) = flag(when, subject) {
        return Some(eco_format!("set {field}: false"));
    }
    match &when.kind {
        ExprKind::Unary(Unary::Not, inner) => flag(plain(inner), subject).map(|field| eco_format!("set {field}: true")),
        ExprKind::Binary(node) => {
            let field = flag(plain(&node.left), subject)?;
            let right = plain(&node.right);
            let written = program.sources.text(right.span);
            match (node.operator, &right.kind) {
                (Operator::Equal, ExprKind::Name(name)) if name == "true" => Some(eco_format!("set {field}: false")),
                (Operator::Equal, ExprKind::Name(name)) if name == "false" => Some(eco_format!("set {field}: true")),
                (Operator::Equal, ExprKind::Name(name)) if name == "none" => Some(eco_format!("set {field}")),
                (Operator::NotEqual, ExprKind::Name(name)) if name != "none" => {
                    Some(eco_format!("set {field}: {written}"))
                }
                (Operator::NotEqual | Operator::Less, ExprKind::Text(_) | ExprKind::Number(_)) => {
                    Some(eco_format!("set {field}: {written}"))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn plain(expression: &Expr) -> &Expr {
    match &expression.kind {
        ExprKind::Group(inner) => plain(inner),
        _ => expression,
    }
}

/// The field that an expression reads, with or without a value for its absence.
fn flag<'e>(expression: &'e Expr, subject: &str) -> Option<&'e EcoString> {
    let read = match &expression.kind {
        ExprKind::Binary(node) if node.operator == Operator::Coalesce => plain(&node.left),
        _ => expression,
    };
    match &read.kind {
        ExprKind::Member(member) if matches!(&member.base.kind, ExprKind::Name(name) if name == subject) => {
            Some(&member.name.text)
        }
        _ => None,
    }
}
