//! The only module that touches files, environment, clocks, randomness and the terminal.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where the outside world is let in, so that one search finds every place"
)]

pub mod actions;
pub mod components;
pub mod clock;
mod connection;
pub mod entropy;
pub mod files;
pub mod git;
pub mod line_editor;
pub mod local_store;
pub mod log_store;
pub mod process;
pub mod redaction;
pub mod sandbox_file;
pub mod secrets;
pub mod signals;
pub mod sources;
pub mod stack_folders;
pub mod stdio;
pub mod terminal;
pub mod vault;
pub mod who;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::model::date::Date;

/// Runs on a thread with room for deeply nested sources, and gives its result.
///
/// # Panics
/// If the work does, or if no thread can be started.
pub fn with_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("cairn".to_owned()).stack_size(512 * 1024 * 1024);
        let running = thread.spawn_scoped(scope, work).expect("a thread can be started");
        match running.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Runs on a thread of its own with room for deeply nested sources; nobody waits for it.
///
/// # Errors
/// No thread can be started; in the words of the system.
pub fn in_background(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(512 * 1024 * 1024);
    thread.spawn(work).map(drop).map_err(|error| error.to_string())
}

/// Does a piece of work for each of some things, as many at once as there are processors; results in the order of the
/// things.
///
/// # Panics
/// If a piece of work does, or if no thread can be started.
pub fn in_parallel<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(things.len());
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(things.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let worker = || loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(thing) = things.get(index) else { break };
                let result = work(thing);
                done.lock().expect("no other worker panicked").push((index, result));
            };
            let thread = std::thread::Builder::new().stack_size(256 * 1024 * 1024);
            thread.spawn_scoped(scope, worker).expect("a thread can be started");
        }
    });
    let mut done = done.into_inner().expect("no worker panicked");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A stopwatch.
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts it.
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time since.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The day it is, in coordinated universal time.
pub fn today() -> Date {
    Date::from_days(i64::try_from(now() / 86_400).unwrap_or_default())
}

/// The seconds since the beginning of 1970, in coordinated universal time.
pub fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_secs()
}

/// A variable of the environment, if it is set and is text.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Writes a file that only the user may read.
///
/// # Errors
/// In the words of the system.
pub fn write_private(path: &std::path::Path, text: &str) -> Result<(), String> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    private(&mut options);
    let mut file = options.open(path).map_err(|error| error.to_string())?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| error.to_string())
}

/// Writes a file that everyone may read.
///
/// # Errors
/// In the words of the system.
pub fn write_text(path: &std::path::Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| error.to_string())
}

/// Whether a path is a file.
pub fn is_file(path: &std::path::Path) -> bool {
    path.is_file()
}

/// Whether a path is a directory.
pub fn is_directory(path: &std::path::Path) -> bool {
    path.is_dir()
}

/// A path from the root of the file system.
///
/// # Errors
/// In the words of the system.
pub fn absolute(path: &std::path::Path) -> Result<String, String> {
    let absolute = std::fs::canonicalize(path).map_err(|error| error.to_string())?;
    Ok(absolute.display().to_string())
}

/// Reads a file as text.
///
/// # Errors
/// In the words of the system.
pub fn read_text(path: &std::path::Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

#[cfg(unix)]
fn private(options: &mut std::fs::OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn private(_options: &mut std::fs::OpenOptions) {}
