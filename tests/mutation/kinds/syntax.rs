//! Signs and words that are lost, exchanged or foreign.

use cairn::language::syntax::ast::{ExprKind, Import, Item, ItemKind, TextPart};

use super::brackets::{ends_of_code, line};
use super::{Kind, kind};
use crate::classes::{Class, classes, lines};
use crate::mutant::Site;
use crate::stacks::Stack;
use crate::tree::Tree;

pub const KINDS: &[Kind] = &[
    kind("colon dropped", colon_dropped),
    kind("`=` for `:`", equals),
    kind("`:` for `=`", colon_for_equals),
    kind("`=` dropped", |stack, tree| declared_equals(stack, tree, "")),
    kind("`==` for `=`", |stack, tree| declared_equals(stack, tree, "==")),
    kind("comma dropped", comma_dropped),
    kind("value missing", value_missing),
    kind("operand missing", operand_missing),
    kind("word dropped", word_dropped),
    kind("foreign character", |stack, _| ends_of_code(stack, &[";", " $", " §", " ~", "`", " ^"])),
    kind("single quotes", single_quotes),
    kind("foreign comment", foreign_comment),
    kind("HCL block", hcl_block),
    kind("keyword misspelt", keyword),
    kind("declaration indented", indented),
    kind("import path misspelt", import_path),
];

fn code_at(stack: &Stack, mut visit: impl FnMut(usize, &str, &[Class], usize)) {
    for (file, text) in stack.texts.iter().enumerate() {
        let classes = classes(text);
        for (at, _) in text.char_indices() {
            if matches!(classes[at], Class::Code | Class::Inner) {
                visit(file, text, &classes, at);
            }
        }
    }
}

/// `key: value` without its colon: no two values stand side by side without a sign between them. A value that begins
/// with a bracket or a minus would be an index, a call or a subtraction; `{ a b }` has no such reading.
fn colon_dropped(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    colons(stack, tree, "")
}

fn equals(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    colons(stack, tree, " =")
}

fn colons(stack: &Stack, tree: &Tree<'_>, with: &str) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, key, _) in &tree.entries {
        let (end, text) = (key.span.end as usize, &stack.texts[*file]);
        let Some(offset) = text[end..].find(':').filter(|offset| text[end..end + offset].trim().is_empty()) else {
            continue;
        };
        // Without a blank behind it the key and the value would become one word.
        if text[end + offset + 1..].starts_with(' ') {
            sites.push(Site::new(*file, end + offset, end + offset + 1, with));
        }
    }
    sites
}

/// The `=` of a declaration.
fn assignments<'p>(stack: &Stack, tree: &Tree<'p>) -> Vec<(usize, usize, &'p Item)> {
    let mut found = Vec::new();
    for (file, item) in &tree.items {
        let value = match &item.kind {
            ItemKind::Declaration(node) => node.value.span,
            ItemKind::Let(node) => node.value.span,
            ItemKind::Output(node) => node.value.span,
            ItemKind::Type(node) => node.ty.span,
            _ => continue,
        };
        let text = &stack.texts[*file];
        let start = value.start as usize;
        // A text's place may begin behind its quotes.
        let before = text[..start].trim_end_matches(['"', ' ']);
        if before.ends_with('=') {
            found.push((*file, before.len() - 1, *item));
        }
    }
    found
}

fn colon_for_equals(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    // `let x: T: …` has two; a declaration always needs its `=`.
    assignments(stack, tree).into_iter().map(|(file, at, _)| Site::new(file, at, at + 1, ":")).collect()
}

fn declared_equals(stack: &Stack, tree: &Tree<'_>, with: &str) -> Vec<Site> {
    assignments(stack, tree).into_iter().map(|(file, at, _)| Site::new(file, at, at + 1, with)).collect()
}

/// A comma in the middle of a line. Where `-`, `(`, `[`, `{` or `.` follows, both sides could be one expression.
fn comma_dropped(stack: &Stack, _: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    code_at(stack, |file, text, _, at| {
        let rest = text[at + 1..].lines().next().unwrap_or_default();
        let next = rest.trim_start().chars().next();
        let apart = rest.starts_with(' ');
        if text.as_bytes()[at] == b',' && apart && next.is_some_and(|next| !"-([{.#}])".contains(next)) {
            sites.push(Site::new(file, at, at + 1, ""));
        }
    });
    sites
}

/// `key:` and nothing behind it, for values of one line.
fn value_missing(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, _, value) in &tree.entries {
        let (start, end) = (value.span.start as usize, value.span.end as usize);
        if !stack.texts[*file][start..end].contains('\n') {
            sites.push(Site::new(*file, start, end, ""));
        }
    }
    sites
}

/// The right side of an operator. Nothing but another operand can follow an operator on its line, and a line that goes on
/// with an operator does not give one.
fn operand_missing(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for seen in &tree.exprs {
        let ExprKind::Binary(node) = &seen.expr.kind else { continue };
        let (start, end) = (node.right.span.start as usize, node.right.span.end as usize);
        let text = &stack.texts[seen.file];
        let follows = text[end..].trim_start().chars().next();
        if !text[start..end].contains('\n') && follows.is_none_or(|next| !"-!".contains(next)) {
            sites.push(Site::new(seen.file, start, end, ""));
        }
    }
    sites
}

/// `then`, `else`, `in`, `from` between two things: without them nothing says where one ends. A sign that could join
/// both sides must not follow.
fn word_dropped(stack: &Stack, _: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    code_at(stack, |file, text, classes, at| {
        for word in ["then ", "else ", "in ", "from ", "=> "] {
            let before = at > 0 && text.as_bytes()[at - 1] == b' ';
            let code = classes[at..].iter().take(word.len()).all(|class| matches!(class, Class::Code | Class::Inner));
            let next = text[at..].strip_prefix(word).and_then(|rest| rest.trim_start().chars().next());
            // The branch of `if … then … ` may end there; a condition of `where` and `assert` needs its `else` only for
            // the text behind it, which is then too much.
            if before && code && next.is_some_and(|next| !"-([{.\n".contains(next)) {
                sites.push(Site::new(file, at, at + word.len(), ""));
            }
        }
    });
    sites
}

fn single_quotes(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for seen in &tree.exprs {
        let ExprKind::Text(text) = &seen.expr.kind else { continue };
        let (start, end) = (seen.expr.span.start as usize, seen.expr.span.end as usize);
        let written = &stack.texts[seen.file][start..end];
        let plain = text.parts.iter().all(|part| matches!(part, TextPart::Known(_)));
        let Some(inner) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { continue };
        if plain && !inner.contains(['"', '\\', '\'', '#', '\n']) && !inner.is_empty() {
            sites.push(Site::new(seen.file, start, end, format!("'{inner}'")));
        }
    }
    sites
}

/// `//` in the place of `#` in front of at least two words.
fn foreign_comment(stack: &Stack, _: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, text) in stack.texts.iter().enumerate() {
        let classes = classes(text);
        for (start, end) in lines(text) {
            let Some(at) = (start..end).find(|at| classes[*at] == Class::Comment) else { continue };
            let hashes = text[at..end].len() - text[at..end].trim_start_matches('#').len();
            if text[at..end].split_whitespace().count() > 2 {
                sites.push(Site::new(file, at, at + hashes, "//"));
            }
        }
    }
    sites
}

/// The first line of a resource or look-up in Terraform's form; its fields stay as they are.
fn hcl_block(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for made in tree.made.iter().filter(|made| made.schema.is_some()) {
        let ItemKind::Declaration(node) = &made.item.kind else { continue };
        let text = &stack.texts[made.file];
        let start = node.head.start as usize;
        let (_, end) = line(text, start);
        let one = made.expr.span == node.value.span && node.each.is_none() && node.guard.is_none();
        if !one || !text[start..end].ends_with('{') {
            continue;
        }
        let word = if made.created { "resource" } else { "data" };
        let kind = made.path.last().unwrap().text.to_lowercase();
        sites.push(Site::new(made.file, start, end, format!("{word} \"aws_{kind}\" \"{}\" {{", node.name.text)));
    }
    sites
}

fn keyword(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, item) in &tree.items {
        let text = &stack.texts[*file];
        let decorated = item.decorators.iter().map(|decorator| decorator.span.end).max().unwrap_or(item.span.start);
        let mut start = decorated as usize;
        start += text[start..].len() - text[start..].trim_start().len();
        let end = start + text[start..].find(' ').unwrap_or(0);
        let word = &text[start..end];
        if cairn::language::syntax::KEYWORDS.contains(&word) && word.len() > 2 {
            sites.push(Site::misspelt(*file, start, end, word));
        }
    }
    sites
}

/// A declaration of one line that is indented: it belongs to nothing.
fn indented(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, item) in &tree.items {
        let (start, end) = (item.span.start as usize, item.span.end as usize);
        if !stack.texts[*file][start..end].contains('\n') && !matches!(item.kind, ItemKind::Stack(_)) {
            sites.push(Site::new(*file, start, start, "  "));
        }
    }
    sites
}

fn import_path(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, item) in &tree.items {
        let ItemKind::Import(Import { from: Some(from), .. }) = &item.kind else { continue };
        let text = &stack.texts[*file];
        let (start, end) = (from.span.start as usize, from.span.end as usize);
        let Some(stem) = text[start..end].rfind(['/', ':']).map(|slash| start + slash + 1) else { continue };
        let length = text[stem..end].find(['.', '"', '@']).unwrap_or(end - stem);
        if length > 2 {
            sites.push(Site::misspelt(*file, stem, stem + length, &text[stem..stem + length]));
        }
    }
    sites
}
