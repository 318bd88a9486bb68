//! Imports from git: what is locked and here is read; nothing is fetched.

use std::collections::BTreeMap;

use super::{ComponentError, Loader};
use crate::diagnostic::Diagnostic;
use crate::language::program::{GitImport, UnitId};
use crate::language::syntax::ast::Ident;
use crate::lock::{FILE, Locator, Version};
use crate::source::Span;

impl Loader<'_> {
    pub(super) fn import_from_git(&mut self, unit: UnitId, names: &[Ident], whole: bool, from: &str, span: Span) {
        let locator = match Locator::parse(from) {
            Ok(locator) => locator,
            Err(mistake) => {
                let place = self.inside(span, from, &mistake.range);
                if mistake.confidential {
                    self.program.sources.mask(place);
                }
                self.report.add(
                    Diagnostic::error("imports::git", "This names no repository at a tag", place, mistake.why)
                        .help("git:host/path@tag/file, such as \"git:github.com/acme/parts@v1.2.0/cache.cairn\""),
                );
                self.bind_broken(unit, names);
                return;
            }
        };
        let tag = Locator::tag_range(from).map_or(span, |range| self.inside(span, from, &range));
        let name = names.first().map(|name| name.text.clone()).unwrap_or_default();
        self.program.from_git.push(GitImport { name: name.clone(), locator: locator.clone(), tag });
        let selected = match self.files.component(&locator) {
            Ok(selected) => selected,
            Err(error) => {
                self.not_here(&locator, &name, tag, error);
                self.bind_broken(unit, names);
                return;
            }
        };
        let directory = Locator::directory(&locator.repository, &selected);
        let file = match &locator.file {
            Some(file) => Some(format!("{directory}{file}")),
            None => self.root_file(&directory, &name),
        };
        let Some(file) = file else {
            self.report.add(
                Diagnostic::error(
                    "imports::name",
                    format!("No file at the root of {} is the component `{name}`", locator.repository),
                    span,
                    "a file is missing behind the tag",
                )
                .help(format!("name the file: \"git:{}@{}/file.cairn\"", locator.repository, locator.tag)),
            );
            self.bind_broken(unit, names);
            return;
        };
        self.import_file(unit, names, whole, from, &file, span);
    }

    /// A part of the text of an import, as a place; the whole text if it is not written plainly.
    fn inside(&self, span: Span, from: &str, range: &std::ops::Range<usize>) -> Span {
        if self.program.sources.text(span) != format!("\"{from}\"") || range.is_empty() {
            return span;
        }
        let start = span.start as usize + 1;
        Span::new(span.source, start + range.start, start + range.end)
    }

    /// The file at the root of a repository whose header is a component.
    fn root_file(&self, directory: &str, name: &str) -> Option<String> {
        let header = format!("component {name}");
        let files = self.files.list(directory.trim_end_matches('/')).ok()?;
        files.into_iter().filter(|file| file.ends_with(".cairn")).map(|file| format!("{directory}{file}")).find(
            |file| {
                let text = self.files.read(file).unwrap_or_default();
                text.lines().any(|line| line.split('#').next().is_some_and(|line| line.trim_end() == header))
            },
        )
    }

    fn not_here(&mut self, locator: &Locator, name: &str, tag: Span, error: ComponentError) {
        let repository = &locator.repository;
        let diagnostic = match error {
            ComponentError::NotLocked(locked) => Diagnostic::error(
                "imports::not_locked",
                match &locked {
                    Some(_) => format!("{FILE} has another tag of {repository}"),
                    None => format!("{FILE} has nothing of {repository}"),
                },
                tag,
                locked.map_or_else(
                    || "its content was never looked at".to_owned(),
                    |locked| format!("the reviewed content is that of {locked}"),
                ),
            )
            .help(format!("cairn update        fetches it and writes its commit and digest into {FILE}")),
            ComponentError::NotFetched => Diagnostic::error(
                "imports::not_fetched",
                format!("{repository} is not on this machine"),
                tag,
                "checking never fetches anything",
            )
            .help(
                "cairn update        fetches what cairn.lock names\n\
                 cairn vendor        keeps it in the repository, for machines without a network",
            ),
            ComponentError::Changed(place) => Diagnostic::error(
                "imports::changed",
                format!("This component is not the one in {FILE}"),
                tag,
                format!("{place} has other content than the one that was locked"),
            )
            .help(format!(
                "Nothing of the new content was evaluated.\n\
                 to have the locked one again: remove {place} and run cairn update        \
                 to accept another: cairn update {name}"
            )),
            ComponentError::Lock(unreadable) => {
                // One report is enough for a file, whatever needs it.
                if self.lock_reported {
                    return;
                }
                self.lock_reported = true;
                Diagnostic::error(
                    "imports::lock",
                    format!("{FILE} cannot be read"),
                    tag,
                    format!("{FILE}:{}: {}", unreadable.line, unreadable.what),
                )
                .help(format!("cairn update writes it anew, once {FILE} is removed or mended"))
            }
        };
        self.report.add(diagnostic);
    }

    /// The tag that is locked is the highest one that any import asks for: nothing newer is used than was written.
    pub(super) fn selected_tags_are_asked_for(&mut self) {
        for import in highest(&self.program.from_git) {
            let Ok(selected) = self.files.component(&import.locator) else { continue };
            if Version::parse(&selected) != Version::parse(&import.locator.tag) {
                let error = ComponentError::NotLocked(Some(selected));
                self.not_here(&import.locator, &import.name, import.tag, error);
            }
        }
    }
}

/// Of every repository and major version the import that asks for the highest tag: the minimum that satisfies all.
pub fn highest(imports: &[GitImport]) -> Vec<GitImport> {
    let mut highest: BTreeMap<(&str, String), &GitImport> = BTreeMap::new();
    for import in imports {
        let series = (import.locator.repository.as_str(), import.locator.series());
        let asked = Version::parse(&import.locator.tag);
        if highest.get(&series).is_none_or(|known| asked > Version::parse(&known.locator.tag)) {
            highest.insert(series, import);
        }
    }
    highest.into_values().cloned().collect()
}
