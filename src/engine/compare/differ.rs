//! Differences at the leaves of a document.

use std::collections::BTreeMap;

use cairn_provider::object::Live;
use cairn_provider::schema::document::{equal, hides, is_unread, normalise, same};
use cairn_provider::schema::{Access, Equality, Field, RecordId, Shape, TypeSchema};
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::Planned;
use super::replaces;
use crate::engine::mask::StackKey;
use crate::model::change::{After, AttributeChange};
use crate::state::Masked;

/// Compares documents of one type.
pub struct Differ<'a> {
    schema: &'a TypeSchema,
    key: &'a StackKey,
    ignored: &'a [Vec<EcoString>],
    /// Whether fields that the cloud never returns are left out.
    visible_only: bool,
    changes: Vec<AttributeChange>,
}

/// A leaf on the way: its path and the fields that lead to it.
#[derive(Clone)]
struct Leaf<'a> {
    path: Vec<EcoString>,
    fields: Vec<&'a Field>,
}

impl<'a> Leaf<'a> {
    fn inner(&self, name: EcoString) -> Self {
        let mut leaf = self.clone();
        leaf.path.push(name);
        leaf
    }

    fn field(&self, name: EcoString, field: &'a Field) -> Self {
        let mut leaf = self.inner(name);
        leaf.fields.push(field);
        leaf
    }

    fn sensitive(&self) -> bool {
        self.fields.iter().any(|field| field.sensitive)
    }

    fn hidden(&self) -> bool {
        self.sensitive() || self.fields.iter().any(|field| field.access == Access::WriteOnly)
    }

    fn equality(&self) -> Equality {
        self.fields.last().map_or(Equality::Exact, |field| field.equality)
    }
}

impl<'a> Differ<'a> {
    /// A differ for documents of a type.
    pub fn new(schema: &'a TypeSchema, key: &'a StackKey, ignored: &'a [Vec<EcoString>]) -> Self {
        Self { schema, key, ignored, visible_only: false, changes: Vec::new() }
    }

    /// Leaves out what the cloud never returns.
    pub fn visible_only(mut self) -> Self {
        self.visible_only = true;
        self
    }

    /// Everything wanted, as new.
    pub fn against_nothing(mut self, wanted: &BTreeMap<EcoString, Planned>) -> Vec<AttributeChange> {
        let root = Leaf { path: Vec::new(), fields: Vec::new() };
        self.record(0, wanted, None, None, &root);
        for change in &mut self.changes {
            change.forces = false;
        }
        self.changes
    }

    /// What is wanted against an object; hidden fields against what was last written.
    pub fn against_live(
        mut self,
        wanted: &BTreeMap<EcoString, Planned>,
        live: &Live,
        recorded: Option<&Map>,
    ) -> Vec<AttributeChange> {
        let root = Leaf { path: Vec::new(), fields: Vec::new() };
        self.record(0, wanted, Some(&live.attributes), recorded, &root);
        self.changes
    }

    fn record(
        &mut self,
        record: RecordId,
        wanted: &BTreeMap<EcoString, Planned>,
        found: Option<&Map>,
        recorded: Option<&Map>,
        leaf: &Leaf<'a>,
    ) {
        for (name, wanted) in wanted {
            let field = if record == 0 { self.schema.field(name) } else { self.schema.record(record).fields.get(name) };
            let Some(field) = field else { continue };
            let leaf = leaf.field(name.clone(), field);
            let found = found.and_then(|map| map.get(name));
            let recorded = recorded.and_then(|map| map.get(name));
            self.field(&field.shape, wanted, found, recorded, &leaf);
        }
        if !leaf.path.is_empty() {
            self.dropped(record, wanted, found, recorded, leaf);
        }
    }

    /// Fields inside of a record that were written and are written no longer. What the resource's own go back to is
    /// known; these go back to whatever the service makes of a record without them.
    fn dropped(
        &mut self,
        record: RecordId,
        wanted: &BTreeMap<EcoString, Planned>,
        found: Option<&Map>,
        recorded: Option<&Map>,
        leaf: &Leaf<'a>,
    ) {
        let fields = &self.schema.record(record).fields;
        for (name, was) in recorded.into_iter().flatten().filter(|(name, _)| !wanted.contains_key(*name)) {
            let Some(field) = fields.get(name) else { continue };
            let leaf = leaf.field(name.clone(), field);
            let hidden = leaf.hidden();
            let before = if hidden { Some(was) } else { found.and_then(|map| map.get(name)) };
            let before = before.filter(|value| !same(&Value::None, value));
            if before.is_some() && !(hidden && self.visible_only) && !self.is_ignored(&leaf.path) {
                self.change(&leaf, before.cloned(), After::Absent);
            }
        }
    }

    fn field(
        &mut self,
        shape: &'a Shape,
        wanted: &Planned,
        found: Option<&Value>,
        recorded: Option<&Value>,
        leaf: &Leaf<'a>,
    ) {
        if self.is_ignored(&leaf.path) {
            return;
        }
        if leaf.hidden() {
            if !self.visible_only {
                self.hidden(wanted, recorded, leaf);
            }
            return;
        }
        // Written no longer, and nothing is what it goes back to.
        if matches!(wanted, Planned::Known(Value::None)) {
            if let Some(found) = found.filter(|found| !same(&Value::None, found)) {
                self.change(leaf, Some(found.clone()), After::Absent);
            }
            return;
        }
        match (shape, wanted) {
            (_, Planned::Unknown(text)) => self.change(leaf, found.cloned(), After::Unknown(text.clone())),
            (Shape::Record(id), _) => self.nested(*id, wanted, found, recorded, leaf),
            (Shape::List { item, unordered, .. }, _) => self.list(item, *unordered, wanted, found, recorded, leaf),
            (Shape::Map(item), _) => self.map(item, wanted, found, recorded, leaf),
            (Shape::Keyed { record, rich, value, .. }, _) => {
                let id = *record;
                if *rich {
                    self.rich(id, wanted, found, recorded, leaf);
                } else if let Some(field) = self.schema.record(id).fields.get(value) {
                    self.map(&field.shape, wanted, found, recorded, leaf);
                }
            }
            (Shape::Json, _)
                if leaf.equality() == Equality::Part && found.is_some_and(|found| found.as_map().is_some()) =>
            {
                self.part(wanted, found, recorded, leaf);
            }
            (Shape::Json, Planned::Known(value)) => self.document(value, found, leaf),
            (_, Planned::Known(value)) => self.scalar(value, found, leaf),
            // A document with parts that are not known yet is different until it is known.
            (_, Planned::Map(_) | Planned::List(_)) => {
                self.change(leaf, found.cloned(), After::Unknown(describe(wanted)));
            }
        }
    }

    fn is_ignored(&self, path: &[EcoString]) -> bool {
        self.ignored.iter().any(|ignored| {
            // `rules.*.x` is written `rules.x`: positions of lists are passed over.
            let mut names = path.iter().filter(|part| part.parse::<usize>().is_err());
            ignored.iter().all(|part| names.next() == Some(part))
        })
    }

    fn change(&mut self, leaf: &Leaf<'a>, before: Option<Value>, after: After) {
        let before = before.filter(|value| !value.is_none());
        let unit = leaf.fields.last().and_then(|field| field.shape.unit());
        self.changes.push(AttributeChange {
            path: leaf.path.clone(),
            before,
            after,
            sensitive: leaf.sensitive(),
            forces: replaces(&leaf.fields),
            unit,
            member: false,
        });
    }

    /// Fields the cloud does not return: what is wanted against what was last written.
    fn hidden(&mut self, wanted: &Planned, recorded: Option<&Value>, leaf: &Leaf<'a>) {
        let value = match wanted {
            Planned::Known(value) => value,
            Planned::Unknown(_) | Planned::Map(_) | Planned::List(_) => {
                self.change(leaf, recorded.cloned(), After::Unknown(describe(wanted)));
                return;
            }
        };
        let path = leaf.path.iter().fold(String::new(), |path, part| format!("{path}.{part}"));
        let wanted = if leaf.sensitive() && Masked::digest(value).is_none() {
            self.key.mask(&path, value)
        } else {
            value.clone()
        };
        if !recorded.is_some_and(|recorded| same(&wanted, recorded)) {
            self.change(leaf, recorded.cloned(), After::Value(wanted));
        }
    }

    fn nested(
        &mut self,
        record: RecordId,
        wanted: &Planned,
        found: Option<&Value>,
        recorded: Option<&Value>,
        leaf: &Leaf<'a>,
    ) {
        let wanted = entries(wanted);
        self.record(record, &wanted, found.and_then(Value::as_map), recorded.and_then(Value::as_map), leaf);
    }

    fn map(
        &mut self,
        item: &'a Shape,
        wanted: &Planned,
        found: Option<&Value>,
        recorded: Option<&Value>,
        leaf: &Leaf<'a>,
    ) {
        let wanted = entries(wanted);
        let found_map = found.and_then(Value::as_map);
        let recorded = recorded.and_then(Value::as_map);
        for (name, value) in &wanted {
            let inner = leaf.inner(name.clone());
            self.field(
                item,
                value,
                found_map.and_then(|map| map.get(name)),
                recorded.and_then(|map| map.get(name)),
                &inner,
            );
        }
        for (name, value) in found_map.into_iter().flatten() {
            if !wanted.contains_key(name) && !self.is_of_the_cloud(leaf, name, value) {
                let inner = leaf.inner(name.clone());
                if !self.is_ignored(&inner.path) {
                    self.change(&inner, Some(value.clone()), After::Absent);
                }
            }
        }
    }

    /// Whether an entry that nobody wrote is as the cloud makes it, or one of which that is not known.
    fn is_of_the_cloud(&self, leaf: &Leaf<'a>, name: &str, value: &Value) -> bool {
        let [field] = leaf.fields.as_slice() else { return false };
        let Some(entries) = self.schema.entries(field) else { return false };
        let own = entries.iter().find(|(entry, _)| *entry == name);
        own.is_none_or(|(_, own)| value.as_text() == Some(*own))
    }

    fn rich(
        &mut self,
        record: RecordId,
        wanted: &Planned,
        found: Option<&Value>,
        recorded: Option<&Value>,
        leaf: &Leaf<'a>,
    ) {
        let wanted = entries(wanted);
        let found_map = found.and_then(Value::as_map);
        let recorded = recorded.and_then(Value::as_map);
        for (name, value) in &wanted {
            let inner = leaf.inner(name.clone());
            let found = found_map.and_then(|map| map.get(name)).and_then(Value::as_map);
            let recorded = recorded.and_then(|map| map.get(name)).and_then(Value::as_map);
            self.record(record, &entries(value), found, recorded, &inner);
        }
        for (name, value) in found_map.into_iter().flatten() {
            if !wanted.contains_key(name) {
                let inner = leaf.inner(name.clone());
                if !self.is_ignored(&inner.path) {
                    self.change(&inner, Some(value.clone()), After::Absent);
                }
            }
        }
    }

    fn list(
        &mut self,
        item: &'a Shape,
        unordered: bool,
        wanted: &Planned,
        found: Option<&Value>,
        recorded: Option<&Value>,
        leaf: &Leaf<'a>,
    ) {
        let wanted = items(wanted);
        let found_items = found.and_then(Value::as_list).unwrap_or_default();
        if unordered {
            self.set(item, &wanted, found_items, leaf);
            return;
        }
        let recorded = recorded.and_then(Value::as_list).unwrap_or_default();
        for (index, value) in wanted.iter().enumerate() {
            let inner = leaf.inner(eco_format!("{index}"));
            self.field(item, value, found_items.get(index), recorded.get(index), &inner);
        }
        for (index, value) in found_items.iter().enumerate().skip(wanted.len()) {
            let inner = leaf.inner(eco_format!("{index}"));
            self.change(&inner, Some(value.clone()), After::Absent);
        }
    }

    /// Items without an order: every wanted one takes a found one that agrees in all that is written.
    fn set(&mut self, item: &'a Shape, wanted: &[Planned], found: &[Value], leaf: &Leaf<'a>) {
        let mut left: Vec<&Value> = found.iter().collect();
        let mut missing: Vec<&Planned> = Vec::new();
        for value in wanted {
            match left.iter().position(|candidate| self.agrees(item, value, candidate, leaf)) {
                Some(position) => {
                    left.remove(position);
                }
                None => missing.push(value),
            }
        }
        let first = self.changes.len();
        // What is left on both sides is shown pair by pair, so that a change reads as one.
        let mut left = left.into_iter();
        for (index, value) in missing.into_iter().enumerate() {
            let inner = leaf.inner(eco_format!("{index}"));
            let before = left.next().cloned();
            let after = if let Planned::Known(value) = value {
                After::Value(value.clone())
            } else {
                After::Unknown(describe(value))
            };
            self.change(&inner, before, after);
        }
        for value in left {
            let inner = leaf.inner("-".into());
            self.change(&inner, Some(value.clone()), After::Absent);
        }
        self.changes.iter_mut().skip(first).for_each(|change| change.member = true);
    }

    fn agrees(&self, item: &'a Shape, wanted: &Planned, found: &Value, leaf: &Leaf<'a>) -> bool {
        let mut trial =
            Differ { schema: self.schema, key: self.key, ignored: &[], visible_only: true, changes: Vec::new() };
        trial.field(item, wanted, Some(found), None, leaf);
        trial.changes.is_empty()
    }

    fn document(&mut self, wanted: &Value, found: Option<&Value>, leaf: &Leaf<'a>) {
        let equality = if leaf.equality() == Equality::Exact { Equality::Document } else { leaf.equality() };
        let found_value = found.cloned().unwrap_or(Value::None);
        if equal(equality, wanted, &found_value) {
            return;
        }
        let before = found.map(normalise);
        self.change(leaf, before, After::Value(normalise(wanted)));
    }

    /// A document of which only what is written counts, entry by entry.
    fn part(&mut self, wanted: &Planned, found: Option<&Value>, recorded: Option<&Value>, leaf: &Leaf<'a>) {
        if self.is_ignored(&leaf.path) {
            return;
        }
        let found_map = found.and_then(Value::as_map).filter(|_| !found.is_some_and(is_unread));
        if let (Planned::Known(Value::Map(_)) | Planned::Map(_), Some(found)) = (wanted, found_map) {
            let recorded = recorded.and_then(Value::as_map);
            for (name, value) in &entries(wanted) {
                let recorded = recorded.and_then(|map| map.get(name));
                self.part(value, found.get(name), recorded, &leaf.inner(name.clone()));
            }
            return;
        }
        let Planned::Known(value) = wanted else {
            self.change(leaf, found.cloned(), After::Unknown(describe(wanted)));
            return;
        };
        if found.is_some_and(is_unread) {
            // Nobody can see it: what was last written is all there is to compare with.
            if !self.visible_only && !recorded.is_some_and(|recorded| same(value, recorded)) {
                self.change(leaf, None, written(value));
            }
            return;
        }
        // The order of a list may be the service's own, unless it is written in another one than before.
        let reordered =
            recorded.is_some_and(|recorded| !same(value, recorded) && equal(Equality::Part, value, recorded));
        let agrees = match (value, found) {
            (Value::List(items), Some(Value::List(found))) if reordered => {
                items.iter().zip(found).all(|(item, found)| equal(Equality::Part, item, found))
            }
            _ => equal(Equality::Part, value, found.unwrap_or(&Value::None)),
        };
        // Of items with parts that nobody can see, what was last written decides.
        let unseen =
            !self.visible_only && found.is_some_and(hides) && recorded.is_some_and(|recorded| !same(value, recorded));
        if !agrees || unseen {
            self.change(leaf, found.cloned(), written(value));
        }
    }

    fn scalar(&mut self, wanted: &Value, found: Option<&Value>, leaf: &Leaf<'a>) {
        let found_value = found.cloned().unwrap_or(Value::None);
        if !equal(leaf.equality(), wanted, &found_value) {
            self.change(leaf, found.cloned(), After::Value(wanted.clone()));
        }
    }
}

fn entries(planned: &Planned) -> BTreeMap<EcoString, Planned> {
    match planned {
        Planned::Known(Value::Map(map)) => {
            map.iter().map(|(name, value)| (name.clone(), Planned::Known(value.clone()))).collect()
        }
        Planned::Map(entries) => entries.clone(),
        Planned::Known(_) | Planned::Unknown(_) | Planned::List(_) => BTreeMap::new(),
    }
}

fn items(planned: &Planned) -> Vec<Planned> {
    match planned {
        Planned::Known(Value::List(items)) => items.iter().cloned().map(Planned::Known).collect(),
        Planned::List(items) => items.clone(),
        // One item where the API takes a list.
        Planned::Known(Value::None) => Vec::new(),
        Planned::Known(_) | Planned::Unknown(_) | Planned::Map(_) => vec![planned.clone()],
    }
}

/// What stands there afterwards: nothing, if nothing is written.
fn written(value: &Value) -> After {
    if value.is_none() { After::Absent } else { After::Value(value.clone()) }
}

/// A value with unknown parts, for people.
fn describe(planned: &Planned) -> String {
    match planned {
        Planned::Known(Value::Text(text)) => format!("\"{text}\""),
        Planned::Known(value) => cairn_provider::value::render(value),
        Planned::Unknown(text) => text.clone(),
        Planned::List(items) => format!("[{}]", items.iter().map(describe).collect::<Vec<_>>().join(", ")),
        Planned::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(name, entry)| format!("{name}: {}", describe(entry))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cairn_provider::object::{Live, Status};
    use cairn_provider::schema::facts::Facts;
    use cairn_provider::schema::overlay::Overlay;
    use cairn_provider::schema::{TypeSchema, build};
    use cairn_provider::value::{Map, from_json};

    use super::{Differ, Equality, Planned, StackKey};

    static OVERLAY: Overlay = Overlay {
        equality: &[("Free", Equality::Part)],
        keyed: &[("Settings", "Key", "Value")],
        entries: &[("Settings", &[("delay", "300"), ("mode", "off")])],
        ..Overlay::EMPTY
    };

    fn schema() -> TypeSchema {
        let facts = r#"{ "type": "AWS::Some::Thing", "id": ["Name"],
            "properties": { "Name": {}, "Free": { "type": "json" }, "Data": { "ref": "Data" }, "Settings": { "type": "array", "items": { "ref": "Setting" } } },
            "definitions": {
              "Data": { "type": "object", "properties": { "Image": {}, "Script": {} } },
              "Setting": { "type": "object", "properties": { "Key": {}, "Value": {} } } } }"#;
        build(&Facts::parse(facts).unwrap(), &OVERLAY).unwrap()
    }

    fn map(json: &str) -> Map {
        from_json(&serde_json::from_str(json).unwrap()).as_map().unwrap().clone()
    }

    /// The paths that differ between what is wanted, what is there, and what was written last.
    fn differing(wanted: &str, found: &str, recorded: &str) -> Vec<String> {
        let (schema, key) = (schema(), StackKey::new(vec![1]));
        let wanted: BTreeMap<_, _> =
            map(wanted).into_iter().map(|(name, value)| (name, Planned::Known(value))).collect();
        let live = Live { id: "thing".into(), attributes: map(found), status: Status::Ready, owner: None };
        let changes = Differ::new(&schema, &key, &[]).against_live(&wanted, &live, Some(&map(recorded)));
        changes.iter().map(|change| change.path.join(".")).collect()
    }

    #[test]
    fn of_a_part_only_what_is_written_is_a_difference() {
        let found = r#"{ "free": { "A": 1, "Deep": { "B": 2, "C": 3 }, "L": ["x", "y"], "P": { "cairn:never-returned": true } } }"#;
        let differs = |wanted: &str, recorded: &str| {
            let all = |text: &str| format!(r#"{{ "free": {text} }}"#);
            differing(&all(wanted), found, &all(recorded))
        };
        let written = r#"{ "Deep": { "B": 2 }, "L": ["y", "x"], "P": "secret" }"#;
        assert!(differs(written, written).is_empty());
        assert_eq!(differs(r#"{ "A": 2, "Deep": { "B": 2, "C": 4 } }"#, written), ["free.A", "free.Deep.C"]);
        assert_eq!(differs(r#"{ "Deep": { "C": null }, "N": null }"#, written), ["free.Deep.C"]);
        assert_eq!(differs(r#"{ "P": "other" }"#, written), ["free.P"]);
        // Another order than before is meant.
        assert_eq!(differs(r#"{ "L": ["y", "x"] }"#, r#"{ "L": ["x", "y"] }"#), ["free.L"]);
        assert!(differs(r#"{ "L": ["x", "y"] }"#, r#"{ "L": ["y", "x"] }"#).is_empty());
    }

    #[test]
    fn entries_of_the_cloud_are_no_difference_until_they_are_changed() {
        let written = r#"{ "settings": { "delay": "30" } }"#;
        let found = r#"{ "settings": { "delay": "30", "mode": "off", "newer": "1" } }"#;
        assert!(differing(written, found, written).is_empty());
        let found = r#"{ "settings": { "delay": "30", "mode": "on" } }"#;
        assert_eq!(differing(written, found, written), ["settings.mode"]);
        let found = r#"{ "settings": { "delay": "30", "mode": "off" } }"#;
        assert_eq!(differing(r#"{ "settings": {} }"#, found, written), ["settings.delay"]);
    }

    #[test]
    fn fields_inside_of_records_that_are_written_no_longer_are_a_difference() {
        let found = r#"{ "data": { "image": "i", "script": "s" } }"#;
        let wanted = r#"{ "data": { "image": "i" } }"#;
        assert_eq!(differing(wanted, found, found), ["data.script"]);
        // Nobody wrote it: it is the cloud's.
        assert!(differing(wanted, found, wanted).is_empty());
        // It is gone already.
        assert!(differing(wanted, wanted, found).is_empty());
    }
}
