//! Test cases: the stack, a component or a library with given inputs and look-ups, and what must come out.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use cairn_provider::request::Target;
use cairn_provider::value::{Value, render};
use ecow::EcoString;

use super::instance::Inherited;
use super::policy::field;
use super::term::{Kind, Term};
use super::{Evaluator, Place, Request, Scope};
use crate::diagnostic::{Diagnostic, Severity};
use crate::language::program::{ItemId, Program, UnitId, UnitKind};
use crate::language::syntax::ast::{Construct, Element, Expr, ExprKind, ItemKind, Operator, TextPart};
use crate::language::types::Type;
use crate::model::Address;
use crate::model::desired::Placement;
use crate::model::policy::Standing;
use crate::source::Span;

/// Which case of which unit.
#[derive(Clone, Copy, Debug)]
pub struct CaseId {
    /// The stack, component or library that is tested.
    pub unit: UnitId,
    /// The case.
    pub item: ItemId,
    /// The name at its declaration.
    pub name: Span,
}

/// All cases of a program, those of the standard library left out.
pub fn cases(program: &Program) -> Vec<(EcoString, CaseId)> {
    let units = program.units.iter().enumerate();
    units
        .flat_map(|(index, unit)| {
            unit.cases.iter().map(move |(name, binding)| {
                (name.clone(), CaseId { unit: UnitId(index), item: binding.item, name: binding.span })
            })
        })
        .filter(|(_, case)| !program.sources.get(case.name.source).path.starts_with("std:"))
        .collect()
}

/// Runs a case; gives what is wrong. Nothing if it passes.
pub fn run_case(request: &Request<'_>, case: CaseId) -> Vec<Diagnostic> {
    let ItemKind::Declaration(node) = &request.program.item(case.item).kind else { return Vec::new() };
    let ExprKind::Construct(construct) = &node.value.kind else { return Vec::new() };
    let mut evaluator = Evaluator::new(request);
    evaluator.environment = field(construct, "env").and_then(literal_text);
    evaluator.case_scope(case.unit, construct);
    if let Some(given) = field(construct, "given")
        && let Kind::Map(given) = evaluator.expression(given, &Place::of(0)).kind
    {
        evaluator.given = (*given).clone();
        // Constants that were looked at for the given values start anew.
        evaluator.items.clear();
        evaluator.instances.clear();
        evaluator.emitted.clear();
        evaluator.wanted.clear();
    }
    evaluator.run_scope(0);
    evaluator.emit(&[]);
    let judgement = evaluator.judged();
    let approvals: Vec<EcoString> = judgement
        .findings
        .iter()
        .filter(|finding| finding.standing == Standing::Violated)
        .map(|finding| finding.because.clone())
        .collect();
    let said = std::mem::take(&mut evaluator.diagnostics);
    let wrong = match field(construct, "fails") {
        Some(fails) => evaluator.fails(fails, &said, &approvals),
        None => evaluator.holds(construct, case.name, said),
    };
    // What the same evaluation says twice is said once.
    let mut report = crate::diagnostic::Report::default();
    report.extend(wrong);
    report.into_sorted()
}

impl Evaluator<'_> {
    /// The scope of a case: its unit with the inputs of the case.
    fn case_scope(&mut self, unit: UnitId, construct: &Construct) {
        let given = field(construct, "inputs");
        let program = self.program;
        if unit == Program::STACK {
            let inputs = self.stack_inputs(&[], given);
            self.scopes.push(Scope {
                unit,
                outer: None,
                path: None,
                inputs,
                input_needs: BTreeMap::new(),
                inherited: Rc::default(),
            });
            return;
        }
        // Where a component would be placed nobody has said: one region stands for all.
        let settings = [("region".into(), "eu-central-1".into()), ("account".into(), "111122223333".into())];
        let placement = Arc::new(Placement {
            target: Target { cloud: "aws".into(), settings: settings.into() },
            tags: BTreeMap::new(),
        });
        let inherited = Inherited { placement: Some(Arc::clone(&placement)), ..Inherited::default() };
        self.scopes.push(Scope {
            unit,
            outer: None,
            path: None,
            inputs: BTreeMap::new(),
            input_needs: BTreeMap::new(),
            inherited: Rc::new(inherited),
        });
        let given = match given.map(|given| self.expression(given, &Place::of(0)).kind) {
            Some(Kind::Map(given)) => given,
            _ => Rc::default(),
        };
        for &item in &program.unit(unit).items {
            let ItemKind::Input(input) = &program.item(item).kind else { continue };
            let Some(ty) = self.typed.types.get(&item).cloned() else { continue };
            let name = &input.name.text;
            let term = match (given.get(name), &input.default) {
                (Some(term), _) => self.coerced(0, term.clone(), &ty),
                (None, Some(default)) => {
                    let value = self.expression(default, &Place::of(0));
                    self.coerced(0, value, &ty)
                }
                (None, None) if matches!(ty, Type::Target(_)) => Self::placement_term(&placement, input.name.span),
                (None, None) if ty.is_optional() => Term::none(input.name.span),
                // That a value is missing was said with the types.
                (None, None) => Term::error(input.name.span),
            };
            if let Some(scope) = self.scopes.first_mut() {
                scope.inputs.insert(name.clone(), term);
            }
        }
        if program.unit(unit).kind == UnitKind::Component {
            self.component_conditions(unit, 0);
        }
    }

    /// What a look-up was given in a case, by its address; one of several by its key.
    pub(super) fn given_for(&self, address: &Address) -> Option<Term> {
        let text = address.as_str();
        if let Some(term) = self.given.get(text) {
            return Some(term.clone());
        }
        let (base, term) = self.given.iter().find(|(name, _)| {
            text.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('[') && rest.ends_with(']'))
        })?;
        let Kind::Map(entries) = &term.kind else { return None };
        let keyed = |key: &EcoString| Address::from_text(base).instance(key) == *address;
        entries.iter().find(|(key, _)| keyed(key)).map(|(_, term)| term.clone())
    }

    /// A case that must be refused with certain words.
    fn fails(&mut self, fails: &Expr, said: &[Diagnostic], approvals: &[EcoString]) -> Vec<Diagnostic> {
        let wanted = self.expression(fails, &Place::of(0)).known_text().unwrap_or_default();
        let texts = |diagnostic: &Diagnostic| {
            let labels = diagnostic.labels.iter().map(|label| label.text.clone());
            std::iter::once(diagnostic.message.clone()).chain(labels).chain(diagnostic.help.clone()).collect::<Vec<_>>()
        };
        let found = said.iter().flat_map(texts).any(|text| text.contains(wanted.as_str()))
            || approvals.iter().any(|because| because.contains(wanted.as_str()));
        if found {
            return Vec::new();
        }
        let diagnostic = if said.is_empty() {
            Diagnostic::error(
                "test::failed",
                "This case was expected to be refused",
                fails.span,
                "nothing is wrong with it",
            )
            .help("remove `fails`, or correct what should have refused it")
        } else {
            let sentences: Vec<String> = said
                .iter()
                .map(|diagnostic| {
                    let place = diagnostic.span().map(|span| format!(" ({})", self.program.sources.place(span)));
                    format!("  {}{}", diagnostic.message, place.unwrap_or_default())
                })
                .collect();
            Diagnostic::error(
                "test::failed",
                "This case was refused in other words",
                fails.span,
                "none of what was said contains this",
            )
            .help(format!("what was said:\n{}", sentences.join("\n")))
        };
        vec![diagnostic]
    }

    /// A case whose expectations must hold.
    fn holds(&mut self, construct: &Construct, name_span: Span, said: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let errors: Vec<Diagnostic> =
            said.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
        if !errors.is_empty() {
            let count = errors.len();
            let mut wrong = vec![
                Diagnostic::error(
                    "test::failed",
                    "The case has errors, so nothing of it can be expected",
                    name_span,
                    format!("{count} error{}, shown beside this", if count == 1 { "" } else { "s" }),
                )
                .help("a case that must be refused says so: fails: \"…\""),
            ];
            wrong.extend(errors);
            return wrong;
        }
        let mut wrong = Vec::new();
        if let Some(Expr { kind: ExprKind::List(elements), .. }) = field(construct, "expect") {
            let outputs = self.program.unit(self.unit_of(0)).outputs.clone();
            let outputs = outputs.into_iter().map(|(name, id)| (name, self.item_value(0, id, name_span)));
            let outputs = Term::map(outputs.collect(), name_span);
            let place = Place::of(0).with([("outputs".into(), outputs)]);
            for element in elements {
                if let Element::Value(value) = element {
                    self.expect(value, &place, &mut wrong);
                }
            }
        }
        let found = std::mem::take(&mut self.diagnostics);
        wrong.extend(found.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error));
        wrong
    }

    fn expect(&mut self, expression: &Expr, place: &Place, wrong: &mut Vec<Diagnostic>) {
        match &expression.kind {
            ExprKind::Group(inner) => self.expect(inner, place, wrong),
            ExprKind::Binary(node) if node.operator == Operator::And => {
                self.expect(&node.left, place, wrong);
                self.expect(&node.right, place, wrong);
            }
            ExprKind::Binary(node) if node.operator.compares() || node.operator == Operator::In => {
                let left = self.expression(&node.left, place);
                let right = self.expression(&node.right, place);
                if left.is_error() || right.is_error() {
                    wrong.push(self.unclear(expression));
                    return;
                }
                let equality = match node.operator {
                    Operator::Equal => same(&left, &right),
                    Operator::NotEqual => same(&left, &right).map(|same| !same),
                    _ => None,
                };
                let holds = match equality {
                    Some(holds) => Some(holds),
                    None => match (left.known(), right.known()) {
                        (Some(_), Some(_)) => {
                            let id = format!("operator.{}", node.operator.symbol());
                            self.compute(&id, &[left.clone(), right.clone()], expression.span)
                                .known()
                                .and_then(|value| value.as_bool())
                        }
                        _ => None,
                    },
                };
                if holds != Some(true) {
                    let diagnostic = self.unmet(expression, holds.is_none());
                    let (left_shown, right_shown) = (shown(&left), shown(&right));
                    let literal = matches!(node.right.kind, ExprKind::Text(_) | ExprKind::Number(_))
                        || self.program.sources.text(node.right.span) == right_shown;
                    let diagnostic = located(diagnostic, node.left.span, left_shown);
                    wrong.push(if literal { diagnostic } else { diagnostic.label(node.right.span, right_shown) });
                }
            }
            _ => {
                let term = self.expression(expression, place);
                if term.known() != Some(Value::Bool(true)) {
                    let diagnostic = self.unmet(expression, term.known().is_none());
                    wrong.push(located(diagnostic, expression.span, shown(&term)));
                }
            }
        }
    }

    fn unmet(&self, expression: &Expr, undecided: bool) -> Diagnostic {
        let written = self.program.sources.text(expression.span).split_whitespace().collect::<Vec<_>>().join(" ");
        let message = if undecided {
            format!("Nobody knows before apply whether this holds: {written}")
        } else {
            format!("This does not hold: {written}")
        };
        let diagnostic = Diagnostic::error("test::failed", message, expression.span, "");
        if undecided {
            diagnostic.help("what a cloud makes is a symbol in a test; expect what is written, or that both sides are the same symbol")
        } else {
            diagnostic.help("correct the stack, or what is expected of it")
        }
    }

    fn unclear(&self, expression: &Expr) -> Diagnostic {
        Diagnostic::error("test::failed", "This cannot be computed", expression.span, "a part of it has no value here")
            .help("what has a condition or a filter may be absent in this environment")
    }
}

/// The report with its place at one side of the comparison.
fn located(mut diagnostic: Diagnostic, span: Span, text: String) -> Diagnostic {
    if let Some(first) = diagnostic.labels.first_mut() {
        first.span = span;
        first.text = text;
    }
    diagnostic
}

/// Whether two terms are the same: objects by their address, symbols by what they wait for.
fn same(left: &Term, right: &Term) -> Option<bool> {
    match (&left.kind, &right.kind) {
        (Kind::Object(left), Kind::Object(right)) => Some(left.address == right.address),
        (Kind::Object(_), Kind::Value(Value::None)) | (Kind::Value(Value::None), Kind::Object(_)) => Some(false),
        (Kind::Unknown(left), Kind::Unknown(right)) => (left.residual == right.residual).then_some(true),
        (Kind::List(left), Kind::List(right)) => {
            if left.len() != right.len() {
                return Some(false);
            }
            all(left.iter().zip(right.iter()).map(|(left, right)| same(left, right)))
        }
        (Kind::Map(left), Kind::Map(right)) => {
            if !left.keys().eq(right.keys()) {
                return Some(false);
            }
            all(left.values().zip(right.values()).map(|(left, right)| same(left, right)))
        }
        _ => match (left.known(), right.known()) {
            (Some(left), Some(right)) => Some(crate::builtins::operator::equal(&left, &right)),
            _ => None,
        },
    }
}

fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => result = None,
        }
    }
    result
}

/// A term for people, without secrets.
fn shown(term: &Term) -> String {
    if term.is_secret() {
        return "a secret".to_owned();
    }
    match &term.kind {
        Kind::Value(Value::None) => "none".to_owned(),
        Kind::Value(value) => render(value),
        Kind::Object(instance) => instance.address.to_string(),
        Kind::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Kind::Map(entries) => {
            let entries: Vec<String> = entries.iter().map(|(name, term)| format!("{name}: {}", shown(term))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Kind::Unknown(unknown) => format!("known only after apply: {}", unknown.residual.describe()),
        Kind::Existing(inner) | Kind::Unchecked(inner) => shown(inner),
        Kind::Component(_) => "an instance of a component".to_owned(),
        Kind::Target(placement) => format!("the target {}", placement.target.place()),
        Kind::Error => "nothing".to_owned(),
    }
}

fn literal_text(expression: &Expr) -> Option<EcoString> {
    let ExprKind::Text(text) = &expression.kind else { return None };
    match text.parts.as_slice() {
        [TextPart::Known(text)] => Some(text.clone()),
        _ => None,
    }
}
