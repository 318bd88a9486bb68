//! The lock: a file of its own, locked by the kernel for as long as a process lives.
//!
//! Holding it means to hold the file that stands at its path. Who takes the state from a process that stands still puts
//! another file there; the process finds that out before it changes anything, and after everything it wrote.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::{disk, failed};
use crate::state::StoreError;

/// The file.
const NAME: &str = "lock";

/// A lock that is held.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock at once or not at all.
    pub fn take(directory: &Path, who: &str) -> Result<Self, StoreError> {
        let path = directory.join(NAME);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        super::super::private(&mut options);
        let mut file = options.open(&path).map_err(|error| failed(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who holds it is only said if it can be read.
                let _ = file.read_to_string(&mut holder);
                let who =
                    if holder.trim().is_empty() { "another process".to_owned() } else { holder.trim().to_owned() };
                return Err(StoreError::Locked { who });
            }
            Err(TryLockError::Error(error)) => return Err(failed(&path, &error)),
        }
        let mut lock = Self { file, path };
        if !lock.is_held() {
            // Somebody replaced the file while it was opened: the lock is on a file nobody else sees.
            return Err(StoreError::Locked { who: "somebody who replaced the lock file".to_owned() });
        }
        lock.say(who)?;
        lock.clear(directory)?;
        Ok(lock)
    }

    /// Takes the lock from whoever holds it.
    pub fn seize(directory: &Path, who: &str) -> Result<Self, StoreError> {
        let path = directory.join(NAME);
        let fresh = directory.join(format!("{NAME}.{}.taken", std::process::id()));
        let seized = (|| {
            let file = disk::create(&fresh)?;
            file.lock()?;
            std::fs::rename(&fresh, &path)?;
            Ok(file)
        })();
        let mut lock = Self { file: seized.map_err(|error| failed(&path, &error))?, path };
        lock.say(who)?;
        // What the other one has half written it can not put in place any more.
        lock.clear(directory)?;
        Ok(lock)
    }

    /// Whether the lock was taken by nobody else meanwhile.
    pub fn is_held(&self) -> bool {
        is_same_file(&self.file, &self.path)
    }

    /// Who holds it now.
    pub fn holder(&self) -> String {
        let said = std::fs::read_to_string(&self.path).unwrap_or_default();
        if said.trim().is_empty() { "another process".to_owned() } else { said.trim().to_owned() }
    }

    fn say(&mut self, who: &str) -> Result<(), StoreError> {
        let file = &mut self.file;
        let write = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(who.as_bytes()));
        write.map_err(|error| failed(&self.path, &error))
    }

    /// Removes new files that were never put in place.
    fn clear(&self, directory: &Path) -> Result<(), StoreError> {
        let entries = std::fs::read_dir(directory).map_err(|error| failed(directory, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| failed(directory, &error))?.path();
            if path.extension().is_some_and(|extension| extension == disk::NEW) {
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&path, &error)),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(held), Ok(seen)) => held.ino() == seen.ino() && held.dev() == seen.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_same_file(_file: &File, path: &Path) -> bool {
    path.exists()
}
