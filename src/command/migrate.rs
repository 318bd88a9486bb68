//! `cairn state migrate`: the state goes to another store, and the old one says where it went.

use clap::Args;

use super::arguments::{CloudArguments, StackArguments};
use super::failure::{Exit, Failure};
use super::front::{self, Front};
use super::store;
use crate::host::files::DiskFiles;
use crate::host::{terminal, who};
use crate::model::state_place::StatePlace;
use crate::registry;

/// Move the state to another store.
#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// Where it goes, as the header is to say it: `S3State { bucket: "b", region: "eu-central-1", key: "shop" }`
    #[arg(long, value_name = "STORE", required_unless_present = "from", conflicts_with = "from")]
    to: Option<String>,
    /// Where it is, if the header says already where it goes: `LocalState {}`
    #[arg(long, value_name = "STORE")]
    from: Option<String>,
}

/// Runs the command.
pub async fn run(arguments: Migrate) -> Result<Exit, Failure> {
    arguments.cloud.require_whole("state migrate")?;
    let stack = &arguments.stack;
    let front = front::load(&stack.directory, &stack.values.set)?;
    front.require_sound()?;
    let environment = front.environment(stack.values.env.as_deref())?;
    let here = front.state_place(environment.clone())?;
    let written = arguments.to.as_ref().or(arguments.from.as_ref()).map_or("", String::as_str);
    let there = as_if(&front, stack, written)?.state_place(environment.clone())?;
    let (old, new) = if arguments.to.is_some() { (here, there) } else { (there, here) };
    if old == new {
        return Err(Failure::new(format!("the state is kept in {} already", old.describe())));
    }
    let environment = environment.unwrap_or_default();
    let files = registry::state_directory(&front.root, &front.stack(), &environment, arguments.cloud.sandbox);
    let remote = CloudArguments { remote_state: true, ..arguments.cloud.clone() };
    let source = store::open(&old, &front.root, &files, &remote)?;
    let target = store::open(&new, &front.root, &files, &remote)?;
    let (from, to) = (named(&old, arguments.cloud.sandbox), named(&new, arguments.cloud.sandbox));
    // Nobody sees the new one before nobody can write to the old one; what is done twice is the same twice.
    let luggage = source.pack(&who::who(), &to).await?;
    if let Err(error) = target.prepare(&luggage, &from).await {
        // Nothing was left behind yet, so the old one goes on. If even that fails, the next writer finds out.
        let _ = source.release().await;
        return Err(error.into());
    }
    source.leave(&to).await?;
    target.arrive(&luggage).await?;
    terminal::out(&format!(
        "moved the state with {} objects from {from} to {to}\nnobody can write to {from} any more\n",
        luggage.snapshot.resources.len()
    ));
    if arguments.to.is_some() {
        terminal::out(&format!("the header is to say:\n  state: {written}\n"));
    }
    Ok(Exit::Done)
}

fn named(place: &StatePlace, sandbox: bool) -> String {
    if sandbox { place.clone().of_sandbox().describe() } else { place.describe() }
}

/// The stack as if its header named another store, so that it is checked and evaluated as it will be.
fn as_if(front: &Front, stack: &StackArguments, written: &str) -> Result<Front, Failure> {
    let changed =
        front.with_state(written).ok_or_else(|| Failure::new("the stack has no header that could name a store"))?;
    let files = DiskFiles::new(&stack.directory).map_err(Failure::new)?.with([changed].into());
    let other = front::load_from(files, &stack.directory, &stack.values.set)?;
    other.require_sound()?;
    Ok(other)
}
