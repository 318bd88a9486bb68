//! Whether a value of one type may stand where another is expected.

use super::super::types::Type;

/// Whether it may. Values whose limits are only known later (text where one of several is expected, a whole number
/// where a range is) fit here and are checked when they are known.
pub fn fits(found: &Type, wanted: &Type) -> bool {
    match (found, wanted) {
        (Type::Error | Type::Any, _) | (_, Type::Error | Type::Any) => true,
        (Type::Union(members), _) => members.iter().all(|member| fits(member, wanted)),
        (_, Type::Union(members)) => members.iter().any(|member| fits(found, member)),
        (Type::None, _) => wanted.is_optional(),
        (_, Type::None) => false,
        (Type::Optional(inner), Type::Optional(other)) => fits(inner, other),
        (Type::Optional(_), _) => false,
        (_, Type::Optional(inner)) => fits(found, inner),
        (Type::Secret(inner), Type::Secret(other)) => fits(inner, other),
        (Type::Secret(_), _) => false,
        (_, Type::Secret(inner)) => fits(found, inner),
        (_, Type::Json) => !found.holds_secret() && is_data(found),
        (a, b) if a.is_text() && b.is_text() => text_fits(a, b),
        (Type::Int | Type::Between(..), Type::Float) => true,
        (Type::Between(a, b), Type::Between(c, d)) => a <= d && b >= c,
        (Type::Int, Type::Between(..)) | (Type::Between(..), Type::Int) => true,
        (Type::List(a) | Type::Set(a), Type::List(b) | Type::Set(b)) => fits(a, b),
        (Type::Map(a), Type::List(b) | Type::Set(b)) => fits(a, b),
        (Type::Map(a), Type::Map(b)) => fits(a, b),
        (Type::Record(record), Type::Map(item)) => record.fields.iter().all(|field| fits(&field.ty, item)),
        (Type::Record(record), Type::List(item) | Type::Set(item)) => {
            record.fields.iter().all(|field| fits(&field.ty, item))
        }
        (Type::Record(found), Type::Record(wanted)) => {
            found.fields.iter().all(|field| wanted.field(&field.name).is_some_and(|other| fits(&field.ty, &other.ty)))
                && wanted
                    .fields
                    .iter()
                    .all(|field| field.has_default || field.ty.is_optional() || found.field(&field.name).is_some())
        }
        (Type::Record(found), Type::Part(schema, id)) => {
            let record = schema.record(*id);
            found.fields.iter().all(|field| {
                record.fields.get(&field.name).is_some_and(|other| {
                    let ty = Type::of_shape(schema, &other.shape);
                    fits(&field.ty, &if other.sensitive { ty.secret() } else { ty })
                })
            })
        }
        (Type::Resource(schema), Type::AnyResource(kinds)) => kinds.is_empty() || kinds.contains(&schema.name),
        (Type::AnyResource(kinds), Type::Resource(schema)) => kinds.len() == 1 && kinds.contains(&schema.name),
        (Type::AnyResource(found), Type::AnyResource(wanted)) => {
            wanted.is_empty() || found.iter().all(|kind| wanted.contains(kind))
        }
        (a, b) => a == b,
    }
}

/// Literals narrow to what is expected; text that is computed is checked when it is known.
fn text_fits(found: &Type, wanted: &Type) -> bool {
    match (found, wanted) {
        (Type::Choice(values), Type::Choice(allowed)) => values.iter().any(|value| allowed.contains(value)),
        (Type::Named(a), Type::Named(b)) => a == b,
        _ => true,
    }
}

/// Whether a value of the type is data, and no resource, target or component.
fn is_data(ty: &Type) -> bool {
    match ty {
        Type::Resource(_)
        | Type::AnyResource(_)
        | Type::Target(_)
        | Type::Component(_)
        | Type::Health
        | Type::Duration
        | Type::Size
        | Type::Percent
        | Type::Traffic
        | Type::Range => false,
        Type::List(item) | Type::Set(item) | Type::Map(item) | Type::Optional(item) | Type::Secret(item) => {
            is_data(item)
        }
        Type::Record(record) => record.fields.iter().all(|field| is_data(&field.ty)),
        Type::Union(members) => members.iter().all(is_data),
        Type::Error
        | Type::Any
        | Type::None
        | Type::Bool
        | Type::Int
        | Type::Between(..)
        | Type::Float
        | Type::Text
        | Type::Choice(_)
        | Type::Named(_)
        | Type::Ip
        | Type::Cidr
        | Type::Json
        | Type::Part(..) => true,
    }
}
