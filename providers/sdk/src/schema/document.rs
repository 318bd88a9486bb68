//! Documents: when two values of a field mean the same.

use ecow::EcoString;

use super::{Equality, TypeSchema};
use crate::value::{Map, Value, from_json, render};

/// Whether two values of a field mean the same.
pub fn equal(equality: Equality, wanted: &Value, found: &Value) -> bool {
    match equality {
        Equality::Exact => same(wanted, found),
        Equality::IgnoreCase => match (wanted.as_text(), found.as_text()) {
            (Some(wanted), Some(found)) => wanted.eq_ignore_ascii_case(found),
            _ => same(wanted, found),
        },
        Equality::DomainName => match (wanted.as_text(), found.as_text()) {
            (Some(wanted), Some(found)) => plain_domain_name(wanted) == plain_domain_name(found),
            _ => same(wanted, found),
        },
        Equality::Document => same(&normalise(wanted), &normalise(found)),
        Equality::VersionPrefix => match (wanted.as_text(), found.as_text()) {
            (Some(wanted), Some(found)) => {
                found == wanted || found.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
            }
            _ => same(wanted, found),
        },
        Equality::AtLeast => match (wanted.as_number(), found.as_number()) {
            (Some(wanted), Some(found)) => found >= wanted,
            _ => same(wanted, found),
        },
        Equality::Part => covers(found, wanted),
    }
}

/// The name of the only entry of what stands for a value that the cloud keeps and never returns.
const UNREAD: &str = "cairn:never-returned";

/// What stands in a document for a value that the cloud keeps and never returns.
pub fn unread() -> Value {
    Value::map([(EcoString::from(UNREAD), Value::Bool(true))])
}

/// Whether a value stands for one that the cloud never returns.
pub fn is_unread(value: &Value) -> bool {
    value.as_map().is_some_and(|map| map.contains_key(UNREAD))
}

/// Whether something in a document is never returned by the cloud.
pub fn hides(value: &Value) -> bool {
    let inner = |value: &Value| match (value.as_list(), value.as_map()) {
        (Some(items), _) => items.iter().any(hides),
        (None, Some(map)) => map.values().any(hides),
        (None, None) => false,
    };
    is_unread(value) || inner(value)
}

/// Whether a document has everything that is written: entries at every depth, and all items of lists, in any order.
/// Of what the cloud never returns nobody can say that it is different.
pub fn covers(found: &Value, wanted: &Value) -> bool {
    if is_unread(found) {
        return !wanted.is_none();
    }
    match (wanted, found) {
        (Value::Map(wanted), Value::Map(found)) => {
            wanted.iter().all(|(name, value)| covers(found.get(name).unwrap_or(&Value::None), value))
        }
        (Value::Map(wanted), Value::None) => wanted.values().all(|value| covers(&Value::None, value)),
        (Value::List(wanted), Value::List(found)) => {
            let mut left: Vec<&Value> = found.iter().collect();
            wanted.len() == found.len()
                && wanted.iter().all(|value| {
                    let at = left.iter().position(|candidate| covers(candidate, value));
                    at.map(|at| left.swap_remove(at)).is_some()
                })
        }
        _ => same(wanted, found),
    }
}

/// A name of the DNS in the one form of all that mean the same: small letters, no dot at the end, and characters
/// themselves where they are written as three octal digits, `\052` for `*`.
pub fn plain_domain_name(name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let mut parts = name.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()).filter(u8::is_ascii_graphic);
        match (code, part.get(3..)) {
            (Some(code), Some(rest)) => {
                plain.push(char::from(code).to_ascii_lowercase());
                plain.push_str(rest);
            }
            _ => {
                plain.push('\\');
                plain.push_str(part);
            }
        }
    }
    plain
}

/// Whether an object with these attributes meets all conditions.
pub fn meets(schema: &TypeSchema, attributes: &Map, conditions: &Map) -> bool {
    conditions.iter().all(|(name, wanted)| {
        let Some(field) = schema.field(name) else { return false };
        let found = attributes.get(name).unwrap_or(&Value::None);
        match (wanted, found) {
            // Tags that are asked for must be there; others may be.
            (Value::Map(wanted), Value::Map(found)) => {
                wanted.iter().all(|(key, value)| found.get(key).is_some_and(|other| same(value, other)))
            }
            _ => equal(field.equality, wanted, found),
        }
    })
}

/// Equality of values: numbers by what they count, absent and empty alike.
pub fn same(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::List(items), Value::None) | (Value::None, Value::List(items)) => items.is_empty(),
        (Value::Map(map), Value::None) | (Value::None, Value::Map(map)) => map.is_empty(),
        (Value::List(wanted), Value::List(found)) => {
            wanted.len() == found.len() && wanted.iter().zip(found).all(|(wanted, found)| same(wanted, found))
        }
        (Value::Map(wanted), Value::Map(found)) => {
            wanted.len() == found.len()
                && wanted.iter().zip(found.iter()).all(|((a, wanted), (b, found))| a == b && same(wanted, found))
        }
        _ => match (wanted.as_number(), found.as_number()) {
            (Some(wanted), Some(found)) => wanted == found,
            _ => wanted == found,
        },
    }
}

/// A document in the one form of all that mean the same: text becomes JSON, policies are sorted.
pub fn normalise(value: &Value) -> Value {
    let parsed = match value {
        Value::Text(text) => serde_json::from_str(text).map_or_else(|_| value.clone(), |json| from_json(&json)),
        Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Percent(_)
        | Value::Ip(_)
        | Value::Cidr(_)
        | Value::Traffic(_)
        | Value::Range(..)
        | Value::List(_)
        | Value::Map(_) => value.clone(),
    };
    let Some(map) = parsed.as_map() else { return parsed };
    if !map.contains_key("Statement") {
        return parsed;
    }
    let mut policy = map.clone();
    if let Some(statements) = policy.remove("Statement") {
        let mut statements: Vec<Value> = as_list(&statements).iter().map(statement).collect();
        statements.sort_by_key(render);
        policy.insert("Statement".into(), Value::list(statements));
    }
    Value::from(policy)
}

fn statement(value: &Value) -> Value {
    let Some(map) = value.as_map() else { return value.clone() };
    let normal: Map = map
        .iter()
        .map(|(name, value)| {
            let value = match name.as_str() {
                "Action" | "NotAction" | "Resource" | "NotResource" => sorted(value),
                "Principal" | "NotPrincipal" => principal(value),
                "Condition" => condition(value),
                _ => value.clone(),
            };
            (name.clone(), value)
        })
        .collect();
    Value::from(normal)
}

fn as_list(value: &Value) -> Vec<Value> {
    value.as_list().map_or_else(|| vec![value.clone()], <[Value]>::to_vec)
}

fn sorted(value: &Value) -> Value {
    let mut items = as_list(value);
    items.sort_by_key(render);
    items.dedup();
    Value::list(items)
}

fn principal(value: &Value) -> Value {
    match value {
        // Everyone, in its two spellings.
        Value::Text(_) => Value::map([(EcoString::from("AWS"), Value::list([value.clone()]))]),
        Value::Map(map) => Value::map(map.iter().map(|(kind, who)| {
            let who = Value::list(as_list(&sorted(who)).iter().map(root_account));
            (kind.clone(), sorted(&who))
        })),
        Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Percent(_)
        | Value::Ip(_)
        | Value::Cidr(_)
        | Value::Traffic(_)
        | Value::Range(..)
        | Value::List(_) => value.clone(),
    }
}

/// An account alone means its root.
fn root_account(value: &Value) -> Value {
    match value.as_text() {
        Some(text) if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Value::text(ecow::eco_format!("arn:aws:iam::{text}:root"))
        }
        _ => value.clone(),
    }
}

fn condition(value: &Value) -> Value {
    let Some(map) = value.as_map() else { return value.clone() };
    Value::map(map.iter().map(|(operator, keys)| {
        let keys = keys.as_map().map_or_else(
            || keys.clone(),
            |keys| {
                Value::map(keys.iter().map(|(key, values)| {
                    let texts = as_list(values).iter().map(condition_text).collect::<Vec<_>>();
                    (key.clone(), sorted(&Value::list(texts)))
                }))
            },
        );
        (operator.clone(), keys)
    }))
}

/// Truth values and numbers of conditions come back as text.
fn condition_text(value: &Value) -> Value {
    match value {
        Value::Bool(truth) => Value::text(truth.to_string()),
        Value::Int(number) => Value::text(number.to_string()),
        Value::None
        | Value::Float(_)
        | Value::Text(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Percent(_)
        | Value::Ip(_)
        | Value::Cidr(_)
        | Value::Traffic(_)
        | Value::Range(..)
        | Value::List(_)
        | Value::Map(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::equal;
    use crate::schema::Equality;
    use crate::value::{Value, from_json};

    fn document(text: &str) -> Value {
        from_json(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn policies_that_mean_the_same_are_equal() {
        let written = document(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["b","a"],"Resource":"*",
                "Principal":"*","Condition":{"Bool":{"aws:SecureTransport":true}}}]}"#,
        );
        let found = Value::text(
            r#"{"Statement":{"Action":["a","b"],"Condition":{"Bool":{"aws:SecureTransport":"true"}},"Effect":"Allow",
                "Principal":{"AWS":"*"},"Resource":["*"]},"Version":"2012-10-17"}"#,
        );
        assert!(equal(Equality::Document, &written, &found));
        let other = document(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"a","Resource":"*"}]}"#);
        assert!(!equal(Equality::Document, &written, &other));
    }

    #[test]
    fn what_is_written_is_a_part_of_what_is_there() {
        let found = document(r#"{"Name":"x","Arn":"a","Deep":{"A":1,"B":2},"Tags":[{"Key":"a"},{"Key":"b","Id":7}]}"#);
        let part = |written: &str| equal(Equality::Part, &document(written), &found);
        assert!(part(r#"{"Name":"x","Deep":{"B":2},"Tags":[{"Key":"b"},{"Key":"a"}],"Gone":null}"#));
        for other in [
            r#"{"Name":"y"}"#,
            r#"{"Deep":{"C":1}}"#,
            r#"{"Tags":[{"Key":"a"}]}"#,
            r#"{"Tags":[{"Key":"a"},{"Key":"a"}]}"#,
            r#"{"Arn":null}"#,
        ] {
            assert!(!part(other), "{other}");
        }
        assert!(equal(Equality::Part, &document(r#"{"A":null}"#), &Value::None));
        let hidden = Value::map([("Password".into(), super::unread())]);
        assert!(equal(Equality::Part, &document(r#"{"Password":"p"}"#), &hidden));
    }

    #[test]
    fn spellings_that_mean_the_same_are_equal() {
        assert!(equal(Equality::DomainName, &"Shop.example".into(), &"shop.example.".into()));
        assert!(equal(Equality::DomainName, &"*.shop.example".into(), &"\\052.shop.example.".into()));
        assert!(equal(
            Equality::DomainName,
            &"0/25.2.0.192.in-addr.arpa".into(),
            &"0\\05725.2.0.192.in-addr.arpa.".into()
        ));
        assert!(!equal(Equality::DomainName, &"a\\.shop.example".into(), &"a.shop.example".into()));
        assert!(equal(Equality::IgnoreCase, &"Main-DB".into(), &"main-db".into()));
        assert!(equal(Equality::VersionPrefix, &"16".into(), &"16.4".into()));
        assert!(!equal(Equality::VersionPrefix, &"16".into(), &"160".into()));
        assert!(equal(Equality::AtLeast, &Value::Int(100), &Value::Int(120)));
        assert!(!equal(Equality::AtLeast, &Value::Int(100), &Value::Int(80)));
        assert!(equal(Equality::Exact, &Value::Int(1), &Value::Float(1.0)));
    }
}
