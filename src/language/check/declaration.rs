//! Items: declarations, inputs, outputs, constants, functions, assertions and headers.

use std::sync::Arc;

use ecow::EcoString;

use super::expression::is_lookup;
use super::{Checker, Want};
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::program::{ItemId, UnitId, UnitKind};
use crate::language::syntax::ast::{
    Assert, Declaration, Entry, Expr, ExprKind, Function, Input, ItemKind, Keyword, Let, Output, TypeExpr, TypeKind,
};
use crate::language::types::Type;
use crate::source::Span;

/// Names may lead this deep to each other.
const MAX_LEVELS: usize = 5_000;

impl Checker<'_> {
    /// The type of an item, worked out when it is first asked for. Its mistakes are reported then, whoever asks.
    pub(super) fn item_type(&mut self, id: ItemId, unit: UnitId, asked: Span) -> Type {
        if let Some(ty) = self.typed.types.get(&id) {
            return ty.clone();
        }
        if self.in_progress.iter().any(|(item, _)| *item == id) {
            self.circular(id, asked);
            return Type::Error;
        }
        if self.in_progress.len() >= MAX_LEVELS {
            self.too_many_levels(asked);
            return Type::Error;
        }
        let program = self.program;
        let item = program.item(id);
        self.in_progress.push((id, asked));
        let quiet = std::mem::replace(&mut self.quiet, usize::from(item.broken));
        let written = std::mem::take(&mut self.written);
        let ty = match &item.kind {
            ItemKind::Let(node) => self.constant(node),
            ItemKind::Input(node) => self.type_expression(&node.ty),
            ItemKind::Output(node) => match &node.ty {
                Some(ty) => self.type_expression(ty),
                None => self.quietly(|checker| checker.infer(&node.value)),
            },
            ItemKind::Declaration(node) => self.declared(node, item.decorators.iter().any(|d| d.name.text == "many")),
            ItemKind::Broken(node) => match (node.looped, &node.keyword) {
                (true, Some(_)) => Type::Map(Arc::new(Type::Error)),
                _ => Type::Error,
            },
            ItemKind::Assert(_)
            | ItemKind::Function(_)
            | ItemKind::Type(_)
            | ItemKind::Import(_)
            | ItemKind::Stack(_)
            | ItemKind::Component(_)
            | ItemKind::Env(_)
            | ItemKind::Forget(_) => Type::Error,
        };
        let ty = if item.broken && matches!(item.kind, ItemKind::Let(_)) { Type::Error } else { ty };
        self.quiet = quiet;
        self.written = written;
        self.in_progress.pop();
        let _ = unit;
        self.typed.types.insert(id, ty.clone());
        ty
    }

    /// Reports a row of names that is too long to be followed; once is enough.
    fn too_many_levels(&mut self, asked: Span) {
        if !std::mem::replace(&mut self.typed.too_deep, true) {
            self.diagnostics.push(
                Diagnostic::error(
                    "evaluate::budget",
                    "Values need each other more than 5,000 levels deep",
                    asked,
                    "this is one level too many",
                )
                .help("a long row of values that each need the one before is a list and a loop"),
            );
        }
    }

    fn constant(&mut self, node: &Let) -> Type {
        match &node.ty {
            Some(written) => {
                let ty = self.type_expression(written);
                let name = node.name.text.clone();
                if Self::is_existing(&node.value) {
                    self.infer(&node.value);
                } else {
                    self.check_value(&node.value, &ty, &name, node.name.span);
                }
                ty
            }
            None => self.infer(&node.value),
        }
    }

    /// The type of a declaration, from its first line alone.
    fn declared(&mut self, node: &Declaration, many: bool) -> Type {
        if matches!(node.keyword, Keyword::Policy | Keyword::Test) {
            return Type::Error;
        }
        let base = match &node.value.kind {
            ExprKind::Construct(construct) => self.quietly(|checker| checker.constructed(construct)),
            _ => Type::Error,
        };
        let base = if many || node.each.is_some() { Type::Map(Arc::new(base)) } else { base };
        // A loop with a filter only has fewer keys; a condition of the whole makes it absent.
        if node.guard.is_some() { base.optional() } else { base }
    }

    fn circular(&mut self, id: ItemId, asked: Span) {
        let name = self.item_name(id);
        let start = self.in_progress.iter().position(|(item, _)| *item == id).unwrap_or(0);
        let steps: Vec<(ItemId, Span)> = self.in_progress.iter().skip(start + 1).copied().collect();
        let mut diagnostic = Diagnostic::error(
            "names::circular",
            format!("`{name}` needs itself"),
            asked,
            format!("{}. and this needs `{name}` again", steps.len() + 1),
        );
        for (position, (item, span)) in steps.iter().enumerate() {
            if span.source == asked.source {
                diagnostic = diagnostic.label(*span, format!("{}. needs `{}`", position + 1, self.item_name(*item)));
            }
        }
        self.report(diagnostic.help("a value cannot be made of itself; take one of these steps out"));
    }

    pub(super) fn item_name(&self, id: ItemId) -> EcoString {
        match &self.program.item(id).kind {
            ItemKind::Declaration(node) => node.name.text.clone(),
            ItemKind::Let(node) => node.name.text.clone(),
            ItemKind::Input(node) => node.name.text.clone(),
            ItemKind::Output(node) => node.name.text.clone(),
            ItemKind::Function(node) => node.name.text.clone(),
            ItemKind::Type(node) => node.name.text.clone(),
            ItemKind::Assert(_)
            | ItemKind::Import(_)
            | ItemKind::Stack(_)
            | ItemKind::Component(_)
            | ItemKind::Env(_)
            | ItemKind::Forget(_)
            | ItemKind::Broken(_) => EcoString::new(),
        }
    }

    pub(super) fn declaration(&mut self, id: ItemId, node: &Declaration) {
        match node.keyword {
            Keyword::Policy => return self.policy(node),
            Keyword::Test => return self.case(node),
            Keyword::Resource | Keyword::Lookup | Keyword::Provider | Keyword::Action => {}
        }
        self.item_type(id, self.unit, node.name.span);
        if is_lookup(node.keyword) && node.each.is_some() {
            let many = self.program.item(id).decorators.iter().any(|decorator| decorator.name.text == "many");
            if many {
                self.report(Diagnostic::error(
                    "lookup::many_looped",
                    "A look-up of many cannot be in a loop too",
                    node.name.span,
                    "it is a map already",
                ));
            }
        }
        if let Some(guard) = &node.guard {
            self.condition(&guard.condition);
        }
        match &node.each {
            Some(each) => self.each(each, |checker| {
                checker.loop_keys(node, each);
                checker.body(node.keyword, &node.value, node.name.span);
            }),
            None => self.body(node.keyword, &node.value, node.name.span),
        }
    }

    /// Keys of a looped declaration become names: a list of records needs to say which field is one.
    fn loop_keys(&mut self, node: &Declaration, each: &crate::language::syntax::ast::Each) {
        if each.by.is_some() {
            return;
        }
        let source = self.quietly(|checker| checker.infer(&each.source));
        let (Type::List(item) | Type::Set(item)) = source.bare() else { return };
        let good = item.bare().is_text()
            || item.bare().is_number()
            || item.bare().is_open()
            || matches!(item.bare(), Type::Union(_) | Type::Cidr);
        if good {
            return;
        }
        let variable = &each.first.text;
        let field = match item.bare() {
            Type::Record(record) => {
                record.fields.iter().find(|field| field.ty.bare().is_text()).map(|field| field.name.clone())
            }
            _ => None,
        };
        let shown = self.program.sources.text(each.source.span).to_owned();
        // "users" of `aws.iam.User`.
        let thing = match &node.value.kind {
            crate::language::syntax::ast::ExprKind::Construct(construct) => {
                construct.path.last().map(|last| cairn_provider::naming::field(&last.text).replace("_", " "))
            }
            _ => None,
        };
        let thing = thing.unwrap_or_else(|| "thing".into());
        let help = match field {
            Some(field) => format!(
                "{}[{variable} in {shown} by {variable}.{field}] = …\nWith a key, removing one removes one {thing}; with \
                 positions everyone after it would be replaced.",
                self.program.sources.text(node.head)
            ),
            None => "loop over a map: its keys are the names".to_owned(),
        };
        let what = if matches!(item.bare(), Type::Record(_)) { "records" } else { "values without a name" };
        self.report(
            Diagnostic::error(
                "loop::no_key",
                format!("Say what tells these {thing}s apart"),
                each.source.span,
                format!("a list of {what}: Cairn will not use positions as names"),
            )
            .help(help),
        );
    }

    pub(super) fn input(&mut self, id: ItemId, node: &Input) {
        let ty = self.item_type(id, self.unit, node.name.span);
        if is_known(&node.ty) {
            self.typed.known.insert(id);
        }
        if let Some(default) = &node.default {
            self.check_value(default, &ty, &node.name.text, node.name.span);
        }
        for rule in &node.conditions {
            self.condition(&rule.condition);
            if let Some(message) = &rule.message {
                self.want_text(message);
            }
        }
    }

    pub(super) fn output(&mut self, id: ItemId, node: &Output) {
        let ty = self.item_type(id, self.unit, node.name.span);
        match &node.ty {
            Some(written) => {
                let found = self.quietly(|checker| checker.infer(&node.value));
                if found.holds_secret() && !ty.holds_secret() && !found.is_open() {
                    self.secret_output(node, written, &found);
                } else {
                    self.check_value(&node.value, &ty, &node.name.text, node.name.span);
                }
            }
            None => {
                let found = self.infer(&node.value);
                if self.program.unit(self.unit).kind == UnitKind::Component {
                    self.report(
                        Diagnostic::error(
                            "types::output",
                            "The outputs of a component have a type",
                            node.name.span,
                            "the callers need to know it",
                        )
                        .help(format!(
                            "output {}: {} = …",
                            node.name.text,
                            super::mismatch::short(&found)
                        )),
                    );
                }
            }
        }
    }

    fn secret_output(&mut self, node: &Output, written: &TypeExpr, found: &Type) {
        let value = self.program.sources.text(node.value.span).to_owned();
        let name = &node.name.text;
        self.report(
            Diagnostic::error(
                "secret::output",
                "This output would print a secret",
                written.span,
                "outputs of this type are shown and stored in clear",
            )
            .label(node.value.span, found.to_string())
            .help(match value.rsplit_once('.').filter(|_| value.ends_with(".secret_string")) {
                Some((kept, _)) => format!(
                    "output {name}: {found} = {value}\nor hand out where it is kept: output {name}: String = {kept}.id"
                ),
                None => format!("output {name}: {found} = {value}"),
            }),
        );
    }

    pub(super) fn assertion(&mut self, node: &Assert) {
        self.condition(&node.condition);
        self.want_text(&node.message);
    }

    pub(super) fn function(&mut self, id: ItemId, node: &Function) {
        let signature = self.signature(id, self.unit);
        for (param, (_, ty, _)) in node.params.iter().zip(&signature.params) {
            if let Some(default) = &param.default {
                self.check_value(default, ty, &param.name.text, param.name.span);
            }
        }
        let params = signature.params.iter().map(|(name, ty, _)| (name.clone(), ty.clone())).collect();
        self.with_locals(params, |checker| checker.function_body(node, &signature.result));
    }

    fn function_body(&mut self, node: &Function, result: &Type) {
        let mut names = Vec::new();
        for constant in &node.lets {
            let ty = self.with_locals(names.clone(), |checker| checker.constant(constant));
            if constant.ty.is_some() {
                self.typed.inner.insert(constant.name.span, ty.clone());
            }
            names.push((constant.name.text.clone(), ty));
        }
        self.with_locals(names, |checker| {
            checker.check(&node.body, &Want::of(result));
        });
    }

    /// The header of a stack or component.
    pub(super) fn header(&mut self, id: ItemId) {
        let ItemKind::Stack(header) = &self.program.item(id).kind else { return };
        let ExprKind::Record(entries) = &header.fields.kind else { return };
        for entry in entries {
            let Entry::Field(key, value) = entry else {
                self.report(Diagnostic::error(
                    "stack::field",
                    "The header of a stack has fields with names",
                    header.fields.span,
                    "one of these has none",
                ));
                continue;
            };
            self.header_field(&key.text, key.span, value);
        }
        let has =
            |wanted: &str| entries.iter().any(|entry| matches!(entry, Entry::Field(key, _) if key.text == wanted));
        if !has("cairn") {
            self.report(
                Diagnostic::error(
                    "stack::field",
                    "The header needs one more field",
                    header.name.span,
                    "`cairn` is missing",
                )
                .help("cairn: \"1\"        the version of the language this stack is written in"),
            );
        }
    }

    /// The header is evaluated before any cloud can be asked: its secrets come from this machine.
    fn header_secrets(&mut self, value: &Expr) {
        crate::language::syntax::walk::expressions(value, &mut |part| {
            if let ExprKind::Call(callee, args) = &part.kind
                && matches!(&callee.kind, ExprKind::Name(name) if name == "secret")
                && let Some(arg) = args.first()
            {
                let written = self.program.sources.text(arg.value.span).trim_matches('"');
                if written.starts_with("aws-sm:") || written.starts_with("azure-kv:") {
                    self.report(
                        Diagnostic::error(
                            "secret::source",
                            "A secret of the header comes from the environment or a file",
                            arg.value.span,
                            "the header is read before any cloud is asked",
                        )
                        .help("secret(\"env:NAME\") or secret(\"file:PATH\")"),
                    );
                }
            }
        });
    }

    fn header_field(&mut self, name: &str, span: Span, value: &Expr) {
        self.header_secrets(value);
        match name {
            "cairn" => {
                let written = self.program.sources.text(value.span);
                if written != "\"1\"" {
                    self.report(Diagnostic::error(
                        "stack::version",
                        format!("This version of Cairn reads version \"1\" of the language, not {written}"),
                        value.span,
                        "write \"1\"",
                    ));
                }
            }
            "environments" => {
                let known = match &value.kind {
                    ExprKind::List(elements) => {
                        self.program.environments_of(self.unit).is_some_and(|(names, _)| names.len() == elements.len())
                    }
                    _ => false,
                };
                if !known {
                    self.report(
                        Diagnostic::error(
                            "stack::environments",
                            "Environments are listed as texts",
                            value.span,
                            "not a list of texts",
                        )
                        .help("environments: [\"staging\", \"production\"]"),
                    );
                }
                let names = self.program.environments_of(self.unit).map(|(names, _)| names).unwrap_or_default();
                let again = names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|one| one == *name));
                if let Some((_, name)) = again {
                    self.report(Diagnostic::error(
                        "names::duplicate",
                        format!("The environment `{name}` is listed twice"),
                        value.span,
                        "remove one of the two",
                    ));
                }
            }
            "state" => self.state(value),
            "allow" => self.allowed(value),
            "protected" => self.protected_environments(value),
            _ => {
                let names = ["cairn", "environments", "protected", "state", "allow"];
                let label = suggest::nearest(name, names)
                    .map_or_else(|| "not a field of a header".to_owned(), |near| format!("did you mean `{near}`?"));
                self.report(
                    Diagnostic::error(
                        "stack::field",
                        format!("The header of a stack has no field `{name}`"),
                        span,
                        label,
                    )
                    .meant(span, name, names)
                    .help(format!("its fields: {}", names.join(" "))),
                );
            }
        }
    }

    /// What the stack allows beside working on clouds.
    fn allowed(&mut self, value: &Expr) {
        let Some(listed) = crate::language::program::known_texts(value) else {
            self.report(
                Diagnostic::error(
                    "stack::field",
                    "What a stack allows is listed as texts",
                    value.span,
                    "not a list of texts",
                )
                .help("allow: [\"exec\"]"),
            );
            return;
        };
        for (text, span) in listed.iter().filter(|(text, _)| text != "exec") {
            let label = suggest::nearest(text, ["exec"])
                .map_or_else(|| "nothing that can be allowed".to_owned(), |near| format!("did you mean `{near}`?"));
            self.report(
                Diagnostic::error("stack::field", format!("There is nothing called `{text}` to allow"), *span, label)
                    .help("allow: [\"exec\"]        lets the stack run commands on the machine that applies it"),
            );
        }
    }
}

/// Whether an input's type is marked `known`.
fn is_known(ty: &TypeExpr) -> bool {
    match &ty.kind {
        TypeKind::Known(_) => true,
        TypeKind::Optional(inner) => is_known(inner),
        TypeKind::Union(_)
        | TypeKind::Text(_)
        | TypeKind::Record(_)
        | TypeKind::List(_)
        | TypeKind::Range(..)
        | TypeKind::Name(..) => false,
    }
}
