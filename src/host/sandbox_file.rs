//! The sandbox's objects in a file beside the state.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use cairn_sim::Storage;

/// Lines in a file.
pub struct SandboxFile {
    path: PathBuf,
    file: Option<File>,
}

impl SandboxFile {
    /// The file in a directory; it is made when something is written.
    pub fn new(directory: &Path) -> Self {
        Self { path: directory.join("sandbox.jsonl"), file: None }
    }
}

impl Storage for SandboxFile {
    fn load(&mut self) -> Result<String, String> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(format!("{}: {error}", self.path.display())),
        }
    }

    fn append(&mut self, line: &str) -> Result<(), String> {
        let describe = |error: std::io::Error| format!("{}: {error}", self.path.display());
        if self.file.is_none() {
            if let Some(directory) = self.path.parent() {
                std::fs::create_dir_all(directory).map_err(describe)?;
            }
            let mut file = OpenOptions::new().append(true).create(true).open(&self.path).map_err(describe)?;
            // A torn line of a killed process ends here, so that the next one is whole.
            let text = std::fs::read(&self.path).map_err(describe)?;
            if text.last().is_some_and(|last| *last != b'\n') {
                let keep = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                file.set_len(keep as u64).map_err(describe)?;
            }
            file.flush().map_err(describe)?;
            self.file = Some(file);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(format!("{line}\n").as_bytes()).map_err(|error| error.to_string())
    }
}
