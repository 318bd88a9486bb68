//! Lines of the result, before columns are aligned.

use unicode_width::UnicodeWidthStr as _;

use super::leaf::{Leaf, Note};

/// A line of the result, or several that are kept as they are.
#[derive(Debug)]
pub enum Line<'t> {
    /// An empty line.
    Blank,
    /// A comment on a line of its own.
    Comment(usize, &'t str),
    /// Text that is kept as it is.
    Verbatim(&'t str),
    /// Code.
    Row(Row<'t>),
}

/// A line of code.
#[derive(Debug)]
pub struct Row<'t> {
    /// Blanks before it.
    pub indent: usize,
    /// What stands between blanks.
    pub cells: Vec<Cell>,
    /// The comment at its end.
    pub comment: Option<Note<'t>>,
    /// Blanks before the comment.
    pub comment_gap: usize,
    /// The line of the source where it began.
    pub first_line: usize,
    /// The line of the source where it ended.
    pub last_line: usize,
}

/// A text between blanks.
#[derive(Debug)]
pub struct Cell {
    /// The text; the last one of a row may have line ends.
    pub text: String,
    /// Blanks before it.
    pub gap: usize,
    /// Where it stood: its line and its column.
    pub from: (usize, usize),
    /// How many blanks stood before it.
    pub gap_before: usize,
}

impl<'t> Row<'t> {
    /// A line that begins with a leaf.
    pub fn new(indent: usize, leaf: &Leaf<'t>) -> Self {
        let mut row = Self {
            indent,
            cells: Vec::new(),
            comment: None,
            comment_gap: 2,
            first_line: leaf.line,
            last_line: leaf.last_line,
        };
        row.cell(leaf, 0);
        row
    }

    /// A leaf behind blanks.
    pub fn cell(&mut self, leaf: &Leaf<'t>, gap: usize) {
        self.last_line = leaf.last_line;
        let from = (leaf.line, leaf.column);
        self.cells.push(Cell { text: leaf.text.to_owned(), gap, from, gap_before: leaf.gap });
    }

    /// A text directly behind the last cell.
    pub fn append(&mut self, text: &str) {
        if let Some(cell) = self.cells.last_mut() {
            cell.text.push_str(text);
        }
    }

    /// The column behind its code, or behind the first line of it.
    pub fn width(&self) -> usize {
        let first = |text: &str| text.split('\n').next().unwrap_or_default().width();
        self.cells.iter().fold(self.indent, |column, cell| column + cell.gap + first(&cell.text))
    }

    /// The column where a cell begins.
    pub fn column(&self, cell: usize) -> usize {
        let before =
            self.cells.iter().take(cell).fold(self.indent, |column, cell| column + cell.gap + cell.text.width());
        before + self.cells.get(cell).map_or(0, |cell| cell.gap)
    }

    /// Whether a text with line ends stands in it.
    pub fn is_tall(&self) -> bool {
        self.cells.iter().any(|cell| cell.text.contains('\n'))
    }
}

/// The lines as text.
pub fn render(lines: &[Line<'_>]) -> String {
    let mut text = String::new();
    let blanks = |text: &mut String, count| text.extend(std::iter::repeat_n(' ', count));
    for line in lines {
        match line {
            Line::Blank => {}
            Line::Comment(indent, comment) => {
                blanks(&mut text, *indent);
                text.push_str(comment);
            }
            Line::Verbatim(verbatim) => text.push_str(verbatim),
            Line::Row(row) => {
                blanks(&mut text, row.indent);
                for cell in &row.cells {
                    blanks(&mut text, cell.gap);
                    text.push_str(&cell.text);
                }
                if let Some(comment) = &row.comment {
                    blanks(&mut text, row.comment_gap);
                    text.push_str(comment.text);
                }
            }
        }
        text.push('\n');
    }
    text
}
