//! `cairn diff-import`: what a moved tag would bring, before it is accepted.

use std::path::PathBuf;

use clap::Args;

use super::failure::{Exit, Failure};
use super::update;
use crate::diagnostic::suggest;
use crate::host::files::DiskFiles;
use crate::host::{components, git, terminal};
use crate::language::resolve;
use crate::lock::{FILE, Locator};
use crate::registry;
use crate::view::untrusted;

/// Show what changed in a component from git since it was locked
#[derive(Args)]
pub struct Arguments {
    /// The component, as it is imported
    #[arg(value_name = "NAME")]
    name: String,
    /// The stack's directory
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Nothing from git has the name, or it cannot be fetched.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { name, directory: root } = arguments;
    let lock = update::read(&root)?;
    let files = DiskFiles::new(&root).map_err(Failure::new)?;
    let (program, _) = resolve::load(&files, registry::catalogue());
    let Some(import) = program.from_git.iter().find(|import| update::is_called(import, &name, &lock)) else {
        let near = suggest::nearest(&name, program.from_git.iter().map(|import| import.name.as_str()));
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(Failure::new(format!("nothing imported from git is called {}{hint}", untrusted::one_line(&name))));
    };
    let Some((_, known)) = lock.component(&import.locator) else {
        return Err(Failure::new(format!("{FILE} has nothing of {}; run cairn update", import.locator.repository)));
    };
    let work = root.join(".cairn");
    let locator = Locator { tag: known.tag.clone(), file: None, ..import.locator.clone() };
    let found = git::Git::new(&work).fetch(&locator).map_err(Failure::new)?;
    let sha256 = components::digest(&found.tree);
    if sha256 == known.sha256 {
        terminal::out(&format!("{} at {} has the content that {FILE} recorded\n", known.git, known.tag));
        return Ok(Exit::Done);
    }
    update::keep_tree(&root, &sha256, &found.tree)?;
    let places = [components::cached(&root, &known.sha256), components::vendored(&root, known)];
    let Some(before) = places.iter().find(|place| crate::host::is_directory(place)) else {
        return Err(Failure::new(format!(
            "the content that {FILE} recorded is not on this machine, so there is nothing to compare with"
        )));
    };
    let difference = git::difference(&work, before, &components::cached(&root, &sha256)).map_err(Failure::new)?;
    let short = |commit: &str| commit.get(..7).unwrap_or_default().to_owned();
    let lines: Vec<String> = difference.lines().map(untrusted::one_line).collect();
    terminal::out(&format!(
        "{} {}: {} → {}\n{}\n",
        known.git,
        known.tag,
        short(&known.commit),
        short(&found.commit),
        lines.join("\n")
    ));
    Ok(Exit::Differences)
}
