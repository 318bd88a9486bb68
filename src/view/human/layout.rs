//! Lines that fit: how wide they may be, how much they say, and ASCII where a terminal knows nothing else.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How much a plan says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Every leaf, uncut, nothing folded.
    Full,
    /// What a reviewer needs.
    #[default]
    Default,
    /// Only what happens to which resource.
    Names,
}

/// How lines are laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Columns.
    pub width: usize,
    /// Whether only ASCII may be used.
    pub ascii: bool,
    /// How much is said.
    pub detail: Detail,
}

/// What a line says about a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nothing of its own.
    Plain,
    /// Something joins.
    Added,
    /// Something leaves.
    Removed,
}

/// A line without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it says.
    pub mark: Mark,
    /// Its text, indented.
    pub text: String,
}

impl Layout {
    /// Whether nothing may be left out.
    pub fn whole(self) -> bool {
        self.detail == Detail::Full
    }

    /// Text in the characters the terminal knows.
    pub fn spell(self, text: &str) -> String {
        if self.ascii { ascii(text) } else { text.to_owned() }
    }

    /// Text as lines that fit: the first one indented, the others a little more.
    pub fn rows(self, mark: Mark, indent: usize, hanging: usize, text: &str) -> Vec<Row> {
        let lines = wrap(&self.spell(text), self.width.saturating_sub(indent), self.width.saturating_sub(hanging));
        let indents = std::iter::once(indent).chain(std::iter::repeat(hanging));
        lines
            .into_iter()
            .zip(indents)
            .map(|(line, indent)| Row { mark, text: format!("{}{line}", " ".repeat(indent)) })
            .collect()
    }

    /// One line, cut at its end if it is too long.
    pub fn cut_row(self, mark: Mark, indent: usize, text: &str) -> Row {
        let text = self.spell(text);
        let room = self.width.saturating_sub(indent);
        let ellipsis = self.spell("…");
        let text = if columns(&text) <= room {
            text
        } else {
            let start = wrap(&text, room.saturating_sub(columns(&ellipsis)), 8).into_iter().next().unwrap_or_default();
            format!("{start}{ellipsis}")
        };
        Row { mark, text: format!("{}{text}", " ".repeat(indent)) }
    }
}

/// How many columns a text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Breaks a text into lines of at most so many columns, after spaces where there are any.
pub fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut space: Option<usize> = None;
    for character in text.chars() {
        loop {
            let limit = if lines.is_empty() { first } else { rest }.max(8);
            if columns(&line) + character.width().unwrap_or(0) <= limit {
                break;
            }
            let at = space.take().unwrap_or_else(|| fitting(&line, limit));
            let tail = line.split_off(at);
            lines.push(std::mem::replace(&mut line, tail.trim_start().to_owned()).trim_end().to_owned());
        }
        // A sign stays with what it is the sign of.
        if character == ' ' && line.len() > 2 {
            space = Some(line.len());
        }
        line.push(character);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Where the part of a text ends that takes so many columns.
fn fitting(text: &str, limit: usize) -> usize {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > limit {
            return at;
        }
    }
    text.len()
}

/// Cuts a long text in the middle, where it says least.
pub fn cut(text: &str, longest: usize) -> String {
    let count = text.chars().count();
    if count <= longest {
        return text.to_owned();
    }
    let half = (longest / 2).saturating_sub(2);
    let start: String = text.chars().take(half).collect();
    let end: String = text.chars().skip(count - half).collect();
    format!("{start} … {end}")
}

/// Symbols for terminals that only know ASCII; other characters by their number, so that no two look alike.
fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '✖' => plain.push('x'),
            '▲' => plain.push('!'),
            '±' => plain.push_str("-/+"),
            '→' => plain.push_str("->"),
            '↳' => plain.push_str("=>"),
            '·' => plain.push('|'),
            '…' => plain.push_str("..."),
            '⟨' => plain.push('<'),
            '⟩' => plain.push('>'),
            character if character.is_ascii() => plain.push(character),
            character => plain.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{Detail, Layout, Mark, ascii, wrap};

    #[test]
    fn lines_fit() {
        assert_eq!(wrap("one two three four", 9, 10), ["one two", "three four"]);
        assert_eq!(wrap("0123456789abcdefgh", 10, 8), ["0123456789", "abcdefgh"]);
        assert_eq!(wrap("日本語日本語", 8, 8), ["日本語日", "本語"]);
        assert_eq!(wrap("", 10, 10), [""]);
        assert_eq!(wrap("- 0123456789ab", 12, 8), ["- 0123456789", "ab"]);
        assert_eq!(wrap("one 0123456789a", 14, 8), ["one", "01234567", "89a"]);
        let layout = Layout { width: 14, ascii: true, detail: Detail::Default };
        assert_eq!(layout.cut_row(Mark::Plain, 2, "0123456789abcd").text, "  012345678...");
    }

    #[test]
    fn no_two_characters_look_alike() {
        assert_eq!(ascii("a → é"), "a -> \\u{e9}");
        assert_ne!(ascii("é"), ascii("è"));
    }
}
