//! The lock: a file of its own that is never renamed or removed, locked by the kernel for as long as a process lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::failed;
use crate::state::StoreError;

/// The file.
const NAME: &str = "lock";

/// A lock that is held.
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
        if !is_same_file(&file, &path) {
            // Somebody replaced the file while it was opened: the lock is on a file nobody else sees.
            return Err(StoreError::Locked { who: "somebody who replaced the lock file".to_owned() });
        }
        let write = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(who.as_bytes()));
        write.map_err(|error| failed(&path, &error))?;
        Ok(Self { file, path })
    }

    /// Whether the file that is locked is still the one that others would lock.
    pub fn is_held(&self) -> bool {
        is_same_file(&self.file, &self.path)
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
