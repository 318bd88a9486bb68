//! Fetching repositories with the program `git`: without a shell, a user's settings of transport, hooks, submodules or
//! a work tree, and with limits of time and size. Nothing of what is fetched is run.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::components::{MOST_BYTES, MOST_FILES, Tree, normalised, plain_path};
use crate::language::syntax::MAX_FILE;
use crate::lock::Locator;

/// How long one call of git may take.
const LONGEST: Duration = Duration::from_secs(120);

/// How much a fetch may write, in bytes: history is not fetched, so this is one commit, packed.
const LARGEST_PACK: u64 = 200 * 1024 * 1024;

/// How much git may say.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;

/// Where repositories are fetched from.
pub struct Git {
    /// In place of `https://`: a mirror, or a directory.
    mirror: Option<String>,
    /// A directory for what is fetched, which goes away.
    work: PathBuf,
}

/// What a tag leads to.
pub struct Fetched {
    /// The commit.
    pub commit: String,
    /// Its files.
    pub tree: Tree,
}

impl Git {
    /// Ready to fetch; `work` is made and emptied as needed.
    pub fn new(work: &Path) -> Self {
        Self { mirror: super::variable("CAIRN_GIT_MIRROR"), work: work.join(format!("git-{}", std::process::id())) }
    }

    /// Fetches the commit a tag leads to, and reads its files.
    ///
    /// # Errors
    /// There is no such repository or tag, it cannot be reached, or it holds what a component may not.
    pub fn fetch(&self, wanted: &Locator) -> Result<Fetched, String> {
        let fetched = self.fetch_into_work(wanted);
        // What could not be removed lies in a directory of its own and is in nobody's way.
        let _ = std::fs::remove_dir_all(&self.work);
        fetched.map_err(|why| format!("{} at {}: {why}", wanted.repository, wanted.tag))
    }

    fn fetch_into_work(&self, wanted: &Locator) -> Result<Fetched, String> {
        let _ = std::fs::remove_dir_all(&self.work);
        std::fs::create_dir_all(&self.work).map_err(|error| error.to_string())?;
        self.run(&["init", "--quiet", "--bare", "--template=", "."])?;
        let refspec = format!("refs/tags/{}:refs/tags/wanted", wanted.tag);
        let url = self.url(&wanted.repository);
        self.run(&["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", &url, &refspec])?;
        let commit = self.text(&["rev-parse", "--verify", "--end-of-options", "refs/tags/wanted^{commit}"])?;
        let commit = commit.trim().to_owned();
        if !matches!(commit.len(), 40 | 64) || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("git names no commit for this tag".to_owned());
        }
        let tree = self.tree(&commit)?;
        Ok(Fetched { commit, tree })
    }

    /// The address of a repository. What follows the scheme was checked where it was read.
    fn url(&self, repository: &str) -> String {
        match &self.mirror {
            Some(mirror) => format!("{}/{repository}", mirror.trim_end_matches('/')),
            None => format!("https://{repository}"),
        }
    }

    /// All files of a commit, listed first, so that nothing is unpacked before its size is known.
    fn tree(&self, commit: &str) -> Result<Tree, String> {
        let listed = self.run(&["ls-tree", "-r", "-z", "--long", "--full-tree", "--end-of-options", commit])?;
        let mut tree = Tree::new();
        let mut total = 0;
        let mut folded = std::collections::BTreeSet::new();
        for entry in listed.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            let entry = std::str::from_utf8(entry).map_err(|_| "a file has a name that is no text".to_owned())?;
            let (facts, path) = entry.split_once('\t').ok_or("git lists its files in another form")?;
            let facts: Vec<&str> = facts.split_whitespace().collect();
            let [mode, kind, object, size] = facts.as_slice() else {
                return Err("git lists its files in another form".to_owned());
            };
            let shown = one_line(path);
            match (*mode, *kind) {
                ("100644" | "100755" | "100664", "blob") => {}
                ("120000", _) => return Err(format!("{shown} is a symbolic link, which a component may not hold")),
                ("160000", _) => return Err(format!("{shown} is a submodule, which a component may not hold")),
                _ => return Err(format!("{shown} is no plain file")),
            }
            plain_path(path).map_err(|why| format!("{shown} is {why}"))?;
            let size: usize = size.parse().map_err(|_| format!("the size of {shown} is unknown"))?;
            total += size;
            if size > MAX_FILE {
                return Err(format!("{shown} is larger than 10 MiB"));
            }
            if total > MOST_BYTES {
                return Err("its files are larger than 50 MiB together".to_owned());
            }
            if tree.len() >= MOST_FILES {
                return Err(format!("it has more than {MOST_FILES} files"));
            }
            if !folded.insert(path.to_lowercase()) {
                return Err(format!("{shown} and another file differ only in capitals"));
            }
            let content = self.run_up_to(&["cat-file", "blob", object], size)?;
            tree.insert(path.to_owned(), normalised(content));
        }
        Ok(tree)
    }

    fn text(&self, arguments: &[&str]) -> Result<String, String> {
        String::from_utf8(self.run(arguments)?).map_err(|_| "git answers with what is no text".to_owned())
    }

    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        self.run_up_to(arguments, LONGEST_ANSWER)
    }

    /// Runs git in the work directory; its answer, at most so long.
    fn run_up_to(&self, arguments: &[&str], most: usize) -> Result<Vec<u8>, String> {
        let mut child = self.command(arguments).spawn().map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                "the program `git` is not installed".to_owned()
            } else {
                format!("git cannot be run: {error}")
            }
        })?;
        // Both pipes are read while it runs, each up to a limit: a full pipe would stop it for ever.
        let answer = child.stdout.take().map(|pipe| reader(pipe, most + 1));
        let complaint = child.stderr.take().map(|pipe| reader(pipe, 64 * 1024));
        let status = self.wait(&mut child);
        let read = |thread: Option<std::thread::JoinHandle<Vec<u8>>>| {
            thread.and_then(|thread| thread.join().ok()).unwrap_or_default()
        };
        let (answer, complaint) = (read(answer), read(complaint));
        if answer.len() > most {
            return Err("it holds more than a component may".to_owned());
        }
        if status? {
            return Ok(answer);
        }
        Err(self.explained(&String::from_utf8_lossy(&complaint)))
    }

    /// Waits for a call; false if it failed.
    fn wait(&self, child: &mut Child) -> Result<bool, String> {
        let begun = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status.success()),
                Ok(None) => {}
                Err(error) => return Err(error.to_string()),
            }
            let why = if begun.elapsed() > LONGEST {
                Some("git took more than two minutes")
            } else if size_of(&self.work) > LARGEST_PACK {
                Some("it is larger than 200 MiB")
            } else {
                None
            };
            if let Some(why) = why {
                let _ = child.kill();
                let _ = child.wait();
                return Err(why.to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.work).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        let mirror = self.mirror.as_deref().unwrap_or_default();
        let protocols = if mirror.starts_with("file://") { "file" } else { "https:ssh" };
        command
            .env("GIT_ALLOW_PROTOCOL", protocols)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "")
            .env("SSH_ASKPASS", "")
            .env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
            .env("GIT_DIR", ".")
            .env("GIT_LFS_SKIP_SMUDGE", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("LC_ALL", "C");
        for setting in [
            "core.hooksPath=/dev/null",
            "core.fsmonitor=false",
            "core.symlinks=false",
            "fetch.recurseSubmodules=false",
            "fetch.fsckObjects=true",
            "transfer.bundleURI=false",
            "protocol.version=2",
            "http.followRedirects=initial",
            "gc.auto=0",
            "maintenance.auto=false",
        ] {
            command.args(["-c", setting]);
        }
        command.args(arguments);
        command
    }

    /// What git complains about, in a line, without addresses that could hold a password.
    fn explained(&self, complaint: &str) -> String {
        let line = complaint
            .lines()
            .map(|line| line.trim_start_matches("fatal: ").trim_start_matches("error: ").trim())
            .find(|line| !line.is_empty() && !line.starts_with("warning:"))
            .unwrap_or("git failed and does not say why");
        if line.contains("couldn't find remote ref") {
            return "there is no such tag".to_owned();
        }
        if line.contains("terminal prompts disabled") || line.contains("could not read Username") {
            return "there is no such repository, or git's credential helpers know no password for it".to_owned();
        }
        one_line(&without_credentials(line))
    }
}

/// Reads the beginning of a pipe. Whoever writes more finds it closed, and ends.
fn reader(pipe: impl std::io::Read + Send + 'static, most: usize) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX);
        let _ = pipe.take(limit).read_to_end(&mut kept);
        kept
    })
}

/// Text without control characters, and no longer than a line.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '?' } else { character }).take(200).collect()
}

/// Hides what stands between `://` and `@`.
fn without_credentials(line: &str) -> String {
    line.split(' ')
        .map(|word| match (word.find("://"), word.rfind('@')) {
            (Some(scheme), Some(at)) if scheme < at => {
                format!("{}://…{}", word.get(..scheme).unwrap_or_default(), word.get(at..).unwrap_or_default())
            }
            _ => word.to_owned(),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// How much lies below a directory, in bytes, without following links.
fn size_of(directory: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(facts) if facts.is_dir() => size_of(&entry.path()),
            Ok(facts) => facts.len(),
            Err(_) => 0,
        })
        .sum()
}

/// What differs between two directories, in the form of `git diff`; empty if nothing does.
///
/// # Errors
/// Git cannot be run.
pub fn difference(work: &Path, before: &Path, after: &Path) -> Result<String, String> {
    let git = Git { mirror: None, work: work.to_path_buf() };
    let mut command = git.command(&["diff", "--no-index", "--no-color", "--no-ext-diff", "--no-textconv", "--"]);
    command.env_remove("GIT_DIR");
    let places = [before, after].map(std::fs::canonicalize);
    let [Ok(before), Ok(after)] = places else { return Err("one of both is not there".to_owned()) };
    let output = command.args([before, after]).output().map_err(|error| format!("git cannot be run: {error}"))?;
    // One means that there are differences.
    match output.status.code() {
        Some(0 | 1) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Some(_) | None => Err(git.explained(&String::from_utf8_lossy(&output.stderr))),
    }
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn passwords_in_addresses_are_hidden() {
        let line = "unable to access 'https://ann:secret@host/x/': no";
        assert_eq!(without_credentials(line), "unable to access 'https://…@host/x/': no");
    }
}
