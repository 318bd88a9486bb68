//! A marker put where the cursor is, so that an unfinished text can be read.

use super::spot::{self, MARKER, TYPE_MARKER};
use crate::language::syntax;
use crate::source::SourceId;

/// A text with a marker at the cursor, and the bytes of the original that a completion replaces.
pub struct Marked {
    /// The text.
    pub text: String,
    /// The word around the cursor in the original.
    pub word: std::ops::Range<usize>,
    /// The dotted path up to the cursor, for types.
    pub path: std::ops::Range<usize>,
    /// Where the marker begins in the text.
    pub at: usize,
}

/// The texts to try, the likeliest first. Nothing at the start of a line, where only keywords can stand.
pub fn marked(text: &str, offset: usize) -> Vec<Marked> {
    let word_part = |character: char| character.is_alphanumeric() || character == '_';
    let before = text.get(..offset).unwrap_or_default();
    let after = text.get(offset..).unwrap_or_default();
    let start = offset - before.chars().rev().take_while(|c| word_part(*c)).map(char::len_utf8).sum::<usize>();
    let end = offset + after.chars().take_while(|c| word_part(*c)).map(char::len_utf8).sum::<usize>();
    let path =
        offset - before.chars().rev().take_while(|c| word_part(*c) || *c == '.').map(char::len_utf8).sum::<usize>();
    let (head, tail) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let mut markers = vec![MARKER.to_owned()];
    // What is being typed is often not closed yet.
    let rest = tail.split(['\n', '\r']).next().unwrap_or_default();
    let closers = if rest.trim().is_empty() { unclosed(head) } else { String::new() };
    if !closers.is_empty() {
        markers.push(format!("{MARKER}{closers}"));
    }
    markers.extend([TYPE_MARKER.to_owned(), format!("{TYPE_MARKER} = 0"), format!("{MARKER}: 0")]);
    markers
        .into_iter()
        .map(|marker| Marked { text: format!("{head}{marker}{tail}"), word: start..end, path: path..end, at: start })
        .collect()
}

/// Whether the marker can be found once the text is loaded; only its item is read, so this costs next to nothing.
pub fn is_found(text: &str, at: usize) -> bool {
    let starts_item =
        |line: &str| line.starts_with(|first: char| first.is_alphabetic() || first == '_' || first == '@');
    let mut start = 0;
    let mut end = text.len();
    let mut position = 0;
    let mut decorated = false;
    for line in text.split_inclusive('\n') {
        if starts_item(line) {
            if position > at && !decorated {
                end = position;
                break;
            }
            // Decorators belong to what follows them.
            if !decorated {
                start = position;
            }
            decorated = line.starts_with('@');
        }
        position += line.len();
    }
    let item = crate::source::SourceText::new("", text.get(start..end).unwrap_or_default());
    let (document, _) = syntax::parse(SourceId(0), &item);
    document.items.iter().any(|item| spot::find(item).is_some())
}

/// What closes the quotes, parentheses and brackets that the last line of a text leaves open.
fn unclosed(text: &str) -> String {
    let line = text.rsplit('\n').next().unwrap_or_default();
    let mut open: Vec<char> = Vec::new();
    let mut before = ' ';
    for character in line.chars() {
        match (open.last(), character) {
            (Some('"'), '"') if before != '\\' => {
                open.pop();
            }
            (Some('"'), '{') if before == '$' => open.push('}'),
            (Some('"'), _) => {}
            (_, '"') => open.push('"'),
            (_, '(') => open.push(')'),
            (_, '[') => open.push(']'),
            // A brace that opens a record of several lines is closed below.
            (_, '{') => open.push(' '),
            (Some(closer), ')' | ']' | '}') if *closer == character || *closer == ' ' => {
                open.pop();
            }
            _ => {}
        }
        before = character;
    }
    open.iter().rev().take_while(|closer| **closer != ' ').collect()
}

#[cfg(test)]
mod tests {
    use super::{is_found, marked, unclosed};

    #[test]
    fn what_is_open_on_the_line_is_closed() {
        assert_eq!(unclosed("{ (\n  x: f(a, [\"b\", \"${c("), ")}\"])");
        assert_eq!(unclosed("resource a = T { x: [1]"), "");
        assert_eq!(unclosed("a(b)"), "");
    }

    #[test]
    fn the_item_alone_says_whether_the_marker_is_found() {
        for (text, found) in [
            ("let a = 1\nlet b = cairn_cursor_\nlet c = 1\n", true),
            ("let a = 1\n@after(cairn_cursor_)\n@protect\nresource r = aws.ec2.Vpc {}\nlet c = 1\n", true),
            ("resource r = aws.ec2.Vpc {\n  cairn_cursor_\nlet c = 1\n", true),
            ("resource cairn_cursor_\nlet c = 1\n", false),
            ("# cairn_cursor_\nlet c = 1\n", false),
        ] {
            assert_eq!(is_found(text, text.find("cairn").unwrap()), found, "{text}");
        }
    }

    #[test]
    fn the_word_and_the_path_around_the_cursor_are_replaced() {
        let marked = marked("a = aws.ec2.Vp x", 13);
        let first = marked.first().unwrap();
        assert_eq!((first.word.clone(), first.path.clone(), first.at), (12..14, 4..14, 12));
        assert_eq!(first.text, "a = aws.ec2.cairn_cursor_ x");
    }
}
