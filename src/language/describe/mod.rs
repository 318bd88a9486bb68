//! What a resource type looks like to those who write it: fields with types, rules and an example.

mod example;

use std::collections::BTreeSet;
use std::sync::Arc;

use cairn_provider::declaration::Declaration;
use cairn_provider::naming;
use cairn_provider::schema::overlay::{Relation, Replacement};
use cairn_provider::schema::{Access, Change, Field, Record, RecordId, Shape, TypeSchema, Unit};
use cairn_provider::value::render;
use ecow::EcoString;

use super::types::Type;
use crate::model::encoding::quantity;
use crate::model::type_page::{ExamplePage, FieldPage, PermissionsPage, RecordPage, Sent, TimingsPage, TypePage};

pub use example::example;

/// Describes a type, without its title and examples.
pub fn describe(schema: &Arc<TypeSchema>, declared: Option<&Declaration>) -> TypePage {
    TypePage {
        name: schema.name.to_string(),
        vendor: schema.vendor.to_string(),
        title: declared.map_or("", |declared| declared.title).to_owned(),
        creatable: schema.creatable,
        action: schema.action,
        native: declared.is_some(),
        stateful: schema.overlay.stateful,
        replacement: match schema.overlay.replacement {
            Replacement::CreateFirst => "create_first",
            Replacement::DestroyFirst => "destroy_first",
        },
        identity: schema.identity.iter().map(ToString::to_string).collect(),
        records: records(schema),
        relations: schema.overlay.relations.iter().map(|relation| self::relation(schema, relation)).collect(),
        permissions: declared.map(|declared| PermissionsPage {
            read: declared.permissions.read.to_vec(),
            write: declared.permissions.write.to_vec(),
        }),
        timings: declared.map(|declared| TimingsPage {
            create: declared.timings.create,
            update: declared.timings.update,
            delete: declared.timings.delete,
            typical: declared.timings.typical,
        }),
        examples: Vec::<ExamplePage>::new(),
    }
}

/// The resource itself and the records that its fields lead to; those written as maps of text are none.
fn records(schema: &Arc<TypeSchema>) -> Vec<RecordPage> {
    let mut records: Vec<RecordPage> = schema.records.iter().map(|record| self::record(schema, record)).collect();
    let named: BTreeSet<String> =
        records.iter().flat_map(|record| &record.fields).filter_map(|field| field.record.clone()).collect();
    records.retain(|record| record.name.is_empty() || named.contains(&record.name));
    records
}

fn record(schema: &Arc<TypeSchema>, record: &Record) -> RecordPage {
    let is_root = record.name.is_empty();
    let mut fields: Vec<FieldPage> =
        record.fields.iter().map(|(name, field)| self::field(schema, name, field, is_root)).collect();
    fields.sort_by_key(|field| (field.read_only, !field.required, field.name.clone()));
    let quoted = |names: &[EcoString]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
    let mut rules = Vec::new();
    if !record.one_of.is_empty() {
        rules.push(format!("exactly one of {} must be given", quoted(&record.one_of).join(", ")));
    }
    if !record.any_of.is_empty() {
        rules.push(format!("at least one of {} must be given", quoted(&record.any_of).join(", ")));
    }
    let mut excluded: Vec<(&EcoString, &EcoString)> = record
        .excludes
        .iter()
        .map(|(first, second)| if first < second { (first, second) } else { (second, first) })
        .collect();
    excluded.sort();
    excluded.dedup();
    rules.extend(excluded.iter().map(|(first, second)| format!("`{first}` and `{second}` exclude each other")));
    rules.extend(record.requires.iter().map(|(first, second)| format!("`{first}` needs `{second}`")));
    RecordPage { name: record.name.to_string(), fields, rules }
}

fn field(schema: &Arc<TypeSchema>, name: &EcoString, field: &Field, is_root: bool) -> FieldPage {
    let inner = field.shape.innermost();
    let (min, max) = bounds(&field.shape);
    let (values, open, pattern) = match inner {
        Shape::Text(rules) => {
            (rules.values.iter().map(ToString::to_string).collect(), rules.open, rules.pattern.clone())
        }
        Shape::Bool
        | Shape::Int { .. }
        | Shape::Float { .. }
        | Shape::Json
        | Shape::Reference(_)
        | Shape::List { .. }
        | Shape::Map(_)
        | Shape::Record(_)
        | Shape::Keyed { .. } => (Vec::new(), false, None),
    };
    let sends = match inner {
        Shape::Reference(reference) => reference
            .targets
            .iter()
            .map(|(kind, attribute)| Sent { kind: kind.to_string(), attribute: attribute.to_string() })
            .collect(),
        Shape::Bool
        | Shape::Int { .. }
        | Shape::Float { .. }
        | Shape::Text(_)
        | Shape::Json
        | Shape::List { .. }
        | Shape::Map(_)
        | Shape::Record(_)
        | Shape::Keyed { .. } => Vec::new(),
    };
    let unwritten = field.unwritten.as_ref().filter(|value| {
        !value.is_none()
            && !value.as_list().is_some_and(|items| items.is_empty())
            && !value.as_map().is_some_and(|items| items.is_empty())
    });
    FieldPage {
        name: name.to_string(),
        vendor: field.vendor.to_string(),
        ty: written_type(schema, &field.shape),
        required: field.required,
        read_only: field.access == Access::ReadOnly,
        write_only: field.access == Access::WriteOnly,
        secret: field.sensitive,
        change: match (field.change, field.access) {
            (_, Access::ReadOnly) | (Change::Update, _) => "update",
            (Change::MayReplace, _) => "may_replace",
            (Change::Replace, _) => "replace",
        },
        values,
        open,
        unit: inner.unit().map(Unit::counted),
        min,
        max,
        pattern: pattern.map(|pattern| pattern.to_string()),
        default: unwritten.map(|value| match (inner.unit(), value.as_number()) {
            (Some(unit), Some(number)) => render(&quantity(unit, number)),
            _ => render(value),
        }),
        sends,
        derived: schema
            .overlay
            .derived
            .iter()
            .find(|(attribute, _)| is_root && (field.vendor == *attribute || *name == naming::field(attribute)))
            .map(|(_, template)| *template),
        unsupported: field.unsupported,
        record: held(inner).map(|id| schema.record(id).name.to_string()).filter(|name| !name.is_empty()),
    }
}

/// The record that values of a shape are; a map of text is none.
fn held(shape: &Shape) -> Option<RecordId> {
    match shape {
        Shape::Keyed { rich: false, .. } => None,
        Shape::Record(id) | Shape::Keyed { record: id, .. } => Some(*id),
        Shape::Bool
        | Shape::Int { .. }
        | Shape::Float { .. }
        | Shape::Text(_)
        | Shape::Json
        | Shape::Reference(_)
        | Shape::List { .. }
        | Shape::Map(_) => None,
    }
}

/// The type of a field as it is written: quantities by their name, choices as text with values beside it.
fn written_type(schema: &Arc<TypeSchema>, shape: &Shape) -> String {
    match shape {
        Shape::List { item, .. } => format!("[{}]", written_type(schema, item)),
        Shape::Map(item) => format!("Map<{}>", written_type(schema, item)),
        Shape::Text(rules) if !rules.values.is_empty() && rules.values.len() > 4 => "String".to_owned(),
        Shape::Keyed { rich: true, record, .. } => format!("Map<{}>", Type::Part(Arc::clone(schema), *record)),
        Shape::Bool
        | Shape::Int { .. }
        | Shape::Float { .. }
        | Shape::Text(_)
        | Shape::Json
        | Shape::Reference(_)
        | Shape::Record(_)
        | Shape::Keyed { .. } => Type::of_shape(schema, shape).to_string(),
    }
}

/// The smallest and the largest value, length or count, of the field itself or of its items.
fn bounds(shape: &Shape) -> (Option<String>, Option<String>) {
    let amount = |unit: Option<Unit>, number: f64| match unit {
        Some(unit) => render(&quantity(unit, number)),
        None => number.to_string(),
    };
    let count =
        |bound: Option<usize>, what: &str| bound.filter(|bound| *bound > 0).map(|bound| format!("{bound} {what}"));
    match shape {
        Shape::Int { unit, min, max } => {
            (min.map(|min| amount(*unit, min as f64)), max.map(|max| amount(*unit, max as f64)))
        }
        Shape::Float { unit, min, max } => (min.map(|min| amount(*unit, min)), max.map(|max| amount(*unit, max))),
        Shape::Text(rules) => (count(rules.min, "characters"), count(rules.max, "characters")),
        Shape::List { min, max, .. } => (count(*min, "items"), count(*max, "items")),
        Shape::Bool | Shape::Json | Shape::Reference(_) | Shape::Map(_) | Shape::Record(_) | Shape::Keyed { .. } => {
            (None, None)
        }
    }
}

/// A path of the vendor's names in the language's; `*` for the items of a list.
fn path(schema: &TypeSchema, vendor: &str) -> String {
    names(schema, vendor).join(".")
}

/// The names at a path of the vendor's names.
pub(in crate::language) fn names(schema: &TypeSchema, vendor: &str) -> Vec<EcoString> {
    let mut names = Vec::new();
    let mut record = Some(schema.root());
    for part in vendor.split('/') {
        if part == "*" {
            names.push(part.into());
            continue;
        }
        let found = record.and_then(|record| record.fields.iter().find(|(_, field)| field.vendor == part));
        names.push(found.map_or_else(|| naming::field(part), |(name, _)| name.clone()));
        record = found.and_then(|(_, field)| field.shape.innermost().record()).map(|id| schema.record(id));
    }
    names
}

/// What must hold, as a sentence in the language's names.
pub(in crate::language) fn relation(schema: &TypeSchema, relation: &Relation) -> String {
    let path = |vendor: &str| path(schema, vendor);
    match relation {
        Relation::Within { field, reference, outer } => {
            format!("`{}` lies within `{}` of `{}`", path(field), naming::field(outer), path(reference))
        }
        Relation::Disjoint { field, per } => {
            format!("`{}` shares no address with others of the same `{}`", path(field), path(per))
        }
        Relation::Unique { field, per } => {
            format!("`{}` is different from others of the same `{}`", path(field), path(per))
        }
        Relation::AtMost { lower, upper } => format!("`{}` is at most `{}`", path(lower), path(upper)),
        Relation::Below { lower, upper, where_one_of: (field, values) } => format!(
            "`{}` is smaller than `{}` where `{}` is {}, and at most that elsewhere",
            path(lower),
            path(upper),
            path(field),
            values.join(" or ")
        ),
        Relation::LivesIn { reference, region, because } => {
            format!("`{}` lives in {region}: {because} from there only", path(reference))
        }
        Relation::NamesPart { field, noun, .. } => {
            format!("`{}` is the name of one {noun} of the same resource", path(field))
        }
    }
}
