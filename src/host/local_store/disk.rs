//! What the store asks of a disk. In builds for tests each of these can fail, as a full or a broken disk does.
//!
//! `CAIRN_DISK_FAULT=full:7` lets the seventh request and all later ones find no room; `broken:7` lets the seventh one
//! alone fail with an error of the device. A write that fails has written a half.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use cairn_provider::failpoint::{Failpoint, is_due, reached};

use crate::host::variable;

/// Adds bytes to a file.
pub fn append(file: &mut File, bytes: &[u8]) -> Result<()> {
    reached(Failpoint::BeforeAppend);
    write(file, bytes, Failpoint::MidAppend)
}

/// Makes what was added to a file durable.
pub fn sync_appended(file: &File) -> Result<()> {
    reached(Failpoint::BeforeSync);
    refuse()?;
    file.sync_data()
}

/// Cuts a file.
pub fn cut(file: &File, length: u64) -> Result<()> {
    refuse()?;
    file.set_len(length)
}

/// Opens a file only the user may read, empty, making it if need be.
pub fn create(path: &Path) -> Result<File> {
    refuse()?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    super::super::private(&mut options);
    options.open(path)
}

/// How the names of files end that are not in place yet.
pub const NEW: &str = "new";

/// Replaces a file: after a power failure it is either the old one or the new one. `may` is asked when the new one is
/// whole, right before it is put in place; whoever takes the state then removes it, so that it can never follow later.
pub fn replace(directory: &Path, name: &str, bytes: &[u8], may: impl Fn() -> Result<()>) -> Result<()> {
    reached(Failpoint::BeforeWrite);
    let path = directory.join(name);
    let temporary = directory.join(format!("{name}.{}.{NEW}", std::process::id()));
    let mut file = create(&temporary)?;
    write(&mut file, bytes, Failpoint::MidWrite)?;
    refuse()?;
    file.sync_all()?;
    reached(Failpoint::BeforeRename);
    refuse()?;
    may()?;
    std::fs::rename(&temporary, &path)?;
    reached(Failpoint::AfterRename);
    refuse()?;
    File::open(directory)?.sync_all()
}

/// Makes a directory and those above it.
pub fn create_directory(path: &Path) -> Result<()> {
    refuse()?;
    std::fs::create_dir_all(path)
}

/// Removes a file that may be missing.
pub fn remove(path: &Path) -> Result<()> {
    refuse()?;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn write(file: &mut File, bytes: &[u8], middle: Failpoint) -> Result<()> {
    let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
    let refused = refuse();
    if refused.is_err() || is_due(middle) {
        file.write_all(half)?;
        refused?;
        std::process::abort();
    }
    file.write_all(bytes)
}

/// How many requests there were.
static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// Fails if it is time for a fault.
fn refuse() -> Result<()> {
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    let number = REQUESTS.fetch_add(1, Ordering::SeqCst) + 1;
    let Some(text) = variable("CAIRN_DISK_FAULT") else { return Ok(()) };
    let (fault, at) = text.split_once(':').unwrap_or((&text, "1"));
    let at: u64 = at.parse().unwrap_or(1);
    match fault {
        "full" if number >= at => Err(Error::from(ErrorKind::StorageFull)),
        "broken" if number == at => Err(Error::other("Input/output error")),
        _ => Ok(()),
    }
}
