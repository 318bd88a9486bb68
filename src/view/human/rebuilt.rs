//! What was found in the cloud after a state was lost, for people.

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::model::Address;
use crate::state::Recorded;
use crate::view::untrusted::one_line;

/// What was found.
pub struct Seen<'a> {
    /// How many types this build manages.
    pub types: usize,
    /// Of how many of them objects can be found by their marks.
    pub findable: usize,
    /// The state in the marks, if it is clear which one is meant.
    pub lineage: Option<&'a str>,
    /// All states whose marks were found, with the number of their objects.
    pub lineages: BTreeMap<EcoString, usize>,
    /// What a new state would hold.
    pub resources: &'a BTreeMap<Address, Recorded>,
    /// Addresses that several objects are marked with: type and identity of each.
    pub conflicts: BTreeMap<&'a Address, Vec<(EcoString, EcoString)>>,
    /// Addresses that the source declares and of which nothing was found.
    pub missing: &'a [Address],
    /// Types that could not be listed, and why.
    pub unreadable: Vec<(String, String)>,
}

/// Everything that was found, and what was not.
pub fn show(seen: &Seen<'_>) -> String {
    let mut text = String::new();
    for (address, recorded) in seen.resources {
        let undeclared = if recorded.source.is_empty() { "  (not declared; protected)" } else { "" };
        let (address, id) = (one_line(address.as_str()), one_line(&recorded.id));
        text.push_str(&format!("found     {address}  {}  {id}{undeclared}\n", recorded.kind));
    }
    for (address, objects) in &seen.conflicts {
        text.push_str(&format!("conflict  {}: several objects carry this address\n", one_line(address.as_str())));
        for (kind, id) in objects {
            text.push_str(&format!("            {kind}  {}\n", one_line(id)));
        }
    }
    for address in seen.missing {
        text.push_str(&format!("missing   {}\n", one_line(address.as_str())));
    }
    for (kind, why) in &seen.unreadable {
        text.push_str(&format!("unread    {kind}: {}\n", one_line(why)));
    }
    if seen.lineage.is_none() {
        for (lineage, count) in &seen.lineages {
            text.push_str(&format!("state     {}  {count} objects\n", one_line(lineage)));
        }
    }
    let share = 100 * seen.findable / seen.types.max(1);
    text.push_str(&format!(
        "\nobjects of {} of {} types can be found by their marks ({share}%)\n",
        seen.findable, seen.types
    ));
    if !seen.missing.is_empty() {
        text.push_str("what is missing will be made by the next apply; if it is there, take it over with @adopt\n");
    }
    text
}
