//! Source files on a disk, found and replaced.

use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::language::syntax::MAX_FILE;

/// The `*.cairn` files at a path: itself, or all below a directory. Hidden directories and links are passed over.
///
/// # Errors
/// There is nothing there, or a directory cannot be read; the message names the path.
pub fn find(path: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    if std::fs::metadata(path).map_err(|error| failed(path, error))?.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    let mut pending = vec![path.to_path_buf()];
    while let Some(directory) = pending.pop() {
        for entry in std::fs::read_dir(&directory).map_err(|error| failed(&directory, error))? {
            let entry = entry.map_err(|error| failed(&directory, error))?;
            let kind = entry.file_type().map_err(|error| failed(&entry.path(), error))?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if kind.is_dir() && !hidden {
                pending.push(entry.path());
            } else if kind.is_file() && entry.path().extension().is_some_and(|extension| extension == "cairn") {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The text of a file.
///
/// # Errors
/// It cannot be read, is no UTF-8 or larger than a source may be.
pub fn read(path: &Path) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    bounded(file)
}

/// Standard input as text.
///
/// # Errors
/// As of [`read`].
pub fn read_input() -> Result<String, String> {
    bounded(std::io::stdin().lock())
}

fn bounded(from: impl std::io::Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    from.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > MAX_FILE {
        return Err("larger than 10 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| format!("no UTF-8 text from byte {} on", error.utf8_error().valid_up_to()))
}

/// Replaces a file as a whole: whoever reads it sees the old text or the new one. Its permissions stay.
///
/// # Errors
/// In the words of the system; the file is then as it was.
pub fn replace(path: &Path, text: &str) -> Result<(), String> {
    // A link stays one: what it leads to is replaced.
    let path = std::fs::canonicalize(path).map_err(|error| error.to_string())?;
    let permissions = std::fs::metadata(&path).map_err(|error| error.to_string())?.permissions();
    if permissions.readonly() {
        return Err("it is read-only".to_owned());
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut attempt = 0;
    let (beside, mut file) = loop {
        let beside = path.with_file_name(format!(".{name}.{}-{attempt}", std::process::id()));
        match std::fs::OpenOptions::new().write(true).create_new(true).open(&beside) {
            Ok(file) => break (beside, file),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && attempt < 100 => attempt += 1,
            Err(error) => return Err(error.to_string()),
        }
    };
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.set_permissions(permissions))
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&beside, &path));
    if let Err(error) = written {
        // The failure that matters is the first one.
        let _ = std::fs::remove_file(&beside);
        return Err(error.to_string());
    }
    Ok(())
}
