//! How long an expression is, told by a scan before the grammar: operators, members and conditions nest in the tree
//! although no bracket shows it.

/// So many operators, members and conditions may be open at once.
pub const MAX_CHAIN: usize = 256;

/// What the scan is inside of.
enum Level {
    /// Code, with the number of parts in a row.
    Code(usize),
    /// A text of one line; whether it is raw.
    Text(bool),
    /// A text of several lines; whether it is raw.
    Block(bool),
}

/// The byte of an item at which an expression has one part too many.
pub fn too_long(item: &str) -> Option<usize> {
    let mut scan = Scan { bytes: item.as_bytes(), at: 0, levels: vec![Level::Code(0)], total: 0, joined: false };
    while scan.at < scan.bytes.len() {
        let before = scan.at;
        match scan.levels.last() {
            Some(Level::Text(raw)) => scan.text(*raw),
            Some(Level::Block(raw)) => scan.block(*raw),
            Some(Level::Code(_)) | None => scan.code(),
        }
        if scan.total > MAX_CHAIN {
            return Some(before);
        }
    }
    None
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    levels: Vec<Level>,
    /// The parts of all levels.
    total: usize,
    /// Whether the last word was `then` or `else`, behind which an expression goes on.
    joined: bool,
}

impl Scan<'_> {
    fn here(&self, what: &[u8]) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(what))
    }

    fn byte(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or_default()
    }

    fn text(&mut self, raw: bool) {
        if !raw && self.here(b"\\") && !self.here(b"\\\n") {
            self.at += 2;
        } else if !raw && self.here(b"${") {
            self.levels.push(Level::Code(0));
            self.at += 2;
        } else {
            if matches!(self.byte(), b'"' | b'\n') {
                self.levels.pop();
            }
            self.at += 1;
        }
    }

    fn block(&mut self, raw: bool) {
        if !raw && self.here(b"\\") {
            self.at += 2;
        } else if !raw && self.here(b"${") {
            self.levels.push(Level::Code(0));
            self.at += 2;
        } else if self.here(b"\"\"\"") {
            self.levels.pop();
            self.at += 3;
        } else {
            self.at += 1;
        }
    }

    fn code(&mut self) {
        let byte = self.byte();
        match byte {
            b'#' => self.skip(|byte| byte != b'\n'),
            b'\n' => {
                self.at += 1;
                if !self.joined && !self.goes_on() {
                    self.restart();
                }
            }
            b'r' if self.here(b"r\"\"\"") => self.open(Level::Block(true), 4),
            b'r' if self.here(b"r\"") => self.open(Level::Text(true), 2),
            b'"' if self.here(b"\"\"\"") => self.open(Level::Block(false), 3),
            b'"' => self.open(Level::Text(false), 1),
            b'{' | b'[' | b'(' => self.open(Level::Code(0), 1),
            b'}' | b']' | b')' => {
                self.restart();
                if self.levels.len() > 1 {
                    self.levels.pop();
                    // An index or a call is a part of what stands before it.
                    self.part();
                }
                self.at += 1;
            }
            b',' => {
                self.restart();
                self.at += 1;
            }
            b'!' | b'-' => {
                self.part();
                self.at += 1;
            }
            b'+' | b'*' | b'/' | b'<' | b'>' | b'=' | b'&' | b'|' | b'?' | b'.' => {
                let start = self.at;
                self.skip(|byte| b"+*/<>=&|?.".contains(&byte));
                // What gives a name its value, or a pattern its result, is no operator.
                let gives = [&b"="[..], b"=>"].contains(&self.bytes.get(start..self.at).unwrap_or_default());
                if !gives {
                    self.part();
                }
            }
            byte if byte.is_ascii_digit() => self.number(),
            byte if is_word(byte) => self.word(),
            _ => self.at += 1,
        }
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
    }

    fn open(&mut self, level: Level, length: usize) {
        self.levels.push(level);
        self.at += length;
        self.joined = false;
    }

    /// One more part of the innermost expression.
    fn part(&mut self) {
        if let Some(Level::Code(parts)) = self.levels.last_mut() {
            *parts += 1;
            self.total += 1;
        }
        self.joined = false;
    }

    /// The innermost expression ends; another one may follow.
    fn restart(&mut self) {
        if let Some(Level::Code(parts)) = self.levels.last_mut() {
            self.total -= std::mem::take(parts);
        }
        self.joined = false;
    }

    /// Digits, units and addresses.
    fn number(&mut self) {
        while let Some(byte) = self.bytes.get(self.at) {
            let point = *byte == b'.' && self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit);
            if !is_word(*byte) && !point {
                break;
            }
            self.at += 1;
        }
        self.joined = false;
    }

    fn word(&mut self) {
        let start = self.at;
        self.skip(is_word);
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        if [&b"if"[..], b"match", b"in"].contains(&word) {
            self.part();
        }
        self.joined = [&b"then"[..], b"else"].contains(&word);
    }

    /// Whether the next line belongs to the expression before it.
    fn goes_on(&self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let blanks = rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len());
        let next = rest.get(blanks..).unwrap_or_default();
        next.first().is_some_and(|byte| b"|&=<>?.+*".contains(byte))
            || [&b"!="[..], b"then", b"else"].iter().any(|start| next.starts_with(start))
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::{MAX_CHAIN, too_long};

    #[test]
    fn long_chains_are_found() {
        let many = MAX_CHAIN + 1;
        for (lead, part, tail) in [
            ("let a = 1", " + 1", ""),
            ("let a = 1", "\n  + 1", ""),
            ("let a = ", "!", "true"),
            ("let a = ", "- ", "1"),
            ("let a = b", ".c", ""),
            ("let a = b", "?.c", ""),
            ("let a = b", "[0]", ""),
            ("let a = b", "()", ""),
            ("let a = ", "if c then\n ", "1"),
            ("let a = ", "if c then 1 else ", "1"),
            ("input a: ", "Set<", "Int"),
            ("let a = ", "(1 + ", ""),
            ("let a = ", "\"${1 + ", ""),
        ] {
            let text = format!("{lead}{}{tail}", part.repeat(many));
            assert!(too_long(&text).is_some(), "{lead}{part}");
            let text = format!("{lead}{}{tail}", part.repeat(MAX_CHAIN / 2));
            assert_eq!(too_long(&text), None, "{lead}{part}");
        }
    }

    #[test]
    fn long_lists_are_no_chains() {
        for part in ["\n  a: b.c + 1", " a: b.c + 1,", "\n  { a: -1 }", "\n  # a + b + c", " \"- - - ${x.y}\","] {
            assert_eq!(too_long(&format!("let a = [{}]", part.repeat(2_000))), None, "{part}");
        }
        assert_eq!(too_long(&format!("let a = \"\"\"\n{}\"\"\"", "  x + ${y.z}\n".repeat(2_000))), None);
        assert_eq!(too_long(&format!("let a = [{}]", "10.20.0.0/16, ".repeat(2_000))), None);
    }
}
