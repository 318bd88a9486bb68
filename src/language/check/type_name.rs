//! Types as they are written.

use std::sync::Arc;

use cairn_provider::naming;
use cairn_provider::schema::TypeSchema;
use ecow::EcoString;

use super::Checker;
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::program::TypeBinding;
use crate::language::syntax::ast::{Ident, ImportWhat, ItemKind, TypeExpr, TypeKind, join};
use crate::language::types::{RecordField, RecordType, Type};
use crate::language::{literal, unsupported};
use crate::source::Span;

/// Built-in types without arguments.
const SIMPLE: [(&str, Type); 18] = [
    ("Bool", Type::Bool),
    ("Int", Type::Int),
    ("Float", Type::Float),
    ("String", Type::Text),
    ("Duration", Type::Duration),
    ("Size", Type::Size),
    ("Percent", Type::Percent),
    ("Ip", Type::Ip),
    ("Cidr", Type::Cidr),
    ("Traffic", Type::Traffic),
    ("Range", Type::Range),
    ("Url", Type::Named("Url")),
    ("DomainName", Type::Named("DomainName")),
    ("Email", Type::Named("Email")),
    ("Arn", Type::Named("Arn")),
    ("Schedule", Type::Named("Schedule")),
    ("Json", Type::Json),
    ("Health", Type::Health),
];

impl Checker<'_> {
    /// The type an expression of types means; without `known`, which is no part of a type.
    pub(super) fn type_expression(&mut self, expression: &TypeExpr) -> Type {
        match &expression.kind {
            TypeKind::Union(members) => self.union(members),
            TypeKind::Optional(inner) => self.type_expression(inner).optional(),
            TypeKind::Known(inner) => self.type_expression(inner),
            TypeKind::Text(text) => Type::Choice(Arc::new([text.clone()])),
            TypeKind::Record(fields) => {
                let fields = fields
                    .iter()
                    .map(|field| {
                        let ty = self.type_expression(&field.ty);
                        if let Some(default) = &field.default {
                            self.check_value(default, &ty, &field.name.text, field.name.span);
                        }
                        RecordField {
                            name: field.name.text.clone(),
                            ty,
                            has_default: field.default.is_some(),
                            default: field.default.clone().map(|default| (self.unit, default)),
                        }
                    })
                    .collect();
                Type::Record(Arc::new(RecordType { name: None, fields }))
            }
            TypeKind::List(item) => Type::List(Arc::new(self.type_expression(item))),
            TypeKind::Range(first, last) => self.range(first, last, expression.span),
            TypeKind::Name(path, arguments) => self.named(path, arguments, expression.span),
        }
    }

    fn union(&mut self, members: &[TypeExpr]) -> Type {
        let types: Vec<Type> = members.iter().map(|member| self.type_expression(member)).collect();
        let mut choices: Vec<EcoString> = Vec::new();
        let mut others: Vec<Type> = Vec::new();
        for ty in types {
            match ty {
                Type::Choice(values) => choices.extend(values.iter().cloned()),
                other => others.push(other),
            }
        }
        if others.is_empty() {
            return Type::Choice(choices.into());
        }
        if !choices.is_empty() {
            others.push(Type::Choice(choices.into()));
        }
        Type::Union(others.into())
    }

    fn range(&mut self, first: &str, last: &str, span: Span) -> Type {
        use cairn_provider::value::Value;
        match (literal::classify(first), literal::classify(last)) {
            (Ok(Value::Int(first)), Ok(Value::Int(last))) if first <= last => Type::Between(first, last),
            (Ok(Value::Int(first)), Ok(Value::Int(last))) => {
                self.report(Diagnostic::error(
                    "types::range",
                    format!("No number lies between {first} and {last}"),
                    span,
                    format!("write {last}..{first}"),
                ));
                Type::Error
            }
            _ => {
                self.report(Diagnostic::error(
                    "types::range",
                    "A range goes from one whole number to another",
                    span,
                    "such as 1..20",
                ));
                Type::Error
            }
        }
    }

    fn named(&mut self, path: &[Ident], arguments: &[TypeExpr], span: Span) -> Type {
        if let [name] = path {
            return self.plain_name(name, arguments, span);
        }
        let full = join(path);
        let Some(cloud) = path.first() else { return Type::Error };
        if !self.catalogue_imported(cloud, span) {
            return Type::Error;
        }
        match full.as_str() {
            "aws.Target" => return Type::Target("aws".into()),
            "aws.AccountId" => return Type::Named("aws.AccountId"),
            "aws.Region" => return Type::Named("aws.Region"),
            "aws.Resource" => return Type::AnyResource(Arc::new([])),
            _ => {}
        }
        if let Some(schema) = self.program.catalogue.get(&full) {
            return Type::Resource(Arc::clone(schema));
        }
        // A record or a field of a type has a name behind the type's.
        if let Some((owner, part)) = full.rsplit_once('.')
            && let Some(schema) = self.program.catalogue.get(owner)
        {
            return self.part(&Arc::clone(schema), part, path.last().map_or(span, |last| last.span));
        }
        self.unknown_type(path);
        Type::Error
    }

    fn part(&mut self, schema: &Arc<TypeSchema>, part: &str, span: Span) -> Type {
        if let Some(record) = schema.record_named(part) {
            return Type::Part(Arc::clone(schema), record);
        }
        if let Some(field) = schema.root().fields.values().find(|field| naming::camel(&field.vendor) == part) {
            return Type::of_shape(schema, &field.shape);
        }
        let nested = schema
            .records
            .iter()
            .flat_map(|record| record.fields.values())
            .find(|field| naming::camel(&field.vendor) == part);
        if let Some(field) = nested {
            return Type::of_shape(schema, &field.shape);
        }
        let names: Vec<EcoString> = schema
            .records
            .iter()
            .map(|record| record.name.clone())
            .chain(schema.root().fields.values().map(|field| naming::camel(&field.vendor)))
            .filter(|name| !name.is_empty())
            .collect();
        let label = suggest::nearest(part, names.iter().map(EcoString::as_str))
            .map_or_else(|| "no record and no field of it".to_owned(), |near| format!("did you mean `{near}`?"));
        self.report(
            Diagnostic::error(
                "schema::unknown_type",
                format!("There is no type `{}.{part}`", schema.name),
                span,
                label,
            )
            .meant(span, part, names.iter().map(EcoString::as_str)),
        );
        Type::Error
    }

    fn plain_name(&mut self, name: &Ident, arguments: &[TypeExpr], span: Span) -> Type {
        let mut inner = arguments.iter().map(|argument| self.type_expression(argument)).collect::<Vec<_>>().into_iter();
        match (name.text.as_str(), inner.next()) {
            ("Set", Some(item)) => return Type::Set(Arc::new(item)),
            ("Map", Some(item)) => return Type::Map(Arc::new(item)),
            ("Secret", Some(item)) => return item.secret(),
            ("Range", Some(_)) => return Type::Range,
            ("Set" | "Map" | "Secret", None) => {
                self.report(Diagnostic::error(
                    "types::arguments",
                    format!("`{}` needs to know of what", name.text),
                    span,
                    format!("such as {}<String>", name.text),
                ));
                return Type::Error;
            }
            (_, Some(_)) => {
                self.report(Diagnostic::error(
                    "types::arguments",
                    format!("`{}` takes no types", name.text),
                    span,
                    "only Set, Map, Range and Secret do",
                ));
                return Type::Error;
            }
            (_, None) => {}
        }
        if let Some((_, ty)) = SIMPLE.iter().find(|(simple, _)| *simple == name.text) {
            return ty.clone();
        }
        let program = self.program;
        match program.unit(self.unit).types.get(&name.text) {
            Some(TypeBinding::Alias(binding)) => {
                let ItemKind::Type(node) = &program.item(binding.item).kind else { return Type::Error };
                if let Some(ty) = self.typed.types.get(&binding.item) {
                    return ty.clone();
                }
                if self.in_progress.iter().any(|(item, _)| *item == binding.item) {
                    self.diagnostics.push(Diagnostic::error(
                        "types::recursive",
                        format!("The type `{}` contains itself", name.text),
                        node.name.span,
                        "a value of it could never end",
                    ));
                    return Type::Error;
                }
                self.in_progress.push((binding.item, span));
                let ty =
                    self.loudly(|checker| checker.enter(binding.unit, |checker| checker.type_expression(&node.ty)));
                self.in_progress.pop();
                if ty.is_too_large() {
                    // What holds it is too large, too; that is the same mistake.
                    let again = self.diagnostics.iter().any(|diagnostic| diagnostic.code == "types::too_large");
                    self.quiet += usize::from(again);
                    self.report(
                        Diagnostic::error(
                            "types::too_large",
                            format!("The type `{}` has more than 20,000 parts", node.name.text),
                            node.name.span,
                            "it becomes too large here",
                        )
                        .help("records that each hold the one before twice grow without end; hold names instead"),
                    );
                    self.quiet -= usize::from(again);
                    self.typed.types.insert(binding.item, Type::Error);
                    return Type::Error;
                }
                let ty = match ty {
                    Type::Record(record) if record.name.is_none() => {
                        let fields = record.fields.clone();
                        Type::Record(Arc::new(RecordType { name: Some(name.text.clone()), fields }))
                    }
                    other => other,
                };
                self.typed.types.insert(binding.item, ty.clone());
                ty
            }
            Some(TypeBinding::Component(unit)) => Type::Component(*unit),
            Some(TypeBinding::Broken) => Type::Error,
            None => {
                self.unknown_name(name);
                Type::Error
            }
        }
    }

    fn unknown_name(&mut self, name: &Ident) {
        let names: Vec<&str> = SIMPLE
            .iter()
            .map(|(name, _)| *name)
            .chain(["Set", "Map", "Secret"])
            .chain(self.program.unit(self.unit).types.keys().map(EcoString::as_str))
            .collect();
        let label = suggest::nearest(&name.text, names.iter().copied())
            .map_or_else(|| "not declared and not imported".to_owned(), |near| format!("did you mean `{near}`?"));
        self.report(
            Diagnostic::error("types::unknown", format!("There is no type `{}`", name.text), name.span, label)
                .meant(name.span, &name.text, names),
        );
    }

    /// Reports a type that no catalogue has.
    pub(super) fn unknown_type(&mut self, path: &[Ident]) {
        let full = join(path);
        let Some(last) = path.last() else { return };
        let service = full.rsplit_once('.').map_or("", |(service, _)| service);
        let prefix = format!("{service}.");
        let in_service: Vec<&str> =
            self.program.catalogue.names().filter_map(|name| name.strip_prefix(prefix.as_str())).collect();
        let near = suggest::nearest(&last.text, in_service.iter().copied()).map(|near| format!("{prefix}{near}"));
        let near = near.or_else(|| suggest::nearest(&full, self.program.catalogue.names()).map(ToOwned::to_owned));
        let meant = near.and_then(|near| {
            let vendor = self.program.catalogue.get(&near)?.vendor.clone();
            Some(format!("did you mean `{near}`? ({vendor})\n"))
        });
        if let Some(namespace) = path.first().filter(|first| crate::builtins::action::is_built_in(&first.text)) {
            let own = format!("{}.", namespace.text);
            let actions: Vec<&str> = self.program.catalogue.names().filter(|name| name.starts_with(&own)).collect();
            let label = suggest::nearest(&full, actions.iter().copied())
                .map_or_else(|| "not an action".to_owned(), |near| format!("did you mean `{near}`?"));
            self.report(
                Diagnostic::error("schema::unknown_type", format!("There is no action `{full}`"), last.span, label)
                    .help(format!("actions of {}: {}", namespace.text, actions.join(" "))),
            );
            return;
        }
        let listed = if in_service.is_empty() {
            format!("there is no service `{service}` with types of its own")
        } else {
            format!("types of {service}: {}", in_service.join(" "))
        };
        self.report(
            Diagnostic::error(
                "schema::unknown_type",
                format!("There is no type `{full}`"),
                last.span,
                format!("not in the aws catalogue of cairn {}", env!("CARGO_PKG_VERSION")),
            )
            .meant(last.span, &last.text, in_service.iter().copied())
            .help(format!("{}types are called what CloudFormation calls them\n{listed}", meant.unwrap_or_default())),
        );
    }

    /// Whether the first word of a dotted type is a catalogue that was imported; reports if not.
    pub(super) fn catalogue_imported(&mut self, cloud: &Ident, span: Span) -> bool {
        let unit = self.program.unit(self.unit);
        if unit.catalogues.contains(&cloud.text) {
            return true;
        }
        match cloud.text.as_str() {
            "aws" => self.report(
                Diagnostic::error("imports::missing", "`aws` is not imported", cloud.span, "used here")
                    .help("add a line to this file or to another of the same directory:  import aws"),
            ),
            "http" | "exec" | "time" => self.report(
                Diagnostic::error(
                    "imports::missing",
                    format!("`{}` is not imported", cloud.text),
                    cloud.span,
                    "used here",
                )
                .help(format!("add a line to this file or to another of the same directory:  import {}", cloud.text)),
            ),
            // Its import line was refused already.
            "azure" => {
                let imported =
                    self.program.documents.iter().flat_map(|document| &document.items).any(|item| match &item.kind {
                        ItemKind::Import(import) => {
                            matches!(&import.what, ImportWhat::Name(name) if name.text == cloud.text)
                        }
                        _ => false,
                    });
                if !imported {
                    self.report(unsupported(&format!("`{}`", cloud.text), span));
                }
            }
            _ => {
                let names = unit.catalogues.iter().map(EcoString::as_str).chain(["aws"]);
                let label = suggest::nearest(&cloud.text, names)
                    .map_or_else(|| "not a catalogue".to_owned(), |near| format!("did you mean `{near}`?"));
                self.report(Diagnostic::error(
                    "imports::unknown",
                    format!("There is no catalogue `{}`", cloud.text),
                    cloud.span,
                    label,
                ));
            }
        }
        false
    }
}
