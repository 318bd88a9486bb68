//! Brackets and texts, found by a scan that needs no grammar.

/// An open bracket or text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Where it stands.
    pub at: usize,
    /// What it is.
    pub kind: OpenKind,
    /// How far the line on which it stands is indented.
    pub indent: usize,
}

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenKind {
    /// `{`, `[` or `(`, with the bracket that closes it.
    Bracket(u8),
    /// `"`, closed on the same line.
    Text,
    /// `"""`, over several lines.
    BlockText,
    /// `r"`.
    RawText,
    /// `r"""`.
    RawBlockText,
}

/// A scan over a piece of source text, fed piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Scanner {
    /// What is open, outermost first.
    pub open: Vec<Open>,
    /// Closing brackets without a partner.
    pub stray: Vec<usize>,
    /// Brackets that are closed: opening and closing place.
    pub pairs: Vec<(usize, usize)>,
    /// The bracket that went beyond the limit of nesting.
    pub too_deep: Option<usize>,
    /// Quotes of one-line texts that do not end on their line.
    pub unterminated: Vec<usize>,
    limit: usize,
    position: usize,
    indent: usize,
    at_line_start: bool,
}

impl Scanner {
    /// A scanner at the start of a line; `limit` is the deepest nesting that is accepted.
    pub fn new(limit: usize) -> Self {
        Self { limit, at_line_start: true, ..Self::default() }
    }

    /// Scans a whole text.
    pub fn scan(text: &str, limit: usize) -> Self {
        let mut scanner = Self::new(limit);
        scanner.feed(text);
        scanner.end_line_texts();
        scanner
    }

    /// Whether a text of several lines is open.
    pub fn in_block_text(&self) -> bool {
        matches!(self.top(), Some(OpenKind::BlockText | OpenKind::RawBlockText))
    }

    /// Reads on.
    pub fn feed(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let start = self.position;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            self.position = start + at;
            if byte == b'\n' {
                self.end_line_texts();
                self.at_line_start = true;
                self.indent = 0;
                at += 1;
                continue;
            }
            if self.at_line_start {
                if byte == b' ' || byte == b'\t' {
                    self.indent += 1;
                } else {
                    self.at_line_start = false;
                }
            }
            at += match self.top() {
                None | Some(OpenKind::Bracket(_)) => self.code(bytes, at),
                Some(kind @ (OpenKind::Text | OpenKind::BlockText | OpenKind::RawText | OpenKind::RawBlockText)) => {
                    self.text(bytes, at, kind)
                }
            };
        }
        self.position = start + bytes.len();
    }

    fn top(&self) -> Option<OpenKind> {
        self.open.last().map(|open| open.kind)
    }

    /// One step outside of texts; returns how many bytes it took.
    fn code(&mut self, bytes: &[u8], at: usize) -> usize {
        let here = |what: &[u8]| bytes.get(at..at + what.len()) == Some(what);
        let after_word = at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(|byte| is_word(*byte));
        if here(b"#") {
            return bytes.iter().skip(at).position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at);
        }
        if !after_word && here(b"r\"\"\"") {
            return self.push(1, OpenKind::RawBlockText, 4);
        }
        if !after_word && here(b"r\"") {
            return self.push(1, OpenKind::RawText, 2);
        }
        if here(b"\"\"\"") {
            return self.push(0, OpenKind::BlockText, 3);
        }
        match bytes.get(at) {
            Some(b'"') => self.push(0, OpenKind::Text, 1),
            Some(b'{') => self.push(0, OpenKind::Bracket(b'}'), 1),
            Some(b'[') => self.push(0, OpenKind::Bracket(b']'), 1),
            Some(b'(') => self.push(0, OpenKind::Bracket(b')'), 1),
            Some(closer @ (b'}' | b']' | b')')) => {
                if self.top() == Some(OpenKind::Bracket(*closer)) {
                    self.pop();
                } else {
                    self.stray.push(self.position);
                }
                1
            }
            _ => 1,
        }
    }

    /// One step inside of a text; returns how many bytes it took.
    fn text(&mut self, bytes: &[u8], at: usize, kind: OpenKind) -> usize {
        let here = |what: &[u8]| bytes.get(at..at + what.len()) == Some(what);
        let raw = matches!(kind, OpenKind::RawText | OpenKind::RawBlockText);
        let block = matches!(kind, OpenKind::BlockText | OpenKind::RawBlockText);
        if !raw && here(b"\\") && bytes.get(at + 1) != Some(&b'\n') {
            return 2;
        }
        if !raw && here(b"${") {
            return self.push(1, OpenKind::Bracket(b'}'), 2);
        }
        if block && here(b"\"\"\"") {
            self.open.pop();
            return 3;
        }
        if !block && here(b"\"") {
            self.open.pop();
        }
        1
    }

    fn push(&mut self, offset: usize, kind: OpenKind, length: usize) -> usize {
        let at = self.position + offset;
        self.open.push(Open { at, kind, indent: self.indent });
        if self.open.len() > self.limit {
            self.too_deep.get_or_insert(at);
        }
        length
    }

    fn pop(&mut self) {
        if let Some(open) = self.open.pop() {
            self.pairs.push((open.at, self.position));
        }
    }

    /// At a line end all one-line texts end, and what is open inside of them.
    fn end_line_texts(&mut self) {
        let is_line_text = |open: &Open| matches!(open.kind, OpenKind::Text | OpenKind::RawText);
        if let Some(first) = self.open.iter().position(is_line_text) {
            if let Some(open) = self.open.get(first) {
                self.unterminated.push(open.at);
            }
            self.open.truncate(first);
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::Scanner;

    #[test]
    fn brackets_in_texts_and_comments_do_not_count() {
        let found = Scanner::scan("a: { # }\n b: \"}\" c: \"${f({})}\" d: r\"}\"\n}", 128);
        assert!(found.open.is_empty() && found.stray.is_empty() && found.unterminated.is_empty());
        assert!(Scanner::scan("a: \"${f({})}\"", 3).too_deep.is_some());
        assert!(Scanner::scan("a: \"${f({})}\"", 4).too_deep.is_none());
    }

    #[test]
    fn open_brackets_and_texts_are_found() {
        let found = Scanner::scan("a: {\n  b: [1\n", 128);
        assert_eq!(found.open.iter().map(|open| (open.at, open.indent)).collect::<Vec<_>>(), [(3, 0), (10, 2)]);
        assert_eq!(Scanner::scan("a: \"b\n c: 1", 128).unterminated, [3]);
        assert_eq!(Scanner::scan("a: \"\"\"\n b", 128).open.first().map(|open| open.at), Some(3));
        assert_eq!(Scanner::scan("a: )", 128).stray, [3]);
    }

    #[test]
    fn texts_are_tracked_line_by_line() {
        let mut scanner = Scanner::new(128);
        scanner.feed("x: base64(\"\"\"\n");
        assert!(scanner.in_block_text());
        scanner.feed("  ${ \"}\" }\n");
        assert!(scanner.in_block_text());
        scanner.feed("  \"\"\")\n");
        assert!(!scanner.in_block_text() && scanner.open.is_empty());
    }
}
