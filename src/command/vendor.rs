//! `cairn vendor`: what is imported from git, kept beside the stack.

use std::path::PathBuf;

use clap::Args;

use super::failure::{Exit, Failure};
use super::update;
use crate::host::components;
use crate::host::terminal;
use crate::lock::FILE;

/// Copy what is imported from git into vendor/
#[derive(Args)]
pub struct Arguments {
    /// The stack's directory
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Something that is locked was not fetched, or cannot be written.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let root = arguments.directory;
    let lock = update::read(&root)?;
    for component in lock.components.values() {
        let place = components::vendored(&root, component);
        let unchanged = |tree: &components::Tree| components::digest(tree) == component.sha256;
        if components::read_tree(&place).is_ok_and(|tree| unchanged(&tree)) {
            continue;
        }
        let tree = components::read_tree(&components::cached(&root, &component.sha256)).ok().filter(unchanged);
        let tree = tree.ok_or_else(|| {
            Failure::new(format!(
                "{} at {} is not on this machine as {FILE} has it; run cairn update first",
                component.git, component.tag
            ))
        })?;
        components::write_tree(&tree, &place).map_err(Failure::new)?;
    }
    components::remove_stale(&root, &lock).map_err(Failure::new)?;
    terminal::out(&match lock.components.len() {
        0 => format!("{FILE} names nothing from git: there is nothing to copy\n"),
        1 => "1 component in vendor/\n".to_owned(),
        count => format!("{count} components in vendor/\n"),
    });
    Ok(Exit::Done)
}
