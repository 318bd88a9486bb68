//! Operators: which operands they take and what they give.

use super::expression::article;
use super::mismatch::short;
use super::{Checker, Want};
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::syntax::ast::{Binary, Expr, ExprKind, Operator, Unary};
use crate::language::types::Type;

impl Checker<'_> {
    pub(super) fn unary(&mut self, unary: Unary, inner: &Expr) -> Type {
        match unary {
            Unary::Not => {
                self.condition(inner);
                Type::Bool
            }
            Unary::Minus => {
                let found = self.infer(inner);
                match found.bare() {
                    Type::Int | Type::Between(..) => Type::Int,
                    Type::Float | Type::Duration | Type::Any | Type::Error => found,
                    _ => {
                        self.mismatch(inner, &found, &Want::of(&Type::Float));
                        Type::Error
                    }
                }
            }
        }
    }

    pub(super) fn binary(&mut self, expression: &Expr, node: &Binary) -> Type {
        if node.operator.compares()
            && let ExprKind::Binary(before) = &node.left.kind
            && before.operator.compares()
        {
            // Two comparisons in a row were reported when they were read.
            self.infer(&node.left);
            self.infer(&node.right);
            return Type::Bool;
        }
        match node.operator {
            Operator::And | Operator::Or => {
                self.condition(&node.left);
                self.condition(&node.right);
                Type::Bool
            }
            Operator::Coalesce => {
                let left = self.infer(&node.left);
                let right = self.infer(&node.right);
                left.required().join(&right)
            }
            Operator::Equal | Operator::NotEqual => {
                let left = self.infer(&node.left);
                let right = self.infer(&node.right);
                self.comparable(node, &left, &right);
                keep_secret(&left, &right, Type::Bool)
            }
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                let left = self.operand(&node.left);
                let right = self.operand(&node.right);
                if !ordered(&left, &right) {
                    self.operands(node, &left, &right);
                }
                keep_secret(&left, &right, Type::Bool)
            }
            Operator::In => self.contained(node),
            Operator::Range => {
                self.check(&node.left, &Want::of(&Type::Int));
                self.check(&node.right, &Want::of(&Type::Int));
                Type::Range
            }
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => {
                self.arithmetic(expression, node)
            }
        }
    }

    /// An operand that must be there.
    fn operand(&mut self, expression: &Expr) -> Type {
        let found = self.infer(expression);
        if found.is_optional() {
            self.maybe_absent(expression, &found);
            return Type::Error;
        }
        found
    }

    fn comparable(&mut self, node: &Binary, left: &Type, right: &Type) {
        if let (Type::Choice(values), Type::Choice(others)) = (left.bare(), right.bare())
            && !values.iter().any(|value| others.contains(value))
        {
            // Of the two sides the literal is the one to correct.
            let (literal, allowed) =
                if matches!(node.left.kind, ExprKind::Text(_)) { (&node.left, others) } else { (&node.right, values) };
            let written = self.program.sources.text(literal.span).trim_matches('"').to_owned();
            let other = if std::ptr::eq(literal, &raw const node.left) { &node.right } else { &node.left };
            let shown = self.program.sources.text(other.span).to_owned();
            let label = suggest::nearest(&written, allowed.iter().map(ecow::EcoString::as_str))
                .map_or_else(|| "never equal".to_owned(), |near| format!("did you mean \"{near}\"?"));
            let listed: Vec<String> = allowed.iter().map(|value| format!("\"{value}\"")).collect();
            self.report(
                Diagnostic::error(
                    "types::not_one_of",
                    format!("`{shown}` is never \"{written}\""),
                    literal.span,
                    label,
                )
                .help(format!("it is one of: {}", listed.join(" "))),
            );
            return;
        }
        let fit = super::fits(left.required(), right)
            || super::fits(right.required(), left)
            || super::fits(left.bare(), right.bare())
            || super::fits(right.bare(), left.bare())
            || matches!((left.bare(), right.bare()), (Type::Cidr | Type::Ip, other) | (other, Type::Cidr | Type::Ip) if other.is_text());
        if !fit {
            self.operands(node, left, right);
        }
    }

    fn contained(&mut self, node: &Binary) -> Type {
        let item = self.infer(&node.left);
        let container = self.operand(&node.right);
        let good = match container.bare() {
            Type::List(inner) | Type::Set(inner) => super::fits(&item, inner) || super::fits(inner, &item),
            Type::Map(_) | Type::Record(_) => super::fits(&item, &Type::Text),
            Type::Cidr => matches!(item.bare(), Type::Ip | Type::Cidr | Type::Any | Type::Error),
            Type::Range => super::fits(&item, &Type::Int),
            Type::Any | Type::Error | Type::Json => true,
            other => other.is_text() && super::fits(&item, &Type::Text),
        };
        if !good {
            self.operands(node, &item, &container);
        }
        Type::Bool
    }

    fn arithmetic(&mut self, expression: &Expr, node: &Binary) -> Type {
        let left = self.operand(&node.left);
        let right = self.operand(&node.right);
        if left.is_open() || right.is_open() {
            return Type::Any;
        }
        if left.bare().is_text() && !matches!(left.bare(), Type::Named("Protocol")) && node.operator == Operator::Add {
            let written = |expression: &Expr| {
                let text = self.program.sources.text(expression.span);
                match expression.kind {
                    ExprKind::Text(_) => text.trim_matches('"').to_owned(),
                    _ => format!("${{{text}}}"),
                }
            };
            let joined = format!("\"{}{}\"", written(&node.left), written(&node.right));
            self.report(
                Diagnostic::error(
                    "types::operator",
                    "There is no `+` on text",
                    node.operator_span,
                    "text is put together inside quotes",
                )
                .help(joined),
            );
            return Type::Error;
        }
        match result(node.operator, left.bare(), right.bare()) {
            Some(ty) => keep_secret(&left, &right, ty),
            None => {
                if left.bare().is_quantity() && right.bare().is_quantity() && left.bare() != right.bare() {
                    self.dimensions(expression, &left, &right);
                } else {
                    self.operands(node, &left, &right);
                }
                Type::Error
            }
        }
    }

    fn dimensions(&mut self, expression: &Expr, left: &Type, right: &Type) {
        self.report(
            Diagnostic::error(
                "types::dimension",
                format!("A {left} and a {right} cannot be put together"),
                expression.span,
                "two different kinds of quantity",
            )
            .help("a quantity divided by one of its own kind is a number: 300ms / 1s"),
        );
    }

    fn operands(&mut self, node: &Binary, left: &Type, right: &Type) {
        if left.is_open() || right.is_open() {
            return;
        }
        let symbol = node.operator.symbol();
        let phrase = |ty: &Type| format!("{} {}", article(&short(ty)), short(ty));
        self.report(
            Diagnostic::error(
                "types::operator",
                format!("`{symbol}` does not go between {} and {}", phrase(left), phrase(right)),
                node.operator_span,
                "the two sides do not fit together",
            )
            .label(node.left.span, short(left))
            .label(node.right.span, short(right)),
        );
    }
}

fn keep_secret(left: &Type, right: &Type, result: Type) -> Type {
    if left.holds_secret() || right.holds_secret() { result.secret() } else { result }
}

fn ordered(left: &Type, right: &Type) -> bool {
    match (left.bare(), right.bare()) {
        (Type::Any | Type::Error, _) | (_, Type::Any | Type::Error) => true,
        (a, b) if a.is_number() && b.is_number() => true,
        (a, b) if a.is_text() && b.is_text() => true,
        (Type::Union(members), b) => members.iter().any(|member| ordered(member, b)),
        (a, Type::Union(members)) => members.iter().any(|member| ordered(a, member)),
        (a, b) => a.is_quantity() && a == b,
    }
}

/// The type of an arithmetic operation, if there is one.
fn result(operator: Operator, left: &Type, right: &Type) -> Option<Type> {
    let whole = |ty: &Type| matches!(ty, Type::Int | Type::Between(..));
    match (left, right) {
        (Type::Union(members), other) => members.iter().find_map(|member| result(operator, member, other)),
        (other, Type::Union(members)) => members.iter().find_map(|member| result(operator, other, member)),
        (Type::Named("Protocol"), ports) => {
            let ports = whole(ports) || matches!(ports, Type::Range);
            (operator == Operator::Divide && ports).then_some(Type::Traffic)
        }
        (a, b) if whole(a) && whole(b) => Some(if operator == Operator::Divide { Type::Float } else { Type::Int }),
        (a, b) if a.is_number() && b.is_number() => Some(Type::Float),
        (a, b) if a.is_quantity() && a == b => match operator {
            Operator::Add | Operator::Subtract => Some(a.clone()),
            Operator::Divide => Some(Type::Float),
            _ => None,
        },
        (a, b) if a.is_quantity() && b.is_number() => {
            matches!(operator, Operator::Multiply | Operator::Divide).then(|| a.clone())
        }
        (a, b) if a.is_number() && b.is_quantity() => (operator == Operator::Multiply).then(|| b.clone()),
        _ => None,
    }
}
