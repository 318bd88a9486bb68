//! What must hold between fields and between resources, once their values are known. Pure.
//!
//! What the source says is compared before there is a plan; here is what waited for a cloud.

use cairn_provider::schema::TypeSchema;
use cairn_provider::schema::catalogue::Catalogue;
use cairn_provider::schema::overlay::Relation;
use cairn_provider::value::{Cidr, Map, Value, render};
use ecow::EcoString;

use super::known::World;
use super::step::identity;
use crate::builtins::operator;
use crate::diagnostic::Code;
use crate::model::desired::{DesiredResource, DesiredStack};
use crate::model::residual::{Residual, Resolved};

/// A relation that does not hold.
#[derive(Debug)]
pub struct Broken {
    /// The kind of mistake.
    pub code: Code,
    /// The field that says it.
    pub field: EcoString,
    /// What must hold.
    pub rule: String,
    /// What it is.
    pub found: String,
}

/// A resource with the values it has now.
pub struct Now<'a> {
    /// What is wanted.
    pub desired: &'a DesiredResource,
    /// Its type.
    pub schema: &'a TypeSchema,
    /// Its values, as far as they are known.
    pub inputs: &'a Map,
    /// The stack it is one of.
    pub stack: &'a DesiredStack,
    /// The types of the others.
    pub catalogue: &'a Catalogue,
    /// What is known.
    pub known: &'a World,
}

/// Whether a resource has a value that was not known when its source was evaluated.
pub fn waits(desired: &DesiredResource) -> bool {
    desired.inputs.values().any(|field| !matches!(field.value, Residual::Value(_)))
}

/// The first relation of a resource that waited for a value and does not hold.
pub fn broken(now: &Now<'_>) -> Option<Broken> {
    now.schema.overlay.relations.iter().find_map(|relation| match relation {
        Relation::AtMost { lower, upper } => now.ordered(lower, upper, false),
        Relation::Below { lower, upper, where_one_of: (field, values) } => {
            let value = now.value(field).and_then(|(_, value)| value.as_text().map(str::to_owned));
            now.ordered(lower, upper, value.is_some_and(|value| values.contains(&value.as_str())))
        }
        Relation::Within { field, reference, outer } => now.within(field, reference, outer),
        Relation::Disjoint { field, per } => now.apart(field, per, true),
        Relation::Unique { field, per } => now.apart(field, per, false),
        // Where things live is known before there is a plan, and so are the names of parts.
        Relation::LivesIn { .. } | Relation::NamesPart { .. } => None,
    })
}

impl Now<'_> {
    /// The name and value of a field, by the vendor's name.
    fn value(&self, vendor: &str) -> Option<(&EcoString, &Value)> {
        let name = name_of(self.schema, vendor)?;
        Some((name, self.inputs.get(name)?))
    }

    fn waits_for(&self, name: &str) -> bool {
        self.desired.inputs.get(name).is_some_and(|field| !matches!(field.value, Residual::Value(_)))
    }

    fn ordered(&self, lower: &str, upper: &str, strict: bool) -> Option<Broken> {
        let ((lower, low), (upper, high)) = (self.value(lower)?, self.value(upper)?);
        if !self.waits_for(lower) && !self.waits_for(upper) {
            return None;
        }
        let order = operator::compare(low, high)?;
        if order.is_lt() || !strict && order.is_eq() {
            return None;
        }
        let must = if strict { "must be smaller than" } else { "must not be larger than" };
        Some(Broken {
            code: "relations::order",
            field: lower.clone(),
            rule: format!("`{lower}` {must} `{upper}`"),
            found: format!("{lower} is {}, {upper} is {}", render(low), render(high)),
        })
    }

    fn within(&self, field: &str, reference: &str, outer: &str) -> Option<Broken> {
        let ((field, inner), (_, id)) = (self.value(field)?, self.value(reference)?);
        let id = id.as_text()?;
        let parent = self.desired.needs.iter().find_map(|need| {
            let wanted = self.stack.resources.get(&need.address)?;
            let schema = self.catalogue.get(&wanted.kind)?;
            let attributes = self.known.object(&need.address)?;
            (identity(schema, attributes)? == id).then_some((wanted, schema, attributes))
        });
        let (parent, schema, attributes) = parent?;
        let outer = name_of(schema, outer)?;
        let written = parent.inputs.get(outer).is_some_and(|field| matches!(field.value, Residual::Value(_)));
        if written && !self.waits_for(field) {
            return None;
        }
        let (small, large) = (network(inner)?, network(attributes.get(outer)?)?);
        (!large.contains(small)).then(|| Broken {
            code: "network::outside",
            field: field.clone(),
            rule: format!("`{field}` must lie within `{}`", parent.address),
            found: format!("{small} is not part of {large}"),
        })
    }

    /// Whether another resource of the same kind, with the same parent, has the same or an overlapping value.
    fn apart(&self, field: &str, per: &str, networks: bool) -> Option<Broken> {
        let ((field, mine), (per, parent)) = (self.value(field)?, self.value(per)?);
        if !self.waits_for(field) {
            return None;
        }
        let others = self.stack.resources.values();
        let others = others.filter(|other| other.kind == self.desired.kind && other.address != self.desired.address);
        let clash = others.into_iter().find(|other| {
            let value = |name: &EcoString| match other.inputs.get(name)?.value.resolve(self.known) {
                Resolved::Known(value) => Some(value),
                Resolved::Unknown | Resolved::Failed(_) => None,
            };
            let (Some(theirs), true) = (value(field), value(per).as_ref() == Some(parent)) else { return false };
            if networks {
                network(mine).zip(network(&theirs)).is_some_and(|(a, b)| a.overlaps(b))
            } else {
                *mine == theirs
            }
        })?;
        let (code, verb) =
            if networks { ("network::overlap", "share no address with") } else { ("relations::unique", "differ from") };
        Some(Broken {
            code,
            field: field.clone(),
            rule: format!("`{field}` must {verb} that of `{}`", clash.address),
            found: format!("{field} is {}", render(mine)),
        })
    }
}

fn name_of<'s>(schema: &'s TypeSchema, vendor: &str) -> Option<&'s EcoString> {
    schema.root().fields.iter().find(|(_, field)| field.vendor == vendor).map(|(name, _)| name)
}

fn network(value: &Value) -> Option<Cidr> {
    if let Value::Cidr(network) = value {
        return Some(*network);
    }
    Cidr::parse(value.as_text()?).ok()
}
