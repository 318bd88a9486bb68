//! How large values become and how deep they lie: what grows without end is stopped, whoever wrote it.

use cairn_provider::value::Value;

use super::Evaluator;
use super::term::{Kind, Term};
use crate::diagnostic::Diagnostic;
use crate::language::syntax::ast::ExprKind;
use crate::model::Residual;
use crate::source::Span;

/// A value may have this many parts; 16 bytes of text are one.
const MAX_PARTS: usize = 1_000_000;
/// Values may lie this deep behind each other's names.
const MAX_LEVELS: usize = 5_000;

impl Evaluator<'_> {
    /// Charges for what an expression made, and refuses values that are too large to be handled.
    pub(super) fn sized(&mut self, kind: &ExprKind, term: Term, span: Span) -> Term {
        let made = match (kind, &term.kind) {
            // Names and members give what was there before.
            (ExprKind::Name(_) | ExprKind::Member(_) | ExprKind::Index(..) | ExprKind::Group(_), _) => false,
            (_, Kind::List(_) | Kind::Map(_) | Kind::Unknown(_) | Kind::Value(Value::Text(_))) => true,
            _ => false,
        };
        if !made {
            return term;
        }
        let mut left = MAX_PARTS;
        count_term(&term, &mut left);
        // Looking at parts is cheaper than making them.
        self.steps += (MAX_PARTS - left) as u64 / 8;
        if left > 0 {
            return term;
        }
        if !std::mem::replace(&mut self.exhausted, true) {
            self.report(
                Diagnostic::error(
                    "evaluate::budget",
                    "This value has more than a million parts",
                    span,
                    "it becomes too large here",
                )
                .help("a value made of values that each hold the one before twice grows without end; build it once"),
            );
        }
        Term::error(span)
    }

    /// Runs one level deeper; nothing if that is too deep.
    pub(super) fn deeper<T>(&mut self, span: Span, run: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.levels >= MAX_LEVELS {
            if !std::mem::replace(&mut self.exhausted, true) {
                self.report(
                    Diagnostic::error(
                        "evaluate::budget",
                        "Values need each other more than 5,000 levels deep",
                        span,
                        "this is one level too many",
                    )
                    .help("a long row of values that each need the one before is a list and a loop"),
                );
            }
            return None;
        }
        self.levels += 1;
        let result = run(self);
        self.levels -= 1;
        Some(result)
    }
}

fn count_term(term: &Term, left: &mut usize) {
    *left = left.saturating_sub(1);
    if *left == 0 {
        return;
    }
    match &term.kind {
        Kind::List(items) => items.iter().for_each(|item| count_term(item, left)),
        Kind::Map(entries) => entries.values().for_each(|entry| count_term(entry, left)),
        Kind::Existing(inner) | Kind::Unchecked(inner) => count_term(inner, left),
        Kind::Unknown(unknown) => count_residual(&unknown.residual, left),
        Kind::Value(Value::Text(text)) => *left = left.saturating_sub(text.len() / 16),
        Kind::Value(_) | Kind::Object(_) | Kind::Component(_) | Kind::Target(_) | Kind::Error => {}
    }
}

fn count_residual(residual: &Residual, left: &mut usize) {
    *left = left.saturating_sub(1);
    if *left == 0 {
        return;
    }
    match residual {
        Residual::List(parts) | Residual::Text(parts) | Residual::Call(_, parts) => {
            parts.iter().for_each(|part| count_residual(part, left));
        }
        Residual::Map(entries) => entries.values().for_each(|entry| count_residual(entry, left)),
        Residual::Encode(_, inner) | Residual::Decode(_, inner) => count_residual(inner, left),
        Residual::Value(Value::Text(text)) => *left = left.saturating_sub(text.len() / 16),
        Residual::Value(_) | Residual::Attribute(_) | Residual::Secret(_) => {}
    }
}
