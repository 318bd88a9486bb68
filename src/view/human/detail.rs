//! What is shown below the name of a resource.

use super::layout::{Detail, Layout, Mark, Row, columns};
use super::likeness::own;
use super::node::{block, tree};
use super::outline::{Entry, Outline};
use super::piece::{Piece, pieces};
use super::plan;
use super::value::{difference, path};
use crate::model::change::{Action, AttributeChange, Change, Reason};
use crate::view::untrusted::one_line;

/// Where what is below a resource begins.
const INDENT: usize = 5;

/// The widest column of paths.
const WIDEST: usize = 44;

/// So many lines of one text are shown, unless everything is.
const MOST_LINES: usize = 60;

/// The lines below a resource, and what stands beside its name, where so many columns are left.
pub fn rows(outline: &Outline<'_>, entry: &Entry<'_>, beside: usize, layout: Layout) -> (String, Vec<Row>) {
    let change = entry.change;
    let mut rows = Vec::new();
    let mut before = String::new();
    if layout.detail != Detail::Names {
        match change.action {
            _ if layout.whole() => leaves(change, layout, &mut rows),
            Action::Create | Action::Run => before = created(outline, entry, beside, layout, &mut rows),
            Action::Replace(_) if change.reasons.contains(&Reason::Moved) => {
                created(outline, entry, 0, layout, &mut rows);
            }
            Action::Update | Action::Replace(_) => changed(&change.attributes, layout, &mut rows),
            Action::Delete | Action::Unchanged => {}
        }
        for name in &change.released {
            let text = format!("{}    no longer managed; its value stays", one_line(name));
            rows.extend(layout.rows(Mark::Plain, INDENT, INDENT + 2, &text));
        }
    }
    if !entry.followers.is_empty() {
        let names: Vec<String> = entry.followers.iter().map(|change| one_line(change.address.as_str())).collect();
        let head = match names.len() {
            1 => "1 resource follows".to_owned(),
            count => format!("{count} resources follow"),
        };
        let text = format!("↳ {head}: {}", names.join(", "));
        rows.extend(layout.rows(Mark::Plain, INDENT, INDENT + 2, &text));
    }
    (before, rows)
}

/// The names of a resource and of those that are as it is.
pub fn names(entry: &Entry<'_>) -> String {
    let changes = std::iter::once(entry.change).chain(entry.also.iter().copied());
    changes.map(|change| one_line(change.address.as_str())).collect::<Vec<_>>().join(", ")
}

/// What happens to a resource, and why.
pub fn words(entry: &Entry<'_>) -> String {
    let words = plan::words(entry.change);
    match entry.like {
        Some(model) => format!("{words}, almost like {}", one_line(model.address.as_str())),
        None if !entry.also.is_empty() => format!("{words} {} by key", entry.also.len() + 1),
        // The sign says so already.
        None if words == "create" => String::new(),
        None => words,
    }
}

/// What is different, one line for each leaf, the values below each other.
pub fn changed(changes: &[AttributeChange], layout: Layout, rows: &mut Vec<Row>) {
    let pieces = pieces(changes, layout.whole());
    let widths = pieces.iter().filter(|piece| piece.lines.is_empty()).map(|piece| columns(&layout.spell(&piece.path)));
    let width = widths.filter(|width| *width <= WIDEST.min(layout.width / 2)).max().unwrap_or(0);
    let mut last: Option<&Piece> = None;
    for piece in &pieces {
        let forces = if piece.forces { "    forces replacement" } else { "" };
        let repeated = last.is_some_and(|last| last.path == piece.path && piece.mark != Mark::Plain);
        last = Some(piece);
        if !piece.lines.is_empty() {
            rows.extend(layout.rows(Mark::Plain, INDENT, INDENT + 2, &piece.path));
            append(forces, INDENT + 2, layout, rows);
            lines(piece, layout, rows);
            continue;
        }
        let name = layout.spell(if repeated { "" } else { &piece.path });
        let padding = " ".repeat(width.saturating_sub(columns(&name)));
        let hanging = if INDENT + width + 4 + 24 <= layout.width { INDENT + width + 4 } else { INDENT + 4 };
        if repeated {
            // Spaces at the beginning would be lost where lines are broken.
            rows.extend(layout.rows(piece.mark, INDENT + width + 2, hanging, &piece.text));
        } else {
            let text = format!("{name}{padding}  {}", piece.text);
            rows.extend(layout.rows(piece.mark, INDENT, hanging, &text));
            append(forces, hanging, layout, rows);
        }
    }
}

/// Adds words to the last line, or on a line of their own if they do not fit.
fn append(words: &str, indent: usize, layout: Layout, rows: &mut Vec<Row>) {
    match rows.last_mut() {
        Some(row) if columns(&row.text) + columns(words) <= layout.width => row.text.push_str(words),
        _ => rows.extend(layout.rows(Mark::Plain, indent, indent, words.trim_start())),
    }
}

fn lines(piece: &Piece, layout: Layout, rows: &mut Vec<Row>) {
    let most = if layout.whole() { usize::MAX } else { MOST_LINES };
    for (mark, line) in piece.lines.iter().take(most) {
        let line = one_line(line);
        match mark {
            // Lines that stay are only there to find the place.
            Mark::Plain => rows.push(layout.cut_row(*mark, INDENT + 2, &line)),
            Mark::Added | Mark::Removed => rows.extend(layout.rows(*mark, INDENT + 2, INDENT + 6, &line)),
        }
    }
    let left = piece.lines.len().saturating_sub(most);
    if left > 0 {
        let text = format!("… {left} more lines; --detail full shows them");
        rows.extend(layout.rows(Mark::Plain, INDENT + 2, INDENT + 4, &text));
    }
}

/// What is set on a new object; what all of them carry is said once for the plan.
fn created(outline: &Outline<'_>, entry: &Entry<'_>, beside: usize, layout: Layout, rows: &mut Vec<Row>) -> String {
    let change = entry.change;
    let attributes: Vec<&AttributeChange> = match entry.like {
        Some(model) => own(change, model),
        None => change.attributes.iter().collect(),
    };
    let attributes = attributes.into_iter().filter(|attribute| !outline.is_shared(change, attribute));
    block(tree(attributes, layout.whole()), INDENT, beside, layout, rows)
}

/// Every leaf on a line of its own, uncut.
fn leaves(change: &Change, layout: Layout, rows: &mut Vec<Row>) {
    for attribute in &change.attributes {
        let forces = if attribute.forces { "    forces replacement" } else { "" };
        let text = format!("{}  {}{forces}", path(attribute), difference(attribute, true));
        rows.extend(layout.rows(Mark::Plain, INDENT, INDENT + 4, &text));
    }
}
