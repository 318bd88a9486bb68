//! `git:host/path@tag/file`: where a component of other people is. Nothing that passes here can be taken for an option,
//! another protocol, or a way out of a directory.

use std::ops::Range;

use super::Version;

/// A repository at a tag, and perhaps a file of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Locator {
    /// Host and path, `github.com/acme/cairn-parts`.
    pub repository: String,
    /// The tag, `v2.3.0`.
    pub tag: String,
    /// The file behind it, `cache.cairn`.
    pub file: Option<String>,
}

/// Why a text is no locator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes of the text that are wrong.
    pub range: Range<usize>,
    /// Why.
    pub why: &'static str,
    /// Whether these bytes may be a password, which nobody is shown.
    pub confidential: bool,
}

/// What these imports begin with.
const SCHEME: &str = "git:";

/// How long the parts may be, in bytes.
const LONGEST: usize = 200;

impl Locator {
    /// Reads `git:host/path@tag` or `git:host/path@tag/file.cairn`.
    ///
    /// # Errors
    /// See [`Mistake`].
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let all = 0..text.len();
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| mistake(all.clone(), "it does not begin with git:"))?;
        let start = SCHEME.len();
        let foreign = |range, why| Err(Mistake { range, why, confidential: rest.contains('@') });
        if rest.contains("://") {
            return foreign(start..text.len(), "no protocol here: git:host/path@tag is fetched over https");
        }
        if rest.contains("::") {
            return foreign(start..text.len(), "no helper of git's here: git:host/path@tag is fetched over https");
        }
        let host_end = rest.find('/').unwrap_or(rest.len());
        let host = rest.get(..host_end).unwrap_or_default();
        let (first, last) = (rest.find('@'), rest.rfind('@'));
        // In front of the last of several, and in front of one in the host, stands what may be a password.
        if let Some(last) = last.filter(|last| first != Some(*last) || *last < host_end) {
            return Err(Mistake {
                range: start..start + last,
                why: "no user and no password here: git's own credential helpers know them",
                confidential: true,
            });
        }
        if !is_host(host) {
            return Err(mistake(start..start + host_end, "not the name of a host, such as github.com"));
        }
        let Some(at) = last else {
            return Err(mistake(start..text.len(), "a tag is missing: git:host/path@v1.2.0"));
        };
        let repository = rest.get(..at).unwrap_or_default();
        let path = repository.get(host_end..).unwrap_or_default().strip_prefix('/').unwrap_or_default();
        if path.split('/').any(|part| !is_part(part)) || repository.len() > LONGEST {
            return Err(mistake(
                start + host_end..start + at,
                "not the path of a repository, such as acme/cairn-parts",
            ));
        }
        let behind = rest.get(at + 1..).unwrap_or_default();
        let (tag, file) = match behind.split_once('/') {
            Some((tag, file)) => (tag, Some(file)),
            None => (behind, None),
        };
        let tag_start = start + at + 1;
        if !is_tag(tag) {
            return Err(mistake(tag_start..tag_start + tag.len(), "not a tag, such as v1.2.0"));
        }
        if let Some(file) = file
            && (!file.ends_with(".cairn") || file.split('/').any(|part| !is_part(part)) || file.len() > LONGEST)
        {
            let file_start = tag_start + tag.len() + 1;
            return Err(mistake(file_start..text.len(), "not a file of the repository, such as cache.cairn"));
        }
        Ok(Self { repository: repository.to_owned(), tag: tag.to_owned(), file: file.map(ToOwned::to_owned) })
    }

    /// What other tags could stand in for this one.
    pub fn series(&self) -> String {
        Version::series(&self.tag)
    }

    /// The directory of the repository at a tag, in the paths of sources: `git:github.com/acme/cairn-parts@v2.3.0/`.
    pub fn directory(repository: &str, tag: &str) -> String {
        format!("{SCHEME}{repository}@{tag}/")
    }

    /// Whether a path of a source lies in a repository; the directory of that, if it does.
    pub fn root_of(path: &str) -> Option<&str> {
        let rest = path.strip_prefix(SCHEME)?;
        let at = rest.find('@')?;
        let slash = rest.get(at..)?.find('/')?;
        path.get(..SCHEME.len() + at + slash + 1)
    }

    /// The repository and the tag of a directory that `directory` made.
    pub fn of_directory(directory: &str) -> Option<(&str, &str)> {
        directory.strip_prefix(SCHEME)?.strip_suffix('/')?.split_once('@')
    }

    /// Where the tag stands in the text of an import.
    pub fn tag_range(text: &str) -> Option<Range<usize>> {
        let at = text.find('@')? + 1;
        let length = text.get(at..)?.find('/').unwrap_or(text.len() - at);
        Some(at..at + length)
    }
}

fn mistake(range: Range<usize>, why: &'static str) -> Mistake {
    Mistake { range, why, confidential: false }
}

/// A name of a host, perhaps with a port.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= LONGEST && name.split('.').all(label) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// One part of a path: no option, no way up, nothing hidden.
fn is_part(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['-', '.'])
        && !text.contains("..")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'~' | b'+'))
}

fn is_tag(text: &str) -> bool {
    is_part(text)
        && text.len() <= LONGEST
        && !text.contains('~')
        && !text.ends_with('.')
        && !text.to_ascii_lowercase().ends_with(".lock")
}

#[cfg(test)]
mod tests {
    use super::Locator;

    #[test]
    fn a_repository_a_tag_and_a_file_are_told_apart() {
        let found = Locator::parse("git:github.com/acme/cairn-parts@v2.3.0/lib/cache.cairn").unwrap();
        assert_eq!(found.repository, "github.com/acme/cairn-parts");
        assert_eq!((found.tag.as_str(), found.file.as_deref()), ("v2.3.0", Some("lib/cache.cairn")));
        assert_eq!(Locator::parse("git:host:8443/a@1").unwrap().file, None);
        let directory = Locator::directory(&found.repository, &found.tag);
        assert_eq!(Locator::root_of(&format!("{directory}lib/cache.cairn")), Some(directory.as_str()));
        assert_eq!(Locator::of_directory(&directory), Some(("github.com/acme/cairn-parts", "v2.3.0")));
        let text = "git:github.com/acme/cairn-parts@v2.3.0/cache.cairn";
        assert_eq!(Locator::tag_range(text).map(|range| &text[range]), Some("v2.3.0"));
    }

    #[test]
    fn nothing_passes_that_git_could_take_for_something_else() {
        for text in [
            "git:-uploadpack=touch/x@v1",
            "git:--upload-pack=touch/x@v1",
            "git:host/--upload-pack=touch@v1",
            "git:host/path@--upload-pack=touch",
            "git:host/path@-v1",
            "git:ext::sh -c touch@v1",
            "git:ext::sh/x@v1",
            "git:https://host/path@v1",
            "git:file:///etc@v1",
            "git:user:password@host/path@v1",
            "git:token@host/path@v1",
            "git:host/path",
            "git:host/path@",
            "git:host@v1",
            "git:/etc/passwd@v1",
            "git:host//path@v1",
            "git:host/../path@v1",
            "git:host/path@v1/../x.cairn",
            "git:host/path@v1//x.cairn",
            "git:host/path@v1/x.txt",
            "git:host/path@v1/.git/x.cairn",
            "git:host/path@a..b",
            "git:host/path@v1.lock",
            "git:host/path@v1^{}",
            "git:host/path@v1:refs/heads/main",
            "git:host/path@v1 x",
            "git:host/pa\nth@v1",
            "git:host/%2e%2e/x@v1",
            "git:host:99999/x@v1",
            "git:",
        ] {
            let mistake = Locator::parse(text).expect_err(text);
            assert!(mistake.range.start <= mistake.range.end && mistake.range.end <= text.len(), "{text}");
        }
        assert!(Locator::parse("git:user:pass/word@host/path@v1").unwrap_err().confidential);
        assert!(Locator::parse("git:user:password@host/path@v1").unwrap_err().confidential);
    }
}
