//! Identities and attributes of the right shape, made up from a counter.

use std::collections::BTreeSet;

use cairn_provider::declaration::Declaration;
use cairn_provider::request::{Create, RunAction, Target};
use cairn_provider::schema::{Access, Field, RecordId, Shape, TypeSchema};
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};
use sha2::{Digest as _, Sha256};

use crate::cloud::Object;
use crate::rules::{references, vendor_field};
use crate::special;

/// A new object for a request.
pub fn object(schema: &TypeSchema, target: &Target, request: &Create, number: u64, declared: &Declaration) -> Object {
    let mut attributes: Map = Map::new();
    for (name, value) in &request.inputs {
        let hidden = schema.field(name).is_some_and(|field| field.sensitive || field.access == Access::WriteOnly);
        let value = schema.field(name).map_or_else(|| value.clone(), |field| merged(schema, &field.shape, None, value));
        if !hidden || schema.identity.contains(name) {
            attributes.insert(name.clone(), value);
        }
    }
    let maker = Maker { schema, target, number };
    maker.complete(&mut attributes);
    let pending = if declared.timings.typical > 1 { 3 } else { 1 };
    Object {
        refers: references(schema, &attributes),
        attributes,
        owner: Some(request.owner.clone()),
        token: request.token.clone(),
        pending,
        hidden: 0,
        going: false,
    }
}

/// An object that was there before any stack.
pub fn found(schema: &TypeSchema, target: &Target, mut attributes: Map, number: u64) -> Object {
    Maker { schema, target, number }.complete(&mut attributes);
    Object {
        refers: BTreeSet::new(),
        attributes,
        owner: None,
        token: EcoString::new(),
        pending: 0,
        hidden: 0,
        going: false,
    }
}

/// What an action gives that was not really run: its arguments, and attributes of the right shape.
pub fn result(schema: &TypeSchema, target: &Target, request: &RunAction) -> Map {
    let shown = request.arguments.iter().filter(|(name, _)| !schema.field(name).is_some_and(|field| field.sensitive));
    let mut attributes: Map = shown.map(|(name, value)| (name.clone(), value.clone())).collect();
    Maker { schema, target, number: 1 }.complete(&mut attributes);
    attributes
}

/// A secret the sandbox keeps: the same at every reading, and nowhere stored.
pub fn secret(object: &Object, id: &str, field: &str) -> Value {
    let nonce = object.owner.as_ref().map_or("", |owner| owner.nonce.as_str());
    Value::Text(hexadecimal(&[id, field, nonce, "secret"], 32))
}

/// A written value over what was there: fields of records that are not written stay.
pub fn merged(schema: &TypeSchema, shape: &Shape, before: Option<&Value>, written: &Value) -> Value {
    match (shape, written) {
        (Shape::Record(id), Value::Map(map)) => {
            let mut result = before.and_then(Value::as_map).cloned().unwrap_or_default();
            let fields = &schema.record(*id).fields;
            for (name, value) in map.iter() {
                let Some(field) = fields.get(name) else { continue };
                if field.sensitive || field.access == Access::WriteOnly {
                    continue;
                }
                let inner = merged(schema, &field.shape, result.get(name), value);
                result.insert(name.clone(), inner);
            }
            Value::from(result)
        }
        (Shape::List { item, .. }, Value::List(items)) => {
            Value::list(items.iter().map(|value| merged(schema, item, None, value)))
        }
        _ => written.clone(),
    }
}

/// Attributes that every update changes: counters count on.
pub fn bump_volatile(schema: &TypeSchema, attributes: &mut Map) {
    for vendor in schema.overlay.volatile {
        let name = vendor_field(schema, vendor);
        let next = match attributes.get(&name) {
            Some(Value::Int(number)) => Value::Int(number + 1),
            Some(Value::Text(text)) => match text.parse::<i64>() {
                Ok(number) => Value::text(eco_format!("{}", number + 1)),
                Err(_) => continue,
            },
            _ => continue,
        };
        attributes.insert(name, next);
    }
}

struct Maker<'a> {
    schema: &'a TypeSchema,
    target: &'a Target,
    number: u64,
}

impl Maker<'_> {
    /// Fills in what a cloud would choose.
    fn complete(&self, attributes: &mut Map) {
        for name in &self.schema.identity {
            if !attributes.contains_key(name)
                && let Some(field) = self.schema.field(name)
            {
                let value = self.attribute(name, field, attributes);
                attributes.insert(name.clone(), value);
            }
        }
        for (name, field) in &self.schema.root().fields {
            if let Some(unwritten) = field.unwritten.as_ref().filter(|value| field.writable() && !value.is_none()) {
                attributes.entry(name.clone()).or_insert_with(|| unwritten.clone());
            }
        }
        for (attribute, template) in self.schema.overlay.derived {
            let name = vendor_field(self.schema, attribute);
            if let Some(text) = self.fill(template, attributes) {
                attributes.insert(name, Value::Text(text));
            }
        }
        for (name, field) in &self.schema.root().fields {
            if field.access == Access::ReadOnly && !attributes.contains_key(name) {
                let value = self.attribute(name, field, attributes);
                attributes.insert(name.clone(), value);
            }
        }
        special::complete(self.schema, self.target, attributes);
    }

    fn fill(&self, template: &str, attributes: &Map) -> Option<EcoString> {
        let mut text = EcoString::new();
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once("${") {
            text.push_str(before);
            let (name, after) = behind.split_once('}')?;
            match name {
                "partition" => text.push_str("aws"),
                "region" => text.push_str(self.target.place()),
                "account" => text.push_str(self.account()),
                field => text.push_str(attributes.get(field)?.as_text()?),
            }
            rest = after;
        }
        text.push_str(rest);
        Some(text)
    }

    fn account(&self) -> &str {
        self.target.setting("account").unwrap_or(crate::ACCOUNT)
    }

    fn attribute(&self, name: &EcoString, field: &Field, attributes: &Map) -> Value {
        if field.sensitive {
            return Value::None;
        }
        self.shaped(name, &field.shape, attributes, 0)
    }

    fn shaped(&self, name: &EcoString, shape: &Shape, attributes: &Map, depth: usize) -> Value {
        match shape {
            Shape::Bool => Value::Bool(false),
            Shape::Int { min, .. } => Value::Int(min.unwrap_or(1).max(1)),
            Shape::Float { .. } => Value::Float(1.0),
            Shape::Text(rules) if !rules.values.is_empty() => {
                rules.values.first().map_or(Value::None, |first| Value::Text(first.clone()))
            }
            Shape::Text(_) | Shape::Reference(_) => Value::Text(self.text(name, attributes)),
            Shape::Json | Shape::Map(_) | Shape::Keyed { .. } => Value::from(Map::new()),
            Shape::List { .. } => Value::list([]),
            Shape::Record(id) if depth < 3 => self.record(*id, attributes, depth + 1),
            Shape::Record(_) => Value::from(Map::new()),
        }
    }

    fn record(&self, id: RecordId, attributes: &Map, depth: usize) -> Value {
        let fields = &self.schema.record(id).fields;
        Value::map(
            fields
                .iter()
                .filter(|(_, field)| !field.sensitive)
                .map(|(name, field)| (name.clone(), self.shaped(name, &field.shape, attributes, depth))),
        )
    }

    fn text(&self, name: &EcoString, attributes: &Map) -> EcoString {
        let kind = self.schema.name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let hex = |length: usize| hexadecimal(&[&self.schema.name, name, &self.number.to_string()], length);
        let region = if special::is_global(self.schema) { "" } else { self.target.place() };
        if let Some(id) = special::chosen(self.schema, name, region, &hex) {
            return id;
        }
        let named = self.schema.overlay.name.map(|rule| vendor_field(self.schema, rule.property));
        let own = named
            .and_then(|field| attributes.get(&field))
            .and_then(Value::as_text)
            .map_or_else(|| hex(8), EcoString::from);
        match name.as_str() {
            name if name == "arn" || name.ends_with("_arn") => {
                eco_format!("arn:aws:{}:{region}:{}:{kind}/{own}", self.schema.service(), self.account())
            }
            name if name.ends_with("dns_name")
                || name.ends_with("domain_name")
                || name == "address"
                || name == "endpoint" =>
            {
                eco_format!("{own}-{}.{region}.sandbox.example", hex(6))
            }
            name if name.ends_with("status") || name.ends_with("state") => "available".into(),
            "port" => "27017".into(),
            name if name.ends_with("public_ip") => {
                eco_format!("203.0.113.{}", self.number % 254 + 1)
            }
            name if name.ends_with("number") || name.ends_with("version") => "1".into(),
            name if name == "id" || name.ends_with("_id") => eco_format!("{kind}-{}", hex(17)),
            name if name.ends_with("_name") => own,
            name => eco_format!("{name}-{}", hex(8)),
        }
    }
}

/// So many hexadecimal digits that follow from parts.
pub fn hexadecimal(parts: &[&str], length: usize) -> EcoString {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let digest = hasher.finalize();
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.chars().take(length).collect()
}
