//! Policies: asked about every resource and every change they look at.

use std::collections::BTreeMap;
use std::rc::Rc;

use cairn_provider::value::Value;
use ecow::EcoString;

use super::instance::Instance;
use super::term::{Kind, Term};
use super::waiver::Waiver;
use super::{Evaluator, Place};
use crate::diagnostic::Diagnostic;
use crate::language::program::{Binding, Program, UnitId, UnitKind};
use crate::language::remedy::remedy;
use crate::language::syntax::ast::{Construct, Declaration, Each, Entry, Expr, ExprKind, ItemKind};
use crate::language::syntax::walk;
use crate::model::Address;
use crate::model::encoding::decode;
use crate::model::policy::{Finding, Judgement, PlannedChange, Standing, Verdict};
use crate::source::{SourceSet, Span};

/// A policy, taken apart.
struct Rule<'p> {
    name: EcoString,
    binding: Binding,
    each: &'p Each,
    verdict: EcoString,
    when: &'p Expr,
    because: &'p Expr,
    by: Option<&'p Expr>,
}

/// What a policy is asked about.
struct Asked {
    address: Address,
    /// The resource as it is declared; nothing if it is not any more.
    instance: Option<Rc<Instance>>,
    /// What the variable of the loop stands for.
    term: Term,
    of_change: bool,
}

impl Evaluator<'_> {
    /// Asks all policies; the findings about resources are reported, too.
    pub(super) fn judged(&mut self) -> Judgement {
        let mut judgement = Judgement::default();
        let scopes = self.scopes.len();
        for scope in 0..scopes {
            let unit = self.unit_of(scope);
            let program = self.program;
            if program.unit(unit).kind == UnitKind::Library && scope != 0 {
                continue;
            }
            for (name, binding) in &program.unit(unit).policies {
                self.ask(scope, unit, name, *binding, &mut judgement);
            }
        }
        // A policy that a component and its stack both import says everything once.
        judgement.findings.sort_by(|a, b| (a.rule, &a.address, a.of_change).cmp(&(b.rule, &b.address, b.of_change)));
        judgement.findings.dedup_by(|a, b| (a.rule, &a.address, a.of_change) == (b.rule, &b.address, b.of_change));
        let reports = reports(judgement.findings.iter().filter(|finding| !finding.of_change), &self.program.sources);
        for diagnostic in reports {
            self.report(diagnostic);
        }
        judgement
    }

    fn ask(&mut self, scope: usize, unit: UnitId, name: &EcoString, binding: Binding, judgement: &mut Judgement) {
        if self.typed.failed.contains(&binding.item) {
            return;
        }
        let program = self.program;
        let ItemKind::Declaration(node) = &program.item(binding.item).kind else { return };
        let Some(rule) = taken_apart(name, binding, node) else { return };
        judgement.asked.insert((name.clone(), binding.span));
        // Members of other instances are no business of a component's policies.
        let within = self.scope(scope).path.clone();
        let own = if binding.unit == unit { scope } else { self.scope_of_binding(scope, binding.unit) };
        for asked in self.asked(rule.each) {
            if within.as_ref().is_some_and(|path| !asked.address.is_within(path)) {
                continue;
            }
            if let Some(finding) = self.judge(&rule, own, &asked) {
                judgement.findings.push(finding);
            }
        }
    }

    /// Everything a policy looks at.
    fn asked(&mut self, each: &Each) -> Vec<Asked> {
        let construct = |expression: &Expr| match &expression.kind {
            ExprKind::Construct(node) => Some(node.name()),
            _ => None,
        };
        match &each.source.kind {
            ExprKind::Call(_, args) => {
                let kind = args.first().and_then(|arg| construct(&arg.value)).unwrap_or_default();
                let changes: Vec<PlannedChange> =
                    self.changes.iter().copied().flatten().filter(|change| change.kind == kind).cloned().collect();
                changes.iter().map(|change| self.asked_change(change, each.source.span)).collect()
            }
            _ => {
                let kind = construct(&each.source).unwrap_or_default();
                let instances = self.emitted.iter().filter(|instance| instance.schema.name == kind);
                instances
                    .map(|instance| Asked {
                        address: instance.address.clone(),
                        instance: Some(Rc::clone(instance)),
                        term: Term { origin: each.first.span, kind: Kind::Object(Rc::clone(instance)) },
                        of_change: false,
                    })
                    .collect()
            }
        }
    }

    fn asked_change(&mut self, change: &PlannedChange, span: Span) -> Asked {
        let destroyed = change.action == "delete";
        let instance = self.emitted.iter().find(|instance| instance.address == change.address).map(Rc::clone);
        let schema = self.program.catalogue.get(&change.kind).cloned();
        let before = change.before.as_ref().map_or_else(
            || Term::none(span),
            |before| {
                let fields = before.iter().filter_map(|(name, value)| {
                    let field = schema.as_ref()?.field(name)?;
                    Some((name.clone(), Term::value(decode(&field.shape, value), span)))
                });
                Term::map(fields.collect(), span)
            },
        );
        let after = instance.as_ref().filter(|_| !destroyed).map_or_else(
            || Term::none(span),
            |instance| Term { origin: span, kind: Kind::Object(Rc::clone(instance)) },
        );
        let fields = change.fields.iter().map(|name| Term::text(name.clone(), span)).collect();
        let entries: BTreeMap<EcoString, Term> = [
            ("kind".into(), Term::text(change.action, span)),
            ("address".into(), Term::text(change.address.as_str(), span)),
            ("fields".into(), Term::list(fields, span)),
            ("before".into(), before),
            ("after".into(), after),
        ]
        .into();
        Asked { address: change.address.clone(), instance, term: Term::map(entries, span), of_change: true }
    }

    /// What a policy says about one resource or change. Nothing if it passes.
    fn judge(&mut self, rule: &Rule<'_>, scope: usize, asked: &Asked) -> Option<Finding> {
        if asked.instance.as_ref().is_some_and(|instance| self.typed.failed.contains(&instance.item)) {
            return None;
        }
        let each = rule.each;
        let names = match &each.second {
            Some(second) => vec![
                (each.first.text.clone(), Term::text(asked.address.as_str(), each.first.span)),
                (second.text.clone(), asked.term.clone()),
            ],
            None => vec![(each.first.text.clone(), asked.term.clone())],
        };
        let place = Place::of(scope).with(names);
        let standing = self.as_written(|evaluator| evaluator.standing(rule, &place))?;
        let text = |term: Term| term.known_text();
        let because = self.as_written(|evaluator| evaluator.expression(rule.because, &place));
        let because = text(because).filter(|text| !text.is_empty()).unwrap_or_else(|| rule.name.clone());
        let verdict = match rule.verdict.as_str() {
            "Warn" => Verdict::Warn,
            "Approve" => {
                let by = rule.by.map(|by| self.as_written(|evaluator| evaluator.expression(by, &place)));
                Verdict::Approve(by.and_then(text).unwrap_or_default())
            }
            _ => Verdict::Deny,
        };
        let remedy = remedy(rule.when, &subject(each), self.program).filter(|_| !asked.of_change);
        let mut finding = Finding {
            policy: rule.name.clone(),
            verdict,
            because,
            address: asked.address.clone(),
            standing,
            of_change: asked.of_change,
            place: self.place_of(rule, asked),
            rule: rule.binding.span,
            remedy,
        };
        let waivers: Vec<Waiver> = asked.instance.as_ref().map(|instance| self.waivers(instance)).unwrap_or_default();
        if let Some(waiver) = waivers.iter().find(|waiver| waiver.policy == rule.binding.item) {
            self.use_waiver(waiver);
            if self.expired(waiver).is_some() && finding.standing == Standing::Violated {
                self.report_expired(waiver, &finding);
                return None;
            }
            if self.expired(waiver).is_none() {
                finding.standing = Standing::Waived(waiver.until);
            }
        }
        Some(finding)
    }

    fn standing(&mut self, rule: &Rule<'_>, place: &Place) -> Option<Standing> {
        let guard = match &rule.each.guard {
            Some(guard) => {
                let guard = self.expression(&guard.condition, place);
                match guard.known() {
                    Some(Value::Bool(true)) => None,
                    Some(_) => return None,
                    None => Some(guard),
                }
            }
            None => None,
        };
        let when = self.expression(rule.when, place);
        let condition = match guard {
            Some(guard) => self.compute("operator.&&", &[guard, when], rule.when.span),
            None => when,
        };
        match condition.known() {
            Some(Value::Bool(true)) => Some(Standing::Violated),
            // Anything else was reported with the types.
            Some(_) => None,
            None => condition.residual().map(Standing::Undecided),
        }
    }

    /// Runs where only what is written counts: what nobody wrote is absent, and not what a cloud will choose.
    fn as_written<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.written, true);
        let result = run(self);
        self.written = outer;
        result
    }

    /// Runs where all values count, whoever asks.
    pub(super) fn as_made<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::take(&mut self.written);
        let result = run(self);
        self.written = outer;
        result
    }

    /// Where a finding lies: the field that the policy asks for, if it was written in one line; else the resource.
    fn place_of(&self, rule: &Rule<'_>, asked: &Asked) -> Span {
        let Some(instance) = &asked.instance else { return rule.binding.span };
        let subject = subject(rule.each);
        let mut fields: Vec<EcoString> = Vec::new();
        walk::expressions(rule.when, &mut |part| {
            if let ExprKind::Member(member) = &part.kind
                && matches!(&member.base.kind, ExprKind::Name(name) if *name == subject)
            {
                fields.push(member.name.text.clone());
            }
        });
        let written = fields.iter().find_map(|field| {
            let key = self.field_span(instance, field)?;
            let Some(value) = self.field_expression(instance, field) else { return Some(key) };
            let whole = key.to(value.span);
            Some(if self.program.sources.text(whole).contains('\n') { key } else { whole })
        });
        written.unwrap_or_else(|| match &self.program.item(instance.item).kind {
            ItemKind::Declaration(node) => node.head,
            _ => self.program.item(instance.item).span,
        })
    }
}

/// The name that stands for what a policy looks at.
fn subject(each: &Each) -> EcoString {
    each.second.as_ref().unwrap_or(&each.first).text.clone()
}

fn taken_apart<'p>(name: &EcoString, binding: Binding, node: &'p Declaration) -> Option<Rule<'p>> {
    let ExprKind::Construct(verdict) = &node.value.kind else { return None };
    Some(Rule {
        name: name.clone(),
        binding,
        each: node.each.as_deref()?,
        verdict: verdict.name(),
        when: field(verdict, "when")?,
        because: field(verdict, "because")?,
        by: field(verdict, "by"),
    })
}

/// A field of something constructed, as it was written.
pub(super) fn field<'p>(construct: &'p Construct, name: &str) -> Option<&'p Expr> {
    let Some(Expr { kind: ExprKind::Record(entries), .. }) = &construct.fields else { return None };
    entries.iter().find_map(|entry| match entry {
        Entry::Field(key, value) if key.text == name => Some(value),
        Entry::Field(..) | Entry::Short(_) | Entry::Spread(_) => None,
    })
}

/// What is said about findings: refusals are errors, warnings are warnings. One report for all instances of a declaration.
pub fn reports<'f>(findings: impl Iterator<Item = &'f Finding>, sources: &SourceSet) -> Vec<Diagnostic> {
    let mut groups: BTreeMap<(Span, Span, EcoString), Vec<&Finding>> = BTreeMap::new();
    for finding in findings.filter(|finding| finding.standing == Standing::Violated) {
        groups.entry((finding.rule, finding.place, finding.because.clone())).or_default().push(finding);
    }
    groups.into_values().filter_map(|findings| report(&findings, sources)).collect()
}

fn report(findings: &[&Finding], sources: &SourceSet) -> Option<Diagnostic> {
    let (first, others) = findings.split_first()?;
    let more = match others.len() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let address = &first.address;
    let (verb, warned) = match first.verdict {
        Verdict::Deny => ("refused by", false),
        Verdict::Warn => ("the policy warns:", true),
        // Who has to agree is asked with a plan.
        Verdict::Approve(_) => return None,
    };
    let label = if warned {
        format!("`{address}`{more}: {verb} {}", first.policy)
    } else {
        format!("`{address}`{more}: {verb} the policy `{}`", first.policy)
    };
    let diagnostic = if warned {
        Diagnostic::warning("policy::warned", first.because.as_str(), first.place, label)
    } else {
        Diagnostic::error("policy::denied", first.because.as_str(), first.place, label)
    };
    let place = sources.place(first.rule);
    let mut help = Vec::new();
    help.extend(first.remedy.as_ref().map(ToString::to_string));
    if first.place.source != first.rule.source || first.place == first.rule {
        help.push(format!("the policy is at {place}"));
    }
    // What is not declared any more has no line for an exception.
    if first.place != first.rule {
        help.push(format!("an exception with an end: @waive({}, until: \"YYYY-MM-DD\", because: \"…\")", first.policy));
    }
    let diagnostic = diagnostic.help(help.join("\n"));
    Some(if first.place == first.rule { diagnostic } else { diagnostic.label(first.rule, "the policy") })
}

/// Whether any policy of the stack looks at changes, so that it has to be asked again when there is a plan.
pub fn looks_at_changes(program: &Program) -> bool {
    program.units.iter().flat_map(|unit| unit.policies.values()).any(|binding| {
        let ItemKind::Declaration(node) = &program.item(binding.item).kind else { return false };
        node.each.as_ref().is_some_and(|each| matches!(each.source.kind, ExprKind::Call(..)))
    })
}
