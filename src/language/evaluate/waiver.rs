//! `@waive`: exceptions from policies, each with a last day and a reason.

use std::rc::Rc;

use ecow::EcoString;

use super::Evaluator;
use super::instance::Instance;
use crate::diagnostic::Diagnostic;
use crate::language::check::waived_until;
use crate::language::program::ItemId;
use crate::language::syntax::ast::{Decorator, ExprKind};
use crate::model::date::Date;
use crate::model::policy::Finding;
use crate::source::Span;

/// An exception that holds for one resource.
#[derive(Clone)]
pub struct Waiver {
    /// From which policy.
    pub policy: ItemId,
    /// The last day.
    pub until: Date,
    /// The whole decorator.
    pub span: Span,
    /// `until: "…"`.
    pub until_span: Span,
}

/// An exception and whether a policy needed it.
#[derive(Clone, Debug)]
pub struct WaiverUse {
    /// The whole decorator.
    pub span: Span,
    /// The policy's name.
    pub policy: EcoString,
    /// Whether anything would be refused without it, or could be.
    pub used: bool,
}

impl Evaluator<'_> {
    /// The exceptions of an item, as it is written.
    pub(super) fn waivers_of(&mut self, scope: usize, item: ItemId) -> Vec<Waiver> {
        let program = self.program;
        let unit = program.unit(self.unit_of(scope));
        if self.typed.failed.contains(&item) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for decorator in program.item(item).decorators.iter().filter(|decorator| decorator.name.text == "waive") {
            let Some((policy, until, until_span)) = parts(decorator) else { continue };
            let Some(binding) = unit.policies.get(policy) else { continue };
            self.waivers.entry(decorator.span).or_insert_with(|| WaiverUse {
                span: decorator.span,
                policy: policy.clone(),
                used: false,
            });
            found.push(Waiver { policy: binding.item, until, span: decorator.span, until_span });
        }
        found
    }

    /// The exceptions that hold for an instance: its own, and those of the components it lies in.
    pub(super) fn waivers(&mut self, instance: &Rc<Instance>) -> Vec<Waiver> {
        let mut waivers = self.waivers_of(instance.scope, instance.item);
        waivers.extend(instance.inherited.waivers.iter().cloned());
        waivers
    }

    pub(super) fn use_waiver(&mut self, waiver: &Waiver) {
        if let Some(known) = self.waivers.get_mut(&waiver.span) {
            known.used = true;
        }
    }

    /// For how many days an exception is over. Nothing if it still holds, or nobody asked which day it is.
    pub(super) fn expired(&self, waiver: &Waiver) -> Option<i64> {
        let days = self.today?.days_after(waiver.until);
        (days > 0).then_some(days)
    }

    pub(super) fn report_expired(&mut self, waiver: &Waiver, finding: &Finding) {
        let Some(days) = self.expired(waiver) else { return };
        let ago = if days == 1 { "yesterday".to_owned() } else { format!("{days} days ago") };
        let place = self.program.sources.place(finding.rule);
        let remedy = finding.remedy.as_deref().unwrap_or("do what the policy asks for");
        self.report(
            Diagnostic::error(
                "policy::waiver_expired",
                format!("This exception ended on {}", waiver.until),
                waiver.until_span,
                ago,
            )
            .help(format!(
                "remove the line and {remedy}, or agree on a new date with the\nowner of the policy ({place})"
            )),
        );
    }

    /// Notes the exceptions of every resource, so that those nothing needs can be told.
    pub(super) fn note_waivers(&mut self) {
        for instance in self.emitted.clone() {
            self.waivers(&instance);
        }
    }
}

/// The policy, the last day and its place.
fn parts(decorator: &Decorator) -> Option<(&EcoString, Date, Span)> {
    let policy = decorator.args.iter().find(|arg| arg.name.is_none())?;
    let ExprKind::Name(policy) = &policy.value.kind else { return None };
    let until = decorator.args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == "until"))?;
    let span = until.name.as_ref().map_or(until.value.span, |name| name.span.to(until.value.span));
    Some((policy, waived_until(&until.value)?, span))
}

/// Exceptions that nothing needs in any of the environments whose uses are given.
pub fn unused_waivers<'w>(uses: impl Iterator<Item = &'w WaiverUse>) -> Vec<Diagnostic> {
    let mut known: std::collections::BTreeMap<Span, (EcoString, bool)> = std::collections::BTreeMap::new();
    for one in uses {
        known.entry(one.span).or_insert_with(|| (one.policy.clone(), false)).1 |= one.used;
    }
    known
        .into_iter()
        .filter(|(_, (_, used))| !used)
        .map(|(span, (policy, _))| {
            Diagnostic::warning(
                "policy::waiver_unused",
                format!("Nothing needs this exception from `{policy}`"),
                span,
                "the policy passes without it",
            )
            .help("remove the line")
        })
        .collect()
}
