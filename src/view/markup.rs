//! Text from outside as part of Markdown: it stays text, wherever it stands.

use super::untrusted::one_line;

/// What takes no place and breaks a word: nobody is mentioned, nothing is a link.
const BREAK: &str = "&#8203;";

/// A fence longer than any run of backquotes inside.
pub fn fence(body: &str) -> String {
    "`".repeat(longest_run(body).max(2) + 1)
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// Text as code that cannot end early.
pub fn code(text: &str) -> String {
    let text = one_line(text);
    // Two backquotes with nothing between them would begin code that goes on.
    let text = if text.is_empty() { " ".to_owned() } else { text };
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Source in a cell of a table: code that cannot end early, and no end of the cell.
pub fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// Text in a sentence: nothing in it is markup, nobody is mentioned.
pub fn prose(text: &str) -> String {
    let text = one_line(text);
    let text = text.trim();
    let mut safe = start(text).to_owned();
    each(text, &mut safe, |character, safe| {
        if matches!(character, '[' | ']' | '*' | '_' | '|' | '`' | '\\' | '~' | '$') {
            safe.push('\\');
        }
        safe.push(character);
    });
    safe
}

/// Text between tags.
pub fn html(text: &str) -> String {
    let mut safe = String::new();
    each(&one_line(text), &mut safe, |character, safe| safe.push(character));
    safe
}

/// Writes text without tags, entities, mentions and links; `other` writes all characters that none of these needs.
fn each(text: &str, safe: &mut String, other: impl Fn(char, &mut String)) {
    let mut previous = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '@' | '#' => {
                safe.push(character);
                safe.push_str(BREAK);
            }
            '/' if previous == ':' => {
                safe.push_str(BREAK);
                safe.push('/');
            }
            '.' if text.get(..at).is_some_and(ends_in_www) => {
                safe.push_str(BREAK);
                safe.push('.');
            }
            plain => other(plain, safe),
        }
        previous = character;
    }
}

fn ends_in_www(text: &str) -> bool {
    text.len().checked_sub(3).and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

/// What keeps the start of a line from being a list, a heading, a rule or a line of a table.
pub fn start(text: &str) -> &'static str {
    let digits = text.len() - text.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let numbered = digits > 0 && text.get(digits..).is_some_and(|rest| rest.starts_with(['.', ')']));
    if numbered || text.starts_with(['-', '+', '=', '#', ':']) { BREAK } else { "" }
}

#[cfg(test)]
mod tests {
    use super::{cell, code, fence, prose};

    #[test]
    fn nothing_leaves_its_place() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code(""), "` `");
        assert_eq!(cell("a | b"), "`a \\| b`");
        assert_eq!(fence("x ``` y"), "````");
        assert_eq!(prose("<b> @me [x](y)"), "&lt;b&gt; @&#8203;me \\[x\\](y)");
        assert_eq!(
            prose("see https://a.b and www.c.d &#64;me"),
            "see https:&#8203;//a.b and www&#8203;.c.d &amp;#&#8203;64;me"
        );
        assert_eq!(prose("1. one"), "&#8203;1. one");
        assert_eq!(prose("- one"), "&#8203;- one");
        assert_eq!(prose("  # one"), "&#8203;#&#8203; one");
    }
}
