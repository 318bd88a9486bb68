//! What must be known before apply and is not: said with the way it takes.

use super::Evaluator;
use super::term::{Phase, Term};
use crate::diagnostic::Diagnostic;
use crate::language::program::UnitKind;
use crate::language::syntax::ast::{Each, Expr, ExprKind, ItemKind};
use crate::language::syntax::walk;
use crate::source::Span;

impl Evaluator<'_> {
    /// Reports loop keys that are known only after apply.
    pub(super) fn made_keys(&mut self, scope: usize, each: &Each, source: &Term) {
        if source.phase() != Phase::Made {
            return;
        }
        let unit = self.program.unit(self.unit_of(scope));
        // An input of a component that the caller must know is the component's contract, not its mistake.
        if unit.kind == UnitKind::Component
            && let ExprKind::Name(name) = &each.source.kind
            && let Some(binding) = unit.values.get(name)
            && let ItemKind::Input(input) = &self.program.item(binding.item).kind
        {
            if !self.typed.known.contains(&binding.item) {
                let written = self.program.sources.text(input.ty.span).to_owned();
                self.report(
                    Diagnostic::error(
                        "phase::input_not_known",
                        "This input names resources, so it must be `known`",
                        input.ty.span,
                        "a caller could pass something known only after apply",
                    )
                    .label(each.span, "the keys become addresses here")
                    .help(format!("input {name}: known {written}")),
                );
            }
            return;
        }
        let mut labels: Vec<(Span, String)> = Vec::new();
        if let Some((made, words)) = self.made_part(&each.source) {
            labels.push((made, format!("{}. {words}", labels.len() + 1)));
        }
        for step in self.steps_to(&each.source, scope) {
            labels.push((step, format!("{}. so this is known after apply", labels.len() + 1)));
        }
        let last = format!("{}. but these keys name resources in the plan", labels.len() + 1);
        let mut diagnostic =
            Diagnostic::error("phase::loop_key", "The keys of this loop are known only after apply", each.span, last);
        for (span, text) in labels {
            if span.source == each.span.source && span != each.span {
                diagnostic = diagnostic.label(span, text);
            }
        }
        self.report(diagnostic.help(
            "loop over something you wrote and look the made value up by key\n\
             This is reported before anything is created, on the first run and on every run.",
        ));
    }

    /// Reports a place that must be known before apply.
    pub(super) fn made_place(&mut self, what: &str, expression: &Expr, term: &Term) {
        if term.phase() != Phase::Made || term.is_error() {
            return;
        }
        let mut diagnostic = Diagnostic::error(
            "phase::place",
            format!("{what} must be known before apply"),
            expression.span,
            "known only after apply",
        );
        if let Some((made, words)) = self.made_part(expression).filter(|(made, _)| *made != expression.span)
            && made.source == expression.span.source
        {
            diagnostic = diagnostic.label(made, words);
        }
        self.report(diagnostic.help("use something written, an input, or a look-up"));
    }

    /// Whether what an expression names, or what that is made of, was reported.
    pub(super) fn rests_on_failed(&self, expression: &Expr, depth: usize) -> bool {
        let mut parts: Vec<&Expr> = Vec::new();
        walk::expressions(expression, &mut |part| parts.push(part));
        parts.into_iter().any(|part| {
            let ExprKind::Name(name) = &part.kind else { return false };
            let Some(binding) = self.program.units.iter().find_map(|unit| unit.values.get(name)) else { return false };
            if self.typed.failed.contains(&binding.item) {
                return true;
            }
            let made_of = match &self.program.item(binding.item).kind {
                ItemKind::Declaration(node) => node.each.as_ref().map(|each| &each.source),
                ItemKind::Let(node) => Some(&node.value),
                ItemKind::Input(node) => node.default.as_ref(),
                _ => None,
            };
            depth > 0 && made_of.is_some_and(|made_of| self.rests_on_failed(made_of, depth - 1))
        })
    }

    /// The attribute of a made object in an expression, or in the constants it names.
    fn made_part(&self, expression: &Expr) -> Option<(Span, String)> {
        let mut parts: Vec<&Expr> = Vec::new();
        walk::expressions(expression, &mut |part| parts.push(part));
        for part in &parts {
            if let ExprKind::Member(member) = &part.kind
                && let ExprKind::Name(name) = &member.base.kind
                && let Some(binding) = self.program.units.iter().find_map(|unit| unit.values.get(name))
                && matches!(self.program.item(binding.item).kind, ItemKind::Declaration(_))
            {
                return Some((part.span, format!("AWS chooses this when `{name}` is created")));
            }
        }
        for part in parts {
            if let ExprKind::Name(name) = &part.kind
                && let Some(binding) = self.program.units.iter().find_map(|unit| unit.values.get(name))
                && let ItemKind::Let(constant) = &self.program.item(binding.item).kind
                && let Some(found) = self.made_part(&constant.value)
            {
                return Some(found);
            }
        }
        None
    }

    /// The constants an expression goes through by name.
    fn steps_to(&self, expression: &Expr, scope: usize) -> Vec<Span> {
        let ExprKind::Name(name) = &expression.kind else { return Vec::new() };
        let unit = self.program.unit(self.unit_of(scope));
        let Some(binding) = unit.values.get(name) else { return Vec::new() };
        match &self.program.item(binding.item).kind {
            ItemKind::Let(constant) => vec![constant.name.span],
            _ => Vec::new(),
        }
    }
}
