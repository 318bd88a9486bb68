//! `cairn update`: the only command that fetches. Tags become commits, and the lock remembers them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use ecow::EcoString;

use super::arguments::CloudArguments;
use super::failure::{Exit, Failure, count, reports};
use super::pins;
use crate::diagnostic::{Diagnostic, Report};
use crate::host::components::{self, Tree};
use crate::host::files::DiskFiles;
use crate::host::git::{Fetched, Git};
use crate::host::terminal;
use crate::language::program::{GitImport, Program};
use crate::language::resolve;
use crate::lock::{Component, FILE, Locator, Lock};
use crate::registry;

/// Fetch what is imported from git, or move one pin, and write cairn.lock
#[derive(Args)]
pub struct Arguments {
    /// A component whose new content is accepted, or a look-up whose value of today is pinned; without one, everything
    /// that is imported from git is fetched
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// The stack's directory
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// The environment whose look-up is pinned
    #[arg(long, value_name = "ENV")]
    env: Option<String>,
    #[command(flatten)]
    cloud: CloudArguments,
}

/// Runs the command.
///
/// # Errors
/// Something cannot be fetched, a tag was moved, or nothing has the name.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { mut name, mut directory, env, cloud } = arguments;
    // `cairn update stacks/shop` means the directory.
    if directory == Path::new(".") && name.as_deref().is_some_and(|name| name.contains(['/', '\\']) || name == ".") {
        directory = PathBuf::from(name.take().unwrap_or_default());
    }
    cloud.require_whole("update")?;
    let lock = read(&directory)?;
    let imports = loaded(&directory, &lock)?.0.from_git;
    let named = name.as_deref().map(|name| imports.iter().find(|import| is_called(import, name, &lock)));
    match (name, named) {
        (Some(name), Some(None)) => pins::update(&directory, lock, &name, env.as_deref(), &cloud).await,
        (_, accepted) => {
            let accepted = accepted.flatten().map(|import| import.locator.clone());
            fetch_all(&directory, &lock, accepted.as_ref())
        }
    }
}

/// The lock beside a stack.
///
/// # Errors
/// It cannot be read; the message says where.
pub fn read(directory: &Path) -> Result<Lock, Failure> {
    components::read_lock(directory).map_err(|wrong| {
        Failure::new(format!("{FILE}:{}: {}\nmend it, or remove it and run cairn update", wrong.line, wrong.what))
    })
}

/// The program with a lock, whatever else is wrong with it.
fn loaded(directory: &Path, lock: &Lock) -> Result<(Program, Report), Failure> {
    let files = DiskFiles::new(directory).map_err(Failure::new)?.with_lock(lock.clone());
    Ok(resolve::load(&files, registry::catalogue()))
}

/// Whether an import is meant by a name: the name it imports, or the one in the lock.
pub fn is_called(import: &GitImport, name: &str, lock: &Lock) -> bool {
    let key = lock.component(&import.locator).map(|(key, _)| key);
    import.name == name || snake(&import.name) == name || key == Some(name)
}

fn fetch_all(directory: &Path, lock: &Lock, accepted: Option<&Locator>) -> Result<Exit, Failure> {
    let git = Git::new(&directory.join(".cairn"));
    let mut fetched: BTreeMap<Locator, Fetched> = BTreeMap::new();
    let mut next = Lock { tool: Some(registry::tool()), ..lock.clone() };
    for _ in 0..MAX_ROUNDS {
        let (program, report) = loaded(directory, &next)?;
        refuse_malformed(&program, &report)?;
        let wanted = resolve::highest(&program.from_git);
        let mut components: BTreeMap<String, Component> = BTreeMap::new();
        for import in &wanted {
            let locator = Locator { file: None, ..import.locator.clone() };
            let known =
                lock.component(&locator).map(|(_, component)| component).filter(|known| known.tag == locator.tag);
            let is_accepted = accepted.is_some_and(|accepted| {
                (&accepted.repository, accepted.series()) == (&locator.repository, locator.series())
            });
            // With a name, the others stay as they are if they are here.
            let stays = known
                .filter(|known| accepted.is_some() && !is_accepted && components::is_cached(directory, &known.sha256));
            let component = match stays {
                Some(known) => known.clone(),
                None => {
                    if !fetched.contains_key(&locator) {
                        let found = git.fetch(&locator).map_err(Failure::new)?;
                        fetched.insert(locator.clone(), found);
                    }
                    let Some(found) = fetched.get(&locator) else { continue };
                    if let Some(known) = known.filter(|known| known.commit != found.commit && !is_accepted) {
                        return Err(failure(&program, vec![moved(import, known, &found.commit)]));
                    }
                    keep(directory, &locator, found)?
                }
            };
            components.insert(free_name(&components, &import.name), component);
        }
        let settled = next.components == components;
        next.components = components;
        if settled {
            return finish(directory, lock, &next);
        }
    }
    Err(Failure::new(format!("components that import each other did not settle after {MAX_ROUNDS} rounds")))
}

fn finish(directory: &Path, before: &Lock, next: &Lock) -> Result<Exit, Failure> {
    if before != next {
        components::write_lock(directory, next).map_err(Failure::new)?;
    }
    let mut text = String::new();
    for (name, component) in &next.components {
        let short = component.commit.get(..7).unwrap_or_default();
        let what = match before.components.get(name) {
            None => "new",
            Some(known) if known == component => "as before",
            Some(_) => "changed",
        };
        text.push_str(&format!("{name}  {} {} ({short})  {what}\n", component.git, component.tag));
    }
    for name in before.components.keys().filter(|name| !next.components.contains_key(*name)) {
        text.push_str(&format!("{name}  not imported any more\n"));
    }
    let written = if before == next { format!("{FILE} is as it was\n") } else { format!("{FILE} written\n") };
    terminal::out(&format!("{text}{written}"));
    Ok(Exit::Done)
}

/// Keeps what was fetched beside the stack, under its digest.
fn keep(directory: &Path, locator: &Locator, found: &Fetched) -> Result<Component, Failure> {
    let sha256 = components::digest(&found.tree);
    keep_tree(directory, &sha256, &found.tree)?;
    Ok(Component { git: locator.repository.clone(), tag: locator.tag.clone(), commit: found.commit.clone(), sha256 })
}

/// Keeps a tree under its digest, unless it is there.
///
/// # Errors
/// It cannot be written.
pub fn keep_tree(directory: &Path, sha256: &str, tree: &Tree) -> Result<(), Failure> {
    if components::is_cached(directory, sha256) {
        return Ok(());
    }
    components::write_tree(tree, &components::cached(directory, sha256)).map_err(Failure::new)
}

/// Somebody moved the tag: nothing is accepted that was not asked for.
fn moved(import: &GitImport, known: &Component, commit: &str) -> Diagnostic {
    let short = |commit: &str| commit.get(..7).unwrap_or_default().to_owned();
    let name = &import.name;
    Diagnostic::error(
        "imports::changed",
        format!("This component is not the one in {FILE}"),
        import.tag,
        format!("this tag now points to commit {}; {FILE} recorded {}", short(commit), short(&known.commit)),
    )
    .help(format!(
        "tags can be moved by whoever owns the repository. Nothing of the new content was evaluated.\n\
         to see what changed: cairn diff-import {name}        to accept it: cairn update {name}"
    ))
}

/// What is no locator is said before anything is fetched.
fn refuse_malformed(program: &Program, report: &Report) -> Result<(), Failure> {
    let wrong: Vec<Diagnostic> = report
        .clone()
        .into_sorted()
        .into_iter()
        .filter(|diagnostic| matches!(diagnostic.code, "imports::git" | "imports::registry" | "stack::header"))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(failure(program, wrong)) }
}

fn failure(program: &Program, diagnostics: Vec<Diagnostic>) -> Failure {
    let text = reports(&diagnostics, &program.sources, &terminal::detect());
    Failure::with(Exit::Failed, format!("{text}{}", count(&diagnostics)))
}

/// A name for the lock that no other component has.
fn free_name(taken: &BTreeMap<String, Component>, name: &EcoString) -> String {
    let name = snake(name);
    if !taken.contains_key(&name) {
        return name;
    }
    (2..).map(|number| format!("{name}_{number}")).find(|name| !taken.contains_key(name)).unwrap_or(name)
}

/// `ReleaseGuard` becomes `release_guard`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// Rounds of fetching: each can find imports in what the one before fetched.
const MAX_ROUNDS: usize = 20;
