//! Components from git on a disk: what is locked, where its files lie, whether they are what was locked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use sha2::{Digest as _, Sha256};

use crate::language::resolve::{ComponentError, FileError};
use crate::language::syntax::MAX_FILE;
use crate::lock::{Component, FILE, Locator, Lock, Unreadable, Version};

/// How many files a repository may have.
pub const MOST_FILES: usize = 2_000;

/// How much all of them may hold, in bytes.
pub const MOST_BYTES: usize = 50 * 1024 * 1024;

/// How deep directories may lie in each other.
const DEEPEST: usize = 20;

/// The files of a repository at a commit, by their paths, with line ends as they are on every machine.
pub type Tree = BTreeMap<String, Vec<u8>>;

/// What is locked beside a stack, and where it lies.
pub struct Components {
    root: PathBuf,
    lock: OnceLock<Result<Lock, Unreadable>>,
    /// Directories whose content was compared with the lock, by the directory in the paths of sources.
    verified: Mutex<BTreeMap<String, Result<PathBuf, ComponentError>>>,
}

impl Components {
    /// Those of a stack's directory.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), lock: OnceLock::new(), verified: Mutex::default() }
    }

    /// Those of a stack's directory with another lock.
    pub fn with(root: &Path, lock: Lock) -> Self {
        Self { root: root.to_path_buf(), lock: OnceLock::from(Ok(lock)), verified: Mutex::default() }
    }

    /// The tag that is locked for what is wanted, if its files are here and unchanged.
    pub fn selected(&self, wanted: &Locator) -> Result<String, ComponentError> {
        let lock = self
            .lock
            .get_or_init(|| read_lock(&self.root))
            .as_ref()
            .map_err(|error| ComponentError::Lock(error.clone()))?;
        let Some((_, component)) = lock.component(wanted) else { return Err(ComponentError::NotLocked(None)) };
        if Version::parse(&component.tag) < Version::parse(&wanted.tag) {
            return Err(ComponentError::NotLocked(Some(component.tag.clone())));
        }
        let directory = Locator::directory(&component.git, &component.tag);
        let mut verified = self.verified.lock().expect("no code panics while it compares a component");
        let found = verified.entry(directory).or_insert_with(|| verify(&self.root, component));
        found.as_ref().map(|_| component.tag.clone()).map_err(Clone::clone)
    }

    /// A file or a directory of a component that was selected before.
    pub fn path(&self, path: &str) -> Result<PathBuf, FileError> {
        // A directory may be given without its slash.
        let closed = format!("{path}/");
        let directory = Locator::root_of(path).or_else(|| Locator::root_of(&closed)).ok_or(FileError::Missing)?;
        let verified = self.verified.lock().expect("no code panics while it compares a component");
        let Some(Ok(base)) = verified.get(directory) else { return Err(FileError::Missing) };
        let rest = closed.strip_prefix(directory).unwrap_or_default().trim_end_matches('/');
        if rest.split('/').any(|part| part == "..") {
            return Err(FileError::Outside);
        }
        Ok(base.join(rest))
    }
}

/// The lock of a stack; empty if there is no file.
///
/// # Errors
/// The file is there and cannot be used.
pub fn read_lock(root: &Path) -> Result<Lock, Unreadable> {
    match std::fs::read_to_string(root.join(FILE)) {
        Ok(text) => Lock::parse(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Lock::default()),
        Err(error) => Err(Unreadable { line: 1, what: error.to_string() }),
    }
}

/// Writes the lock of a stack, whole or not at all.
///
/// # Errors
/// In the words of the system.
pub fn write_lock(root: &Path, lock: &Lock) -> Result<(), String> {
    let (path, next) = (root.join(FILE), root.join(format!("{FILE}.next")));
    std::fs::write(&next, lock.render())
        .and_then(|()| std::fs::rename(&next, &path))
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

/// Where a component lies in `vendor/`.
pub fn vendored(root: &Path, component: &Component) -> PathBuf {
    root.join("vendor").join(&component.git).join(format!("@{}", component.tag))
}

/// Where a component lies among what was fetched.
pub fn cached(root: &Path, sha256: &str) -> PathBuf {
    root.join(".cairn").join("imports").join(sha256)
}

/// Where a component's files lie, if they are here and are what was locked.
fn verify(root: &Path, component: &Component) -> Result<PathBuf, ComponentError> {
    for place in [vendored(root, component), cached(root, &component.sha256)] {
        if !place.is_dir() {
            continue;
        }
        return match read_tree(&place) {
            Ok(tree) if digest(&tree) == component.sha256 => Ok(place),
            Ok(_) | Err(_) => {
                let shown = place.strip_prefix(root).unwrap_or(&place).display().to_string();
                Err(ComponentError::Changed(shown))
            }
        };
    }
    Err(ComponentError::NotFetched)
}

/// The digest of a tree: SHA-256 over all paths and contents, each with its length in front.
pub fn digest(tree: &Tree) -> String {
    let mut hash = Sha256::new();
    for (path, content) in tree {
        for part in [path.as_bytes(), content.as_slice()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    hex::encode(hash.finalize())
}

/// Text with the line ends of every machine; other content as it is.
pub fn normalised(content: Vec<u8>) -> Vec<u8> {
    if !content.contains(&b'\r') {
        return content;
    }
    match String::from_utf8(content) {
        Ok(text) => text.replace("\r\n", "\n").into_bytes(),
        Err(error) => error.into_bytes(),
    }
}

/// Whether a path of a repository can be a path below a directory on every machine.
///
/// # Errors
/// Why not.
pub fn plain_path(path: &str) -> Result<(), &'static str> {
    if path.starts_with('/') {
        return Err("an absolute path");
    }
    if path.split('/').count() > DEEPEST {
        return Err("more than 20 directories deep");
    }
    for part in path.split('/') {
        if part.is_empty() || part == "." || part == ".." {
            return Err("a path that leads elsewhere");
        }
        if part.len() > 200 {
            return Err("a name of more than 200 bytes");
        }
        if part.bytes().any(|byte| byte.is_ascii_control() || matches!(byte, b'\\' | b':')) {
            return Err("a name with a character that not every system has");
        }
        if part.eq_ignore_ascii_case(".git") {
            return Err("a directory of git's own");
        }
    }
    Ok(())
}

/// Reads what lies below a directory, refusing links and whatever is too much.
///
/// # Errors
/// What stands in the way.
pub fn read_tree(directory: &Path) -> Result<Tree, String> {
    let mut tree = Tree::new();
    let mut total = 0;
    let mut pending = vec![(directory.to_path_buf(), String::new())];
    while let Some((directory, prefix)) = pending.pop() {
        let entries = std::fs::read_dir(&directory).map_err(|error| error.to_string())?;
        for entry in entries {
            let entry = entry.map_err(|error| error.to_string())?;
            let name = entry.file_name().into_string().map_err(|_| "a name that is no text".to_owned())?;
            let path = format!("{prefix}{name}");
            plain_path(&path).map_err(|why| format!("{path}: {why}"))?;
            let kind = entry.file_type().map_err(|error| error.to_string())?;
            if kind.is_dir() {
                pending.push((entry.path(), format!("{path}/")));
                continue;
            }
            if !kind.is_file() {
                return Err(format!("{path}: neither a file nor a directory"));
            }
            let length = entry.metadata().map_err(|error| error.to_string())?.len();
            total += usize::try_from(length).unwrap_or(usize::MAX);
            if length > MAX_FILE as u64 || total > MOST_BYTES || tree.len() >= MOST_FILES {
                return Err(format!("{path}: more than a component may hold"));
            }
            let content = std::fs::read(entry.path()).map_err(|error| error.to_string())?;
            tree.insert(path, normalised(content));
        }
    }
    Ok(tree)
}

/// Writes a tree to a directory, whole or not at all. A directory that is there is replaced.
///
/// # Errors
/// In the words of the system.
pub fn write_tree(tree: &Tree, directory: &Path) -> Result<(), String> {
    let shown = |error: std::io::Error| format!("{} cannot be written: {error}", directory.display());
    let parent = directory.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(shown)?;
    let next = parent.join(format!(".next-{}", std::process::id()));
    remove(&next).map_err(shown)?;
    for (path, content) in tree {
        let full = next.join(path);
        std::fs::create_dir_all(full.parent().unwrap_or(&next)).map_err(shown)?;
        // Paths that differ on one system and not on another would write over each other.
        let mut options = std::fs::OpenOptions::new();
        let written = options.write(true).create_new(true).open(&full);
        written.and_then(|mut file| std::io::Write::write_all(&mut file, content)).map_err(shown)?;
    }
    if tree.is_empty() {
        std::fs::create_dir_all(&next).map_err(shown)?;
    }
    remove(directory).map_err(shown)?;
    std::fs::rename(&next, directory).map_err(shown)
}

/// Whether a component was fetched before and lies there unchanged.
pub fn is_cached(root: &Path, sha256: &str) -> bool {
    read_tree(&cached(root, sha256)).is_ok_and(|tree| digest(&tree) == sha256)
}

/// Removes copies in `vendor/` of tags that are not locked any more.
///
/// # Errors
/// In the words of the system.
pub fn remove_stale(root: &Path, lock: &Lock) -> Result<(), String> {
    for component in lock.components.values() {
        let Ok(entries) = std::fs::read_dir(root.join("vendor").join(&component.git)) else { continue };
        for entry in entries.flatten() {
            let copy = entry.path();
            let locked = lock.components.values().any(|other| vendored(root, other) == copy);
            if entry.file_name().to_string_lossy().starts_with('@') && !locked {
                remove(&copy).map_err(|error| error.to_string())?;
            }
        }
    }
    Ok(())
}

fn remove(directory: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(directory) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{Tree, digest, normalised, plain_path};

    #[test]
    fn a_digest_says_which_content_lies_where() {
        let tree = |entries: &[(&str, &str)]| -> Tree {
            entries.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
        };
        let one = digest(&tree(&[("a", "bc"), ("d", "")]));
        for other in [&[("ab", "c"), ("d", "")][..], &[("a", "b"), ("d", "c")], &[("a", "bc")]] {
            assert_ne!(one, digest(&tree(other)));
        }
        assert_eq!(normalised(b"a\r\nb\n".to_vec()), b"a\nb\n");
        assert_eq!(normalised(vec![0xff, b'\r', b'\n']), [0xff, b'\r', b'\n']);
    }

    #[test]
    fn paths_stay_below_their_directory() {
        assert_eq!(plain_path("lib/a b.cairn"), Ok(()));
        for path in
            ["/etc/passwd", "../x", "a/../b", "a//b", "./a", "a\\b", "c:x", ".git/config", "x/.GIT/y", "a\nb", ""]
        {
            assert!(plain_path(path).is_err(), "{path}");
        }
        assert!(plain_path(&"a/".repeat(30)).is_err());
    }
}
