//! What is said when a value does not fit its place.

use super::expression::{article, list_words};
use super::{Checker, Want};
use crate::diagnostic::Diagnostic;
use crate::language::syntax::ast::{Expr, ExprKind, ItemKind};
use crate::language::types::Type;
use crate::source::Span;

impl Checker<'_> {
    /// Reports that an expression does not fit.
    pub(super) fn mismatch(&mut self, expression: &Expr, found: &Type, want: &Want<'_>) {
        if found.is_open() || want.ty.is_open() {
            return;
        }
        if found.is_optional() && super::fits(found.required(), want.ty) {
            self.maybe_absent(expression, found);
            return;
        }
        if found.holds_secret() && !want.ty.holds_secret() {
            self.leak(expression, want);
            return;
        }
        let wanted = want.ty.bare();
        let diagnostic = match (found.bare(), wanted) {
            (Type::Map(item), Type::Resource(_) | Type::AnyResource(_)) if super::fits(item, wanted) => {
                self.needs_key(expression, item, want)
            }
            (found, Type::Resource(_) | Type::AnyResource(_)) if found.is_text() => self.string_id(expression, want),
            (
                Type::Resource(_) | Type::AnyResource(_) | Type::Component(_),
                Type::Resource(_) | Type::AnyResource(_),
            ) => self.wrong_kind(expression, found, want),
            (Type::Resource(_) | Type::AnyResource(_), wanted) if wanted.is_text() => {
                self.attribute_needed(expression, found.bare())
            }
            (Type::Int | Type::Between(..) | Type::Float, wanted) if wanted.is_quantity() => {
                self.unit_missing(expression, wanted, want)
            }
            (found, wanted) if found.is_quantity() && wanted.is_quantity() => {
                self.dimension(expression, found, wanted, want)
            }
            (found, Type::Json) => Diagnostic::error(
                "types::mismatch",
                format!("{} {found} cannot be part of a JSON document", capital(article(&found.to_string()))),
                expression.span,
                "documents hold text, numbers, true, false, lists and records",
            ),
            _ => self.general(expression, found, want),
        };
        self.report(diagnostic);
    }

    fn general(&mut self, expression: &Expr, found: &Type, want: &Want<'_>) -> Diagnostic {
        let wanted = want.ty;
        let shown = short(found);
        let value = if found.bare().is_text() { "text".to_owned() } else { shown.clone() };
        let Some(field) = &want.field else {
            return Diagnostic::error(
                "types::mismatch",
                format!(
                    "{} {} is expected here, this is {} {shown}",
                    capital(article(&short(wanted))),
                    short(wanted),
                    article(&shown)
                ),
                expression.span,
                value,
            );
        };
        let diagnostic = Diagnostic::error(
            "types::mismatch",
            format!(
                "`{}` is {} {}, this is {} {shown}",
                field.name,
                article(&short(wanted)),
                short(wanted),
                article(&shown)
            ),
            expression.span,
            value,
        );
        let mut diagnostic = if field.span.source == expression.span.source && field.span != expression.span {
            diagnostic.label(field.span, short(wanted))
        } else {
            diagnostic
        };
        let converted = self.converted(expression, found, wanted);
        diagnostic.help = converted.as_ref().map(|better| format!("{}: {better}", field.name));
        match (converted, &expression.kind) {
            (Some(better), ExprKind::Number(_) | ExprKind::Text(_)) => diagnostic.edit(expression.span, better),
            (Some(better), _) => diagnostic.offer(expression.span, better),
            (None, _) => diagnostic,
        }
    }

    /// The same value written as the place wants it, where that is plain to see.
    fn converted(&self, expression: &Expr, found: &Type, wanted: &Type) -> Option<String> {
        let written = self.program.sources.text(expression.span);
        let inner = written.trim_matches('"');
        let numeric =
            !inner.is_empty() && inner.chars().all(|character| character.is_ascii_digit() || character == '.');
        let better = match wanted.bare() {
            Type::Union(members) if members.iter().any(|member| matches!(member, Type::Percent)) && numeric => {
                format!("{inner}%")
            }
            Type::Percent if numeric => format!("{inner}%"),
            Type::Int | Type::Float | Type::Between(..) if found.bare().is_text() && numeric => inner.to_owned(),
            Type::Bool if matches!(inner, "true" | "false") => inner.to_owned(),
            Type::Text if found.bare().is_number() || matches!(found.bare(), Type::Bool) => format!("\"{written}\""),
            Type::Text => format!("\"${{{written}}}\""),
            Type::List(item) if super::fits(found, item) => format!("[{written}]"),
            _ => return None,
        };
        Some(better)
    }

    fn unit_missing(&self, expression: &Expr, wanted: &Type, want: &Want<'_>) -> Diagnostic {
        let written = self.program.sources.text(expression.span);
        let field = want.field.as_ref();
        let unit = field.and_then(|field| field.unit);
        let (suffix, counted) = match (unit, wanted) {
            (Some(unit), _) => (unit.suffix(), format!("; the API counts in {}", unit.counted())),
            (None, Type::Duration) => ("s", String::new()),
            (None, Type::Size) => ("GiB", String::new()),
            (None, _) => ("%", String::new()),
        };
        let key = field.map_or_else(String::new, |field| format!("{}: ", field.name));
        let diagnostic = Diagnostic::error(
            "literals::unit_missing",
            format!("{written} what?"),
            expression.span,
            format!("{} {wanted} is expected here{counted}", article(&wanted.to_string())),
        )
        .help(format!("{key}{written}{suffix}"));
        // Only a literal can be mended without thinking.
        match (&expression.kind, unit) {
            (ExprKind::Number(_), Some(_)) => diagnostic
                .help(format!("{key}{written}{suffix}\n`cairn fix` adds the unit the API counts in"))
                .edit(expression.span, format!("{written}{suffix}")),
            _ => diagnostic,
        }
    }

    fn dimension(&self, expression: &Expr, found: &Type, wanted: &Type, want: &Want<'_>) -> Diagnostic {
        let written = self.program.sources.text(expression.span);
        let number = written.trim_end_matches(|character: char| character.is_ascii_alphabetic() || character == '%');
        let unit = written.get(number.len()..).unwrap_or_default();
        let meaning = |ty: &Type| match ty {
            Type::Duration => "how long",
            Type::Size => "how much",
            _ => "which share",
        };
        let label = match &expression.kind {
            ExprKind::Number(_) => format!("{unit} is {}, not {}", meaning(found), meaning(wanted)),
            _ => format!("{} {found}", article(&found.to_string())),
        };
        let name = want.field.as_ref().map_or_else(|| "This".to_owned(), |field| format!("`{}`", field.name));
        let mut diagnostic = Diagnostic::error(
            "types::dimension",
            format!("{name} is a {wanted}, this is a {found}"),
            expression.span,
            label,
        );
        if let (ExprKind::Number(_), Some(field)) = (&expression.kind, &want.field) {
            let suffix =
                field.unit.map_or(if matches!(wanted, Type::Duration) { "s" } else { "GiB" }, |unit| unit.suffix());
            diagnostic = diagnostic.help(format!("{}: {number}{suffix}", field.name));
        }
        diagnostic
    }

    fn needs_key(&mut self, expression: &Expr, item: &Type, want: &Want<'_>) -> Diagnostic {
        let shown = self.program.sources.text(expression.span).to_owned();
        let keys = self.keys_of(expression);
        let key = want.field.as_ref().map_or_else(String::new, |field| format!("{}: ", field.name));
        let label = match &keys {
            Some(keys) => format!("Map of {item}, keys {keys}"),
            None => format!("Map of {item}"),
        };
        let first = keys.as_ref().and_then(|keys| keys.split('"').nth(1)).unwrap_or("key").to_owned();
        let local = self.locals.iter().rev().find(|(_, ty)| ty.is_text()).map(|(name, _)| name.clone());
        let one = local.map(|local| format!("the one of this loop: {key}{shown}[{local}]\n")).unwrap_or_default();
        let count = self.key_count(expression);
        Diagnostic::error(
            "refs::needs_key",
            format!("`{shown}` is {}; say which", self.several(item, count)),
            expression.span,
            label,
        )
        .help(format!("{one}a certain one: {key}{shown}[\"{first}\"]"))
    }

    /// "two subnets".
    fn several(&self, item: &Type, count: Option<usize>) -> String {
        let noun = self.noun(item);
        let noun = noun.split_once(' ').map_or(noun.as_str(), |(_, noun)| noun);
        // Types without a word of their own are spoken of as resources.
        let noun = if noun.contains('.') { "resource" } else { noun };
        let numbers = ["no", "one", "two", "three", "four", "five", "six"];
        match count.map(|count| (count, numbers.get(count))) {
            Some((1, _)) => format!("a map with one {noun}"),
            Some((_, Some(number))) => format!("{number} {noun}s"),
            Some((count, None)) => format!("{count} {noun}s"),
            None => format!("several {noun}s"),
        }
    }

    /// How many keys the looped declaration has that an expression names.
    fn key_count(&self, expression: &Expr) -> Option<usize> {
        let ExprKind::Name(name) = &expression.kind else { return None };
        let binding = self.program.unit(self.unit).values.get(name)?;
        self.written_keys(binding.item).map(|keys| keys.len())
    }

    /// The keys of the looped declaration that an expression names.
    pub(super) fn keys_of(&self, expression: &Expr) -> Option<String> {
        let ExprKind::Name(name) = &expression.kind else { return None };
        let binding = self.program.unit(self.unit).values.get(name)?;
        self.static_keys(binding.item)
    }

    fn string_id(&self, expression: &Expr, want: &Want<'_>) -> Diagnostic {
        let written = self.program.sources.text(expression.span);
        let name = want.field.as_ref().map_or("this", |field| field.name);
        let id = if written.starts_with('"') { written.to_owned() } else { format!("\"{written}\"") };
        let literal = matches!(expression.kind, ExprKind::Text(_));
        let label = if literal { "an id copied from the console?" } else { "text" };
        let mut help = format!("use it as it is: {name}: existing({written})");
        if let Type::AnyResource(kinds) = want.ty.bare()
            && let [kind] = kinds.as_ref()
            && let Some(schema) = self.program.catalogue.get(kind)
            && let Some(identity) = schema.identity.first()
        {
            help.push_str(&format!("\nto read more of it too: lookup main = {kind} {{ {identity}: {id} }}"));
        }
        if literal {
            help.push_str(&format!("\nto take it over: write a resource and put @adopt({id}) above it"));
        }
        let diagnostic = Diagnostic::error(
            "refs::string_id",
            format!("`{name}` wants a resource, this is text"),
            expression.span,
            label,
        )
        .help(help);
        match &expression.kind {
            ExprKind::Text(_) => diagnostic.edit(expression.span, format!("existing({written})")),
            // An attribute of a resource: most likely the resource itself is meant.
            ExprKind::Member(member) if !member.optional => {
                diagnostic.offer(expression.span, self.program.sources.text(member.base.span))
            }
            _ => diagnostic.offer(expression.span, format!("existing({written})")),
        }
    }

    fn wrong_kind(&self, expression: &Expr, found: &Type, want: &Want<'_>) -> Diagnostic {
        let wanted = want.ty.bare();
        let name = want.field.as_ref().map_or("this", |field| field.name);
        let diagnostic = Diagnostic::error(
            "refs::wrong_kind",
            format!("`{name}` wants {}, this is {}", self.noun(wanted), self.noun(found.bare())),
            expression.span,
            found.bare().to_string(),
        );
        let diagnostic = match &want.field {
            Some(field) if field.span.source == expression.span.source && field.span != expression.span => {
                diagnostic.label(field.span, wanted.to_string())
            }
            _ => diagnostic,
        };
        let written = self.program.sources.text(expression.span);
        let through = self.reference_to(found.bare(), wanted).map(|field| format!("{name}: {written}.{field}"));
        let named = self
            .names_of_type(wanted)
            .first()
            .map(|fitting| if fitting == name { fitting.clone() } else { format!("{name}: {fitting}") });
        match (through, named) {
            (Some(through), Some(named)) => diagnostic.help(format!("{through}        or simply: {named}")),
            (Some(help), None) | (None, Some(help)) => diagnostic.help(help),
            (None, None) => diagnostic,
        }
    }

    /// The field of a resource that refers to one of a wanted type.
    fn reference_to(&self, found: &Type, wanted: &Type) -> Option<String> {
        let Type::Resource(schema) = found else { return None };
        let takes = |kind: &str| match wanted {
            Type::Resource(wanted) => wanted.name == kind,
            Type::AnyResource(kinds) => kinds.iter().any(|wanted| wanted == kind),
            _ => false,
        };
        schema.root().fields.iter().find_map(|(name, field)| match &field.shape {
            cairn_provider::schema::Shape::Reference(reference) => {
                let only = reference.targets.first().filter(|_| reference.targets.len() == 1)?;
                takes(&only.0).then(|| name.to_string())
            }
            _ => None,
        })
    }

    /// How a sentence calls a resource of a type: "a VPC".
    fn noun(&self, ty: &Type) -> String {
        let kind = match ty {
            Type::Resource(schema) => Some(schema.name.clone()),
            Type::AnyResource(kinds) => kinds.first().cloned(),
            _ => None,
        };
        let noun = kind.and_then(|kind| self.program.catalogue.get(&kind)).map(|schema| schema.overlay.noun);
        match noun {
            Some(noun) if !noun.is_empty() => noun.to_owned(),
            _ => format!("{} {ty}", article(&ty.to_string())),
        }
    }

    /// Declared names of this unit that have a type.
    fn names_of_type(&self, ty: &Type) -> Vec<String> {
        let unit = self.program.unit(self.unit);
        let fitting = unit.values.iter().filter(|(_, binding)| {
            self.typed.types.get(&binding.item).is_some_and(|found| !found.is_open() && super::fits(found, ty))
        });
        fitting.map(|(name, _)| name.to_string()).collect()
    }

    /// Reports a resource where text is wanted.
    pub(super) fn attribute_needed(&self, expression: &Expr, found: &Type) -> Diagnostic {
        let shown = self.program.sources.text(expression.span);
        let attributes = self.text_attributes(found);
        let first = attributes.first().cloned().unwrap_or_else(|| "attribute".to_owned());
        Diagnostic::error(
            "refs::attribute_needed",
            format!("Which text of `{shown}` is meant?"),
            expression.span,
            "a resource, not text",
        )
        .help(format!("\"${{{shown}.{first}}}\"\nthe attributes that are text: {}", attributes.join(" ")))
    }

    fn text_attributes(&self, ty: &Type) -> Vec<String> {
        let Type::Resource(schema) = ty else { return Vec::new() };
        let mut own: Vec<&String> = Vec::new();
        let fields: Vec<(String, bool)> = schema
            .root()
            .fields
            .iter()
            .filter(|(_, field)| matches!(field.shape, cairn_provider::schema::Shape::Text(_)) && !field.sensitive)
            .map(|(name, field)| (name.to_string(), !field.writable()))
            .collect();
        own.extend(fields.iter().filter(|(_, read_only)| *read_only).map(|(name, _)| name));
        // Addresses are what people put into text, ids of zones hardly ever.
        own.sort_by_key(|name| match name.as_str() {
            name if name.ends_with("dns_name") || name.ends_with("domain_name") || name.ends_with("endpoint") => 0,
            name if name.contains("zone") => 2,
            _ => 1,
        });
        own.extend(fields.iter().filter(|(_, read_only)| !*read_only).map(|(name, _)| name));
        own.into_iter().take(6).cloned().collect()
    }

    /// Checks a value that stands inside of text.
    pub(super) fn interpolated(&mut self, expression: &Expr, found: &Type) {
        if found.is_optional() {
            self.maybe_absent(expression, found);
            return;
        }
        match found.bare() {
            Type::Resource(_) | Type::AnyResource(_) => {
                let diagnostic = self.attribute_needed(expression, found.bare());
                self.report(diagnostic);
            }
            Type::List(_) | Type::Set(_) | Type::Map(_) | Type::Record(_) | Type::Part(..) => {
                let shown = self.program.sources.text(expression.span).to_owned();
                let better = match found.bare() {
                    Type::List(_) | Type::Set(_) => format!("\"${{{shown}.join(\", \")}}\""),
                    _ => format!("\"${{json({shown})}}\""),
                };
                self.report(
                    Diagnostic::error(
                        "types::interpolation",
                        format!("{} {} is not text", capital(article(&short(found))), short(found)),
                        expression.span,
                        "it has no text of its own",
                    )
                    .help(better),
                );
            }
            Type::Component(_) | Type::Target(_) | Type::Health | Type::None => {
                self.report(Diagnostic::error(
                    "types::interpolation",
                    format!("{} {} is not text", capital(article(&short(found))), short(found)),
                    expression.span,
                    "it has no text of its own",
                ));
            }
            Type::Error
            | Type::Any
            | Type::Bool
            | Type::Int
            | Type::Between(..)
            | Type::Float
            | Type::Text
            | Type::Choice(_)
            | Type::Named(_)
            | Type::Duration
            | Type::Size
            | Type::Percent
            | Type::Ip
            | Type::Cidr
            | Type::Traffic
            | Type::Range
            | Type::Json
            | Type::Optional(_)
            | Type::Secret(_)
            | Type::Union(_) => {}
        }
    }

    /// Reports a value that may be absent where one is needed.
    pub(super) fn maybe_absent(&mut self, expression: &Expr, found: &Type) {
        if found.is_open() {
            return;
        }
        let shown = self.program.sources.text(expression.span).to_owned();
        let (base, span) = base_of(expression);
        let name = self.program.sources.text(span).to_owned();
        let guard = match &base.kind {
            ExprKind::Name(name) => self.guard_of(name),
            _ => None,
        };
        if shown != name && !self.quietly(|checker| checker.infer(base)).is_optional() {
            // It is not the resource that may be absent but something in it.
            self.report(
                Diagnostic::error(
                    "refs::maybe_absent",
                    format!("`{shown}` may be absent"),
                    expression.span,
                    "a value is needed in every case",
                )
                .help(format!("{shown} ?? …        gives another value if there is none")),
            );
            return;
        }
        // `if env == "dev"` is about environments, everything else about cases.
        let only = guard.and_then(|guard| {
            let written = self.program.sources.text(guard).strip_prefix("if")?.trim();
            let name = written.strip_prefix("env")?.trim_start().strip_prefix("==")?.trim();
            name.strip_prefix('"')?.strip_suffix('"').filter(|name| !name.contains('"')).map(ToOwned::to_owned)
        });
        let used = if only.is_some() { "used in every environment" } else { "used in every case" };
        let mut diagnostic =
            Diagnostic::error("refs::maybe_absent", format!("`{name}` may not exist"), expression.span, used);
        if let Some(guard) = guard.filter(|guard| guard.source == expression.span.source) {
            let label = only
                .map_or_else(|| "exists only under this condition".to_owned(), |only| format!("exists in {only} only"));
            diagnostic = diagnostic.label(guard, label);
        }
        let softer = if shown == name { shown } else { shown.replacen(&format!("{name}."), &format!("{name}?."), 1) };
        self.report(diagnostic.help(format!("{softer} ?? …        gives another value if there is none")));
    }

    fn guard_of(&self, name: &str) -> Option<Span> {
        let binding = self.program.unit(self.unit).values.get(name)?;
        match &self.program.item(binding.item).kind {
            ItemKind::Declaration(node) => node.guard.as_ref().map(|guard| guard.span),
            _ => None,
        }
    }

    /// Reports a secret that would become readable, with the way it takes.
    pub(super) fn leak(&mut self, expression: &Expr, want: &Want<'_>) {
        let trail = self.secret_trail(expression);
        let Some((last, first_steps)) = trail.split_last() else { return };
        let mut labels: Vec<(Span, String)> = Vec::new();
        let mut number = 1;
        labels.push((*last, format!("{number}. secret")));
        for step in first_steps.iter().rev() {
            number += 1;
            labels.push((*step, format!("{number}. so this is secret")));
        }
        let reader = match &want.field {
            Some(field) => format!("{} can be read by everyone who may describe the resource", field.name),
            None => "this place can be read".to_owned(),
        };
        number += 1;
        let mut diagnostic = Diagnostic::error(
            "secret::leak",
            "A secret would become readable",
            expression.span,
            format!("{number}. {reader}"),
        );
        for (span, text) in labels {
            if span.source == expression.span.source && span != expression.span {
                diagnostic = diagnostic.label(span, text);
            }
        }
        let written = self.program.sources.text(expression.span);
        let shown = if written.len() > 40 || written.contains('\n') { "…" } else { written };
        self.report(diagnostic.help(format!(
            "pass where the secret is kept, and let the reader fetch it: its id or ARN instead of its value\n\
             If you are sure: reveal({shown}, because: \"…\"), which is listed in every plan."
        )));
    }

    /// From an expression down to the secret in it: names of constants on the way, the secret last.
    fn secret_trail(&mut self, expression: &Expr) -> Vec<Span> {
        let mut found: Option<&Expr> = None;
        let mut inner: Vec<&Expr> = Vec::new();
        crate::language::syntax::walk::expressions(expression, &mut |part| inner.push(part));
        for part in inner.into_iter().rev() {
            let secret = self.quietly(|checker| checker.infer(part)).holds_secret();
            if secret {
                found = Some(part);
                break;
            }
        }
        let Some(secret) = found else { return vec![expression.span] };
        let ExprKind::Name(name) = &secret.kind else { return vec![secret.span] };
        let program = self.program;
        let Some(binding) = program.unit(self.unit).values.get(name) else { return vec![secret.span] };
        match &program.item(binding.item).kind {
            ItemKind::Let(node) => {
                let mut trail = vec![node.name.span];
                trail.extend(self.secret_trail(&node.value));
                trail
            }
            _ => vec![secret.span],
        }
    }
}

/// The name an expression starts with.
fn base_of(expression: &Expr) -> (&Expr, Span) {
    match &expression.kind {
        ExprKind::Member(member) => base_of(&member.base),
        ExprKind::Group(inner) => base_of(inner),
        _ => (expression, expression.span),
    }
}

/// A type as a sentence calls it.
pub fn short(ty: &Type) -> String {
    match ty {
        Type::Choice(values) if values.len() == 1 => "String".to_owned(),
        Type::Choice(values) if values.len() > 4 => "String".to_owned(),
        Type::Record(record) if record.name.is_none() => "record".to_owned(),
        Type::Optional(inner) => short(inner),
        Type::Union(members) if members.iter().any(|member| matches!(member, Type::Percent)) => "Percent".to_owned(),
        Type::List(item) => format!("list of {}", short(item)),
        other => other.to_string(),
    }
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// The words of a list of names, in backquotes.
pub(super) fn backquoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    list_words(&quoted)
}
