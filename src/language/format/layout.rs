//! Decides where an item's lines end, and writes them.
//!
//! A decision depends on what is written, on the width it takes on one line, and on whether the source had a line end
//! behind an opening bracket; never on other line ends. So what was laid out once stays as it is.

#![expect(clippy::wildcard_enum_match_arm, reason = "most of the grammar is laid out piece by piece")]

use super::WIDTH;
use super::leaf::{Branch, Group, ItemLeaves, Leaf, Note, Piece};
use super::line::{Line, Row};
use crate::language::tree::{NodeKind, TokenKind};

/// Blanks of one level.
pub const INDENT: usize = 2;

/// Appends the lines of an item.
pub fn item<'t>(item: &ItemLeaves<'t>, lines: &mut Vec<Line<'t>>) {
    let mut layout = Layout::new(&item.leaves, lines);
    for piece in &item.pieces {
        layout.break_before(piece.first());
    }
    for piece in &item.pieces {
        layout.line_end(Fresh { indent: 0, notes: 0, blanks: Blanks::None });
        layout.piece(piece, 0);
    }
    layout.finish();
    for note in &item.notes {
        if note.blank {
            lines.push(Line::Blank);
        }
        lines.push(Line::Comment(INDENT, note.text));
    }
}

/// A line that the next leaf begins.
#[derive(Clone, Copy)]
struct Fresh {
    indent: usize,
    /// How far comments before the leaf are indented.
    notes: usize,
    blanks: Blanks,
}

/// Which empty lines are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blanks {
    None,
    /// Those between comments and before the leaf.
    Inner,
    /// One at the start, too.
    All,
    /// One at the start and between comments, none before the leaf: it closes a bracket.
    Closing,
}

struct Layout<'a, 't> {
    leaves: &'a [Leaf<'t>],
    /// The columns of all leaves before, on one line.
    widths: Vec<usize>,
    /// How many leaves up to this one cannot follow the one before on its line.
    ends: Vec<usize>,
    /// Leaves that begin a line.
    breaks: Vec<bool>,
    lines: &'a mut Vec<Line<'t>>,
    row: Option<Row<'t>>,
    column: usize,
    next: Option<Fresh>,
}

impl<'a, 't> Layout<'a, 't> {
    fn new(leaves: &'a [Leaf<'t>], lines: &'a mut Vec<Line<'t>>) -> Self {
        let mut widths = vec![0];
        let mut ends = vec![0];
        let mut width = 0;
        let mut end = 0;
        let mut before: Option<&Leaf<'_>> = None;
        for leaf in leaves {
            width += leaf.separator() + leaf.width();
            widths.push(width);
            // Behind a comment, and where the source began to list things on lines of their own.
            let opened = leaf.line_before && before.is_some_and(|before| before.opens);
            let noted = !leaf.lead.is_empty() || before.is_some_and(|before| before.trail.is_some());
            end += usize::from(opened || noted || leaf.apart);
            ends.push(end);
            before = Some(leaf);
        }
        let breaks = leaves.iter().map(|leaf| leaf.apart).collect();
        Self { leaves, widths, ends, breaks, lines, row: None, column: 0, next: None }
    }

    fn leaf_at(&self, leaf: usize) -> Option<&'a Leaf<'t>> {
        self.leaves.get(leaf)
    }

    // ── measures ─────────────────────────────────────────────────────────

    /// The columns from one leaf to another, on one line.
    fn width(&self, first: usize, last: usize) -> usize {
        let at = |leaf: usize| self.widths.get(leaf).copied().unwrap_or(0);
        let separator = self.leaf_at(first).map_or(0, Leaf::separator);
        at(last + 1).saturating_sub(at(first) + separator)
    }

    /// Whether nothing from one leaf to another asks for a line end.
    fn is_flat(&self, first: usize, last: usize) -> bool {
        let at = |leaf: usize| self.ends.get(leaf + 1).copied().unwrap_or(0);
        at(first) == at(last)
    }

    /// The column where a leaf that comes next would stand.
    fn start(&self, leaf: usize) -> usize {
        match self.next {
            Some(fresh) => fresh.indent,
            None => self.column + self.leaf_at(leaf).map_or(0, Leaf::separator),
        }
    }

    /// The columns that must follow a leaf on its line.
    fn tail(&self, last: usize) -> usize {
        let mut width = 0;
        let mut at = last;
        while width <= WIDTH {
            if self.leaf_at(at).is_none_or(|leaf| leaf.trail.is_some()) {
                break;
            }
            at += 1;
            let Some(leaf) = self.leaf_at(at) else { break };
            if !leaf.lead.is_empty() || self.breaks.get(at).copied().unwrap_or(true) {
                break;
            }
            width += leaf.separator() + leaf.width();
            if leaf.opens {
                break;
            }
        }
        width
    }

    /// Whether leaves take more columns than there are, should they all come on this line.
    fn is_wide(&self, first: usize, last: usize) -> bool {
        self.start(first) + self.width(first, last) + self.tail(last) > WIDTH
    }

    /// Whether pieces end in a value in brackets, and what is before it has room on this line.
    fn has_room(&self, first: usize, value: &Piece) -> bool {
        bracketed(value).is_some_and(|group| self.start(first) + self.width(first, group.open) <= WIDTH)
    }

    fn break_before(&mut self, leaf: usize) {
        if let Some(breaks) = self.breaks.get_mut(leaf) {
            *breaks = true;
        }
    }

    // ── writing ──────────────────────────────────────────────────────────

    fn line_end(&mut self, fresh: Fresh) {
        self.next = Some(fresh);
    }

    fn finish(&mut self) {
        if let Some(row) = self.row.take() {
            self.lines.push(Line::Row(row));
        }
    }

    fn blank(&mut self) {
        if !matches!(self.lines.last(), None | Some(Line::Blank)) {
            self.lines.push(Line::Blank);
        }
    }

    fn note(&mut self, note: &Note<'t>, indent: usize) {
        // A doc comment in the first column documents the next item; one that did not stand there does not.
        let indent = if indent == 0 && note.column > 0 && note.text.starts_with("##") { INDENT } else { indent };
        self.lines.push(Line::Comment(indent, note.text));
    }

    /// Writes a leaf; `indent` is where it stands if a comment ended the line before it.
    fn leaf(&mut self, number: usize, indent: usize) {
        let Some(leaf) = self.leaf_at(number) else { return };
        let commented =
            self.row.as_ref().is_some_and(|row| row.comment.is_some()) || !leaf.lead.is_empty() || leaf.apart;
        let forced = commented.then_some(Fresh { indent, notes: indent, blanks: Blanks::None });
        let fresh = self.next.take().or(forced);
        match fresh {
            Some(fresh) => {
                self.finish();
                for (position, note) in leaf.lead.iter().enumerate() {
                    let kept = match fresh.blanks {
                        Blanks::None => false,
                        Blanks::Inner => position > 0,
                        Blanks::All | Blanks::Closing => true,
                    };
                    if note.blank && kept {
                        self.blank();
                    }
                    self.note(note, fresh.notes);
                }
                let kept = match fresh.blanks {
                    Blanks::None | Blanks::Closing => false,
                    Blanks::Inner => !leaf.lead.is_empty(),
                    Blanks::All => true,
                };
                if leaf.blank && kept {
                    self.blank();
                }
                self.row = Some(Row::new(fresh.indent, leaf));
                self.column = fresh.indent;
            }
            None => {
                if let Some(row) = &mut self.row {
                    if leaf.comma {
                        row.append(",");
                    }
                    if leaf.separator() > 0 {
                        row.cell(leaf, 1);
                    } else {
                        row.append(leaf.text);
                        row.last_line = leaf.last_line;
                    }
                }
                self.column += leaf.separator();
            }
        }
        let mut place = super::leaf::Place { line: 0, column: self.column };
        place.advance(leaf.text);
        self.column = place.column;
        if let Some(row) = &mut self.row {
            row.comment = leaf.trail;
        }
    }

    fn pieces(&mut self, pieces: &[Piece], indent: usize) {
        for piece in pieces {
            self.piece(piece, indent);
        }
    }

    fn piece(&mut self, piece: &Piece, indent: usize) {
        match piece {
            Piece::Leaf(leaf) => self.leaf(*leaf, indent + INDENT),
            Piece::Group(group) => self.group(group, indent),
            Piece::Branch(branch) => self.branch(branch, indent),
        }
    }

    fn branch(&mut self, branch: &Branch, indent: usize) {
        match branch.kind {
            NodeKind::Expression | NodeKind::Type => self.operands(branch, indent),
            NodeKind::If => self.conditional(branch, indent),
            NodeKind::Function => self.function(branch, indent),
            NodeKind::ListFor => self.loop_value(branch, indent),
            NodeKind::Input => self.conditions(branch, indent),
            NodeKind::Assert => self.words(branch, &["else"], indent),
            NodeKind::Where if self.is_wide(branch.first, branch.last) => self.words(branch, &["else"], indent),
            _ => self.pieces(&branch.pieces, indent),
        }
    }

    // ── forms ────────────────────────────────────────────────────────────

    fn group(&mut self, group: &Group, indent: usize) {
        let (Some(open), Some(close)) = (self.leaf_at(group.open), self.leaf_at(group.close)) else { return };
        let noted = open.trail.is_some() || !close.lead.is_empty();
        let Some(last) = group.items.last().filter(|item| !item.is_empty()) else {
            self.leaf(group.open, indent + INDENT);
            if noted {
                let notes = indent + INDENT;
                self.line_end(Fresh { indent, notes, blanks: Blanks::Inner });
            }
            self.leaf(group.close, indent);
            return;
        };
        let constants = group.kind == NodeKind::FunctionBody && group.items.len() > 1;
        let flat = self.is_flat(group.open, group.close) && !self.is_wide(group.open, group.close) && !constants;
        if flat || !noted && !constants && self.hugs(group, last) {
            self.leaf(group.open, indent + INDENT);
            for item in &group.items {
                self.pieces(item, indent);
            }
            self.leaf(group.close, indent);
            return;
        }
        let inner = indent + INDENT;
        self.leaf(group.open, inner);
        for first in group.items.iter().filter_map(|item| item.first()) {
            self.break_before(first.first());
        }
        self.break_before(group.close);
        for (position, item) in group.items.iter().enumerate() {
            let blanks = if position == 0 { Blanks::Inner } else { Blanks::All };
            self.line_end(Fresh { indent: inner, notes: inner, blanks });
            self.pieces(item, inner);
        }
        self.line_end(Fresh { indent, notes: inner, blanks: Blanks::Closing });
        self.leaf(group.close, indent);
    }

    /// Whether only the last thing of a group takes lines of its own, as in `f(a, {` or `[{`.
    fn hugs(&self, group: &Group, last: &[Piece]) -> bool {
        let alone = group.items.len() == 1;
        let looped = matches!(last, [Piece::Branch(only)] if only.kind == NodeKind::MapFor);
        let may = match group.kind {
            NodeKind::List | NodeKind::Group => alone,
            NodeKind::Record => looped,
            NodeKind::Arguments => true,
            _ => false,
        };
        let inner = last.last().and_then(bracketed);
        may && inner.is_some_and(|inner| {
            self.is_flat(group.open, inner.open) && self.start(group.open) + self.width(group.open, inner.open) <= WIDTH
        })
    }

    /// Operands between operators: all that bind loosest begin lines, or none.
    fn operands(&mut self, branch: &Branch, indent: usize) {
        let operators = self.loosest(branch);
        if operators.is_empty() || !self.is_wide(branch.first, branch.last) || self.defaults(branch) {
            self.pieces(&branch.pieces, indent);
            return;
        }
        for operator in &operators {
            self.break_before(*operator);
        }
        let inner = indent + INDENT;
        let mut behind = false;
        for piece in &branch.pieces {
            if operators.contains(&piece.first()) {
                behind = true;
                self.line_end(Fresh { indent: inner, notes: inner, blanks: Blanks::None });
            }
            self.piece(piece, if behind { inner } else { indent });
        }
    }

    /// Whether an expression is `… ?? {`.
    fn defaults(&self, branch: &Branch) -> bool {
        let [.., Piece::Leaf(operator), value] = branch.pieces.as_slice() else { return false };
        self.leaf_at(*operator).is_some_and(|leaf| leaf.text == "??") && self.has_room(branch.first, value)
    }

    /// The operators at which an expression or a union may go on in the next line.
    fn loosest(&self, branch: &Branch) -> Vec<usize> {
        let mut found: Option<(u8, Vec<usize>)> = None;
        for piece in &branch.pieces {
            let Piece::Leaf(number) = piece else { continue };
            let Some(strength) = self.leaf_at(*number).and_then(strength) else { continue };
            match &mut found {
                Some((loosest, operators)) if *loosest == strength => operators.push(*number),
                Some((loosest, _)) if *loosest < strength => {}
                _ => found = Some((strength, vec![*number])),
            }
        }
        found.map(|(_, operators)| operators).unwrap_or_default()
    }

    fn conditional(&mut self, branch: &Branch, indent: usize) {
        if self.is_wide(branch.first, branch.last) && !is_bracketed(branch) {
            self.words(branch, &["then", "else"], indent);
        } else {
            self.pieces(&branch.pieces, indent);
        }
    }

    /// Some words of a form begin lines.
    fn words(&mut self, branch: &Branch, words: &[&str], indent: usize) {
        let inner = indent + INDENT;
        let begins = |layout: &Self, piece: &Piece| match piece {
            Piece::Leaf(leaf) => layout.leaf_at(*leaf).is_some_and(|leaf| words.contains(&leaf.text)),
            Piece::Branch(_) | Piece::Group(_) => false,
        };
        for piece in &branch.pieces {
            if begins(self, piece) {
                self.break_before(piece.first());
            }
        }
        let mut behind = false;
        for piece in &branch.pieces {
            if begins(self, piece) {
                behind = true;
                self.line_end(Fresh { indent: inner, notes: inner, blanks: Blanks::None });
            }
            self.piece(piece, if behind { inner } else { indent });
        }
    }

    /// An input: its conditions stand on lines of their own.
    fn conditions(&mut self, branch: &Branch, indent: usize) {
        let inner = indent + INDENT;
        let is_where = |piece: &Piece| match piece {
            Piece::Branch(branch) => branch.kind == NodeKind::Where,
            Piece::Leaf(_) | Piece::Group(_) => false,
        };
        for piece in branch.pieces.iter().filter(|piece| is_where(piece)) {
            self.break_before(piece.first());
        }
        for piece in &branch.pieces {
            if is_where(piece) {
                self.line_end(Fresh { indent: inner, notes: inner, blanks: Blanks::None });
                self.piece(piece, inner);
            } else {
                self.piece(piece, indent);
            }
        }
    }

    /// A function: its value goes to the next line rather than its parameters to several.
    fn function(&mut self, branch: &Branch, indent: usize) {
        let value = branch.pieces.last().filter(|last| match last {
            Piece::Branch(last) => last.kind == NodeKind::Expression,
            Piece::Leaf(_) | Piece::Group(_) => false,
        });
        let moved = self.is_wide(branch.first, branch.last)
            && value.is_some_and(|value| !self.has_room(branch.first, value) && !self.begins_bracket(value));
        let Some(value) = value.filter(|_| moved) else {
            self.pieces(&branch.pieces, indent);
            return;
        };
        self.value_below(branch, value, indent);
    }

    /// A loop of a list: its value goes to the next line.
    fn loop_value(&mut self, branch: &Branch, indent: usize) {
        match branch.pieces.last() {
            Some(value) if self.is_wide(branch.first, branch.last) && bracketed(value).is_none() => {
                self.value_below(branch, value, indent);
            }
            _ => self.pieces(&branch.pieces, indent),
        }
    }

    /// The last piece stands below the others.
    fn value_below(&mut self, branch: &Branch, value: &Piece, indent: usize) {
        self.break_before(value.first());
        let head = branch.pieces.len().saturating_sub(1);
        self.pieces(branch.pieces.get(..head).unwrap_or_default(), indent);
        let inner = indent + INDENT;
        self.line_end(Fresh { indent: inner, notes: inner, blanks: Blanks::None });
        self.piece(value, inner);
    }

    /// Whether a value is `[ … ].any()` and the like: its brackets take the lines.
    fn begins_bracket(&self, value: &Piece) -> bool {
        let Piece::Branch(value) = value else { return false };
        let bracket = match value.pieces.first() {
            Some(Piece::Branch(first)) => is_literal(first),
            Some(Piece::Leaf(_) | Piece::Group(_)) | None => false,
        };
        bracket && self.loosest(value).is_empty()
    }
}

/// Whether brackets are all there is of a value.
fn is_literal(branch: &Branch) -> bool {
    matches!(branch.kind, NodeKind::Record | NodeKind::List | NodeKind::Construct | NodeKind::Match | NodeKind::Group)
}

/// The last brackets of a value that is a record, a list and the like, or a call with one as its last argument.
fn bracketed(piece: &Piece) -> Option<&Group> {
    match piece {
        Piece::Leaf(_) => None,
        Piece::Group(group) => (!group.items.is_empty()).then_some(group),
        Piece::Branch(branch) if branch.kind == NodeKind::Expression => match branch.pieces.as_slice() {
            [only] => bracketed(only),
            [.., Piece::Branch(call)] if call.kind == NodeKind::Arguments => {
                let plain = branch.pieces.iter().all(|piece| match piece {
                    Piece::Branch(_) => true,
                    Piece::Leaf(_) | Piece::Group(_) => false,
                });
                let [Piece::Group(arguments)] = call.pieces.as_slice() else { return None };
                let last = arguments.items.last()?.last().filter(|_| plain)?;
                bracketed(last)
            }
            _ => None,
        },
        Piece::Branch(branch) if is_literal(branch) => branch.pieces.last().and_then(bracketed),
        Piece::Branch(branch) => match branch.kind {
            NodeKind::Argument | NodeKind::Spread | NodeKind::ListFor | NodeKind::MapFor => {
                branch.pieces.last().and_then(bracketed)
            }
            _ => None,
        },
    }
}

/// Whether all branches of a conditional are records, lists and the like, which take lines of their own by themselves.
fn is_bracketed(conditional: &Branch) -> bool {
    let branches = conditional.pieces.iter().filter_map(|piece| match piece {
        Piece::Branch(branch) => Some(branch),
        Piece::Leaf(_) | Piece::Group(_) => None,
    });
    branches.skip(1).all(|branch| match branch.pieces.as_slice() {
        [Piece::Branch(value)] if value.kind == NodeKind::If => is_bracketed(value),
        [Piece::Branch(value)] => is_literal(value),
        _ => false,
    })
}

/// How strongly an operator binds at which a line may begin.
fn strength(leaf: &Leaf<'_>) -> Option<u8> {
    let union = leaf.kind == TokenKind::Sign && leaf.parent == NodeKind::Type && leaf.text == "|";
    match leaf.text {
        "|" if union => Some(0),
        _ if leaf.kind != TokenKind::Operator => None,
        "??" => Some(1),
        "||" => Some(2),
        "&&" => Some(3),
        "==" | "!=" | "<" | "<=" | ">" | ">=" => Some(4),
        "+" => Some(5),
        "*" => Some(6),
        _ => None,
    }
}
