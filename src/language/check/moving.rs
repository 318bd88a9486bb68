//! What is taken over, renamed or forgotten: which objects and addresses may be named.

use ecow::EcoString;

use super::Checker;
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::program::UnitId;
use crate::language::syntax::ast::{Arg, Declaration, Decorator, Expr, ExprKind, ItemKind, Keyword};
use crate::language::types::Type;

impl Checker<'_> {
    /// `@adopt(id)` above a resource, `@adopt(member: id)` above an instance of a component.
    pub(super) fn adopted(&mut self, decorator: &Decorator, node: &Declaration) {
        let component = self.component_of(node);
        if decorator.args.is_empty() {
            let example =
                if component.is_some() { "@adopt(member: \"vpc-0a1b2c3d\")" } else { "@adopt(\"vpc-0a1b2c3d\")" };
            self.needs(decorator, "the identity of the object", example);
        }
        for (position, arg) in decorator.args.iter().enumerate() {
            match (component, &arg.name) {
                (Some(unit), Some(_)) => {
                    self.member_named(unit, arg);
                    let ids = Type::Map(std::sync::Arc::new(Type::Text));
                    let found = self.infer(&arg.value);
                    let is_map = matches!(found.bare(), Type::Map(_) | Type::Record(_));
                    self.check_value(
                        &arg.value,
                        if is_map { &ids } else { &Type::Text },
                        "@adopt",
                        decorator.name.span,
                    );
                }
                (Some(_), None) => self.report(
                    Diagnostic::error(
                        "adopt::component",
                        "A component is many objects, and one identity is one of them",
                        arg.value.span,
                        "of which member?",
                    )
                    .help(format!("@adopt(member: {})", self.program.sources.text(arg.value.span))),
                ),
                (None, Some(name)) => self.report(Diagnostic::error(
                    "decorators::arguments",
                    format!("`@adopt` has no `{}` here", name.text),
                    name.span,
                    "only components have members",
                )),
                (None, None) if position > 0 => self.report(
                    Diagnostic::error(
                        "decorators::arguments",
                        "`@adopt` takes one thing",
                        arg.value.span,
                        "one too many",
                    )
                    .help("an identity of several parts is one text: \"a|b\""),
                ),
                (None, None) if Self::is_existing(&arg.value) => {
                    self.infer(&arg.value);
                }
                (None, None) => self.check_value(&arg.value, &Type::Text, "@adopt", decorator.name.span),
            }
        }
    }

    /// `@was(old)`, `@was(key: old)` above a loop, `@was(member: old)` above an instance of a component.
    pub(super) fn was(&mut self, decorator: &Decorator, node: &Declaration) {
        if decorator.args.is_empty() {
            self.needs(decorator, "the address it had", "@was(old_name)");
        }
        let component = self.component_of(node);
        for arg in &decorator.args {
            match (&arg.name, component) {
                (Some(_), Some(unit)) if node.each.is_none() => self.member_named(unit, arg),
                (Some(name), None) if node.each.is_none() => self.report(Diagnostic::error(
                    "decorators::arguments",
                    format!("`@was` has no `{}` here", name.text),
                    name.span,
                    "neither a loop with keys nor a component with members",
                )),
                (Some(_), _) | (None, _) => {}
            }
            match self.other_stack(&arg.value) {
                Some((name, unit)) => self.elsewhere(&name, unit, &arg.value),
                None => self.former_address(&arg.value, "@was(old_name)"),
            }
        }
    }

    /// `forget address`: of this stack.
    pub(super) fn forgotten(&mut self, path: &Expr) {
        if let Some((name, _)) = self.other_stack(path) {
            self.report(
                Diagnostic::error(
                    "moves::address",
                    format!("`{name}` is another stack"),
                    path.span,
                    "a stack forgets only what it manages itself",
                )
                .help("write this line in that stack, and apply it there"),
            );
            return;
        }
        self.former_address(path, "forget old_cache");
    }

    /// The import an address begins with, if it is one of another stack.
    fn other_stack(&self, expression: &Expr) -> Option<(EcoString, UnitId)> {
        let program = self.program;
        match &expression.kind {
            ExprKind::Name(name) => program.unit(self.unit).stacks.get(name).map(|import| (name.clone(), import.unit)),
            ExprKind::Member(member) => self.other_stack(&member.base),
            ExprKind::Index(base, _) => self.other_stack(base),
            _ => None,
        }
    }

    /// An address in another stack, which does not declare it any more.
    fn elsewhere(&mut self, name: &str, unit: UnitId, expression: &Expr) {
        let example = format!("@was({name}.old_name)");
        let direct = match &expression.kind {
            ExprKind::Member(member) if matches!(member.base.kind, ExprKind::Name(_)) => Some(&member.name),
            ExprKind::Name(_) | ExprKind::Index(..) => None,
            _ => return self.former_address(expression, &example),
        };
        let Some(member) = direct else {
            if let ExprKind::Index(base, _) = &expression.kind
                && !matches!(base.kind, ExprKind::Name(_))
            {
                return self.former_address(expression, &example);
            }
            return self.report(
                Diagnostic::error(
                    "moves::address",
                    format!("`{name}` is a whole stack"),
                    expression.span,
                    "which of its resources was it?",
                )
                .help(format!("name it as it was declared there: {example}")),
            );
        };
        let program = self.program;
        if let Some(declared) = program.unit(unit).values.get(&member.text)
            && declared.unit == unit
        {
            let stack = &program.unit(unit).name;
            self.report(
                Diagnostic::error(
                    "moves::still_declared",
                    format!("`{}` is still declared in the stack `{stack}`", member.text),
                    expression.span,
                    "`@was` names an address that is gone",
                )
                .label(declared.span, "declared here")
                .help(format!("remove the declaration of `{}` there, or this decorator", member.text)),
            );
        }
    }

    /// An address that need not be declared any more: names, members and keys.
    fn former_address(&mut self, expression: &Expr, example: &str) {
        match &expression.kind {
            ExprKind::Name(name) => {
                let unit = self.program.unit(self.unit);
                let imported = unit.values.get(name).is_some_and(|binding| binding.unit != self.unit)
                    || unit.types.contains_key(name)
                    || unit.catalogues.contains(name);
                if imported {
                    self.report(
                        Diagnostic::error(
                            "moves::address",
                            format!("`{name}` is no resource"),
                            expression.span,
                            "this name is imported or a type",
                        )
                        .help(format!("write an address as it was declared: {example}")),
                    );
                }
            }
            ExprKind::Member(member) if !member.optional => self.former_address(&member.base, example),
            ExprKind::Index(base, key) => {
                self.former_address(base, example);
                let found = self.infer(key);
                let fits = found.bare().is_text()
                    || matches!(found.bare(), Type::Int | Type::Between(..) | Type::Cidr | Type::Ip)
                    || found.is_open();
                if !fits {
                    let shown = super::mismatch::short(&found);
                    self.report(Diagnostic::error(
                        "types::index",
                        "The keys of addresses are text",
                        key.span,
                        format!("this is {} {shown}", super::expression::article(&shown)),
                    ));
                }
            }
            _ => self.report(
                Diagnostic::error(
                    "moves::address",
                    "This is not an address",
                    expression.span,
                    "names, members and keys",
                )
                .help(format!("write it as it was declared: {example}, old[\"key\"], network.vpc")),
            ),
        }
    }

    fn component_of(&mut self, node: &Declaration) -> Option<UnitId> {
        let ExprKind::Construct(construct) = &node.value.kind else { return None };
        match self.quietly(|checker| checker.constructed(construct)) {
            Type::Component(unit) => Some(unit),
            _ => None,
        }
    }

    /// Whether a component declares what an argument is named after.
    fn member_named(&mut self, unit: UnitId, arg: &Arg) {
        let Some(name) = &arg.name else { return };
        let program = self.program;
        let members: Vec<&str> = program
            .unit(unit)
            .items
            .iter()
            .filter_map(|id| match &program.item(*id).kind {
                ItemKind::Declaration(node) if node.keyword == Keyword::Resource => Some(node.name.text.as_str()),
                _ => None,
            })
            .collect();
        if members.contains(&name.text.as_str()) {
            return;
        }
        let label = suggest::nearest(&name.text, members.iter().copied())
            .map_or_else(|| "not one of its resources".to_owned(), |near| format!("did you mean `{near}`?"));
        self.report(
            Diagnostic::error(
                "decorators::arguments",
                format!("`{}` declares no resource `{}`", program.unit(unit).name, name.text),
                name.span,
                label,
            )
            .help(format!("resources: {}", members.join(" "))),
        );
    }
}
