//! Runs a target for a while, and keeps what it fails on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::corpus::repository;
use crate::numbers::Numbers;

/// At least so many inputs are tried, however slow the machine is.
const LEAST: u64 = 200;

/// Tries a target on input after input. `make` makes an input from numbers, `holds` fails if something is wrong.
pub fn target<Input: Clone + Send>(
    name: &str,
    make: impl Fn(&mut Numbers) -> Input + Send + Sync,
    shown: impl Fn(&Input) -> String + Send + Sync,
    holds: impl Fn(&Input) + Send + Sync,
) {
    let variable = |name: &str, default: u64| std::env::var(name).map_or(default, |value| value.parse().unwrap());
    let seed = variable("CAIRN_FUZZ_SEED", 1);
    let only = std::env::var("CAIRN_FUZZ_ROUND").ok().map(|round| round.parse::<u64>().unwrap());
    let time = Duration::from_secs(variable("CAIRN_FUZZ_SECONDS", 5));
    let started = Instant::now();
    cairn::host::with_large_stack(|| {
        let mut round = only.unwrap_or(0);
        while only.is_none_or(|only| only == round) && (round < LEAST || started.elapsed() < time)
            || only == Some(round)
        {
            // Every input has a number of its own, so that it can be made again alone.
            let input = make(&mut Numbers::new(seed.wrapping_mul(0x1_0000_0001).wrapping_add(round)));
            if catch_unwind(AssertUnwindSafe(|| holds(&input))).is_err() {
                let folder = repository().join("target/fuzz");
                std::fs::create_dir_all(&folder).unwrap();
                let file = folder.join(format!("{name}-{seed}-{round}.cairn"));
                std::fs::write(&file, shown(&input)).unwrap();
                panic!(
                    "target {name} fails in round {round} of seed {seed}; its input is {}\nonce more: \
                     CAIRN_FUZZ_SEED={seed} CAIRN_FUZZ_ROUND={round} cargo test --no-default-features -p cairn \
                     --test fuzz {name}",
                    file.display()
                );
            }
            round += 1;
        }
        println!("{name}: {round} inputs from seed {seed} in {:.1} s", started.elapsed().as_secs_f64());
    });
}
