//! State in files: a snapshot people can read, a journal that is written ahead, a lock that dies with its process.

mod consumers;
mod custody;
mod journal_file;
mod lock;
mod moved;
mod snapshot_file;
mod stop;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use self::journal_file::JournalFile;
use self::lock::Lock;
use super::entropy;
use crate::state::{Entry, Loaded, Snapshot, StateStore, StoreError, fold};

/// State in a directory.
pub struct LocalStore {
    directory: PathBuf,
    open: Arc<Mutex<Option<Open>>>,
}

/// What a writer holds.
struct Open {
    lock: Lock,
    journal: JournalFile,
}

impl LocalStore {
    /// The state in a directory; nothing is touched yet.
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.to_path_buf(), open: Arc::new(Mutex::new(None)) }
    }

    fn read(&self) -> Result<Option<Loaded>, StoreError> {
        moved::check(&self.directory)?;
        self.read_whole()
    }

    /// Reads what is there, moved away or not.
    fn read_whole(&self) -> Result<Option<Loaded>, StoreError> {
        let snapshot = snapshot_file::read(&self.directory)?;
        let journal = journal_file::read(&self.directory)?;
        let key = self.key()?;
        let missing = |what: &str, way_out: &str| {
            Err(StoreError::Damaged {
                what: self.directory.join(what).display().to_string(),
                why: "it is missing, but the rest of the state is there".to_owned(),
                way_out: way_out.to_owned(),
            })
        };
        let restore = "bring it back from a backup, or take an older generation: cairn state restore";
        match (snapshot, journal, key) {
            (None, None, None) => Ok(None),
            (Some(snapshot), Some(journal), Some(key)) => {
                if journal.lineage != snapshot.lineage {
                    return Err(StoreError::Damaged {
                        what: self.directory.join(journal_file::NAME).display().to_string(),
                        why: "it belongs to another state than state.json".to_owned(),
                        way_out: restore.to_owned(),
                    });
                }
                Ok(Some(Loaded { snapshot, entries: journal.entries, key, repaired: journal.repaired }))
            }
            (None, _, _) => missing(snapshot_file::NAME, restore),
            (_, None, _) => missing(journal_file::NAME, restore),
            (_, _, None) => missing(
                KEY,
                "bring it back from a backup, or write 32 random bytes there: every secret is then sent once more",
            ),
        }
    }

    fn key(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.directory.join(KEY);
        match std::fs::read(&path) {
            Ok(key) if key.len() >= 16 => Ok(Some(key)),
            Ok(_) => Err(StoreError::Damaged {
                what: path.display().to_string(),
                why: "it is too short to be a key".to_owned(),
                way_out:
                    "bring it back from a backup, or write 32 random bytes there: every secret is then sent once more"
                        .to_owned(),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, &error)),
        }
    }

    /// The first writer makes lineage, key and journal.
    fn begin(&self) -> Result<Loaded, StoreError> {
        let snapshot = Snapshot { lineage: hex::encode(entropy::bytes(16)).into(), ..Snapshot::default() };
        let key = entropy::bytes(32);
        // The snapshot comes last: only then is there a state.
        snapshot_file::write_file(&self.directory, KEY, &key)?;
        journal_file::start(&self.directory, &snapshot)?;
        snapshot_file::write(&self.directory, &snapshot)?;
        Ok(Loaded { snapshot, entries: Vec::new(), key, repaired: None })
    }

    fn take_now(&self, who: &str) -> Result<Loaded, StoreError> {
        std::fs::create_dir_all(&self.directory).map_err(|error| failed(&self.directory, &error))?;
        let lock = Lock::take(&self.directory, who)?;
        moved::check(&self.directory)?;
        // A first writer that died before its snapshot was there left parts that mean nothing.
        if snapshot_file::read(&self.directory)?.is_none() {
            let begun = [KEY, journal_file::NAME].iter().all(|name| self.directory.join(name).exists());
            if !begun || journal_file::read(&self.directory)?.is_some_and(|journal| journal.entries.is_empty()) {
                for name in [KEY, journal_file::NAME] {
                    remove_if_there(&self.directory.join(name))?;
                }
            }
        }
        let mut loaded = match self.read()? {
            Some(loaded) => loaded,
            None => self.begin()?,
        };
        let last = loaded.entries.last().map_or(loaded.snapshot.sequence, |(sequence, _)| *sequence);
        let last = last.max(loaded.snapshot.sequence);
        let mut journal = JournalFile::open(&self.directory, last)?;
        let epoch = fold(loaded.snapshot.clone(), loaded.entries.clone()).snapshot.epoch + 1;
        let take = Entry::Take { epoch, who: who.into() };
        let sequence = journal.append(std::slice::from_ref(&take))?;
        loaded.entries.push((sequence, take));
        let mut open = self.open.lock().expect("no code panics while it holds the store");
        *open = Some(Open { lock, journal });
        Ok(loaded)
    }
}

/// The file with the stack's key.
const KEY: &str = "key";

#[async_trait]
impl StateStore for LocalStore {
    async fn load(&self) -> Result<Loaded, StoreError> {
        Ok(self.read()?.unwrap_or_else(|| Loaded { key: entropy::bytes(32), ..Loaded::default() }))
    }

    async fn take(&self, who: &str) -> Result<Loaded, StoreError> {
        self.take_now(who)
    }

    async fn append(&self, entries: &[Entry]) -> Result<(), StoreError> {
        let open = Arc::clone(&self.open);
        let entries = entries.to_vec();
        let written = tokio::task::spawn_blocking(move || {
            let mut open = open.lock().expect("no code panics while it holds the store");
            match open.as_mut() {
                // A lock file that somebody replaced locks nobody else out.
                Some(open) if !open.lock.is_held() => {
                    Err(StoreError::Lost { why: "its lock file was replaced or removed".to_owned() })
                }
                Some(open) => open.journal.append(&entries).map(|_| ()),
                None => Err(StoreError::Failed { what: "the state".to_owned(), why: "it is not taken".to_owned() }),
            }
        });
        written
            .await
            .unwrap_or_else(|error| Err(StoreError::Failed { what: "the journal".to_owned(), why: error.to_string() }))
    }

    async fn compact(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let mut next = snapshot.clone();
        next.generation += 1;
        next.previous = snapshot_file::digest_of_current(&self.directory)?.into();
        snapshot_file::keep_current(&self.directory, snapshot.generation)?;
        snapshot_file::write(&self.directory, &next)?;
        // From here on the entries are in the snapshot; a crash before the next line leaves them to be passed over.
        journal_file::start(&self.directory, &next)?;
        let mut open = self.open.lock().expect("no code panics while it holds the store");
        if let Some(open) = open.as_mut() {
            open.journal = JournalFile::open(&self.directory, next.sequence)?;
        }
        Ok(())
    }

    async fn release(&self) -> Result<(), StoreError> {
        let mut open = self.open.lock().expect("no code panics while it holds the store");
        if let Some(mut held) = open.take() {
            held.journal.append(&[Entry::Released])?;
        }
        Ok(())
    }
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(path, &error)),
    }
}

/// An error of the system about a file.
fn failed(path: &Path, error: &std::io::Error) -> StoreError {
    let what = path.display().to_string();
    if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        StoreError::Full { what }
    } else {
        StoreError::Failed { what, why: error.to_string() }
    }
}
