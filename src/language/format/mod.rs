//! The formatter: one way to write every program.
//!
//! It works on the lossless tree, so comments stay; items that cannot be read stay as they are. What it gives is read
//! again and compared before anybody gets it.

mod align;
mod layout;
mod leaf;
mod line;
mod shape;
mod space;

use super::syntax;
use super::tree::{Part, TokenKind};
use leaf::Place;
use line::Line;

/// Lines are at most this wide, unless a text or a name alone is wider.
pub const WIDTH: usize = 120;

/// A text, formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatted {
    /// The text.
    pub text: String,
    /// How many declarations and lines could not be read and are as they were.
    pub broken: usize,
}

/// Why a text was not formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// It has more than 10 MiB.
    TooLarge,
    /// The result would not mean the same: a mistake of the formatter.
    Changed,
}

impl std::fmt::Display for FormatError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::TooLarge => "the file is larger than 10 MiB",
            Self::Changed => "internal error: the formatted text would not mean the same, so it is left as it is",
        })
    }
}

/// Formats a text. Line ends are those of its first line; a byte order mark is left out.
///
/// # Errors
/// The text is too large, or formatting it would change what it means.
pub fn format(text: &str) -> Result<Formatted, FormatError> {
    if text.len() > syntax::MAX_FILE {
        return Err(FormatError::TooLarge);
    }
    let original = text;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let windows = text.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
    let unified = text.replace("\r\n", "\n");
    if unified.contains('\r') {
        // Nobody knows where its lines end.
        return Ok(Formatted { text: original.to_owned(), broken: 1 });
    }
    let tree = syntax::tree(&unified);
    let broken = tree.broken().count();
    let formatted = print(&unified, &tree.parts);
    if shape::of(&unified) != shape::of(&formatted) {
        return Err(FormatError::Changed);
    }
    let text = if windows { formatted.replace('\n', "\r\n") } else { formatted };
    Ok(Formatted { text, broken })
}

fn print(source: &str, parts: &[Part]) -> String {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut place = Place::default();
    let mut ends = 0;
    let mut column = 0;
    for part in parts {
        let separate = |lines: &mut Vec<Line<'_>>, ends: usize| {
            if ends > 1 && !lines.is_empty() {
                lines.push(Line::Blank);
            }
        };
        match part {
            Part::Item(node) => {
                separate(&mut lines, ends);
                layout::item(&leaf::read(source, node, place), &mut lines);
                ends = 0;
                let (start, end) = node.range();
                place.advance(source.get(start..end).unwrap_or_default());
            }
            Part::Token(token) => {
                let text = token.text(source);
                match token.kind {
                    TokenKind::NewLine => {
                        ends += 1;
                        column = 0;
                    }
                    TokenKind::Blank => column += text.len(),
                    TokenKind::Comment => {
                        separate(&mut lines, ends);
                        // A doc comment that did not stand in the first column documents nothing.
                        let indent = if column > 0 && text.starts_with("##") { layout::INDENT } else { 0 };
                        lines.push(Line::Comment(indent, text));
                        ends = 0;
                    }
                    TokenKind::Broken
                    | TokenKind::Sign
                    | TokenKind::Operator
                    | TokenKind::Prefix
                    | TokenKind::Word
                    | TokenKind::Number
                    | TokenKind::Text => {
                        separate(&mut lines, ends);
                        lines.push(Line::Verbatim(text));
                        ends = 0;
                    }
                }
                place.advance(text);
            }
        }
    }
    align::align(&mut lines);
    line::render(&lines)
}

#[cfg(test)]
mod tests;
