//! Members and keys.

use std::sync::Arc;

use cairn_provider::schema::{Access, Field, TypeSchema};
use ecow::EcoString;

use super::expression::{article, list_words};
use super::{Checker, Want};
use crate::builtins::{self, On};
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::program::UnitKind;
use crate::language::syntax::ast::{Expr, ExprKind, Ident, Member};
use crate::language::types::{RecordType, Type};

impl Checker<'_> {
    pub(super) fn member(&mut self, expression: &Expr, node: &Member) -> Type {
        let base = self.infer(&node.base);
        if base.is_optional() && !node.optional {
            self.maybe_absent(expression, &base);
            return Type::Error;
        }
        let secret = matches!(base.required(), Type::Secret(_));
        let found = self.member_of(base.bare(), &node.base, &node.name);
        let found = if secret { found.secret() } else { found };
        if node.optional { found.optional() } else { found }
    }

    fn member_of(&mut self, base: &Type, base_expression: &Expr, name: &Ident) -> Type {
        match base {
            Type::Error | Type::Any | Type::Json => Type::Any,
            Type::Record(record) => self.record_member(record, name),
            Type::Part(schema, id) => {
                let schema = Arc::clone(schema);
                match schema.record(*id).fields.get(&name.text) {
                    // What the cloud itself puts there is there.
                    Some(field) if field.access == Access::ReadOnly => field_type(&schema, field),
                    Some(field) => field_type(&schema, field).optional(),
                    None => self.no_field(&schema, *id, name),
                }
            }
            Type::Resource(schema) => self.resource_member(&Arc::clone(schema), name),
            Type::AnyResource(kinds) => match kinds.as_ref() {
                [kind] => match self.program.catalogue.get(kind).cloned() {
                    Some(schema) => self.resource_member(&schema, name),
                    None => Type::Any,
                },
                _ => Type::Any,
            },
            Type::Component(unit) => self.component_member(*unit, name),
            Type::Target(_) => match name.text.as_str() {
                "region" | "account" | "role" => Type::Text,
                "tags" => Type::Map(Arc::new(Type::Text)),
                _ => self.unknown_member(base, name, &["region", "account", "role", "tags"]),
            },
            Type::Cidr | Type::Traffic | Type::Range => {
                let on = receiver(base);
                match on.and_then(|on| builtins::find(on, &name.text)) {
                    Some(builtin) if builtin.params.is_empty() => self.builtin_result(builtin, Some(base), &[]),
                    _ => {
                        let names: Vec<&str> = builtins::all()
                            .filter(|builtin| Some(builtin.on) == on)
                            .map(|builtin| builtin.name)
                            .collect();
                        self.unknown_member(base, name, &names)
                    }
                }
            }
            Type::Map(item) => {
                let shown = self.program.sources.text(base_expression.span).to_owned();
                let keys = self.keys_of(base_expression);
                let known = keys.map(|keys| format!("\nits keys: {keys}")).unwrap_or_default();
                self.report(
                    Diagnostic::error(
                        "types::unknown_member",
                        format!("`{shown}` is a Map of {item}"),
                        name.span,
                        "its values are found by key",
                    )
                    .help(format!("{shown}[\"{}\"]{known}", name.text)),
                );
                Type::Error
            }
            _ => {
                let on = receiver(base);
                let names: Vec<&str> =
                    builtins::all().filter(|builtin| Some(builtin.on) == on).map(|builtin| builtin.name).collect();
                if names.contains(&name.text.as_str()) {
                    self.report(
                        Diagnostic::error(
                            "types::function_value",
                            format!("`{}` is a function", name.text),
                            name.span,
                            "call it with parentheses",
                        )
                        .help(format!(".{}()", name.text)),
                    );
                    return Type::Error;
                }
                self.unknown_member(base, name, &names)
            }
        }
    }

    fn record_member(&mut self, record: &RecordType, name: &Ident) -> Type {
        match record.field(&name.text) {
            Some(field) => field.ty.clone(),
            None => {
                let names: Vec<&str> = record.fields.iter().map(|field| field.name.as_str()).collect();
                let label = suggest::nearest(&name.text, names.iter().copied())
                    .map_or_else(|| "not one of its fields".to_owned(), |near| format!("did you mean `{near}`?"));
                let owner = record.name.as_ref().map_or_else(|| "This record".to_owned(), |name| format!("`{name}`"));
                self.report(
                    Diagnostic::error(
                        "types::unknown_member",
                        format!("{owner} has no field `{}`", name.text),
                        name.span,
                        label,
                    )
                    .meant(name.span, &name.text, names.iter().copied())
                    .help(format!("its fields: {}", names.join(" "))),
                );
                Type::Error
            }
        }
    }

    fn unknown_member(&mut self, base: &Type, name: &Ident, names: &[&str]) -> Type {
        let label = suggest::nearest(&name.text, names.iter().copied())
            .map_or_else(|| "not a part of it".to_owned(), |near| format!("did you mean `{near}`?"));
        let shown = super::mismatch::short(base);
        let mut diagnostic = Diagnostic::error(
            "types::unknown_member",
            format!("{} {shown} has no `{}`", capital(article(&shown)), name.text),
            name.span,
            label,
        )
        .meant(name.span, &name.text, names.iter().copied());
        if !names.is_empty() {
            diagnostic = diagnostic.help(format!("it has: {}", names.join(" ")));
        }
        self.report(diagnostic);
        Type::Error
    }

    fn resource_member(&mut self, schema: &Arc<TypeSchema>, name: &Ident) -> Type {
        if let Some(field) = schema.field(&name.text) {
            let ty = field_type(schema, field);
            return if self.may_be_unwritten(schema, field) { ty.optional() } else { ty };
        }
        // A reference by its full name: the attribute of the other resource is meant.
        let full = schema.root().fields.iter().find_map(|(short, field)| match &field.shape {
            cairn_provider::schema::Shape::Reference(reference) if reference.full_name == name.text => {
                Some((short.clone(), reference.targets.first().map(|(_, attribute)| attribute.clone())))
            }
            _ => None,
        });
        if let Some((short, attribute)) = full {
            let attribute = attribute.unwrap_or_default();
            self.report(
                Diagnostic::error(
                    "schema::reference_suffix",
                    "A reference is written without its suffix",
                    name.span,
                    format!("the field holds the resource itself, so it is called `{short}`"),
                )
                .help(format!(".{short}.{attribute}")),
            );
            return Type::Error;
        }
        self.no_field(schema, 0, name)
    }

    fn no_field(&mut self, schema: &Arc<TypeSchema>, record: usize, name: &Ident) -> Type {
        let names = schema.record(record).fields.keys().map(EcoString::as_str);
        let diagnostic = super::misspelt::unknown_field(schema, record, &name.text, name.span, None)
            .meant(name.span, &name.text, names);
        self.report(diagnostic);
        Type::Error
    }

    fn component_member(&mut self, unit: crate::language::program::UnitId, name: &Ident) -> Type {
        let program = self.program;
        let component = program.unit(unit);
        match component.outputs.get(&name.text) {
            Some(item) => {
                let item = *item;
                self.enter(unit, |checker| checker.item_type(item, unit, name.span))
            }
            None => {
                let names: Vec<&str> = component.outputs.keys().map(EcoString::as_str).collect();
                let inside = component.values.contains_key(&name.text);
                let what = if component.kind == UnitKind::Stack { "stack" } else { "component" };
                let label = match suggest::nearest(&name.text, names.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if inside => "declared inside, but not an output".to_owned(),
                    None => "not one of its outputs".to_owned(),
                };
                self.report(
                    Diagnostic::error(
                        "types::unknown_member",
                        format!("The {what} `{}` has no output `{}`", component.name, name.text),
                        name.span,
                        label,
                    )
                    .meant(name.span, &name.text, names.iter().copied())
                    .help(format!("its outputs: {}", names.join(" "))),
                );
                Type::Error
            }
        }
    }

    pub(super) fn index(&mut self, expression: &Expr, base: &Expr, key: &Expr) -> Type {
        let found = self.infer(base);
        if found.is_optional() {
            self.maybe_absent(expression, &found);
            return Type::Error;
        }
        let secret = matches!(found.required(), Type::Secret(_));
        let item = match found.bare() {
            Type::Map(item) => {
                let item = item.as_ref().clone();
                self.map_key(base, key, &item);
                item
            }
            Type::Record(record) => {
                let record = Arc::clone(record);
                self.check(key, &Want::of(&Type::Text));
                let literal = literal_text(key);
                match literal {
                    Some(name) => {
                        let name = Ident { text: name, span: key.span };
                        return self.record_member(&record, &name);
                    }
                    None => Type::Record(record).item().unwrap_or(Type::Any),
                }
            }
            Type::List(item) | Type::Set(item) => {
                let item = item.as_ref().clone();
                self.check(key, &Want::of(&Type::Int));
                item
            }
            Type::Any | Type::Error | Type::Json => {
                self.infer(key);
                Type::Any
            }
            other => {
                let shown = super::mismatch::short(other);
                self.report(Diagnostic::error(
                    "types::index",
                    format!("{} {shown} has no items", capital(article(&shown))),
                    expression.span,
                    "only lists and maps have",
                ));
                Type::Error
            }
        };
        if secret { item.secret() } else { item }
    }

    fn map_key(&mut self, base: &Expr, key: &Expr, item: &Type) {
        let found = self.infer(key);
        if !matches!(found.bare(), Type::Int | Type::Between(..)) {
            if !super::fits(&found, &Type::Text) {
                self.mismatch(key, &found, &Want::of(&Type::Text));
            }
            return;
        }
        let shown = self.program.sources.text(base.span).to_owned();
        let keys = self.keys_of(base);
        let first = keys.as_ref().and_then(|keys| keys.split('"').nth(1)).unwrap_or("key").to_owned();
        let label = keys.map_or_else(|| format!("a Map of {item}"), |keys| format!("keys are {keys}"));
        self.report(
            Diagnostic::error(
                "refs::position",
                format!("`{shown}` is looked up by name, not by position"),
                key.span,
                label,
            )
            .help(format!(
                "one of them: {shown}[\"{first}\"]        all of them: {shown}\nWith positions, removing one would move every one after it."
            )),
        );
    }
}

/// The type a field has when it is read.
fn field_type(schema: &Arc<TypeSchema>, field: &Field) -> Type {
    let ty = Type::of_shape(schema, &field.shape);
    if field.sensitive { ty.secret() } else { ty }
}

/// What built-ins call a value of a type.
pub fn receiver(ty: &Type) -> Option<On> {
    match ty {
        ty if ty.is_text() => Some(On::Text),
        Type::List(_) | Type::Set(_) => Some(On::List),
        Type::Map(_) | Type::Record(_) => Some(On::Map),
        Type::Cidr => Some(On::Cidr),
        Type::Traffic => Some(On::Traffic),
        Type::Range => Some(On::Range),
        _ => None,
    }
}

fn literal_text(expression: &Expr) -> Option<EcoString> {
    use crate::language::syntax::ast::TextPart;
    let ExprKind::Text(text) = &expression.kind else { return None };
    match text.parts.as_slice() {
        [TextPart::Known(text)] => Some(text.clone()),
        _ => None,
    }
}

fn capital(word: &str) -> String {
    if word == "an" { "An".to_owned() } else { "A".to_owned() }
}

/// Names in a sentence.
pub(super) fn names(names: &[&str]) -> String {
    list_words(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>())
}
