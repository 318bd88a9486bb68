//! One simulation: two versions of a stack, applied by processes that fail, and what must be true in the end.

use std::sync::Arc;
use std::time::Duration;

use cairn_provider::object::Ownership;
use cairn_provider::value::Value;
use ecow::EcoString;
use tokio::time::{Instant, sleep, timeout};

use crate::applier::{End, QUARANTINE, run};
use crate::faults::Faults;
use crate::kinds::kind;
use crate::plot::{self, Plot};
use crate::random::Random;
use crate::world::{Ablation, Process, World};

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Chooses everything.
    pub seed: u64,
    /// Which faults there may be.
    pub weather: Weather,
    /// What is taken away.
    pub ablation: Ablation,
}

/// Which faults there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// All of them.
    Any,
    /// Those that the protocol prevents without repairing anything.
    Mild,
    /// None, but one process of the second version is killed before this event.
    Killed(u64),
}

impl Weather {
    /// As it is written.
    pub fn name(self) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::Mild => "mild".to_owned(),
            Self::Killed(at) => at.to_string(),
        }
    }

    /// From how it is written.
    pub fn named(text: &str) -> Self {
        match text {
            "any" => Self::Any,
            "mild" => Self::Mild,
            at => Self::Killed(at.parse().expect("the faults are `any`, `mild` or the number of an event")),
        }
    }
}

/// What came out.
pub struct Outcome {
    /// What should not have happened.
    pub violations: Vec<String>,
    /// The digest of all events.
    pub hash: u64,
    /// How many events there were.
    pub events: u64,
    /// How many events the process went through that was to be killed.
    pub of_killed: u64,
    /// Creates that had an effect.
    pub created: u64,
    /// Creates that had an effect a second time.
    pub doubles: u64,
    /// How long the last apply took, in seconds.
    pub last: u64,
    /// Whether the plan cannot be carried out even if nothing goes wrong: what has to go first is held by what can only
    /// let go afterwards.
    pub impossible: bool,
    /// What happened, if it was to be told.
    pub lines: Vec<String>,
}

/// Simulates a case.
pub fn simulate(case: Case, told: bool) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(simulated(case, told))
}

async fn simulated(case: Case, told: bool) -> Outcome {
    let mut random = Random::new(case.seed);
    let before = plot::first(&mut random);
    let after = plot::second(&before, &mut random);
    let faults = match case.weather {
        Weather::Any => Faults::some(&mut random, false),
        Weather::Mild => Faults::some(&mut random, true),
        Weather::Killed(_) => Faults::none(),
    };
    let world = World::new(case.seed, Faults::none(), case.ablation, told);
    world.note(&format!("wanted first: {before:?}"));
    world.note(&format!("wanted then: {after:?}"));
    world.note(&format!("{faults:?}"));
    let mut stage = Stage { world: &world, processes: 0, kills: faults.kills, thefts: faults.thefts };
    // What was taken away may be wanted again in the end.
    let last_wanted = if random.chance(250) { before.clone() } else { after.clone() };
    let mut of_killed = 0;
    if let Weather::Killed(at) = case.weather {
        stage.apply(&before, &mut random).await;
        let process = stage.process(at);
        run(&process, &after).await;
        of_killed = process.events();
    } else {
        if random.chance(600) {
            world.inner().faults = faults.clone();
        }
        stage.apply(&before, &mut random).await;
        world.inner().faults = faults;
        stage.apply(&after, &mut random).await;
    }
    world.inner().faults = Faults::none();
    world.note("from here on nothing goes wrong");
    // What is still on its way arrives.
    sleep(Duration::from_secs(40 * 60)).await;
    let begun = Instant::now();
    let process = stage.process(u64::MAX);
    let first = run(&process, &last_wanted).await;
    let last = begun.elapsed().as_secs();
    let impossible = matches!(&first, End::Incomplete(why) if held_by_what_is_recorded(&world, why));
    if impossible {
        world.note("the plan cannot be carried out in any order");
    } else if !matches!(first, End::Complete(_)) {
        world.inner().violate(format!("I8: nothing goes wrong any more, and an apply ends with {first:?}"));
    } else {
        sleep(Duration::from_secs(60)).await;
        let process = stage.process(u64::MAX);
        let second = run(&process, &last_wanted).await;
        if second != End::Complete(0) {
            world.inner().violate(format!("I8: a second apply finds something to do: {second:?}"));
        }
        compare(&world, &last_wanted);
    }
    let most = QUARANTINE as u64 + 2 * 600 * (1 + last_wanted.len() as u64);
    if last > most {
        world.inner().violate(format!("I15: the last apply took {last} s, more than {most}"));
    }
    let hash = world.hash();
    let lines = world.lines();
    let inner = world.inner();
    Outcome {
        violations: inner.violations.clone(),
        hash,
        events: inner.events,
        of_killed,
        created: inner.objects.created,
        doubles: inner.objects.doubles,
        last,
        impossible,
        lines,
    }
}

/// Whether everything that failed is held by objects that the state knows: no stray stands in the way, but the plan has no
/// order in which each can let go before the other is destroyed.
fn held_by_what_is_recorded(world: &World, why: &str) -> bool {
    let folded = world.inner().log.folded();
    let known = |id: &str| folded.snapshot.resources.values().any(|recorded| recorded.id == id);
    why.split("; ").all(|failure| {
        let holder = failure.split("held by ").nth(1).and_then(|rest| rest.split(' ').next());
        holder.is_some_and(known)
    })
}

/// Processes that follow each other, and overlap.
struct Stage<'a> {
    world: &'a Arc<World>,
    processes: u64,
    kills: u64,
    thefts: u64,
}

/// The longest a process may work, in seconds.
const LONGEST: u64 = 4 * 3600;

impl Stage<'_> {
    fn process(&mut self, killed_at: u64) -> Arc<Process> {
        self.processes += 1;
        Process::new(self.world, self.processes, killed_at)
    }

    /// Applies until one process has done everything, or a few have failed.
    async fn apply(&mut self, plot: &Plot, random: &mut Random) {
        for _ in 0..5 {
            let killed = self.kills > 0 && random.chance(600);
            let at = if killed { 1 + random.below(220) } else { u64::MAX };
            self.kills -= u64::from(killed);
            let process = self.process(at);
            let thieves = if self.thefts > 0 { random.below(self.thefts + 1) } else { 0 };
            self.thefts -= thieves;
            let mut others = Vec::new();
            for _ in 0..thieves {
                let thief = self.process(u64::MAX);
                let (plot, delay) = (plot.clone(), 1 + random.below(400));
                others.push(tokio::spawn(async move {
                    sleep(Duration::from_secs(delay)).await;
                    lived(&thief, &plot).await
                }));
            }
            let mut ends = vec![lived(&process, plot).await];
            for other in others {
                ends.push(other.await.unwrap());
            }
            if ends.iter().any(|end| matches!(end, End::Complete(_))) {
                return;
            }
        }
    }
}

/// A run that is killed when it takes too long.
async fn lived(process: &Arc<Process>, plot: &Plot) -> End {
    let ended = timeout(Duration::from_secs(LONGEST), run(process, plot)).await;
    ended.unwrap_or_else(|_| {
        process.kill();
        End::Killed
    })
}

/// The cloud is what is wanted, and the state knows exactly that.
fn compare(world: &World, plot: &Plot) {
    let mut inner = world.inner();
    let folded = inner.log.folded();
    let mut wrong = Vec::new();
    if !folded.open.is_empty() {
        wrong.push(format!("I8: intents are open: {:?}", folded.open));
    }
    if !folded.snapshot.deposed.is_empty() {
        wrong.push(format!("I3: replaced objects are recorded: {:?}", folded.snapshot.deposed));
    }
    // What cannot be marked is nobody's: a second one of it is known by nothing.
    let owned = |name: &str, owner: &Ownership| kind(name).tagged && owner.stack == crate::log::LINEAGE;
    let mut unknown: Vec<(EcoString, EcoString)> = inner
        .objects
        .iter()
        .filter(|((name, _), object)| owned(name, &object.owner))
        .map(|(key, _)| key.clone())
        .collect();
    for (address, wanted) in plot {
        let Some(recorded) = folded.snapshot.resources.iter().find(|(at, _)| at.as_str() == address) else {
            wrong.push(format!("I8: {address} is wanted and not recorded"));
            continue;
        };
        let recorded = recorded.1;
        let key = (recorded.kind.clone(), recorded.id.clone());
        let Some((_, object)) = inner.objects.iter().find(|(other, _)| **other == key) else {
            wrong.push(format!("I3: {address} is recorded as {}, which is not there", recorded.id));
            continue;
        };
        unknown.retain(|other| *other != key);
        let id = |to: &EcoString| {
            let other = folded.snapshot.resources.iter().find(|(at, _)| at.as_str() == to);
            other.map_or(Value::None, |(_, recorded)| Value::Text(recorded.id.clone()))
        };
        let mut expected: Vec<(&str, Value)> =
            vec![("size", Value::Int(wanted.size)), ("fixed", Value::text(format!("f{}", wanted.fixed)))];
        expected.extend(wanted.base.as_ref().map(|to| ("base", id(to))));
        expected.extend(wanted.other.as_ref().map(|to| ("other", id(to))));
        if kind(wanted.kind).partial {
            expected.push(("setting", Value::Int(wanted.size)));
        }
        for (field, value) in expected {
            if object.attributes.get(field) != Some(&value) {
                wrong.push(format!("I8: {address}.{field} is {:?}, not {value:?}", object.attributes.get(field)));
            }
        }
    }
    for (kind, id) in unknown {
        wrong.push(format!("I3: {kind} {id} is ours, and nobody knows it"));
    }
    let extra = folded.snapshot.resources.keys().filter(|address| !plot.contains_key(address.as_str()));
    wrong.extend(extra.map(|address| format!("I8: {address} is recorded and not wanted")));
    for what in wrong {
        inner.violate(what);
    }
}
