//! A run that failed takes itself back: with ordinary steps that are journaled like all others, and may be cut off like
//! all others. Wherever that happens, the next plan starts from what is there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Clouds;
use super::apply::{Means, Started, places};
use super::execute::{Limits, Report, execute};
use super::journal::Journal;
use super::mask::StackKey;
use super::observe::observe;
use super::recover::recover;
use super::schedule::schedule;
use super::undo::{Reach, inverse, plan};
use crate::model::Address;
use crate::model::event::Event;
use crate::state::{Entry, Folded, StateStore, StoreError, fold};

/// How a run was taken back.
#[derive(Debug, Default)]
pub struct RolledBack {
    /// The number of the run that was taken back.
    pub run: u64,
    /// The steps.
    pub report: Report,
    /// What stays as it is, and why.
    pub stays: BTreeMap<Address, String>,
    /// Why it could not be begun, if it could not.
    pub impossible: Option<String>,
}

/// Whose steps are taken back, and where that is recorded.
pub(super) struct Whose<'a> {
    pub store: &'a Arc<dyn StateStore>,
    pub journal: &'a Journal,
    pub clouds: &'a Clouds,
    pub key: &'a StackKey,
}

/// Takes back what the last run did, as far as nothing is lost by it.
///
/// # Errors
/// The state cannot be read or written. Failed steps are told by the report.
pub(super) async fn roll_back(whose: &Whose<'_>, means: &Means) -> Result<RolledBack, StoreError> {
    let folded = now(whose.store).await?;
    let Some(number) = folded.snapshot.runs.last().map(|run| run.number) else { return Ok(RolledBack::default()) };
    let mut back = RolledBack { run: number, ..RolledBack::default() };
    let tell = |event: Event| {
        // Nobody may be listening any more.
        let _ = means.events.send(event);
    };
    // What nobody knows the end of is found out first: it may have been made.
    let folded = match resolve(whose, means, &folded, &tell).await? {
        Ok(()) => now(whose.store).await?,
        Err(why) => {
            back.impossible = Some(why);
            return Ok(back);
        }
    };
    let mut inverse = match inverse(number, &folded.snapshot, &whose.clouds.catalogue, Reach::Rollback) {
        Ok(inverse) => inverse,
        Err(_) => {
            back.impossible = Some("what was there before is not known".to_owned());
            return Ok(back);
        }
    };
    let after = inverse.reinstate(&folded.snapshot);
    let observations = observe(&inverse.read_set(&after), &inverse.desired, whose.clouds, means.quarantine).await;
    let planning = plan(&mut inverse, &after, &observations, (whose.clouds, whose.key), Reach::Rollback);
    // What turned out to stay now is not reinstated either.
    let after = inverse.reinstate(&folded.snapshot);
    let graph = match schedule(&planning.plan, &inverse.desired, &after, whose.clouds) {
        Ok(graph) => graph,
        Err(circle) => {
            back.impossible = Some(format!("the steps of {circle:?} wait for each other; this is a bug in Cairn"));
            return Ok(back);
        }
    };
    tell(Event::RollingBack { run: number, steps: graph.steps.len() });
    for (address, why) in inverse.stays.iter().chain(inverse.fields.iter().map(|(address, why)| (address, why))) {
        tell(Event::Stays { address: address.clone(), why: why.clone() });
    }
    for address in &inverse.ran {
        tell(Event::Stays { address: address.clone(), why: "nobody knows what the action did".to_owned() });
    }
    let command = ecow::eco_format!("rollback {number}");
    let mut entries = vec![Entry::CommandBegun { command, at: (means.now)() }];
    entries.extend(inverse.entries());
    whose.journal.append(entries).await?;
    let run = Arc::new(means.run(Started {
        places: places(&planning.plan),
        desired: inverse.desired,
        snapshot: after,
        clouds: whose.clouds.clone(),
        journal: whose.journal.clone(),
        key: whose.key.clone(),
        world: planning.world,
        seen: planning.seen,
        reusable: Vec::new(),
    }));
    back.report = execute(run, graph, Limits { stop_at_failure: false, ..means.limits }).await;
    back.stays = inverse.stays;
    Ok(back)
}

async fn now(store: &Arc<dyn StateStore>) -> Result<Folded, StoreError> {
    let loaded = store.load().await?;
    Ok(fold(loaded.snapshot, loaded.entries))
}

/// Finds out how steps ended that nobody knows the end of; why not, if that cannot be found out.
async fn resolve(
    whose: &Whose<'_>,
    means: &Means,
    folded: &Folded,
    tell: &(dyn Fn(Event) + Sync),
) -> Result<Result<(), String>, StoreError> {
    let recovery = match recover(folded, whose.clouds, whose.key, means.quarantine, true, tell).await {
        Ok(recovery) => recovery,
        Err(error) => return Ok(Err(format!("a step whose end is not known could not be resolved: {error}"))),
    };
    let mut entries = recovery.entries;
    // Nothing was made, and nothing will be.
    entries.extend(recovery.reusable.into_iter().map(|open| Entry::Failed { nonce: open.intent.nonce }));
    if !entries.is_empty() {
        whose.journal.append(entries).await?;
    }
    Ok(Ok(()))
}
