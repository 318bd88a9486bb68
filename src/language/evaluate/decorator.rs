//! Decorators, evaluated for one instance.

use std::sync::Arc;

use cairn_provider::request::Target;
use cairn_provider::schema::overlay::Replacement;
use cairn_provider::value::Value;
use ecow::EcoString;

use super::action::Condition;
use super::instance::Instances;
use super::term::{Kind, Term};
use super::{Evaluator, Place};
use crate::language::check::ignored_path;
use crate::language::program::ItemId;
use crate::language::syntax::ast::{Decorator, Expr, ExprKind, Item, ItemKind};
use crate::model::Address;
use crate::model::desired::{Need, Options, Placement, ReplaceRule};
use crate::source::Span;

/// What the decorators of one instance say.
pub struct Decorated {
    /// Protection, order of replacement, ignored fields, deadlines.
    pub options: Options,
    /// `@after`.
    pub needs: Vec<Need>,
    /// `@on`, or what holds without it.
    pub placement: Arc<Placement>,
    /// `@when`.
    pub condition: Option<Condition>,
}

impl Evaluator<'_> {
    /// Evaluates the decorators of an item for one instance. With an address, `@before` is noted for it.
    pub(super) fn decorated(
        &mut self,
        scope: usize,
        id: ItemId,
        place: &Place,
        address: Option<&Address>,
    ) -> Decorated {
        let program = self.program;
        let item = program.item(id);
        let on = item.decorators.iter().find(|decorator| decorator.name.text == "on");
        let placement = match runs_here(item) {
            Some(namespace) => {
                Arc::new(Placement { target: Target { cloud: namespace, ..Target::default() }, ..Placement::default() })
            }
            None => self.placement(scope, on, place),
        };
        let mut condition = None;
        let mut options = Options::default();
        let mut needs = Vec::new();
        if self.typed.failed.contains(&id) {
            return Decorated { options, needs, placement, condition };
        }
        for decorator in &item.decorators {
            match decorator.name.text.as_str() {
                "protect" => options.protect = self.protected(decorator, place),
                "replace" => options.replace = self.replaced(decorator, place),
                "ignore" => {
                    options.ignore.extend(decorator.args.iter().filter_map(|arg| ignored_path(&arg.value)));
                }
                "timeout" => {
                    for arg in &decorator.args {
                        let Some(name) = &arg.name else { continue };
                        let term = self.expression(&arg.value, place);
                        if let Some(Value::Duration(duration)) = term.known() {
                            options.timeouts.insert(name.text.clone(), duration);
                        }
                    }
                }
                "when" => {
                    condition = self.condition_of(decorator, place);
                    needs.extend(condition.iter().flat_map(|condition| condition.needs.iter().cloned()));
                }
                "after" => {
                    for arg in &decorator.args {
                        needs.extend(self.ordered(&arg.value, place));
                    }
                }
                "before" => {
                    for arg in &decorator.args {
                        let later = self.ordered(&arg.value, place);
                        if let Some(address) = address {
                            self.orders.extend(later.into_iter().map(|need| {
                                (need.address, Need { address: address.clone(), span: need.span, order_only: true })
                            }));
                        }
                    }
                }
                _ => {}
            }
        }
        Decorated { options, needs, placement, condition }
    }

    fn protected(&mut self, decorator: &Decorator, place: &Place) -> Option<bool> {
        let Some(argument) = decorator.args.first() else { return Some(true) };
        let term = self.expression(&argument.value, place);
        self.made_place("Whether something is protected", &argument.value, &term);
        term.known().and_then(|value| value.as_bool())
    }

    fn replaced(&mut self, decorator: &Decorator, place: &Place) -> Option<ReplaceRule> {
        let argument = decorator.args.first()?;
        let term = self.expression(&argument.value, place);
        self.made_place("The order of a replacement", &argument.value, &term);
        match term.known_text()?.as_str() {
            "create_first" => Some(ReplaceRule::Order(Replacement::CreateFirst)),
            "destroy_first" => Some(ReplaceRule::Order(Replacement::DestroyFirst)),
            "never" => Some(ReplaceRule::Never),
            _ => None,
        }
    }

    /// The resources an order names: one, all of a loop, all members of a component.
    fn ordered(&mut self, expression: &Expr, place: &Place) -> Vec<Need> {
        let (term, _) = self.collecting(|evaluator| evaluator.expression(expression, place));
        let mut needs = Vec::new();
        self.members(&term, expression.span, &mut needs);
        needs
    }

    pub(super) fn members(&mut self, term: &Term, span: Span, needs: &mut Vec<Need>) {
        match &term.kind {
            Kind::Object(instance) if !instance.lookup => {
                needs.push(Need { address: instance.address.clone(), span, order_only: true });
            }
            Kind::Map(entries) => entries.values().for_each(|entry| self.members(entry, span, needs)),
            Kind::List(items) => items.iter().for_each(|item| self.members(item, span, needs)),
            Kind::Component(scope) => {
                let scope = *scope;
                let program = self.program;
                for &id in &program.unit(self.unit_of(scope)).items {
                    if !matches!(program.item(id).kind, ItemKind::Declaration(_)) {
                        continue;
                    }
                    match self.instances_of(scope, id) {
                        Instances::One(term) => self.members(&term, span, needs),
                        Instances::Many(terms) => terms.values().for_each(|term| self.members(term, span, needs)),
                        Instances::Absent | Instances::Unknown => {}
                    }
                }
            }
            Kind::Object(_)
            | Kind::Value(_)
            | Kind::Existing(_)
            | Kind::Target(_)
            | Kind::Unknown(_)
            | Kind::Unchecked(_)
            | Kind::Error => {}
        }
    }
}

/// The namespace of an action that no cloud runs.
fn runs_here(item: &Item) -> Option<EcoString> {
    let ItemKind::Declaration(node) = &item.kind else { return None };
    let ExprKind::Construct(construct) = &node.value.kind else { return None };
    let first = construct.path.first().filter(|_| construct.path.len() > 1)?;
    crate::builtins::action::is_built_in(&first.text).then(|| first.text.clone())
}

/// Fills options with those of the component an instance lies in.
pub fn inherit(options: &mut Options, outer: &Options) {
    options.protect = options.protect.or(outer.protect);
    options.replace = options.replace.or(outer.replace);
    options.ignore.extend(outer.ignore.iter().cloned());
    for (operation, deadline) in &outer.timeouts {
        options.timeouts.entry(operation.clone()).or_insert(*deadline);
    }
}
