//! Documents in the vendor's own names: marks among tags, what is never returned, and the patch between two. Pure.

use std::collections::BTreeMap;

use cairn_provider::object::Ownership;
use cairn_provider::schema::document::{covers, hides, is_unread, unread};
use cairn_provider::value::{Map, Value, to_json};
use ecow::EcoString;
use serde_json::{Value as Json, json};

use super::registry::{Path, Registered, Tags};

/// A document with the marks among its tags. A type without tags carries none, nor does an owner without a stack.
pub fn marked(mut properties: Map, registered: &Registered, owner: &Ownership) -> Map {
    let Some(tags) = registered.tags.as_ref().filter(|_| !owner.stack.is_empty()) else { return properties };
    let users = properties.get(tags.property.as_str()).cloned().unwrap_or(Value::None);
    properties.insert(tags.property.as_str().into(), with_marks(tags, &users, owner));
    properties
}

fn with_marks(tags: &Tags, users: &Value, owner: &Ownership) -> Value {
    let marks = owner.tags();
    match &tags.pair {
        Some((key, value)) => {
            let users = users.as_list().unwrap_or_default().iter().filter(|tag| !is_reserved(tags, tag)).cloned();
            let marks = marks.iter().map(|(name, text)| {
                Value::map([
                    (EcoString::from(key.as_str()), Value::text(*name)),
                    (EcoString::from(value.as_str()), Value::Text(text.clone())),
                ])
            });
            Value::list(users.chain(marks))
        }
        None => {
            let mut all = users.as_map().cloned().unwrap_or_default();
            all.retain(|name, _| !Ownership::is_reserved(name));
            all.extend(marks.map(|(name, text)| (name.into(), Value::Text(text))));
            Value::from(all)
        }
    }
}

fn is_reserved(tags: &Tags, tag: &Value) -> bool {
    let name = tags.pair.as_ref().and_then(|(key, _)| tag.as_map()?.get(key.as_str())?.as_text());
    name.is_some_and(Ownership::is_reserved)
}

/// What was read: the document without marks and with a stand-in for what is never returned, and whose it is.
pub fn unmarked(mut properties: Map, registered: &Registered) -> (Map, Option<Ownership>) {
    let mut owner = None;
    if let Some(tags) = &registered.tags
        && let Some(found) = properties.remove(tags.property.as_str())
    {
        let pairs = pairs(tags, &found);
        owner = Ownership::from_tags(|name| pairs.get(name).map(String::as_str));
        let users = match (found.as_list(), found.as_map()) {
            (Some(items), _) => Value::list(items.iter().filter(|tag| !is_reserved(tags, tag)).cloned()),
            (None, Some(map)) => {
                let users = map.iter().filter(|(name, _)| !Ownership::is_reserved(name));
                Value::map(users.map(|(name, value)| (name.clone(), value.clone())))
            }
            (None, None) => found.clone(),
        };
        if !covers(&Value::None, &users) && !covers(&users, &Value::None) {
            properties.insert(tags.property.as_str().into(), users);
        }
    }
    for path in &registered.write_only {
        hide(&mut properties, path);
    }
    (properties, owner)
}

fn pairs(tags: &Tags, found: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    match &tags.pair {
        Some((key, value)) => {
            let tags = found.as_list().unwrap_or_default().iter().filter_map(Value::as_map);
            tags.filter_map(|tag| Some((text(tag.get(key.as_str())?), text(tag.get(value.as_str())?)))).collect()
        }
        None => found.as_map().into_iter().flatten().map(|(name, value)| (name.to_string(), text(value))).collect(),
    }
}

/// Puts the stand-in at the end of a path, as far as there is a place for it.
fn hide(map: &mut Map, path: &[String]) {
    match path {
        [] => {}
        [name] => {
            map.insert(name.as_str().into(), unread());
        }
        [name, rest @ ..] => {
            let Some(inner) = map.get(name.as_str()) else { return };
            let hidden = hidden_in(inner, rest);
            map.insert(name.as_str().into(), hidden);
        }
    }
}

fn hidden_in(value: &Value, path: &[String]) -> Value {
    match (value, path) {
        (Value::List(items), [star, rest @ ..]) if star == "*" => {
            Value::list(items.iter().map(|item| hidden_in(item, rest)))
        }
        (Value::Map(map), [_, ..]) => {
            let mut map = map.as_ref().clone();
            hide(&mut map, path);
            Value::from(map)
        }
        _ => value.clone(),
    }
}

/// The steps from what is there to what is written, as the vendor takes them. What is never returned is always sent
/// along: nobody can see whether it differs, and the service forgets it otherwise.
pub fn patch(registered: &Registered, observed: &Map, wanted: &Map, owner: &Ownership) -> Vec<Json> {
    let mut steps = Vec::new();
    for (name, value) in wanted {
        let found = observed.get(name);
        match registered.tags.as_ref().filter(|tags| tags.property == name.as_str()) {
            Some(_) if covers(found.unwrap_or(&Value::None), value) => {}
            Some(tags) if owner.stack.is_empty() => step(&mut steps, found, &[tags.property.as_str()], value),
            Some(tags) => step(&mut steps, found, &[tags.property.as_str()], &with_marks(tags, value, owner)),
            None => descend(&mut steps, found, &mut vec![name.as_str()], value),
        }
    }
    for path in registered.write_only.iter().filter(|path| !registered.create_only.contains(path)) {
        let Some(value) = at(wanted, path).filter(|_| at(observed, path).is_some_and(is_unread)) else { continue };
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        step(&mut steps, Some(value), &names, value);
    }
    steps
}

fn descend<'a>(steps: &mut Vec<Json>, found: Option<&Value>, path: &mut Vec<&'a str>, wanted: &'a Value) {
    match (wanted, found) {
        // Those are sent at the end, whether they differ or not.
        (_, Some(found)) if is_unread(found) => {}
        (Value::Map(wanted), Some(Value::Map(found))) => {
            for (name, value) in wanted.iter() {
                path.push(name);
                descend(steps, found.get(name), path, value);
                path.pop();
            }
        }
        (wanted, found) if covers(found.unwrap_or(&Value::None), wanted) && !reordered(wanted, found) => {}
        (wanted, found) => step(steps, found, path, wanted),
    }
}

/// Lists in another order, or with parts that nobody can see, are sent: the engine asks only if something differs.
fn reordered(wanted: &Value, found: Option<&Value>) -> bool {
    match (wanted, found) {
        (Value::List(wanted), Some(Value::List(found))) => {
            found.iter().any(hides) || !wanted.iter().zip(found.iter()).all(|(wanted, found)| covers(found, wanted))
        }
        _ => false,
    }
}

fn step(steps: &mut Vec<Json>, found: Option<&Value>, path: &[&str], wanted: &Value) {
    let pointer = pointer(path);
    if !wanted.is_none() {
        steps.push(json!({ "op": "add", "path": pointer, "value": to_json(&without_nothing(wanted)) }));
    } else if found.is_some() {
        steps.push(json!({ "op": "remove", "path": pointer }));
    }
}

/// A document without entries that are nothing: they say that something is gone.
pub fn without_nothing(value: &Value) -> Value {
    match (value.as_list(), value.as_map()) {
        (Some(items), _) => Value::list(items.iter().map(without_nothing)),
        (None, Some(map)) => {
            let there = map.iter().filter(|(_, value)| !value.is_none());
            Value::map(there.map(|(name, value)| (name.clone(), without_nothing(value))))
        }
        (None, None) => value.clone(),
    }
}

fn pointer(path: &[&str]) -> String {
    path.iter().fold(String::new(), |pointer, part| format!("{pointer}/{}", part.replace('~', "~0").replace('/', "~1")))
}

/// The value at a path without lists on it.
pub fn at<'a>(map: &'a Map, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = map.get(first.as_str())?;
    if rest.is_empty() { Some(value) } else { at(value.as_map()?, rest) }
}

/// The first property of a patch that needs a new object.
pub fn fixed<'a>(registered: &'a Registered, steps: &[Json]) -> Option<&'a Path> {
    registered.create_only.iter().find(|path| {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let pointer = pointer(&names);
        steps.iter().filter_map(|step| step.get("path")?.as_str()).any(|changed| {
            changed == pointer || changed.strip_prefix(&pointer).is_some_and(|rest| rest.starts_with('/'))
        })
    })
}

#[cfg(test)]
mod tests {
    use cairn_provider::object::Ownership;
    use cairn_provider::schema::document::unread;
    use cairn_provider::value::{Map, from_json};
    use serde_json::{Value as Json, json};

    use super::{fixed, marked, patch, unmarked};
    use crate::cloudcontrol::registry::{Registered, Tags};

    fn map(json: &Json) -> Map {
        from_json(json).as_map().unwrap().clone()
    }

    fn path(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    fn registered() -> Registered {
        Registered {
            write_only: vec![path("Password"), path("Users/*/Key"), path("Deep/Token")],
            create_only: vec![path("Name"), path("Deep/Kind")],
            tags: Some(Tags { property: "Tags".to_owned(), pair: Some(("Key".to_owned(), "Value".to_owned())) }),
            ..Registered::default()
        }
    }

    fn owner() -> Ownership {
        Ownership { stack: "s".into(), address: "a".into(), nonce: "n".into() }
    }

    #[test]
    fn marks_go_in_and_come_out_apart() {
        for pair in [Some(("Key".to_owned(), "Value".to_owned())), None] {
            let tags = if pair.is_some() { json!([{ "Key": "Name", "Value": "x" }]) } else { json!({ "Name": "x" }) };
            let registered =
                Registered { tags: Some(Tags { property: "Tags".to_owned(), pair }), ..Registered::default() };
            for document in [map(&json!({ "A": 1, "Tags": tags })), map(&json!({ "A": 1 }))] {
                let sent = marked(document.clone(), &registered, &owner());
                assert_ne!(sent, document);
                assert_eq!(unmarked(sent, &registered), (document, Some(owner())));
            }
        }
        let nobody = Ownership { stack: "".into(), ..owner() };
        assert_eq!(marked(map(&json!({ "A": 1 })), &registered(), &nobody), map(&json!({ "A": 1 })));
        let untagged = Registered::default();
        assert_eq!(marked(map(&json!({ "A": 1 })), &untagged, &owner()), map(&json!({ "A": 1 })));
    }

    #[test]
    fn what_is_never_returned_has_a_stand_in() {
        let (read, _) = unmarked(map(&json!({ "Users": [{ "Name": "u" }], "Deep": {} })), &registered());
        assert_eq!(read["Password"], unread());
        assert_eq!(read["Users"].as_list().unwrap()[0].as_map().unwrap()["Key"], unread());
        assert_eq!(read["Deep"].as_map().unwrap()["Token"], unread());
        let (read, _) = unmarked(Map::new(), &registered());
        assert_eq!(read.keys().collect::<Vec<_>>(), ["Password"]);
    }

    #[test]
    fn a_patch_has_only_what_differs_and_what_would_be_forgotten() {
        let (observed, _) = unmarked(
            map(&json!({ "Name": "x", "Arn": "a", "Deep": { "A": 1, "B": 2 }, "L": [1, 2], "Old": 1, "a/b": 1 })),
            &registered(),
        );
        let wanted = |json: Json| patch(&registered(), &observed, &map(&json), &owner());
        let same = json!({ "Name": "x", "Deep": { "A": 1 }, "L": [1, 2], "None": null });
        assert_eq!(wanted(same), Vec::<Json>::new());
        let steps = wanted(json!({ "Deep": { "A": 3, "C": { "D": 1, "E": null } }, "Old": null, "a/b": 2, "L": [2] }));
        assert_eq!(
            steps,
            [
                json!({ "op": "add", "path": "/Deep/A", "value": 3 }),
                json!({ "op": "add", "path": "/Deep/C", "value": { "D": 1 } }),
                json!({ "op": "add", "path": "/L", "value": [2] }),
                json!({ "op": "remove", "path": "/Old" }),
                json!({ "op": "add", "path": "/a~1b", "value": 2 }),
            ]
        );
        let steps = wanted(json!({ "Deep": { "Token": "t" }, "Old": 2, "Password": "p" }));
        let paths: Vec<&str> = steps.iter().map(|step| step["path"].as_str().unwrap()).collect();
        assert_eq!(paths, ["/Old", "/Password", "/Deep/Token"]);
        let (observed, _) = unmarked(map(&json!({ "Deep": {}, "Users": [{ "Name": "u" }] })), &registered());
        let users = json!([{ "Name": "u", "Key": "k" }]);
        let steps =
            patch(&registered(), &observed, &map(&json!({ "Deep": { "Token": "t" }, "Users": users })), &owner());
        let paths: Vec<&str> = steps.iter().map(|step| step["path"].as_str().unwrap()).collect();
        assert_eq!(paths, ["/Users", "/Deep/Token"]);
    }

    #[test]
    fn tags_are_sent_with_the_marks_and_only_if_they_differ() {
        let (observed, _) = unmarked(
            marked(map(&json!({ "Tags": [{ "Key": "a", "Value": "1" }] })), &registered(), &owner()),
            &registered(),
        );
        let same = json!({ "Tags": [{ "Key": "a", "Value": "1" }] });
        assert!(patch(&registered(), &observed, &map(&same), &owner()).is_empty());
        for other in [json!({ "Tags": [{ "Key": "a", "Value": "2" }] }), json!({ "Tags": null })] {
            let steps = patch(&registered(), &observed, &map(&other), &owner());
            let sent = steps[0]["value"].as_array().unwrap();
            assert!(sent.iter().any(|tag| tag["Key"] == "cairn:nonce" && tag["Value"] == "n"), "{steps:?}");
        }
    }

    #[test]
    fn what_needs_a_new_object_is_found() {
        let found = |pointer: &str| fixed(&registered(), &[json!({ "op": "add", "path": pointer })]).cloned();
        assert_eq!(found("/Name"), Some(path("Name")));
        assert_eq!(found("/Deep/Kind/X"), Some(path("Deep/Kind")));
        assert_eq!(found("/Names"), None);
    }
}
