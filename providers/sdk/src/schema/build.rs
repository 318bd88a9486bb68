//! Facts and overlay become a schema.

use std::collections::BTreeMap;
use std::fmt;

use ecow::EcoString;
use serde_json::Value as Json;

use super::facts::{Facts, RecordFacts};
use super::overlay::{Overlay, Relation};
use super::{Access, Change, Equality, Field, Record, RecordId, ReferenceTo, Shape, TextRules, TypeSchema, Unit};
use crate::naming;
use crate::value::{Value, from_json};

/// Why facts and overlay do not fit together.
#[derive(Debug, PartialEq, Eq)]
pub enum BuildError {
    /// The facts name no type of the registry.
    TypeName(String),
    /// A definition is used but not there.
    Definition(String),
    /// The overlay speaks of a property that the facts do not have.
    OverlayPath(&'static str),
    /// A default of the overlay is no JSON.
    Default(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TypeName(name) => write!(formatter, "`{name}` is not the name of a type"),
            Self::Definition(name) => write!(formatter, "the definition `{name}` is missing"),
            Self::OverlayPath(path) => write!(formatter, "the overlay names `{path}`, which the facts do not have"),
            Self::Default(property) => write!(formatter, "the default of `{property}` is no JSON"),
        }
    }
}

/// Builds the schema of one type.
///
/// # Errors
/// See [`BuildError`]; with committed facts and a tested overlay there are none.
pub fn build(facts: &Facts, overlay: &'static Overlay) -> Result<TypeSchema, BuildError> {
    let name = match &facts.name {
        Some(name) => EcoString::from(name.as_str()),
        None => naming::aws_type(&facts.type_name).ok_or_else(|| BuildError::TypeName(facts.type_name.clone()))?,
    };
    let mut builder = Builder {
        facts,
        overlay,
        records: vec![Record::default()],
        vendor_names: vec![BTreeMap::new()],
        ids: BTreeMap::new(),
    };
    builder.record(0, "", &facts.root)?;
    builder.mark_paths();
    builder.check_overlay()?;
    builder.apply_exceptions();
    let identity = facts.identity.iter().map(|property| builder.root_name(property)).collect();
    let tags = facts.tags.as_ref().map(|property| builder.root_name(property));
    Ok(TypeSchema {
        name,
        vendor: facts.type_name.as_str().into(),
        identity,
        tags,
        creatable: !facts.lookup_only && !facts.action,
        action: facts.action,
        overlay,
        records: builder.records,
    })
}

/// Types with the attribute that is sent, in the language's names.
type Targets = Vec<(EcoString, EcoString)>;

struct Builder<'a> {
    facts: &'a Facts,
    overlay: &'static Overlay,
    records: Vec<Record>,
    /// Per record: vendor's property name to the field's name.
    vendor_names: Vec<BTreeMap<String, EcoString>>,
    /// Definition to record.
    ids: BTreeMap<String, RecordId>,
}

impl Builder<'_> {
    fn root_name(&self, property: &str) -> EcoString {
        self.name_in(0, property).unwrap_or_else(|| naming::field(property))
    }

    fn name_in(&self, record: RecordId, property: &str) -> Option<EcoString> {
        self.vendor_names.get(record).and_then(|names| names.get(property)).cloned()
    }

    fn record(&mut self, id: RecordId, definition: &str, facts: &RecordFacts) -> Result<(), BuildError> {
        let mut fields: BTreeMap<EcoString, Field> = BTreeMap::new();
        let mut names: BTreeMap<String, EcoString> = BTreeMap::new();
        let spelled = self.spell(definition, facts);
        for (property, name) in spelled {
            let Some(json) = facts.properties.get(&property) else { continue };
            names.insert(property.clone(), name.clone());
            if fields.contains_key(&name) {
                // Two spellings of one reference: the first, by id, is the one that is sent.
                continue;
            }
            let path = path(definition, &property);
            let shape = self.field_shape(definition, &property, json)?;
            let sensitive = self.overlay.sensitive.contains(&path.as_str());
            fields.insert(
                name,
                Field {
                    vendor: property.as_str().into(),
                    shape,
                    required: facts.required.contains(&property) || self.overlay.required.contains(&path.as_str()),
                    change: Change::Update,
                    access: Access::ReadWrite,
                    sensitive,
                    equality: self.equality(&path, json),
                    unsupported: self.overlay.unsupported.iter().find(|(at, _)| *at == path).map(|(_, why)| *why),
                    unwritten: None,
                },
            );
        }
        if definition.is_empty() && id == 0 {
            for field in fields.values_mut() {
                field.unwritten = self.unwritten(&field.vendor, &field.shape)?;
            }
        }
        let owned = |listed: &[&str]| listed.iter().map(|property| (*property).to_owned()).collect::<Vec<_>>();
        let (mut any_of, mut one_of) = (facts.any_of.clone(), facts.one_of.clone());
        if id == 0 && !self.overlay.any_of.is_empty() {
            any_of = owned(self.overlay.any_of);
        }
        if id == 0 && !self.overlay.one_of.is_empty() {
            one_of = owned(self.overlay.one_of);
        }
        let rename = |properties: &[String]| -> Vec<EcoString> {
            let mut renamed: Vec<EcoString> = properties.iter().filter_map(|name| names.get(name).cloned()).collect();
            renamed.dedup();
            renamed
        };
        let pairs = |map: &BTreeMap<String, Vec<String>>| -> Vec<(EcoString, EcoString)> {
            map.iter()
                .flat_map(|(first, others)| others.iter().map(move |other| (first, other)))
                .filter_map(|(first, other)| Some((names.get(first)?.clone(), names.get(other)?.clone())))
                .filter(|(first, other)| first != other)
                .collect()
        };
        let record = Record {
            name: naming::camel(definition),
            fields,
            any_of: rename(&any_of),
            one_of: rename(&one_of),
            excludes: pairs(&facts.excludes),
            requires: pairs(&facts.requires),
        };
        if let (Some(slot), Some(names_slot)) = (self.records.get_mut(id), self.vendor_names.get_mut(id)) {
            *slot = record;
            *names_slot = names;
        }
        Ok(())
    }

    /// What a property of the resource itself goes back to when it is written no longer.
    fn unwritten(&self, property: &str, shape: &Shape) -> Result<Option<Value>, BuildError> {
        if let Some((_, json)) = self.overlay.defaults.iter().find(|(at, _)| *at == property) {
            let json = serde_json::from_str(json).map_err(|_| BuildError::Default(property.to_owned()))?;
            return Ok(Some(from_json(&json)));
        }
        if self.overlay.kept.contains(&property) {
            return Ok(None);
        }
        Ok(match shape {
            Shape::List { .. } => Some(Value::list([])),
            Shape::Map(_) | Shape::Keyed { .. } => Some(Value::map([])),
            Shape::Bool
            | Shape::Int { .. }
            | Shape::Float { .. }
            | Shape::Text(_)
            | Shape::Json
            | Shape::Reference(_)
            | Shape::Record(_) => None,
        })
    }

    /// The names of all properties of a record, references first by what is sent: id, ARN, name, others.
    fn spell(&self, definition: &str, facts: &RecordFacts) -> Vec<(String, EcoString)> {
        let mut spelled: Vec<(String, EcoString, Option<Targets>)> = Vec::new();
        for (property, json) in &facts.properties {
            let targets = self.targets(definition, property, json);
            let short = targets.as_ref().and_then(|_| naming::reference(property));
            spelled.push((property.clone(), short.unwrap_or_else(|| naming::field(property)), targets));
        }
        let clashing: Vec<String> = spelled
            .iter()
            .filter(|(property, name, targets)| {
                spelled.iter().any(|(other, other_name, other_targets)| {
                    let same_meaning = match (targets, other_targets) {
                        (Some(mine), Some(theirs)) => {
                            mine.iter().any(|(kind, _)| theirs.iter().any(|(k, _)| k == kind))
                        }
                        _ => false,
                    };
                    other != property && other_name == name && !same_meaning
                })
            })
            .map(|(property, _, _)| property.clone())
            .collect();
        let mut names: Vec<(String, EcoString)> = spelled
            .into_iter()
            .map(|(property, name, _)| {
                let full = clashing.contains(&property);
                let name = if full { naming::field(&property) } else { name };
                (property, name)
            })
            .collect();
        names.sort_by_key(|(property, _)| (sent_rank(property), property.clone()));
        names
    }

    /// What a property refers to, in the language's names, if it is a reference.
    fn targets(&self, definition: &str, property: &str, json: &Json) -> Option<Targets> {
        let path = path(definition, property);
        if self.overlay.plain.contains(&path.as_str()) {
            return None;
        }
        if definition.is_empty() && self.facts.read_only.iter().any(|read_only| read_only == property) {
            return None;
        }
        if let Some(reference) = self.overlay.references.iter().find(|reference| reference.path == path) {
            return Some(
                reference
                    .to
                    .iter()
                    .filter_map(|(kind, attribute)| Some((naming::aws_type(kind)?, naming::field(attribute))))
                    .collect(),
            );
        }
        let marked = json.get("refers").or_else(|| json.get("items").and_then(|items| items.get("refers")))?;
        let targets: Vec<_> = marked
            .as_array()?
            .iter()
            .filter_map(|pair| {
                let kind = pair.get(0).and_then(Json::as_str)?;
                // A resource does not refer to its own kind by its own identity.
                if kind == self.facts.type_name && self.facts.identity.iter().any(|own| own == property) {
                    return None;
                }
                Some((naming::aws_type(kind)?, naming::field(pair.get(1).and_then(Json::as_str)?)))
            })
            .collect();
        (!targets.is_empty()).then_some(targets)
    }

    fn field_shape(&mut self, definition: &str, property: &str, json: &Json) -> Result<Shape, BuildError> {
        let path = path(definition, property);
        if let Some((_, key, value)) = self.overlay.keyed.iter().find(|(at, _, _)| *at == path) {
            return self.keyed(property, json, key, value);
        }
        if definition.is_empty() && self.facts.tags.as_deref() == Some(property) && is_list(json) {
            return self.keyed(property, json, "Key", "Value");
        }
        let shape = self.shape(property, &path, json)?;
        let targets = self.targets(definition, property, json);
        Ok(match targets {
            Some(targets) => {
                let reference = Shape::Reference(Box::new(ReferenceTo { targets, full_name: naming::field(property) }));
                match shape {
                    Shape::List { unordered, min, max, .. } => {
                        Shape::List { item: Box::new(reference), unordered, min, max }
                    }
                    Shape::Bool
                    | Shape::Int { .. }
                    | Shape::Float { .. }
                    | Shape::Text(_)
                    | Shape::Json
                    | Shape::Reference(_)
                    | Shape::Map(_)
                    | Shape::Record(_)
                    | Shape::Keyed { .. } => reference,
                }
            }
            None => shape,
        })
    }

    fn keyed(&mut self, property: &str, json: &Json, key: &str, value: &str) -> Result<Shape, BuildError> {
        let Some(items) = json.get("items") else { return self.shape(property, property, json) };
        let item = self.shape(property, property, items)?;
        let Some(record) = item.record() else { return Ok(item) };
        let rich = self.records.get(record).is_some_and(|record| record.fields.len() > 2);
        Ok(Shape::Keyed { record, key: naming::field(key), value: naming::field(value), rich })
    }

    fn shape(&mut self, property: &str, path: &str, json: &Json) -> Result<Shape, BuildError> {
        if let Some(name) = json.get("ref").and_then(Json::as_str) {
            return self.definition(name, path);
        }
        let unit = self.overlay.units.iter().find(|(at, _)| *at == path).map(|(_, unit)| *unit);
        let text_number = self.overlay.numbers.contains(&path) || unit.is_some();
        let kind = json.get("type").and_then(Json::as_str).unwrap_or("string");
        Ok(match kind {
            "boolean" => Shape::Bool,
            "integer" => self.int(path, unit, json),
            "number" if unit.is_none() || unit == Some(Unit::Percent) => {
                let bound = |key| json.get(key).and_then(Json::as_f64);
                Shape::Float { unit, min: bound("min"), max: bound("max") }
            }
            "number" => self.int(path, unit, json),
            "string" if text_number => self.int(path, unit, &Json::Null),
            "json" => Shape::Json,
            "array" => {
                let none = Json::Null;
                let item = self.shape(property, path, json.get("items").unwrap_or(&none))?;
                let count = |key| json.get(key).and_then(Json::as_u64).and_then(|count| usize::try_from(count).ok());
                let unordered = json.get("unordered").and_then(Json::as_bool).unwrap_or(false)
                    || self.overlay.unordered.contains(&path);
                Shape::List { item: Box::new(item), unordered, min: count("min_items"), max: count("max_items") }
            }
            "object" => match json.get("map") {
                Some(values) => Shape::Map(Box::new(self.shape(property, path, values)?)),
                None if json.get("properties").is_some() => self.inline(property, json)?,
                None => Shape::Json,
            },
            _ => Shape::Text(Box::new(self.text(path, json))),
        })
    }

    fn int(&self, path: &str, unit: Option<Unit>, json: &Json) -> Shape {
        let range = self.overlay.ranges.iter().find(|range| range.path == path);
        let bound = |key| json.get(key).and_then(Json::as_i64);
        Shape::Int {
            unit,
            min: range.map(|range| range.min).or_else(|| bound("min")),
            max: range.map(|range| range.max).or_else(|| bound("max")),
        }
    }

    fn text(&self, path: &str, json: &Json) -> TextRules {
        let count = |key| json.get(key).and_then(Json::as_u64).and_then(|count| usize::try_from(count).ok());
        let own = self.overlay.values.iter().find(|values| values.path == path);
        let facts: Vec<EcoString> = json
            .get("enum")
            .and_then(Json::as_array)
            .map(|values| values.iter().filter_map(Json::as_str).map(EcoString::from).collect())
            .unwrap_or_default();
        TextRules {
            values: own
                .filter(|values| !values.known.is_empty())
                .map_or(facts, |values| values.known.iter().copied().map(EcoString::from).collect()),
            open: own.is_some_and(|values| values.open),
            noun: own.map(|values| values.noun),
            pattern: json.get("pattern").and_then(Json::as_str).map(EcoString::from),
            min: count("min_length"),
            max: count("max_length"),
            format: json.get("format").and_then(Json::as_str).map(EcoString::from),
        }
    }

    fn definition(&mut self, name: &str, path: &str) -> Result<Shape, BuildError> {
        if let Some(id) = self.ids.get(name) {
            return Ok(Shape::Record(*id));
        }
        let facts = self.facts;
        let json = facts.definitions.get(name).ok_or_else(|| BuildError::Definition(name.to_owned()))?;
        if json.get("properties").is_none() {
            // A definition that is no record: overlay entries speak of the property that uses it.
            return self.shape(name, path, json);
        }
        let id = self.allocate(name);
        self.record(id, name, &RecordFacts::from_json(json))?;
        Ok(Shape::Record(id))
    }

    /// A record without a name of its own: it takes the property's.
    fn inline(&mut self, property: &str, json: &Json) -> Result<Shape, BuildError> {
        let mut name = property.to_owned();
        while self.ids.contains_key(&name) || self.facts.definitions.contains_key(&name) {
            name.push_str("Value");
        }
        let id = self.allocate(&name);
        self.record(id, &name, &RecordFacts::from_json(json))?;
        Ok(Shape::Record(id))
    }

    fn allocate(&mut self, name: &str) -> RecordId {
        let id = self.records.len();
        self.records.push(Record::default());
        self.vendor_names.push(BTreeMap::new());
        self.ids.insert(name.to_owned(), id);
        id
    }

    fn equality(&self, path: &str, json: &Json) -> Equality {
        if let Some((_, equality)) = self.overlay.equality.iter().find(|(at, _)| *at == path) {
            return *equality;
        }
        let json_like = json.get("type").and_then(Json::as_str) == Some("json");
        if json_like { Equality::Document } else { Equality::Exact }
    }

    fn mark_paths(&mut self) {
        let facts = self.facts;
        for path in &facts.conditional_create_only {
            self.mark(path, |field| field.change = Change::MayReplace);
        }
        for path in &facts.create_only {
            self.mark(path, |field| field.change = Change::Replace);
        }
        for path in &facts.write_only {
            self.mark(path, |field| field.access = Access::WriteOnly);
        }
        for path in &facts.read_only {
            self.mark(path, |field| {
                field.access = Access::ReadOnly;
                field.required = false;
            });
        }
    }

    fn mark(&mut self, path: &str, mark: impl Fn(&mut Field)) {
        let mut record: RecordId = 0;
        let parts: Vec<&str> = path.split('/').filter(|part| *part != "*").collect();
        for (position, part) in parts.iter().enumerate() {
            let Some(name) = self.name_in(record, part) else { return };
            let Some(field) = self.records.get_mut(record).and_then(|record| record.fields.get_mut(&name)) else {
                return;
            };
            if position + 1 == parts.len() {
                // Of merged properties only the one that is sent carries marks.
                if field.vendor == *part {
                    mark(field);
                }
                return;
            }
            match field.shape.innermost().record() {
                Some(inner) => record = inner,
                None => return,
            }
        }
    }

    fn apply_exceptions(&mut self) {
        let chosen = [(self.overlay.hidden, Access::WriteOnly), (self.overlay.readable, Access::ReadWrite)];
        for (path, access) in
            chosen.into_iter().flat_map(|(paths, access)| paths.iter().map(move |path| (path, access)))
        {
            if let Some((record, name)) = self.locate(path)
                && let Some(field) = self.records.get_mut(record).and_then(|record| record.fields.get_mut(&name))
            {
                field.access = access;
            }
        }
        for exception in self.overlay.exceptions {
            if let Some((record, name)) = self.locate(exception.path)
                && let Some(field) = self.records.get_mut(record).and_then(|record| record.fields.get_mut(&name))
            {
                field.change = exception.change;
            }
        }
    }

    /// The record and field of an overlay path.
    fn locate(&self, path: &str) -> Option<(RecordId, EcoString)> {
        match path.split_once('.') {
            None => Some((0, self.name_in(0, path)?)),
            Some((definition, property)) => {
                let record = *self.ids.get(definition)?;
                Some((record, self.name_in(record, property)?))
            }
        }
    }

    fn check_overlay(&self) -> Result<(), BuildError> {
        let overlay = self.overlay;
        let mut paths: Vec<&'static str> = Vec::new();
        paths.extend(overlay.references.iter().map(|entry| entry.path));
        paths.extend(overlay.plain);
        paths.extend(overlay.units.iter().map(|(path, _)| *path));
        paths.extend(overlay.numbers);
        paths.extend(overlay.ranges.iter().map(|entry| entry.path));
        paths.extend(overlay.values.iter().map(|entry| entry.path));
        paths.extend(overlay.keyed.iter().map(|(path, _, _)| *path));
        paths.extend(overlay.unordered);
        paths.extend(overlay.sensitive);
        paths.extend(overlay.hidden);
        paths.extend(overlay.required);
        paths.extend(overlay.any_of);
        paths.extend(overlay.one_of);
        paths.extend(overlay.volatile);
        paths.extend(overlay.equality.iter().map(|(path, _)| *path));
        paths.extend(overlay.readable);
        paths.extend(overlay.exceptions.iter().map(|entry| entry.path));
        paths.extend(overlay.unsupported.iter().map(|(path, _)| *path));
        paths.extend(overlay.defaults.iter().map(|(path, _)| *path));
        paths.extend(overlay.kept);
        paths.extend(overlay.entries.iter().map(|(path, _)| *path));
        paths.extend(overlay.derived.iter().map(|(path, _)| *path));
        paths.extend(overlay.popular);
        paths.extend(overlay.name.iter().map(|rule| rule.property));
        for relation in overlay.relations {
            match relation {
                Relation::Within { field, reference, .. } => paths.extend([field, reference]),
                Relation::Disjoint { field, per } | Relation::Unique { field, per } => paths.extend([field, per]),
                Relation::AtMost { lower, upper } => paths.extend([lower, upper]),
                Relation::Below { lower, upper, where_one_of } => paths.extend([lower, upper, &where_one_of.0]),
                // These two walk through records from the resource itself.
                Relation::LivesIn { .. } | Relation::NamesPart { .. } => {}
            }
        }
        match paths.into_iter().find(|path| self.locate(path).is_none()) {
            Some(path) => Err(BuildError::OverlayPath(path)),
            None => Ok(()),
        }
    }
}

fn path(definition: &str, property: &str) -> String {
    if definition.is_empty() { property.to_owned() } else { format!("{definition}.{property}") }
}

fn is_list(json: &Json) -> bool {
    json.get("type").and_then(Json::as_str) == Some("array")
}

/// Of two properties that mean the same resource the one sent comes first: by id, by ARN, by name.
fn sent_rank(property: &str) -> u8 {
    match naming::words(property).last().map(String::as_str) {
        Some("id" | "ids") => 0,
        Some("arn" | "arns") => 1,
        Some("name" | "names") => 2,
        _ => 3,
    }
}
