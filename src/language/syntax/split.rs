//! Cuts a text into items at column 0, without parsing it.
//!
//! A line that starts in the first column with a letter or `@` starts an item; no text, bracket or comment can hide
//! one. A mistake can therefore never reach the next item.

use super::brackets::Scanner;

/// Brackets may nest this deep.
pub const MAX_DEPTH: usize = 128;
/// A declaration may have this many bytes; larger data belongs into a file.
pub const MAX_ITEM: usize = 64 * 1024;

/// The words that can start an item.
pub const KEYWORDS: [&str; 17] = [
    "action",
    "assert",
    "component",
    "env",
    "fn",
    "forget",
    "import",
    "input",
    "let",
    "lookup",
    "output",
    "policy",
    "provider",
    "resource",
    "stack",
    "test",
    "type",
];

/// Words that cannot be names.
pub const RESERVED: [&str; 9] = ["if", "then", "else", "match", "for", "in", "by", "where", "return"];

/// A piece of the text that is one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The first byte: a decorator or the keyword.
    pub start: usize,
    /// Behind the last byte that is not blank.
    pub end: usize,
    /// The `##` lines above, joined.
    pub docs: Option<String>,
    /// A line inside a `"""` text that starts in the first column.
    pub text_in_first_column: Option<(usize, usize)>,
    /// The bracket, counted from the start of the item, that nests too deep.
    pub too_deep: Option<usize>,
}

/// A line that belongs to no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stray {
    /// The first byte of the line.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
}

/// Cuts a text into items, and reports lines that belong to none.
pub fn split(text: &str) -> (Vec<Piece>, Vec<Stray>) {
    let mut splitter = Splitter::default();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        splitter.line(start, line.trim_end());
        start += line.len();
    }
    splitter.finish();
    (splitter.pieces, splitter.strays)
}

#[derive(Default)]
struct Splitter {
    pieces: Vec<Piece>,
    strays: Vec<Stray>,
    current: Option<Piece>,
    /// Whether the current item has only decorators so far.
    decorated: bool,
    docs: Vec<String>,
    scanner: Option<Scanner>,
}

impl Splitter {
    fn line(&mut self, start: usize, line: &str) {
        let end = start + line.len();
        let first = line.chars().next();
        match first {
            Some('#') if !self.in_block_text() => {
                if let Some(doc) = line.strip_prefix("##") {
                    self.docs.push(doc.strip_prefix(' ').unwrap_or(doc).to_owned());
                }
                return;
            }
            Some(first) if first.is_alphabetic() || first == '_' || first == '@' || first == '#' => {
                if self.in_block_text() && !starts_declaration(line) {
                    // Most likely the text of a script: it stays in its item and is reported there.
                    if let Some(piece) = &mut self.current {
                        piece.text_in_first_column.get_or_insert((start, end));
                        piece.end = end;
                    }
                    self.track(line);
                    return;
                }
                if self.decorated {
                    self.document();
                } else {
                    self.begin(start);
                }
                self.decorated = first == '@';
            }
            Some(' ' | '\t') if !self.decorated && self.nothing_open() && declares(line.trim_start()) => {
                // Meant as a declaration: reported, and read as one, so that its name is known.
                self.strays.push(Stray { start, end });
                self.begin(end - line.trim_start().len());
            }
            Some(' ' | '\t' | '}' | ')' | ']') | None => {}
            Some(_) => {
                if self.in_block_text() || line.starts_with("\"\"\"") {
                    if !line.starts_with("\"\"\"")
                        && let Some(piece) = &mut self.current
                    {
                        piece.text_in_first_column.get_or_insert((start, end));
                    }
                } else {
                    self.strays.push(Stray { start, end });
                    return;
                }
            }
        }
        if line.trim().is_empty() {
            return;
        }
        if let Some(piece) = &mut self.current {
            piece.end = end;
            if !line.trim_start().starts_with('#') {
                // What stands inside of an item documents nothing.
                self.docs.clear();
            }
            self.track(line);
        } else if !line.trim_start().starts_with('#') {
            self.strays.push(Stray { start, end });
        }
    }

    fn begin(&mut self, start: usize) {
        self.finish();
        self.current = Some(Piece { start, end: start, docs: None, text_in_first_column: None, too_deep: None });
        self.document();
    }

    /// The `##` lines so far document the current item.
    fn document(&mut self) {
        let lines = std::mem::take(&mut self.docs);
        if let Some(piece) = self.current.as_mut().filter(|_| !lines.is_empty()) {
            let above = piece.docs.take().into_iter();
            piece.docs = Some(above.chain(lines).collect::<Vec<_>>().join("\n"));
        }
    }

    fn finish(&mut self) {
        let scanner = self.scanner.take();
        if let Some(mut piece) = self.current.take() {
            piece.too_deep = scanner.and_then(|scanner| scanner.too_deep);
            self.pieces.push(piece);
        }
    }

    fn nothing_open(&self) -> bool {
        self.scanner.as_ref().is_none_or(|scanner| scanner.open.is_empty())
    }

    fn in_block_text(&self) -> bool {
        self.scanner.as_ref().is_some_and(Scanner::in_block_text)
    }

    fn track(&mut self, line: &str) {
        let scanner = self.scanner.get_or_insert_with(|| Scanner::new(MAX_DEPTH));
        scanner.feed(line);
        scanner.feed("\n");
    }
}

/// Whether a line begins as only declarations do: a keyword and a name.
fn declares(line: &str) -> bool {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let next: String =
        rest.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    // Behind a name of that spelling an expression may go on.
    KEYWORDS.contains(&word)
        && !RESERVED.contains(&next.as_str())
        && rest.trim_start().starts_with(|first: char| first.is_alphabetic() || first == '_' || first == '{')
}

fn starts_declaration(line: &str) -> bool {
    let word: String = line.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
    line.starts_with('@') || KEYWORDS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::split;

    fn pieces(text: &str) -> Vec<&str> {
        split(text).0.iter().map(|piece| &text[piece.start..piece.end]).collect()
    }

    #[test]
    fn items_start_in_the_first_column() {
        assert_eq!(
            pieces("# c\nlet a = 1 # x\n\n## Doc\n@protect\nresource b = T {\n  x: 1\n}\nlet c = 2\n"),
            ["let a = 1 # x", "@protect\nresource b = T {\n  x: 1\n}", "let c = 2"]
        );
        // A value may be called like a keyword.
        assert_eq!(pieces("let a = if b then\n  resource else\n  c\n").len(), 1);
        let (pieces, strays) = split("## One\n## two\nlet a = 1\n  }\n");
        assert_eq!(pieces[0].docs.as_deref(), Some("One\ntwo"));
        assert!(strays.is_empty());
    }

    #[test]
    fn doc_comments_document_the_item_below_them() {
        let docs = |text: &str| split(text).0.iter().map(|piece| piece.docs.clone()).collect::<Vec<_>>();
        let doc = |text: &str| Some(text.to_owned());
        assert_eq!(docs("## A\n@protect\n## B\nlet a = 1\nlet b = 1"), [doc("A\nB"), None]);
        assert_eq!(docs("let a = {\n## inside\n  x: 1\n}\nlet b = 1"), [None, None]);
        assert_eq!(docs("let a = 1\n## B\n  # note\nlet b = 1"), [None, doc("B")]);
    }

    #[test]
    fn an_open_text_never_hides_a_declaration() {
        assert_eq!(pieces("let a = \"\"\"\n  x\nlet b = 1"), ["let a = \"\"\"\n  x", "let b = 1"]);
    }

    #[test]
    fn a_script_in_the_first_column_stays_in_its_item() {
        let text = "let a = \"\"\"\n#!/bin/sh\nexec x\n  \"\"\"\nlet b = 1";
        let (pieces, _) = split(text);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0].text_in_first_column.map(|(start, end)| &text[start..end]), Some("#!/bin/sh"));
    }

    #[test]
    fn lines_of_no_item_are_strays() {
        let text = "  indented\n-- x\nlet a = 1";
        let (_, strays) = split(text);
        assert_eq!(
            strays.iter().map(|stray| &text[stray.start..stray.end]).collect::<Vec<_>>(),
            ["  indented", "-- x"]
        );
    }
}
