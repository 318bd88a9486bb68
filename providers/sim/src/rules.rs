//! What the sandbox refuses.

use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::naming;
use cairn_provider::request::{Create, Target, Update};
use cairn_provider::schema::catalogue::Catalogue;
use cairn_provider::schema::document::equal;
use cairn_provider::schema::overlay::Relation;
use cairn_provider::schema::{Access, Change, Field, RecordId, ReferenceTo, Shape, TypeSchema};
use cairn_provider::value::{Cidr, Map, Value};
use ecow::{EcoString, eco_format};

use crate::cloud::{Cloud, Key, Object};
use crate::{fabricate, marks, special};

/// The answer about an object that is not there.
pub fn not_found(schema: &TypeSchema, id: &str) -> ProviderError {
    ProviderError::new(ErrorClass::NotFound, "NotFound", schema.service(), eco_format!("{id} does not exist"))
}

fn refused(schema: &TypeSchema, code: &str, message: impl Into<EcoString>) -> ProviderError {
    ProviderError::new(
        ErrorClass::Refused,
        code,
        eco_format!("{}.{}", schema.service(), schema.name.rsplit('.').next().unwrap_or_default()),
        message,
    )
}

/// Whether an object may be made.
pub fn creatable(
    catalogue: &Catalogue,
    schema: &TypeSchema,
    cloud: &Cloud,
    target: &Target,
    request: &Create,
) -> Result<(), ProviderError> {
    document(catalogue, schema, cloud, &request.inputs)?;
    for (name, field) in &schema.root().fields {
        if field.required && field.writable() && !request.inputs.contains_key(name) {
            return Err(refused(schema, "MissingParameter", eco_format!("`{name}` is required")));
        }
    }
    alternatives(schema, &request.inputs)?;
    unique_name(schema, cloud, target, &request.inputs)?;
    relations(catalogue, schema, cloud, target, &request.inputs, None)
}

/// The updated object, if the update is allowed.
pub fn update(
    catalogue: &Catalogue,
    schema: &TypeSchema,
    cloud: &Cloud,
    target: &Target,
    mut object: Object,
    request: &Update,
) -> Result<Object, ProviderError> {
    let request = &marks::take(schema, &mut object, request);
    document(catalogue, schema, cloud, &request.inputs)?;
    for name in &request.changed {
        let Some(field) = schema.field(name) else {
            return Err(refused(schema, "UnknownParameter", eco_format!("there is no `{name}`")));
        };
        let before = object.attributes.get(name).cloned().unwrap_or(Value::None);
        let after = request.inputs.get(name).cloned().unwrap_or(Value::None);
        if field.change == Change::Replace
            && field.access != Access::WriteOnly
            && !equal(field.equality, &after, &before)
        {
            return Err(refused(schema, "InvalidParameterCombination", eco_format!("`{name}` cannot be changed")));
        }
    }
    relations(catalogue, schema, cloud, target, &request.inputs, Some(&request.id))?;
    for name in &request.changed {
        let Some(field) = schema.field(name) else { continue };
        if field.sensitive || field.access == Access::WriteOnly {
            continue;
        }
        match request.inputs.get(name) {
            Some(value) if !value.is_none() => {
                let merged = fabricate::merged(schema, &field.shape, object.attributes.get(name), value);
                object.attributes.insert(name.clone(), merged);
            }
            Some(_) | None => {
                object.attributes.remove(name);
            }
        }
    }
    special::complete(schema, target, &mut object.attributes);
    fabricate::bump_volatile(schema, &mut object.attributes);
    object.refers = references(schema, &object.attributes);
    Ok(object)
}

/// Whether an object may go: nothing may stand on it.
pub fn deletable(schema: &TypeSchema, cloud: &Cloud, key: &Key, object: &Object) -> Result<(), ProviderError> {
    let holders: Vec<String> =
        cloud.referrers(key, object).take(3).map(|holder| format!("{} {}", holder.kind, holder.id)).collect();
    if !holders.is_empty() {
        return Err(ProviderError::new(
            ErrorClass::InUse,
            "DependencyViolation",
            eco_format!("{}.Delete", schema.service()),
            eco_format!("{} is held by {}", key.id, holders.join(", ")),
        ));
    }
    special::deletable(schema, object).map_err(|why| refused(schema, "OperationNotPermitted", why))
}

/// Every field is known, may be written, and refers to what is there.
fn document(catalogue: &Catalogue, schema: &TypeSchema, cloud: &Cloud, inputs: &Map) -> Result<(), ProviderError> {
    record(catalogue, schema, cloud, 0, inputs)
}

fn record(
    catalogue: &Catalogue,
    schema: &TypeSchema,
    cloud: &Cloud,
    id: RecordId,
    map: &Map,
) -> Result<(), ProviderError> {
    let fields = &schema.record(id).fields;
    for (name, value) in map {
        let field = if id == 0 { schema.field(name) } else { fields.get(name) };
        let Some(field) = field else {
            return Err(refused(schema, "UnknownParameter", eco_format!("there is no `{name}`")));
        };
        if field.access == Access::ReadOnly {
            return Err(refused(schema, "InvalidParameter", eco_format!("`{name}` cannot be set")));
        }
        self::value(catalogue, schema, cloud, (name, field), &field.shape, value)?;
    }
    Ok(())
}

fn value(
    catalogue: &Catalogue,
    schema: &TypeSchema,
    cloud: &Cloud,
    (name, field): (&EcoString, &Field),
    shape: &Shape,
    found: &Value,
) -> Result<(), ProviderError> {
    // What goes back to nothing is none.
    if found.is_none() {
        return Ok(());
    }
    let wrong = |wanted: &str| {
        Err(refused(schema, "InvalidParameterValue", eco_format!("`{name}` is {wanted}, not {}", found.kind())))
    };
    match (shape, found) {
        // What is absent is never sent.
        (_, Value::None) => Ok(()),
        (Shape::Bool, Value::Bool(_))
        | (Shape::Float { .. }, Value::Int(_) | Value::Float(_))
        | (Shape::Text(_), Value::Text(_))
        | (Shape::Json, _) => Ok(()),
        (Shape::Int { min, max, .. }, Value::Int(number)) => {
            if min.is_some_and(|min| *number < min) || max.is_some_and(|max| *number > max) {
                return Err(refused(schema, "InvalidParameterValue", eco_format!("`{name}` cannot be {number}")));
            }
            Ok(())
        }
        (Shape::Reference(reference), Value::Text(text)) => {
            refers(catalogue, schema, cloud, (name, field), reference, text)
        }
        (Shape::List { item, .. }, Value::List(items)) => {
            items.iter().try_for_each(|inner| value(catalogue, schema, cloud, (name, field), item, inner))
        }
        (Shape::Map(item), Value::Map(map)) => {
            map.values().try_for_each(|inner| value(catalogue, schema, cloud, (name, field), item, inner))
        }
        (Shape::Record(id), Value::Map(map)) => record(catalogue, schema, cloud, *id, map),
        (Shape::Keyed { record: id, rich: true, .. }, Value::Map(map)) => {
            map.values().filter_map(Value::as_map).try_for_each(|inner| record(catalogue, schema, cloud, *id, inner))
        }
        (Shape::Keyed { .. }, Value::Map(_)) => Ok(()),
        (Shape::Bool, _) => wrong("true or false"),
        (Shape::Int { .. } | Shape::Float { .. }, _) => wrong("a number"),
        (Shape::Text(_) | Shape::Reference(_), _) => wrong("text"),
        (Shape::List { .. }, _) => wrong("a list"),
        (Shape::Map(_) | Shape::Record(_) | Shape::Keyed { .. }, _) => wrong("a record"),
    }
}

fn refers(
    catalogue: &Catalogue,
    schema: &TypeSchema,
    cloud: &Cloud,
    (name, _): (&EcoString, &Field),
    reference: &ReferenceTo,
    text: &str,
) -> Result<(), ProviderError> {
    if special::is_of_the_vendor(text) {
        return Ok(());
    }
    // Types the sandbox does not know cannot be checked.
    let known: Vec<&str> =
        reference.targets.iter().map(|(kind, _)| kind.as_str()).filter(|kind| catalogue.contains(kind)).collect();
    if known.is_empty() {
        return Ok(());
    }
    let attribute =
        |kind: &str| reference.targets.iter().find(|(other, _)| other == kind).map(|(_, attribute)| attribute.clone());
    if cloud.has(&known, attribute, text) {
        return Ok(());
    }
    if special::companions(&known).any(|(kind, attribute)| cloud.has(&[kind], |_| Some(attribute.into()), text)) {
        return Ok(());
    }
    Err(ProviderError::new(
        ErrorClass::Refused,
        "InvalidReference.NotFound",
        schema.service(),
        eco_format!("`{name}`: {} {text} does not exist", known.join(" or ")),
    ))
}

/// What needs one of several fields has one.
fn alternatives(schema: &TypeSchema, inputs: &Map) -> Result<(), ProviderError> {
    let root = schema.root();
    let given = |names: &[EcoString]| {
        names.iter().filter(|name| inputs.get(*name).is_some_and(|value| !value.is_none())).count()
    };
    if !root.any_of.is_empty() && given(&root.any_of) == 0 {
        let message = eco_format!("one of {} is required", root.any_of.join(", "));
        return Err(refused(schema, "MissingParameter", message));
    }
    if !root.one_of.is_empty() && given(&root.one_of) != 1 {
        let message = eco_format!("exactly one of {} is required", root.one_of.join(", "));
        return Err(refused(schema, "InvalidParameterCombination", message));
    }
    Ok(())
}

fn unique_name(schema: &TypeSchema, cloud: &Cloud, target: &Target, inputs: &Map) -> Result<(), ProviderError> {
    let Some(rule) = &schema.overlay.name else { return Ok(()) };
    let field = schema.root().fields.iter().find(|(_, field)| field.vendor == rule.property).map(|(name, _)| name);
    let Some((field, wanted)) = field.and_then(|field| Some((field, inputs.get(field)?))) else { return Ok(()) };
    // Names that are unique in a part of the target only are a relation of the type.
    let parted = schema.overlay.relations.iter().any(|relation| match relation {
        Relation::Unique { field, per } => *field == rule.property && inputs.contains_key(&vendor_field(schema, per)),
        Relation::Within { .. }
        | Relation::Disjoint { .. }
        | Relation::AtMost { .. }
        | Relation::Below { .. }
        | Relation::LivesIn { .. }
        | Relation::NamesPart { .. } => false,
    });
    if parted {
        return Ok(());
    }
    let taken = cloud.of_kind(schema, target).any(|(_, object)| object.attributes.get(field) == Some(wanted));
    if taken {
        return Err(ProviderError::new(
            ErrorClass::AlreadyExists,
            "AlreadyExists",
            eco_format!("{}.Create", schema.service()),
            eco_format!("the {field} {} is taken", wanted.as_text().unwrap_or_default()),
        ));
    }
    Ok(())
}

/// The relations of the type, against what is there.
fn relations(
    catalogue: &Catalogue,
    schema: &TypeSchema,
    cloud: &Cloud,
    target: &Target,
    inputs: &Map,
    own: Option<&str>,
) -> Result<(), ProviderError> {
    let name = |vendor: &str| {
        schema.root().fields.iter().find(|(_, field)| field.vendor == vendor).map(|(name, _)| name.clone())
    };
    let get = |vendor: &str| name(vendor).and_then(|name| inputs.get(&name));
    let network = |value: Option<&Value>| value.and_then(Value::as_text).and_then(|text| Cidr::parse(text).ok());
    for relation in schema.overlay.relations {
        match relation {
            Relation::Within { field, reference, outer } => {
                let (Some(inner), Some(parent)) = (network(get(field)), get(reference).and_then(Value::as_text)) else {
                    continue;
                };
                let Some(kind) = name(reference).and_then(|name| target_kind(schema, &name)) else { continue };
                let Some((_, parent)) = cloud.find(&kind, parent) else { continue };
                let Some(parent_schema) = catalogue.get(&kind) else { continue };
                let outer =
                    parent_schema.root().fields.iter().find(|(_, field)| field.vendor == *outer).map(|(name, _)| name);
                let Some(around) = outer.and_then(|outer| network(parent.attributes.get(outer))) else { continue };
                if !around.contains(inner) {
                    return Err(refused(schema, "InvalidRange", eco_format!("{inner} does not lie within {around}")));
                }
            }
            Relation::Disjoint { field, per } | Relation::Unique { field, per } => {
                let (Some(value), Some(group)) = (get(field), get(per)) else { continue };
                let (Some(field_name), Some(per_name)) = (name(field), name(per)) else { continue };
                let disjoint = matches!(relation, Relation::Disjoint { .. });
                let clash = cloud.of_kind(schema, target).find(|(key, object)| {
                    if own == Some(key.id.as_str()) || object.going || object.attributes.get(&per_name) != Some(group) {
                        return false;
                    }
                    let other = object.attributes.get(&field_name);
                    match (disjoint, network(Some(value)), network(other)) {
                        (true, Some(a), Some(b)) => a.overlaps(b),
                        (true, _, _) => false,
                        (false, _, _) => other == Some(value),
                    }
                });
                if let Some((key, _)) = clash {
                    return Err(refused(schema, "Conflict", eco_format!("`{field_name}` conflicts with {}", key.id)));
                }
            }
            Relation::AtMost { lower, upper } | Relation::Below { lower, upper, .. } => {
                let (Some(low), Some(high)) =
                    (get(lower).and_then(Value::as_number), get(upper).and_then(Value::as_number))
                else {
                    continue;
                };
                let strict = if let Relation::Below { where_one_of: (field, values), .. } = relation {
                    get(field).and_then(Value::as_text).is_some_and(|value| values.contains(&value))
                } else {
                    false
                };
                let fine = if strict { low < high } else { low <= high };
                if !fine {
                    return Err(refused(
                        schema,
                        "InvalidParameterCombination",
                        eco_format!("{lower} is {low}, {upper} is {high}"),
                    ));
                }
            }
            Relation::LivesIn { .. } | Relation::NamesPart { .. } => {}
        }
    }
    Ok(())
}

fn target_kind(schema: &TypeSchema, field: &str) -> Option<EcoString> {
    match &schema.field(field)?.shape {
        Shape::Reference(reference) => reference.targets.first().map(|(kind, _)| kind.clone()),
        Shape::Bool
        | Shape::Int { .. }
        | Shape::Float { .. }
        | Shape::Text(_)
        | Shape::Json
        | Shape::List { .. }
        | Shape::Map(_)
        | Shape::Record(_)
        | Shape::Keyed { .. } => None,
    }
}

/// Every identity that attributes refer to.
pub fn references(schema: &TypeSchema, attributes: &Map) -> std::collections::BTreeSet<EcoString> {
    let mut found = std::collections::BTreeSet::new();
    record_references(schema, 0, attributes, &mut found);
    found
}

fn record_references(schema: &TypeSchema, id: RecordId, map: &Map, found: &mut std::collections::BTreeSet<EcoString>) {
    let fields = &schema.record(id).fields;
    for (name, value) in map {
        if let Some(field) = fields.get(name).filter(|field| field.access != Access::ReadOnly) {
            value_references(schema, &field.shape, value, found);
        }
    }
}

fn value_references(
    schema: &TypeSchema,
    shape: &Shape,
    value: &Value,
    found: &mut std::collections::BTreeSet<EcoString>,
) {
    match (shape, value) {
        (Shape::Reference(_), Value::Text(text)) => {
            found.insert(text.clone());
        }
        (Shape::List { item, .. }, Value::List(items)) => {
            items.iter().for_each(|value| value_references(schema, item, value, found));
        }
        (Shape::Map(item), Value::Map(map)) => {
            map.values().for_each(|value| value_references(schema, item, value, found))
        }
        (Shape::Record(id), Value::Map(map)) => record_references(schema, *id, map, found),
        (
            Shape::Bool
            | Shape::Int { .. }
            | Shape::Float { .. }
            | Shape::Text(_)
            | Shape::Json
            | Shape::Reference(_)
            | Shape::List { .. }
            | Shape::Map(_)
            | Shape::Record(_)
            | Shape::Keyed { .. },
            _,
        ) => {}
    }
}

/// The field of a vendor's name.
pub fn vendor_field(schema: &TypeSchema, vendor: &str) -> EcoString {
    let found = schema.root().fields.iter().find(|(_, field)| field.vendor == vendor).map(|(name, _)| name.clone());
    found.unwrap_or_else(|| naming::field(vendor))
}
