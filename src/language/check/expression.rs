//! Expressions: what type they have, and whether it fits their place.

use std::sync::Arc;

use cairn_provider::value::Value;
use ecow::EcoString;

use super::{Checker, FieldPlace, Want};
use crate::diagnostic::{Diagnostic, WRITTEN_SECRET, suggest};
use crate::language::literal;
use crate::language::program::{Binding, ItemId};
use crate::language::syntax::ast::{Element, Expr, ExprKind, ItemKind, Keyword, TextLiteral, TextPart};
use crate::language::types::Type;
use crate::source::Span;

/// For so many names that do not exist the nearest one is looked for.
const MAX_SEARCHES: usize = 100;

impl Checker<'_> {
    /// Checks an expression against the type of a named place.
    pub(super) fn check_value(&mut self, expression: &Expr, ty: &Type, name: &str, span: Span) {
        let field = FieldPlace {
            name,
            span,
            unit: None,
            schema: false,
            required: false,
            noun: None,
            sensitive: ty.holds_secret(),
        };
        self.check(expression, &Want { ty, field: Some(field) });
    }

    /// Checks an expression against what its place expects.
    pub(super) fn check(&mut self, expression: &Expr, want: &Want<'_>) {
        self.notice_wanted(expression, want);
        match &expression.kind {
            ExprKind::Group(inner) => self.check(inner, want),
            ExprKind::Number(raw) => self.number(expression, raw, want),
            ExprKind::Record(entries) if self.record_wanted(want.ty) => self.record(expression, entries, want),
            ExprKind::List(elements) => self.list(expression, elements, want),
            ExprKind::If(node) => {
                self.condition(&node.condition);
                self.check(&node.yes, want);
                match &node.no {
                    Some(no) => self.check(no, want),
                    // Without `else` the value may be absent; a field is then left out.
                    None if want.ty.is_optional()
                        || want.field.as_ref().is_some_and(|field| field.schema && !field.required) => {}
                    None => self.report(
                        Diagnostic::error(
                            "types::else_missing",
                            "This place needs a value in every case",
                            expression.span,
                            "nothing is said for the other case",
                        )
                        .help("add `else` with a value"),
                    ),
                }
            }
            ExprKind::Match(node) => {
                self.matching(node, Some(want));
            }
            ExprKind::ListFor(node) if matches!(want.ty.bare(), Type::List(_) | Type::Set(_)) => {
                let item = want.ty.item().unwrap_or(Type::Any);
                self.each(&node.each, |checker| {
                    checker.check(&node.value, &Want { ty: &item, field: want.field.clone() });
                });
            }
            ExprKind::MapFor(node) if matches!(want.ty.bare(), Type::Map(_)) => {
                let item = want.ty.item().unwrap_or(Type::Any);
                self.each(&node.each, |checker| {
                    checker.check(&node.key, &Want::of(&Type::Text));
                    checker.check(&node.value, &Want { ty: &item, field: want.field.clone() });
                });
            }
            ExprKind::Text(text) => self.text_in_place(expression, text, want),
            _ => {
                let found = self.infer(expression);
                self.expect(expression, &found, want);
            }
        }
    }

    /// Compares a type that was found with what is wanted.
    pub(super) fn expect(&mut self, expression: &Expr, found: &Type, want: &Want<'_>) {
        if super::fits(found, want.ty) || self.fits_field(found, want) {
            return;
        }
        self.mismatch(expression, found, want);
    }

    /// Fields of a vendor's schema take a little more: networks where text is sent, and what may be absent.
    fn fits_field(&self, found: &Type, want: &Want<'_>) -> bool {
        let Some(field) = want.field.as_ref().filter(|field| field.schema) else { return false };
        if field.sensitive
            && let Type::Secret(inner) = found
        {
            return super::fits(inner, want.ty.bare());
        }
        match found {
            Type::Ip | Type::Cidr => want.ty.is_text(),
            Type::Optional(inner) => !field.required && (super::fits(inner, want.ty) || self.fits_field(inner, want)),
            Type::List(item) => match want.ty {
                Type::List(wanted) => self.fits_field(item, &Want { ty: wanted, field: want.field.clone() }),
                _ => false,
            },
            _ => false,
        }
    }

    /// The type of an expression that no place expects anything of.
    pub(super) fn infer(&mut self, expression: &Expr) -> Type {
        let ty = self.inferred(expression);
        self.notice(expression, &ty);
        // What is larger than anything that is written is not followed; its value is refused when it is made.
        let made = matches!(expression.kind, ExprKind::Record(_) | ExprKind::List(_));
        if made && ty.is_too_large() { Type::Any } else { ty }
    }

    fn inferred(&mut self, expression: &Expr) -> Type {
        match &expression.kind {
            ExprKind::Group(inner) => self.infer(inner),
            ExprKind::Number(raw) => match literal::classify(raw) {
                Ok(value) => type_of(&value),
                Err(error) => {
                    self.report(literal::report(raw, &error, expression.span, None, None));
                    Type::Error
                }
            },
            ExprKind::Text(text) => self.text(text),
            ExprKind::Name(name) => self.name(name, expression.span),
            ExprKind::Record(entries) => self.infer_record(entries),
            ExprKind::MapFor(node) => self.map_for(node),
            ExprKind::List(elements) => self.infer_list(elements),
            ExprKind::ListFor(node) => self.list_for(node),
            ExprKind::Construct(node) => self.construct_value(expression, node),
            ExprKind::If(node) => {
                self.condition(&node.condition);
                let yes = self.infer(&node.yes);
                match &node.no {
                    Some(no) => yes.join(&self.infer(no)),
                    None => yes.optional(),
                }
            }
            ExprKind::Match(node) => self.matching(node, None),
            ExprKind::Unary(unary, inner) => self.unary(*unary, inner),
            ExprKind::Binary(node) => self.binary(expression, node),
            ExprKind::Member(node) => self.member(expression, node),
            ExprKind::Index(base, key) => self.index(expression, base, key),
            ExprKind::Call(callee, args) => self.call(expression, callee, args),
        }
    }

    /// A condition: true or false.
    pub(super) fn condition(&mut self, expression: &Expr) {
        let found = self.infer(expression);
        if !super::fits(&found, &Type::Bool) {
            self.mismatch(expression, &found, &Want::of(&Type::Bool));
        }
    }

    fn number(&mut self, expression: &Expr, raw: &EcoString, want: &Want<'_>) {
        let key = want.field.as_ref().map(|field| field.name);
        let wanted = want.ty.bare().to_string();
        let value = match literal::classify(raw) {
            Ok(value) => value,
            Err(error) => {
                self.report(literal::report(raw, &error, expression.span, key, Some(&wanted)));
                return;
            }
        };
        let found = type_of(&value);
        if let (Value::Int(number), Type::Between(min, max)) = (&value, want.ty.bare())
            && !(*min..=*max).contains(number)
        {
            let name = key.map_or_else(|| "This".to_owned(), |key| format!("`{key}`"));
            self.report(Diagnostic::error(
                "values::out_of_range",
                format!("{name} goes from {min} to {max}"),
                expression.span,
                format!("allowed: {min} to {max}"),
            ));
            return;
        }
        self.expect(expression, &found, want);
    }

    /// A text literal narrows to what is expected: one of several texts, a network, an address.
    fn text_in_place(&mut self, expression: &Expr, text: &TextLiteral, want: &Want<'_>) {
        let found = self.text(text);
        if let (Type::Choice(values), [TextPart::Known(_)] | []) = (&found, text.parts.as_slice()) {
            let written = values.first().cloned().unwrap_or_default();
            match want.ty.bare() {
                Type::Cidr | Type::Ip => {
                    let good = match want.ty.bare() {
                        Type::Cidr => cairn_provider::value::Cidr::parse(&written).is_ok(),
                        _ => written.parse::<std::net::IpAddr>().is_ok(),
                    };
                    if !good {
                        self.report(literal_network(&written, want.ty.bare(), expression.span));
                    }
                    return;
                }
                Type::Choice(allowed) if !allowed.contains(&written) => {
                    self.report(not_one_of(&written, allowed, want, expression.span));
                    return;
                }
                _ => {}
            }
            if want.ty.holds_secret() && !want.field.as_ref().is_some_and(|field| field.schema) {
                self.report(written_secret(expression.span));
                return;
            }
        }
        self.expect(expression, &found, want);
    }

    fn text(&mut self, text: &TextLiteral) -> Type {
        match text.parts.as_slice() {
            [] => return Type::Choice(Arc::new([EcoString::new()])),
            [TextPart::Known(known)] => return Type::Choice(Arc::new([known.clone()])),
            _ => {}
        }
        let mut secret = false;
        for part in &text.parts {
            let TextPart::Value(value) = part else { continue };
            let found = self.infer(value);
            secret |= found.holds_secret();
            self.interpolated(value, &found);
        }
        if secret { Type::Text.secret() } else { Type::Text }
    }

    fn name(&mut self, name: &EcoString, span: Span) -> Type {
        if let Some((_, ty)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return ty.clone();
        }
        let program = self.program;
        let unit = program.unit(self.unit);
        if let Some(binding) = unit.values.get(name) {
            if matches!(program.item(binding.item).kind, ItemKind::Function(_)) {
                self.report(
                    Diagnostic::error(
                        "types::function_value",
                        format!("`{name}` is a function"),
                        span,
                        "call it with parentheses",
                    )
                    .help(format!("{name}(…)")),
                );
                return Type::Error;
            }
            return self.binding_type(*binding, span);
        }
        match name.as_str() {
            "true" | "false" => return Type::Bool,
            "none" => return Type::None,
            "tcp" | "udp" | "icmp" => return Type::Named("Protocol"),
            "env" => {
                // What several stacks import does not know their environments.
                let library = unit.kind == crate::language::program::UnitKind::Library;
                return match program.environments_of(self.unit).filter(|_| !library) {
                    // A list that could not be read leaves open which there are.
                    _ if program
                        .unit(crate::language::program::Program::STACK)
                        .header
                        .is_none_or(|header| self.unread.contains(&header)) =>
                    {
                        Type::Error
                    }
                    Some((names, _)) => Type::Choice(names.into()),
                    None => Type::Text,
                };
            }
            _ => {}
        }
        if unit.broken.contains(name) {
            return Type::Error;
        }
        if let Some(import) = unit.stacks.get(name) {
            return Type::Component(import.unit);
        }
        self.undefined(name, span);
        Type::Error
    }

    fn undefined(&mut self, name: &EcoString, span: Span) {
        let unit = self.program.unit(self.unit);
        let near = match self.near.get(name) {
            Some(found) => found.clone(),
            // Every search looks at all names: beyond so many the list of reports is no longer read to its end.
            None if self.near.len() >= MAX_SEARCHES => None,
            None => {
                let locals = self.locals.iter().map(|(local, _)| local.as_str());
                let names =
                    locals.chain(unit.values.keys().map(EcoString::as_str)).chain(["env", "true", "false", "none"]);
                let found = suggest::nearest(name, names).map(EcoString::from);
                self.near.insert(name.clone(), found.clone());
                found
            }
        };
        let label = near
            .as_ref()
            .map_or_else(|| "not declared in this scope".to_owned(), |near| format!("did you mean `{near}`?"));
        let help = match &near {
            Some(near) => unit.values.get(near).copied().map(|binding| self.describe(near, binding)),
            None if unit.catalogues.contains(name) => {
                Some(format!("`{name}` is a catalogue; a type of it is {name}.ec2.Vpc"))
            }
            None => Some("all files of a stack's directory share their names; their order means nothing".to_owned()),
        };
        self.typed.undefined.insert(name.clone());
        let mut diagnostic =
            Diagnostic::error("names::undefined", format!("There is nothing called `{name}`"), span, label);
        diagnostic.help = help;
        if near.is_some() {
            let locals = self.locals.iter().map(|(local, _)| local.as_str());
            diagnostic = diagnostic.meant(span, name, locals.chain(unit.values.keys().map(EcoString::as_str)));
        }
        self.report(diagnostic);
    }

    /// Where a name is declared and what it is.
    fn describe(&mut self, name: &str, binding: Binding) -> String {
        let place = self.program.sources.place(binding.span);
        let ty = self.quietly(|checker| checker.binding_type(binding, binding.span));
        let what = match &ty {
            Type::Map(item) => {
                let keys = self.static_keys(binding.item);
                format!("a Map of {item}{}", keys.map(|keys| format!(" with the keys {keys}")).unwrap_or_default())
            }
            other => format!("{} {other}", article(&other.to_string())),
        };
        if ty.is_open() {
            format!("`{name}` is declared in {place}")
        } else {
            format!("`{name}` is declared in {place} and is {what}")
        }
    }

    /// The keys of a looped declaration, if they can be read off the source: `"a" and "b"`.
    pub(super) fn static_keys(&self, item: ItemId) -> Option<String> {
        self.written_keys(item).map(|keys| list_words(&keys))
    }

    /// The keys of a looped declaration in quotes, if they can be read off the source.
    pub(super) fn written_keys(&self, item: ItemId) -> Option<Vec<String>> {
        let ItemKind::Declaration(node) = &self.program.item(item).kind else { return None };
        let each = node.each.as_ref()?;
        // A filter or another key leads to others than those that are written.
        if each.guard.is_some() || each.by.is_some() {
            return None;
        }
        self.literal_keys(&each.source, 0)
    }

    fn literal_keys(&self, expression: &Expr, depth: usize) -> Option<Vec<String>> {
        use crate::language::syntax::ast::Entry;
        match &expression.kind {
            ExprKind::Record(entries) => entries
                .iter()
                .map(|entry| match entry {
                    Entry::Field(key, _) => Some(format!("\"{}\"", key.text)),
                    Entry::Short(name) => Some(format!("\"{}\"", name.text)),
                    Entry::Spread(_) => None,
                })
                .collect(),
            ExprKind::List(elements) => elements
                .iter()
                .map(|element| match element {
                    Element::Value(Expr { kind: ExprKind::Text(text), .. }) => match text.parts.as_slice() {
                        [TextPart::Known(text)] => Some(format!("\"{text}\"")),
                        _ => None,
                    },
                    Element::Value(_) | Element::Spread(_) => None,
                })
                .collect(),
            ExprKind::Name(name) if depth < 4 => {
                let binding = self.program.unit(self.unit).values.get(name)?;
                match &self.program.item(binding.item).kind {
                    ItemKind::Let(node) => self.literal_keys(&node.value, depth + 1),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The type of the item a name stands for.
    pub(super) fn binding_type(&mut self, binding: Binding, span: Span) -> Type {
        let inferred = matches!(&self.program.item(binding.item).kind, ItemKind::Let(node) if node.ty.is_none());
        if inferred && self.unread.contains(&binding.item) {
            return Type::Error;
        }
        if let Some(ty) = self.typed.types.get(&binding.item) {
            return ty.clone();
        }
        let same_unit = binding.unit == self.unit && self.locals.is_empty();
        if same_unit {
            self.item_type(binding.item, binding.unit, span)
        } else {
            self.enter(binding.unit, |checker| checker.item_type(binding.item, binding.unit, span))
        }
    }

    fn list(&mut self, expression: &Expr, elements: &[Element], want: &Want<'_>) {
        let (Type::List(item) | Type::Set(item)) = want.ty.bare() else {
            let found = self.infer_list(elements);
            self.expect(expression, &found, want);
            return;
        };
        for element in elements {
            match element {
                Element::Value(value) => self.check(value, &Want { ty: item, field: want.field.clone() }),
                Element::Spread(value) => self.check(value, &Want { ty: want.ty.bare(), field: want.field.clone() }),
            }
        }
    }

    fn infer_list(&mut self, elements: &[Element]) -> Type {
        let mut joined: Option<Type> = None;
        for element in elements {
            let ty = match element {
                Element::Value(value) => self.infer(value),
                Element::Spread(value) => {
                    let ty = self.infer(value);
                    match ty.bare() {
                        Type::List(_) | Type::Set(_) | Type::Map(_) | Type::Any | Type::Error => {}
                        other => {
                            let found = other.clone();
                            self.mismatch(value, &found, &Want::of(&Type::List(Arc::new(Type::Any))));
                        }
                    }
                    ty.item().unwrap_or(Type::Error)
                }
            };
            joined = Some(match joined {
                Some(before) => before.join(&ty),
                None => ty,
            });
        }
        Type::List(Arc::new(joined.unwrap_or(Type::Any)))
    }
}

/// The item type of a declaration's keyword, for the few places that care.
pub(super) fn is_lookup(keyword: Keyword) -> bool {
    keyword == Keyword::Lookup
}

/// The type of a literal.
pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Float,
        Value::Duration(_) => Type::Duration,
        Value::Size(_) => Type::Size,
        Value::Percent(_) => Type::Percent,
        Value::Ip(_) => Type::Ip,
        Value::Cidr(_) => Type::Cidr,
        Value::Traffic(_) => Type::Traffic,
        Value::Range(..) => Type::Range,
        Value::Bool(_) => Type::Bool,
        Value::Text(text) => Type::Choice(Arc::new([text.clone()])),
        Value::None => Type::None,
        Value::List(_) => Type::List(Arc::new(Type::Any)),
        Value::Map(_) => Type::Map(Arc::new(Type::Any)),
    }
}

/// `a` or `an`.
pub(super) fn article(noun: &str) -> &'static str {
    if noun.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// `"a", "b" and "c"`.
pub(super) fn list_words(words: &[String]) -> String {
    match words {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [many @ .., last] => format!("{} and {last}", many.join(", ")),
    }
}

fn literal_network(written: &str, wanted: &Type, span: Span) -> Diagnostic {
    match (wanted, literal::classify(written)) {
        (Type::Cidr, Err(error @ literal::LiteralError::HostBits { .. })) => {
            literal::report(written, &error, span, None, None)
        }
        (Type::Cidr, _) => Diagnostic::error(
            "literals::cidr_prefix",
            format!("\"{written}\" is not a network"),
            span,
            "such as 10.20.0.0/16",
        ),
        _ => Diagnostic::error(
            "literals::address",
            format!("\"{written}\" is not an address"),
            span,
            "such as 10.20.0.2",
        ),
    }
}

/// The report about a text that is none of those allowed.
pub(super) fn not_one_of(written: &str, allowed: &[EcoString], want: &Want<'_>, span: Span) -> Diagnostic {
    let near = suggest::nearest(written, allowed.iter().map(EcoString::as_str));
    let what = want.field.as_ref().map_or_else(
        || "allowed here".to_owned(),
        |field| match field.noun {
            Some(noun) => format!("{} {noun}", article(noun)),
            None => format!("a value of `{}`", field.name),
        },
    );
    let label = near.map_or_else(|| "not one of them".to_owned(), |near| format!("did you mean \"{near}\"?"));
    let listed: Vec<String> = allowed.iter().take(20).map(|value| format!("\"{value}\"")).collect();
    let more = if allowed.len() > 20 { format!(" and {} more", allowed.len() - 20) } else { String::new() };
    Diagnostic::error("types::not_one_of", format!("\"{written}\" is not {what}"), span, label)
        .meant_as(span, written, allowed.iter().map(EcoString::as_str), quoted)
        .help(format!("one of: {}{more}", listed.join(" ")))
}

/// A text as it is written in the language.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$"))
}

fn written_secret(span: Span) -> Diagnostic {
    Diagnostic::error("secret::written", "A secret cannot be written as text", span, WRITTEN_SECRET)
        .help("name where it is kept: secret(\"env:NAME\") or secret(\"file:PATH\")")
}
