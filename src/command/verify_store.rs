//! `cairn state verify-store`: tries whether the store of a stack keeps the one promise that everything rests on.

use std::sync::Arc;

use clap::Args;

use super::arguments::{CloudArguments, StackArguments};
use super::failure::{Exit, Failure};
use super::{front, store};
use crate::host::{Stopwatch, entropy, log_store, terminal};
use crate::model::state_place::StatePlace;
use crate::state::log::{LogStore, race};

/// Try whether the store lets exactly one of many writers create an object.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// How many writers, each with connections of its own
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(2..=256))]
    writers: u16,
    /// How many slots they race for
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    slots: u32,
}

/// Runs the command.
pub async fn run(arguments: Verify) -> Result<Exit, Failure> {
    arguments.cloud.require_whole("state verify-store")?;
    let front = front::load(&arguments.stack.directory, &arguments.stack.values.set)?;
    let environment = front.environment(arguments.stack.values.env.as_deref())?;
    let place = front.state_place(environment)?;
    if place == StatePlace::Local {
        return Err(Failure::new(
            "the state is kept in files, which one machine alone uses; the header's `state:` names a store for several",
        ));
    }
    let place = if arguments.cloud.sandbox { place.of_sandbox() } else { place };
    let stores: Result<Vec<Arc<dyn LogStore>>, _> =
        (0..arguments.writers).map(|_| log_store::open(&place, &front.root)).collect();
    let watch = Stopwatch::start();
    let slots = usize::try_from(arguments.slots).unwrap_or(usize::MAX);
    let shown = race(stores?, slots, &hex::encode(entropy::bytes(8))).await.map_err(store::failed)?;
    let seconds = watch.elapsed().as_secs_f64();
    terminal::out(&format!(
        "{}: {} writers raced for {} slots in {seconds:.1}s\n  {} slots with exactly one winner\n",
        place.describe(),
        shown.writers,
        shown.slots,
        shown.exact
    ));
    if shown.is_won() {
        terminal::out("  this store can keep a state; nothing is left of the race\n");
        return Ok(Exit::Done);
    }
    Err(Failure::new(format!(
        "{} slots with several winners, {} with none, {} with something else in them\nthis store cannot keep a state: two applies at once would both go on",
        shown.several, shown.none, shown.other
    )))
}
