//! What must hold between fields and between resources.

use std::collections::BTreeMap;
use std::rc::Rc;

use cairn_provider::naming;
use cairn_provider::schema::overlay::Relation;
use cairn_provider::value::{Cidr, Value, render};
use ecow::EcoString;

use super::Evaluator;
use super::instance::Instance;
use super::member::field_name;
use super::term::{Kind, Term};
use crate::builtins::operator;
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::syntax::ast::{ItemKind, Keyword};
use crate::source::Span;

/// A value with its place and the instance it belongs to.
struct Found {
    instance: Rc<Instance>,
    value: Value,
    origin: Span,
    used: Span,
}

impl Evaluator<'_> {
    /// Checks the relations of all instances.
    pub(super) fn relations(&mut self, instances: &[Rc<Instance>]) {
        let mut groups: BTreeMap<(EcoString, usize, String), Vec<Found>> = BTreeMap::new();
        for instance in instances {
            if self.typed.failed.contains(&instance.item) {
                continue;
            }
            for (position, relation) in instance.schema.overlay.relations.iter().enumerate() {
                match relation {
                    Relation::Within { field, reference, outer } => {
                        self.within(instances, instance, field, reference, outer);
                    }
                    Relation::Disjoint { field, per } | Relation::Unique { field, per } => {
                        if let Some((group, found)) = self.grouped(instance, field, per) {
                            groups.entry((instance.schema.name.clone(), position, group)).or_default().push(found);
                        }
                    }
                    Relation::AtMost { lower, upper } => self.ordered_pair(instance, lower, upper, true),
                    Relation::Below { lower, upper, where_one_of: (field, values) } => {
                        let value =
                            self.value(instance, field).and_then(|found| found.value.as_text().map(str::to_owned));
                        let strict = value.is_some_and(|value| values.contains(&value.as_str()));
                        self.ordered_pair(instance, lower, upper, !strict);
                    }
                    Relation::LivesIn { reference, region, because } => {
                        self.lives_in(instance, reference, region, because);
                    }
                    Relation::NamesPart { field, parts, key, noun } => {
                        self.names_part(instance, field, parts, key, noun);
                    }
                }
            }
        }
        for ((_, position, _), found) in groups {
            let Some(first) = found.first() else { continue };
            match first.instance.schema.overlay.relations.get(position) {
                Some(Relation::Disjoint { per, .. }) => self.disjoint(per, &found),
                Some(Relation::Unique { field, per }) => self.unique(field, per, &found),
                _ => {}
            }
        }
    }

    /// A written field by the vendor's name.
    fn written(&mut self, instance: &Rc<Instance>, vendor: &str) -> Option<(EcoString, Term)> {
        let name = field_name(&instance.schema, vendor)?;
        let (term, _) = self.collecting(|evaluator| evaluator.field(instance, &name));
        Some((name, term?))
    }

    /// A known value of a written field, with networks as networks.
    fn value(&mut self, instance: &Rc<Instance>, vendor: &str) -> Option<Found> {
        let (name, term) = self.written(instance, vendor)?;
        let value = match term.known()? {
            Value::Text(text) => Cidr::parse(&text).map_or(Value::Text(text), Value::Cidr),
            value => value,
        };
        let used = self.field_expression(instance, &name).map(|e| e.span).or_else(|| self.field_span(instance, &name));
        Some(Found { instance: Rc::clone(instance), value, origin: term.origin, used: used.unwrap_or(term.origin) })
    }

    /// An attribute of something looked up, once there is an answer: while planning.
    fn looked_up(&mut self, instance: &Rc<Instance>, vendor: &str, used: Span) -> Option<Found> {
        let name = field_name(&instance.schema, vendor)?;
        let (term, _) = self.collecting(|evaluator| Some(evaluator.attribute(instance, &name, used)));
        let value = match term?.known()? {
            Value::Text(text) => Cidr::parse(&text).map_or(Value::Text(text), Value::Cidr),
            value => value,
        };
        Some(Found { instance: Rc::clone(instance), value, origin: used, used })
    }

    /// Whether something is wrong with a value itself: what does not fit it follows from that.
    fn is_reported(&self, place: Span) -> bool {
        self.diagnostics.iter().filter_map(Diagnostic::span).any(|span| span == place)
    }

    fn within(
        &mut self,
        instances: &[Rc<Instance>],
        instance: &Rc<Instance>,
        field: &str,
        reference: &str,
        outer: &str,
    ) {
        let Some(inner) = self.value(instance, field) else { return };
        let Some((_, Term { kind: Kind::Object(parent), .. })) = self.written(instance, reference) else { return };
        if self.typed.failed.contains(&parent.item) {
            return;
        }
        let around =
            if parent.lookup { self.looked_up(&parent, outer, inner.used) } else { self.value(&parent, outer) };
        let Some(around) = around else { return };
        let (Value::Cidr(small), Value::Cidr(large)) = (&inner.value, &around.value) else { return };
        if large.contains(*small) {
            return;
        }
        let noun = noun(instance);
        let parent_noun = self::noun(&parent);
        let bound = if small.last() > large.last() {
            format!("ends at {}", large.last())
        } else {
            format!("starts at {}", large.first())
        };
        let mut diagnostic = Diagnostic::error(
            "network::outside",
            format!("This {noun} does not fit into its {parent_noun}"),
            inner.origin,
            format!("{} would be {} to {}", instance.address, small.first(), small.last()),
        );
        // What is looked up says nothing where it is used.
        if around.origin.source == inner.origin.source && around.origin != inner.origin {
            diagnostic = diagnostic.label(around.origin, format!("the {parent_noun} {bound}"));
        }
        if inner.used != inner.origin && inner.used.source == inner.origin.source {
            diagnostic = diagnostic.label(inner.used, "used here");
        }
        let help = match self.free_inside(instances, instance, (field, reference), *large, *small) {
            Some(free) => format!("did you mean {free}? It is free."),
            None => format!("the {parent_noun} is {large}"),
        };
        self.report(diagnostic.help(help));
    }

    /// A network of the same size inside of the outer one that no resource with the same parent takes: the one with the
    /// same address inside, if that is free, or the first one.
    fn free_inside(
        &mut self,
        instances: &[Rc<Instance>],
        instance: &Rc<Instance>,
        (field, reference): (&str, &str),
        outer: Cidr,
        wrong: Cidr,
    ) -> Option<Cidr> {
        let (parent, _) = self.grouped(instance, field, reference)?;
        let mut taken = Vec::new();
        for other in instances {
            let same = other.schema.name == instance.schema.name && other.address != instance.address;
            if let Some((_, found)) =
                self.grouped(other, field, reference).filter(|(group, _)| same && *group == parent)
                && let Value::Cidr(network) = found.value
            {
                taken.push(network);
            }
        }
        let free = |network: &Cidr| outer.contains(*network) && !taken.iter().any(|other| other.overlaps(*network));
        wrong.moved_into(outer).filter(free).or_else(|| {
            let first = Cidr::parse(&format!("{}/{}", outer.first(), wrong.prefix())).ok()?;
            next_free(&taken, first).filter(free)
        })
    }

    fn grouped(&mut self, instance: &Rc<Instance>, field: &str, per: &str) -> Option<(String, Found)> {
        let found = self.value(instance, field)?;
        let (_, parent) = self.written(instance, per)?;
        let group = match &parent.kind {
            Kind::Object(parent) => parent.address.to_string(),
            Kind::Existing(id) => id.known_text()?.to_string(),
            _ => return None,
        };
        Some((group, found))
    }

    fn disjoint(&mut self, per: &str, found: &[Found]) {
        // In the order of first addresses, an overlap shows between neighbours.
        let mut networks: Vec<(Cidr, &Found)> = found
            .iter()
            .filter_map(|found| match found.value {
                Value::Cidr(network) => Some((network, found)),
                _ => None,
            })
            .collect();
        networks.sort_by_key(|(network, found)| {
            (network.first(), std::cmp::Reverse(network.last()), found.instance.address.clone())
        });
        let all: Vec<Cidr> = networks.iter().map(|(network, _)| *network).collect();
        let mut widest: Option<(Cidr, &Found)> = None;
        for (network, found) in networks {
            if let Some((before, other)) = widest.filter(|(before, _)| before.overlaps(network)) {
                let parent = self.parent_name(&found.instance, per);
                let inside = if before.contains(network) { "lies inside it" } else { "overlaps it" };
                let noun = noun(&found.instance);
                let mut diagnostic = Diagnostic::error(
                    "network::overlap",
                    format!("Two {noun}s of `{parent}` overlap"),
                    other.origin,
                    format!("{} takes {} to {}", other.instance.address, before.first(), before.last()),
                );
                if found.origin.source == other.origin.source {
                    diagnostic = diagnostic.label(found.origin, format!("{} {inside}", found.instance.address));
                }
                let free = next_free(&all, network);
                self.report(match free {
                    Some(free) => diagnostic.help(format!("the next free /{} is {free}", network.prefix())),
                    None => diagnostic,
                });
            }
            if widest.is_none_or(|(before, _)| before.last() < network.last()) {
                widest = Some((network, found));
            }
        }
    }

    fn parent_name(&mut self, instance: &Rc<Instance>, per: &str) -> String {
        match self.written(instance, per) {
            Some((_, Term { kind: Kind::Object(parent), .. })) => parent.address.to_string(),
            _ => naming::field(per).to_string(),
        }
    }

    fn unique(&mut self, field: &str, per: &str, found: &[Found]) {
        let mut seen: Vec<&Found> = Vec::new();
        for next in found {
            let Some(before) = seen.iter().find(|before| operator::equal(&before.value, &next.value)) else {
                seen.push(next);
                continue;
            };
            let name = field_name(&next.instance.schema, field).unwrap_or_else(|| naming::field(field));
            let parent = self.parent_name(&next.instance, per);
            let mut diagnostic = Diagnostic::error(
                "relations::unique",
                format!("Two of `{parent}` have the {name} {}", render(&next.value)),
                next.origin,
                format!("{} is the second one", next.instance.address),
            );
            if before.origin.source == next.origin.source && before.origin != next.origin {
                diagnostic = diagnostic.label(before.origin, format!("{} has it already", before.instance.address));
            }
            self.report(diagnostic.help(format!(
                "every {} of one {} has its own {name}",
                noun(&next.instance),
                naming::field(per).trim_end_matches("_arn")
            )));
        }
    }

    fn ordered_pair(&mut self, instance: &Rc<Instance>, lower: &str, upper: &str, equal_is_fine: bool) {
        let (Some(low), Some(high)) = (self.value(instance, lower), self.value(instance, upper)) else { return };
        let Some(order) = operator::compare(&low.value, &high.value) else { return };
        if order.is_lt()
            || equal_is_fine && order.is_eq()
            || self.is_reported(low.origin)
            || self.is_reported(high.origin)
        {
            return;
        }
        let names = |vendor: &str| field_name(&instance.schema, vendor).unwrap_or_else(|| naming::field(vendor));
        let (lower, upper) = (names(lower), names(upper));
        let must = if equal_is_fine { "must not be larger than" } else { "must be smaller than" };
        let mut diagnostic = Diagnostic::error(
            "relations::order",
            format!("`{lower}` {must} `{upper}`"),
            low.origin,
            format!("{lower} is {}", render(&low.value)),
        );
        if high.origin.source == low.origin.source && high.origin != low.origin {
            diagnostic = diagnostic.label(high.origin, format!("{upper} is {}", render(&high.value)));
        }
        self.report(diagnostic);
    }

    fn lives_in(&mut self, instance: &Rc<Instance>, reference: &str, region: &str, because: &str) {
        let path: Vec<EcoString> = reference.split('/').map(naming::field).collect();
        let Some((first, rest)) = path.split_first() else { return };
        let written = reference.split('/').next().and_then(|vendor| field_name(&instance.schema, vendor));
        let first = written.unwrap_or_else(|| first.clone());
        let (term, _) = self.collecting(|evaluator| evaluator.field(instance, &first));
        let Some(mut term) = term else { return };
        for name in rest {
            // The last part is a reference: its own name is shorter.
            let short = naming::reference(name).unwrap_or_else(|| name.clone());
            let Kind::Map(entries) = &term.kind else { return };
            let Some(next) = entries.get(name).or_else(|| entries.get(&short)) else { return };
            term = next.clone();
        }
        let Kind::Object(object) = &term.kind else { return };
        if object.lookup || self.typed.failed.contains(&object.item) {
            return;
        }
        let object = Rc::clone(object);
        // A target that is wrong itself says nothing about where things live.
        let unsure = self.typed.failed.iter().any(|id| match &self.program.item(*id).kind {
            ItemKind::Declaration(node) => node.keyword == Keyword::Provider,
            ItemKind::Broken(_) => true,
            _ => false,
        });
        if unsure {
            return;
        }
        let placement = super::component::placed(&object);
        let Some(found) = placement.target.setting("region").filter(|found| *found != region) else { return };
        let name = match &self.program.item(object.item).kind {
            ItemKind::Declaration(node) => node.name.span,
            _ => return,
        };
        let explicit = self.program.item(object.item).decorators.iter().any(|decorator| decorator.name.text == "on");
        let why = if explicit { String::new() } else { ", the default of this stack".to_owned() };
        let mut diagnostic = Diagnostic::error(
            "aws::certificate_region",
            format!("{because} from {region} only"),
            name,
            format!("lives in {found}{why}"),
        );
        if term.origin.source == name.source {
            diagnostic = diagnostic.label(term.origin, format!("needs a {} from {region}", noun(&object)));
        }
        self.report(diagnostic.help(format!(
            "put it there with one line above the {}:\n  @on(us)        with  provider us = aws.Target {{ region: \"{region}\" }}",
            noun(&object)
        )));
    }

    fn names_part(&mut self, instance: &Rc<Instance>, field: &str, parts: &[&str], key: &str, noun: &str) {
        let Some((first, others)) = parts.split_first() else { return };
        let Some(mut parts) = self.collect_terms(instance, first) else { return };
        for path in others {
            parts.extend(self.collect_terms(instance, path).unwrap_or_default());
        }
        let key = naming::field(key);
        let mut names: Vec<(EcoString, Span)> = Vec::new();
        for part in &parts {
            let Kind::Map(entries) = &part.kind else { return };
            match entries.get(&key).map(|term| (term.known_text(), term.origin)) {
                Some((Some(name), origin)) => names.push((name, origin)),
                // A part whose name is not known yet may be the one that is meant.
                _ => return,
            }
        }
        let Some(users) = self.collect_terms(instance, field) else { return };
        for user in users {
            let Some(wanted) = user.known_text() else { continue };
            if names.iter().any(|(name, _)| *name == wanted) {
                continue;
            }
            let near = suggest::nearest(&wanted, names.iter().map(|(name, _)| name.as_str()));
            let label =
                near.map_or_else(|| format!("no {noun} has this name"), |near| format!("did you mean \"{near}\"?"));
            let owner = self::noun(instance);
            let mut diagnostic = Diagnostic::error(
                "refs::no_such_part",
                format!("This {owner} has no {noun} called \"{wanted}\""),
                user.origin,
                label,
            );
            for (position, (_, origin)) in names.iter().enumerate() {
                if origin.source == user.origin.source {
                    diagnostic = diagnostic
                        .label(*origin, if position == 0 { format!("one {noun}") } else { "another".to_owned() });
                }
            }
            self.report(diagnostic.help(
                "some fields name another part of the same resource by its id; the names are checked like references",
            ));
        }
    }

    /// All terms at a path of the vendor's names; `*` goes through lists.
    fn collect_terms(&mut self, instance: &Rc<Instance>, path: &str) -> Option<Vec<Term>> {
        let mut parts = path.split('/');
        let first = field_name(&instance.schema, parts.next()?)?;
        let (term, _) = self.collecting(|evaluator| evaluator.field(instance, &first));
        let mut terms = vec![term?];
        for part in parts {
            let mut next = Vec::new();
            for term in terms {
                match (&term.kind, part) {
                    (Kind::List(items), "*") => next.extend(items.iter().cloned()),
                    (Kind::Map(entries), name) if name != "*" => {
                        let name = naming::field(name);
                        let short = naming::reference(&name).unwrap_or_else(|| name.clone());
                        next.extend(entries.get(&name).or_else(|| entries.get(&short)).cloned());
                    }
                    _ => return None,
                }
            }
            terms = next;
        }
        // The list of parts itself may be asked for without its items.
        if let [Term { kind: Kind::List(items), .. }] = terms.as_slice() {
            return Some(items.as_ref().clone());
        }
        Some(terms)
    }
}

/// How a sentence calls an instance's type, without its article.
fn noun(instance: &Instance) -> String {
    let noun = instance.schema.overlay.noun;
    let noun = noun.split_once(' ').map_or(noun, |(_, noun)| noun);
    if noun.is_empty() { instance.schema.name.to_string() } else { noun.to_owned() }
}

/// The next network of the same size behind all that are taken.
fn next_free(taken: &[Cidr], like: Cidr) -> Option<Cidr> {
    let mut candidate = like;
    for _ in 0..65_536 {
        match taken.iter().find(|network| network.overlaps(candidate)) {
            Some(network) => {
                let behind = if network.last() >= candidate.last() { *network } else { candidate };
                candidate = behind.next(like.prefix())?;
            }
            None => return Some(candidate),
        }
    }
    None
}
