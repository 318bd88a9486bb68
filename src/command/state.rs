//! `cairn state`: what is remembered, and the way back if it is damaged.

use clap::{Args, Subcommand};

use super::arguments::StackArguments;
use super::failure::{Exit, Failure};
use super::front;
use crate::host::local_store::{LocalStore, Restored};
use crate::host::{terminal, who};
use crate::registry;
use crate::state::{StateStore as _, fold};
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
    List(Where),
    /// Show what is remembered of one address
    Show(Show),
    /// Go back to an older generation of the state; without one, list them
    Restore(Restore),
}

#[derive(Args)]
struct Where {
    #[command(flatten)]
    stack: StackArguments,
    /// The state of the sandbox
    #[arg(long)]
    sandbox: bool,
}

#[derive(Args)]
struct Show {
    /// The address
    address: String,
    #[command(flatten)]
    place: Where,
}

#[derive(Args)]
struct Restore {
    #[command(flatten)]
    place: Where,
    /// The generation to go back to
    #[arg(long, value_name = "N")]
    generation: Option<u64>,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    match arguments.command {
        Command::List(place) => {
            let store = store(&place)?;
            let loaded = store.load().await?;
            let folded = fold(loaded.snapshot, loaded.entries);
            terminal::out(&view::human::state::list(&folded));
        }
        Command::Show(show) => {
            let store = store(&show.place)?;
            let loaded = store.load().await?;
            let folded = fold(loaded.snapshot, loaded.entries);
            let address = crate::model::Address::from_text(&show.address);
            match folded.snapshot.resources.get(&address) {
                Some(recorded) => terminal::out(&view::human::state::show(&address, recorded)),
                None => {
                    let names = folded.snapshot.resources.keys().map(crate::model::Address::as_str);
                    let hint = crate::diagnostic::suggest::nearest(&show.address, names)
                        .map(|near| format!("; did you mean {near}?"))
                        .unwrap_or_default();
                    return Err(Failure::new(format!("nothing is remembered of {}{hint}", show.address)));
                }
            }
        }
        Command::Restore(restore) => {
            let store = store(&restore.place)?;
            match store.restore(restore.generation, &who::who())? {
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
                    snapshot.generation,
                    snapshot.resources.len()
                )),
            }
        }
    }
    Ok(Exit::Done)
}

fn store(place: &Where) -> Result<LocalStore, Failure> {
    let front = front::load(&place.stack.directory, &place.stack.values.set)?;
    if front.stack().is_empty() {
        return Err(front.failure(front.check_all()));
    }
    let environment = front.environment(place.stack.values.env.as_deref())?;
    let environment = environment.unwrap_or_default();
    Ok(LocalStore::new(&registry::state_directory(&front.root, &front.stack(), &environment, place.sandbox)))
}
