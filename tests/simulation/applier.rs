//! One run of the real engine, from taking the state to giving it back.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use cairn::engine::action::{Runner, Say};
use cairn::engine::apply::{Means, OnFailure, Ready, Taking, Work, take};
use cairn::engine::clock::Clock;
use cairn::engine::execute::{Entropy, Halt, Limits};
use cairn::engine::known::World as Known;
use cairn::engine::observe::observe;
use cairn::engine::plan::{Inputs, plan};
use cairn::engine::secret::Secrets;
use cairn::engine::{Clouds, graph, moves};
use cairn::model::Address;
use cairn::model::desired::DesiredStack;
use cairn::model::event::Event;
use cairn::model::residual::SecretSource;
use cairn::source::{SourceSet, SourceText};
use cairn::state::IntentKind;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};
use tokio::sync::{mpsc, watch};

use crate::cloud::Cloud;
use crate::kinds::catalogue;
use crate::log::Store;
use crate::plot::{Plot, desired};
use crate::world::{Ablation, Process, World};

/// How a run ended.
#[derive(Debug, PartialEq)]
pub enum End {
    /// Everything was done, in so many steps.
    Complete(usize),
    /// Not everything was done; why.
    Incomplete(String),
    /// It was killed.
    Killed,
}

/// For how long an interrupted create may still become visible: the age of an intent, the validity of a signature, the
/// skew of clocks, the lag of lists.
pub const QUARANTINE: f64 = 720.0;

/// Lets a process apply, until it ends or is killed.
pub async fn run(process: &Arc<Process>, plot: &Plot) -> End {
    let mut task = tokio::spawn(apply(Arc::clone(process), plot.clone()));
    tokio::select! {
        biased;
        () = process.died() => {
            task.abort();
            End::Killed
        }
        ended = &mut task => ended.unwrap_or_else(|error| {
            process.world.inner().violate(format!("the engine panicked: {error}"));
            End::Incomplete("it panicked".to_owned())
        }),
    }
}

async fn apply(process: Arc<Process>, plot: Plot) -> End {
    match try_apply(&process, &plot).await {
        Ok(steps) => End::Complete(steps),
        Err(why) => {
            process.world.note(&format!("p{} gives up: {why}", process.id));
            End::Incomplete(why)
        }
    }
}

async fn try_apply(process: &Arc<Process>, plot: &Plot) -> Result<usize, String> {
    let world = &process.world;
    let store = Store::new(process);
    let cloud = Cloud::new(process, &store);
    let clouds = Clouds::new([Arc::new(cloud) as Arc<_>], catalogue());
    let mut desired = desired(plot);
    if world.ablation == Ablation::Redo {
        not_made_again(world, &mut desired);
    }
    let quarantine = if world.ablation == Ablation::Quarantine { 0.0 } else { QUARANTINE };
    let tell = |event: Event| world.note(&format!("p{} {event:?}", process.id));
    let who = format!("p{}", process.id);
    let entropy = Arc::new(Chance(Arc::clone(world)));
    let clock = Arc::new(Watch(Arc::clone(world)));
    let taking = Taking {
        who: &who,
        clouds: &clouds,
        entropy: entropy.as_ref(),
        clock: clock.as_ref(),
        quarantine,
        tell: &tell,
    };
    let taken = take(Arc::clone(&store) as Arc<_>, taking).await.map_err(|error| error.to_string())?;
    process.resolving.store(false, Ordering::Relaxed);
    let mut sources = SourceSet::default();
    sources.add(SourceText::new("stack.cairn", "stack shop {}\n"));
    let moves = moves::settle(&desired, &taken.folded.snapshot, &moves::Others::new());
    let graph = graph::build(&desired, &moves.snapshot).map_err(|circles| format!("{circles:?}"))?;
    let observations = observe(&moves.snapshot, &desired, &clouds, quarantine, clock.unix()).await;
    let inputs = Inputs {
        desired: &desired,
        snapshot: &moves.snapshot,
        graph: &graph,
        observations: &observations,
        clouds: &clouds,
        key: &taken.key,
        sources: &sources,
        only: &[],
        replace: &[],
        moved: &moves.moved,
    };
    let planning = plan(&inputs, Known::default());
    if let Some((address, error)) = planning.unreadable.first() {
        return Err(format!("{address} could not be read: {error}"));
    }
    if !planning.refused.is_empty() {
        return Err(format!("refused: {:?}", planning.refused));
    }
    let work = Work {
        desired,
        planning,
        moved: Vec::new(),
        clouds,
        first: Vec::new(),
        last: Vec::new(),
        command: "apply".into(),
        partial: false,
    };
    let ready = Ready::new(taken, work).map_err(|circle| format!("a circle of steps: {circle:?}"))?;
    let steps = ready.steps();
    let (events, mut inbox) = mpsc::unbounded_channel();
    let (_halt, halt) = watch::channel(Halt::No);
    let means = Means {
        secrets: Arc::new(NoSecrets),
        actions: Arc::new(NoActions),
        entropy,
        clock,
        quarantine,
        halt,
        events,
        limits: Limits { total: 10, service: 10, stop_at_failure: false },
        on_failure: OnFailure::FinishIndependent,
    };
    let carried = ready.carry_out(means).await;
    while let Ok(event) = inbox.try_recv() {
        if let Event::Failed { .. } | Event::ProviderFault { .. } = event {
            world.note(&format!("p{} {event:?}", process.id));
        }
    }
    let applied = carried.map_err(|error| error.to_string())?;
    let report = applied.report;
    if report.is_complete() {
        return Ok(steps);
    }
    if let Some(broken) = report.broken {
        if store.could_write() {
            world.inner().violate(format!("I15: the last writer stops, and nobody has taken over: {broken}"));
        }
        return Err(format!("the state could not be written: {broken}"));
    }
    let failed: Vec<String> = report.failed.iter().map(|(address, why)| format!("{address}: {why}")).collect();
    Err(failed.join("; "))
}

/// What [`Ablation::Redo`] forgets: what an interrupted delete was about to destroy is wanted all the same.
fn not_made_again(world: &World, desired: &mut DesiredStack) {
    let open = world.inner().log.folded().open;
    let deleted: Vec<Address> = open
        .into_iter()
        .filter(|open| open.intent.kind == IntentKind::Delete)
        .map(|open| open.intent.address)
        .collect();
    desired.resources.retain(|address, resource| {
        !deleted.contains(address) && !resource.needs.iter().any(|need| deleted.contains(&need.address))
    });
}

/// Random numbers of the simulation.
struct Chance(Arc<World>);

impl Entropy for Chance {
    fn nonce(&self) -> EcoString {
        let mut inner = self.0.inner();
        eco_format!("{:016x}{:016x}", inner.random.next(), inner.random.next())
    }
}

/// The clocks of the simulation.
struct Watch(Arc<World>);

impl Clock for Watch {
    fn uptime(&self) -> Duration {
        // A clock that stands still lets no intent grow old.
        if self.0.ablation == Ablation::Age { Duration::ZERO } else { self.0.started.elapsed() }
    }

    fn unix(&self) -> u64 {
        1_800_000_000 + self.0.started.elapsed().as_secs()
    }
}

struct NoSecrets;

#[async_trait::async_trait]
impl Secrets for NoSecrets {
    async fn read(&self, source: &SecretSource) -> Result<Value, String> {
        Err(format!("there is no secret {}", source.name))
    }
}

struct NoActions;

#[async_trait]
impl Runner for NoActions {
    async fn run(&self, kind: &str, _: &Map, _: Duration, _: &Say<'_>) -> Result<Map, String> {
        Err(format!("there is no action {kind}"))
    }
}
