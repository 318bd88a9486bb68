//! Values of environments: misspelt, missing, too many, of another type.

use cairn::language::syntax::ast::{Entry, Expr, ExprKind, Header, Input, ItemKind, TypeKind};

use super::schema::whole_entry;
use super::{Kind, kind};
use crate::mutant::{Change, Site};
use crate::stacks::Stack;
use crate::tree::Tree;

pub const KINDS: &[Kind] = &[
    kind("environment's value misspelt", misspelt),
    kind("environment's value missing", missing),
    kind("environment's value too many", extra),
    kind("environment's value of another type", wrong_type),
    kind("environment's name misspelt", name),
];

fn headers<'p>(tree: &Tree<'p>) -> Vec<(usize, &'p Header)> {
    let mut found = Vec::new();
    for (file, item) in &tree.items {
        if let ItemKind::Env(header) = &item.kind {
            found.push((*file, header));
        }
    }
    found
}

fn values(header: &Header) -> Vec<(&str, usize, &Expr)> {
    let ExprKind::Record(entries) = &header.fields.kind else { return Vec::new() };
    entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Field(key, value) => Some((key.text.as_str(), key.span.start as usize, value)),
            Entry::Short(_) | Entry::Spread(_) => None,
        })
        .collect()
}

/// The input of a stack, and where its name stands.
fn input<'p>(stack: &'p Stack, name: &str) -> Option<(usize, &'p Input)> {
    let program = &stack.program;
    let items = program.units.first()?.items.iter().map(|id| program.item(*id));
    items.filter_map(|item| if let ItemKind::Input(input) = &item.kind { Some(input) } else { None }).find_map(
        |input| {
            let file = stack.file(&program.sources.get(input.name.span.source).path)?;
            (input.name.text == name).then_some((file, input))
        },
    )
}

fn misspelt(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, header) in headers(tree) {
        for (name, start, _) in values(header) {
            sites.push(Site::misspelt(file, start, start + name.len(), name));
        }
    }
    sites
}

/// A value without which the input has none. It is reported in the file of values or at the input.
fn missing(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, header) in headers(tree) {
        for (name, start, value) in values(header) {
            let Some((declared, input)) = input(stack, name) else { continue };
            if input.default.is_some() || matches!(input.ty.kind, TypeKind::Optional(_)) {
                continue;
            }
            let (start, end) = whole_entry(&stack.texts[file], start, value.span.end as usize);
            sites.push(
                Site::new(file, start, end, "")
                    .near(file, header.name.span.start as usize)
                    .near(declared, input.name.span.start as usize),
            );
        }
    }
    sites
}

fn extra(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, header) in headers(tree) {
        let start = header.fields.span.start as usize;
        if stack.texts[file][start..].starts_with("{\n") {
            let mut site = Site::new(file, start + 1, start + 1, "");
            site.change = Change::Misspelt("\n  ".to_owned(), "retention_zone".to_owned(), ": 3".to_owned());
            sites.push(site);
        }
    }
    sites
}

fn wrong_type(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, header) in headers(tree) {
        for (name, _, value) in values(header) {
            let Some((_, input)) = input(stack, name) else { continue };
            let TypeKind::Name(path, _) = &input.ty.kind else { continue };
            let wrong = match path.last().map(|name| name.text.as_str()) {
                Some("Bool") => "\"yes\"",
                Some("String" | "Email" | "DomainName" | "Url") => "17",
                Some("Int" | "Float" | "Duration" | "Size" | "Percent" | "Cidr" | "Ip") => "\"some\"",
                _ => continue,
            };
            sites.push(Site::new(file, value.span.start as usize, value.span.end as usize, wrong));
        }
    }
    sites
}

/// The name of the environment in its file. The list of the stack's header is the other end of the disagreement.
fn name(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let listed = tree.items.iter().find_map(|(file, item)| match &item.kind {
        ItemKind::Stack(header) => {
            values(header).into_iter().find(|(name, _, _)| *name == "environments").map(|(_, at, _)| (*file, at))
        }
        _ => None,
    });
    let Some((file, at)) = listed else { return Vec::new() };
    let mut sites: Vec<Site> = headers(tree)
        .into_iter()
        .map(|(own, header)| {
            let span = header.name.span;
            Site::misspelt(own, span.start as usize, span.end as usize, &header.name.text).near(file, at)
        })
        .collect();
    // And in the list itself.
    for (own, header) in headers(tree) {
        let written = format!("\"{}\"", header.name.text);
        let line = stack.texts[file][at..].lines().next().unwrap_or_default();
        if let Some(found) = line.find(&written) {
            let start = at + found + 1;
            let site = Site::misspelt(file, start, start + header.name.text.len(), &header.name.text);
            sites.push(site.near(own, header.name.span.start as usize));
        }
    }
    sites
}
