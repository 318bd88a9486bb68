//! Text from outside, made harmless: it can neither move the cursor, nor hide a line, nor give a build server orders.

use std::borrow::Cow;

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
            character if is_hidden(character) => show(&mut safe, character),
            character => safe.push(character),
        }
    }
    safe
}

fn show(safe: &mut String, character: char) {
    safe.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
}

/// Whether a character is a control, changes the direction of text, or takes no place.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The last look at text on its way out, whoever wrote it: nothing hidden passes but line ends and, with `colors`, our own
/// colours; and no line is an order to a build server, which reads the same log as people do.
pub fn printed(text: &str, colors: bool) -> Cow<'_, str> {
    let clean = |line: &str| !line.contains(is_hidden) && order(line).is_none();
    if text.split('\n').all(clean) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            safe.push('\n');
        }
        visible_line(line, colors, &mut safe);
    }
    Cow::Owned(safe)
}

fn visible_line(line: &str, colors: bool, safe: &mut String) {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        let (head, tail) = rest.split_at(character.len_utf8());
        match color(rest).filter(|_| colors) {
            Some(length) => {
                let (sequence, behind) = rest.split_at(length);
                shown.push_str(sequence);
                rest = behind;
                continue;
            }
            None if character == '\t' => shown.push_str("    "),
            None if is_hidden(character) => show(&mut shown, character),
            None => shown.push_str(head),
        }
        rest = tail;
    }
    // Behind each order that was taken apart there may be another one.
    while let Some(at) = order(&shown) {
        let (before, behind) = shown.split_at(at);
        let mut apart = before.to_owned();
        let mut characters = behind.chars();
        characters.next().into_iter().for_each(|first| show(&mut apart, first));
        apart.push_str(characters.as_str());
        shown = apart;
    }
    safe.push_str(&shown);
}

/// The length of a sequence that only sets colours, at the start of a text.
fn color(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("\u{1b}[")?;
    let length = inner.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    inner.as_bytes().get(length).filter(|end| **end == b'm').map(|_| 2 + length + 1)
}

/// Where an order to a build server begins: GitHub takes `::name …::` at the start of a line and `##[name]` anywhere, others
/// `##vso[` and `##teamcity[`.
fn order(line: &str) -> Option<usize> {
    let start = line.len() - line.trim_start().len();
    let named = |text: &str| text.starts_with(|first: char| first.is_ascii_alphabetic());
    if line.get(start..).and_then(|line| line.strip_prefix("::")).is_some_and(named) {
        return Some(start);
    }
    ["##[", "##vso[", "##teamcity["].iter().filter_map(|mark| line.find(mark)).min()
}

/// The same JSON with everything in its texts escaped that is hidden or would be an order to a build server.
pub fn json(document: &str) -> String {
    let mut safe = String::with_capacity(document.len());
    let mut previous = ' ';
    for character in document.chars() {
        // Outside of texts there are only line ends, which stay.
        if (is_hidden(character) && character != '\n') || (character == '#' && previous == '#') {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(character);
        }
        previous = character;
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{json, lines, one_line, printed};

    #[test]
    fn nothing_hidden_survives() {
        assert_eq!(one_line("a\u{1b}[2Jb\u{202e}c\u{9b}\nd"), "a\\u{1b}[2Jb\\u{202e}c\\u{9b}\\nd");
        assert_eq!(lines("a\nb\u{7}"), "a\nb\\u{7}");
    }

    #[test]
    fn only_our_colours_are_printed() {
        assert_eq!(printed("\u{1b}[1;31mred\u{1b}[0m\n", true), "\u{1b}[1;31mred\u{1b}[0m\n");
        assert_eq!(printed("\u{1b}[31mred\u{1b}[2J\n", false), "\\u{1b}[31mred\\u{1b}[2J\n");
        assert_eq!(printed("\u{1b}[2J\u{1b}]0;title\u{7}", true), "\\u{1b}[2J\\u{1b}]0;title\\u{7}");
        assert_eq!(printed("a\r\nb\tc", true), "a\\u{d}\nb    c");
    }

    #[test]
    fn no_line_is_an_order() {
        assert_eq!(printed("x\n  ::add-mask::y\n", false), "x\n  \\u{3a}:add-mask::y\n");
        assert_eq!(printed("10 ::/0 and\n::1\n", false), "10 ::/0 and\n::1\n");
        assert_eq!(printed("a ##[group] ##vso[task]", false), "a \\u{23}#[group] \\u{23}#vso[task]");
    }

    #[test]
    fn json_stays_the_same_document() {
        let value = serde_json::json!({ "a\u{202e}": "\u{1b}\u{9b}\u{e0041} ##[x] ####", "b": ["\n"] });
        let text = json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!text.contains(|c: char| c != '\n' && super::is_hidden(c)) && !text.contains("##"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
