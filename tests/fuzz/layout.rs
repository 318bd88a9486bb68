//! Text of a program with blanks, line ends and comments wherever the grammar lets them stand.

use crate::numbers::Numbers;

/// A program that is being written.
pub struct Writer<'n> {
    /// The text so far.
    pub text: String,
    /// Where choices come from.
    pub numbers: &'n mut Numbers,
    notes: usize,
}

impl<'n> Writer<'n> {
    /// Writes nothing yet.
    pub fn new(numbers: &'n mut Numbers) -> Self {
        Self { text: String::new(), numbers, notes: 0 }
    }

    /// A word, separated from a word before it.
    pub fn word(&mut self, word: &str) {
        let touches = self.text.ends_with(|last: char| last.is_alphanumeric() || "_%\"".contains(last));
        if touches && word.starts_with(|first: char| first.is_alphanumeric() || "_\"".contains(first)) {
            self.text.push(' ');
        }
        self.blanks();
        self.text.push_str(word);
    }

    /// A sign.
    pub fn sign(&mut self, sign: &str) {
        self.blanks();
        // `.` and `..` behind each other would be read as one.
        if self.text.ends_with('.') && sign.starts_with('.') || self.text.ends_with(['<', '>', '=', '!']) {
            self.text.push(' ');
        }
        self.text.push_str(sign);
    }

    /// Perhaps blanks.
    pub fn blanks(&mut self) {
        if !self.text.ends_with('\n') {
            match self.numbers.below(8) {
                0 => self.text.push_str("   "),
                1 => self.text.push('\t'),
                2..=5 => self.text.push(' '),
                _ => {}
            }
        }
    }

    /// A line end, perhaps behind a comment, perhaps with comments and empty lines below it, and the next line's blanks.
    pub fn line_end(&mut self) {
        if self.numbers.once_in(6) {
            self.blanks();
            self.note();
        }
        self.text.push('\n');
        while self.numbers.once_in(6) {
            match self.numbers.below(3) {
                0 => self.text.push('\n'),
                1 => {
                    self.note();
                    self.text.push('\n');
                }
                _ => {
                    self.text.push_str("    ");
                    self.note();
                    self.text.push('\n');
                }
            }
        }
        let indent = 1 + self.numbers.below(5);
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    /// A comment that no other is equal to.
    pub fn note(&mut self) {
        self.notes += 1;
        let sign = if self.numbers.once_in(4) { "##" } else { "#" };
        let said = self.numbers.one(&["", " note", " { [ ( \"", "\"\"\"", " ü → # x", " a = 1  ", "no blank"]);
        let number = self.notes;
        self.text.push_str(&format!("{sign}{said} {number}"));
    }

    /// Where a line may end.
    pub fn maybe_line_end(&mut self) {
        if self.numbers.once_in(4) {
            self.line_end();
        }
    }

    /// What separates things in brackets.
    pub fn separator(&mut self) {
        match self.numbers.below(4) {
            0 => self.line_end(),
            1 => {
                self.sign(",");
                self.line_end();
            }
            2 => {
                self.line_end();
                self.sign(",");
            }
            _ => self.sign(","),
        }
    }

    /// Things in brackets. `commas` says whether a separator may stand before the first.
    pub fn bracketed(&mut self, open: &str, close: &str, count: usize, mut thing: impl FnMut(&mut Self)) {
        self.sign(open);
        self.maybe_line_end();
        for number in 0..count {
            if number > 0 {
                self.separator();
            }
            thing(self);
        }
        if count > 0 && self.numbers.once_in(6) {
            self.separator();
        } else {
            self.maybe_line_end();
        }
        self.sign(close);
    }
}
