//! `cairn state`: what is remembered, and the way back if it is damaged.

mod mv;
mod part;
mod past;
mod pull;
mod rebuild;
mod rm;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::arguments::{CloudArguments, Format, StackArguments, ValueArguments};
use super::failure::{Exit, Failure};
use super::{migrate, store, verify_store};
use crate::host::{terminal, who};
use crate::model::Address;
use crate::state::{Recorded, Restored, fold};
use crate::view;

/// Look at what is remembered.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List what is managed
    List(List),
    /// Show what is remembered of one address
    Show(Show),
    /// Remember what is at an address at another one
    Mv(mv::Move),
    /// Let go of an address: its object stays and is not managed any more
    Rm(rm::Remove),
    /// Print everything that is remembered as JSON
    Pull(pull::Pull),
    /// List the generations of the state, with the runs between them
    History(past::History),
    /// List what was managed when a run had ended
    At(past::At),
    /// Make a state anew from the marks in the cloud, after it was lost
    Rebuild(rebuild::Rebuild),
    /// Go back to an older generation of the state; without one, list them
    Restore(Restore),
    /// Take the state as it is, although more of it was seen on this machine before
    Accept(Accept),
    /// Move the state to another store
    Migrate(migrate::Migrate),
    /// Try whether the store lets exactly one of many writers create an object
    VerifyStore(verify_store::Verify),
}

#[derive(Args)]
struct List {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// How the list is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Args)]
struct Show {
    /// The address; everything that is remembered without one
    #[arg(value_name = "ADDR")]
    address: Option<String>,
    /// The stack's directory
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    #[command(flatten)]
    values: ValueArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// How it is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Args)]
struct Restore {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// The generation to go back to
    #[arg(long, value_name = "N")]
    generation: Option<u64>,
}

#[derive(Args)]
struct Accept {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    match arguments.command {
        Command::Mv(arguments) => return mv::mv(arguments).await,
        Command::Rm(arguments) => return rm::rm(arguments).await,
        Command::Pull(arguments) => pull::pull(arguments).await?,
        Command::History(arguments) => past::history(arguments).await?,
        Command::At(arguments) => past::at(arguments).await?,
        Command::Rebuild(arguments) => return rebuild::rebuild(arguments).await,
        Command::List(list) => {
            list.cloud.require_whole("state list")?;
            let (_, store) = store::of_stack(&list.stack.directory, &list.stack.values, &list.cloud)?;
            let loaded = store.load().await?;
            let folded = fold(loaded.snapshot, loaded.entries);
            terminal::out(&match list.format {
                Format::Json => view::json::state(folded.snapshot.resources.iter()),
                Format::Text | Format::Markdown => view::human::state::list(&folded),
            });
        }
        Command::Show(show) => {
            show.cloud.require_whole("state show")?;
            let (address, directory) = show.place();
            let (_, store) = store::of_stack(&directory, &show.values, &show.cloud)?;
            let loaded = store.load().await?;
            let folded = fold(loaded.snapshot, loaded.entries);
            let resources = &folded.snapshot.resources;
            let chosen: Vec<(&Address, &Recorded)> = match &address {
                None => resources.iter().collect(),
                Some(text) => vec![resources.get_key_value(&Address::from_text(text)).ok_or_else(|| {
                    let names = resources.keys().map(Address::as_str);
                    let hint = crate::diagnostic::suggest::nearest(text, names)
                        .map(|near| format!("; did you mean {near}?"))
                        .unwrap_or_default();
                    Failure::new(format!("nothing is remembered of {text}{hint}"))
                })?],
            };
            match show.format {
                Format::Json => terminal::out(&view::json::state(chosen.into_iter())),
                Format::Text | Format::Markdown => {
                    for (address, recorded) in chosen {
                        terminal::out(&view::human::state::show(address, recorded));
                    }
                }
            }
        }
        Command::Accept(accept) => {
            accept.cloud.require_whole("state accept")?;
            let (_, store) = store::of_stack(&accept.stack.directory, &accept.stack.values, &accept.cloud)?;
            store.accept().await?;
            terminal::out("the state is taken as it is now; look at `cairn plan` before anything else\n");
        }
        Command::Migrate(arguments) => return migrate::run(arguments).await,
        Command::VerifyStore(arguments) => return verify_store::run(arguments).await,
        Command::Restore(restore) => {
            restore.cloud.require_whole("state restore")?;
            let (_, store) = store::of_stack(&restore.stack.directory, &restore.stack.values, &restore.cloud)?;
            match store.restore(restore.generation, &who::who()).await? {
                Restored::Available(generations) if generations.is_empty() => {
                    terminal::out("there are no older generations\n");
                }
                Restored::Available(generations) => {
                    let listed: Vec<String> = generations.iter().map(ToString::to_string).collect();
                    terminal::out(&format!(
                        "generations: {}\ngo back with: cairn state restore --generation N\n",
                        listed.join(", ")
                    ));
                }
                Restored::Done(snapshot) => terminal::out(&format!(
                    "the state is generation {} again, with {} objects; look at `cairn plan` before anything else\n",
                    restore.generation.unwrap_or(snapshot.generation),
                    snapshot.resources.len()
                )),
            }
        }
    }
    Ok(Exit::Done)
}

impl Show {
    /// The address and the directory: a directory that stands alone, or first, is no address.
    fn place(&self) -> (Option<String>, PathBuf) {
        let is_directory = |text: &String| crate::host::is_directory(Path::new(text));
        match (&self.address, &self.directory) {
            (Some(first), None) if is_directory(first) => (None, PathBuf::from(first)),
            (Some(first), Some(second)) if is_directory(first) && !crate::host::is_directory(second) => {
                (Some(second.display().to_string()), PathBuf::from(first))
            }
            (address, directory) => (address.clone(), directory.clone().unwrap_or_else(|| PathBuf::from("."))),
        }
    }
}
