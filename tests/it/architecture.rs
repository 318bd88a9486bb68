//! The shape of the code: who may use whom, how every file begins, how long it may be, what it may be called.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Who may use whom, among the modules of the root package. `book/src/contributing/architecture.md` shows the same.
const MAY_USE: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("diagnostic", &["source"]),
    ("builtins", &[]),
    ("model", &["source", "builtins"]),
    ("lock", &[]),
    ("language", &["source", "diagnostic", "builtins", "model", "lock"]),
    ("state", &["source", "diagnostic", "model"]),
    ("engine", &["source", "diagnostic", "builtins", "model", "state"]),
    ("view", &["source", "diagnostic", "model", "state"]),
    // Only the traits that these declare for it to implement.
    ("host", &["source", "language", "lock", "model", "state", "engine"]),
    // The environment's values come through a function that `command` hands in, so that it needs no engine.
    ("lsp", &["source", "diagnostic", "language", "host"]),
    ("rego", &[]),
    ("registry", &["builtins", "engine", "lock"]),
    (
        "command",
        &[
            "source",
            "diagnostic",
            "builtins",
            "model",
            "lock",
            "language",
            "state",
            "engine",
            "view",
            "host",
            "rego",
            "lsp",
            "registry",
        ],
    ),
    ("main", &["command"]),
];

/// Which crates each module may name.
const CRATES: &[(&str, &[&str])] = &[
    ("cairn_aws", &["registry"]),
    ("cairn_sim", &["registry", "host", "command"]),
    ("miette", &["view", "diagnostic"]),
    ("indicatif", &["view"]),
    ("pest", &["language"]),
    ("regorus", &["rego"]),
    ("petgraph", &["engine", "language"]),
    ("ls_types", &["lsp"]),
    ("lsp_server", &["lsp"]),
    ("clap", &["command", "main"]),
    ("toml", &["lock"]),
    ("clap_complete", &["command"]),
    ("rustyline", &["host"]),
    ("object_store", &["host"]),
    ("tokio_postgres", &["host"]),
];

/// Which of our crates each provider crate may depend on.
const PROVIDERS: &[(&str, &[&str])] = &[
    ("sdk", &[]),
    ("net", &["cairn-provider"]),
    ("aws", &["cairn-provider", "cairn-provider-net", "cairn-conformance", "cairn-sim"]),
    ("sim", &["cairn-provider"]),
    ("conformance", &["cairn-provider"]),
];

/// Names that say nothing.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "manager", "context", "shared"];

const MOST_LINES: usize = 600;

#[test]
fn modules_use_only_what_they_may() {
    let root = root();
    let mut wrong = Vec::new();
    for file in sources(&root.join("src")) {
        let module = module_of(&root.join("src"), &file);
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            if module != "lib" {
                wrong.push(format!("{} is in no module of the table", shown(&file)));
            }
            continue;
        };
        let text = std::fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            for used in crate_paths(line) {
                let known = MAY_USE.iter().any(|(name, _)| *name == used);
                if known && used != module && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{}:{}: {module} may not use {used}", shown(&file), number + 1));
                }
            }
            for (name, users) in CRATES {
                let mentions = line.contains(&format!("{name}::")) && !line.trim_start().starts_with("//");
                if mentions && !users.contains(&module.as_str()) {
                    wrong.push(format!("{}:{}: {module} may not use {name}", shown(&file), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn provider_crates_depend_only_on_what_they_may() {
    let mut wrong = Vec::new();
    for (name, allowed) in PROVIDERS {
        let manifest = root().join("providers").join(name).join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).unwrap();
        for line in text.lines().filter(|line| line.starts_with("cairn")) {
            let used: String = line.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
            if !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} may not depend on {used}", shown(&manifest)));
            }
        }
    }
    let known: BTreeSet<&str> = PROVIDERS.iter().map(|(name, _)| *name).collect();
    for entry in std::fs::read_dir(root().join("providers")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !known.contains(name.as_str()) {
            wrong.push(format!("providers/{name} is not in the table"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_say_what_they_are_and_stay_short() {
    let mut wrong = Vec::new();
    for file in all_sources() {
        let text = std::fs::read_to_string(&file).unwrap();
        if !text.starts_with("//! ") {
            wrong.push(format!("{} does not begin with a `//!` sentence", shown(&file)));
        }
        let lines = text.lines().count();
        if lines > MOST_LINES {
            wrong.push(format!("{} has {lines} lines; {MOST_LINES} are the limit", shown(&file)));
        }
        let name = file.file_stem().unwrap().to_str().unwrap();
        let folder = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
        if EMPTY_NAMES.contains(&name) || EMPTY_NAMES.contains(&folder) {
            wrong.push(format!("{}: the name says nothing", shown(&file)));
        }
        for (number, line) in text.lines().enumerate() {
            if line.starts_with("pub use ") && line.ends_with("::*;") {
                wrong.push(format!("{}:{}: a re-export that hides what it exports", shown(&file), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Every file beside a service's `mod.rs` is a resource type that the `mod.rs` registers, or is declared by hand.
#[test]
fn every_resource_file_is_registered() {
    let mut wrong = Vec::new();
    let services = root().join("providers/aws/src");
    for entry in std::fs::read_dir(&services).unwrap() {
        let folder = entry.unwrap().path();
        let register = folder.join("mod.rs");
        if !register.is_file() {
            continue;
        }
        let text = std::fs::read_to_string(&register).unwrap();
        let words: BTreeSet<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let registered = words.contains(name.as_str()) || folder.join(format!("{name}.rs")).is_file();
            if name != "mod" && !registered {
                wrong.push(format!("{} is not named in {}", shown(&file), shown(&register)));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

fn all_sources() -> Vec<PathBuf> {
    let mut files = sources(&root().join("src"));
    files.extend(sources(&root().join("providers")));
    files.extend(sources(&root().join("tests")));
    assert!(files.len() > 100, "the search for sources found only {}", files.len());
    files
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn module_of(src: &Path, file: &Path) -> String {
    let first = file.strip_prefix(src).unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The modules that a line names by `crate::`; a comment names nothing.
fn crate_paths(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap_or_default();
    let rest = code.split("crate::").skip(1);
    rest.map(|after| after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
}
