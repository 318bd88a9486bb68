//! The interface of a stack, a component or a library as Markdown; the same interface is always the same text.

use super::markup::{cell, code, start};
use super::untrusted::one_line;
use crate::model::interface::{InputPage, Interface, NodePage, Signature};

/// The interface as Markdown.
pub fn markdown(interface: &Interface) -> String {
    let mut text = format!("# {} {}\n", prose(interface.kind), code(&interface.name));
    if !interface.docs.is_empty() {
        text.push_str(&format!("\n{}\n", paragraph(&interface.docs)));
    }
    inputs(&mut text, &interface.inputs);
    if !interface.outputs.is_empty() {
        section(&mut text, "Outputs", &["name", "type", "what it is"]);
        for output in &interface.outputs {
            row(&mut text, &[cell(&output.name), cell(&output.ty), prose(&output.docs)]);
        }
    }
    nodes(&mut text, "Resources", "resource", &interface.nodes);
    nodes(&mut text, "Look-ups", "lookup", &interface.nodes);
    nodes(&mut text, "Actions", "action", &interface.nodes);
    nodes(&mut text, "Targets", "provider", &interface.nodes);
    policies(&mut text, &interface.nodes);
    if !interface.asserts.is_empty() {
        section(&mut text, "What must hold", &["condition", "if not"]);
        for (condition, message) in &interface.asserts {
            row(&mut text, &[cell(condition), prose(message)]);
        }
    }
    signatures(&mut text, "Types", &interface.types);
    signatures(&mut text, "Functions", &interface.functions);
    environments(&mut text, interface);
    text
}

fn inputs(text: &mut String, inputs: &[InputPage]) {
    if inputs.is_empty() {
        return;
    }
    section(text, "Inputs", &["name", "type", "default", "known before apply", "what it is for"]);
    for input in inputs {
        let default = match (&input.default, input.optional) {
            (Some(default), _) => cell(default),
            (None, true) => "may be left out".to_owned(),
            (None, false) => "**required**".to_owned(),
        };
        let mut about = prose(&input.docs);
        for (condition, message) in &input.conditions {
            let message = message.as_ref().map(|message| format!(" ({})", prose(message))).unwrap_or_default();
            let separator = if about.is_empty() { "" } else { "<br>" };
            about.push_str(&format!("{separator}must hold: {}{message}", cell(condition)));
        }
        let known = if input.known { "yes" } else { "" };
        row(text, &[cell(&input.name), cell(&input.ty), default, known.to_owned(), about]);
    }
}

fn nodes(text: &mut String, title: &str, keyword: &str, nodes: &[NodePage]) {
    let nodes: Vec<&NodePage> = nodes.iter().filter(|node| node.keyword == keyword).collect();
    if nodes.is_empty() {
        return;
    }
    section(text, title, &["name", "type", "how many", "what it is for"]);
    for node in nodes {
        let each = node.each.as_ref().map(|each| format!("one for each {}", cell(each)));
        let condition = node.condition.as_ref().map(|condition| format!("if {}", cell(condition)));
        let count = match (each, condition) {
            (None, None) => "1".to_owned(),
            (Some(each), None) => each,
            (None, Some(condition)) => format!("1 {condition}"),
            (Some(each), Some(condition)) => format!("{each} {condition}"),
        };
        row(text, &[cell(&node.name), cell(&node.ty), count, prose(&node.docs)]);
    }
}

fn policies(text: &mut String, nodes: &[NodePage]) {
    let policies: Vec<&NodePage> = nodes.iter().filter(|node| node.keyword == "policy").collect();
    if policies.is_empty() {
        return;
    }
    section(text, "Policies", &["name", "verdict", "over", "what it is for"]);
    for policy in policies {
        let over = policy.each.as_ref().map(|each| cell(each)).unwrap_or_default();
        row(text, &[cell(&policy.name), cell(&policy.ty), over, prose(&policy.docs)]);
    }
}

fn signatures(text: &mut String, title: &str, signatures: &[Signature]) {
    if signatures.is_empty() {
        return;
    }
    section(text, title, &["name", "declared as", "what it is"]);
    for signature in signatures {
        row(text, &[cell(&signature.name), cell(&signature.text), prose(&signature.docs)]);
    }
}

/// A row for each input, a column for each environment.
fn environments(text: &mut String, interface: &Interface) {
    if interface.environments.is_empty() {
        return;
    }
    let mut heads = vec!["input"];
    heads.extend(interface.environments.iter().map(|(name, _)| name.as_str()));
    section(text, "Environments", &heads);
    for input in &interface.inputs {
        let mut cells = vec![cell(&input.name)];
        for (_, values) in &interface.environments {
            let given = values.iter().find(|(name, _)| *name == input.name).map(|(_, value)| cell(value));
            cells.push(given.unwrap_or_else(|| match (&input.default, input.optional) {
                (Some(_), _) => "default".to_owned(),
                (None, true) => String::new(),
                (None, false) => "**missing**".to_owned(),
            }));
        }
        row(text, &cells);
    }
}

fn section(text: &mut String, title: &str, heads: &[&str]) {
    text.push_str(&format!("\n## {title}\n\n"));
    row(text, &heads.iter().map(|head| prose(head)).collect::<Vec<_>>());
    text.push_str(&format!("|{}\n", "---|".repeat(heads.len())));
}

fn row(text: &mut String, cells: &[String]) {
    text.push('|');
    for cell in cells {
        text.push_str(&if cell.is_empty() { " |".to_owned() } else { format!(" {cell} |") });
    }
    text.push('\n');
}

/// Words of the source in a cell: nothing in them is markup but code in backticks, if it ends.
fn prose(text: &str) -> String {
    let text = one_line(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let coded = text.matches('`').count().is_multiple_of(2) && !text.contains("``");
    let mut safe = String::with_capacity(text.len());
    let mut inside = false;
    for character in text.chars() {
        match character {
            '`' if coded => {
                inside = !inside;
                safe.push('`');
            }
            '|' => safe.push_str("\\|"),
            other if inside => safe.push(other),
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            '[' | ']' | '*' | '_' | '`' | '\\' | '#' | '~' | '$' => {
                safe.push('\\');
                safe.push(character);
            }
            other => safe.push(other),
        }
    }
    safe
}

/// Words of the source as paragraphs: blank lines stay.
fn paragraph(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(prose);
    paragraphs.map(|words| format!("{}{words}", start(&words))).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::prose;

    #[test]
    fn nothing_leaves_its_cell() {
        assert_eq!(prose("see `x|y`, <b> and *it*"), "see `x\\|y`, &lt;b> and \\*it\\*");
        assert_eq!(prose("one ` alone"), "one \\` alone");
    }
}
