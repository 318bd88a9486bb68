//! Names: misspelt where they are used or declared, gone, doubled, in a circle.

use std::collections::BTreeSet;

use cairn::language::program::UnitId;
use cairn::language::syntax::ast::{ExprKind, Import, ImportWhat, Item, ItemKind, Keyword, TextPart};

use super::{Kind, kind};
use crate::mutant::{Change, Site};
use crate::stacks::Stack;
use crate::tree::{Tree, declared};

pub const KINDS: &[Kind] = &[
    kind("name misspelt in use", used),
    kind("name misspelt in text", interpolated),
    kind("name misspelt where declared", misdeclared),
    kind("declaration removed", removed),
    kind("import removed", import_removed),
    kind("imported name misspelt", imported),
    kind("name declared twice", twice),
    kind("value of itself", itself),
    kind("two values of each other", circle),
    kind("type misspelt", misspelt_type),
    kind("decorator misspelt", decorator),
    kind("member misspelt", member),
    kind("function misspelt", function),
    kind("argument unknown", argument),
    kind("key that is not there", no_key),
    kind("position for a key", position),
];

fn used(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let named = tree.exprs.iter().filter_map(|seen| match &seen.expr.kind {
        ExprKind::Name(name) => Some((seen.file, seen.expr.span, name.as_str())),
        _ => None,
    });
    let shorts = tree.shorts.iter().map(|(file, name)| (*file, name.span, name.text.as_str()));
    named
        .chain(shorts)
        .map(|(file, span, name)| Site::misspelt(file, span.start as usize, span.end as usize, name))
        .collect()
}

fn interpolated(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for seen in &tree.exprs {
        let ExprKind::Text(text) = &seen.expr.kind else { continue };
        for part in &text.parts {
            let TextPart::Value(value) = part else { continue };
            if let ExprKind::Name(name) = &value.kind {
                sites.push(Site::misspelt(seen.file, value.span.start as usize, value.span.end as usize, name));
            }
        }
    }
    sites
}

/// Where the names of an item are used by other items of the same unit. Names that a loop or a parameter uses as well
/// are left out, and so are those of built-in functions: without the declaration they would still mean something.
fn uses(stack: &Stack, tree: &Tree<'_>, item: &Item) -> Vec<(usize, usize)> {
    let Some(name) = declared(item) else { return Vec::new() };
    let text = name.text.as_str();
    let built_in = cairn::builtins::all().any(|builtin| builtin.name == text);
    if built_in || tree.bound.contains(text) || ["env", "tcp", "udp", "icmp"].contains(&text) {
        return Vec::new();
    }
    let unit = unit_of(stack, item);
    let files: BTreeSet<usize> = tree
        .items
        .iter()
        .filter(|(_, other)| unit.is_some() && unit_of(stack, other) == unit)
        .map(|(file, _)| *file)
        .collect();
    let outside = |file: usize, at: u32, source| {
        files.contains(&file) && !(item.span.source == source && (item.span.start..item.span.end).contains(&at))
    };
    let mut found: Vec<(usize, usize)> = Vec::new();
    for seen in &tree.exprs {
        if matches!(&seen.expr.kind, ExprKind::Name(other) if other == text)
            && outside(seen.file, seen.expr.span.start, seen.expr.span.source)
        {
            found.push((seen.file, seen.expr.span.start as usize));
        }
    }
    for (file, short) in &tree.shorts {
        if short.text == text && outside(*file, short.span.start, short.span.source) {
            found.push((*file, short.span.start as usize));
        }
    }
    for (file, path) in &tree.types {
        if let [only] = path
            && only.text == text
            && outside(*file, only.span.start, only.span.source)
        {
            found.push((*file, only.span.start as usize));
        }
    }
    found
}

fn unit_of(stack: &Stack, item: &Item) -> Option<UnitId> {
    let program = &stack.program;
    program.units.iter().enumerate().find_map(|(unit, known)| {
        known.items.iter().any(|id| std::ptr::eq(program.item(*id), item)).then_some(UnitId(unit))
    })
}

/// The declaration is where the mistake is; any of its uses shows it, and so does a file of values that names it.
fn misdeclared(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, item) in &tree.items {
        let Some(name) = declared(item) else { continue };
        let used = uses(stack, tree, item);
        if !used.is_empty() {
            let mut site = Site::misspelt(*file, name.span.start as usize, name.span.end as usize, &name.text);
            site.near = used;
            sites.push(site);
        }
    }
    sites
}

/// A whole item. What is left of it are its uses.
fn removed(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, item) in &tree.items {
        let used = uses(stack, tree, item);
        if used.is_empty() {
            continue;
        }
        let mut site = Site::new(*file, item.span.start as usize, item.span.end as usize, "");
        site.near = used;
        sites.push(site);
    }
    sites
}

/// Imports whose names are used in the file.
fn import_removed(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, item) in &tree.items {
        let ItemKind::Import(Import { what, .. }) = &item.kind else { continue };
        let names: Vec<&str> = match what {
            ImportWhat::Name(name) | ImportWhat::Stack(name) => vec![&name.text],
            ImportWhat::Names(names) => names.iter().map(|name| name.text.as_str()).collect(),
        };
        let mut near = Vec::new();
        for made in &tree.made {
            if names.contains(&made.path[0].text.as_str()) {
                near.push((made.file, made.expr.span.start as usize));
            }
        }
        for (other, path) in &tree.types {
            if names.contains(&path[0].text.as_str()) {
                near.push((*other, path[0].span.start as usize));
            }
        }
        for seen in &tree.exprs {
            if matches!(&seen.expr.kind, ExprKind::Name(name) if names.contains(&name.as_str())) {
                near.push((seen.file, seen.expr.span.start as usize));
            }
        }
        // A directory of another kind may need the same import for itself.
        let same = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        near.retain(|(other, _)| same(&stack.paths[*other]) == same(&stack.paths[*file]));
        let again = tree
            .items
            .iter()
            .filter(|(_, other)| matches!(&other.kind, ItemKind::Import(import) if same_names(&import.what, what)));
        if !near.is_empty() && again.count() == 1 {
            let mut site = Site::new(*file, item.span.start as usize, item.span.end as usize, "");
            site.near = near;
            sites.push(site);
        }
    }
    sites
}

fn same_names(one: &ImportWhat, other: &ImportWhat) -> bool {
    match (one, other) {
        (ImportWhat::Name(one), ImportWhat::Name(other)) => one.text == other.text,
        (ImportWhat::Names(one), ImportWhat::Names(other)) => {
            one.iter().any(|name| other.iter().any(|other| other.text == name.text))
        }
        (ImportWhat::Stack(one), ImportWhat::Stack(other)) => one.text == other.text,
        _ => false,
    }
}

fn imported(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, item) in &tree.items {
        let ItemKind::Import(Import { what: ImportWhat::Names(names), .. }) = &item.kind else { continue };
        for name in names {
            sites.push(Site::misspelt(*file, name.span.start as usize, name.span.end as usize, &name.text));
        }
    }
    sites
}

/// A second declaration at the end of the file.
fn twice(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, item) in &tree.items {
        let Some(name) = declared(item) else { continue };
        // Policies and cases have names of their own.
        let apart = matches!(&item.kind, ItemKind::Declaration(node) if matches!(node.keyword, Keyword::Policy | Keyword::Test));
        if apart || name.text.starts_with(char::is_uppercase) || unit_of(stack, item).is_none() {
            continue;
        }
        let end = stack.texts[*file].len();
        let mut site =
            Site::new(*file, end, end, format!("\nlet {} = 1\n", name.text)).near(*file, name.span.start as usize);
        site.near.push((*file, end));
        sites.push(site);
    }
    sites
}

fn itself(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, item) in &tree.items {
        let ItemKind::Let(node) = &item.kind else { continue };
        let span = node.value.span;
        sites.push(
            Site::new(*file, span.start as usize, span.end as usize, node.name.text.as_str())
                .near(*file, node.name.span.start as usize),
        );
    }
    sites
}

/// A constant that uses another one directly, which then is the first one.
fn circle(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    let lets = || {
        tree.items.iter().filter_map(|(file, item)| match &item.kind {
            ItemKind::Let(node) => Some((*file, *item, node)),
            _ => None,
        })
    };
    for (one_file, one_item, one) in lets() {
        for (file, item, other) in lets().filter(|(_, item, _)| !std::ptr::eq(*item, one_item)) {
            let used = tree.exprs.iter().find(|seen| {
                std::ptr::eq(seen.item, item)
                    && matches!(&seen.expr.kind, ExprKind::Name(name) if *name == one.name.text)
            });
            let Some(used) = used.filter(|_| !tree.bound.contains(one.name.text.as_str())) else { continue };
            let span = one.value.span;
            sites.push(
                Site::new(one_file, span.start as usize, span.end as usize, other.name.text.as_str())
                    .near(file, used.expr.span.start as usize),
            );
        }
    }
    sites
}

fn misspelt_type(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let made = tree.made.iter().map(|made| (made.file, made.path));
    made.chain(tree.types.iter().copied())
        .filter_map(|(file, path)| {
            let last = path.last()?;
            Some(Site::misspelt(file, last.span.start as usize, last.span.end as usize, &last.text))
        })
        .collect()
}

fn decorator(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let name = |(file, decorator): &(usize, &cairn::language::syntax::ast::Decorator)| {
        let name = &decorator.name;
        Site::misspelt(*file, name.span.start as usize, name.span.end as usize, &name.text)
    };
    tree.decorators.iter().map(name).collect()
}

/// Members of everything but `Json`, whose keys are free: a member of a loop's variable or parameter may be one.
fn member(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for seen in &tree.exprs {
        let ExprKind::Member(node) = &seen.expr.kind else { continue };
        let named = matches!(&node.base.kind, ExprKind::Name(name) if !tree.bound.contains(name.as_str()));
        if named {
            sites.push(Site::misspelt(
                seen.file,
                node.name.span.start as usize,
                node.name.span.end as usize,
                &node.name.text,
            ));
        }
    }
    sites
}

fn function(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for seen in &tree.exprs {
        let ExprKind::Call(callee, _) = &seen.expr.kind else { continue };
        let (span, name) = match &callee.kind {
            ExprKind::Name(name) => (callee.span, name.as_str()),
            ExprKind::Member(node) => (node.name.span, node.name.text.as_str()),
            _ => continue,
        };
        sites.push(Site::misspelt(seen.file, span.start as usize, span.end as usize, name));
    }
    sites
}

fn argument(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for seen in &tree.exprs {
        let ExprKind::Call(_, args) = &seen.expr.kind else { continue };
        let end = seen.expr.span.end as usize;
        if !stack.texts[seen.file][..end].ends_with(')') {
            continue;
        }
        let comma = if args.is_empty() { "" } else { ", " };
        let change = Change::Misspelt(comma.to_owned(), "strictness".to_owned(), ": 1".to_owned());
        let mut site = Site::new(seen.file, end - 1, end - 1, "");
        site.change = change;
        sites.push(site.near(seen.file, seen.expr.span.start as usize));
    }
    sites
}

/// `name["key"]` of a looped declaration, with a key that no source has.
fn no_key(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    keyed(tree, "\"zz9\"")
}

fn position(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    keyed(tree, "0")
}

fn keyed(tree: &Tree<'_>, with: &str) -> Vec<Site> {
    let looped: BTreeSet<&str> = tree
        .items
        .iter()
        .filter_map(|(_, item)| match &item.kind {
            ItemKind::Declaration(node) if node.each.is_some() => Some(node.name.text.as_str()),
            _ => None,
        })
        .collect();
    let mut sites = Vec::new();
    for seen in &tree.exprs {
        let ExprKind::Index(base, key) = &seen.expr.kind else { continue };
        let named = matches!(&base.kind, ExprKind::Name(name) if looped.contains(name.as_str()) && !tree.bound.contains(name.as_str()));
        if named && matches!(key.kind, ExprKind::Text(_)) {
            sites.push(Site::new(seen.file, key.span.start as usize, key.span.end as usize, with));
        }
    }
    sites
}
