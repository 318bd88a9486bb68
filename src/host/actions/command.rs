//! `exec.Run`: a command without a shell, in a process group of its own that ends with it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use cairn_provider::value::{Map, Value, render};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

use super::{text, texts};
use crate::engine::action::Say;

/// So much of what a command writes is kept.
const KEPT: usize = 64 * 1024;
/// Longer lines are only counted: half of a secret in a cut one would not be known again.
const LONGEST_LINE: usize = 16 * 1024;
/// For how long a command that was told to end may clean up.
const GRACE: Duration = Duration::from_secs(2);

/// A command.
pub struct Command {
    argv: Vec<String>,
    environment: Vec<(String, String)>,
    directory: PathBuf,
    input: Option<String>,
}

impl Command {
    /// From the arguments of the action.
    ///
    /// # Errors
    /// Nothing is to be run.
    pub fn from_arguments(arguments: &Map, root: &Path) -> Result<Self, String> {
        let words = arguments.get("command").and_then(Value::as_list).into_iter().flatten();
        let argv: Vec<String> =
            words.map(|word| word.as_text().map_or_else(|| render(word), ToOwned::to_owned)).collect();
        if argv.first().is_none_or(String::is_empty) {
            return Err("the first of `command` is the program, and it is empty".to_owned());
        }
        let directory = text(arguments, "directory").map_or_else(|| root.to_path_buf(), |below| root.join(below));
        Ok(Self {
            argv,
            environment: texts(arguments, "environment"),
            directory,
            input: text(arguments, "input").map(ToOwned::to_owned),
        })
    }

    /// As it would be typed; what is given in its environment is not shown.
    pub fn shown(&self) -> String {
        let quoted = |word: &String| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@,+%".contains(c);
            if !word.is_empty() && word.chars().all(plain) {
                word.clone()
            } else {
                cairn_provider::value::quote(word).to_string()
            }
        };
        self.argv.iter().map(quoted).collect::<Vec<_>>().join(" ")
    }

    /// Runs it.
    ///
    /// # Errors
    /// It could not be started, ended badly, or has not ended at the deadline.
    pub async fn run(&self, deadline: Duration, say: &Say<'_>) -> Result<Map, String> {
        let program = self.argv.first().cloned().unwrap_or_default();
        let mut command = tokio::process::Command::new(&program);
        command
            .args(self.argv.iter().skip(1))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.directory)
            .stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| format!("{program} cannot be run: {error}"))?;
        let group = Group::of(&child);
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let feed = async {
            if let (Some(mut pipe), Some(input)) = (stdin, &self.input) {
                // A command that does not read its input has not failed for that.
                let _ = pipe.write_all(input.as_bytes()).await;
            }
        };
        let (mut kept, mut length, mut last) = (Vec::new(), 0, String::new());
        let ended = {
            let read_out = lines(stdout, |line| {
                say(line);
                length += line.len() + 1;
                if length <= KEPT {
                    kept.push(line.to_owned());
                }
            });
            let read_err = lines(stderr, |line| {
                say(line);
                line.clone_into(&mut last);
            });
            let all = async { tokio::join!(feed, read_out, read_err, child.wait()).3 };
            tokio::time::timeout(deadline, all).await
        };
        match ended {
            Ok(Ok(status)) if status.success() => {
                group.left();
                Ok([("stdout".into(), Value::text(kept.join("\n")))].into())
            }
            Ok(Ok(status)) => {
                group.left();
                let said = if last.is_empty() { String::new() } else { format!(": {last}") };
                Err(format!("{program} ended with {status}{said}"))
            }
            Ok(Err(error)) => Err(format!("{program} was lost: {error}")),
            Err(_) => {
                group.ask_to_end();
                // Whether it uses the time or not: what is left of it is killed with the group.
                let _ = tokio::time::timeout(GRACE, child.wait()).await;
                Err(format!("{program} has not ended within {}s and was killed", deadline.as_secs()))
            }
        }
    }
}

/// The result of a command that was not run.
pub fn nothing_said() -> Map {
    [("stdout".into(), Value::text(""))].into()
}

/// Tells the lines of a stream.
async fn lines(stream: Option<impl AsyncRead + Unpin>, mut tell: impl FnMut(&str)) {
    let Some(mut stream) = stream else { return };
    let mut line: Vec<u8> = Vec::new();
    let mut length = 0;
    let mut chunk = vec![0; 8 * 1024];
    let mut end = |line: &mut Vec<u8>, length: &mut usize| {
        if *length > LONGEST_LINE {
            tell(&format!("(a line of {length} bytes)"));
        } else {
            tell(String::from_utf8_lossy(line).trim_end_matches('\r'));
        }
        line.clear();
        *length = 0;
    };
    loop {
        let read = match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(read) => read,
        };
        for byte in chunk.get(..read).unwrap_or_default() {
            if *byte == b'\n' {
                end(&mut line, &mut length);
                continue;
            }
            length += 1;
            if length <= LONGEST_LINE {
                line.push(*byte);
            }
        }
    }
    if length > 0 {
        end(&mut line, &mut length);
    }
}

/// The process group of a command. Dropped before it was left, it is killed with everything the command began.
struct Group {
    #[cfg(unix)]
    id: std::cell::Cell<Option<rustix::process::Pid>>,
}

#[cfg(unix)]
impl Group {
    fn of(child: &tokio::process::Child) -> Self {
        let id = child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
        Self { id: std::cell::Cell::new(id) }
    }

    fn left(&self) {
        self.id.set(None);
    }

    fn ask_to_end(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(id) = self.id.get() {
            // It may be gone already.
            let _ = rustix::process::kill_process_group(id, signal);
        }
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        self.signal(rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
impl Group {
    fn of(_child: &tokio::process::Child) -> Self {
        Self {}
    }

    fn left(&self) {}

    fn ask_to_end(&self) {}
}
