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

/// The lines below a resource.
pub fn rows(outline: &Outline<'_>, entry: &Entry<'_>, layout: Layout) -> Vec<Row> {
    let change = entry.change;
    let mut rows = Vec::new();
    let all: Vec<&AttributeChange> = change.attributes.iter().collect();
    if layout.detail != Detail::Names {
        match change.action {
            _ if layout.whole() => leaves(change, layout, &mut rows),
            Action::Create => match entry.like {
                Some(model) => created(outline, change, &own(change, model), layout, &mut rows),
                None => created(outline, change, &all, layout, &mut rows),
            },
            Action::Replace(_) if change.reasons.contains(&Reason::Moved) => {
                created(outline, change, &all, layout, &mut rows);
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
    rows
}

/// The line of a resource before its source: what happens to it, and why.
pub fn words(entry: &Entry<'_>) -> String {
    let words = plan::words(entry.change);
    let Some(model) = entry.like else { return words };
    let but = if own(entry.change, model).is_empty() { "" } else { " but for" };
    format!("{words}, like {}{but}", one_line(model.address.as_str()))
}

/// What is below a new resource, if it is so little that it stands beside its name.
pub fn beside(entry: &Entry<'_>, rows: &[Row], room: usize) -> Option<String> {
    let [row] = rows else { return None };
    let text = row.text.trim_start();
    (entry.change.action == Action::Create && columns(text) <= room).then(|| text.to_owned())
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
            rows.extend(layout.rows(Mark::Plain, INDENT, INDENT + 2, &format!("{}{forces}", piece.path)));
            lines(piece, layout, rows);
            continue;
        }
        let name = layout.spell(if repeated { "" } else { &piece.path });
        let padding = " ".repeat(width.saturating_sub(columns(&name)));
        let hanging = if INDENT + width + 4 + 24 <= layout.width { INDENT + width + 4 } else { INDENT + 4 };
        let forces = if repeated { "" } else { forces };
        if repeated {
            // Spaces at the beginning would be lost where lines are broken.
            rows.extend(layout.rows(piece.mark, INDENT + width + 2, hanging, &piece.text));
        } else {
            let text = format!("{name}{padding}  {}{forces}", piece.text);
            rows.extend(layout.rows(piece.mark, INDENT, hanging, &text));
        }
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
fn created(
    outline: &Outline<'_>,
    change: &Change,
    attributes: &[&AttributeChange],
    layout: Layout,
    rows: &mut Vec<Row>,
) {
    let attributes = attributes.iter().copied().filter(|attribute| !outline.is_shared(change, attribute));
    block(tree(attributes, layout.whole()), INDENT, layout, rows);
}

/// Every leaf on a line of its own, uncut.
fn leaves(change: &Change, layout: Layout, rows: &mut Vec<Row>) {
    for attribute in &change.attributes {
        let forces = if attribute.forces { "    forces replacement" } else { "" };
        let text = format!("{}  {}{forces}", path(attribute), difference(attribute, true));
        rows.extend(layout.rows(Mark::Plain, INDENT, INDENT + 4, &text));
    }
}
