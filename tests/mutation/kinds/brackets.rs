//! Brackets and quotes that are lost, exchanged or too many. Whatever the text, their number does not fit any more.

use super::{Kind, kind};
use crate::classes::{Class, classes, lines};
use crate::mutant::Site;
use crate::stacks::Stack;
use crate::tree::Tree;

pub const KINDS: &[Kind] = &[
    kind("closing quote dropped", |stack, _| quote(stack, Class::Close)),
    kind("opening quote dropped", |stack, _| quote(stack, Class::Open)),
    kind("closing bracket dropped", |stack, _| bracket(stack, "}])")),
    kind("opening bracket dropped", |stack, _| bracket(stack, "{[(")),
    kind("closing line dropped", closing_line),
    kind("wrong closing bracket", wrong_bracket),
    kind("stray closing bracket", stray),
    kind("stray opening bracket", stray_opener),
    kind("closing \"\"\" dropped", block_text),
];

fn each_code(stack: &Stack, mut visit: impl FnMut(usize, &str, &[Class], usize, char)) {
    for (file, text) in stack.texts.iter().enumerate() {
        let classes = classes(text);
        for (at, character) in text.char_indices() {
            visit(file, text, &classes, at, character);
        }
    }
}

/// A `#` behind a lost opening quote would make a comment of the rest, which may leave a list that is sound.
fn quote(stack: &Stack, class: Class) -> Vec<Site> {
    let mut sites = Vec::new();
    each_code(stack, |file, text, classes, at, _| {
        let rest = text[at..].lines().next().unwrap_or_default();
        let raw = at > 0 && text.as_bytes()[at - 1] == b'r' && classes[at - 1] == Class::Text;
        if classes[at] == class && !rest.contains('#') && !raw {
            sites.push(Site::new(file, at, at + 1, ""));
        }
    });
    sites
}

/// A bracket with something else on its line. Its partner may be what is reported.
fn bracket(stack: &Stack, which: &str) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, text) in stack.texts.iter().enumerate() {
        for (open, close) in pairs(text) {
            let (at, partner) = if which.contains(&text[open..=open]) { (open, close) } else { (close, open) };
            let (start, end) = line(text, at);
            if text[start..end].trim().len() > 1 && !only_closers(&text[start..end]) {
                sites.push(Site::new(file, at, at + 1, "").near(file, partner));
            }
        }
    }
    sites
}

fn only_closers(line: &str) -> bool {
    !line.trim().is_empty() && line.trim().chars().all(|character| "}]), ".contains(character))
}

/// Brackets of code with their partners.
pub fn pairs(text: &str) -> Vec<(usize, usize)> {
    let classes = classes(text);
    let mut open: Vec<usize> = Vec::new();
    let mut pairs = Vec::new();
    for (at, character) in text.char_indices() {
        if !matches!(classes[at], Class::Code | Class::Inner) {
            continue;
        }
        match character {
            '{' | '[' | '(' => open.push(at),
            '}' | ']' | ')' => pairs.extend(open.pop().map(|open| (open, at))),
            _ => {}
        }
    }
    pairs
}

pub fn line(text: &str, at: usize) -> (usize, usize) {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    (start, end)
}

/// A line of closers only. It may be reported at what stays open.
fn closing_line(stack: &Stack, _: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, text) in stack.texts.iter().enumerate() {
        let (classes, pairs) = (classes(text), pairs(text));
        for (start, end) in lines(text) {
            let line = &text[start..end];
            let code = line.char_indices().all(|(at, _)| matches!(classes[start + at], Class::Code));
            if !only_closers(line) || !code || end >= text.len() {
                continue;
            }
            let mut site = Site::new(file, start, end + 1, "");
            for (open, _) in pairs.iter().filter(|(_, close)| (start..end).contains(close)) {
                site = site.near(file, *open);
            }
            sites.push(site);
        }
    }
    sites
}

fn wrong_bracket(stack: &Stack, _: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, text) in stack.texts.iter().enumerate() {
        for (open, close) in pairs(text) {
            let other = if &text[close..=close] == "}" { "]" } else { "}" };
            sites.push(Site::new(file, close, close + 1, other).near(file, open));
        }
    }
    sites
}

/// At the end of a line of code. It takes the place of the bracket that was meant to close there, so that bracket's line
/// is a right place, too.
fn stray(stack: &Stack, _: &Tree<'_>) -> Vec<Site> {
    ends_of_code(stack, &[")", "]", "}"])
}

fn stray_opener(stack: &Stack, _: &Tree<'_>) -> Vec<Site> {
    ends_of_code(stack, &[" (", " [", " {"])
}

/// Behind the code of every line that has some.
pub fn ends_of_code(stack: &Stack, what: &[&str]) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, text) in stack.texts.iter().enumerate() {
        let classes = classes(text);
        for (start, end) in lines(text) {
            let last = (start..end)
                .rev()
                .find(|at| classes[*at] != Class::Comment && !text.as_bytes()[*at].is_ascii_whitespace());
            let Some(last) = last else { continue };
            if matches!(classes[last], Class::Code | Class::Close) {
                sites.extend(what.iter().map(|what| Site::new(file, last + 1, last + 1, *what)));
            }
        }
    }
    sites
}

fn block_text(stack: &Stack, _: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, text) in stack.texts.iter().enumerate() {
        let classes = classes(text);
        let mut opener: Option<usize> = None;
        for (at, _) in text.match_indices("\"\"\"") {
            if classes[at] != Class::Text {
                continue;
            }
            match opener.take() {
                None => opener = Some(at),
                Some(open) => sites.push(Site::new(file, at, at + 3, "").near(file, open)),
            }
        }
    }
    sites
}
