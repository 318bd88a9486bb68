//! Lines and columns of the protocol, which counts from zero and usually in units of UTF-16.

use ls_types::{Position, PositionEncodingKind, Range};

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of UTF-16: characters beyond the first plane count twice.
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The first that a client offers and we know; UTF-8 where there is a choice, because it costs nothing.
    pub fn negotiated(offered: &[PositionEncodingKind]) -> Self {
        if offered.contains(&PositionEncodingKind::UTF8) {
            return Self::Utf8;
        }
        let utf32_only =
            offered.contains(&PositionEncodingKind::UTF32) && !offered.contains(&PositionEncodingKind::UTF16);
        if utf32_only { Self::Utf32 } else { Self::Utf16 }
    }

    /// Its name in the protocol.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    /// The length of a text.
    pub fn length(self, text: &str) -> u32 {
        let length = match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
            Self::Utf32 => text.chars().count(),
        };
        u32::try_from(length).unwrap_or(u32::MAX)
    }
}

/// Where the lines of a text begin. A line ends with LF, CRLF or CR.
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    /// Indexes a text.
    pub fn new(text: &'t str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n') {
                starts.push(at + 1);
            }
        }
        Self { text, starts, encoding }
    }

    /// The position of a byte.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        Position::new(
            u32::try_from(line).unwrap_or(u32::MAX),
            self.encoding.length(before.trim_end_matches(['\r', '\n'])),
        )
    }

    /// The byte at a position; behind the end of a line, its end, and behind the last line, the end of the text.
    pub fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(&start) = self.starts.get(line) else { return self.text.len() };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r']);
        let mut left = position.character;
        for (at, character) in text.char_indices() {
            let width = self.encoding.length(character.encode_utf8(&mut [0; 4]));
            // In the middle of a character is in front of it.
            if left < width {
                return start + at;
            }
            left -= width;
        }
        start + text.len()
    }

    /// The range of some bytes.
    pub fn range(&self, start: usize, end: usize) -> Range {
        Range::new(self.position(start), self.position(end.max(start)))
    }

    /// The bytes of a range.
    pub fn bytes(&self, range: Range) -> std::ops::Range<usize> {
        let start = self.offset(range.start);
        start..self.offset(range.end).max(start)
    }
}

#[cfg(test)]
mod tests {
    use ls_types::Position;

    use super::{Encoding, Lines};

    #[test]
    fn columns_count_what_was_agreed_on() {
        let text = "a💧ü\r\nb\rc\n";
        for (encoding, columns) in
            [(Encoding::Utf8, [0, 1, 5, 7]), (Encoding::Utf16, [0, 1, 3, 4]), (Encoding::Utf32, [0, 1, 2, 3])]
        {
            let lines = Lines::new(text, encoding);
            for (offset, column) in [0, 1, 5, 7].into_iter().zip(columns) {
                assert_eq!(lines.position(offset), Position::new(0, column));
                assert_eq!(lines.offset(Position::new(0, column)), offset);
            }
            assert_eq!(lines.position(9), Position::new(1, 0));
            assert_eq!(lines.position(11), Position::new(2, 0));
            assert_eq!(lines.offset(Position::new(0, 99)), 7);
            assert_eq!(lines.offset(Position::new(99, 0)), text.len());
        }
        assert_eq!(Lines::new(text, Encoding::Utf16).offset(Position::new(0, 2)), 1);
    }
}
