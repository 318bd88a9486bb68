//! Instances become desired resources.

use std::collections::BTreeMap;
use std::rc::Rc;

use cairn_provider::schema::Shape;
use cairn_provider::value::Value;
use ecow::EcoString;

use super::action::Condition;
use super::instance::Instance;
use super::name::name_field;
use super::{Evaluator, Override, Place};
use crate::language::program::Program;
use crate::language::syntax::ast::ItemKind;
use crate::model::Residual;
use crate::model::desired::{
    DesiredAction, DesiredField, DesiredOutput, DesiredResource, DesiredStack, Need, RESOURCE,
};

impl Evaluator<'_> {
    /// Everything the stack wants.
    pub(super) fn emit(&mut self, overrides: &[Override]) -> DesiredStack {
        let mut stack = DesiredStack {
            name: self.program.unit(Program::STACK).name.clone(),
            environment: self.environment.clone().unwrap_or_default(),
            overridden: overrides.iter().map(|given| (given.name.clone(), given.written.clone())).collect(),
            ..DesiredStack::default()
        };
        let instances = self.emitted.clone();
        for instance in &instances {
            let (resource, condition) = self.resource(instance);
            let address = resource.address.clone();
            if instance.schema.action {
                let (when, watched) = match condition {
                    Some(condition) => (Some(condition.when), condition.watched),
                    None => (None, BTreeMap::new()),
                };
                stack.actions.insert(address, DesiredAction { call: resource, when, watched });
            } else {
                stack.resources.insert(address, resource);
            }
        }
        for (later, need) in std::mem::take(&mut self.orders) {
            if let Some(resource) = stack.resources.get_mut(&later) {
                resource.needs.push(need);
            } else if let Some(action) = stack.actions.get_mut(&later) {
                action.call.needs.push(need);
            }
        }
        let calls = stack.actions.values_mut().map(|action| &mut action.call);
        for resource in stack.resources.values_mut().chain(calls) {
            // A use says more than an order; one of each address is enough.
            resource.needs.sort_by(|a, b| (&a.address, a.order_only, a.span).cmp(&(&b.address, b.order_only, b.span)));
            resource.needs.dedup_by(|a, b| a.address == b.address);
            let own = resource.address.clone();
            let reported = self.circular.contains(&own);
            resource.needs.retain(|need| need.address != own || !need.order_only && !reported);
        }
        super::action::reach_through(&mut stack);
        self.relations(&instances);
        stack.forgotten = std::mem::take(&mut self.forgotten);
        stack.components = std::mem::take(&mut self.components);
        self.moving(&stack);
        stack.assertions = self.assertions();
        if self.unit_of(0) == Program::STACK {
            stack.outputs = self.outputs();
            stack.imports = std::mem::take(&mut self.imports);
        }
        let mut kept = false;
        stack.residuals().for_each(|residual| residual.sources(&mut |source| kept |= source.scheme == "aws-sm"));
        if kept {
            stack.keeper = Some(self.placement(0, None, &Place::of(0)).target.clone());
        }
        stack.revealed = std::mem::take(&mut self.revealed).into_values().collect();
        stack
    }

    fn resource(&mut self, instance: &Rc<Instance>) -> (DesiredResource, Option<Condition>) {
        let program = self.program;
        let place = Place { scope: instance.scope, locals: instance.locals.clone() };
        let decorated = self.decorated(instance.scope, instance.item, &place, Some(&instance.address));
        *instance.placement.borrow_mut() = Some(decorated.placement.clone());
        let mut options = decorated.options;
        super::decorator::inherit(&mut options, &instance.inherited.options);
        if options.protect.is_none() && instance.schema.overlay.stateful {
            options.protect = program.protects(self.environment.as_ref()).then_some(true);
        }
        options.was = self.former_addresses(instance, &place);
        options.adopt = self.adoption(instance, &place);
        let mut needs: Vec<Need> = decorated.needs;
        needs.extend(instance.inherited.needs.iter().cloned());
        let (head, origin) = match &program.item(instance.item).kind {
            ItemKind::Declaration(node) => (node.head, node.name.span),
            _ => (program.item(instance.item).span, program.item(instance.item).span),
        };
        let mut inputs = BTreeMap::new();
        if !self.typed.failed.contains(&instance.item) {
            for name in self.field_names(instance) {
                if let Some(field) = self.desired_field(instance, &name, &mut needs) {
                    inputs.insert(name, field);
                }
            }
            self.made_name_field(instance, &mut inputs, origin);
            self.placement_tags(instance, &mut inputs, origin);
        }
        let resource = DesiredResource {
            address: instance.address.clone(),
            kind: instance.schema.name.clone(),
            place: decorated.placement,
            inputs,
            needs,
            options,
            origin: head,
        };
        (resource, decorated.condition)
    }

    fn desired_field(
        &mut self,
        instance: &Rc<Instance>,
        name: &EcoString,
        needs: &mut Vec<Need>,
    ) -> Option<DesiredField> {
        let shape = instance.schema.field(name)?.shape.clone();
        let sensitive = instance.schema.field(name)?.sensitive;
        let (term, touched) = self.collecting(|evaluator| evaluator.field(instance, name));
        needs.extend(touched);
        let term = term?;
        if term.is_none() {
            return None;
        }
        let span = self.field_span(instance, name).unwrap_or(term.origin);
        if term.is_secret() && !sensitive && !holds_sensitive(instance, &shape) {
            self.secret_in(name, span);
            return None;
        }
        let value = self.encode(&term, &shape, instance, name, needs)?;
        if value == Residual::Value(Value::None) {
            return None;
        }
        Some(DesiredField { value, span })
    }

    /// A name the API needs and nobody wrote, unless every replacement gets a new one.
    fn made_name_field(
        &mut self,
        instance: &Rc<Instance>,
        inputs: &mut BTreeMap<EcoString, DesiredField>,
        span: crate::source::Span,
    ) {
        let Some(rule) = instance.schema.overlay.name else { return };
        let Some(field) = name_field(&instance.schema) else { return };
        if rule.renewed || inputs.contains_key(&field) {
            return;
        }
        let name = self.made_name(instance, &rule);
        inputs.insert(field, DesiredField { value: Residual::Value(Value::Text(name)), span });
    }

    /// Tags of the target under those of the resource.
    fn placement_tags(
        &mut self,
        instance: &Rc<Instance>,
        inputs: &mut BTreeMap<EcoString, DesiredField>,
        span: crate::source::Span,
    ) {
        let Some(field) = instance.schema.tags.clone() else { return };
        let Some(Shape::Keyed { value, rich, .. }) = instance.schema.field(&field).map(|field| field.shape.clone())
        else {
            return;
        };
        let placement = super::component::placed(instance);
        if placement.tags.is_empty() {
            return;
        }
        let entry = |text: &EcoString| {
            let text = Value::Text(text.clone());
            if rich { Value::map([(value.clone(), text)]) } else { text }
        };
        let mut merged: BTreeMap<EcoString, Residual> =
            placement.tags.iter().map(|(name, text)| (name.clone(), Residual::Value(entry(text)))).collect();
        let span = inputs.get(&field).map_or(span, |field| field.span);
        match inputs.remove(&field).map(|field| field.value) {
            Some(Residual::Value(Value::Map(own))) => {
                merged.extend(own.iter().map(|(name, value)| (name.clone(), Residual::Value(value.clone()))));
            }
            Some(Residual::Map(own)) => merged.extend(own),
            Some(other) => {
                // Tags whose names are known only later are taken as they are.
                inputs.insert(field, DesiredField { value: other, span });
                return;
            }
            None => {}
        }
        let known: Option<BTreeMap<EcoString, Value>> = merged
            .iter()
            .map(|(name, residual)| match residual {
                Residual::Value(value) => Some((name.clone(), value.clone())),
                _ => None,
            })
            .collect();
        let value = match known {
            Some(values) => Residual::Value(Value::from(values)),
            None => Residual::Map(merged),
        };
        inputs.insert(field, DesiredField { value, span });
    }

    fn outputs(&mut self) -> BTreeMap<EcoString, DesiredOutput> {
        let program = self.program;
        let mut outputs = BTreeMap::new();
        for (name, &id) in &program.unit(Program::STACK).outputs {
            let ItemKind::Output(node) = &program.item(id).kind else { continue };
            if self.typed.failed.contains(&id) {
                continue;
            }
            let term = self.item_value(0, id, node.name.span);
            let ty = self.typed.types.get(&id).cloned();
            let secret = term.is_secret() || ty.as_ref().is_some_and(crate::language::types::Type::holds_secret);
            if node.ty.is_none() && term.is_secret() {
                let span = node.value.span;
                self.report(
                    crate::diagnostic::Diagnostic::error(
                        "secret::output",
                        "This output would print a secret",
                        span,
                        "a secret",
                    )
                    .help(format!("output {name}: Secret<String> = …")),
                );
                continue;
            }
            let value = self.output_residual(&term);
            if let Some(value) = value {
                let shared = shared_residual(&term).unwrap_or_else(|| value.clone());
                outputs.insert(name.clone(), DesiredOutput { value, shared, secret, span: node.name.span });
            }
        }
        outputs
    }

    /// An output as data: a resource is shown by its identity.
    fn output_residual(&mut self, term: &super::term::Term) -> Option<Residual> {
        use super::term::Kind;
        if let Some(value) = term.known() {
            return Some(Residual::Value(value));
        }
        match &term.kind {
            Kind::Object(instance) => {
                let instance = Rc::clone(instance);
                let identity = instance.schema.identity.last()?.clone();
                self.sent_attribute(&instance, &identity, term.origin).residual()
            }
            Kind::Map(entries) => {
                let entries = Rc::clone(entries);
                let parts: Option<BTreeMap<EcoString, Residual>> =
                    entries.iter().map(|(name, term)| Some((name.clone(), self.output_residual(term)?))).collect();
                parts.map(Residual::Map)
            }
            Kind::List(items) => {
                let items = Rc::clone(items);
                let parts: Option<Vec<Residual>> = items.iter().map(|term| self.output_residual(term)).collect();
                parts.map(Residual::List)
            }
            _ => term.residual(),
        }
    }
}

/// Whether a secret may stand somewhere inside of a field.
fn holds_sensitive(instance: &Instance, shape: &Shape) -> bool {
    match shape.innermost().record() {
        Some(record) => {
            let fields = &instance.schema.record(record).fields;
            fields.values().any(|field| field.sensitive)
        }
        None => false,
    }
}

/// An output as other stacks read it: a resource is named by its address.
fn shared_residual(term: &super::term::Term) -> Option<Residual> {
    use super::term::Kind;
    match &term.kind {
        Kind::Object(instance) if !instance.lookup => {
            let address = Value::text(instance.address.as_str());
            Some(Residual::Value(Value::map([(RESOURCE.into(), address)])))
        }
        Kind::Map(entries) => {
            let parts: Option<BTreeMap<EcoString, Residual>> =
                entries.iter().map(|(name, term)| Some((name.clone(), shared_residual(term)?))).collect();
            parts.map(Residual::Map)
        }
        Kind::List(items) => items.iter().map(shared_residual).collect::<Option<Vec<_>>>().map(Residual::List),
        _ => term.known().map(Residual::Value).or_else(|| term.residual()),
    }
}
