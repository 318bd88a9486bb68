//! Targets: where resources live.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_provider::request::Target;
use ecow::EcoString;

use super::instance::Instances;
use super::term::{Kind, Term};
use super::{Evaluator, Place};
use crate::diagnostic::Diagnostic;
use crate::language::program::ItemId;
use crate::language::syntax::ast::{Construct, Decorator, Entry, Expr, ExprKind, ItemKind, Keyword};
use crate::model::desired::Placement;
use crate::source::Span;

impl Evaluator<'_> {
    /// The target of a `provider` declaration.
    pub(super) fn target(&mut self, node: &Construct, span: Span, place: &Place) -> Term {
        let mut settings: BTreeMap<EcoString, EcoString> = BTreeMap::new();
        let mut tags: BTreeMap<EcoString, EcoString> = BTreeMap::new();
        let entries = match node.fields.as_ref().map(|fields| &fields.kind) {
            Some(ExprKind::Record(entries)) => entries.as_slice(),
            _ => &[],
        };
        for entry in entries {
            let (name, value) = match entry {
                Entry::Field(key, value) => (key.text.clone(), self.checked_setting(value, place)),
                Entry::Short(name) => {
                    let expression = Expr { span: name.span, kind: ExprKind::Name(name.text.clone()) };
                    (name.text.clone(), self.checked_setting(&expression, place))
                }
                Entry::Spread(value) => {
                    let term = self.expression(value, place);
                    if let Kind::Target(base) = &term.kind {
                        settings.extend(base.target.settings.clone());
                        tags.extend(base.tags.clone());
                    }
                    continue;
                }
            };
            if name == "tags" {
                if let Kind::Map(entries) = &value.kind {
                    tags.extend(entries.iter().filter_map(|(name, term)| Some((name.clone(), text_of(term)?))));
                }
            } else if let Some(text) = text_of(&value) {
                settings.insert(name, text);
            }
        }
        let target = Target { cloud: "aws".into(), settings };
        Term { origin: span, kind: Kind::Target(Arc::new(Placement { target, tags })) }
    }

    fn checked_setting(&mut self, value: &Expr, place: &Place) -> Term {
        let term = self.expression(value, place);
        self.made_place("Where something lives", value, &term);
        term
    }

    /// The placement of a declaration: `@on`, what its component says, the default provider.
    pub(super) fn placement(&mut self, scope: usize, on: Option<&Decorator>, place: &Place) -> Arc<Placement> {
        if let Some(argument) = on.and_then(|on| on.args.first()) {
            let term = self.expression(&argument.value, place);
            if let Kind::Target(placement) = term.kind {
                return placement;
            }
        }
        if let Some(placement) = &self.scope(scope).inherited.placement {
            return Arc::clone(placement);
        }
        // A component's own providers come before its caller's: none can be declared there yet, so look at the stack.
        if let Some(placement) = self.placements.get(&scope) {
            return Arc::clone(placement);
        }
        let placement = self.default_placement(scope);
        self.placements.insert(scope, Arc::clone(&placement));
        placement
    }

    fn default_placement(&mut self, scope: usize) -> Arc<Placement> {
        let program = self.program;
        let unit = self.unit_of(scope);
        let providers: Vec<ItemId> = program
            .unit(unit)
            .items
            .iter()
            .copied()
            .filter(|id| matches!(&program.item(*id).kind, ItemKind::Declaration(node) if node.keyword == Keyword::Provider))
            // What is wrong with a provider was said with the types.
            .filter(|id| !self.typed.failed.contains(id))
            .collect();
        let marked =
            |id: &ItemId| program.item(*id).decorators.iter().any(|decorator| decorator.name.text == "default");
        let chosen = match providers.as_slice() {
            [] => None,
            [only] => Some(*only),
            many => {
                let defaults: Vec<&ItemId> = many.iter().filter(|id| marked(id)).collect();
                if let [first, second, ..] = defaults.as_slice() {
                    let (first, second) = (program.item(**first).span, program.item(**second).span);
                    self.two_defaults(first, second);
                }
                if defaults.is_empty()
                    && let Some(first) = many.first()
                {
                    self.no_default(*first);
                }
                defaults.first().map(|id| **id)
            }
        };
        let instances = chosen.map(|id| self.instances_of(scope, id));
        match instances {
            Some(Instances::One(Term { kind: Kind::Target(placement), .. })) => placement,
            _ => Arc::new(Placement {
                target: Target { cloud: "aws".into(), settings: BTreeMap::new() },
                tags: BTreeMap::new(),
            }),
        }
    }

    fn two_defaults(&mut self, first: Span, second: Span) {
        let head = |span: Span| Span { end: span.start + 8, ..span };
        let place = self.program.sources.place(first);
        self.report(
            Diagnostic::error(
                "providers::default",
                "Only one provider can be the default",
                head(second),
                "the second one",
            )
            .help(format!("the first one is at {place}")),
        );
    }

    fn no_default(&mut self, first: ItemId) {
        let ItemKind::Declaration(node) = &self.program.item(first).kind else { return };
        self.report(
            Diagnostic::error(
                "providers::default",
                "Of several providers one is the default",
                node.head,
                "none of them carries @default",
            )
            .help("@default\nprovider … above the one that is used without @on"),
        );
    }
}

/// Text of a setting: text, or something with one.
fn text_of(term: &Term) -> Option<EcoString> {
    let value = term.known()?;
    crate::builtins::operator::interpolated(&value).ok()
}
