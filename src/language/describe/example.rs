//! The smallest source of a type that its schema allows, put together from required fields.

use std::sync::Arc;

use cairn_provider::naming;
use cairn_provider::schema::{Access, Field, Record, Shape, TextRules, TypeSchema, Unit};
use cairn_provider::value::{quote, render};
use ecow::EcoString;

use crate::language::evaluate::compiled;
use crate::model::encoding::{is_network, quantity};

/// Records that hold each other end here.
const MOST_LEVELS: usize = 8;

/// Texts that fit most patterns of names, ids, addresses and times.
const TEXTS: &[&str] = &[
    "example",
    "Example",
    "arn:aws:iam::111122223333:role/example",
    "https://example.com",
    "example.com",
    "user@example.com",
    "111122223333",
    "eu-central-1",
    "eu-central-1a",
    "10.20.0.0/16",
    "10.20.0.2",
    "s3://example/object",
    "rate(5 minutes)",
    "cron(0 3 * * ? *)",
    "2030-01-01T00:00:00Z",
    "2030-01-01",
    "12345678-1234-1234-1234-123456789012",
    "0123456789abcdef0123456789abcdef",
    "1.0",
    "1",
    "/example",
    "/example/",
    "example/*",
    "ACTIVE",
    "arn:aws:s3:::example",
    "arn:aws:kms:eu-central-1:111122223333:key/12345678-1234-1234-1234-123456789012",
    "arn:aws:lambda:eu-central-1:111122223333:function:example",
    "arn:aws:sns:eu-central-1:111122223333:example",
    "arn:aws:acm:eu-central-1:111122223333:certificate/12345678-1234-1234-1234-123456789012",
    "vpc-0123456789abcdef0",
    "subnet-0123456789abcdef0",
    "sg-0123456789abcdef0",
    "i-0123456789abcdef0",
    "ami-0123456789abcdef0",
];

/// A declaration of the type with everything that must be given and nothing else, named `example`.
pub fn example(schema: &Arc<TypeSchema>) -> String {
    let keyword = if schema.creatable { "resource" } else { "lookup" };
    let fields = fields(schema, schema.root(), 0);
    if fields.is_empty() {
        return format!("{keyword} example = {}\n", schema.name);
    }
    let mut text = format!("{keyword} example = {} {{\n", schema.name);
    for (name, value) in fields {
        text.push_str(&format!("  {name}: {value}\n"));
    }
    text.push_str("}\n");
    text
}

/// What must be given of a record, with values.
fn fields(schema: &Arc<TypeSchema>, record: &Record, level: usize) -> Vec<(EcoString, String)> {
    let mut names: Vec<&EcoString> = record
        .fields
        .iter()
        .filter(|(_, field)| field.required && field.access != Access::ReadOnly && field.unsupported.is_none())
        .map(|(name, _)| name)
        .collect();
    for group in [&record.one_of, &record.any_of] {
        if !group.iter().any(|name| names.contains(&name)) {
            let simplest =
                group.iter().filter(|name| record.fields.contains_key(*name)).min_by_key(|name| weight(record, name));
            names.extend(simplest);
        }
    }
    for (name, needed) in &record.requires {
        if names.contains(&name) && !names.contains(&needed) && record.fields.contains_key(needed) {
            names.push(needed);
        }
    }
    names
        .into_iter()
        .filter_map(|name| {
            let field = record.fields.get(name)?;
            Some((name.clone(), value(schema, field, &field.shape, level)))
        })
        .collect()
}

/// How much there is to write for a field.
fn weight(record: &Record, name: &EcoString) -> usize {
    match record.fields.get(name).map(|field| &field.shape) {
        Some(Shape::Bool | Shape::Int { .. } | Shape::Float { .. } | Shape::Text(_) | Shape::Reference(_)) => 0,
        Some(Shape::List { .. } | Shape::Map(_) | Shape::Json | Shape::Keyed { .. }) => 1,
        Some(Shape::Record(_)) | None => 2,
    }
}

fn value(schema: &Arc<TypeSchema>, field: &Field, shape: &Shape, level: usize) -> String {
    match shape {
        Shape::Bool => "true".into(),
        Shape::Int { unit, min, max } => {
            let number = min.unwrap_or(1).max(if max.is_some_and(|max| max < 1) { i64::MIN } else { 1 });
            amount(*unit, number as f64)
        }
        Shape::Float { unit, min, max } => {
            let number = min.unwrap_or(1.0).max(if max.is_some_and(|max| max < 1.0) { f64::MIN } else { 1.0 });
            amount(*unit, number)
        }
        Shape::Text(_) if field.sensitive => "secret(\"env:EXAMPLE\")".into(),
        Shape::Text(rules) => text(rules),
        Shape::Json => "{}".into(),
        Shape::Reference(reference) => {
            let kind = reference.targets.first().map_or("", |(kind, _)| kind.as_str());
            existing(
                reference.targets.first().map_or("", |(_, attribute)| attribute.as_str()),
                kind,
                &reference.full_name,
            )
        }
        Shape::List { item, min, .. } => {
            let item = value(schema, field, item, level);
            let count = min.unwrap_or(1).clamp(1, 4);
            format!("[{}]", vec![item; count].join(", "))
        }
        Shape::Map(item) => format!("{{ example: {} }}", value(schema, field, item, level)),
        Shape::Record(id) if level < MOST_LEVELS => braces(fields(schema, schema.record(*id), level + 1)),
        Shape::Keyed { record, value: text_field, rich, .. } if level < MOST_LEVELS => {
            let record = schema.record(*record);
            let inner = match record.fields.get(text_field) {
                Some(inner) if !rich => value(schema, inner, &inner.shape, level + 1),
                Some(_) | None => braces(fields(schema, record, level + 1)),
            };
            format!("{{ example: {inner} }}")
        }
        Shape::Record(_) | Shape::Keyed { .. } => "{}".into(),
    }
}

fn amount(unit: Option<Unit>, number: f64) -> String {
    match unit {
        Some(unit) => render(&quantity(unit, number)),
        None => number.to_string(),
    }
}

fn braces(fields: Vec<(EcoString, String)>) -> String {
    if fields.is_empty() {
        return "{}".into();
    }
    let written: Vec<String> = fields.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{{ {} }}", written.join(", "))
}

/// A resource that exists already, by an id that looks like one.
fn existing(attribute: &str, kind: &str, full_name: &str) -> String {
    let noun = kind.rsplit('.').next().unwrap_or_default();
    let noun = naming::field(noun).replace("_", "-");
    let id = if attribute.ends_with("arn") || full_name.ends_with("_arn") {
        let service = kind.split('.').nth(1).unwrap_or("service");
        format!("arn:aws:{service}:eu-central-1:111122223333:{noun}/example")
    } else if attribute.ends_with("id") {
        format!("{noun}-0123456789abcdef0")
    } else {
        "example".to_owned()
    };
    format!("existing({})", quote(&id))
}

/// Text that keeps its rules: a listed value, or one of the usual texts.
fn text(rules: &TextRules) -> String {
    if let Some(first) = rules.values.first() {
        return quote(first);
    }
    if is_network(rules) {
        let six = rules.format.as_deref().is_some_and(|format| format.contains('6'));
        return if six { "\"fd00::/48\"".into() } else { "10.20.0.0/16".into() };
    }
    let fits = |text: &str| {
        let length = text.chars().count();
        rules.min.is_none_or(|min| length >= min)
            && rules.max.is_none_or(|max| length <= max)
            && rules.pattern.as_deref().and_then(compiled).is_none_or(|pattern| pattern.is_match(text))
    };
    if let Some(text) = TEXTS.iter().find(|text| fits(text)) {
        return quote(text);
    }
    if let Some(text) =
        rules.pattern.as_deref().and_then(|pattern| literals(pattern).into_iter().find(|text| fits(text)))
    {
        return quote(&text);
    }
    // Between the usual lengths, or longer than all usual texts.
    let lengths = [rules.min.unwrap_or(1), rules.max.unwrap_or(8).min(64)];
    let repeated = lengths
        .iter()
        .flat_map(|length| ["a", "A", "0", "1"].iter().map(move |character| character.repeat((*length).max(1))));
    quote(&repeated.into_iter().find(|text| fits(text)).unwrap_or_else(|| "example".to_owned()))
}

/// The words that a pattern holds, alone and with what usually comes behind them.
fn literals(pattern: &str) -> Vec<String> {
    let word = |character: char| character.is_ascii_alphanumeric() || ":/_-".contains(character);
    let words = pattern.split(|character| !word(character)).filter(|word| !word.is_empty());
    let behind = ["", "example", "0123456789abcdef0", "1"];
    words.flat_map(|word| behind.iter().map(move |behind| format!("{word}{behind}"))).collect()
}
