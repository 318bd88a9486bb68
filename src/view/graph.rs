//! What depends on what: for people, for programs, and as a Mermaid diagram.

use std::collections::BTreeMap;

use serde_json::json;

use super::untrusted::{self, one_line};
use crate::model::Address;
use crate::model::desired::DesiredStack;

/// Each address with what it needs.
pub fn text(desired: &DesiredStack) -> String {
    let mut text = String::new();
    for resource in desired.nodes() {
        text.push_str(&format!("{}  {}\n", one_line(resource.address.as_str()), resource.kind));
        for need in &resource.needs {
            let order = if need.order_only { "  (order only)" } else { "" };
            text.push_str(&format!("  needs {}{order}\n", one_line(need.address.as_str())));
        }
    }
    text
}

/// Nodes and edges.
pub fn json(desired: &DesiredStack) -> String {
    let nodes: Vec<_> = desired
        .resources
        .values()
        .map(|resource| json!({ "address": resource.address.as_str(), "type": resource.kind.as_str() }))
        .collect();
    let edges: Vec<_> = desired
        .resources
        .values()
        .flat_map(|resource| {
            resource.needs.iter().map(|need| {
                json!({ "from": resource.address.as_str(), "needs": need.address.as_str(), "order_only": need.order_only })
            })
        })
        .collect();
    let document = json!({ "format_version": super::json::FORMAT, "nodes": nodes, "edges": edges });
    format!("{}\n", untrusted::json(&format!("{document:#}")))
}

/// A Mermaid diagram.
pub fn mermaid(desired: &DesiredStack) -> String {
    let names: BTreeMap<&Address, String> =
        desired.resources.keys().enumerate().map(|(index, address)| (address, format!("n{index}"))).collect();
    let mut text = String::from("```mermaid\ngraph LR\n");
    for resource in desired.nodes() {
        let Some(name) = names.get(&resource.address) else { continue };
        // Quotes and brackets would end a label, backquotes the diagram.
        let label = one_line(resource.address.as_str()).replace('"', "'").replace(['[', ']', '`', '<', '>'], "");
        text.push_str(&format!("  {name}[\"{label}\"]\n"));
    }
    for resource in desired.nodes() {
        for need in &resource.needs {
            if let (Some(from), Some(to)) = (names.get(&need.address), names.get(&resource.address)) {
                let arrow = if need.order_only { "-.->" } else { "-->" };
                text.push_str(&format!("  {from} {arrow} {to}\n"));
            }
        }
    }
    text.push_str("```\n");
    text
}
