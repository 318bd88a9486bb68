//! Tags: the user's, and the marks that say whose an object is.

use std::collections::BTreeMap;

use cairn_provider::object::Ownership;
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use super::codec::Encode;

/// The tags of a new object: the user's and the marks. An owner without a stack has none.
pub fn of_new(inputs: &Map, field: &str, owner: &Ownership) -> Vec<(String, String)> {
    let marks = if owner.stack.is_empty() { Vec::new() } else { owner.tags().to_vec() };
    let marks = marks.into_iter().map(|(key, value)| (key.to_owned(), value.to_string()));
    let users = written(inputs, field).into_iter().filter(|(key, _)| !Ownership::is_reserved(key));
    users.chain(marks).collect()
}

/// The user's tags of a document.
pub fn written(inputs: &Map, field: &str) -> BTreeMap<String, String> {
    let tags = inputs.get(field).and_then(Value::as_map);
    // A tag's value is text; numbers and flags are sent as theirs.
    let text = |value: &Value| String::encode(value).unwrap_or_default();
    tags.into_iter().flatten().map(|(key, value)| (key.to_string(), text(value))).collect()
}

/// What was read: the user's tags as a document, and whose the object is.
pub fn read<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Value, Option<Ownership>) {
    let all: BTreeMap<&str, &str> = tags.into_iter().collect();
    let owner = Ownership::from_tags(|name| all.get(name).copied());
    let users = all.iter().filter(|(key, _)| !Ownership::is_reserved(key));
    (Value::map(users.map(|(key, value)| (EcoString::from(*key), Value::text(*value)))), owner)
}

/// Whether marks name the same stack and address: the object is ours, of whichever intent.
pub fn same_owner(found: Option<&Ownership>, owner: &Ownership) -> bool {
    found.is_some_and(|found| found.stack == owner.stack && found.address == owner.address)
}

/// What has to be done to tags.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// To be set.
    pub set: Vec<(String, String)>,
    /// To be removed.
    pub remove: Vec<String>,
}

/// From the tags that were observed to those that are written.
pub fn changes(observed: &Map, inputs: &Map, field: &str) -> Changes {
    let (before, after) = (written(observed, field), written(inputs, field));
    let set = after.iter().filter(|(key, value)| before.get(*key) != Some(value));
    Changes {
        set: set.map(|(key, value)| (key.clone(), value.clone())).collect(),
        remove: before.into_keys().filter(|key| !after.contains_key(key)).collect(),
    }
}

/// Makes a service's tags out of pairs: `list!(types::Tag, pairs)`.
macro_rules! tag_list {
    ($ty:path, $pairs:expr) => {{
        let pairs = $pairs;
        let made: Result<Vec<$ty>, $crate::native::codec::Mistake> = pairs
            .into_iter()
            .map(|(key, value)| $crate::native::codec::built(<$ty>::builder().key(key).value(value).build()))
            .collect();
        made?
    }};
}
pub(crate) use tag_list;

#[cfg(test)]
mod tests {
    use super::{Changes, changes, of_new, read};
    use cairn_provider::object::Ownership;
    use cairn_provider::value::{Map, Value};

    fn tags(pairs: &[(&str, &str)]) -> Map {
        let tags = Value::map(pairs.iter().map(|(key, value)| ((*key).into(), Value::text(*value))));
        Map::from([("tags".into(), tags)])
    }

    #[test]
    fn marks_go_in_and_come_out_apart() {
        let owner = Ownership { stack: "s".into(), address: "vpc".into(), nonce: "n".into() };
        let all = of_new(&tags(&[("Name", "main")]), "tags", &owner);
        assert_eq!(all.len(), 4);
        let (users, found) = read(all.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        assert_eq!(users, Value::map([("Name".into(), Value::text("main"))]));
        assert_eq!(found, Some(owner));
    }

    #[test]
    fn only_differences_are_sent() {
        let delta = changes(&tags(&[("a", "1"), ("b", "2")]), &tags(&[("a", "1"), ("b", "3"), ("c", "4")]), "tags");
        assert_eq!(delta.set, [("b".to_owned(), "3".to_owned()), ("c".to_owned(), "4".to_owned())]);
        assert!(delta.remove.is_empty());
        let emptied = changes(&tags(&[("a", "1")]), &Map::new(), "tags");
        assert_eq!(emptied, Changes { set: Vec::new(), remove: vec!["a".to_owned()] });
    }
}
