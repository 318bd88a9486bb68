//! Texts of several lines: what of them changes, line by line, and what base64 hides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::layout::Mark;

/// Lines around a change that stay.
const AROUND: usize = 1;

/// Texts whose lines make more pairs than this are not aligned line by line.
const MOST_PAIRS: usize = 250_000;

/// The text that a text encodes in base64, if it is one that people read.
pub fn decoded(text: &str) -> Option<String> {
    if text.len() < 16 {
        return None;
    }
    let bytes = STANDARD.decode(text).ok()?;
    let plain = String::from_utf8(bytes).ok()?;
    let readable = |character: char| !character.is_control() || matches!(character, '\n' | '\r' | '\t');
    plain.chars().all(readable).then_some(plain)
}

/// The lines that change, with few around them and where they are.
pub fn difference(before: &str, after: &str) -> Vec<(Mark, String)> {
    let before: Vec<&str> = before.split('\n').collect();
    let after: Vec<&str> = after.split('\n').collect();
    let lines = aligned(&before, &after);
    let near = |at: usize| {
        let first = at.saturating_sub(AROUND);
        lines.iter().skip(first).take(at - first + AROUND + 1).any(|(mark, _)| *mark != Mark::Plain)
    };
    let mut shown = Vec::new();
    let (mut number, mut gap) = (1_usize, true);
    for (at, (mark, line)) in lines.iter().enumerate() {
        // A blank line helps nobody to find the place.
        if near(at) && (*mark != Mark::Plain || !line.is_empty()) {
            if gap {
                shown.push((Mark::Plain, format!("@@ line {number} @@")));
            }
            gap = false;
            let sign = match mark {
                Mark::Added => "+",
                Mark::Removed => "-",
                Mark::Plain => " ",
            };
            shown.push((*mark, format!("{sign} {line}")));
        } else {
            gap = true;
        }
        if *mark != Mark::Removed {
            number += 1;
        }
    }
    shown
}

/// All lines of both texts, those of both once.
fn aligned<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<(Mark, &'a str)> {
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let most = before.len().min(after.len()) - head;
    let tail = before.iter().rev().zip(after.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let middle = |lines: &[&'a str]| -> Vec<&'a str> {
        lines.iter().skip(head).take(lines.len() - head - tail).copied().collect()
    };
    let (old, new) = (middle(before), middle(after));
    let mut lines: Vec<(Mark, &str)> = before.iter().take(head).map(|line| (Mark::Plain, *line)).collect();
    if old.len().saturating_mul(new.len()) > MOST_PAIRS {
        lines.extend(old.iter().map(|line| (Mark::Removed, *line)));
        lines.extend(new.iter().map(|line| (Mark::Added, *line)));
    } else {
        lines.extend(common(&old, &new));
    }
    lines.extend(before.iter().skip(before.len() - tail).map(|line| (Mark::Plain, *line)));
    lines
}

/// Aligns lines by the longest sequence that both have.
fn common<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Mark, &'a str)> {
    // The length of the longest sequence of the rests that begin at a pair of places.
    let mut lengths = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    let length = |lengths: &[Vec<u32>], i: usize, j: usize| {
        lengths.get(i).and_then(|row| row.get(j)).copied().unwrap_or_default()
    };
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let longest = if a == b {
                length(&lengths, i + 1, j + 1) + 1
            } else {
                length(&lengths, i + 1, j).max(length(&lengths, i, j + 1))
            };
            if let Some(cell) = lengths.get_mut(i).and_then(|row| row.get_mut(j)) {
                *cell = longest;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    loop {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b => {
                lines.push((Mark::Plain, *a));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b) if b.is_none() || length(&lengths, i + 1, j) >= length(&lengths, i, j + 1) => {
                lines.push((Mark::Removed, *a));
                i += 1;
            }
            (_, Some(b)) => {
                lines.push((Mark::Added, *b));
                j += 1;
            }
            (_, None) => return lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{decoded, difference};

    fn shown(before: &str, after: &str) -> Vec<String> {
        difference(before, after).into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn only_changed_lines_and_their_neighbours() {
        let before = "a\nb\nc\nd\ne\nf\n";
        let after = "a\nb\nC\nd\ne\nf\nnew\n";
        assert_eq!(shown(before, after), ["@@ line 2 @@", "  b", "- c", "+ C", "  d", "@@ line 6 @@", "  f", "+ new"]);
    }

    #[test]
    fn a_line_end_is_a_difference() {
        assert_eq!(shown("a", "a\n"), ["@@ line 1 @@", "  a", "+ "]);
        assert!(shown("a\n", "a\n").is_empty());
    }

    #[test]
    fn only_readable_text_is_decoded() {
        assert_eq!(decoded("IyEvYmluL2Jhc2gKZWNobyBvbmUK").as_deref(), Some("#!/bin/bash\necho one\n"));
        assert_eq!(decoded("subnet-0123456789abcdef"), None);
        assert_eq!(decoded("aaaaaaaaaaaaaaaaaaaa"), None);
    }
}
