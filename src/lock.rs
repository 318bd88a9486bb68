//! `cairn.lock`: which content of other people's components was reviewed, and what pinned look-ups answered.

mod locator;
mod version;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

pub use locator::{Locator, Mistake};
pub use version::Version;

/// The name of the file, beside the stack.
pub const FILE: &str = "cairn.lock";

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The tool that looked last.
    pub tool: Option<Tool>,
    /// Components from git, by a name for people.
    pub components: BTreeMap<String, Component>,
    /// Answers of look-ups, by environment and address.
    pub pins: BTreeMap<String, BTreeMap<String, Pin>>,
}

/// A tool and its catalogues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its version.
    pub version: String,
    /// Digests of its catalogues, by cloud.
    pub catalogues: BTreeMap<String, String>,
}

/// A repository at a tag.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Host and path of the repository.
    pub git: String,
    /// The tag: the highest that any import asks for.
    pub tag: String,
    /// The commit the tag led to.
    pub commit: String,
    /// SHA-256 of the normalised content.
    pub sha256: String,
}

/// What a look-up answered when it was reviewed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The answer.
    pub value: String,
    /// Its version, where the service counts them.
    #[serde(default)]
    pub version: Option<i64>,
}

/// Why the file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    tool: Option<BTreeMap<String, String>>,
    #[serde(default)]
    component: BTreeMap<String, Component>,
    #[serde(default)]
    pin: BTreeMap<String, BTreeMap<String, Pin>>,
}

impl Lock {
    /// Reads the file's text.
    ///
    /// # Errors
    /// It is no TOML, or holds something that `render` never writes.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let written: Written = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            Unreadable { line: before.matches('\n').count() + 1, what: error.message().to_owned() }
        })?;
        // Where a name is written, for values that only look like what they should be.
        let line = |name: &str| text.lines().position(|line| line.contains(name)).map_or(1, |at| at + 1);
        for (name, component) in &written.component {
            component.verify().map_err(|what| Unreadable { line: line(&format!("component.{name}")), what })?;
        }
        let tool = match written.tool {
            Some(mut catalogues) => {
                let version = catalogues
                    .remove("version")
                    .ok_or_else(|| Unreadable { line: line("[tool]"), what: "`version` is missing".to_owned() })?;
                Some(Tool { version, catalogues })
            }
            None => None,
        };
        Ok(Self { tool, components: written.component, pins: written.pin })
    }

    /// The file's text: the same content gives the same bytes.
    pub fn render(&self) -> String {
        let mut text = String::from("# Written by `cairn update`. It belongs into the repository.\n");
        if let Some(tool) = &self.tool {
            let _ = write!(text, "\n[tool]\nversion = {}\n", quoted(&tool.version));
            for (cloud, digest) in &tool.catalogues {
                let _ = writeln!(text, "{} = {}", key(cloud), quoted(digest));
            }
        }
        for (name, component) in &self.components {
            let Component { git, tag, commit, sha256 } = component;
            let _ = write!(
                text,
                "\n[component.{}]\ngit = {}\ntag = {}\ncommit = {}\nsha256 = {}\n",
                key(name),
                quoted(git),
                quoted(tag),
                quoted(commit),
                quoted(sha256)
            );
        }
        for (environment, pins) in &self.pins {
            for (address, pin) in pins {
                let _ = write!(text, "\n[pin.{}.{}]\nvalue = {}\n", key(environment), key(address), quoted(&pin.value));
                if let Some(version) = pin.version {
                    let _ = writeln!(text, "version = {version}");
                }
            }
        }
        text
    }

    /// The entry for what an import asks for: the same repository, and the same major version of it.
    pub fn component(&self, locator: &Locator) -> Option<(&str, &Component)> {
        self.components
            .iter()
            .find(|(_, component)| {
                component.git == locator.repository && Version::series(&component.tag) == locator.series()
            })
            .map(|(name, component)| (name.as_str(), component))
    }
}

impl Component {
    /// Values of this file become paths and arguments of other programs.
    fn verify(&self) -> Result<(), String> {
        let hex = |text: &str, lengths: &[usize]| {
            lengths.contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        if Locator::parse(&format!("git:{}@{}", self.git, self.tag)).is_err() {
            return Err("`git` and `tag` do not name a repository and a tag".to_owned());
        }
        if !hex(&self.commit, &[40, 64]) {
            return Err("`commit` is no commit: 40 or 64 hexadecimal digits".to_owned());
        }
        if !hex(&self.sha256, &[64]) {
            return Err("`sha256` is no digest: 64 hexadecimal digits".to_owned());
        }
        Ok(())
    }
}

/// A text of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            character if character.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(character));
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// A key of TOML, in quotes where it needs them.
fn key(name: &str) -> String {
    let bare =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if bare { name.to_owned() } else { quoted(name) }
}

#[cfg(test)]
mod tests {
    use super::{Component, Lock, Pin, Tool};

    #[test]
    fn what_is_written_is_read_again() {
        let mut lock = Lock {
            tool: Some(Tool { version: "1.4.2".into(), catalogues: [("aws".into(), "9f1c".into())].into() }),
            ..Lock::default()
        };
        lock.components.insert(
            "cache".into(),
            Component {
                git: "github.com/acme/cairn-parts".into(),
                tag: "v2.3.0".into(),
                commit: "5".repeat(40),
                sha256: "7".repeat(64),
            },
        );
        let pin = |value: &str, version| Pin { value: value.to_owned(), version };
        lock.pins.insert(
            "production".into(),
            [("image".into(), pin("ami-0", Some(41))), ("web.image[\"a\\b\"]".into(), pin("a \"b\" \u{1}", None))]
                .into(),
        );
        assert_eq!(Lock::parse(&lock.render()), Ok(lock));
    }

    #[test]
    fn what_nobody_wrote_is_refused() {
        for (text, line) in [
            ("[tool]\nversion = 1\n", 2),
            ("\n[component.a]\ngit = \"github.com/a/b\"\n", 2),
            ("[component.a]\ngit = \"-u/a\"\ntag = \"v1\"\ncommit = \"\"\nsha256 = \"\"\n", 1),
            ("[component.a]\ngit = \"h.org/a\"\ntag = \"v1\"\ncommit = \"../../x\"\nsha256 = \"\"\n", 1),
            ("[pin.dev.image]\nvalue = \"x\"\nother = 1\n", 3),
            ("<<<<<<< ours\n", 1),
        ] {
            let wrong = Lock::parse(text).unwrap_err();
            assert_eq!(wrong.line, line, "{text}: {}", wrong.what);
        }
    }
}
