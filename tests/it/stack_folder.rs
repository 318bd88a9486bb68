//! A stack's directory on the disk, made for one test and removed behind it, and the command line run on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A header that lets a stack of `aws` types be checked.
pub const STACK: &str =
    "stack test { cairn: \"1\" }\nimport aws\nprovider eu = aws.Target { region: \"eu-central-1\" }\n";

/// The directory.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    pub fn empty() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("stack-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// One with files.
    pub fn with<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Self {
        let folder = Self::empty();
        for (name, bytes) in files {
            folder.write(name, bytes.as_ref());
        }
        folder
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Everything in it: paths and contents.
    pub fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut pending = vec![self.0.clone()];
        while let Some(path) = pending.pop() {
            if path.is_dir() && !path.is_symlink() {
                found.insert(path.clone(), Vec::new());
                // What cannot be listed cannot be compared; its own name can.
                if let Ok(entries) = std::fs::read_dir(&path) {
                    pending.extend(entries.map(|entry| entry.unwrap().path()));
                }
            } else {
                let bytes = std::fs::read(&path).unwrap_or_default();
                found.insert(path, bytes);
            }
        }
        found
    }

    /// Runs `cairn check` on it.
    pub fn check(&self, arguments: &[&str]) -> Output {
        self.run("check", arguments)
    }

    /// Runs a command on it.
    pub fn run(&self, command: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_cairn"))
            .arg(command)
            .arg(&self.0)
            .args(arguments)
            .env("LANG", "C.UTF-8")
            .env_remove("LC_ALL")
            .env_remove("LC_CTYPE")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "96")
            .output()
            .unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind does no harm; the next run has other names.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What `--format json` says about a run: `code path:line:column` of every report, in order.
pub fn reports(output: &Output) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let found = json["diagnostics"].as_array().unwrap();
    found
        .iter()
        .map(|report| match report["file"].as_str() {
            Some(file) => format!("{} {file}:{}:{}", text(&report["code"]), report["line"], report["column"]),
            None => format!("{} -", text(&report["code"])),
        })
        .map(|report| report.trim_start_matches("cairn::").to_owned())
        .collect()
}
