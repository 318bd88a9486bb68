//! Values at typed places: defaults are filled in, limits that need the value are checked.

use std::collections::BTreeMap;
use std::rc::Rc;

use cairn_provider::value::{Cidr, Value, render};
use ecow::EcoString;

use super::term::{Kind, Term};
use super::{Evaluator, Place};
use crate::diagnostic::{Diagnostic, WRITTEN_SECRET, suggest};
use crate::language::named;
use crate::language::types::{RecordType, Type};
use crate::source::Span;

impl Evaluator<'_> {
    /// Brings a term to a type and reports what does not fit.
    pub(super) fn coerced(&mut self, scope: usize, term: Term, ty: &Type) -> Term {
        let mut problems = Vec::new();
        let term = self.coerce(scope, term, ty, &mut problems);
        for problem in problems {
            self.report(problem);
        }
        term
    }

    /// Brings a term to a type; what does not fit is added to the problems.
    pub(super) fn coerce(&mut self, scope: usize, term: Term, ty: &Type, problems: &mut Vec<Diagnostic>) -> Term {
        let origin = term.origin;
        match (&term.kind, ty) {
            (Kind::Error | Kind::Unchecked(_), _) | (_, Type::Error | Type::Any) => term,
            (Kind::Value(Value::None), Type::Optional(_) | Type::None) => term,
            (_, Type::Optional(inner)) => self.coerce(scope, term, inner, problems),
            (Kind::Unknown(unknown), Type::Secret(_)) if unknown.secret => term,
            (_, Type::Secret(inner)) => match &term.kind {
                Kind::Value(_) => {
                    problems.push(
                        Diagnostic::error(
                            "secret::written",
                            "A secret cannot be written as text",
                            origin,
                            WRITTEN_SECRET,
                        )
                        .help("name where it is kept: secret(\"env:NAME\") or secret(\"file:PATH\")"),
                    );
                    Term::error(origin)
                }
                _ => self.coerce(scope, term, inner, problems),
            },
            (Kind::Unknown(_), _) => term,
            (Kind::Map(entries), Type::Record(record)) => {
                let entries = Rc::clone(entries);
                let record = std::sync::Arc::clone(record);
                self.coerce_record(scope, &entries, &record, origin, problems)
            }
            (Kind::Map(entries), Type::Map(item)) => {
                let coerced: BTreeMap<EcoString, Term> = entries
                    .iter()
                    .map(|(name, value)| (name.clone(), self.coerce(scope, value.clone(), item, problems)))
                    .collect();
                Term::map(coerced, origin)
            }
            (Kind::Map(entries), Type::List(item) | Type::Set(item)) => {
                let items = entries.values().map(|value| self.coerce(scope, value.clone(), item, problems)).collect();
                Term::list(items, origin)
            }
            (Kind::List(items), Type::List(item) | Type::Set(item)) => {
                let items = items.iter().map(|value| self.coerce(scope, value.clone(), item, problems)).collect();
                Term::list(items, origin)
            }
            (_, Type::Union(members)) => self.coerce_union(scope, term, members, problems),
            (Kind::Value(value), ty) => {
                let value = value.clone();
                self.coerce_value(term, &value, ty, problems)
            }
            (Kind::Target(_), Type::Target(_)) | (Kind::Component(_), _) => term,
            (Kind::Object(_) | Kind::Existing(_), Type::Resource(_) | Type::AnyResource(_)) => term,
            (Kind::Map(_) | Kind::List(_), Type::Json | Type::Part(..)) => term,
            (kind, ty) => {
                let found = match kind {
                    Kind::List(_) => "a list",
                    Kind::Map(_) => "a record",
                    Kind::Object(_) | Kind::Existing(_) => "a resource",
                    Kind::Target(_) => "a target",
                    _ => "something else",
                };
                problems.push(mismatch(ty, found, origin));
                Term::error(origin)
            }
        }
    }

    fn coerce_union(&mut self, scope: usize, term: Term, members: &[Type], problems: &mut Vec<Diagnostic>) -> Term {
        let mut first: Option<Vec<Diagnostic>> = None;
        for member in members {
            let mut own = Vec::new();
            let coerced = self.coerce(scope, term.clone(), member, &mut own);
            if own.is_empty() {
                return coerced;
            }
            first.get_or_insert(own);
        }
        problems.extend(first.unwrap_or_default());
        Term::error(term.origin)
    }

    fn coerce_record(
        &mut self,
        scope: usize,
        entries: &BTreeMap<EcoString, Term>,
        record: &RecordType,
        origin: Span,
        problems: &mut Vec<Diagnostic>,
    ) -> Term {
        let mut coerced = BTreeMap::new();
        for field in &record.fields {
            let value = match entries.get(&field.name) {
                Some(value) => self.coerce(scope, value.clone(), &field.ty, problems),
                None => match &field.default {
                    Some((unit, default)) => {
                        let inside = self.scope_of_binding(scope, *unit);
                        let value = self.expression(default, &Place::of(inside));
                        self.coerce(inside, value, &field.ty, problems)
                    }
                    None if field.ty.is_optional() || field.has_default || field.ty.is_open() => continue,
                    None => {
                        problems.push(Diagnostic::error(
                            "types::missing_fields",
                            format!("`{}` is missing", field.name),
                            origin,
                            format!("`{}` is missing", field.name),
                        ));
                        continue;
                    }
                },
            };
            coerced.insert(field.name.clone(), value);
        }
        for (name, value) in entries {
            if record.field(name).is_none() {
                let near = suggest::nearest(name, record.fields.iter().map(|field| field.name.as_str()));
                let label = near.map_or_else(
                    || format!("no field `{name}`"),
                    |near| format!("no field `{name}`; did you mean `{near}`?"),
                );
                problems.push(Diagnostic::error(
                    "types::unknown_field",
                    format!("There is no field `{name}`"),
                    value.origin,
                    label,
                ));
            }
        }
        Term::map(coerced, origin)
    }

    fn coerce_value(&mut self, term: Term, value: &Value, ty: &Type, problems: &mut Vec<Diagnostic>) -> Term {
        let origin = term.origin;
        let keep = |value: Value| Term { origin, kind: Kind::Value(value) };
        match (value, ty) {
            (Value::Int(number), Type::Between(min, max)) if (min..=max).contains(&number) => term,
            (Value::Int(_), Type::Between(min, max)) => {
                problems.push(Diagnostic::error(
                    "values::out_of_range",
                    format!("{} is not between {min} and {max}", render(value)),
                    origin,
                    format!("allowed: {min} to {max}"),
                ));
                Term::error(origin)
            }
            (Value::Text(text), Type::Choice(allowed)) => {
                if allowed.contains(text) {
                    return term;
                }
                let near = suggest::nearest(text, allowed.iter().map(EcoString::as_str));
                let label =
                    near.map_or_else(|| "not one of them".to_owned(), |near| format!("did you mean \"{near}\"?"));
                let listed: Vec<String> = allowed.iter().map(|value| format!("\"{value}\"")).collect();
                problems.push(
                    Diagnostic::error("types::not_one_of", format!("\"{text}\" is not allowed here"), origin, label)
                        .help(format!("one of: {}", listed.join(" "))),
                );
                Term::error(origin)
            }
            (Value::Text(text), Type::Named(name)) => match named::fault(name, text) {
                Some(fault) => {
                    problems.push(Diagnostic::error(
                        "values::pattern",
                        format!(
                            "\"{text}\" is not {} {name}",
                            if name.starts_with(['A', 'E', 'U', 'a']) { "an" } else { "a" }
                        ),
                        origin,
                        fault,
                    ));
                    Term::error(origin)
                }
                None => term,
            },
            (Value::Text(text), Type::Cidr) => match Cidr::parse(text) {
                Ok(network) => keep(Value::Cidr(network)),
                Err(_) => {
                    problems.push(mismatch(ty, "text", origin));
                    Term::error(origin)
                }
            },
            (Value::Text(text), Type::Ip) => match text.parse() {
                Ok(address) => keep(Value::Ip(address)),
                Err(_) => {
                    problems.push(mismatch(ty, "text", origin));
                    Term::error(origin)
                }
            },
            (Value::Int(number), Type::Float) => keep(Value::Float(*number as f64)),
            // Division of whole numbers may leave a whole number behind a point.
            (Value::Float(number), Type::Int | Type::Between(..)) if number.fract() == 0.0 => {
                let whole = keep(Value::Int(*number as i64));
                self.coerce_value(whole, &Value::Int(*number as i64), ty, problems)
            }
            (Value::Text(_), Type::Resource(_) | Type::AnyResource(_)) => {
                problems.push(
                    Diagnostic::error(
                        "refs::string_id",
                        "A resource is wanted, this is text",
                        origin,
                        "an id copied from the console?",
                    )
                    .help(format!("existing({})", render(value))),
                );
                Term::error(origin)
            }
            (value, ty) if fits_value(value, ty) => term,
            (value, ty) => {
                problems.push(mismatch(ty, &format!("{} {}", article(value.kind()), value.kind()), origin));
                Term::error(origin)
            }
        }
    }
}

fn mismatch(ty: &Type, found: &str, origin: Span) -> Diagnostic {
    let wanted = ty.to_string();
    let label = match ty {
        Type::Duration => "a Duration is expected here, such as 35d".to_owned(),
        Type::Size => "a Size is expected here, such as 20GiB".to_owned(),
        Type::Percent => "a Percent is expected here, such as 70%".to_owned(),
        _ => format!("{} {wanted} is expected here", article(&wanted)),
    };
    Diagnostic::error(
        "types::mismatch",
        format!("{} {wanted} is expected here, this is {found}", capital(article(&wanted))),
        origin,
        label,
    )
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" }
}

fn capital(word: &str) -> &str {
    if word == "an" { "An" } else { "A" }
}

fn fits_value(value: &Value, ty: &Type) -> bool {
    matches!(
        (value, ty),
        (Value::Bool(_), Type::Bool)
            | (Value::Int(_), Type::Int)
            | (Value::Float(_), Type::Float)
            | (Value::Text(_), Type::Text | Type::Json)
            | (Value::Duration(_), Type::Duration)
            | (Value::Size(_), Type::Size)
            | (Value::Percent(_), Type::Percent)
            | (Value::Ip(_), Type::Ip | Type::Json)
            | (Value::Cidr(_), Type::Cidr | Type::Json)
            | (Value::Traffic(_), Type::Traffic)
            | (Value::Range(..), Type::Range)
            | (Value::Bool(_) | Value::Int(_) | Value::Float(_), Type::Json)
    )
}
