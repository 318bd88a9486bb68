//! Source text becomes a syntax tree. Parsing never fails: what cannot be read is reported and left out.
//!
//! A text is cut into items at column 0 (`split`); every item is parsed on its own by the grammar, and if that
//! fails, mended and parsed again (`recover`). Nothing of pest is visible outside of this folder.

pub mod ast;
mod brackets;
mod concrete;
mod expression;
mod grammar;
mod item;
mod mistake;
mod nesting;
mod recover;
mod split;
mod text;
mod unclosed;
pub mod walk;

pub use concrete::{docs, tree};
pub use nesting::MAX_CHAIN;
pub use split::{KEYWORDS, MAX_DEPTH, MAX_ITEM};

use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, SourceText, Span};
use ast::Document;

/// A source text may have this many bytes.
pub const MAX_FILE: usize = 10 * 1024 * 1024;

/// Parses a source text.
pub fn parse(source: SourceId, original: &SourceText) -> (Document, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    if original.text.len() > MAX_FILE {
        diagnostics.push(
            Diagnostic::error(
                "syntax::too_large",
                "This file is larger than 10 MiB",
                Span::new(source, 0, 0),
                format!("{} bytes", original.text.len()),
            )
            .help(
                "split it: all files of a stack's directory are one scope. Data belongs into a file read with file()",
            ),
        );
        return (Document { source, items: Vec::new() }, diagnostics);
    }
    let readable = hidden_characters(source, &original.text, &mut diagnostics);
    let text = readable.as_deref().unwrap_or(&original.text);
    let (pieces, strays) = split::split(text);
    for stray in strays {
        diagnostics.push(mistake::stray_line(source, text, stray));
    }
    let mut items = Vec::with_capacity(pieces.len());
    let mut following = pieces.iter().skip(1);
    for piece in &pieces {
        items.push(recover::item(source, text, piece, following.next(), &mut diagnostics));
    }
    for diagnostic in &mut diagnostics {
        stay_inside(&original.text, diagnostic);
    }
    (Document { source, items }, diagnostics)
}

/// A mended item may end behind its text; places of reports do not.
fn stay_inside(text: &str, diagnostic: &mut Diagnostic) {
    let spans = diagnostic.labels.iter_mut().map(|label| &mut label.span);
    let edits = diagnostic.fixes.iter_mut().flat_map(|fix| &mut fix.edits);
    for span in spans.chain(edits.map(|edit| &mut edit.span)) {
        let last =
            |at: u32| (0..=(at as usize).min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        *span = Span::new(span.source, last(span.start), last(span.end));
    }
}

/// Reports characters a reader cannot see; returns the text with blanks instead of them.
fn hidden_characters(source: SourceId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let hidden = |character: &char| {
        (character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{2028}' | '\u{2029}')
            || matches!(character, '\u{e0000}'..='\u{e007f}')
    };
    let lone_returns = text.matches('\r').count() != text.matches("\r\n").count();
    if !lone_returns && !text.contains(|character| hidden(&character)) {
        return None;
    }
    let mut readable = String::with_capacity(text.len());
    let mut reported_line_start = None;
    let mut line_start = 0;
    let mut old_line_ends = false;
    for (at, character) in text.char_indices() {
        if character == '\n' {
            line_start = at + 1;
        }
        if character == '\r' && !text.get(at + 1..).is_some_and(|rest| rest.starts_with('\n')) {
            // Read as the line end it was meant to be; said once.
            readable.push('\n');
            if !std::mem::replace(&mut old_line_ends, true) {
                diagnostics.push(
                    Diagnostic::error(
                        "syntax::hidden_character",
                        "A line ends with a carriage return alone",
                        Span::new(source, at, at + 1),
                        "U+000D stands here, and no line feed behind it",
                    )
                    .help("save the file with line feeds (LF or CRLF) at the ends of lines"),
                );
            }
        } else if hidden(&character) {
            readable.extend(std::iter::repeat_n(' ', character.len_utf8()));
            if reported_line_start != Some(line_start) {
                reported_line_start = Some(line_start);
                diagnostics.push(
                    Diagnostic::error(
                        "syntax::hidden_character",
                        "A character that cannot be seen",
                        Span::new(source, at, at + character.len_utf8()),
                        format!("U+{:04X} stands here", u32::from(character)),
                    )
                    .help("such characters can make text look different from what it is; remove it"),
                );
            }
        } else {
            readable.push(character);
        }
    }
    Some(readable)
}

#[cfg(test)]
mod tests;
