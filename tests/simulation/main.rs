//! Simulation of the real engine: recovery, observation, plan and execution in virtual time, on a simulated store and a
//! simulated cloud, with faults that a seed chooses.
//!
//! `CAIRN_SIM_SEEDS=FROM..TO` simulates these seeds and nothing else; of one seed alone everything that happens is told.
//! `CAIRN_SIM_WEATHER` is `any`, `mild` or the number of the event before which the only killed process ends.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm,
    reason = "tests fail loudly"
)]

mod applier;
mod cloud;
mod explore;
mod faults;
mod kinds;
mod log;
mod objects;
mod plot;
mod random;
mod regressions;
mod simulate;
mod world;

use std::time::{Duration, Instant};

use explore::{Tally, explore};
use simulate::{Case, Weather, simulate};
use world::Ablation;

/// What is taken away, the weather it is tried in, and what is to be seen.
type Removal = (Ablation, fn(u64) -> Weather, &'static str);

/// Random seeds of one kind of faults; without optimisation they take ten times as long.
const SEEDS: u64 = if cfg!(debug_assertions) { 150 } else { 10_000 };
/// Stacks of which every single event is a last one of a process.
const SCENARIOS: u64 = if cfg!(debug_assertions) { 1 } else { 20 };
/// Random seeds for each part of the protocol that is taken away, at most.
const ABLATED: u64 = if cfg!(debug_assertions) { 400 } else { 10_000 };

fn main() {
    if let Some(range) = wanted_seeds() {
        std::process::exit(i32::from(!chosen(range)));
    }
    let begun = Instant::now();
    let mut good = regressions::hold();
    good &= deterministic();
    good &= exhaustive();
    for weather in [Weather::Mild, Weather::Any] {
        let begun = Instant::now();
        let tally = explore(|seed| Case { seed, weather, ablation: Ablation::None }, 0, SEEDS);
        good &= report(&format!("{} random seeds, faults: {}", SEEDS, weather.name()), &tally, begun.elapsed());
    }
    good &= ablations();
    println!("simulation: {} in {:.1} s", if good { "well" } else { "FAILED" }, begun.elapsed().as_secs_f64());
    std::process::exit(i32::from(!good));
}

/// The range that the environment asks for.
fn wanted_seeds() -> Option<std::ops::Range<u64>> {
    let text = std::env::var("CAIRN_SIM_SEEDS").ok()?;
    let (from, to) = text.split_once("..").expect("CAIRN_SIM_SEEDS is FROM..TO");
    let number = |text: &str| text.replace('_', "").parse::<u64>().expect("CAIRN_SIM_SEEDS is FROM..TO in numbers");
    Some(number(from)..number(to))
}

/// Simulates what the environment asks for.
fn chosen(range: std::ops::Range<u64>) -> bool {
    let weather = std::env::var("CAIRN_SIM_WEATHER").map_or(Weather::Any, |text| Weather::named(&text));
    let case = |seed| Case { seed, weather, ablation: Ablation::None };
    if range.end == range.start + 1 {
        for line in simulate(case(range.start), true).lines {
            println!("{line}");
        }
    }
    let begun = Instant::now();
    let tally = explore(case, range.start, range.end);
    report(&format!("seeds {range:?}, faults: {}", weather.name()), &tally, begun.elapsed())
}

/// Says what came out. Each failing case is told with the command that repeats it, and kept for later runs.
fn report(what: &str, tally: &Tally, took: Duration) -> bool {
    let speed = tally.cases as f64 / took.as_secs_f64();
    println!(
        "{what}: {} bad of {}, {:.1} s, {speed:.0} seeds/s, {} events, {} objects made, {} of them twice, {} plans \
         without an order, longest last apply {} s",
        tally.bad.len(),
        tally.cases,
        took.as_secs_f64(),
        tally.events,
        tally.created,
        tally.doubles,
        tally.impossible,
        tally.longest,
    );
    for (case, violations) in tally.bad.values().take(10) {
        println!("  seed {}, faults {}: {}", case.seed, case.weather.name(), violations[0]);
        println!(
            "    CAIRN_SIM_SEEDS={}..{} CAIRN_SIM_WEATHER={} cargo test --release --no-default-features --test simulation",
            case.seed,
            case.seed + 1,
            case.weather.name()
        );
        regressions::keep(*case, violations);
    }
    // A plan without an order is no fault of the run, but many of them would leave little that is simulated.
    tally.bad.is_empty() && tally.impossible * 20 <= tally.cases
}

/// The same seed gives the same events.
fn deterministic() -> bool {
    let differing: Vec<u64> = (0..20)
        .filter(|seed| {
            let case = Case { seed: *seed, weather: Weather::Any, ablation: Ablation::None };
            simulate(case, false).hash != simulate(case, false).hash
        })
        .collect();
    println!("I16: of 20 seeds simulated twice, these went differently: {differing:?}");
    differing.is_empty()
}

/// A process is killed before each single one of its events.
fn exhaustive() -> bool {
    let begun = Instant::now();
    let mut cases = Vec::new();
    for seed in 0..SCENARIOS {
        let case = Case { seed, weather: Weather::Killed(u64::MAX), ablation: Ablation::None };
        let events = simulate(case, false).of_killed;
        cases.extend((1..=events).map(|at| Case { weather: Weather::Killed(at), ..case }));
    }
    let tally = explore(|number| cases[number as usize], 0, cases.len() as u64);
    report(&format!("every event of {SCENARIOS} stacks is a last one"), &tally, begun.elapsed())
}

/// Each part of the protocol is taken away; a simulation that does not notice is blind.
fn ablations() -> bool {
    // What is adopted is swept otherwise, and what is not redone is done by the run after the next: both show only in
    // their own way.
    let killed: fn(u64) -> Weather = |seed| Weather::Killed(1 + seed * 7 % 150);
    let mild: fn(u64) -> Weather = |_| Weather::Mild;
    let any: fn(u64) -> Weather = |_| Weather::Any;
    let all: [Removal; 9] = [
        (Ablation::Token, mild, ""),
        (Ablation::Intent, mild, ""),
        (Ablation::Fence, mild, ""),
        (Ablation::Quarantine, mild, ""),
        (Ablation::OwnAppend, mild, ""),
        (Ablation::Age, mild, ""),
        (Ablation::Redo, killed, ""),
        (Ablation::Adopt, any, "exists already"),
        (Ablation::Sweep, any, "nobody knows it"),
    ];
    println!("taken away    seeds    bad   first seed   what is seen first");
    let mut good = true;
    for (ablation, weather, sign) in all {
        let mut seen = Tally::default();
        // In parts, so that what is seen at once does not take as long as what is seen rarely.
        for from in (0..ABLATED).step_by(400) {
            let part = explore(|seed| Case { seed, weather: weather(seed), ablation }, from, (from + 400).min(ABLATED));
            seen.cases += part.cases;
            let shown = |(_, violations): &(Case, Vec<String>)| violations.iter().any(|what| what.contains(sign));
            seen.bad.extend(part.bad.into_iter().filter(|(_, bad)| shown(bad)));
            if !seen.bad.is_empty() {
                break;
            }
        }
        let first = seen.bad.iter().next();
        let what = first.map_or("NOTHING: the simulation is blind", |(_, (_, violations))| {
            violations.iter().find(|what| what.contains(sign)).map_or("", String::as_str)
        });
        let what: String = what.chars().take(90).collect();
        let seed = first.map_or_else(|| "-".to_owned(), |(seed, _)| seed.to_string());
        println!("{:<12} {:>6} {:>6} {seed:>12}   {what}", format!("{ablation:?}"), seen.cases, seen.bad.len());
        good &= first.is_some();
    }
    good
}
