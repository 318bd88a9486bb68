//! The policies of the standard library: a stack that satisfies all of them, and a mistake for each.

use std::collections::BTreeSet;

use cairn::language::standard::PARTS;

use crate::project::{Project, repository};

/// The stack in `tests/policies`.
fn stack() -> Project {
    let project = Project::empty();
    let root = repository().join("tests/policies");
    for folder in ["", "test/"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_str().unwrap();
                project.write(&format!("{folder}{name}"), &std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    project
}

/// The policies of the library, those that look at changes left out.
fn policies() -> BTreeSet<String> {
    let lines = PARTS.iter().filter(|part| part.name.starts_with("policies/")).flat_map(|part| part.text.lines());
    lines
        .filter_map(|line| line.strip_prefix("policy "))
        .filter(|line| !line.contains("changes("))
        .map(|line| line.split('[').next().unwrap().to_owned())
        .collect()
}

#[test]
fn each_policy_of_the_library_is_violated_by_its_case_and_satisfied_without() {
    let policies = policies();
    assert!(policies.len() >= 25, "{}", policies.len());
    let project = stack();
    assert!(project.expect(0, "check").out.contains("nothing wrong"));
    let results = project.json(0, "test");
    let cases = results["cases"].as_array().unwrap();
    let names: BTreeSet<String> =
        cases.iter().map(|case| case["name"].as_str().unwrap().to_owned()).filter(|name| name != "satisfied").collect();
    assert_eq!(names, policies);
    assert_eq!(results["failed"], 0);
}

#[test]
fn a_mistake_violates_one_policy_and_no_other() {
    let project = stack();
    for policy in policies() {
        let run = project.run(&format!("check --format json --set mistake={policy}"));
        let found: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        let found = found["diagnostics"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{policy}: {found:#?}");
        let help = found[0]["help"].as_str().unwrap();
        assert!(help.contains(&format!("@waive({policy}, ")), "{policy}: {help}");
    }
}
