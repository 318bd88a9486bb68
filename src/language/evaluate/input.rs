//! Inputs: default, environment file, command line.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::value::Value;
use ecow::EcoString;

use super::term::{Kind, Term};
use super::{Evaluator, Override, Place};
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::program::{ItemId, Program};
use crate::language::syntax::ast::{Entry, Expr, ExprKind, Input, ItemKind};
use crate::language::types::Type;
use crate::source::Span;

impl Evaluator<'_> {
    /// The inputs of the stack for the environment; reports what does not fit.
    ///
    /// A test case may give some of them instead.
    pub(super) fn stack_inputs(&mut self, overrides: &[Override], case: Option<&Expr>) -> BTreeMap<EcoString, Term> {
        // Defaults may use constants, which need a scope; it has no inputs yet.
        self.scopes.push(super::Scope {
            unit: Program::STACK,
            outer: None,
            path: None,
            inputs: BTreeMap::new(),
            input_needs: BTreeMap::new(),
            inherited: std::rc::Rc::default(),
        });
        let program = self.program;
        let items: Vec<(ItemId, &Input)> = program
            .unit(Program::STACK)
            .items
            .iter()
            .filter_map(|id| match &program.item(*id).kind {
                ItemKind::Input(node) => Some((*id, node)),
                _ => None,
            })
            .collect();
        let file = self.environment.as_ref().and_then(|name| program.environments.get(name)).copied();
        let written = file.map(|file| self.environment_values(file)).unwrap_or_default();
        let tested = match case.map(|case| self.expression(case, &Place::of(0)).kind) {
            Some(Kind::Map(tested)) => tested,
            _ => std::rc::Rc::default(),
        };
        let mut problems: Vec<(Span, String, Option<String>)> = Vec::new();
        let mut inputs = BTreeMap::new();
        let mut missing: Vec<(&Input, Type)> = Vec::new();
        for (id, node) in &items {
            let Some(ty) = self.typed.types.get(id).cloned() else { continue };
            let name = &node.name.text;
            let term = if let Some(given) = overrides.iter().find(|given| given.name == *name) {
                self.overriding(given, &ty)
            } else if let Some(term) = tested.get(name) {
                self.coerced(0, term.clone(), &ty)
            } else if let Some(term) = written.get(name) {
                let mut own = Vec::new();
                let term = self.coerce(0, term.clone(), &ty, &mut own);
                problems.extend(own.into_iter().filter_map(|problem| {
                    let label = problem.labels.first()?;
                    Some((label.span, label.text.clone(), problem.help))
                }));
                term
            } else if self.typed.failed.contains(id) || matches!(ty.bare(), Type::Error) {
                // What is wrong with the input itself was said with the types.
                Term::error(node.name.span)
            } else if let Some(default) = &node.default {
                let term = self.expression(default, &Place::of(0));
                self.coerced(0, term, &ty)
            } else if ty.is_optional() {
                Term::none(node.name.span)
            } else {
                missing.push((*node, ty.clone()));
                Term::error(node.name.span)
            };
            inputs.insert(name.clone(), term);
        }
        if let Some(file) = file {
            let names: BTreeSet<&str> = items.iter().map(|(_, node)| node.name.text.as_str()).collect();
            self.unknown_values(file, &names, &mut problems);
        }
        self.missing_inputs(&missing, file);
        // Constants that were evaluated for defaults saw no inputs: they start anew.
        self.scopes.clear();
        self.items.clear();
        self.instances.clear();
        self.conditions(&items, &mut inputs, file, &mut problems);
        self.report_values(file, problems);
        self.unknown_overrides(overrides, &items);
        inputs
    }

    /// The values an environment file writes.
    fn environment_values(&mut self, file: ItemId) -> BTreeMap<EcoString, Term> {
        let program = self.program;
        let ItemKind::Env(header) = &program.item(file).kind else { return BTreeMap::new() };
        let ExprKind::Record(entries) = &header.fields.kind else { return BTreeMap::new() };
        let mut values = BTreeMap::new();
        for entry in entries {
            match entry {
                Entry::Field(key, value) => {
                    if self.is_data(value) {
                        let term = self.expression(value, &Place::of(0));
                        values.insert(key.text.clone(), term);
                    } else {
                        values.insert(key.text.clone(), Term::error(value.span));
                    }
                }
                Entry::Short(name) => self.not_data(name.span),
                Entry::Spread(value) => self.not_data(value.span),
            }
        }
        values
    }

    /// An environment file is data only; reports what is not.
    fn is_data(&mut self, value: &Expr) -> bool {
        match &value.kind {
            ExprKind::Number(_) => true,
            ExprKind::Text(text) => {
                let plain =
                    text.parts.iter().all(|part| matches!(part, crate::language::syntax::ast::TextPart::Known(_)));
                if !plain {
                    self.not_data(value.span);
                }
                plain
            }
            ExprKind::Name(name) if matches!(name.as_str(), "true" | "false" | "none") => true,
            ExprKind::Record(entries) => entries.iter().all(|entry| match entry {
                Entry::Field(_, value) => self.is_data(value),
                Entry::Short(name) => {
                    self.not_data(name.span);
                    false
                }
                Entry::Spread(value) => {
                    self.not_data(value.span);
                    false
                }
            }),
            ExprKind::List(elements) => elements.iter().all(|element| match element {
                crate::language::syntax::ast::Element::Value(value) => self.is_data(value),
                crate::language::syntax::ast::Element::Spread(value) => {
                    self.not_data(value.span);
                    false
                }
            }),
            ExprKind::Call(callee, args) => {
                let secret = matches!(&callee.kind, ExprKind::Name(name) if name == "secret");
                if secret {
                    return args.iter().all(|arg| self.is_data(&arg.value));
                }
                self.not_data(value.span);
                false
            }
            // `tcp/443` and `-5` are literals in all but name.
            ExprKind::Binary(node) => {
                let traffic =
                    matches!(&node.left.kind, ExprKind::Name(name) if matches!(name.as_str(), "tcp" | "udp" | "icmp"));
                let range = node.operator == crate::language::syntax::ast::Operator::Range;
                if !traffic && !range {
                    self.not_data(value.span);
                }
                traffic || range
            }
            ExprKind::Unary(crate::language::syntax::ast::Unary::Minus, inner) => self.is_data(inner),
            _ => {
                self.not_data(value.span);
                false
            }
        }
    }

    fn not_data(&mut self, span: Span) {
        self.report(
            Diagnostic::error(
                "env::data_only",
                "An environment file holds values and nothing else",
                span,
                "this must be computed",
            )
            .help("compute it in the stack with `let`, from an input"),
        );
    }

    /// Reports inputs without a value, all of an environment at once; silent where something else explains them.
    fn missing_inputs(&mut self, missing: &[(&Input, Type)], file: Option<ItemId>) {
        let missing: Vec<&(&Input, Type)> = missing.iter().filter(|(node, _)| !self.is_explained(node, file)).collect();
        let Some((first, ty)) = missing.first().copied() else { return };
        let environment = self.environment.clone().unwrap_or_default();
        let name = &first.name.text;
        let header = file.and_then(|file| match &self.program.item(file).kind {
            ItemKind::Env(header) => Some(header.name.span),
            _ => None,
        });
        let what = match missing.len() {
            1 => format!("`{name}`"),
            count => format!("{count} inputs"),
        };
        let message = if environment.is_empty() {
            if missing.len() == 1 { format!("{what} has no value") } else { format!("{what} have no value") }
        } else {
            format!("{environment} gives no value for {what}")
        };
        let listed = |node: &Input, ty: &Type| format!("`{}` is missing: {ty}", node.name.text);
        let mut diagnostic = match header {
            Some(span) if missing.len() > 1 => {
                let names: Vec<String> = missing.iter().map(|(node, _)| format!("`{}`", node.name.text)).collect();
                Diagnostic::error("env::missing", message, span, format!("missing: {}", names.join(", ")))
            }
            Some(span) => Diagnostic::error("env::missing", message, span, listed(first, ty)),
            None => Diagnostic::error("env::missing", message, first.name.span, listed(first, ty)),
        };
        if header.is_none() {
            for (node, ty) in missing.iter().skip(1).filter(|(node, _)| node.name.span.source == first.name.span.source)
            {
                diagnostic = diagnostic.label(node.name.span, listed(node, ty));
            }
        }
        let lines: Vec<String> =
            missing.iter().map(|(node, ty)| format!("{}: {}", node.name.text, example(ty))).collect();
        let help = if header.is_some() {
            let places = missing.iter().zip(&lines).map(|((node, _), line)| {
                format!("{line}        (declared at {}, without a default)", self.program.sources.place(node.name.span))
            });
            places.collect::<Vec<_>>().join("\n")
        } else if environment.is_empty() {
            let (set, value) = (format!("--set {name}={}", example(ty)), example(ty));
            format!("{set}, or a default: = {value}")
        } else {
            format!("create env/{environment}.cairn:\n  env {environment} {{\n    {}\n  }}", lines.join("\n    "))
        };
        self.report(diagnostic.help(help));
    }

    /// Whether another mistake explains why an input has no value: its line could not be read, its name is misspelt in
    /// the file of values, or that file belongs to an environment under another name.
    fn is_explained(&self, node: &Input, file: Option<ItemId>) -> bool {
        let program = self.program;
        let Some(file) = file else {
            if program.header_is_unread() {
                return true;
            }
            let environment = self.environment.as_deref().unwrap_or_default();
            let own = format!("env/{environment}.cairn");
            return program.documents.iter().any(|document| {
                let here = program.sources.get(document.source).path == own;
                let in_env = program.sources.get(document.source).path.starts_with("env/");
                document.items.iter().any(|item| match &item.kind {
                    ItemKind::Broken(_) => here,
                    ItemKind::Env(header) => {
                        let unused = !program.environments.contains_key(&header.name.text);
                        in_env && unused && (here || suggest::nearest(&header.name.text, [environment]).is_some())
                    }
                    _ => false,
                })
            });
        };
        let item = program.item(file);
        let ItemKind::Env(header) = &item.kind else { return true };
        let ExprKind::Record(entries) = &header.fields.kind else { return true };
        let declared = &program.unit(Program::STACK).values;
        item.broken
            || entries.iter().any(|entry| {
                matches!(entry, Entry::Field(key, _) if !declared.contains_key(&key.text)
                    && suggest::nearest(&key.text, declared.keys().map(EcoString::as_str)) == Some(node.name.text.as_str()))
            })
    }

    fn unknown_values(
        &mut self,
        file: ItemId,
        names: &BTreeSet<&str>,
        problems: &mut Vec<(Span, String, Option<String>)>,
    ) {
        let ItemKind::Env(header) = &self.program.item(file).kind else { return };
        let ExprKind::Record(entries) = &header.fields.kind else { return };
        for entry in entries {
            let Entry::Field(key, _) = entry else { continue };
            // An input whose declaration could not be read, or is not there although it is used, was reported.
            let lost = self
                .program
                .unit(Program::STACK)
                .values
                .get(&key.text)
                .is_some_and(|binding| matches!(self.program.item(binding.item).kind, ItemKind::Broken(_)));
            if !names.contains(key.text.as_str()) && !lost && !self.typed.undefined.contains(&key.text) {
                let near = suggest::nearest(&key.text, names.iter().copied());
                let label = near.map_or_else(
                    || "no such input".to_owned(),
                    |near| format!("no such input; did you mean `{near}`?"),
                );
                problems.push((key.span, label, None));
            }
        }
    }

    /// The conditions behind inputs.
    fn conditions(
        &mut self,
        items: &[(ItemId, &Input)],
        inputs: &mut BTreeMap<EcoString, Term>,
        file: Option<ItemId>,
        problems: &mut Vec<(Span, String, Option<String>)>,
    ) {
        self.scopes.push(super::Scope {
            unit: Program::STACK,
            outer: None,
            path: None,
            inputs: inputs.clone(),
            input_needs: BTreeMap::new(),
            inherited: std::rc::Rc::default(),
        });
        for (id, node) in items {
            if self.typed.failed.contains(id) {
                continue;
            }
            for rule in &node.conditions {
                let holds = self.expression(&rule.condition, &Place::of(0));
                if holds.known() != Some(Value::Bool(false)) {
                    continue;
                }
                let message = match &rule.message {
                    Some(message) => self.expression(message, &Place::of(0)).known_text().unwrap_or_default(),
                    None => "the condition does not hold".into(),
                };
                let place = self.program.sources.place(rule.condition.span);
                let written = self.program.sources.text(rule.condition.span).to_owned();
                let help = format!("the rule is at {place}:  where {written}");
                let value = inputs.get(&node.name.text).map_or(node.name.span, |term| term.origin);
                let in_file = file.is_some_and(|file| self.program.item(file).span.contains(value));
                if in_file {
                    problems.push((value, message.to_string(), Some(help)));
                } else {
                    self.report(
                        Diagnostic::error(
                            "values::condition",
                            message.as_str(),
                            rule.condition.span,
                            "this does not hold",
                        )
                        .label(value, "for this value"),
                    );
                }
            }
        }
        self.scopes.clear();
        self.items.clear();
        self.instances.clear();
    }

    /// One report for all that is wrong with a file's values.
    fn report_values(&mut self, file: Option<ItemId>, mut problems: Vec<(Span, String, Option<String>)>) {
        let Some(file) = file else { return };
        problems.sort_by_key(|(span, _, _)| *span);
        let Some((first, others)) = problems.split_first() else { return };
        let path = self.program.sources.get(first.0.source).path.clone();
        let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
        let stack = &self.program.unit(Program::STACK).name;
        let _ = file;
        let mut diagnostic = Diagnostic::error(
            "env::input",
            format!("{name} does not fit the inputs of `{stack}`"),
            first.0,
            first.1.clone(),
        );
        for (span, label, _) in others {
            diagnostic = diagnostic.label(*span, label.clone());
        }
        let mut help = vec!["all environments are checked on every run, not only the one you are planning.".to_owned()];
        help.extend(problems.iter().filter_map(|(_, _, help)| help.clone()));
        help.dedup();
        self.report(diagnostic.help(help.join("\n")));
    }

    /// A value of the command line: text stays text, everything else is read as an expression.
    fn overriding(&mut self, given: &Override, ty: &Type) -> Term {
        let textual = ty.bare().is_text();
        let quoted = given.written.starts_with('"');
        if textual && !quoted {
            if ty.holds_secret() {
                self.report(
                    Diagnostic::error(
                        "secret::written",
                        "A secret cannot be given on the command line",
                        given.span,
                        "command lines are kept by the shell and shown to other users",
                    )
                    .help("put it into the environment file: secret(\"env:NAME\")"),
                );
                return Term::error(given.span);
            }
            let term = Term::text(given.written.clone(), given.span);
            return self.coerced(0, term, ty);
        }
        let program = self.program;
        let value = given.parsed.and_then(|id| match &program.item(id).kind {
            ItemKind::Let(node) => Some(&node.value),
            _ => None,
        });
        let Some(value) = value else {
            self.report(Diagnostic::error(
                "env::override",
                format!("--set {}={} cannot be read", given.name, given.written),
                given.span,
                format!("{ty} is expected"),
            ));
            return Term::error(given.span);
        };
        if !self.is_data(value) {
            return Term::error(given.span);
        }
        let term = self.expression(value, &Place::of(0));
        self.coerced(0, Term { origin: given.span, ..term }, ty)
    }

    fn unknown_overrides(&mut self, overrides: &[Override], items: &[(ItemId, &Input)]) {
        for given in overrides {
            if items.iter().any(|(_, node)| node.name.text == given.name) {
                continue;
            }
            let near = suggest::nearest(&given.name, items.iter().map(|(_, node)| node.name.text.as_str()));
            let label = near.map_or_else(|| "no such input".to_owned(), |near| format!("did you mean `{near}`?"));
            self.report(Diagnostic::error(
                "env::override",
                format!("The stack has no input `{}`", given.name),
                given.span,
                label,
            ));
        }
    }

    /// The target a component's instance lives on, as the value of an input that was left out.
    pub(super) fn placement_term(placement: &std::sync::Arc<crate::model::desired::Placement>, span: Span) -> Term {
        Term { origin: span, kind: Kind::Target(std::sync::Arc::clone(placement)) }
    }
}

/// A value of a type, to paste.
fn example(ty: &Type) -> String {
    match ty.bare() {
        Type::Bool => "true".into(),
        Type::Int => "1".into(),
        Type::Between(min, _) => min.to_string(),
        Type::Float => "0.5".into(),
        Type::Choice(values) => values.first().map_or_else(|| "\"…\"".into(), |value| format!("\"{value}\"")),
        Type::Named("aws.AccountId") => "\"111122223333\"".into(),
        Type::Named("DomainName") => "\"shop.example\"".into(),
        Type::Duration => "35d".into(),
        Type::Size => "20GiB".into(),
        Type::Percent => "70%".into(),
        Type::Cidr => "10.20.0.0/16".into(),
        Type::Ip => "10.20.0.2".into(),
        Type::List(_) | Type::Set(_) => "[…]".into(),
        Type::Map(_) | Type::Record(_) => "{ … }".into(),
        _ => "\"…\"".into(),
    }
}
