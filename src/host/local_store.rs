//! State in files: a snapshot people can read, a journal that is written ahead, a lock that dies with its process.

mod consumers;
mod custody;
mod disk;
mod journal_file;
mod key_file;
mod lock;
mod moved;
mod snapshot_file;
mod stop;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cairn_provider::failpoint::{Failpoint, reached};

use self::journal_file::{JournalFile, JournalText};
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
        let key = key_file::read(&self.directory)?;
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
            // A first writer that died before the key was there: nothing was ever recorded.
            (Some(snapshot), journal, None) if is_blank(&snapshot, journal.as_ref()) => Ok(None),
            (Some(snapshot), Some(journal), Some(key)) => {
                if journal.lineage != snapshot.lineage {
                    return Err(StoreError::Damaged {
                        what: self.directory.join(journal_file::NAME).display().to_string(),
                        why: "it belongs to another state than state.json".to_owned(),
                        way_out: restore.to_owned(),
                    });
                }
                let older = |what: &str, than: &str| StoreError::Damaged {
                    what: self.directory.join(what).display().to_string(),
                    why: format!("it is older than {than} beside it: what was recorded since is missing"),
                    way_out: restore.to_owned(),
                };
                if journal.is_ahead_of(snapshot.sequence) {
                    return Err(older(snapshot_file::NAME, journal_file::NAME));
                }
                if journal.ends_before(snapshot.sequence) {
                    return Err(older(journal_file::NAME, snapshot_file::NAME));
                }
                Ok(Some(Loaded { snapshot, entries: journal.entries, key, repaired: journal.repaired }))
            }
            (None, _, _) => missing(snapshot_file::NAME, restore),
            (_, None, _) => missing(journal_file::NAME, restore),
            (_, _, None) => missing(key_file::NAME, key_file::WAY_OUT),
        }
    }

    /// The first writer makes lineage, key and journal.
    fn begin(&self, lock: &Lock) -> Result<Loaded, StoreError> {
        let snapshot = Snapshot { lineage: hex::encode(entropy::bytes(16)).into(), ..Snapshot::default() };
        let key = entropy::bytes(32);
        // The key comes last: whichever file is missing later, it is known that it was there.
        snapshot_file::write(&self.directory, &snapshot, lock)?;
        journal_file::start(&self.directory, &snapshot, lock)?;
        key_file::write(&self.directory, &key, lock)?;
        Ok(Loaded { snapshot, entries: Vec::new(), key, repaired: None })
    }

    fn take_now(&self, who: &str) -> Result<Loaded, StoreError> {
        disk::create_directory(&self.directory).map_err(|error| failed(&self.directory, &error))?;
        let lock = Lock::take(&self.directory, who)?;
        moved::check(&self.directory)?;
        reached(Failpoint::AfterLock);
        self.take_with(lock, who)
    }

    /// Takes the state from whoever holds it, dead, stopped or at work: what they still do cannot reach it any more.
    /// They find out at their next record, and stop.
    ///
    /// # Errors
    /// As for `take`, but for the lock.
    pub fn take_over(&self, who: &str) -> Result<Loaded, StoreError> {
        disk::create_directory(&self.directory).map_err(|error| failed(&self.directory, &error))?;
        let lock = Lock::seize(&self.directory, who)?;
        journal_file::part_from(&self.directory, &lock)?;
        self.take_with(lock, who)
    }

    fn take_with(&self, lock: Lock, who: &str) -> Result<Loaded, StoreError> {
        let mut loaded = match self.read()? {
            Some(loaded) => loaded,
            None => self.begin(&lock)?,
        };
        let last = loaded.entries.last().map_or(loaded.snapshot.sequence, |(sequence, _)| *sequence);
        let last = last.max(loaded.snapshot.sequence);
        let mut journal = JournalFile::open(&self.directory, last)?;
        let epoch = fold(loaded.snapshot.clone(), loaded.entries.clone()).snapshot.epoch + 1;
        let take = Entry::Take { epoch, who: who.into() };
        let sequence = journal.append(std::slice::from_ref(&take), &lock)?;
        loaded.entries.push((sequence, take));
        let mut open = self.open.lock().expect("no code panics while it holds the store");
        *open = Some(Open { lock, journal });
        Ok(loaded)
    }
}

/// Whether files were begun in which nothing is recorded.
fn is_blank(snapshot: &Snapshot, journal: Option<&JournalText>) -> bool {
    let untouched = snapshot.generation == 0 && snapshot.sequence == 0 && snapshot.resources.is_empty();
    untouched && journal.is_none_or(|journal| journal.entries.is_empty() && journal.repaired.is_none())
}

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
                Some(open) => open.journal.append(&entries, &open.lock).map(|_| ()),
                None => Err(untaken()),
            }
        });
        written
            .await
            .unwrap_or_else(|error| Err(StoreError::Failed { what: "the journal".to_owned(), why: error.to_string() }))
    }

    async fn compact(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let mut open = self.open.lock().expect("no code panics while it holds the store");
        let Some(open) = open.as_mut() else { return Err(untaken()) };
        if !open.lock.is_held() {
            return Err(StoreError::Fenced { by: open.lock.holder() });
        }
        let mut next = snapshot.clone();
        next.generation += 1;
        next.previous = snapshot_file::digest_of_current(&self.directory)?.into();
        snapshot_file::keep_current(&self.directory, snapshot.generation)?;
        snapshot_file::write(&self.directory, &next, &open.lock)?;
        reached(Failpoint::BetweenSnapshotAndJournal);
        // From here on the entries are in the snapshot; a crash before the next line leaves them to be passed over.
        journal_file::start(&self.directory, &next, &open.lock)?;
        open.journal = JournalFile::open(&self.directory, next.sequence)?;
        Ok(())
    }

    async fn release(&self) -> Result<(), StoreError> {
        let mut open = self.open.lock().expect("no code panics while it holds the store");
        if let Some(mut held) = open.take() {
            reached(Failpoint::BeforeRelease);
            held.journal.append(&[Entry::Released], &held.lock)?;
        }
        Ok(())
    }
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    disk::remove(path).map_err(|error| failed(path, &error))
}

fn untaken() -> StoreError {
    StoreError::Failed { what: "the state".to_owned(), why: "it is not taken".to_owned() }
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

/// State of a version that this program does not know: it is whole, and must not be touched.
fn newer(path: &Path, version: impl std::fmt::Display) -> StoreError {
    StoreError::Newer { what: path.display().to_string(), version: format!("{version}") }
}
