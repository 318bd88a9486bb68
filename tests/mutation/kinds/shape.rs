//! Values that a field cannot hold: another type, another unit, too large, none of the known ones.

use cairn::language::syntax::ast::{ExprKind, ItemKind, TextPart, TypeKind};
use cairn_provider::schema::{Shape, TextRules, Unit};

use super::{Kind, kind};
use crate::mutant::{Change, Site};
use crate::stacks::Stack;
use crate::tree::{SchemaField, Tree};

pub const KINDS: &[Kind] = &[
    kind("wrong type of literal", wrong_type),
    kind("value misspelt", misspelt_value),
    kind("number out of range", out_of_range),
    kind("wrong unit", wrong_unit),
    kind("unknown unit", unknown_unit),
    kind("unit missing", unit_missing),
    kind("text too long", too_long),
    kind("default out of its type", bad_default),
];

fn site(found: &SchemaField<'_>, text: impl Into<String>) -> Option<Site> {
    let span = found.value?.span;
    Some(Site::new(found.file, span.start as usize, span.end as usize, text))
}

/// The number a field is given, as written.
fn number<'p>(found: &SchemaField<'p>) -> Option<&'p str> {
    match &found.value?.kind {
        ExprKind::Number(written) => Some(written),
        _ => None,
    }
}

fn plain_text<'p>(found: &SchemaField<'p>) -> Option<&'p str> {
    match &found.value?.kind {
        ExprKind::Text(text) => match text.parts.as_slice() {
            [TextPart::Known(only)] => Some(only),
            _ => None,
        },
        _ => None,
    }
}

fn unit(shape: &Shape) -> Option<Unit> {
    match shape {
        Shape::Int { unit, .. } | Shape::Float { unit, .. } => *unit,
        _ => None,
    }
}

fn rules(shape: &Shape) -> Option<&TextRules> {
    if let Shape::Text(rules) = shape { Some(rules) } else { None }
}

fn wrong_type(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for found in &tree.fields {
        let Some(value) = found.value else { continue };
        let literal = match &value.kind {
            ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Record(_) | ExprKind::List(_) => true,
            ExprKind::Name(name) => name == "true" || name == "false",
            _ => false,
        };
        let text: &[&str] = match &found.field().shape {
            Shape::Bool => &["\"yes\"", "1"],
            Shape::Int { .. } | Shape::Float { .. } => &["\"many\"", "true"],
            Shape::Text(_) => &["true", "[\"x\"]"],
            Shape::List { .. } => &["true", "7"],
            Shape::Record(_) => &["\"x\"", "true"],
            Shape::Json | Shape::Reference(_) | Shape::Map(_) | Shape::Keyed { .. } => &[],
        };
        if literal {
            sites.extend(text.iter().filter_map(|text| site(found, *text)));
        }
    }
    sites
}

/// A value of a closed list.
fn misspelt_value(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for found in &tree.fields {
        let Some(written) = plain_text(found) else { continue };
        let closed = rules(&found.field().shape).is_some_and(|rules| !rules.values.is_empty() && !rules.open);
        if closed && written.len() > 2 {
            let Some(mut site) = site(found, "") else { continue };
            site.change = Change::Misspelt("\"".to_owned(), written.to_owned(), "\"".to_owned());
            sites.push(site);
        }
    }
    sites
}

fn out_of_range(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for found in &tree.fields {
        let (Some(written), Shape::Int { unit, min, max }) = (number(found), &found.field().shape) else { continue };
        let Some(unit) = unit.map_or(Some(""), symbol) else { continue };
        // The number must be written in the unit that the limits are counted in.
        if written.trim_end_matches(unit).parse::<i64>().is_err() {
            continue;
        }
        sites.extend(max.and_then(|max| site(found, format!("{}{unit}", max + 1))));
        sites.extend(min.filter(|min| *min > 0).and_then(|min| site(found, format!("{}{unit}", min - 1))));
    }
    sites
}

fn symbol(unit: Unit) -> Option<&'static str> {
    match unit {
        Unit::Milliseconds => Some("ms"),
        Unit::Seconds => Some("s"),
        Unit::Minutes => Some("min"),
        Unit::Hours => Some("h"),
        Unit::Days => Some("d"),
        Unit::Bytes => Some("B"),
        Unit::Mebibytes => Some("MiB"),
        Unit::Gibibytes => Some("GiB"),
        // A plain number counts there, too.
        Unit::Percent => None,
    }
}

fn quantities<'t, 'p>(tree: &'t Tree<'p>) -> impl Iterator<Item = (&'t SchemaField<'p>, &'p str, &'static str)> {
    tree.fields.iter().filter_map(|found| {
        let quantity = unit(&found.field().shape)?.quantity();
        let written = number(found)?;
        let digits = written.trim_end_matches(|character: char| character.is_ascii_alphabetic() || character == '%');
        (digits.len() < written.len()).then_some((found, digits, quantity))
    })
}

fn wrong_unit(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    quantities(tree)
        .filter_map(|(found, digits, quantity)| {
            site(found, format!("{digits}{}", if quantity == "Duration" { "GiB" } else { "min" }))
        })
        .collect()
}

fn unknown_unit(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (found, digits, quantity) in quantities(tree) {
        let units: &[&str] = if quantity == "Duration" { &["m", "sec", "days", "hrs"] } else { &["G", "gig", "Gib"] };
        sites.extend(units.iter().filter_map(|unit| site(found, format!("{digits}{unit}"))));
    }
    sites
}

/// Where the schema counts in a unit, a number alone says nothing; of shares a plain number may be meant.
fn unit_missing(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    quantities(tree)
        .filter(|(_, _, quantity)| *quantity != "Percent")
        .filter_map(|(found, digits, _)| site(found, digits))
        .collect()
}

fn too_long(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for found in &tree.fields {
        let Some(written) = plain_text(found) else { continue };
        let limit = rules(&found.field().shape).filter(|rules| rules.values.is_empty()).and_then(|rules| rules.max);
        // The last character once more, as often as it takes: whatever pattern the text has, its letters stay.
        let Some((limit, last)) = limit.zip(written.chars().last()) else { continue };
        if last.is_ascii_alphanumeric() && limit < 1_000 {
            let more: String = std::iter::repeat_n(last, limit + 1 - written.chars().count().min(limit)).collect();
            sites.extend(site(found, format!("\"{written}{more}\"")));
        }
    }
    sites
}

/// Defaults of inputs whose type is written out.
fn bad_default(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, item) in &tree.items {
        let ItemKind::Input(input) = &item.kind else { continue };
        let Some(default) = &input.default else { continue };
        let wrong = match &input.ty.kind {
            TypeKind::Range(_, most) => most.parse::<i64>().ok().map(|most| (most + 1).to_string()),
            TypeKind::Name(path, _) => match path.last().map(|name| name.text.as_str()) {
                Some("Bool") => Some("\"yes\"".to_owned()),
                Some("String" | "Email" | "DomainName" | "Url") => Some("17".to_owned()),
                Some("Int" | "Float" | "Duration" | "Size" | "Percent" | "Cidr" | "Ip") => Some("\"some\"".to_owned()),
                _ => None,
            },
            _ => None,
        };
        if let Some(wrong) = wrong {
            sites.push(Site::new(*file, default.span.start as usize, default.span.end as usize, wrong));
        }
    }
    sites
}
