//! Text from outside, made harmless for a terminal: it can neither move the cursor nor hide a line.

/// The text with everything escaped that is not plainly visible. Line ends and tabs become visible, too.
pub fn one_line(text: &str) -> String {
    escape(text, false)
}

/// The text with everything escaped that is not plainly visible; line ends stay.
pub fn lines(text: &str) -> String {
    escape(text, true)
}

fn escape(text: &str, keep_lines: bool) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' if keep_lines => safe.push('\n'),
            '\n' => safe.push_str("\\n"),
            '\t' if keep_lines => safe.push_str("    "),
            '\t' => safe.push_str("\\t"),
            character if is_hidden(character) => safe.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
            character => safe.push(character),
        }
    }
    safe
}

/// Whether a character is a control, changes the direction of text, or takes no place.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{lines, one_line};

    #[test]
    fn nothing_hidden_survives() {
        assert_eq!(one_line("a\u{1b}[2Jb\u{202e}c\u{9b}\nd"), "a\\u{1b}[2Jb\\u{202e}c\\u{9b}\\nd");
        assert_eq!(lines("a\nb\u{7}"), "a\nb\\u{7}");
    }
}
