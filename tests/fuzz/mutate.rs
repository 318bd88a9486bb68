//! Sources with mistakes: tokens lost, doubled and exchanged, lines moved, two texts spliced, strange characters.

use crate::numbers::Numbers;

const STRANGE: &[&str] = &[
    "\"\"\"",
    "\"",
    "${",
    "}",
    "{",
    "[",
    "]",
    "(",
    ")",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "#",
    "##",
    "@",
    "...",
    "..",
    "?.",
    "=>",
    "=",
    ":",
    ",",
    ";",
    "'",
    "\\",
    "\u{feff}",
    "\u{200b}",
    "ü",
    "漢",
    "🪨",
    "\u{0}",
    "\n\n\n",
    "r\"",
    "\nlet x = 1\n",
    "10.0.0.0/99",
    "resource ",
    " if ",
    " in ",
    " for ",
    "else",
    "match x {",
    "\n}\n",
    "\n# c\n",
    "\n  # c\n",
    "let",
];

/// Words, numbers, blanks, line ends and single signs.
pub fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 0,
        ' ' | '\t' => 1,
        '\n' => 2,
        _ => 3,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let now = class(c);
        if before.is_some_and(|before| before != now || now >= 2) {
            tokens.push(&text[start..at]);
            start = at;
        }
        before = Some(now);
    }
    tokens.push(&text[start..]);
    tokens
}

/// A text with up to four changes.
pub fn mutated(text: &str, other: &str, numbers: &mut Numbers) -> String {
    let mut text = text.to_owned();
    for _ in 0..=numbers.below(4) {
        text = once(&text, other, numbers);
    }
    text
}

fn once(text: &str, other: &str, numbers: &mut Numbers) -> String {
    if numbers.once_in(4) {
        return lines(text, other, numbers);
    }
    let mut tokens = tokens(text);
    let at = numbers.below(tokens.len());
    let from = numbers.below(tokens.len());
    match numbers.below(5) {
        0 if tokens.len() > 1 => {
            tokens.remove(at);
        }
        1 => tokens.insert(at, tokens[at]),
        2 => tokens.insert(at, tokens[from]),
        3 => tokens.insert(at, numbers.one(STRANGE)),
        _ => tokens.swap(at, from),
    }
    tokens.concat()
}

fn lines(text: &str, other: &str, numbers: &mut Numbers) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.is_empty() {
        return other.to_owned();
    }
    let at = numbers.below(lines.len());
    match numbers.below(5) {
        0 => {
            lines.remove(at);
        }
        1 => lines.insert(at, lines[numbers.below(lines.len())]),
        2 => lines[at] = lines[at].trim_start(),
        3 => lines.truncate(at),
        _ => {
            let others: Vec<&str> = other.split_inclusive('\n').collect();
            let first = numbers.below(others.len());
            let last = first + numbers.below(others.len() - first + 1).min(12);
            lines.splice(at..at, others[first..last.min(others.len())].iter().copied());
        }
    }
    lines.concat()
}
