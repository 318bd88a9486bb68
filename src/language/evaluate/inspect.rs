//! A value as it is shown to those who ask for it.

use ecow::EcoString;

use super::term::{Kind, Phase, Term};
use super::{Evaluation, Evaluator, Request, evaluate_and};
use crate::diagnostic::Report;
use crate::language::program::ItemId;
use crate::language::types::Type;
use crate::model::Residual;
use crate::model::desired::DesiredStack;
use crate::model::inspected::{Inspected, Shown};

/// Evaluates a program and shows the value of one item, a constant of the stack.
pub fn inspect(request: &Request<'_>, item: ItemId, report: &mut Report) -> (Evaluation, Inspected) {
    evaluate_and(request, report, |evaluator, stack| {
        let span = evaluator.program.item(item).span;
        let term = evaluator.item_value(0, item, span);
        let ty = evaluator.typed.types.get(&item).cloned().unwrap_or(Type::Error);
        let phase = phase(&term);
        let collection = matches!(term.kind, Kind::List(_) | Kind::Map(_));
        Inspected {
            value: evaluator.shown(&term, &ty, stack),
            ty: evaluator.type_name(&ty),
            phase,
            keys: (collection && phase > Phase::Written).then_some(Phase::Written),
        }
    })
}

/// The latest phase of what is inside; objects are there when they are made or found.
fn phase(term: &Term) -> Phase {
    match &term.kind {
        Kind::Object(instance) => {
            if instance.lookup {
                Phase::Read
            } else {
                Phase::Made
            }
        }
        Kind::Component(_) => Phase::Made,
        Kind::List(items) => items.iter().map(phase).max().unwrap_or(Phase::Written),
        Kind::Map(entries) => entries.values().map(phase).max().unwrap_or(Phase::Written),
        Kind::Existing(inner) | Kind::Unchecked(inner) => phase(inner),
        Kind::Value(_) | Kind::Target(_) | Kind::Unknown(_) | Kind::Error => term.phase(),
    }
}

impl Evaluator<'_> {
    /// A term with everything secret masked.
    fn shown(&self, term: &Term, ty: &Type, stack: &DesiredStack) -> Shown {
        if is_secret(ty) {
            return Shown::Masked;
        }
        match &term.kind {
            Kind::Value(value) => Shown::Value(value.clone()),
            Kind::List(items) => {
                let item = ty.bare().item().unwrap_or(Type::Any);
                Shown::List(items.iter().map(|term| self.shown(term, &item, stack)).collect())
            }
            Kind::Map(entries) => Shown::Map(
                entries
                    .iter()
                    .map(|(name, term)| (name.clone(), self.shown(term, &entry_type(ty, name), stack)))
                    .collect(),
            ),
            Kind::Object(instance) => Shown::Object {
                address: instance.address.clone(),
                kind: instance.schema.name.clone(),
                fields: stack
                    .resources
                    .get(&instance.address)
                    .map(|resource| {
                        resource.inputs.iter().map(|(name, field)| (name.clone(), pending(&field.value))).collect()
                    })
                    .unwrap_or_default(),
            },
            Kind::Existing(inner) => Shown::Existing(Box::new(self.shown(inner, &Type::Any, stack))),
            Kind::Component(scope) => {
                let scope = self.scope(*scope);
                let unit = self.program.unit(scope.unit);
                match &scope.path {
                    Some(path) => Shown::Component {
                        address: path.clone(),
                        name: unit.name.clone(),
                        outputs: unit.outputs.keys().cloned().collect(),
                    },
                    None => Shown::Wrong,
                }
            }
            Kind::Target(placement) => {
                let settings = placement.target.settings.iter();
                Shown::Target(settings.map(|(name, value)| (name.clone(), value.clone())).collect())
            }
            Kind::Unknown(unknown) if unknown.secret => Shown::Masked,
            Kind::Unknown(unknown) => Shown::Pending(unknown.residual.describe()),
            Kind::Unchecked(inner) => self.shown(inner, ty, stack),
            Kind::Error => Shown::Wrong,
        }
    }

    /// A type as the language writes it; components by their names.
    fn type_name(&self, ty: &Type) -> String {
        match ty {
            Type::Component(unit) => self.program.unit(*unit).name.to_string(),
            Type::Map(item) => format!("Map<{}>", self.type_name(item)),
            Type::List(item) => format!("[{}]", self.type_name(item)),
            Type::Optional(inner) => format!("{}?", self.type_name(inner)),
            other => other.to_string(),
        }
    }
}

/// What is written of a field, with secrets masked.
fn pending(residual: &Residual) -> Shown {
    if residual.is_secret() {
        return match residual {
            Residual::Map(entries) => {
                Shown::Map(entries.iter().map(|(name, entry)| (name.clone(), pending(entry))).collect())
            }
            Residual::List(items) => Shown::List(items.iter().map(pending).collect()),
            _ => Shown::Masked,
        };
    }
    match residual {
        Residual::Value(value) => Shown::Value(value.clone()),
        other => Shown::Pending(other.describe()),
    }
}

fn is_secret(ty: &Type) -> bool {
    match ty {
        Type::Secret(_) => true,
        Type::Optional(inner) => is_secret(inner),
        _ => false,
    }
}

/// The type of an entry of a map or record.
fn entry_type(ty: &Type, name: &EcoString) -> Type {
    match ty.bare() {
        Type::Record(record) => record.field(name).map_or(Type::Any, |field| field.ty.clone()),
        Type::Part(schema, id) => match schema.record(*id).fields.get(name) {
            Some(field) if field.sensitive => Type::of_shape(schema, &field.shape).secret(),
            Some(field) => Type::of_shape(schema, &field.shape),
            None => Type::Any,
        },
        other => other.item().unwrap_or(Type::Any),
    }
}
