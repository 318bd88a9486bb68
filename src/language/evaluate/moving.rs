//! What is taken over, renamed or forgotten, by address.

use std::collections::BTreeMap;
use std::rc::Rc;

use cairn_provider::naming::UNLISTED;
use cairn_provider::value::{Value, render};
use ecow::EcoString;

use super::instance::{Instance, Rebase};
use super::term::{Kind, Term};
use super::{Evaluator, Place};
use crate::diagnostic::Diagnostic;
use crate::language::program::ItemId;
use crate::language::syntax::ast::{Declaration, Decorator, Expr, ExprKind, ItemKind};
use crate::model::Address;
use crate::model::desired::{Adoption, DesiredStack, Forgotten, Former};
use crate::source::Span;

impl<'p> Evaluator<'p> {
    /// The name of a declaration, for messages.
    pub(super) fn declared_name(&self, id: ItemId) -> Span {
        match &self.program.item(id).kind {
            ItemKind::Declaration(node) => node.name.span,
            _ => self.program.item(id).span,
        }
    }

    /// `forget address`.
    pub(super) fn forget(&mut self, id: ItemId, path: &Expr, scope: usize) {
        if self.typed.failed.contains(&id) {
            return;
        }
        if let Some(address) = self.address_of(path, &Place::of(scope)) {
            self.forgotten.push(Forgotten { address, span: path.span });
        }
    }

    /// The address that names, members and keys spell; seen from a scope, it lies in the same instance of a component.
    fn address_of(&mut self, expression: &Expr, place: &Place) -> Option<Address> {
        match &expression.kind {
            ExprKind::Name(name) => Some(self.scope(place.scope).address(name)),
            ExprKind::Member(member) => Some(self.address_of(&member.base, place)?.member(&member.name.text)),
            ExprKind::Index(base, key) => {
                let base = self.address_of(base, place)?;
                let term = self.expression(key, place);
                self.made_place("An address", key, &term);
                match term.known()? {
                    Value::Text(text) => Some(base.instance(&text)),
                    value @ (Value::Int(_) | Value::Cidr(_) | Value::Ip(_)) => Some(base.instance(&render(&value))),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What the `@was` of a declaration says about one of its instances.
    pub(super) fn formers(&mut self, scope: usize, id: ItemId, address: &Address, place: &Place) -> Vec<Rebase> {
        let Some((node, decorator)) = self.moving_decorator(id, "was") else { return Vec::new() };
        let base = self.scope(scope).address(&node.name.text);
        let key = address.as_str().strip_prefix(base.as_str()).unwrap_or_default();
        let mut formers = Vec::new();
        for arg in &decorator.args {
            let Some(from) = self.address_of(&arg.value, place) else { continue };
            let span = arg.value.span;
            let mut add = |at: &Address, from: Address| formers.push(Rebase { at: at.clone(), from, span });
            match &arg.name {
                Some(name) if node.each.is_some() => {
                    if base.instance(&name.text) == *address {
                        add(address, from);
                    }
                }
                Some(name) => add(&address.member(&name.text), from),
                None => {
                    // Instances of a loop keep their keys.
                    if node.each.is_some() && !from.as_str().ends_with(']') {
                        add(address, Address::from_text(&format!("{from}{key}")));
                    }
                    add(address, from);
                }
            }
        }
        self.named_formers.extend(formers.iter().map(|former| (base.clone(), former.clone())));
        formers
    }

    /// All addresses an instance may have had, the newest first.
    pub(super) fn former_addresses(&mut self, instance: &Rc<Instance>, place: &Place) -> Vec<Former> {
        let own = self.formers(instance.scope, instance.item, &instance.address, place);
        let mut found: Vec<Former> = Vec::new();
        for rebase in own.iter().chain(&instance.inherited.formers) {
            let before = std::iter::once(&instance.address).chain(found.iter().map(|former| &former.address));
            let more: Vec<Address> = before.filter_map(|address| address.rebased(&rebase.at, &rebase.from)).collect();
            for address in more {
                if address != instance.address && !found.iter().any(|former| former.address == address) {
                    found.push(Former { address, span: rebase.span });
                }
            }
        }
        found
    }

    /// The object that an instance takes over.
    pub(super) fn adoption(&mut self, instance: &Rc<Instance>, place: &Place) -> Option<Adoption> {
        let Some((_, decorator)) = self.moving_decorator(instance.item, "adopt") else {
            let inherited = instance.inherited.adoptions.iter().find(|(address, _)| *address == instance.address);
            return inherited
                .map(|(_, adoption)| adoption.clone())
                .filter(|adoption| self.is_identity(instance, adoption));
        };
        let argument = decorator.args.first()?;
        let term = self.expression(&argument.value, place);
        let adoption = self.identity(&argument.value, &term)?;
        self.is_identity(instance, &adoption).then_some(adoption)
    }

    /// The objects that members of a component take over: `member: id`, `member: { key: id }`.
    pub(super) fn member_adoptions(
        &mut self,
        id: ItemId,
        address: &Address,
        place: &Place,
    ) -> Vec<(Address, Adoption)> {
        let Some((_, decorator)) = self.moving_decorator(id, "adopt") else { return Vec::new() };
        let mut adoptions = Vec::new();
        for arg in &decorator.args {
            let Some(name) = &arg.name else { continue };
            let member = address.member(&name.text);
            let term = self.expression(&arg.value, place);
            if let Kind::Map(entries) = &term.kind {
                for (key, term) in entries.iter() {
                    let adoption = self.identity(&arg.value, term);
                    adoptions.extend(adoption.map(|adoption| (member.instance(key), adoption)));
                }
            } else {
                adoptions.extend(self.identity(&arg.value, &term).map(|adoption| (member, adoption)));
            }
        }
        adoptions
    }

    /// A decorator of this name above a declaration that was found sound.
    fn moving_decorator(&self, id: ItemId, name: &str) -> Option<(&'p Declaration, &'p Decorator)> {
        let program = self.program;
        let item = program.item(id);
        let ItemKind::Declaration(node) = &item.kind else { return None };
        if self.typed.failed.contains(&id) {
            return None;
        }
        Some((node, item.decorators.iter().find(|decorator| decorator.name.text == name)?))
    }

    /// An identity as it is written; it is known before apply and no secret.
    fn identity(&mut self, expression: &Expr, term: &Term) -> Option<Adoption> {
        self.made_place("What is taken over", expression, term);
        if term.is_secret() {
            self.report(Diagnostic::error(
                "secret::leak",
                "A secret would become readable",
                expression.span,
                "identities stand in plans and in the state, which everyone can read",
            ));
            return None;
        }
        let inner = match &term.kind {
            Kind::Existing(inner) => Rc::clone(inner),
            _ => Rc::new(term.clone()),
        };
        let span = if expression.span.contains(term.origin) { term.origin } else { expression.span };
        Some(Adoption { id: inner.known_text()?, span })
    }

    /// Whether a text can be an identity of a type: it has as many parts.
    fn is_identity(&mut self, instance: &Rc<Instance>, adoption: &Adoption) -> bool {
        let wanted = instance.schema.identity.len();
        // The vendor's own identifier of an unlisted type may have parts, too.
        let most = if instance.schema.name == UNLISTED { wanted } else { usize::MAX };
        let parts: Vec<&str> = adoption.id.splitn(most, '|').collect();
        let several = wanted > 1 && parts.len() != wanted;
        if !several && !adoption.id.trim().is_empty() {
            return true;
        }
        let names: Vec<&str> = instance.schema.identity.iter().map(EcoString::as_str).collect();
        let label = match (wanted, adoption.id.trim().is_empty()) {
            (_, true) => "nothing is named".to_owned(),
            (_, false) => format!("{} of {wanted} parts", parts.len()),
        };
        let shape = names.iter().map(|name| format!("<{name}>")).collect::<Vec<_>>().join("|");
        self.report(
            Diagnostic::error(
                "adopt::identity",
                format!("This does not identify a {}", instance.schema.name),
                adoption.span,
                label,
            )
            .help(format!("@adopt(\"{shape}\")")),
        );
        false
    }

    /// What cannot be true of the whole: an old address that is still wanted, one object at two addresses.
    pub(super) fn moving(&mut self, stack: &DesiredStack) {
        let mut reports = Vec::new();
        for (base, former) in std::mem::take(&mut self.named_formers) {
            let around = base.is_within(&former.from);
            let still = stack.resources.contains_key(&former.from)
                || within(stack, &former.from).any(|address| !(around && address.is_within(&base)));
            if still {
                reports.push(
                    Diagnostic::error(
                        "moves::still_declared",
                        format!("`{}` is still declared", former.from),
                        former.span,
                        "`@was` names an address that is gone",
                    )
                    .help(format!("remove the declaration of `{}`, or this decorator", former.from)),
                );
            }
        }
        for forgotten in &stack.forgotten {
            if within(stack, &forgotten.address).next().is_some() {
                reports.push(
                    Diagnostic::error(
                        "forget::still_declared",
                        format!("`{}` is still declared", forgotten.address),
                        forgotten.span,
                        "it cannot be forgotten and wanted",
                    )
                    .help(format!("remove the declaration of `{}`, or this line", forgotten.address)),
                );
            }
        }
        let mut taken: BTreeMap<(&str, &str, &str), &Address> = BTreeMap::new();
        for resource in stack.resources.values() {
            let Some(adoption) = &resource.options.adopt else { continue };
            let object = (resource.kind.as_str(), adoption.id.as_str(), resource.place.target.place());
            if let Some(first) = taken.insert(object, &resource.address) {
                reports.push(
                    Diagnostic::error(
                        "adopt::twice",
                        format!("`{}` cannot become both `{first}` and `{}`", adoption.id, resource.address),
                        adoption.span,
                        "one object has one address",
                    )
                    .help("in a loop, look the identity up by key: @adopt(ids[key])"),
                );
            }
        }
        reports.into_iter().for_each(|report| self.report(report));
    }
}

/// The resources at an address and inside of it.
fn within<'s>(stack: &'s DesiredStack, address: &'s Address) -> impl Iterator<Item = &'s Address> {
    let behind = stack.resources.range(address..).map(|(found, _)| found);
    let near = behind.take_while(move |found| found.as_str().starts_with(address.as_str()));
    near.filter(move |found| found.is_within(address))
}
