//! Decorators: which there are, where they may stand, what they take.

use std::sync::Arc;

use super::{Checker, Want};
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::syntax::ast::{Decorator, Expr, ExprKind, Item, ItemKind, Keyword};
use crate::language::types::Type;
use crate::language::unsupported;
use crate::model::date::Date;

/// All decorators of the language.
const DECORATORS: [&str; 14] = [
    "adopt", "after", "before", "default", "ignore", "many", "on", "protect", "replace", "rollout", "timeout", "waive",
    "was", "when",
];

/// What people write who come from elsewhere.
const FOREIGN: [(&str, &str); 6] = [
    ("prevent_destroy", "protect"),
    ("ignore_changes", "ignore"),
    ("depends_on", "after"),
    ("create_before_destroy", "replace"),
    ("provider", "on"),
    ("import", "adopt"),
];

impl Checker<'_> {
    pub(super) fn decorators(&mut self, item: &Item) {
        for (position, decorator) in item.decorators.iter().enumerate() {
            let repeated = item.decorators.iter().take(position).any(|before| same_twice(before, decorator));
            if repeated {
                self.report(Diagnostic::error(
                    "decorators::twice",
                    format!("`@{}` stands here twice", decorator.name.text),
                    decorator.span,
                    "the second one",
                ));
                continue;
            }
            let ItemKind::Declaration(node) = &item.kind else {
                if !matches!(item.kind, ItemKind::Broken(_)) {
                    self.report(Diagnostic::error(
                        "decorators::place",
                        "Decorators stand above resources, lookups, actions and providers",
                        decorator.span,
                        "nothing here can be decorated",
                    ));
                }
                continue;
            };
            if matches!(node.keyword, Keyword::Policy | Keyword::Test) {
                self.report(Diagnostic::error(
                    "decorators::place",
                    "Decorators stand above resources, lookups, actions and providers",
                    decorator.span,
                    "policies and tests have none",
                ));
                continue;
            }
            match &node.each {
                Some(each) => {
                    self.each(each, |checker| checker.decorator(decorator, node.keyword, &node.value));
                }
                None => self.decorator(decorator, node.keyword, &node.value),
            }
        }
    }

    fn decorator(&mut self, decorator: &Decorator, keyword: Keyword, value: &Expr) {
        let name = decorator.name.text.as_str();
        match name {
            "waive" => {
                self.only_on(decorator, keyword, Keyword::Resource, "a resource");
                self.waive(decorator);
            }
            "when" => {
                self.only_on(decorator, keyword, Keyword::Action, "an action");
                match self.one_argument(decorator) {
                    Some(condition) => {
                        let outer = std::mem::replace(&mut self.in_when, true);
                        self.condition(condition);
                        self.in_when = outer;
                    }
                    None => self.needs(decorator, "a condition", "@when(changed(release))"),
                }
            }
            "adopt" | "rollout" | "was" => {
                self.report(unsupported(&format!("`@{name}`"), decorator.span));
            }
            "default" => {
                self.only_on(decorator, keyword, Keyword::Provider, "a provider");
                self.takes_nothing(decorator);
            }
            "many" => {
                self.only_on(decorator, keyword, Keyword::Lookup, "a lookup");
                self.many(decorator);
            }
            "on" if keyword == Keyword::Action && runs_here(value) => {
                self.report(
                    Diagnostic::error(
                        "decorators::place",
                        "`@on` stands above what lives in a cloud",
                        decorator.span,
                        "this action runs on the machine that applies the stack",
                    )
                    .help("take it out"),
                );
            }
            "on" => match self.one_argument(decorator) {
                Some(target) => self.check(target, &Want::of(&Type::Target("aws".into()))),
                None => self.needs(decorator, "the target", "@on(edge)"),
            },
            "protect" => {
                self.only_on(decorator, keyword, Keyword::Resource, "a resource");
                if let Some(condition) = self.one_argument(decorator) {
                    self.condition(condition);
                }
            }
            "replace" => {
                self.only_on(decorator, keyword, Keyword::Resource, "a resource");
                match self.one_argument(decorator) {
                    Some(order) => {
                        let orders =
                            Type::Choice(Arc::new(["create_first".into(), "destroy_first".into(), "never".into()]));
                        self.check_value(order, &orders, "@replace", decorator.name.span);
                    }
                    None => self.needs(decorator, "the order", "@replace(\"create_first\")"),
                }
            }
            "after" | "before" => {
                if decorator.args.is_empty() {
                    self.needs(decorator, "a resource", &format!("@{name}(other)"));
                }
                for arg in &decorator.args {
                    self.ordered(name, &arg.value);
                }
            }
            "ignore" => {
                self.only_on(decorator, keyword, Keyword::Resource, "a resource");
                self.ignored(decorator, value);
            }
            "timeout" => self.timeouts(decorator),
            _ => self.unknown(decorator),
        }
    }

    /// `@waive(policy, until: "2027-03-01", because: "…")`.
    fn waive(&mut self, decorator: &Decorator) {
        const EXAMPLE: &str = "@waive(policy, until: \"2027-03-01\", because: \"…\")";
        let (mut policy, mut until, mut because) = (false, false, false);
        for arg in &decorator.args {
            match (&arg.name, &arg.value.kind) {
                (None, ExprKind::Name(name)) if !policy => {
                    policy = true;
                    self.waived(name, arg.value.span);
                }
                (Some(name), _) if name.text == "until" => {
                    until = true;
                    if waived_until(&arg.value).is_none() {
                        self.report(
                            Diagnostic::error(
                                "policy::waiver_date",
                                "An exception ends on a day",
                                arg.value.span,
                                "not a day of the calendar",
                            )
                            .help("until: \"2027-03-01\""),
                        );
                    }
                }
                (Some(name), _) if name.text == "because" => {
                    because = true;
                    self.check_value(&arg.value, &Type::Text, "because", name.span);
                }
                _ => {
                    self.report(
                        Diagnostic::error(
                            "decorators::arguments",
                            "`@waive` takes a policy, `until` and `because`",
                            arg.name.as_ref().map_or(arg.value.span, |name| name.span),
                            "not one of these",
                        )
                        .help(EXAMPLE),
                    );
                    return;
                }
            }
        }
        let wanted = [(policy, "the policy"), (until, "`until`, the last day"), (because, "`because`, the reason")];
        if let Some((_, what)) = wanted.into_iter().find(|(given, _)| !given) {
            self.report(
                Diagnostic::error(
                    "decorators::arguments",
                    format!("`@waive` needs {what}"),
                    decorator.span,
                    "it is not given",
                )
                .help(EXAMPLE),
            );
        }
    }

    fn unknown(&mut self, decorator: &Decorator) {
        let name = decorator.name.text.as_str();
        let meant = FOREIGN
            .iter()
            .find(|(foreign, _)| *foreign == name)
            .map(|(_, ours)| *ours)
            .or_else(|| suggest::nearest(name, DECORATORS));
        let label = meant.map_or_else(|| "not a decorator".to_owned(), |meant| format!("did you mean `@{meant}`?"));
        let purpose = match meant {
            Some("protect") => "@protect        refuses plans that destroy or replace the resource\n",
            Some("ignore") => "@ignore(field)        leaves differences in a field alone\n",
            Some("after") => "@after(x)        is made after x without using it\n",
            Some("replace") => "@replace(\"create_first\")        says how it is replaced\n",
            _ => "",
        };
        let listed: Vec<String> = DECORATORS.iter().map(|name| format!("@{name}")).collect();
        self.report(
            Diagnostic::error(
                "names::unknown_decorator",
                format!("There is no decorator `@{name}`"),
                decorator.span,
                label,
            )
            .meant(decorator.name.span, name, DECORATORS)
            .help(format!("{purpose}{}", listed.join(" "))),
        );
    }

    fn only_on(&mut self, decorator: &Decorator, keyword: Keyword, wanted: Keyword, noun: &str) {
        if keyword != wanted {
            self.report(Diagnostic::error(
                "decorators::place",
                format!("`@{}` stands above {noun}", decorator.name.text),
                decorator.span,
                "this is something else",
            ));
        }
    }

    fn takes_nothing(&mut self, decorator: &Decorator) {
        if let Some(arg) = decorator.args.first() {
            self.report(Diagnostic::error(
                "decorators::arguments",
                format!("`@{}` takes nothing", decorator.name.text),
                arg.value.span,
                "remove it",
            ));
        }
    }

    fn one_argument<'d>(&mut self, decorator: &'d Decorator) -> Option<&'d Expr> {
        if let Some(extra) = decorator.args.get(1) {
            self.report(Diagnostic::error(
                "decorators::arguments",
                format!("`@{}` takes one thing", decorator.name.text),
                extra.value.span,
                "one too many",
            ));
        }
        decorator.args.first().map(|arg| &arg.value)
    }

    fn needs(&mut self, decorator: &Decorator, what: &str, example: &str) {
        self.report(
            Diagnostic::error(
                "decorators::arguments",
                format!("`@{}` needs {what}", decorator.name.text),
                decorator.span,
                "nothing is given",
            )
            .help(example),
        );
    }

    fn many(&mut self, decorator: &Decorator) {
        let by = decorator.args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == "by"));
        match by {
            Some(arg) if matches!(arg.value.kind, ExprKind::Name(_)) => {}
            Some(arg) => self.report(Diagnostic::error(
                "decorators::arguments",
                "`by` names a field",
                arg.value.span,
                "not the name of a field",
            )),
            None => self.needs(decorator, "the field that becomes the key", "@many(by: subnet_id)"),
        }
    }

    /// What may stand in an order: resources, lookups, component instances, one or all of a loop.
    fn ordered(&mut self, name: &str, expression: &Expr) {
        let found = self.infer(expression);
        let good = match found.bare() {
            Type::Map(item) => matches!(item.bare(), Type::Resource(_) | Type::Component(_) | Type::Error | Type::Any),
            Type::Resource(_) | Type::Component(_) | Type::Error | Type::Any => true,
            _ => false,
        };
        if !good {
            let shown = super::mismatch::short(&found);
            self.report(Diagnostic::error(
                "decorators::arguments",
                format!("`@{name}` takes resources"),
                expression.span,
                format!("this is {} {shown}", super::expression::article(&shown)),
            ));
        }
    }

    fn ignored(&mut self, decorator: &Decorator, value: &Expr) {
        if decorator.args.is_empty() {
            self.needs(decorator, "a field", "@ignore(tags[\"last-patched\"])");
        }
        let ExprKind::Construct(node) = &value.kind else { return };
        let Type::Resource(schema) = self.quietly(|checker| checker.constructed(node)) else { return };
        for arg in &decorator.args {
            let Some(path) = ignored_path(&arg.value) else {
                self.report(
                    Diagnostic::error(
                        "decorators::arguments",
                        "`@ignore` takes paths of fields",
                        arg.value.span,
                        "not a path",
                    )
                    .help("@ignore(engine_version, tags[\"last-patched\"])"),
                );
                continue;
            };
            if schema.field_at(path.iter().map(ecow::EcoString::as_str)).is_none() {
                let first = path.first().cloned().unwrap_or_default();
                let diagnostic = match schema.field(&first) {
                    Some(_) => Diagnostic::error(
                        "schema::unknown_field",
                        format!("`{}` has nothing at `{}`", schema.name, path.join(".")),
                        arg.value.span,
                        "not a path of its fields",
                    ),
                    None => super::misspelt::unknown_field(&schema, 0, &first, arg.value.span, None),
                };
                self.report(diagnostic);
            }
        }
    }

    fn timeouts(&mut self, decorator: &Decorator) {
        if decorator.args.is_empty() {
            self.needs(decorator, "an operation and how long it may take", "@timeout(create: 40min)");
        }
        let operations = ["create", "update", "delete", "read", "run"];
        for arg in &decorator.args {
            match &arg.name {
                Some(name) if operations.contains(&name.text.as_str()) => {
                    self.check_value(&arg.value, &Type::Duration, &name.text, name.span);
                }
                Some(name) => {
                    let label = suggest::nearest(&name.text, operations)
                        .map_or_else(|| "not an operation".to_owned(), |near| format!("did you mean `{near}`?"));
                    self.report(
                        Diagnostic::error(
                            "decorators::arguments",
                            format!("There is no operation `{}`", name.text),
                            name.span,
                            label,
                        )
                        .meant(name.span, &name.text, operations)
                        .help(format!("operations: {}", operations.join(" "))),
                    );
                }
                None => self.report(
                    Diagnostic::error(
                        "decorators::arguments",
                        "`@timeout` says which operation",
                        arg.value.span,
                        "for what?",
                    )
                    .help("@timeout(create: 40min)"),
                ),
            }
        }
    }
}

/// Whether a decorator says again what another one says; exceptions from different policies stand beside each other.
fn same_twice(before: &Decorator, decorator: &Decorator) -> bool {
    let policy = |decorator: &Decorator| match decorator.args.first().map(|arg| &arg.value.kind) {
        Some(ExprKind::Name(name)) => Some(name.clone()),
        _ => None,
    };
    before.name.text == decorator.name.text
        && (decorator.name.text != "waive" || policy(before).is_some_and(|name| policy(decorator) == Some(name)))
}

/// The last day of an exception, if it is written as one.
pub fn waived_until(expression: &Expr) -> Option<Date> {
    use crate::language::syntax::ast::TextPart;
    let ExprKind::Text(text) = &expression.kind else { return None };
    match text.parts.as_slice() {
        [TextPart::Known(text)] => Date::parse(text),
        _ => None,
    }
}

/// Whether a declaration is made of an action that no cloud runs.
fn runs_here(value: &Expr) -> bool {
    let ExprKind::Construct(node) = &value.kind else { return false };
    node.path.first().is_some_and(|first| crate::builtins::action::is_built_in(&first.text))
}

/// A path of fields: names, members and keys in quotes.
pub fn ignored_path(expression: &Expr) -> Option<Vec<ecow::EcoString>> {
    use crate::language::syntax::ast::TextPart;
    match &expression.kind {
        ExprKind::Name(name) => Some(vec![name.clone()]),
        ExprKind::Member(member) => {
            let mut path = ignored_path(&member.base)?;
            path.push(member.name.text.clone());
            Some(path)
        }
        ExprKind::Index(base, key) => {
            let mut path = ignored_path(base)?;
            let ExprKind::Text(text) = &key.kind else { return None };
            match text.parts.as_slice() {
                [TextPart::Known(text)] => path.push(text.clone()),
                _ => return None,
            }
            Some(path)
        }
        _ => None,
    }
}
