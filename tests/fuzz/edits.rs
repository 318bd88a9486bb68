//! Sequences of edits, as somebody makes them who types.

use std::collections::BTreeMap;

use crate::mutate::tokens;
use crate::numbers::Numbers;

/// A replacement of bytes in a text.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The first byte that is replaced.
    pub start: usize,
    /// Behind the last one.
    pub end: usize,
    /// By what.
    pub text: String,
}

/// A text and what is done with it.
#[derive(Clone, Debug)]
pub struct Session {
    /// The file that is edited.
    pub file: String,
    /// The files beside it.
    pub around: BTreeMap<String, String>,
    /// The text it begins with.
    pub text: String,
    /// The edits, each of the text that the ones before left.
    pub edits: Vec<Edit>,
}

/// Applies an edit.
pub fn apply(text: &str, edit: &Edit) -> String {
    format!("{}{}{}", &text[..edit.start], edit.text, &text[edit.end..])
}

/// A session that begins with a text and takes pieces from another one.
pub fn session(text: &str, other: &str, numbers: &mut Numbers) -> Session {
    let mut edits = Vec::new();
    let mut now = text.to_owned();
    for _ in 0..=numbers.below(12) {
        let at = boundary(&now, numbers.below(now.len() + 1));
        let edit = match numbers.below(5) {
            // A key is pressed.
            0 | 1 => {
                let key =
                    numbers.one(&["a", " ", "\n", "{", "}", "\"", "=", ":", ".", "#", "1", "(", "@", "é", "\n\n"]);
                Edit { start: at, end: at, text: key.to_owned() }
            }
            // A character is deleted.
            2 => Edit { start: at, end: boundary(&now, (at + 1).min(now.len())).max(at), text: String::new() },
            // Something is selected and deleted.
            3 => {
                let end = boundary(&now, (at + numbers.below(80)).min(now.len())).max(at);
                Edit { start: at, end, text: String::new() }
            }
            // Something is pasted.
            _ => {
                let tokens = tokens(other);
                let first = numbers.below(tokens.len());
                let count = numbers.below(30);
                let text = tokens.iter().skip(first).take(count).copied().collect();
                Edit { start: at, end: at, text }
            }
        };
        now = apply(&now, &edit);
        edits.push(edit);
    }
    Session { file: "stack.cairn".to_owned(), around: BTreeMap::new(), text: text.to_owned(), edits }
}

fn boundary(text: &str, at: usize) -> usize {
    (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap()
}
