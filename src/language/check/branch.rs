//! Comprehensions and `match`: what their names stand for, and whether every value has an arm.

use std::sync::Arc;

use ecow::EcoString;

use super::expression::article;
use super::{Checker, Want};
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::syntax::ast::{Each, ExprKind, Guard, Ident, ListFor, MapFor, Match, PatternKind};
use crate::language::types::Type;

impl Checker<'_> {
    pub(super) fn list_for(&mut self, node: &ListFor) -> Type {
        let mut item = Type::Any;
        self.each(&node.each, |checker| item = checker.infer(&node.value));
        Type::List(Arc::new(item))
    }

    pub(super) fn map_for(&mut self, node: &MapFor) -> Type {
        let mut item = Type::Any;
        self.each(&node.each, |checker| {
            checker.check(&node.key, &Want::of(&Type::Text));
            item = checker.infer(&node.value);
        });
        Type::Map(Arc::new(item))
    }

    /// Checks a loop and runs with its variables.
    pub(super) fn each(&mut self, each: &Each, run: impl FnOnce(&mut Self)) {
        let names = self.loop_names(each);
        self.with_locals(names, |checker| {
            if let Some(by) = &each.by {
                checker.check(by, &Want::of(&Type::Text));
            }
            if let Some(Guard { condition, .. }) = &each.guard {
                checker.condition(condition);
            }
            run(checker);
        });
    }

    pub(super) fn loop_names(&mut self, each: &Each) -> Vec<(EcoString, Type)> {
        let source = self.infer(&each.source);
        if source.is_optional() {
            self.maybe_absent(&each.source, &source);
            if source.bare().item().is_none() {
                // What it is comes second to whether it is.
                let names = std::iter::once(&each.first).chain(&each.second);
                return names.map(|name| (name.text.clone(), Type::Error)).collect();
            }
        }
        let (first, second) = match source.bare() {
            Type::Map(item) => (Type::Text, Some(item.as_ref().clone())),
            Type::Record(_) => (Type::Text, source.bare().item()),
            Type::List(item) | Type::Set(item) => (item.as_ref().clone(), None),
            Type::Range => (Type::Int, None),
            Type::Json | Type::Any | Type::Error => (source.bare().clone(), Some(source.bare().clone())),
            other => {
                let found = other.clone();
                self.report(Diagnostic::error(
                    "loop::source",
                    format!(
                        "A loop goes over a map, a list, a set or a range; this is {} {found}",
                        article(&found.to_string())
                    ),
                    each.source.span,
                    "nothing to loop over",
                ));
                (Type::Error, Some(Type::Error))
            }
        };
        let mut names = vec![(each.first.text.clone(), first)];
        match (&each.second, second) {
            (Some(name), Some(ty)) => names.push((name.text.clone(), ty)),
            (Some(name), None) => {
                self.two_names(name, &source);
                names.push((name.text.clone(), Type::Error));
            }
            (None, _) => {}
        }
        names
    }

    pub(super) fn two_names(&mut self, name: &Ident, source: &Type) {
        self.report(
            Diagnostic::error(
                "loop::two_names",
                "Only maps have keys and values",
                name.span,
                format!("a loop over {} {source} has one name", article(&source.to_string())),
            )
            .help("for the positions of a list: [for i in 0..n: …]"),
        );
    }

    pub(super) fn matching(&mut self, node: &Match, want: Option<&Want<'_>>) -> Type {
        let value = self.infer(&node.value);
        let mut covered: Vec<EcoString> = Vec::new();
        let mut otherwise = false;
        let mut joined: Option<Type> = None;
        for arm in &node.arms {
            otherwise |= arm.patterns.is_empty();
            for pattern in &arm.patterns {
                if let PatternKind::Text(text) = &pattern.kind {
                    if let Type::Choice(values) = value.bare()
                        && !values.contains(text)
                    {
                        let near = suggest::nearest(text, values.iter().map(EcoString::as_str));
                        let label =
                            near.map_or_else(|| "it never is".to_owned(), |near| format!("did you mean \"{near}\"?"));
                        self.report(
                            Diagnostic::error(
                                "types::not_one_of",
                                format!("The matched value is never \"{text}\""),
                                pattern.span,
                                label,
                            )
                            .meant_as(
                                pattern.span,
                                text,
                                values.iter().map(EcoString::as_str),
                                super::expression::quoted,
                            )
                            .help(format!("it is {}", value.bare())),
                        );
                    }
                    covered.push(text.clone());
                }
            }
            match want {
                Some(want) => self.check(&arm.value, want),
                None => {
                    let ty = self.infer(&arm.value);
                    joined = Some(joined.map_or_else(|| ty.clone(), |before| before.join(&ty)));
                }
            }
        }
        if !otherwise && !value.is_open() {
            self.incomplete(node, &value, &covered);
        }
        joined.unwrap_or(Type::Any)
    }

    pub(super) fn incomplete(&mut self, node: &Match, value: &Type, covered: &[EcoString]) {
        let Type::Choice(values) = value.bare() else {
            if !matches!(value.bare(), Type::Bool) {
                self.report(
                    Diagnostic::error(
                        "types::match_incomplete",
                        "`match` does not say what happens otherwise",
                        node.head,
                        format!("{} {value} has more values than these", article(&value.to_string())),
                    )
                    .help("add a line:  else => …"),
                );
            }
            return;
        };
        let missing: Vec<&EcoString> = values.iter().filter(|value| !covered.contains(value)).collect();
        let Some(first) = missing.first() else { return };
        let shown = self.program.sources.text(node.value.span).to_owned();
        let named: Vec<String> = missing.iter().map(|value| format!("\"{value}\"")).collect();
        let label = match node.value.kind {
            ExprKind::Name(_) => format!("`{shown}` is {}", value.bare()),
            _ => format!("this is {}", value.bare()),
        };
        let first_arm = node.arms.iter().find(|arm| !arm.patterns.is_empty());
        let example =
            first_arm.map_or_else(|| "…".to_owned(), |arm| self.program.sources.text(arm.value.span).to_owned());
        let joined = first_arm.and_then(|arm| arm.patterns.first()).map(|pattern| {
            format!("\nor join it:  {} | \"{first}\" => {example}", self.program.sources.text(pattern.span))
        });
        self.report(
            Diagnostic::error(
                "types::match_incomplete",
                format!("`match` does not say what happens in {}", named.join(", ")),
                node.head,
                label,
            )
            .help(format!("add a line:  \"{first}\" => {example}{}", joined.unwrap_or_default())),
        );
    }
}
