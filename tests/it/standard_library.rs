//! The standard library is what its folders hold, and `cairn show` prints it.

use std::collections::BTreeSet;
use std::path::Path;

use cairn::language::standard::PARTS;

use crate::project::{Project, repository};

/// The folders below `stacks/`, and what the names of their parts begin with.
const FOLDERS: &[(&str, &str)] = &[("lib", ""), ("policies", "policies/")];

#[test]
fn every_file_is_compiled_in() {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for (folder, prefix) in FOLDERS {
        let root = repository().join("stacks").join(folder);
        if root.is_dir() {
            collect(&root, prefix, &mut found);
        }
    }
    let compiled: BTreeSet<String> = PARTS.iter().map(|part| part.name.to_owned()).collect();
    assert_eq!(compiled, found);
    assert_eq!(PARTS.len(), found.len(), "a part stands in the table twice");
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), found);
            continue;
        }
        assert_eq!(path.extension().unwrap(), "cairn", "{}", path.display());
        let name = format!("{prefix}{name}");
        let part = PARTS.iter().find(|part| part.name == name);
        let part = part.unwrap_or_else(|| panic!("{name} is not in the table of src/language/standard.rs"));
        assert_eq!(part.text, std::fs::read_to_string(&path).unwrap(), "{name}");
        found.insert(name);
    }
}

#[test]
fn show_prints_sources() {
    let project = Project::empty();
    let shown = project.expect(0, "show std:aws/network").out;
    assert_eq!(shown, std::fs::read_to_string(repository().join("stacks/lib/aws/network.cairn")).unwrap());
    assert_eq!(project.expect(0, "show aws/network").out, shown);
    assert!(project.expect(0, "show").out.contains("std:aws/network\n"));
    let wrong = project.expect(1, "show std:aws/netwrok");
    assert!(wrong.err.contains("did you mean std:aws/network?"), "{}", wrong.err);
}

#[test]
fn mistakes_are_shown_where_they_are_in_the_library() {
    let project = Project::with(
        "stack shop { cairn: \"1\" }\nimport aws\nimport Network from \"std:aws/network\"\n\
         provider eu = aws.Target { region: \"eu-central-1\" }\n\
         resource network = Network { cidr: 10.20.0.0/16, zones: {} }\n",
    );
    let wrong = project.expect(1, "check");
    assert!(wrong.err.contains("[std:aws/network:18:8]"), "{}", wrong.err);
    assert!(wrong.err.contains("a network needs at least one zone"), "{}", wrong.err);
}
