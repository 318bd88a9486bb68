//! Values and differences as people read them in a plan.

use cairn_provider::value::{Value, render};

use crate::model::change::{After, AttributeChange};
use crate::model::encoding::quantity;
use crate::state::Masked;
use crate::view::untrusted;

/// Longer values are cut in the middle.
const LONGEST: usize = 80;

/// A path as the language writes it: `tags["a b"]`, `rules[0].id`.
pub fn path(change: &AttributeChange) -> String {
    let mut text = String::new();
    for part in &change.path {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            text.push_str(&format!("[{part}]"));
        } else if part.as_str() == "-" {
            text.push_str("[]");
        } else if part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(part);
        } else {
            text.push_str(&format!("[\"{}\"]", untrusted::one_line(part)));
        }
    }
    text
}

/// A value of a change, in the unit of its field.
pub fn shown(change: &AttributeChange, value: &Value) -> String {
    if change.sensitive || Masked::digest(value).is_some() {
        return "(sensitive)".to_owned();
    }
    let value = match (change.unit, value.as_number()) {
        (Some(unit), Some(number)) => quantity(unit, number),
        _ => value.clone(),
    };
    cut(&untrusted::one_line(&render(&value)))
}

/// What a leaf is and what it will be.
pub fn difference(change: &AttributeChange, arrow: &str) -> String {
    if change.sensitive {
        let word = if change.before.is_none() { "(sensitive)" } else { "(sensitive, changed)" };
        return word.to_owned();
    }
    let before = change.before.as_ref().map(|value| shown(change, value));
    match (&before, &change.after) {
        (None, After::Value(value)) => shown(change, value),
        (Some(before), After::Value(value)) => format!("{before} {arrow} {}", shown(change, value)),
        (None, After::Unknown(text)) => unknown(text),
        (Some(before), After::Unknown(text)) => format!("{before} {arrow} {}", unknown(text)),
        (Some(before), After::Absent) => format!("{before} {arrow} (removed)"),
        (None, After::Absent) => "(removed)".to_owned(),
    }
}

fn unknown(text: &str) -> String {
    format!("(after apply: {})", cut(&untrusted::one_line(&text.replace(['⟨', '⟩'], ""))))
}

/// Cuts a long text in the middle, where it says least.
pub fn cut(text: &str) -> String {
    let count = text.chars().count();
    if count <= LONGEST {
        return text.to_owned();
    }
    let half = LONGEST / 2 - 2;
    let start: String = text.chars().take(half).collect();
    let end: String = text.chars().skip(count - half).collect();
    format!("{start} … {end}")
}
