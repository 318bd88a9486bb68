//! What the targets start from: all stacks, all examples, all cases of the suites.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::literate::{Case, cases, documents};

/// The folder of the repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Folders of files that belong together.
pub fn folders() -> Vec<Case> {
    let root = repository();
    let mut folders = Vec::new();
    for folder in ["tests/language", "src/diagnostic/catalogue"] {
        for file in documents(&root.join(folder)) {
            folders.extend(cases(&std::fs::read_to_string(file).unwrap()));
        }
    }
    // Lists of a million items are tried elsewhere.
    folders.retain(|case| !case.files.values().any(|text| text.contains("900000")));
    let mut stacks = vec![root.join("stacks")];
    let shared = std::env::var("CAIRN_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    // The examples lie beside the repository, and not on everybody's machine.
    stacks.extend(Some(root.join(shared).join("design/examples")).filter(|folder| folder.is_dir()));
    for stack in stacks {
        let mut files = BTreeMap::new();
        collect(&stack, &stack, &mut files);
        folders.push(Case { title: stack.display().to_string(), files, reports: None, alone: true });
    }
    assert!(folders.len() > 250, "only {} folders", folders.len());
    folders
}

/// All texts of all folders.
pub fn texts() -> Vec<String> {
    folders().into_iter().flat_map(|case| case.files.into_values()).collect()
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "cairn") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, std::fs::read_to_string(path).unwrap());
        }
    }
}
