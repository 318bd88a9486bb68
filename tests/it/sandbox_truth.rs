//! What really is in a project's sandbox: its own file is read, never the state.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value as Json;

use crate::project::Project;

/// Where a stack's state and sandbox lie.
pub fn state_directory(project: &Project, stack: &str) -> PathBuf {
    project.path().join(".cairn/sandbox").join(stack).join("default")
}

/// Every object a stack made, by type and identity, with the address it is marked with. What was there before the
/// stack and is only looked up carries no mark.
pub fn objects(project: &Project, stack: &str) -> BTreeMap<(String, String), String> {
    let text = std::fs::read_to_string(state_directory(project, stack).join("sandbox.jsonl")).unwrap_or_default();
    let mut objects = BTreeMap::new();
    for line in text.lines() {
        // The last line of a killed process may be torn.
        let Ok(json) = serde_json::from_str::<Json>(line) else { continue };
        let part = |index: usize| json["key"][index].as_str().unwrap().to_owned();
        let key = (part(0), part(2));
        match json.get("object").map(|object| &object["owner"][1]) {
            Some(Json::String(address)) => {
                objects.insert(key, address.clone());
            }
            // Nobody's, or not any more.
            Some(_) | None => {
                objects.remove(&key);
            }
        }
    }
    objects
}

/// Every object there is, by type and identity, whosever it is.
pub fn everything(project: &Project, stack: &str) -> BTreeSet<(String, String)> {
    let text = std::fs::read_to_string(state_directory(project, stack).join("sandbox.jsonl")).unwrap_or_default();
    let mut there = BTreeSet::new();
    for json in text.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok()) {
        let part = |index: usize| json["key"][index].as_str().unwrap().to_owned();
        let key = (part(0), part(2));
        if json.get("object").is_some() {
            there.insert(key)
        } else {
            there.remove(&key)
        };
    }
    there
}

/// Every object the state knows, by type and identity, with its address.
pub fn recorded(project: &Project) -> BTreeMap<(String, String), String> {
    let list = project.json(0, "state list --sandbox");
    let resources = list["resources"].as_array().unwrap().iter();
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    resources.map(|resource| ((text(&resource["type"]), text(&resource["id"])), text(&resource["address"]))).collect()
}

/// What is wrong with the end of a run: objects that are not in the state, or twice there, or missing.
pub fn wrong(project: &Project, stack: &str, wanted: usize) -> Option<String> {
    let (there, known) = (objects(project, stack), recorded(project));
    let addresses: BTreeSet<&String> = there.values().collect();
    if there == known && there.len() == wanted && addresses.len() == wanted {
        return None;
    }
    let only = |a: &BTreeMap<(String, String), String>, b: &BTreeMap<(String, String), String>| {
        a.iter().filter(|(key, _)| !b.contains_key(*key)).map(|(key, at)| format!("{at} {key:?}")).collect::<Vec<_>>()
    };
    Some(format!(
        "{} objects and {} recorded of {wanted}; only in the cloud: {:?}; only in the state: {:?}",
        there.len(),
        known.len(),
        only(&there, &known),
        only(&known, &there)
    ))
}
