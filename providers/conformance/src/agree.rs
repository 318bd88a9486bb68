//! Whether what was read is what was written, in the fields that were written.

use cairn_provider::schema::document::equal;
use cairn_provider::schema::{Access, Field, RecordId, Shape, TypeSchema};
use cairn_provider::value::{Map, Value, render};
use ecow::{EcoString, eco_format};

/// A field that was read otherwise than it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The path, parts joined by dots.
    pub path: EcoString,
    /// What was written and what was read.
    pub what: String,
}

/// All written fields that were read otherwise. What the cloud never returns is left out.
pub fn disagreements(schema: &TypeSchema, written: &Map, read: &Map) -> Vec<Disagreement> {
    let mut found = Vec::new();
    Comparison { schema, found: &mut found }.record(0, written, Some(read), "");
    found
}

struct Comparison<'a> {
    schema: &'a TypeSchema,
    found: &'a mut Vec<Disagreement>,
}

impl Comparison<'_> {
    fn record(&mut self, id: RecordId, written: &Map, read: Option<&Map>, path: &str) {
        for (name, value) in written {
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            let Some(field) = self.schema.record(id).fields.get(name) else {
                self.found.push(Disagreement { path: path.into(), what: "the type has no such field".to_owned() });
                continue;
            };
            if field.access == Access::WriteOnly || field.sensitive {
                continue;
            }
            let read = read.and_then(|read| read.get(name)).unwrap_or(&Value::None);
            self.field(field, &field.shape, value, read, &path);
        }
    }

    fn field(&mut self, field: &Field, shape: &Shape, written: &Value, read: &Value, path: &str) {
        match (shape, written) {
            (Shape::Record(id), Value::Map(map)) => self.record(*id, map, read.as_map(), path),
            (Shape::List { item, unordered: true, .. }, Value::List(items)) => {
                self.set(field, item, items, read.as_list().unwrap_or_default(), path);
            }
            (Shape::List { item, .. }, Value::List(items)) => {
                let found = read.as_list().unwrap_or_default();
                if items.len() != found.len() {
                    self.differ(path, written, read);
                    return;
                }
                for (index, (written, read)) in items.iter().zip(found).enumerate() {
                    self.field(field, item, written, read, &format!("{path}.{index}"));
                }
            }
            (Shape::Map(item), Value::Map(map)) => {
                self.keys(map, read, path);
                for (key, value) in map.iter() {
                    let found = read.as_map().and_then(|read| read.get(key)).unwrap_or(&Value::None);
                    self.field(field, item, value, found, &format!("{path}.{key}"));
                }
            }
            (Shape::Keyed { record, rich, value, .. }, Value::Map(map)) => {
                self.keyed(*record, *rich, value, map, read, path);
            }
            _ if !equal(field.equality, written, read) => self.differ(path, written, read),
            _ => {}
        }
    }

    fn keyed(&mut self, record: RecordId, rich: bool, value: &str, map: &Map, read: &Value, path: &str) {
        for (key, entry) in map {
            let path = format!("{path}.{key}");
            let found = read.as_map().and_then(|read| read.get(key)).unwrap_or(&Value::None);
            match (rich, entry, self.schema.record(record).fields.get(value)) {
                (true, Value::Map(entry), _) => self.record(record, entry, found.as_map(), &path),
                (_, entry, Some(field)) => self.field(field, &field.shape.clone(), entry, found, &path),
                (_, entry, None) => self.differ(&path, entry, found),
            }
        }
    }

    fn keys(&mut self, written: &Map, read: &Value, path: &str) {
        let others = read.as_map().into_iter().flat_map(|read| read.keys()).filter(|key| !written.contains_key(*key));
        for other in others {
            self.found.push(Disagreement { path: eco_format!("{path}.{other}"), what: "was not written".to_owned() });
        }
    }

    fn set(&mut self, field: &Field, item: &Shape, written: &[Value], read: &[Value], path: &str) {
        let mut left: Vec<&Value> = read.iter().collect();
        for value in written {
            let agreeing = left.iter().position(|candidate| {
                let mut found = Vec::new();
                Comparison { schema: self.schema, found: &mut found }.field(field, item, value, candidate, "");
                found.is_empty()
            });
            match agreeing {
                Some(position) => {
                    left.remove(position);
                }
                None => self.differ(path, value, &Value::list(read.iter().cloned())),
            }
        }
        for extra in left {
            self.differ(path, &Value::None, extra);
        }
    }

    fn differ(&mut self, path: &str, written: &Value, read: &Value) {
        let what = format!("was written as {} and reads {}", render(written), render(read));
        self.found.push(Disagreement { path: path.into(), what });
    }
}
