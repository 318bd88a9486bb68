//! Members and keys of terms.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use cairn_provider::naming;
use cairn_provider::schema::{Access, Shape, TypeSchema};
use cairn_provider::value::Value;
use ecow::EcoString;

use super::instance::{FieldState, Instance};
use super::term::{Kind, Phase, Term, Unknown};
use super::{Evaluator, Place};
use crate::builtins::{self, On};
use crate::diagnostic::Diagnostic;
use crate::language::syntax::ast::{Entry, Expr, ExprKind, ItemKind, Member};
use crate::model::Residual;
use crate::model::encoding::{Decoding, decode};
use crate::model::residual::Attribute;
use crate::source::Span;

impl Evaluator<'_> {
    pub(super) fn member(&mut self, node: &Member, span: Span, place: &Place) -> Term {
        let base = self.expression(&node.base, place);
        self.member_of(&base, &node.name.text, span)
    }

    /// A member of a term.
    pub(super) fn member_of(&mut self, base: &Term, name: &EcoString, span: Span) -> Term {
        match &base.kind {
            Kind::Map(entries) => entries.get(name).cloned().unwrap_or_else(|| Term::none(span)),
            Kind::Object(instance) => {
                let instance = Rc::clone(instance);
                self.touch(&instance, span);
                self.attribute(&instance, name, span)
            }
            Kind::Component(scope) => {
                let scope = *scope;
                let unit = self.unit_of(scope);
                if self.is_imported(scope) {
                    return self.stack_output(scope, name, span);
                }
                match self.program.unit(unit).outputs.get(name) {
                    Some(item) => {
                        let term = self.item_value(scope, *item, span);
                        match term.kind {
                            Kind::Object(_) | Kind::Unknown(_) => Term { origin: span, ..term },
                            _ => term,
                        }
                    }
                    None => Term::error(span),
                }
            }
            Kind::Target(placement) => match name.as_str() {
                "tags" => {
                    let tags = placement.tags.iter().map(|(name, text)| (name.clone(), Term::text(text.clone(), span)));
                    Term::map(tags.collect(), span)
                }
                name => match placement.target.setting(name) {
                    Some(text) => Term::text(text, span),
                    None => Term::none(span),
                },
            },
            Kind::Value(Value::None) => Term::none(span),
            Kind::Value(value) => match receiver(value).and_then(|on| builtins::find(on, name)) {
                Some(builtin) => self.compute(builtin.id, std::slice::from_ref(base), span),
                None => Term::error(span),
            },
            Kind::Unknown(unknown) => unknown_member(unknown, name, span),
            Kind::List(_) | Kind::Existing(_) | Kind::Unchecked(_) | Kind::Error => Term::error(span),
        }
    }

    /// An attribute of an object: what was written, what follows from it, what was found, or a symbol.
    ///
    /// What the value was made of, the object itself waits for; who reads it waits for the object, and beside it only
    /// for what the value still names. So a chain of readers has as many needs as links.
    pub(super) fn attribute(&mut self, instance: &Rc<Instance>, name: &EcoString, span: Span) -> Term {
        let (term, mut touched) = self.collecting(|evaluator| evaluator.any_attribute(instance, name, span));
        if !touched.is_empty() {
            let mut named = BTreeSet::new();
            term.named(&mut named);
            touched.retain(|need| named.contains(&need.address));
            self.touched.extend(touched);
        }
        term
    }

    fn any_attribute(&mut self, instance: &Rc<Instance>, name: &EcoString, span: Span) -> Term {
        let schema = Arc::clone(&instance.schema);
        let Some(field) = schema.field(name).cloned() else { return Term::error(span) };
        if instance.lookup {
            return self.found_attribute(instance, name, &schema, &field.shape, span);
        }
        if field.access != Access::ReadOnly
            && let Some(term) = self.field(instance, name)
            && !term.is_none()
        {
            let term = match &term.kind {
                // Read back, text that means a network is one.
                Kind::Value(value) => {
                    Term { origin: term.origin, kind: Kind::Value(decode_written(&field.shape, value)) }
                }
                _ => term,
            };
            return match term.kind {
                Kind::Object(_) | Kind::Unknown(_) => Term { origin: span, ..term },
                _ => term,
            };
        }
        if let Some(term) = self.derived(instance, name, span) {
            return term;
        }
        let secret = field.sensitive;
        if self.written && field.access != Access::ReadOnly && !field.required {
            return Term::none(span);
        }
        let attribute = Attribute { address: instance.address.clone(), path: Arc::new([name.clone()]), secret };
        symbol(Residual::Attribute(attribute), Phase::Made, secret, (schema, field.shape), span)
    }

    fn found_attribute(
        &mut self,
        instance: &Rc<Instance>,
        name: &EcoString,
        schema: &Arc<TypeSchema>,
        shape: &Shape,
        span: Span,
    ) -> Term {
        if let Some(term) = instance.given.borrow().as_ref().and_then(|given| given.get(name)) {
            return match &term.kind {
                Kind::Value(value) => Term { origin: span, kind: Kind::Value(decode_written(shape, value)) },
                _ => term.clone(),
            };
        }
        let found = instance.found.borrow();
        match found.as_ref() {
            Some(attributes) => match attributes.get(name) {
                Some(value) => Term::value(decode(shape, value), span),
                None => Term::none(span),
            },
            None => {
                let attribute =
                    Attribute { address: instance.address.clone(), path: Arc::new([name.clone()]), secret: false };
                symbol(Residual::Attribute(attribute), Phase::Read, false, (Arc::clone(schema), shape.clone()), span)
            }
        }
    }

    /// A field of an instance as it was written, evaluated once.
    pub(super) fn field(&mut self, instance: &Rc<Instance>, name: &EcoString) -> Option<Term> {
        let state = instance.fields.borrow().get(name).cloned();
        match state {
            Some(FieldState::Done(term, touched)) => {
                self.touched.extend(touched.iter().cloned());
                return term;
            }
            Some(FieldState::InProgress) => {
                self.circular_field(instance, name);
                return Some(Term::error(self.program.item(instance.item).span));
            }
            None => {}
        }
        instance.fields.borrow_mut().insert(name.clone(), FieldState::InProgress);
        let span = self.program.item(instance.item).span.at_start();
        let deeper = self.as_made(|evaluator| {
            evaluator
                .deeper(span, |evaluator| evaluator.collecting(|evaluator| evaluator.written_field(instance, name)))
        });
        let (term, touched) = deeper.unwrap_or_else(|| (Some(Term::error(span)), Vec::new()));
        let touched = Rc::new(touched);
        self.touched.extend(touched.iter().cloned());
        instance.fields.borrow_mut().insert(name.clone(), FieldState::Done(term.clone(), touched));
        term
    }

    fn circular_field(&mut self, instance: &Rc<Instance>, name: &EcoString) {
        let span = self.field_span(instance, name).unwrap_or(self.program.item(instance.item).span);
        self.circular.insert(instance.address.clone());
        self.report(
            Diagnostic::error(
                "names::circular",
                format!("`{}.{name}` needs itself", instance.address),
                span,
                "through other fields it depends on this one",
            )
            .help("a value cannot be made of itself"),
        );
    }

    fn entries(&self, instance: &Instance) -> &[Entry] {
        let ItemKind::Declaration(node) = &self.program.item(instance.item).kind else { return &[] };
        let ExprKind::Construct(construct) = &node.value.kind else { return &[] };
        match construct.fields.as_ref().map(|fields| &fields.kind) {
            Some(ExprKind::Record(entries)) => entries,
            _ => &[],
        }
    }

    /// Where a field was written.
    pub(super) fn field_span(&self, instance: &Instance, name: &str) -> Option<Span> {
        self.entries(instance).iter().rev().find_map(|entry| match entry {
            Entry::Field(key, _) if key.text == name => Some(key.span),
            Entry::Short(short) if short.text == name => Some(short.span),
            Entry::Field(..) | Entry::Short(_) | Entry::Spread(_) => None,
        })
    }

    /// The expression of a field as it was written.
    pub(super) fn field_expression(&self, instance: &Instance, name: &str) -> Option<&Expr> {
        self.entries(instance).iter().rev().find_map(|entry| match entry {
            Entry::Field(key, value) if key.text == name => Some(value),
            Entry::Field(..) | Entry::Short(_) | Entry::Spread(_) => None,
        })
    }

    /// All names of fields that were written, spreads included.
    pub(super) fn field_names(&mut self, instance: &Rc<Instance>) -> Vec<EcoString> {
        let program = self.program;
        let ItemKind::Declaration(node) = &program.item(instance.item).kind else { return Vec::new() };
        let ExprKind::Construct(construct) = &node.value.kind else { return Vec::new() };
        let Some(Expr { kind: ExprKind::Record(entries), .. }) = &construct.fields else { return Vec::new() };
        let place = Place { scope: instance.scope, locals: instance.locals.clone() };
        let mut names: Vec<EcoString> = Vec::new();
        for entry in entries {
            match entry {
                Entry::Field(key, _) => names.push(key.text.clone()),
                Entry::Short(name) => names.push(name.text.clone()),
                Entry::Spread(value) => {
                    let (term, _) = self.collecting(|evaluator| evaluator.expression(value, &place));
                    if let Kind::Map(spread) = &term.kind {
                        names.extend(spread.keys().cloned());
                    }
                }
            }
        }
        names.sort();
        names.dedup();
        names
    }

    fn written_field(&mut self, instance: &Rc<Instance>, name: &EcoString) -> Option<Term> {
        let program = self.program;
        let ItemKind::Declaration(node) = &program.item(instance.item).kind else { return None };
        let ExprKind::Construct(construct) = &node.value.kind else { return None };
        let Some(Expr { kind: ExprKind::Record(entries), .. }) = &construct.fields else { return None };
        let place = Place { scope: instance.scope, locals: instance.locals.clone() };
        for entry in entries.iter().rev() {
            match entry {
                Entry::Field(key, value) if key.text == *name => return Some(self.expression(value, &place)),
                Entry::Short(short) if short.text == *name => {
                    let expression = Expr { span: short.span, kind: ExprKind::Name(short.text.clone()) };
                    return Some(self.expression(&expression, &place));
                }
                Entry::Spread(value) => {
                    let term = self.expression(value, &place);
                    if let Kind::Map(spread) = &term.kind
                        && let Some(found) = spread.get(name)
                    {
                        return Some(found.clone());
                    }
                }
                Entry::Field(..) | Entry::Short(_) => {}
            }
        }
        None
    }

    pub(super) fn index(&mut self, base: &Expr, key: &Expr, span: Span, place: &Place) -> Term {
        let term = self.expression(base, place);
        let key_term = self.expression(key, place);
        match &term.kind {
            Kind::Map(entries) => match key_term.known_text() {
                Some(text) => match entries.get(&text) {
                    Some(found) => match &found.kind {
                        Kind::Object(_) => Term { origin: span, ..found.clone() },
                        _ => found.clone(),
                    },
                    None => {
                        let keys: Vec<EcoString> = entries.keys().cloned().collect();
                        self.no_such_key(base, &text, &keys, key.span);
                        Term::error(span)
                    }
                },
                None => self.wait("operator.index", &[term, key_term], span),
            },
            Kind::List(items) => match key_term.known() {
                Some(Value::Int(index)) => match usize::try_from(index).ok().and_then(|index| items.get(index)) {
                    Some(found) => found.clone(),
                    None => {
                        let count = items.len();
                        self.report(Diagnostic::error(
                            "refs::no_such_item",
                            format!("There is no item {index}"),
                            key.span,
                            format!("the list has {count}; the first is 0"),
                        ));
                        Term::error(span)
                    }
                },
                _ => self.wait("operator.index", &[term, key_term], span),
            },
            Kind::Unknown(_) => self.wait("operator.index", &[term, key_term], span),
            _ => Term::error(span),
        }
    }

    fn no_such_key(&mut self, base: &Expr, key: &str, keys: &[EcoString], span: Span) {
        // Keys that come from something wrong are not known.
        if self.rests_on_failed(base, 8) {
            return;
        }
        let shown = self.program.sources.text(base.span).to_owned();
        let quoted: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
        let listed = match quoted.as_slice() {
            [] => "it has no keys".to_owned(),
            [one] => format!("the only key is {one}"),
            [many @ .., last] => format!("keys are {} and {last}", many.join(", ")),
        };
        let mut diagnostic =
            Diagnostic::error("refs::no_such_key", format!("`{shown}` has no \"{key}\""), span, listed);
        if let ExprKind::Name(name) = &base.kind
            && let Some(place) = self.keys_come_from(name)
        {
            diagnostic = diagnostic.help(format!("{place}; add `{key}` there to get one more"));
        }
        self.report(diagnostic);
    }

    /// Where the keys of a looped declaration come from.
    fn keys_come_from(&self, name: &str) -> Option<String> {
        let binding = self.program.units.iter().find_map(|unit| unit.values.get(name))?;
        let ItemKind::Declaration(node) = &self.program.item(binding.item).kind else { return None };
        let each = node.each.as_ref()?;
        let ExprKind::Name(source) = &each.source.kind else { return None };
        let unit = self.program.unit(binding.unit);
        let from = unit.values.get(source)?;
        Some(format!("the keys come from `{source}` ({})", self.program.sources.place(from.span)))
    }
}

/// A symbol for something a cloud will say, decoded into the language's terms where it is a single value.
pub(super) fn symbol(
    residual: Residual,
    phase: Phase,
    secret: bool,
    shape: (Arc<TypeSchema>, Shape),
    span: Span,
) -> Term {
    let residual = match Decoding::of(&shape.1) {
        Some(decoding) => Residual::Decode(decoding, Box::new(residual)),
        None => residual,
    };
    Term { origin: span, kind: Kind::Unknown(Rc::new(Unknown { residual, phase, secret, shape: Some(shape) })) }
}

/// A member of a symbol: a longer path below the same object where possible.
fn unknown_member(unknown: &Unknown, name: &EcoString, span: Span) -> Term {
    let inner = unknown.shape.as_ref().and_then(|(schema, shape)| {
        let record = shape.record()?;
        let field = schema.record(record).fields.get(name)?;
        Some((Arc::clone(schema), field.shape.clone(), field.sensitive))
    });
    let secret = unknown.secret || inner.as_ref().is_some_and(|(_, _, sensitive)| *sensitive);
    if let Residual::Attribute(attribute) = &unknown.residual {
        let path: Arc<[EcoString]> = attribute.path.iter().cloned().chain([name.clone()]).collect();
        let residual = Residual::Attribute(Attribute { path, secret, ..attribute.clone() });
        return match inner {
            Some((schema, shape, _)) => symbol(residual, unknown.phase, secret, (schema, shape), span),
            None => Term::unknown(residual, unknown.phase, secret, span),
        };
    }
    let residual = Residual::Call(
        "operator..member".into(),
        vec![unknown.residual.clone(), Residual::Value(Value::Text(name.clone()))],
    );
    Term::unknown(residual, unknown.phase, secret, span)
}

/// What a written value is when it is read back: numbers keep their unit, text that means a network is one.
fn decode_written(shape: &Shape, value: &Value) -> Value {
    match (shape, value) {
        (Shape::Text(_), Value::Text(_)) => decode(shape, value),
        (_, Value::Int(_)) if shape.unit().is_some() => decode(shape, value),
        _ => value.clone(),
    }
}

/// What built-ins call a value.
pub(super) fn receiver(value: &Value) -> Option<On> {
    match value {
        Value::Text(_) => Some(On::Text),
        Value::List(_) => Some(On::List),
        Value::Map(_) => Some(On::Map),
        Value::Cidr(_) => Some(On::Cidr),
        Value::Traffic(_) => Some(On::Traffic),
        Value::Range(..) => Some(On::Range),
        Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Percent(_)
        | Value::Ip(_) => None,
    }
}

/// The name of a field by the vendor's spelling.
pub(super) fn field_name(schema: &TypeSchema, vendor: &str) -> Option<EcoString> {
    let fields = &schema.root().fields;
    fields
        .iter()
        .find(|(_, field)| field.vendor == vendor)
        .map(|(name, _)| name.clone())
        .or_else(|| fields.contains_key(&naming::field(vendor)).then(|| naming::field(vendor)))
}
