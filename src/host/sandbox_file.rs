//! The sandbox's objects in a file beside the state.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use cairn_provider::failpoint::{Failpoint, reached};
use cairn_sim::Storage;
use ecow::EcoString;

use super::local_store::LocalStore;

/// Lines in a file.
pub struct SandboxFile {
    path: PathBuf,
    file: Option<File>,
    /// How much of the file is known: what was read, and what was written behind it.
    known: u64,
    /// The sandboxes of stacks whose outputs are read: what lives there can be referred to here.
    neighbours: BTreeMap<PathBuf, SandboxFile>,
}

impl SandboxFile {
    /// The file in a directory; it is made when something is written.
    pub fn new(directory: &Path) -> Self {
        Self { path: directory.join("sandbox.jsonl"), file: None, known: 0, neighbours: BTreeMap::new() }
    }

    /// With those in other directories, whose objects can be referred to from the beginning.
    #[must_use]
    pub fn beside<'a>(mut self, others: impl Iterator<Item = &'a Path>) -> Self {
        self.neighbours.extend(others.map(|other| (other.to_path_buf(), Self::new(other))));
        self
    }

    fn describe(&self, error: &std::io::Error) -> String {
        format!("{}: {error}", self.path.display())
    }

    /// The whole lines behind what is known.
    fn behind(&mut self) -> std::io::Result<Vec<u8>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        if file.metadata()?.len() <= self.known {
            return Ok(Vec::new());
        }
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(self.known))?;
        file.read_to_end(&mut bytes)?;
        // A line that is not whole was never answered, or is being written right now.
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1));
        self.known += bytes.len() as u64;
        Ok(bytes)
    }

    /// What is new in the sandboxes of stacks that are read.
    fn around(&mut self) -> std::io::Result<Vec<u8>> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        for state in LocalStore::new(directory).states_read().unwrap_or_default() {
            self.neighbours.entry(PathBuf::from(state)).or_insert_with_key(|state| Self::new(state));
        }
        let mut bytes = Vec::new();
        for neighbour in self.neighbours.values_mut() {
            bytes.extend(neighbour.behind()?);
        }
        Ok(bytes)
    }

    fn write(&mut self, line: &str) -> std::io::Result<()> {
        if self.file.is_none() {
            if let Some(directory) = self.path.parent() {
                std::fs::create_dir_all(directory)?;
            }
            let file = OpenOptions::new().append(true).create(true).open(&self.path)?;
            // A torn line of a killed process ends here, so that the next one is whole.
            let text = std::fs::read(&self.path)?;
            if text.last().is_some_and(|last| *last != b'\n') {
                let keep = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                file.set_len(keep as u64)?;
            }
            self.file = Some(file);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        let all_known = file.metadata()?.len() == self.known;
        file.write_all(format!("{line}\n").as_bytes())?;
        if all_known {
            self.known += line.len() as u64 + 1;
        }
        Ok(())
    }
}

/// Objects of one sandbox live in another one from here on, as in a cloud both stacks share. Done twice, it is done once.
///
/// # Errors
/// A file cannot be read or written.
pub fn carry(from: &Path, to: &Path, objects: &[(EcoString, EcoString)]) -> Result<(), String> {
    let mut source = SandboxFile::new(from);
    let mut target = SandboxFile::new(to);
    let lines = |file: &mut SandboxFile| {
        let bytes = file.behind().map_err(|error| file.describe(&error))?;
        let mut last: BTreeMap<(String, String), String> = BTreeMap::new();
        for line in String::from_utf8_lossy(&bytes).lines() {
            let Ok(json) = serde_json::from_str::<serde_json::Value>(line) else { continue };
            let part = |index: usize| json.get("key")?.get(index)?.as_str().map(str::to_owned);
            if let (Some(kind), Some(id)) = (part(0), part(2)) {
                last.insert((kind, id), line.to_owned());
            }
        }
        Ok::<_, String>(last)
    };
    let (there, here) = (lines(&mut source)?, lines(&mut target)?);
    for (kind, id) in objects {
        let key = (kind.to_string(), id.to_string());
        if let Some(line) = there.get(&key).filter(|_| !here.contains_key(&key)) {
            target.write(line).map_err(|error| target.describe(&error))?;
        }
    }
    Ok(())
}

impl Storage for SandboxFile {
    fn news(&mut self) -> Result<String, String> {
        let mut bytes = self.around().map_err(|error| self.describe(&error))?;
        bytes.extend(self.behind().map_err(|error| self.describe(&error))?);
        String::from_utf8(bytes).map_err(|_| format!("{} is not text", self.path.display()))
    }

    fn append(&mut self, line: &str) -> Result<(), String> {
        // What is written here is what a cloud does: before it nothing was sent, after it the effect is there.
        reached(Failpoint::BeforeSend);
        let written = self.write(line).map_err(|error| self.describe(&error));
        reached(Failpoint::AfterSend);
        written
    }
}
