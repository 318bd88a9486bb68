//! Paths and differences as the language writes them.

use cairn_provider::value::Value;

use super::layout::cut;
use super::node::{Node, expression};
use crate::model::change::{After, AttributeChange};
use crate::view::untrusted;

/// Texts around a difference that are still shown.
const AROUND: usize = 24;

/// Longer sides of a difference are cut in the middle.
const LONGEST: usize = 160;

/// A path as the language writes it: `tags["a b"]`, `rules[0].id`.
pub fn path(change: &AttributeChange) -> String {
    change.path.iter().fold(String::new(), |path, part| join(&path, part))
}

/// A path with one more name.
pub fn join(path: &str, name: &str) -> String {
    if name == "-" {
        format!("{path}[]")
    } else if name.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{path}[{name}]")
    } else if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
    } else {
        format!("{path}[\"{}\"]", untrusted::one_line(name))
    }
}

/// Whether a name needs no quotes.
pub fn is_plain(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    first && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What a leaf is and what it will be, on one line.
pub fn difference(change: &AttributeChange, whole: bool) -> String {
    if change.sensitive {
        let word = if change.before.is_none() { "(sensitive)" } else { "(sensitive, changed)" };
        return word.to_owned();
    }
    // Against something unknown the old value is only a reminder.
    let reminder = !whole && matches!(change.after, After::Unknown(_));
    let before = change.before.as_ref().map(|value| Node::of(value, change.unit, !reminder).inline());
    let after = match &change.after {
        After::Value(value) => Node::of(value, change.unit, true).inline(),
        After::Unknown(text) => format!("(after apply: {})", expression(&text.replace(['⟨', '⟩'], ""), whole)),
        After::Absent => "(removed)".to_owned(),
    };
    match before {
        None => short(&after, whole),
        Some(before) => pair(&before, &after, whole),
    }
}

/// Two single values, before and after.
pub fn values(before: &Value, after: &Value, whole: bool) -> String {
    let spelled = |value: &Value| Node::of(value, None, true).inline();
    let (before, after) = (spelled(before), spelled(after));
    // Secrets have one spelling only.
    if before == after && before == "(sensitive)" {
        return "(sensitive, changed)".to_owned();
    }
    pair(&before, &after, whole)
}

/// Both sides; what long ones have in common at their ends is left out, so that the difference is seen.
fn pair(before: &str, after: &str, whole: bool) -> String {
    if whole || before.chars().count().max(after.chars().count()) <= LONGEST {
        return format!("{before} → {after}");
    }
    let head = before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count();
    let most = before.chars().count().min(after.chars().count()) - head;
    let tail = before.chars().rev().zip(after.chars().rev()).take(most).take_while(|(a, b)| a == b).count();
    let (head, tail) = (head.saturating_sub(AROUND), tail.saturating_sub(AROUND));
    let middle = |text: &str| {
        let kept: String = text.chars().skip(head).take(text.chars().count() - head - tail).collect();
        let (start, end) = (if head > 0 { "…" } else { "" }, if tail > 0 { "…" } else { "" });
        format!("{start}{}{end}", cut(&kept, LONGEST))
    };
    format!("{} → {}", middle(before), middle(after))
}

fn short(text: &str, whole: bool) -> String {
    if whole || text.starts_with("(after apply") { text.to_owned() } else { cut(text, LONGEST) }
}

#[cfg(test)]
mod tests {
    use super::{join, values};

    #[test]
    fn a_difference_in_the_middle_of_long_texts_is_seen() {
        let long = |middle: &str| format!("{}{middle}{}", "a".repeat(300), "b".repeat(300)).as_str().into();
        let text = values(&long("X"), &long("Y"), false);
        assert_eq!(text, format!("…{0}X{1}… → …{0}Y{1}…", "a".repeat(24), "b".repeat(24)),);
        assert!(values(&long("X"), &long("Y"), true).chars().count() > 1200);
    }

    #[test]
    fn paths_are_written_as_in_the_language() {
        let path = ["rules", "0", "tags", "a b", "-"].iter().fold(String::new(), |path, name| join(&path, name));
        assert_eq!(path, "rules[0].tags[\"a b\"][]");
    }
}
