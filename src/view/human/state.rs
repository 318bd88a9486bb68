//! What is remembered, for people.

use cairn_provider::value::render;

use crate::model::Address;
use crate::state::{Folded, Masked, Recorded};
use crate::view::untrusted::one_line;

/// One line for each object.
pub fn list(folded: &Folded) -> String {
    let resources = &folded.snapshot.resources;
    let width = resources.keys().map(|address| address.as_str().chars().count()).max().unwrap_or(0).min(60);
    let mut text = String::new();
    for (address, recorded) in resources {
        let mark = if recorded.incomplete { "  (unfinished)" } else { "" };
        let name = one_line(address.as_str());
        text.push_str(&format!("{name:<width$}  {}  {}{mark}\n", recorded.kind, one_line(&recorded.id)));
    }
    for (address, recorded) in &folded.snapshot.deposed {
        let name = one_line(address.as_str());
        text.push_str(&format!(
            "{name:<width$}  {}  {}  (replaced, not gone yet)\n",
            recorded.kind,
            one_line(&recorded.id)
        ));
    }
    for open in &folded.open {
        let name = one_line(open.intent.address.as_str());
        text.push_str(&format!("{name:<width$}  {}  begun, outcome not recorded\n", open.intent.resource));
    }
    if text.is_empty() {
        text.push_str("nothing is managed\n");
    }
    text
}

/// Everything about one object; secrets are masked already.
pub fn show(address: &Address, recorded: &Recorded) -> String {
    let mut text = format!("{}  {}\n", one_line(address.as_str()), recorded.kind);
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:<12} {}\n", one_line(value)));
    line("id", &recorded.id);
    line("declared", &recorded.source);
    for (name, value) in &recorded.target.settings {
        line(name, value);
    }
    line("protected", if recorded.protect { "yes" } else { "no" });
    if recorded.incomplete {
        line("unfinished", "yes");
    }
    let needs: Vec<&str> = recorded.needs.iter().map(Address::as_str).collect();
    if !needs.is_empty() {
        line("needs", &needs.join(", "));
    }
    text.push_str("  last written:\n");
    for (name, value) in &recorded.inputs {
        let shown = if Masked::digest(value).is_some() { "(sensitive)".to_owned() } else { one_line(&render(value)) };
        text.push_str(&format!("    {name}: {shown}\n"));
    }
    text
}
