//! The examples of the language's design, which lie beside the repository: every file is read, and every folder that
//! only uses what is supported is checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cairn::language::syntax;
use cairn::source::{SourceSet, SourceText};

use crate::literate::diagnose;
use crate::memory_files::MemoryFiles;

/// Folders with what this version refuses, and what that is. Once nothing of it is refused any more the test says so.
const REFUSED: &[(&str, &str)] = &[
    ("aws", "an S3 store, a rollout, an action of http"),
    ("azure", "an Azure store, the catalogue of Azure, a rollout, an action of http"),
    ("tour", "an S3 store, an import of another stack, actions, @adopt, @was, @when, forget"),
];

/// Folders that wait for what a service declares of its types: until then some of their fields have longer names.
const WAITING: &[(&str, &str)] = &[("network", "that the peer of a VPC peering connection is a reference")];

/// Folders that hold only what stacks import.
const IMPORTED: &[&str] = &["shared"];

/// The examples, or nothing if the folder is not there, as on a user's machine.
pub fn examples() -> Option<PathBuf> {
    let shared = std::env::var("CAIRN_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(shared).join("design/examples");
    if !folder.is_dir() {
        eprintln!("skipped: there are no examples at {}; CAIRN_SHARED names the folder `shared`", folder.display());
        return None;
    }
    Some(folder)
}

/// The sources below a folder, by path.
pub fn sources(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "cairn") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            found.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
    found
}

#[test]
fn every_example_is_read() {
    let Some(root) = examples() else { return };
    let files = sources(&root);
    assert!(files.len() > 20, "only {} examples", files.len());
    let mut wrong = Vec::new();
    for (path, text) in files {
        let mut set = SourceSet::default();
        let id = set.add(SourceText::new(path.as_str(), text));
        let (document, diagnostics) = syntax::parse(id, set.get(id));
        assert!(!document.items.is_empty(), "{path} is empty");
        wrong
            .extend(diagnostics.iter().map(|diagnostic| format!("{path}: {} {}", diagnostic.code, diagnostic.message)));
        wrong.extend(document.items.iter().filter(|item| item.broken).map(|item| format!("{path}: {:?}", item.span)));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_folder_is_checked_or_refused_with_a_reason() {
    let Some(root) = examples() else { return };
    let mut wrong = Vec::new();
    let mut folders = 0;
    for entry in std::fs::read_dir(&root).unwrap() {
        let folder = entry.unwrap().file_name().into_string().unwrap();
        if IMPORTED.contains(&folder.as_str()) {
            continue;
        }
        folders += 1;
        // The files of all folders under the paths a stack in this one finds them at.
        let files = sources(&root).into_iter().map(|(path, text)| match path.strip_prefix(&format!("{folder}/")) {
            Some(own) => (own.to_owned(), text),
            None => (format!("../{path}"), text),
        });
        let found = diagnose(&MemoryFiles(files.collect()));
        let refused: Vec<String> = found
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.code == "language::not_supported")
            .map(|diagnostic| diagnostic.message.clone())
            .collect();
        let reason = REFUSED.iter().find(|(name, _)| *name == folder).map(|(_, reason)| *reason);
        match (reason, refused.is_empty()) {
            (Some(reason), true) => wrong.push(format!("{folder} is not refused any more: {reason}")),
            (None, false) => wrong.push(format!("{folder} is refused without a reason: {refused:#?}")),
            (None, true) if WAITING.iter().any(|(name, _)| *name == folder) => {
                let other = found.diagnostics.iter().find(|diagnostic| !diagnostic.code.starts_with("schema::"));
                wrong.extend(other.map(|diagnostic| format!("{folder}: {}", diagnostic.message)));
            }
            // What is wrong besides follows from what is refused; what is not refused must be right.
            (None, true) if !found.diagnostics.is_empty() => wrong.push(format!("{folder}\n{}", found.rendered())),
            (Some(_), false) | (None, true) => {}
        }
        let syntax = found.diagnostics.iter().filter(|diagnostic| diagnostic.code.starts_with("syntax::"));
        wrong.extend(syntax.map(|diagnostic| format!("{folder}: {}", diagnostic.message)));
    }
    assert!(folders >= 4, "only {folders} folders");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
