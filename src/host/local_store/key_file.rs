//! The key of a stack as a file: its bytes, and a checksum behind them.

use std::io::ErrorKind;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::lock::Lock;
use super::{failed, snapshot_file};
use crate::state::StoreError;

/// The file.
pub const NAME: &str = "key";

/// What helps if it is gone or damaged.
pub const WAY_OUT: &str =
    "bring it back from a backup, or write 32 random bytes there: every secret is then sent once more";

/// How many bytes a key has.
const LENGTH: usize = 32;
/// How many bytes of the digest stand behind it.
const SUM: usize = 8;

/// The key of a directory; nothing if there is none. A file of 32 bytes is a key somebody wrote by hand.
pub fn read(directory: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let path = directory.join(NAME);
    let damaged = |why: &str| {
        let what = path.display().to_string();
        Err(StoreError::Damaged { what, why: why.to_owned(), way_out: WAY_OUT.to_owned() })
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&path, &error)),
    };
    match bytes.split_at_checked(LENGTH) {
        Some((key, [])) => Ok(Some(key.to_vec())),
        Some((key, sum)) if sum == self::sum(key) => Ok(Some(key.to_vec())),
        Some(_) => damaged("its checksum does not fit: it was changed by something else"),
        None => damaged("it is too short to be a key"),
    }
}

/// Writes the key of a directory.
pub fn write(directory: &Path, key: &[u8], lock: &Lock) -> Result<(), StoreError> {
    snapshot_file::replace(directory, NAME, &[key, &sum(key)].concat(), lock)
}

fn sum(key: &[u8]) -> Vec<u8> {
    Sha256::digest(key).into_iter().take(SUM).collect()
}
