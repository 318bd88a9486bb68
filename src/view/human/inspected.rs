//! Values that somebody asked for: the value, its type, when it is known.

use cairn_provider::value::{quote, render};

use super::layout::Layout;
use crate::model::inspected::{Checked, Inspected, Phase, Shown};
use crate::view::untrusted;

/// What stands for a secret.
const MASK: &str = "(sensitive)";

/// A value with its type and phase.
pub fn inspected(inspected: &Inspected, layout: Layout) -> String {
    let when = match inspected.keys {
        Some(keys) => format!("{}, its keys {}", phase(inspected.phase), phase(keys)),
        None => phase(inspected.phase).to_owned(),
    };
    let text = format!("{}\n  {} · {when}\n", value(&inspected.value, layout), untrusted::one_line(&inspected.ty));
    layout.spell(&text)
}

/// When something is known, as a word of the language.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Written => "written",
        Phase::Read => "read",
        Phase::Made => "made",
    }
}

/// When something is checked.
fn moment(phase: Phase) -> &'static str {
    match phase {
        Phase::Written => "check",
        Phase::Read => "plan",
        Phase::Made => "apply",
    }
}

/// What must hold, each with the command that checks it.
pub fn checks(environment: &str, checked: &[Checked], layout: Layout) -> String {
    let place = if environment.is_empty() { String::new() } else { format!(" in {environment}") };
    if checked.is_empty() {
        return format!("nothing is asserted{place}\n");
    }
    let mut text = format!("when it is checked{place}:\n");
    for one in checked {
        let owner = if one.owner.is_empty() { String::new() } else { format!("{}: ", one.owner) };
        let place = one.place.as_ref().map(|place| format!("  ({place})")).unwrap_or_default();
        let line = format!("  {:<6} {owner}{}{place}\n", moment(one.phase), one.rule);
        text.push_str(&untrusted::lines(&line));
    }
    layout.spell(&text)
}

/// A value on one line if it fits, or with its parts below each other.
fn value(shown: &Shown, layout: Layout) -> String {
    if let Shown::Object { address, kind, fields } = shown {
        let mut text = format!("⟨{address}⟩ {kind}");
        for (name, field) in fields {
            text.push_str(&format!("\n  {name}: {}", indented(field, 2, layout)));
        }
        return text;
    }
    indented(shown, 0, layout)
}

fn indented(shown: &Shown, indent: usize, layout: Layout) -> String {
    let line = one_line(shown);
    if indent + line.chars().count() <= layout.width {
        return line;
    }
    let pad = " ".repeat(indent);
    match shown {
        Shown::List(items) => {
            let items: Vec<String> =
                items.iter().map(|item| format!("{pad}  {}", indented(item, indent + 2, layout))).collect();
            format!("[\n{}\n{pad}]", items.join("\n"))
        }
        Shown::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(name, entry)| format!("{pad}  {}: {}", key(name), indented(entry, indent + 2, layout)))
                .collect();
            format!("{{\n{}\n{pad}}}", entries.join("\n"))
        }
        Shown::Value(_)
        | Shown::Pending(_)
        | Shown::Masked
        | Shown::Object { .. }
        | Shown::Existing(_)
        | Shown::Component { .. }
        | Shown::Target(_)
        | Shown::Wrong => line,
    }
}

fn one_line(shown: &Shown) -> String {
    match shown {
        Shown::Value(value) => render(value),
        Shown::Pending(description) => untrusted::one_line(description),
        Shown::Masked => MASK.to_owned(),
        Shown::List(items) => format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        Shown::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Shown::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(name, entry)| format!("{}: {}", key(name), one_line(entry))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Shown::Object { address, .. } => format!("⟨{address}⟩"),
        Shown::Existing(id) => format!("existing({})", one_line(id)),
        Shown::Component { address, name, outputs } => format!("⟨{address}⟩ {name} with {}", outputs.join(", ")),
        Shown::Target(settings) => {
            let settings: Vec<String> =
                settings.iter().map(|(name, value)| format!("{name}: {}", quote(value))).collect();
            format!("{{ {} }}", settings.join(", "))
        }
        Shown::Wrong => "nothing".to_owned(),
    }
}

/// A key as the language writes it.
fn key(name: &str) -> String {
    let word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if word { name.to_owned() } else { quote(name) }
}
