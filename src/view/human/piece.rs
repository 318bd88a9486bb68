//! What changes of a resource, leaf by leaf: inside of documents, texts and sets too.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::schema::document::same;
use cairn_provider::value::{Map, Value, from_json};

use super::layout::Mark;
use super::node::Node;
use super::text;
use super::value::{difference, join, path, values};
use crate::model::change::{After, AttributeChange};
use crate::state::Masked;

/// Names that tell items of a list apart, the most telling first.
const IDENTITIES: &[&str] = &["Sid", "sid", "Id", "id", "Name", "name", "Key", "key"];

/// A part of a difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Where.
    pub path: String,
    /// Whether something joins, leaves or changes.
    pub mark: Mark,
    /// What, on one line.
    pub text: String,
    /// The changed lines of a text of several.
    pub lines: Vec<(Mark, String)>,
    /// Whether it is why the object is replaced.
    pub forces: bool,
}

/// The parts of the differences of an object.
pub fn pieces(changes: &[AttributeChange], whole: bool) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    let mut rest = changes;
    while let Some(first) = rest.first() {
        let together = if first.member && !first.sensitive {
            let parent = |change: &AttributeChange| change.path.split_last().map(|(_, parent)| parent.to_vec());
            let of_set = |change: &&AttributeChange| change.member && parent(change) == parent(first);
            rest.iter().take_while(of_set).count().max(1)
        } else {
            1
        };
        let (group, others) = rest.split_at(together);
        rest = others;
        let mut pieces = if first.member && !first.sensitive { members(group, whole) } else { leaf(first, whole) };
        let forces = group.iter().any(|change| change.forces);
        pieces.iter_mut().for_each(|piece| piece.forces = forces);
        found.append(&mut pieces);
    }
    found
}

fn line(path: &str, mark: Mark, text: String) -> Piece {
    Piece { path: path.to_owned(), mark, text, lines: Vec::new(), forces: false }
}

/// The members of a set: what leaves, then what joins.
fn members(changes: &[AttributeChange], whole: bool) -> Vec<Piece> {
    let of_set = |change: &AttributeChange| {
        let names = change.path.split_last().map(|(_, parent)| parent).unwrap_or_default();
        names.iter().fold(String::new(), |path, name| join(&path, name))
    };
    // Records of the same name are shown by what changes in them.
    let mut found = Vec::new();
    let mut left: BTreeSet<usize> = BTreeSet::new();
    let mut joined: BTreeSet<usize> = BTreeSet::new();
    for (at, change) in changes.iter().enumerate() {
        let After::Value(new) = &change.after else { continue };
        let Some(name) = identity(new) else { continue };
        let old = changes.iter().enumerate().find_map(|(at, other)| {
            let old = other.before.as_ref()?;
            (identity(old) == Some(name) && !left.contains(&at)).then_some((at, old))
        });
        if let Some((other, old)) = old {
            let name = Node::of(&Value::text(name.1), None, true).inline();
            let begin = found.len();
            inside(&format!("{}[{name}]", of_set(change)), old, new, whole, &mut found);
            // What looks the same is shown as it is.
            if found.len() > begin {
                left.insert(other);
                joined.insert(at);
            }
        }
    }
    for change in changes.iter().enumerate().filter(|(at, _)| !left.contains(at)).map(|(_, change)| change) {
        if let Some(value) = &change.before {
            let text = format!("- {}", Node::of(value, change.unit, true).inline());
            found.push(line(&of_set(change), Mark::Removed, text));
        }
    }
    for change in changes.iter().enumerate().filter(|(at, _)| !joined.contains(at)).map(|(_, change)| change) {
        if change.after != After::Absent {
            let text = format!("+ {}", Node::after(change, whole).inline());
            found.push(line(&of_set(change), Mark::Added, text));
        }
    }
    found
}

/// The name of a record: a field that says that it is one, and its value.
fn identity(record: &Value) -> Option<(&str, &str)> {
    let named = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.ends_with("name") || matches!(name.as_str(), "sid" | "id" | "key")
    };
    record.as_map()?.iter().find_map(|(name, value)| named(name).then_some((name.as_str(), value.as_text()?)))
}

fn leaf(change: &AttributeChange, whole: bool) -> Vec<Piece> {
    let path = path(change);
    if let (false, Some(before), After::Value(after)) = (change.sensitive, &change.before, &change.after) {
        let documents = matches!((before, after), (Value::Map(_), Value::Map(_)) | (Value::List(_), Value::List(_)));
        let texts = before.as_text().is_some() && after.as_text().is_some();
        if documents || texts {
            let mut found = Vec::new();
            inside(&path, before, after, whole, &mut found);
            if !found.is_empty() {
                return found;
            }
        }
    }
    if let (false, Some(Value::Text(before)), After::Unknown(after)) = (change.sensitive, &change.before, &change.after)
    {
        let inner = after.strip_prefix("base64(").and_then(|inner| inner.strip_suffix(')'));
        let (path, before, after) = match (text::decoded(before), inner) {
            (Some(before), Some(after)) => (format!("{path} (base64)"), before, after),
            _ => (path.clone(), before.to_string(), after.as_str()),
        };
        // What is not known yet stands in its brackets, so its lines differ.
        if before.contains('\n') && after.contains('\n') {
            let lines = text::difference(&before, after);
            return vec![Piece { lines, ..line(&path, Mark::Plain, String::new()) }];
        }
    }
    vec![line(&path, Mark::Plain, difference(change, whole))]
}

/// The differences inside of two values.
fn inside(path: &str, before: &Value, after: &Value, whole: bool, found: &mut Vec<Piece>) {
    if Masked::digest(before).is_some() || Masked::digest(after).is_some() {
        if before != after {
            found.push(line(path, Mark::Plain, "(sensitive, changed)".to_owned()));
        }
        return;
    }
    match (before, after) {
        (Value::Map(old), Value::Map(new)) => maps(path, old, new, whole, found),
        (Value::List(old), Value::List(new)) => lists(path, old, new, whole, found),
        // One item where a list may stand.
        (Value::List(old), new) if is_single(new) => lists(path, old, std::slice::from_ref(new), whole, found),
        (old, Value::List(new)) if is_single(old) => lists(path, std::slice::from_ref(old), new, whole, found),
        (Value::Text(old), Value::Text(new)) => texts(path, old, new, whole, found),
        _ if same(before, after) => {}
        _ => found.push(line(path, Mark::Plain, values(before, after, whole))),
    }
}

fn is_single(value: &Value) -> bool {
    !matches!(value, Value::Map(_) | Value::List(_) | Value::None)
}

fn maps(path: &str, old: &Map, new: &Map, whole: bool, found: &mut Vec<Piece>) {
    let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for name in names {
        either(&join(path, name), old.get(name), new.get(name), whole, found);
    }
}

fn either(path: &str, old: Option<&Value>, new: Option<&Value>, whole: bool, found: &mut Vec<Piece>) {
    match (old, new) {
        (Some(old), Some(new)) => inside(path, old, new, whole, found),
        (Some(old), None) => found.push(removed(path, old)),
        (None, Some(new)) => found.push(added(path, new)),
        (None, None) => {}
    }
}

fn removed(path: &str, value: &Value) -> Piece {
    line(path, Mark::Removed, format!("- {}", Node::of(value, None, true).inline()))
}

fn added(path: &str, value: &Value) -> Piece {
    line(path, Mark::Added, format!("+ {}", Node::of(value, None, true).inline()))
}

fn lists(path: &str, old: &[Value], new: &[Value], whole: bool, found: &mut Vec<Piece>) {
    for identity in IDENTITIES {
        if let (Some(old), Some(new)) = (keyed(old, identity), keyed(new, identity)) {
            let names: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
            for name in names {
                let path = format!("{path}[{}]", Node::of(&Value::text(name), None, true).inline());
                either(&path, old.get(name).copied(), new.get(name).copied(), whole, found);
            }
            return;
        }
    }
    let mut gone: Vec<&Value> = old.iter().collect();
    let mut come: Vec<(usize, &Value)> = Vec::new();
    for (at, value) in new.iter().enumerate() {
        match gone.iter().position(|other| same(other, value)) {
            Some(position) => {
                gone.remove(position);
            }
            None => come.push((at, value)),
        }
    }
    if gone.is_empty() && come.is_empty() {
        if !old.iter().zip(new).all(|(a, b)| same(a, b)) {
            let spelled = |items: &[Value]| Node::of(&Value::list(items.iter().cloned()), None, true).inline();
            found.push(line(path, Mark::Plain, format!("other order: {} → {}", spelled(old), spelled(new))));
        }
        return;
    }
    // Records that change are shown by what changes in them, single values as members.
    let records = gone.iter().chain(come.iter().map(|(_, value)| value)).all(|value| value.as_map().is_some());
    if records && gone.len() == come.len() {
        for (old, (at, new)) in gone.into_iter().zip(come) {
            inside(&format!("{path}[{at}]"), old, new, whole, found);
        }
        return;
    }
    found.extend(gone.into_iter().map(|value| removed(path, value)));
    found.extend(come.into_iter().map(|(_, value)| added(path, value)));
}

/// Items by a name that all of them have and no two share.
fn keyed<'a>(items: &'a [Value], identity: &str) -> Option<BTreeMap<&'a str, &'a Value>> {
    let mut named = BTreeMap::new();
    for item in items {
        let name = item.as_map()?.get(identity)?.as_text()?;
        if named.insert(name, item).is_some() {
            return None;
        }
    }
    Some(named)
}

fn texts(path: &str, old: &str, new: &str, whole: bool, found: &mut Vec<Piece>) {
    if old == new {
        return;
    }
    if let (Some(old), Some(new)) = (document(old), document(new)) {
        let start = found.len();
        inside(path, &old, &new, whole, found);
        if found.len() == start {
            found.push(line(path, Mark::Plain, "only spaces or order change".to_owned()));
        }
        return;
    }
    if let (Some(old), Some(new)) = (text::decoded(old), text::decoded(new)) {
        let start = found.len();
        texts(path, &old, &new, whole, found);
        for piece in found.iter_mut().skip(start) {
            piece.path = format!("{} (base64)", piece.path);
        }
        return;
    }
    if old.contains('\n') || new.contains('\n') {
        let lines = text::difference(old, new);
        found.push(Piece { lines, ..line(path, Mark::Plain, String::new()) });
        return;
    }
    found.push(line(path, Mark::Plain, values(&Value::text(old), &Value::text(new), whole)));
}

/// The document that a text is, if it is a record or list in JSON.
fn document(text: &str) -> Option<Value> {
    let json: serde_json::Value = serde_json::from_str(text.trim()).ok()?;
    (json.is_object() || json.is_array()).then(|| from_json(&json))
}
