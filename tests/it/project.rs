//! A stack's directory of its own, and the binary run in it as a person would.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;

/// A copy of a stack in a directory that goes away at the end.
pub struct Project {
    directory: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Project {
    /// A copy of a directory of `stacks/`.
    pub fn of(stack: &str) -> Self {
        let project = Self::empty();
        copy(&repository().join("stacks").join(stack), &project.path());
        project
    }

    /// A stack of one file.
    pub fn with(source: &str) -> Self {
        let project = Self::empty();
        project.write("stack.cairn", source);
        project
    }

    /// An empty directory.
    pub fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("stack")).unwrap();
        Self { directory, variables: Vec::new() }
    }

    /// With a variable in the environment of every command.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With an emulator in place of AWS.
    #[cfg(feature = "aws")]
    pub fn against(self, url: &str) -> Self {
        self.variable("AWS_ENDPOINT_URL", url)
            .variable("AWS_ACCESS_KEY_ID", "test")
            .variable("AWS_SECRET_ACCESS_KEY", "test")
            .variable("CAIRN_QUARANTINE", "0")
    }

    /// The stack's directory.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("stack")
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Replaces a text in a file, which must contain it.
    pub fn edit(&self, name: &str, before: &str, after: &str) {
        let text = self.read(name);
        assert!(text.contains(before), "{name} does not contain {before:?}");
        self.write(name, &text.replace(before, after));
    }

    /// A file's text.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// A command, ready to run in the stack's directory.
    pub fn command<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cairn"));
        command.args(arguments).current_dir(self.path());
        command.env_clear().env("HOME", self.directory.path()).env("LANG", "C.UTF-8").env("NO_COLOR", "1");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(std::process::Stdio::null());
        command
    }

    /// Runs a command, written as in a shell without quotes.
    pub fn run(&self, line: &str) -> Ended {
        ended(self.command(line.split_whitespace()).output().unwrap())
    }

    /// Runs a command that must end with a code.
    #[track_caller]
    pub fn expect(&self, code: i32, line: &str) -> Ended {
        let ended = self.run(line);
        assert_eq!(ended.code, Some(code), "cairn {line}\n{}\n{}", ended.out, ended.err);
        ended
    }

    /// Runs a command that must end with a code and whose output is JSON.
    #[track_caller]
    pub fn json(&self, code: i32, line: &str) -> Json {
        let ended = self.expect(code, &format!("{line} --format json"));
        serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("cairn {line}: {error}\n{}", ended.out))
    }
}

/// How a process ended.
pub fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if name == ".cairn" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(name));
        } else {
            std::fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

/// Calls EC2 of an emulator without Cairn and without the SDK.
#[cfg(feature = "aws")]
pub fn ec2(url: &str, body: &str) -> String {
    request(url, "/", &format!("{body}&Version=2016-11-15"))
}

/// A POST to an emulator.
#[cfg(feature = "aws")]
pub fn request(url: &str, path: &str, body: &str) -> String {
    use std::io::{Read as _, Write as _};
    let host = url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let scope = "test/20260101/eu-central-1/ec2/aws4_request";
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
