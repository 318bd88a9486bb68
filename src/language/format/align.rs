//! Columns: what stood in one column on lines one below the other stays in one column.
//!
//! Only what was aligned on purpose, with more than one blank somewhere in the column, is aligned.

use std::collections::BTreeMap;

use super::WIDTH;
use super::line::{Line, Row};

/// A column: cells in rows one below the other.
#[derive(Debug, Default)]
struct Column {
    /// Row and cell.
    members: Vec<(usize, usize)>,
    /// Where the cells stood.
    from: usize,
}

/// Aligns the columns of all lines.
pub fn align(lines: &mut [Line<'_>]) {
    let mut columns = columns(lines);
    columns.sort_by_key(|column| column.from);
    for column in &columns {
        cells(lines, column);
    }
    comments(lines);
}

/// The columns there were, from rows that follow each other.
fn columns(lines: &[Line<'_>]) -> Vec<Column> {
    let mut done = Vec::new();
    let mut open: BTreeMap<usize, Column> = BTreeMap::new();
    let mut above: Option<&Row<'_>> = None;
    for (at, line) in lines.iter().enumerate() {
        let mut next: BTreeMap<usize, Column> = BTreeMap::new();
        let row = match line {
            Line::Row(row) => Some(row),
            Line::Blank | Line::Comment(..) | Line::Verbatim(_) => None,
        };
        if let Some(row) = row {
            let follows =
                above.is_some_and(|above| above.indent == row.indent && above.last_line + 1 == row.first_line);
            for (number, cell) in row.cells.iter().enumerate().skip(1) {
                // Cells of other lines were joined to this one.
                if cell.from.0 != row.first_line {
                    break;
                }
                let mut column = if follows { open.remove(&cell.from.1) } else { None }.unwrap_or_default();
                column.from = cell.from.1;
                column.members.push((at, number));
                next.insert(cell.from.1, column);
            }
        }
        done.extend(std::mem::replace(&mut open, next).into_values());
        above = row;
    }
    done.extend(open.into_values());
    done.retain(|column| {
        column.members.len() > 1
            && column.members.iter().any(|(at, number)| {
                row(lines, *at).and_then(|row| row.cells.get(*number)).is_some_and(|cell| cell.gap_before > 1)
            })
    });
    done
}

fn row<'a, 't>(lines: &'a [Line<'t>], at: usize) -> Option<&'a Row<'t>> {
    match lines.get(at)? {
        Line::Row(row) => Some(row),
        Line::Blank | Line::Comment(..) | Line::Verbatim(_) => None,
    }
}

fn row_mut<'a, 't>(lines: &'a mut [Line<'t>], at: usize) -> Option<&'a mut Row<'t>> {
    match lines.get_mut(at)? {
        Line::Row(row) => Some(row),
        Line::Blank | Line::Comment(..) | Line::Verbatim(_) => None,
    }
}

fn cells(lines: &mut [Line<'_>], column: &Column) {
    let now = |lines: &[Line<'_>], (at, number): (usize, usize)| row(lines, at).map_or(0, |row| row.column(number));
    let target = column.members.iter().map(|member| now(lines, *member)).max().unwrap_or(0);
    let too_wide = column.members.iter().any(|member| {
        let grown = target - now(lines, *member);
        grown > 0 && row(lines, member.0).is_some_and(|row| row.width() + grown > WIDTH)
    });
    if too_wide {
        return;
    }
    for member in &column.members {
        let grown = target - now(lines, *member);
        if let Some(cell) = row_mut(lines, member.0).and_then(|row| row.cells.get_mut(member.1)) {
            cell.gap += grown;
        }
    }
}

/// Comments at the ends of lines, which may have lines without one between them.
fn comments(lines: &mut [Line<'_>]) {
    let mut start = 0;
    for at in 0..=lines.len() {
        let ends = row(lines, at).is_none_or(Row::is_tall);
        if ends {
            paragraph(lines, start, at);
            // A row with a text of several lines is a paragraph of its own.
            paragraph(lines, at, at + 1);
            start = at + 1;
        }
    }
}

/// Lines without an empty line between them.
fn paragraph(lines: &mut [Line<'_>], start: usize, end: usize) {
    let mut columns: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in start..end.min(lines.len()) {
        if let Some(comment) = row(lines, at).and_then(|row| row.comment) {
            columns.entry(comment.column).or_default().push(at);
        }
    }
    for members in columns.into_values() {
        let behind = |lines: &[Line<'_>], at| row(lines, at).map_or(0, Row::width);
        let wanted = |lines: &[Line<'_>], at| {
            let gap = row(lines, at).and_then(|row| row.comment).map_or(2, |comment| comment.gap.clamp(2, 4));
            behind(lines, at) + gap
        };
        let target = members.iter().map(|at| wanted(lines, *at)).max().unwrap_or(0);
        for at in members {
            let gap = target - behind(lines, at);
            let tall = row(lines, at).is_some_and(Row::is_tall);
            if let Some(row) = row_mut(lines, at) {
                row.comment_gap = if tall { 2 } else { gap };
            }
        }
    }
}
