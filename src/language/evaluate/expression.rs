//! Expressions to terms.

use std::collections::BTreeMap;

use cairn_provider::value::Value;
use ecow::EcoString;

use super::term::{Kind, Phase, Term};
use super::{Evaluator, Place};
use crate::builtins::operator;
use crate::diagnostic::Diagnostic;
use crate::language::literal;
use crate::language::syntax::ast::{
    Binary, Each, Element, Entry, Expr, ExprKind, ItemKind, Match, Operator, Pattern, PatternKind, TextLiteral,
    TextPart, Unary,
};
use crate::model::Residual;
use crate::source::Span;

impl Evaluator<'_> {
    /// Evaluates an expression.
    pub(super) fn expression(&mut self, expression: &Expr, place: &Place) -> Term {
        if !self.step(expression.span) {
            return Term::error(expression.span);
        }
        let term = self.computed(expression, place);
        self.sized(&expression.kind, term, expression.span)
    }

    fn computed(&mut self, expression: &Expr, place: &Place) -> Term {
        let span = expression.span;
        match &expression.kind {
            ExprKind::Group(inner) => self.expression(inner, place),
            ExprKind::Number(raw) => match literal::classify(raw) {
                Ok(value) => Term::value(value, span),
                Err(_) => Term::error(span),
            },
            ExprKind::Text(text) => self.text(text, span, place),
            ExprKind::Name(name) => self.name(name, span, place),
            ExprKind::Record(entries) => self.record(entries, span, place),
            ExprKind::MapFor(node) => {
                let mut entries = BTreeMap::new();
                let Some(rounds) = self.rounds(&node.each, place) else {
                    return self.unknown_shape(&node.each, span, place);
                };
                for round in rounds {
                    let key = self.expression(&node.key, &round);
                    let Some(key) = key.known_text() else {
                        return self.unknown_key(&key, span);
                    };
                    let value = self.expression(&node.value, &round);
                    if entries.insert(key.clone(), value).is_some() {
                        self.report(Diagnostic::error(
                            "loop::same_key",
                            format!("The key \"{key}\" comes twice"),
                            node.key.span,
                            "keys must differ",
                        ));
                    }
                }
                Term::map(entries, span)
            }
            ExprKind::List(elements) => self.list(elements, span, place),
            ExprKind::ListFor(node) => {
                let Some(rounds) = self.rounds(&node.each, place) else {
                    return self.unknown_shape(&node.each, span, place);
                };
                let mut items = Vec::new();
                for round in rounds {
                    items.push(self.expression(&node.value, &round));
                }
                Term::list(items, span)
            }
            ExprKind::Construct(node) => match &node.fields {
                Some(fields) => {
                    let term = self.expression(fields, place);
                    self.defaults(node, term, place)
                }
                None => Term::map(BTreeMap::new(), span),
            },
            ExprKind::If(node) => {
                let condition = self.expression(&node.condition, place);
                match condition.known() {
                    Some(Value::Bool(true)) => self.expression(&node.yes, place),
                    Some(Value::Bool(false)) => match &node.no {
                        Some(no) => self.expression(no, place),
                        None => Term::none(span),
                    },
                    _ => {
                        let yes = self.expression(&node.yes, place);
                        let no = match &node.no {
                            Some(no) => self.expression(no, place),
                            None => Term::none(span),
                        };
                        self.wait("operator.if", &[condition, yes, no], span)
                    }
                }
            }
            ExprKind::Match(node) => self.matching(node, span, place),
            ExprKind::Unary(unary, inner) => {
                let operand = self.expression(inner, place);
                let symbol = match unary {
                    Unary::Not => "operator.!",
                    Unary::Minus => "operator.neg",
                };
                self.compute(symbol, &[operand], span)
            }
            ExprKind::Binary(node) => self.binary(node, span, place),
            ExprKind::Member(node) => self.member(node, span, place),
            ExprKind::Index(base, key) => self.index(base, key, span, place),
            ExprKind::Call(callee, args) => self.call(callee, args, span, place),
        }
    }

    fn text(&mut self, text: &TextLiteral, span: Span, place: &Place) -> Term {
        let mut parts: Vec<Term> = Vec::new();
        for part in &text.parts {
            parts.push(match part {
                TextPart::Known(known) => Term::text(known.clone(), span),
                TextPart::Value(value) => self.expression(value, place),
            });
        }
        if parts.iter().any(Term::is_error) {
            return Term::error(span);
        }
        let mut known = EcoString::new();
        let mut residuals: Vec<Residual> = Vec::new();
        let (mut phase, mut secret) = (Phase::Written, false);
        for part in &parts {
            phase = phase.max(part.phase());
            secret |= part.is_secret();
            match part.known() {
                Some(value) => match operator::interpolated(&value) {
                    Ok(text) => known.push_str(&text),
                    Err(sentence) => {
                        self.report(Diagnostic::error("types::interpolation", sentence, part.origin, "put into text"));
                        return Term::error(span);
                    }
                },
                None => {
                    let Some(residual) = part.residual() else { return Term::error(span) };
                    if !known.is_empty() {
                        residuals.push(Residual::Value(Value::Text(std::mem::take(&mut known))));
                    }
                    residuals.push(residual);
                }
            }
        }
        if residuals.is_empty() {
            return Term::text(known, span);
        }
        if !known.is_empty() {
            residuals.push(Residual::Value(Value::Text(known)));
        }
        Term::unknown(Residual::Text(residuals), phase, secret, span)
    }

    pub(super) fn name(&mut self, name: &EcoString, span: Span, place: &Place) -> Term {
        if let Some((_, term)) = place.locals.iter().rev().find(|(local, _)| local == name) {
            return used(term.clone(), span);
        }
        let unit = self.unit_of(place.scope);
        if let Some(binding) = self.program.unit(unit).values.get(name) {
            let scope = self.scope_of_binding(place.scope, binding.unit);
            let term = self.item_value(scope, binding.item, span);
            return used(term, span);
        }
        if let Some(import) = self.program.unit(unit).stacks.get(name) {
            return Term { origin: span, kind: Kind::Component(self.stack_scope(name, import.unit)) };
        }
        match name.as_str() {
            "true" => Term::value(Value::Bool(true), span),
            "false" => Term::value(Value::Bool(false), span),
            "none" => Term::none(span),
            "tcp" | "udp" | "icmp" => Term::text(name.clone(), span),
            "env" => match &self.environment {
                Some(environment) => Term::text(environment.clone(), span),
                None => Term::text("", span),
            },
            _ => Term::error(span),
        }
    }

    /// Constants and functions of a library are evaluated in a scope of their own, without inputs.
    pub(super) fn scope_of_binding(&mut self, scope: usize, unit: crate::language::program::UnitId) -> usize {
        if self.unit_of(scope) == unit {
            return scope;
        }
        let existing =
            self.scopes.iter().position(|scope| scope.unit == unit && scope.path.is_none() && scope.inputs.is_empty());
        existing.unwrap_or_else(|| {
            self.scopes.push(super::Scope {
                unit,
                outer: None,
                path: None,
                inputs: BTreeMap::new(),
                input_needs: BTreeMap::new(),
                inherited: std::rc::Rc::default(),
            });
            self.scopes.len() - 1
        })
    }

    fn record(&mut self, entries: &[Entry], span: Span, place: &Place) -> Term {
        let mut record: BTreeMap<EcoString, Term> = BTreeMap::new();
        for entry in entries {
            match entry {
                Entry::Field(key, value) => {
                    let value = self.expression(value, place);
                    record.insert(key.text.clone(), value);
                }
                Entry::Short(name) => {
                    let value = self.name(&name.text, name.span, place);
                    record.insert(name.text.clone(), value);
                }
                Entry::Spread(value) => {
                    let term = self.expression(value, place);
                    match &term.kind {
                        Kind::Map(entries) => {
                            record.extend(entries.iter().map(|(name, term)| (name.clone(), term.clone())));
                        }
                        Kind::Value(Value::None) => {}
                        _ => return Term::error(span),
                    }
                }
            }
        }
        // An entry without a value is left out.
        record.retain(|_, term| !term.is_none());
        Term::map(record, span)
    }

    fn list(&mut self, elements: &[Element], span: Span, place: &Place) -> Term {
        let mut items = Vec::new();
        for element in elements {
            match element {
                Element::Value(value) => {
                    let term = self.expression(value, place);
                    if !term.is_none() {
                        items.push(term);
                    }
                }
                Element::Spread(value) => {
                    let term = self.expression(value, place);
                    match &term.kind {
                        Kind::List(inner) => {
                            self.steps += inner.len() as u64;
                            items.extend(inner.iter().cloned());
                        }
                        Kind::Map(inner) => items.extend(inner.values().cloned()),
                        Kind::Value(Value::None) => {}
                        _ => return Term::error(span),
                    }
                    if !self.step(span) {
                        return Term::error(span);
                    }
                }
            }
        }
        Term::list(items, span)
    }

    /// The rounds of a loop, each with its variables. Nothing if they are not known yet.
    pub(super) fn rounds(&mut self, each: &Each, place: &Place) -> Option<Vec<Place>> {
        let source = self.expression(&each.source, place);
        let pairs: Vec<(Term, Option<Term>)> = match &source.kind {
            Kind::Map(entries) => entries
                .iter()
                .map(|(key, value)| (Term::text(key.clone(), value.origin), Some(value.clone())))
                .collect(),
            Kind::List(items) => items.iter().map(|item| (item.clone(), None)).collect(),
            Kind::Value(Value::Range(first, last)) => {
                let (first, last) = (*first, *last);
                if last.saturating_sub(first) > super::MAX_INSTANCES as i64 {
                    self.steps = super::MAX_STEPS;
                    self.step(each.source.span);
                    return Some(Vec::new());
                }
                (first..=last).map(|number| (Term::value(Value::Int(number), each.source.span), None)).collect()
            }
            Kind::Error | Kind::Value(_) => Vec::new(),
            Kind::Unknown(_)
            | Kind::Object(_)
            | Kind::Existing(_)
            | Kind::Component(_)
            | Kind::Target(_)
            | Kind::Unchecked(_) => return None,
        };
        let mut rounds = Vec::with_capacity(pairs.len());
        for (first, second) in pairs {
            if !self.step(each.span) {
                break;
            }
            let mut names = vec![(each.first.text.clone(), first)];
            if let (Some(name), Some(value)) = (&each.second, second) {
                names.push((name.text.clone(), value));
            }
            let round = place.with(names);
            if let Some(guard) = &each.guard {
                let keep = self.expression(&guard.condition, &round);
                match keep.known() {
                    Some(Value::Bool(true)) => {}
                    Some(_) => continue,
                    None if keep.is_error() => continue,
                    None => return None,
                }
            }
            rounds.push(round);
        }
        Some(rounds)
    }

    fn unknown_shape(&mut self, each: &Each, span: Span, place: &Place) -> Term {
        let source = self.expression(&each.source, place);
        let phase = source.phase().max(Phase::Read);
        let residual = source.residual().unwrap_or(Residual::Value(Value::None));
        Term::unknown(Residual::Call("unknown".into(), vec![residual]), phase, source.is_secret(), span)
    }

    fn unknown_key(&mut self, key: &Term, span: Span) -> Term {
        if key.is_error() {
            return Term::error(span);
        }
        let residual = key.residual().unwrap_or(Residual::Value(Value::None));
        Term::unknown(Residual::Call("unknown".into(), vec![residual]), key.phase(), key.is_secret(), span)
    }

    fn matching(&mut self, node: &Match, span: Span, place: &Place) -> Term {
        let value = self.expression(&node.value, place);
        let Some(known) = value.known() else {
            if value.is_error() {
                return Term::error(span);
            }
            // Told apart later: a chain of conditions.
            let mut result = Term::none(span);
            for arm in node.arms.iter().rev() {
                let arm_value = self.expression(&arm.value, place);
                let mut hit: Option<Term> = None;
                for pattern in &arm.patterns {
                    let literal = Term::value(pattern_value(pattern), pattern.span);
                    let equal = self.compute("operator.==", &[value.clone(), literal], pattern.span);
                    hit = Some(match hit {
                        Some(before) => self.compute("operator.||", &[before, equal], pattern.span),
                        None => equal,
                    });
                }
                result = match hit {
                    Some(hit) => self.wait("operator.if", &[hit, arm_value, result], span),
                    None => arm_value,
                };
            }
            return result;
        };
        for arm in &node.arms {
            let hit = arm.patterns.is_empty()
                || arm.patterns.iter().any(|pattern| operator::equal(&pattern_value(pattern), &known));
            if hit {
                return self.expression(&arm.value, place);
            }
        }
        Term::error(span)
    }

    fn binary(&mut self, node: &Binary, span: Span, place: &Place) -> Term {
        let left = self.expression(&node.left, place);
        match (node.operator, left.known()) {
            (Operator::And, Some(Value::Bool(false))) => return Term::value(Value::Bool(false), span),
            (Operator::Or, Some(Value::Bool(true))) => return Term::value(Value::Bool(true), span),
            (Operator::Coalesce, Some(Value::None)) => return self.expression(&node.right, place),
            (Operator::Coalesce, _) if !matches!(left.kind, Kind::Unknown(_)) => return left,
            _ => {}
        }
        let right = self.expression(&node.right, place);
        if matches!(node.operator, Operator::Equal | Operator::NotEqual)
            && let Some(same) = same_object(&left, &right)
        {
            return Term::value(Value::Bool(same == (node.operator == Operator::Equal)), span);
        }
        if node.operator == Operator::Coalesce {
            return self.wait("operator.??", &[left, right], span);
        }
        let symbol = format!("operator.{}", node.operator.symbol());
        // A range that runs backwards is reported where it stands, with both ends.
        if node.operator == Operator::Divide
            && let (Some(Value::Text(_)), Some(Value::Range(first, last))) = (left.known(), right.known())
            && first > last
        {
            self.report(
                Diagnostic::error(
                    "values::ports",
                    "This port range runs backwards",
                    node.right.span,
                    "the first port is larger than the last",
                )
                .help(format!(
                    "{}/{last}..{first}        (ports go from 0 to 65535)",
                    left.known_text().unwrap_or_default()
                )),
            );
            return Term::error(span);
        }
        self.compute(&symbol, &[left, right], span)
    }

    /// Computes a function of known values, or waits for what is not known.
    pub(super) fn compute(&mut self, id: &str, operands: &[Term], span: Span) -> Term {
        if operands.iter().any(Term::is_error) {
            return Term::error(span);
        }
        let known: Option<Vec<Value>> = operands.iter().map(Term::known).collect();
        match known {
            Some(values) => match crate::builtins::run(id, &values) {
                Ok(value) => Term::value(value, span),
                Err(sentence) => {
                    self.failed(&sentence, span);
                    Term::error(span)
                }
            },
            None => self.wait(id, operands, span),
        }
    }

    fn failed(&mut self, sentence: &str, span: Span) {
        let code = if sentence.contains("port") { "values::ports" } else { "evaluate::failed" };
        let mut characters = sentence.chars();
        let capital: String =
            characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect());
        self.report(Diagnostic::error(code, capital, span, "computed here"));
    }

    /// A call that waits for what is not known.
    pub(super) fn wait(&mut self, id: &str, operands: &[Term], span: Span) -> Term {
        if operands.iter().any(Term::is_error) {
            return Term::error(span);
        }
        let residuals: Option<Vec<Residual>> = operands.iter().map(Term::residual).collect();
        let Some(residuals) = residuals else {
            self.report(
                Diagnostic::error(
                    "phase::choice",
                    "Which resource is meant must be known before apply",
                    span,
                    "the choice depends on something made by apply",
                )
                .help("choose by something written or looked up"),
            );
            return Term::error(span);
        };
        let phase = operands.iter().map(Term::phase).max().unwrap_or(Phase::Written);
        let secret = operands.iter().any(Term::is_secret);
        Term::unknown(Residual::Call(id.into(), residuals), phase, secret, span)
    }

    /// A record of a named type: fields with defaults are filled in.
    fn defaults(&mut self, node: &crate::language::syntax::ast::Construct, term: Term, place: &Place) -> Term {
        use crate::language::program::TypeBinding;
        let [name] = node.path.as_slice() else { return term };
        let unit = self.unit_of(place.scope);
        let Some(TypeBinding::Alias(binding)) = self.program.unit(unit).types.get(&name.text) else { return term };
        if !matches!(self.program.item(binding.item).kind, ItemKind::Type(_)) {
            return term;
        }
        match self.typed.types.get(&binding.item) {
            Some(ty) => {
                let ty = ty.clone();
                self.coerced(place.scope, term, &ty)
            }
            None => term,
        }
    }
}

/// A use of something that is no literal is located where it is used.
fn used(term: Term, span: Span) -> Term {
    match term.kind {
        Kind::Object(_) | Kind::Component(_) | Kind::Unknown(_) | Kind::Target(_) => Term { origin: span, ..term },
        Kind::Value(_) | Kind::List(_) | Kind::Map(_) | Kind::Existing(_) | Kind::Unchecked(_) | Kind::Error => term,
    }
}

fn pattern_value(pattern: &Pattern) -> Value {
    match &pattern.kind {
        PatternKind::Text(text) => Value::Text(text.clone()),
        PatternKind::Number(raw) => literal::classify(raw).unwrap_or(Value::None),
        PatternKind::Bool(truth) => Value::Bool(*truth),
        PatternKind::None => Value::None,
    }
}

/// Whether two terms are the same object, if both are objects.
fn same_object(left: &Term, right: &Term) -> Option<bool> {
    match (&left.kind, &right.kind) {
        (Kind::Object(left), Kind::Object(right)) => Some(left.address == right.address),
        (Kind::Object(_), Kind::Value(Value::None)) | (Kind::Value(Value::None), Kind::Object(_)) => Some(false),
        (Kind::Existing(left), Kind::Existing(right)) => Some(operator::equal(&left.known()?, &right.known()?)),
        (Kind::Object(_), Kind::Existing(_)) | (Kind::Existing(_), Kind::Object(_)) => Some(false),
        // Several values are never one, whatever they are made of.
        (Kind::Map(_) | Kind::List(_), Kind::Value(_)) | (Kind::Value(_), Kind::Map(_) | Kind::List(_)) => Some(false),
        (Kind::Unknown(unknown), Kind::Value(Value::Text(text)))
        | (Kind::Value(Value::Text(text)), Kind::Unknown(unknown)) => begins_otherwise(&unknown.residual, text),
        _ => None,
    }
}

/// Text whose beginning is known is not a text that begins differently.
fn begins_otherwise(residual: &Residual, text: &str) -> Option<bool> {
    let Residual::Text(parts) = residual else { return None };
    let Some(Residual::Value(Value::Text(begin))) = parts.first() else { return None };
    (!text.starts_with(begin.as_str())).then_some(false)
}
