//! Where stacks lie in a folder of a workspace.

use std::path::{Path, PathBuf};

/// So many folders are looked into.
const MOST_FOLDERS: usize = 4_000;
/// So deep.
const DEEPEST: usize = 8;

/// Folders with files of the language in them, below one and with it. Hidden folders and those of dependencies are
/// left out.
pub fn below(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![(root.to_path_buf(), 0)];
    let mut looked = 0;
    while let Some((folder, depth)) = pending.pop() {
        looked += 1;
        if looked > MOST_FOLDERS {
            break;
        }
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let mut holds = false;
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if kind.is_dir() && depth < DEEPEST && !name.starts_with('.') && name != "target" && name != "node_modules"
            {
                pending.push((entry.path(), depth + 1));
            }
            holds |= kind.is_file() && name.ends_with(".cairn");
        }
        if holds {
            found.push(folder);
        }
    }
    found.sort();
    found
}
