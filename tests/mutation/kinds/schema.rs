//! Fields of the vendor's records: misspelt, missing, not to be set, of another kind.

use cairn::language::program::Program;
use cairn::language::syntax::ast::{Entry, Expr, ExprKind, Item, ItemKind, Keyword};
use cairn_provider::naming;
use cairn_provider::schema::{Access, Shape};

use super::brackets::line;
use super::{Kind, kind};
use crate::mutant::Site;
use crate::stacks::Stack;
use crate::tree::{Made, SchemaField, Tree};

pub const KINDS: &[Kind] = &[
    kind("field misspelt", field),
    kind("vendor's spelling", vendor),
    kind("reference with its suffix", suffix),
    kind("required field missing", missing),
    kind("read-only field set", read_only),
    kind("field given twice", twice),
    kind("reference to another kind", wrong_kind),
    kind("text for a reference", text_id),
    kind("field of a component misspelt", component_field),
    kind("field of a component missing", component_missing),
];

fn key(found: &SchemaField<'_>) -> (usize, usize) {
    (found.key.span.start as usize, found.key.span.end as usize)
}

fn field(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    tree.fields.iter().map(|found| Site::misspelt(found.file, key(found).0, key(found).1, &found.key.text)).collect()
}

fn vendor(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for found in &tree.fields {
        let vendor = &found.field().vendor;
        if *vendor != found.key.text && !found.schema.record(found.record).fields.contains_key(vendor) {
            sites.push(Site::new(found.file, key(found).0, key(found).1, vendor.as_str()));
        }
    }
    sites
}

fn suffix(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for found in &tree.fields {
        let Shape::Reference(reference) = found.field().shape.innermost() else { continue };
        let full = &reference.full_name;
        if *full != found.key.text && !found.schema.record(found.record).fields.contains_key(full) {
            sites.push(Site::new(found.file, key(found).0, key(found).1, full.as_str()));
        }
    }
    sites
}

/// A field that the schema requires; names that are derived when nobody gives them are none. It is reported where the
/// record begins, or where the field was.
fn missing(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for made in tree.made.iter().filter(|made| made.created) {
        let (Some(schema), Some(fields)) = (&made.schema, made.fields) else { continue };
        let derived = schema.overlay.name.map(|rule| naming::field(rule.property));
        for (name, span) in entries(fields).unwrap_or_default() {
            let Some(field) = schema.root().fields.get(name) else { continue };
            if field.required && derived.as_ref().is_none_or(|derived| derived != name) {
                sites.push(without(stack, made, span));
            }
        }
    }
    sites
}

/// The entries of a record literal, nothing if it takes some from elsewhere.
fn entries(fields: &Expr) -> Option<Vec<(&str, (usize, usize))>> {
    let ExprKind::Record(entries) = &fields.kind else { return None };
    entries
        .iter()
        .map(|entry| match entry {
            Entry::Field(key, value) => Some((key.text.as_str(), (key.span.start as usize, value.span.end as usize))),
            Entry::Short(name) => Some((name.text.as_str(), (name.span.start as usize, name.span.end as usize))),
            Entry::Spread(_) => None,
        })
        .collect()
}

fn without(stack: &Stack, made: &Made<'_>, (start, end): (usize, usize)) -> Site {
    let (start, end) = whole_entry(&stack.texts[made.file], start, end);
    Site::new(made.file, start, end, "").near(made.file, made.path[0].span.start as usize)
}

/// An entry with its comma, or its whole lines.
pub fn whole_entry(text: &str, start: usize, end: usize) -> (usize, usize) {
    let (from, _) = line(text, start);
    let (_, to) = line(text, end);
    // Quotes of a text, and a comment behind the entry, belong to it.
    let rest = text[end..to].trim_start();
    if text[from..start].trim().is_empty() && (rest.is_empty() || rest.starts_with('#')) {
        return (from, (to + 1).min(text.len()));
    }
    if let Some(behind) = text[end..to].trim_start().strip_prefix(',') {
        let behind = behind.trim_start();
        return (start, to - behind.len());
    }
    let before = text[from..start].trim_end();
    let start = if before.ends_with(',') { from + before.len() - 1 } else { start };
    (start, end)
}

/// A field that the cloud chooses, as the first one of a record of several lines.
fn read_only(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for made in tree.made.iter().filter(|made| made.created) {
        let (Some(schema), Some(fields)) = (&made.schema, made.fields) else { continue };
        let text = &stack.texts[made.file];
        let start = fields.span.start as usize;
        let (_, end) = line(text, start);
        if !text[start..end].ends_with('{') {
            continue;
        }
        for (name, field) in &schema.root().fields {
            if field.access == Access::ReadOnly && matches!(field.shape, Shape::Text(_)) {
                sites.push(Site::new(made.file, end, end, format!("\n  {name}: \"chosen\"")));
            }
        }
    }
    sites
}

fn twice(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for found in &tree.fields {
        let Some(value) = found.value else { continue };
        let text = &stack.texts[found.file];
        let (start, end) = (key(found).0, value.span.end as usize);
        let (from, to) = line(text, start);
        if text[start..end].contains('\n') {
            continue;
        }
        let alone = text[from..start].trim().is_empty() && text[end..to].trim().is_empty();
        if alone {
            let again = format!("\n{}{}", &text[from..start], &text[start..end]);
            sites.push(Site::new(found.file, end, end, again).near(found.file, start));
        }
    }
    sites
}

/// The kind of what a name of a unit's declarations stands for.
fn kinds<'p>(tree: &Tree<'p>) -> Vec<(usize, &'p str, String)> {
    let mut kinds = Vec::new();
    for made in &tree.made {
        if let (Some(schema), ItemKind::Declaration(node)) = (&made.schema, &made.item.kind)
            && node.value.span == made.expr.span
        {
            kinds.push((made.file, node.name.text.as_str(), schema.name.to_string()));
        }
    }
    kinds
}

/// Another resource of the same files, of a kind that the field does not take.
fn wrong_kind(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let kinds = kinds(tree);
    let mut sites = Vec::new();
    for found in &tree.fields {
        let Some(value) = found.value else { continue };
        let field = found.field();
        let (Shape::Reference(reference), ExprKind::Name(written)) = (&field.shape, &value.kind) else { continue };
        if tree.bound.contains(written.as_str()) || reference.targets.is_empty() {
            continue;
        }
        let wanted =
            |kind: &str| reference.targets.iter().any(|(target, _)| target == kind || target.ends_with(".Resource"));
        let own = kinds.iter().any(|(_, name, _)| name == written);
        for (file, name, kind) in &kinds {
            if own && same_folder(stack, *file, found.file) && !wanted(kind) && !tree.bound.contains(name) {
                sites.push(Site::new(found.file, value.span.start as usize, value.span.end as usize, *name));
            }
        }
    }
    sites
}

/// Whether two files belong to one scope: those of a stack do, a component is alone.
fn same_folder(stack: &Stack, one: usize, other: usize) -> bool {
    let alone = |file: usize| stack.texts[file].lines().any(|line| line.starts_with("component "));
    let folder = |file: usize| stack.paths[file].rsplit_once('/').map_or("", |(folder, _)| folder);
    one == other || !alone(one) && !alone(other) && folder(one) == folder(other)
}

fn text_id(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for found in &tree.fields {
        let Some(value) = found.value else { continue };
        if matches!(found.field().shape, Shape::Reference(_)) && matches!(value.kind, ExprKind::Name(_)) {
            let (start, end) = (value.span.start as usize, value.span.end as usize);
            sites.push(Site::new(found.file, start, end, "\"res-0a1b2c3d4e5f60718\""));
        }
    }
    sites
}

/// Constructs of components, with the items of the component.
fn components<'t, 'p>(stack: &'p Stack, tree: &'t Tree<'p>) -> Vec<(&'t Made<'p>, Vec<&'p Item>)> {
    let program: &Program = &stack.program;
    let mut found = Vec::new();
    for made in tree.made.iter().filter(|made| made.schema.is_none() && made.path.len() == 1) {
        let declared = matches!(&made.item.kind, ItemKind::Declaration(node) if node.keyword == Keyword::Resource);
        let unit = program.units.iter().find(|unit| unit.name == made.path[0].text);
        if let Some(unit) = unit.filter(|_| declared) {
            found.push((made, unit.items.iter().map(|id| program.item(*id)).collect()));
        }
    }
    found
}

fn component_field(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (made, _) in components(stack, tree) {
        let ExprKind::Record(entries) = &made.fields.map_or(&made.expr.kind, |fields| &fields.kind) else { continue };
        for entry in entries {
            if let Entry::Field(key, _) = entry {
                let (start, end) = (key.span.start as usize, key.span.end as usize);
                sites.push(Site::misspelt(made.file, start, end, &key.text));
            }
        }
    }
    sites
}

fn component_missing(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (made, items) in components(stack, tree) {
        let Some(fields) = made.fields else { continue };
        for (name, span) in entries(fields).unwrap_or_default() {
            let required = items.iter().any(|item| {
                matches!(&item.kind, ItemKind::Input(input) if input.name.text == name && input.default.is_none()
                    && !matches!(input.ty.kind, cairn::language::syntax::ast::TypeKind::Optional(_)))
            });
            if required {
                sites.push(without(stack, made, span));
            }
        }
    }
    sites
}
