//! Terms into the form a field is sent in.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use cairn_provider::schema::{RecordId, ReferenceTo, Shape};
use cairn_provider::value::{Value, render};
use ecow::EcoString;

use super::Evaluator;
use super::emit::holds_sensitive;
use super::instance::Instance;
use super::term::{Kind, Term};
use crate::diagnostic::Diagnostic;
use crate::model::Residual;
use crate::model::desired::Need;
use crate::model::encoding::{Decoding, Encoding, Violation, plain};
use crate::source::Span;

impl Evaluator<'_> {
    /// Encodes a term for a field. Nothing if it was reported, or is not ready.
    pub(super) fn encode(
        &mut self,
        term: &Term,
        shape: &Shape,
        instance: &Rc<Instance>,
        path: &str,
        needs: &mut Vec<Need>,
    ) -> Option<Residual> {
        match (&term.kind, shape) {
            (Kind::Error, _) => None,
            (Kind::Value(Value::None), _) => Some(Residual::Value(Value::None)),
            (Kind::Unchecked(inner), _) => self.encode_unchecked(inner, shape, instance, path, needs),
            (_, Shape::Reference(reference)) => self.encode_reference(term, reference, path, needs),
            (Kind::List(items), Shape::List { item, min, max, .. }) => {
                let items = Rc::clone(items);
                self.check_count(items.len(), *min, *max, term.origin, path);
                let encoded = items.iter().map(|term| self.encode(term, item, instance, path, needs)).collect();
                collect(encoded).map(list)
            }
            (Kind::Map(entries), Shape::List { item, .. }) => {
                let items: Vec<Term> = entries.values().cloned().collect();
                let encoded = items.iter().map(|term| self.encode(term, item, instance, path, needs)).collect();
                collect(encoded).map(list)
            }
            (Kind::Map(entries), Shape::Map(item)) => {
                let entries = Rc::clone(entries);
                let encoded = entries
                    .iter()
                    .map(|(name, term)| Some((name.clone(), self.encode(term, item, instance, path, needs)?)))
                    .collect::<Vec<_>>();
                collect(encoded).map(|pairs| map(pairs.into_iter().collect()))
            }
            (Kind::Map(entries), Shape::Record(id)) => {
                self.encode_record(&Rc::clone(entries), *id, instance, path, needs)
            }
            (_, Shape::Keyed { record, key, value, rich }) => {
                self.encode_keyed(term, (*record, key, value, *rich), instance, path, needs)
            }
            (_, Shape::Json) => self.encode_json(term, path),
            // Nobody knows which of its parts is the secret.
            (Kind::Unknown(unknown), Shape::Record(_)) if unknown.secret => {
                self.secret_in(path.rsplit('.').next().unwrap_or(path), term.origin);
                None
            }
            (Kind::Unknown(unknown), _) => Some(waiting(&unknown.residual, shape)),
            (Kind::Value(value), _) => {
                self.encode_value(value, shape, term.origin, instance, path).map(Residual::Value)
            }
            // The types were checked; what is left does not fit and was reported with them.
            (_, _) => None,
        }
    }

    fn encode_unchecked(
        &mut self,
        inner: &Term,
        shape: &Shape,
        instance: &Rc<Instance>,
        path: &str,
        needs: &mut Vec<Need>,
    ) -> Option<Residual> {
        let unchecked = |term: &Term| Term { origin: term.origin, kind: Kind::Unchecked(Rc::new(term.clone())) };
        match (&inner.kind, shape) {
            (Kind::Value(value), Shape::Reference(_)) => {
                let written = render(value);
                self.unchecked_kind(inner.origin, path, &format!("{path}: existing({written})"));
                None
            }
            (Kind::Value(value), _) => match Encoding::of(shape).apply(value) {
                Ok(encoded) if is_of_kind(shape, &encoded) => Some(Residual::Value(encoded)),
                Ok(encoded) => {
                    self.unchecked_kind(inner.origin, path, &format!("this is a {}", encoded.kind()));
                    None
                }
                Err(violation) => {
                    self.unchecked_kind(inner.origin, path, &violation.to_string());
                    None
                }
            },
            // What is vouched for as a whole is in its parts; how many there are is vouched for, too.
            (Kind::List(items), Shape::List { item, .. }) => {
                let items: Vec<Term> = items.iter().map(unchecked).collect();
                let encoded = items.iter().map(|term| self.encode(term, item, instance, path, needs)).collect();
                collect(encoded).map(list)
            }
            (Kind::List(items), _) => {
                let items = items.iter().map(unchecked).collect();
                self.encode(&Term::list(items, inner.origin), shape, instance, path, needs)
            }
            (Kind::Map(entries), _) => {
                let entries = entries.iter().map(|(name, term)| (name.clone(), unchecked(term))).collect();
                self.encode(&Term::map(entries, inner.origin), shape, instance, path, needs)
            }
            _ => self.encode(inner, shape, instance, path, needs),
        }
    }

    fn unchecked_kind(&mut self, origin: Span, path: &str, help: &str) {
        let name = path.rsplit('.').next().unwrap_or(path);
        self.report(
            Diagnostic::error(
                "unchecked::kind",
                format!("`unchecked` cannot make this a value of `{name}`"),
                origin,
                "it overrules known values, patterns and limits, not types",
            )
            .help(help),
        );
    }

    fn encode_reference(
        &mut self,
        term: &Term,
        reference: &ReferenceTo,
        path: &str,
        needs: &mut Vec<Need>,
    ) -> Option<Residual> {
        match &term.kind {
            Kind::Object(object) => {
                let object = Rc::clone(object);
                let (_, attribute) = reference
                    .targets
                    .iter()
                    .find(|(kind, _)| *kind == object.schema.name)
                    .or(reference.targets.first())?;
                if !object.lookup {
                    needs.push(Need { address: object.address.clone(), span: term.origin, order_only: false });
                }
                let (sent, touched) =
                    self.collecting(|evaluator| evaluator.sent_attribute(&object, attribute, term.origin));
                needs.extend(touched);
                // What is sent is the cloud's own spelling, not the language's.
                match sent.residual()? {
                    Residual::Value(value) => Some(Residual::Value(plain(&value))),
                    Residual::Decode(_, inner) => Some(*inner),
                    other => Some(other),
                }
            }
            Kind::Existing(id) => match id.residual()? {
                Residual::Value(value) => Some(Residual::Value(plain(&value))),
                other => Some(other),
            },
            Kind::Unknown(unknown) => Some(unknown.residual.clone()),
            Kind::Value(Value::Text(text)) => Some(Residual::Value(Value::Text(text.clone()))),
            _ => {
                let _ = path;
                None
            }
        }
    }

    fn encode_record(
        &mut self,
        entries: &BTreeMap<EcoString, Term>,
        id: RecordId,
        instance: &Rc<Instance>,
        path: &str,
        needs: &mut Vec<Need>,
    ) -> Option<Residual> {
        let schema = Arc::clone(&instance.schema);
        let record = schema.record(id);
        let mut encoded = Vec::new();
        for (name, term) in entries {
            let Some(field) = record.fields.get(name) else {
                // Records that came through a map or a document were not compared with the schema.
                self.report(Diagnostic::error(
                    "schema::unknown_field",
                    format!("`{}.{}` has no field `{name}`", schema.name, record.name),
                    term.origin,
                    "not one of its fields",
                ));
                encoded.push(None);
                continue;
            };
            if !field.sensitive && term.is_secret() && !holds_sensitive(&schema, &field.shape) {
                self.secret_in(name, term.origin);
                encoded.push(None);
                continue;
            }
            let inner = format!("{path}.{name}");
            encoded.push(self.encode(term, &field.shape, instance, &inner, needs).map(|value| (name.clone(), value)));
        }
        collect(encoded).map(|pairs| map(pairs.into_iter().collect()))
    }

    pub(super) fn secret_in(&mut self, name: &str, span: Span) {
        self.report(
            Diagnostic::error(
                "secret::leak",
                "A secret would become readable",
                span,
                format!("{name} can be read by everyone who may describe the resource"),
            )
            .help("pass where the secret is kept, and let the reader fetch it: its id or ARN instead of its value"),
        );
    }

    fn encode_keyed(
        &mut self,
        term: &Term,
        (record, key, value, rich): (RecordId, &EcoString, &EcoString, bool),
        instance: &Rc<Instance>,
        path: &str,
        needs: &mut Vec<Need>,
    ) -> Option<Residual> {
        let schema = Arc::clone(&instance.schema);
        let item = schema.record(record);
        let value_shape = item.fields.get(value)?.shape.clone();
        let mut pairs: Vec<Option<(EcoString, Residual)>> = Vec::new();
        match &term.kind {
            Kind::Map(entries) => {
                for (name, term) in entries.iter() {
                    let encoded = match (&term.kind, rich) {
                        (Kind::Map(inner), true) => {
                            self.encode_record(&Rc::clone(inner), record, instance, path, needs)
                        }
                        (_, true) => self
                            .encode(term, &value_shape, instance, path, needs)
                            .map(|encoded| map([(value.clone(), encoded)].into())),
                        (_, false) => self.encode(term, &value_shape, instance, path, needs),
                    };
                    pairs.push(encoded.map(|encoded| (name.clone(), encoded)));
                }
            }
            Kind::List(items) => {
                for entry in items.iter() {
                    let Kind::Map(fields) = &entry.kind else { return None };
                    let Some(name) = fields.get(key).and_then(Term::known_text) else {
                        self.report(Diagnostic::error(
                            "schema::keyed",
                            format!("`{key}` must be known before apply"),
                            entry.origin,
                            "it is what tells the entries apart",
                        ));
                        return None;
                    };
                    let encoded = if rich {
                        let rest: BTreeMap<EcoString, Term> = fields
                            .iter()
                            .filter(|(name, _)| *name != key)
                            .map(|(n, t)| (n.clone(), t.clone()))
                            .collect();
                        self.encode_record(&rest, record, instance, path, needs)
                    } else {
                        match fields.get(value) {
                            Some(term) => self.encode(term, &value_shape, instance, path, needs),
                            None => Some(Residual::Value(Value::text(""))),
                        }
                    };
                    pairs.push(encoded.map(|encoded| (name, encoded)));
                }
            }
            Kind::Unknown(unknown) => return Some(unknown.residual.clone()),
            _ => return None,
        }
        collect(pairs).map(|pairs| map(pairs.into_iter().collect()))
    }

    /// Any data: quantities and networks become text.
    fn encode_json(&mut self, term: &Term, path: &str) -> Option<Residual> {
        if term.is_secret() {
            let name = path.rsplit('.').next().unwrap_or(path).to_owned();
            self.secret_in(&name, term.origin);
            return None;
        }
        match &term.kind {
            Kind::Value(value) => Some(Residual::Value(plain(value))),
            Kind::List(items) => {
                let encoded = items.iter().map(|term| self.encode_json(term, path)).collect();
                collect(encoded).map(list)
            }
            Kind::Map(entries) => {
                let encoded =
                    entries.iter().map(|(name, term)| Some((name.clone(), self.encode_json(term, path)?))).collect();
                collect(encoded).map(|pairs| map(pairs.into_iter().collect()))
            }
            Kind::Unknown(unknown) => Some(match &unknown.residual {
                Residual::Decode(_, inner) => inner.as_ref().clone(),
                other => other.clone(),
            }),
            Kind::Unchecked(inner) => self.encode_json(inner, path),
            Kind::Object(_) | Kind::Existing(_) | Kind::Component(_) | Kind::Target(_) | Kind::Error => None,
        }
    }

    fn encode_value(
        &mut self,
        value: &Value,
        shape: &Shape,
        origin: Span,
        instance: &Rc<Instance>,
        path: &str,
    ) -> Option<Value> {
        if let (Shape::Bool, Value::Bool(_)) = (shape, value) {
            return Some(value.clone());
        }
        match Encoding::of(shape).apply(value) {
            Ok(encoded) => {
                // Fractions that are whole fit where whole numbers do.
                let encoded = match (shape, &encoded) {
                    (Shape::Int { .. }, Value::Float(number)) if number.fract() == 0.0 => Value::Int(*number as i64),
                    (Shape::Float { .. }, Value::Int(number)) => Value::Float(*number as f64),
                    _ => encoded,
                };
                self.constrain(&encoded, value, shape, origin, instance, path).then_some(encoded)
            }
            Err(Violation::Inexact { unit, .. }) => {
                let name = path.rsplit('.').next().unwrap_or(path);
                self.report(
                    Diagnostic::error(
                        "values::inexact",
                        format!("{} is not a whole number of {}", render(value), unit.counted()),
                        origin,
                        format!("the API counts `{name}` in whole {}", unit.counted()),
                    )
                    .help("a value the API cannot hold exactly is never rounded"),
                );
                None
            }
            Err(Violation::Kind { wanted, found }) => {
                let name = path.rsplit('.').next().unwrap_or(path);
                self.report(Diagnostic::error(
                    "types::mismatch",
                    format!("`{name}` is a {wanted}, this is a {found}"),
                    origin,
                    found,
                ));
                None
            }
        }
    }
}

/// Whether a value is what a field of single values takes, whatever its limits.
fn is_of_kind(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Bool => matches!(value, Value::Bool(_)),
        Shape::Int { .. } | Shape::Float { .. } => value.as_number().is_some(),
        Shape::Text(_) => matches!(value, Value::Text(_)),
        Shape::Json => true,
        Shape::Reference(_) | Shape::List { .. } | Shape::Map(_) | Shape::Record(_) | Shape::Keyed { .. } => false,
    }
}

/// A symbol on its way into a field: decoded only to be encoded again, it passes as it is.
fn waiting(residual: &Residual, shape: &Shape) -> Residual {
    let encoding = Encoding::of(shape);
    match (encoding, residual) {
        (Encoding::Plain, _) => residual.clone(),
        (_, Residual::Decode(decoding, inner)) if Decoding::of(shape) == Some(*decoding) => inner.as_ref().clone(),
        (Encoding::Text, Residual::Attribute(_) | Residual::Text(_) | Residual::Secret(_)) => residual.clone(),
        (encoding, _) => Residual::Encode(encoding, Box::new(residual.clone())),
    }
}

fn collect<T>(parts: Vec<Option<T>>) -> Option<Vec<T>> {
    parts.into_iter().collect()
}

fn list(items: Vec<Residual>) -> Residual {
    let values: Option<Vec<Value>> = items
        .iter()
        .map(|item| match item {
            Residual::Value(value) => Some(value.clone()),
            _ => None,
        })
        .collect();
    match values {
        Some(values) => Residual::Value(Value::list(values.into_iter().filter(|value| !value.is_none()))),
        None => Residual::List(items),
    }
}

fn map(entries: BTreeMap<EcoString, Residual>) -> Residual {
    let values: Option<BTreeMap<EcoString, Value>> = entries
        .iter()
        .map(|(name, entry)| match entry {
            Residual::Value(value) => Some((name.clone(), value.clone())),
            _ => None,
        })
        .collect();
    match values {
        Some(values) => Residual::Value(Value::map(values.into_iter().filter(|(_, value)| !value.is_none()))),
        None => Residual::Map(entries),
    }
}
