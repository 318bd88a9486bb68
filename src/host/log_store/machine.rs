//! This machine as a log sees it.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::host::{entropy, variable};
use crate::state::StoreError;
use crate::state::log::{Machine, Position};

/// This machine.
pub struct HostMachine {
    identity: String,
    seen: Option<PathBuf>,
}

impl Default for HostMachine {
    fn default() -> Self {
        Self::new()
    }
}

impl HostMachine {
    /// This machine, with what its user saw before in the user's directory for states of programs.
    pub fn new() -> Self {
        let below = variable("XDG_STATE_HOME")
            .filter(|path| path.starts_with('/'))
            .map(PathBuf::from)
            .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".local/state")));
        Self {
            identity: identity(std::process::id()).unwrap_or_default(),
            seen: below.map(|path| path.join("cairn/seen")),
        }
    }

    fn path(&self, place: &str) -> Option<PathBuf> {
        let name = hex::encode(Sha256::digest(place.as_bytes()));
        Some(self.seen.as_ref()?.join(format!("{}.json", name.get(..32)?)))
    }
}

/// Names a process of this machine: which start of the machine, which name space, which process, when it began.
/// Nothing where the system does not say so.
fn identity(process: u32) -> Option<String> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let boot = read("/proc/sys/kernel/random/boot_id")?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let stat = read(&format!("/proc/{process}/stat"))?;
    // The name of the program may hold anything, so it is counted from behind it.
    let began = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?;
    Some(format!("{} {} {process} {began}", boot.trim(), space.display()))
}

impl Machine for HostMachine {
    fn random(&self, count: usize) -> Vec<u8> {
        entropy::bytes(count)
    }

    #[cfg(target_os = "linux")]
    fn now(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::new(time.tv_sec.try_into().unwrap_or_default(), time.tv_nsec.try_into().unwrap_or_default())
    }

    #[cfg(not(target_os = "linux"))]
    fn now(&self) -> Duration {
        // The clock of the wall goes on while the machine sleeps; if it is set back, a writer lives a little longer.
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
    }

    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn is_gone(&self, other: &str) -> bool {
        let parts = |identity: &str| -> Option<(String, u32)> {
            let mut words = identity.split(' ');
            let place = format!("{} {}", words.next()?, words.next()?);
            Some((place, words.next()?.parse().ok()?))
        };
        let (Some((here, _)), Some((there, process))) = (parts(&self.identity), parts(other)) else { return false };
        here == there && identity(process).is_none_or(|now| now != other)
    }

    fn remembered(&self, place: &str) -> Result<Option<Position>, StoreError> {
        let Some(path) = self.path(place) else { return Ok(None) };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(&path, &error)),
        };
        let json: Json = serde_json::from_str(&text).unwrap_or_default();
        let field = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
        let slot = json.get("slot").and_then(Json::as_u64);
        match (field("lineage"), slot, field("hash")) {
            (Some(lineage), Some(slot), Some(hash)) => Ok(Some(Position { lineage, slot, hash })),
            _ => Err(StoreError::Damaged {
                what: path.display().to_string(),
                why: "it does not say what was seen of a state".to_owned(),
                way_out: "remove it: only a rollback that happened until now is then not noticed here".to_owned(),
            }),
        }
    }

    fn remember(&self, place: &str, position: Option<&Position>) -> Result<(), StoreError> {
        let Some(path) = self.path(place) else { return Ok(()) };
        let Some(position) = position else {
            return match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(&path, &error)),
                _ => Ok(()),
            };
        };
        let json = json!({ "place": place, "lineage": position.lineage, "slot": position.slot, "hash": position.hash });
        let temporary = path.with_extension(format!("{}.new", std::process::id()));
        let written = (|| {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(&temporary, format!("{json:#}\n"))?;
            std::fs::rename(&temporary, &path)
        })();
        written.map_err(|error| failed(&path, &error))
    }
}

fn failed(path: &std::path::Path, error: &std::io::Error) -> StoreError {
    StoreError::Failed { what: path.display().to_string(), why: error.to_string() }
}
