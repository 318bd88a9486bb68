//! Each field that can only be set at creation replaces its object, and no other does: tried with every document of the
//! conformance cases.

use std::collections::BTreeMap;
use std::path::Path;

use cairn::engine::compare::{Planned, differences};
use cairn::engine::mask::StackKey;
use cairn_conformance::case::Case;
use cairn_provider::object::{Live, Status};
use cairn_provider::schema::{Access, Change};
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use crate::project::repository;

/// Another value of the same form, however deep the first leaf is.
fn other(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Bool(set) => Value::Bool(!set),
        Value::Int(number) => Value::Int(number + 1),
        Value::Float(number) => Value::Float(number + 1.0),
        Value::Text(text) => Value::Text(eco_format!("{text}-other")),
        Value::List(items) => {
            let mut items = items.clone();
            let position = items.iter().position(|item| other(item).is_some())?;
            items.make_mut()[position] = other(&items[position].clone())?;
            Value::List(items)
        }
        Value::Map(entries) => {
            let mut entries = Map::clone(entries);
            let (name, changed) = entries.iter().find_map(|(name, entry)| Some((name.clone(), other(entry)?)))?;
            entries.insert(name, changed);
            Value::Map(entries.into())
        }
        _ => return None,
    })
}

fn cases(folder: &Path, found: &mut Vec<Case>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            cases(&path, found);
        } else {
            found.push(Case::parse(&std::fs::read_to_string(&path).unwrap()).unwrap());
        }
    }
}

#[test]
fn create_only_fields_replace_and_others_do_not() {
    let catalogue = cairn::registry::catalogue();
    let key = StackKey::new(vec![7; 32]);
    let mut all = Vec::new();
    cases(&repository().join("providers/aws/tests/conformance"), &mut all);
    let (mut replacing, mut updating, mut faults) = (0, 0, Vec::new());
    for case in &all {
        let schema = catalogue.get(&case.kind).unwrap();
        for document in [&case.minimal, &case.full].into_iter().chain(&case.others) {
            let live = Live { id: "here".into(), attributes: document.clone(), status: Status::Ready, owner: None };
            for (name, value) in document {
                let field = schema.field(name).unwrap();
                let Some(changed) = other(value) else { continue };
                if field.access == Access::WriteOnly || field.sensitive || field.change == Change::MayReplace {
                    continue;
                }
                let wanted: BTreeMap<EcoString, Planned> = document
                    .iter()
                    .map(|(each, before)| {
                        let value = if each == name { &changed } else { before };
                        (each.clone(), Planned::Known(value.clone()))
                    })
                    .collect();
                let recorded: Map = document.clone();
                let found = differences(schema, &wanted, &live, Some(&recorded), &[], &key);
                let forces = found.iter().any(|change| change.forces);
                match field.change {
                    Change::Replace => replacing += 1,
                    Change::Update | Change::MayReplace => updating += 1,
                }
                if found.is_empty() || (field.change == Change::Replace) != forces {
                    faults.push(format!("{}.{name} ({:?}): {found:?}", case.kind, field.change));
                }
            }
        }
    }
    println!("{replacing} changes of create-only fields, {updating} of others, {} types", all.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(replacing > 100 && updating > 200, "{replacing} and {updating}");
}
