//! Records against record types and against the records of a vendor's schema.

use std::collections::BTreeSet;
use std::sync::Arc;

use cairn_provider::naming;
use cairn_provider::schema::{Field, RAW, Record, RecordId, Shape, TypeSchema};
use ecow::EcoString;

use super::misspelt::{extra_field, meant, unknown_field};
use super::{Checker, FieldPlace, Want};
use crate::diagnostic::Diagnostic;
use crate::language::syntax::ast::{Entry, Expr, ExprKind, Ident};
use crate::language::types::{RecordField, RecordType, Type};
use crate::source::Span;

/// A name and value as an entry of a record gives them.
pub(super) struct Given<'e> {
    pub(super) name: EcoString,
    pub(super) span: Span,
    /// Nothing for the short form, whose value is the name itself.
    pub(super) value: Option<&'e Expr>,
}

impl Checker<'_> {
    /// Whether a record literal is compared with what is wanted field by field.
    pub(super) fn record_wanted(&self, ty: &Type) -> bool {
        matches!(ty.bare(), Type::Record(_) | Type::Part(..) | Type::Map(_) | Type::Json)
    }

    /// Checks a record literal where a record, a map or a document is wanted.
    pub(super) fn record(&mut self, expression: &Expr, entries: &[Entry], want: &Want<'_>) {
        let given = self.duplicates(entries);
        match want.ty.bare() {
            Type::Part(schema, id) => {
                let (schema, id) = (Arc::clone(schema), *id);
                let spread = self.spreads_into(entries, want.ty.bare());
                let schema_field = want.field.as_ref().is_none_or(|field| field.schema);
                self.schema_fields(&schema, id, &given, &spread, expression.span, schema_field);
            }
            Type::Record(record) => {
                let record = Arc::clone(record);
                let spread = self.spreads_into(entries, want.ty.bare());
                self.record_fields(&record, &given, &spread, expression.span);
            }
            Type::Map(item) => {
                let item = item.as_ref().clone();
                for entry in entries {
                    if let Entry::Spread(value) = entry {
                        self.check(value, &Want { ty: want.ty.bare(), field: want.field.clone() });
                    }
                }
                for field in &given {
                    self.given(field, &item, want.field.clone());
                }
            }
            // A document: any data.
            _ => {
                for entry in entries {
                    if let Entry::Spread(value) = entry {
                        self.check(value, want);
                    }
                }
                for field in &given {
                    self.given(field, &Type::Json, want.field.clone());
                }
            }
        }
    }

    fn given(&mut self, given: &Given<'_>, ty: &Type, field: Option<FieldPlace<'_>>) {
        let place = FieldPlace {
            name: &given.name,
            span: given.span,
            unit: field.as_ref().and_then(|field| field.unit),
            schema: field.as_ref().is_some_and(|field| field.schema),
            required: false,
            noun: field.as_ref().and_then(|field| field.noun),
            sensitive: field.as_ref().is_some_and(|field| field.sensitive),
        };
        self.given_in(given, &Want { ty, field: Some(place) });
    }

    fn given_in(&mut self, given: &Given<'_>, want: &Want<'_>) {
        match given.value {
            Some(value) => self.check(value, want),
            None => {
                let expression = Expr { span: given.span, kind: ExprKind::Name(given.name.clone()) };
                self.check(&expression, want);
            }
        }
    }

    /// The written fields; reports those written twice.
    pub(super) fn duplicates<'e>(&mut self, entries: &'e [Entry]) -> Vec<Given<'e>> {
        let mut given: Vec<Given<'e>> = Vec::new();
        for entry in entries {
            let next = match entry {
                Entry::Field(key, value) => Given { name: key.text.clone(), span: key.span, value: Some(value) },
                Entry::Short(Ident { text, span }) => Given { name: text.clone(), span: *span, value: None },
                Entry::Spread(_) => continue,
            };
            if let Some(before) = given.iter().find(|before| before.name == next.name) {
                let diagnostic = Diagnostic::error(
                    "names::duplicate",
                    format!("`{}` is given twice", next.name),
                    next.span,
                    "the second time",
                )
                .label(before.span, "the first time");
                self.report(diagnostic);
                continue;
            }
            given.push(next);
        }
        given
    }

    /// Names that spreads bring into a record of a type; their values are checked against it.
    fn spreads_into(&mut self, entries: &[Entry], ty: &Type) -> BTreeSet<EcoString> {
        let mut names = BTreeSet::new();
        for entry in entries {
            let Entry::Spread(value) = entry else { continue };
            let found = self.infer(value);
            match found.bare() {
                Type::Record(record) => {
                    for field in &record.fields {
                        names.insert(field.name.clone());
                        self.spread_field(value, field, ty);
                    }
                }
                Type::Part(schema, id) => names.extend(schema.record(*id).fields.keys().cloned()),
                Type::Any | Type::Error | Type::Json => {
                    // Whatever it brings is checked when it is known; nothing can be called missing.
                    names.extend(all_names(ty));
                }
                Type::Map(_) if matches!(ty, Type::Map(_)) => {}
                _ => self.mismatch(value, &found, &Want::of(ty)),
            }
        }
        names
    }

    fn spread_field(&mut self, value: &Expr, field: &RecordField, ty: &Type) {
        let (wanted, diagnostic) = match ty {
            Type::Part(schema, id) => match schema.record(*id).fields.get(&field.name) {
                Some(own) => (place_type(schema, own), None),
                None => (Type::Any, Some(unknown_field(schema, *id, &field.name, value.span, None))),
            },
            Type::Record(record) => match record.field(&field.name) {
                Some(own) => (own.ty.clone(), None),
                None => (Type::Any, Some(extra_field(record, &field.name, value.span))),
            },
            _ => (Type::Any, None),
        };
        if let Some(diagnostic) = diagnostic {
            self.report(diagnostic);
            return;
        }
        let fits = super::fits(&field.ty, &wanted)
            || super::fits(field.ty.required(), &wanted)
            || matches!(field.ty.bare(), Type::Cidr | Type::Ip) && wanted.bare().is_text();
        if !fits {
            let name = field.name.clone();
            let place = FieldPlace {
                name: &name,
                span: value.span,
                unit: None,
                schema: true,
                required: false,
                noun: None,
                sensitive: false,
            };
            self.mismatch(value, &field.ty, &Want { ty: &wanted, field: Some(place) });
        }
    }

    fn record_fields(&mut self, record: &RecordType, given: &[Given<'_>], spread: &BTreeSet<EcoString>, span: Span) {
        for field in given {
            match record.field(&field.name) {
                Some(own) => {
                    let sensitive = own.ty.holds_secret();
                    let place = FieldPlace {
                        name: &field.name,
                        span: field.span,
                        unit: None,
                        schema: false,
                        required: false,
                        noun: None,
                        sensitive,
                    };
                    self.given_in(field, &Want { ty: &own.ty, field: Some(place) });
                }
                None => {
                    if let Some(value) = field.value {
                        self.quietly(|checker| checker.infer(value));
                    }
                    self.report(extra_field(record, &field.name, field.span));
                }
            }
        }
        let missing: Vec<&str> = record
            .fields
            .iter()
            .filter(|own| !own.has_default && !own.ty.is_optional() && !spread.contains(&own.name))
            // Of a type that was reported it is not known whether it may be left out.
            .filter(|own| !own.ty.is_open())
            .filter(|own| !given.iter().any(|field| field.name == own.name))
            // What was meant by a misspelt name counts as given: one mistake, one report.
            .filter(|own| {
                let names = || record.fields.iter().map(|field| field.name.as_str());
                !given.iter().any(|field| {
                    record.field(&field.name).is_none()
                        && crate::diagnostic::suggest::nearest(&field.name, names()) == Some(own.name.as_str())
                })
            })
            .map(|own| own.name.as_str())
            .collect();
        if !missing.is_empty() {
            let owner = record.name.as_ref().map_or_else(|| "This record".to_owned(), |name| format!("`{name}`"));
            self.report(Diagnostic::error(
                "types::missing_fields",
                format!("{owner} needs {}", super::mismatch::backquoted(&missing)),
                span,
                "not given here",
            ));
        }
    }

    /// Checks fields against a record of a vendor's schema.
    pub(super) fn schema_fields(
        &mut self,
        schema: &Arc<TypeSchema>,
        id: RecordId,
        given: &[Given<'_>],
        spread: &BTreeSet<EcoString>,
        span: Span,
        writing: bool,
    ) {
        let record = schema.record(id);
        let mut present = spread.clone();
        self.vendor_spelling(record, given);
        for field in given {
            let Some(own) = record.fields.get(&field.name) else {
                if id == 0 && writing && field.name == RAW {
                    self.raw(schema, field);
                    continue;
                }
                if let Some(value) = field.value {
                    self.quietly(|checker| checker.infer(value));
                }
                // What was meant counts as given: one mistake, one report.
                present.extend(meant(record, &field.name));
                self.misspelt_field(schema, id, field);
                continue;
            };
            if writing && !own.writable() {
                self.read_only(id, field);
                continue;
            }
            if writing && let Some(because) = own.unsupported {
                self.report(
                    Diagnostic::error(
                        "schema::not_sent",
                        format!("This version does not send `{}`", field.name),
                        field.span,
                        format!("CloudFormation: {}", own.vendor),
                    )
                    .help(because),
                );
                continue;
            }
            self.schema_field(schema, own, field);
        }
        if writing && id == 0 && schema.name == naming::UNLISTED {
            self.unlisted(given);
        }
        if writing {
            self.required_fields(schema, record, given, &present, span);
        }
    }

    fn schema_field(&mut self, schema: &Arc<TypeSchema>, own: &Field, given: &Given<'_>) {
        let ty = place_type(schema, own);
        let place = FieldPlace {
            name: &given.name,
            span: given.span,
            unit: own.shape.unit(),
            schema: true,
            required: own.required,
            noun: noun_of(&own.shape),
            sensitive: own.sensitive,
        };
        // The list form of keyed fields stays legal.
        if let (Shape::Keyed { record, .. }, Some(Expr { kind: ExprKind::List(_), .. })) = (&own.shape, given.value) {
            let list = Type::List(Arc::new(Type::Part(Arc::clone(schema), *record)));
            self.given_in(given, &Want { ty: &list, field: Some(place) });
            return;
        }
        self.given_in(given, &Want { ty: &ty, field: Some(place) });
    }

    fn read_only(&mut self, id: RecordId, given: &Given<'_>) {
        // Only the attributes of the resource itself are read off its name.
        let declared = self.declared.as_ref().filter(|_| id == 0);
        self.report(
            Diagnostic::error(
                "schema::read_only",
                format!("`{}` cannot be set", given.name),
                given.span,
                match declared {
                    Some(declared) => format!("AWS chooses it; you can read it as {declared}.{}", given.name),
                    None => "AWS chooses it; you can read it".to_owned(),
                },
            )
            .help("remove this line"),
        );
    }

    fn required_fields(
        &mut self,
        schema: &Arc<TypeSchema>,
        record: &Record,
        given: &[Given<'_>],
        spread: &BTreeSet<EcoString>,
        span: Span,
    ) {
        let has = |name: &EcoString| spread.contains(name) || given.iter().any(|field| field.name == *name);
        let owner =
            if record.name.is_empty() { schema.name.to_string() } else { format!("{}.{}", schema.name, record.name) };
        let missing: Vec<&EcoString> = record
            .fields
            .iter()
            .filter(|(name, field)| field.required && field.writable() && !has(name))
            .map(|(name, _)| name)
            .collect();
        // A name the API needs is made from stack, environment and address.
        let derived = schema.overlay.name.map(|rule| naming::field(rule.property));
        let missing: Vec<&EcoString> = missing.into_iter().filter(|name| Some(*name) != derived.as_ref()).collect();
        if !missing.is_empty() {
            let written = given.iter().map(|field| field.name.clone()).chain(spread.iter().cloned()).collect();
            self.missing(schema, record, &owner, &missing, &written, span);
        }
        if !record.any_of.is_empty() && !record.any_of.iter().any(&has) {
            let names: Vec<&str> = record.any_of.iter().map(EcoString::as_str).collect();
            self.report(Diagnostic::error(
                "schema::one_of",
                format!("`{owner}` needs one of {}", super::member::names(&names)),
                span,
                "none of them is given",
            ));
        }
        // A spread of which nothing is known may bring any of them, or none.
        let open = !record.fields.is_empty() && record.fields.keys().all(|name| spread.contains(name));
        let written = |name: &EcoString| given.iter().any(|field| field.name == *name);
        let chosen: Vec<&EcoString> =
            record.one_of.iter().filter(|name| if open { written(name) } else { has(name) }).collect();
        // What else is missing was said; one thing after the other.
        let none = chosen.is_empty() && !open && missing.is_empty();
        if !record.one_of.is_empty() && (chosen.len() > 1 || none) {
            let names: Vec<&str> = record.one_of.iter().map(EcoString::as_str).collect();
            let label = if chosen.is_empty() {
                "none of them is given".to_owned()
            } else {
                let given: Vec<&str> = chosen.iter().map(|name| name.as_str()).collect();
                format!("{} are given", super::member::names(&given))
            };
            self.report(Diagnostic::error(
                "schema::one_of",
                format!("`{owner}` needs exactly one of {}", super::member::names(&names)),
                span,
                label,
            ));
        }
        let place = |name: &EcoString| given.iter().find(|field| field.name == *name).map(|field| field.span);
        for (first, second) in &record.excludes {
            // Each pair stands in the facts from both sides; once is enough.
            if first < second
                && let (Some(first_span), Some(second_span)) = (place(first), place(second))
            {
                self.report(
                    Diagnostic::error(
                        "schema::excludes",
                        format!("`{first}` and `{second}` exclude each other"),
                        second_span,
                        "remove one of the two",
                    )
                    .label(first_span, "given here"),
                );
            }
        }
        for (first, second) in &record.requires {
            if let Some(span) = place(first).filter(|_| !has(second)) {
                self.report(Diagnostic::error(
                    "schema::requires",
                    format!("`{first}` needs `{second}`"),
                    span,
                    format!("`{second}` is not given"),
                ));
            }
        }
    }

    fn missing(
        &mut self,
        schema: &Arc<TypeSchema>,
        record: &Record,
        owner: &str,
        missing: &[&EcoString],
        given: &BTreeSet<EcoString>,
        span: Span,
    ) {
        let count = match missing.len() {
            1 => "one more field".to_owned(),
            2 => "two more fields".to_owned(),
            3 => "three more fields".to_owned(),
            n => format!("{n} more fields"),
        };
        // In the order in which people write them.
        let rank = |name: &EcoString| {
            let vendor = record.fields.get(name).map(|field| field.vendor.as_str());
            schema.overlay.popular.iter().position(|popular| Some(*popular) == vendor).unwrap_or(usize::MAX)
        };
        let mut missing = missing.to_vec();
        missing.sort_by_key(|name| rank(name));
        let names: Vec<&str> = missing.iter().map(|name| name.as_str()).collect();
        let verb = if missing.len() == 1 { "is" } else { "are" };
        let mut lines: Vec<String> = missing
            .iter()
            .filter_map(|name| {
                let field = record.fields.get(*name)?;
                let ty = Type::of_shape(schema, &field.shape);
                Some(format!("  {name}: …           {}", super::mismatch::short(&ty)))
            })
            .collect();
        let popular: Vec<String> = schema
            .overlay
            .popular
            .iter()
            .filter_map(|vendor| {
                let (name, field) = record.fields.iter().find(|(_, field)| field.vendor == **vendor)?;
                (!field.required && !given.contains(name)).then(|| name.to_string())
            })
            .take(3)
            .collect();
        let many = ["one optional field", "two optional fields", "three optional fields"];
        if let Some(many) = popular.len().checked_sub(1).and_then(|count| many.get(count)) {
            let set = if popular.len() == 1 { "sets" } else { "set" };
            let people = if popular.len() == 1 { "almost everybody" } else { "people" };
            lines.push(format!("the {many} {people} {set} most: {}", popular.join(", ")));
        }
        self.report(
            Diagnostic::error(
                "schema::missing_fields",
                format!("`{owner}` needs {count}"),
                span,
                format!("{} {verb} missing", super::member::names(&names)),
            )
            .help(lines.join("\n")),
        );
    }

    /// The type of a record literal that no place expects anything of.
    pub(super) fn infer_record(&mut self, entries: &[Entry]) -> Type {
        let mut fields: Vec<RecordField> = Vec::new();
        let mut open: Option<Type> = None;
        self.duplicates(entries);
        for entry in entries {
            match entry {
                Entry::Field(key, value) => {
                    let ty = self.infer(value);
                    set_field(&mut fields, key.text.clone(), ty);
                }
                Entry::Short(name) => {
                    let ty = self.infer(&Expr { span: name.span, kind: ExprKind::Name(name.text.clone()) });
                    set_field(&mut fields, name.text.clone(), ty);
                }
                Entry::Spread(value) => {
                    let found = self.infer(value);
                    match found.bare() {
                        Type::Record(record) => {
                            for field in &record.fields {
                                set_field(&mut fields, field.name.clone(), field.ty.clone());
                            }
                        }
                        Type::Map(item) => open = Some(item.as_ref().clone()),
                        Type::Any | Type::Error | Type::Json | Type::Part(..) => open = Some(Type::Any),
                        _ => {
                            let wanted = Type::Map(Arc::new(Type::Any));
                            self.mismatch(value, &found, &Want::of(&wanted));
                        }
                    }
                }
            }
        }
        let record = Type::Record(Arc::new(RecordType { name: None, fields }));
        match open {
            Some(Type::Any) => Type::Any,
            Some(item) => {
                let own = record.item().filter(|ty| !matches!(ty, Type::Any));
                Type::Map(Arc::new(own.map_or_else(|| item.clone(), |own| own.join(&item))))
            }
            None => record,
        }
    }
}

fn set_field(fields: &mut Vec<RecordField>, name: EcoString, ty: Type) {
    match fields.iter_mut().find(|field| field.name == name) {
        Some(field) => field.ty = ty,
        None => fields.push(RecordField::new(name, ty)),
    }
}

/// What kind of value a text is: "instance type".
fn noun_of(shape: &Shape) -> Option<&'static str> {
    match shape.innermost() {
        Shape::Text(rules) => rules.noun.filter(|noun| !noun.is_empty()),
        _ => None,
    }
}

/// The type a place of a field expects.
fn place_type(schema: &Arc<TypeSchema>, field: &Field) -> Type {
    let ty = Type::of_shape(schema, &field.shape);
    if field.sensitive { ty.secret() } else { ty }
}

fn all_names(ty: &Type) -> Vec<EcoString> {
    match ty {
        Type::Record(record) => record.fields.iter().map(|field| field.name.clone()).collect(),
        Type::Part(schema, id) => schema.record(*id).fields.keys().cloned().collect(),
        _ => Vec::new(),
    }
}
