//! Single mistakes, made one at a time in sound stacks: is each reported, near where it was made, and once?
//!
//! `CAIRN_MUTATE_DIR` names another directory of stacks, `CAIRN_MUTATE_TRIALS` another number of trials,
//! `CAIRN_MUTATE_SEED` another seed; `CAIRN_MUTATE_SHOW=12` prints the mistake of a trial and what is reported, and
//! `CAIRN_MUTATE_KIND` takes only kinds whose name contains a word.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::wildcard_enum_match_arm,
    reason = "tests fail loudly"
)]

mod classes;
mod kinds;
mod mutant;
mod numbers;
mod stacks;
mod table;
mod tree;
mod trial;
mod words;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use stacks::{Stack, directories};
use table::Table;
use trial::Trials;

/// The least share of mistakes that is reported within one line.
const LOCATED: f64 = 0.99;
/// The least share of mistakes that is reported exactly once.
const ONCE: f64 = 0.95;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// The directories that are asked for, or the repository's own and those of the design, if they are there.
fn roots() -> Vec<PathBuf> {
    if let Ok(root) = std::env::var("CAIRN_MUTATE_DIR") {
        return vec![PathBuf::from(root)];
    }
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var("CAIRN_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let examples = repository.join(shared).join("design/examples");
    let mut roots = vec![repository.join("stacks"), repository.join("tests/mutation/corpus")];
    if examples.is_dir() {
        roots.push(examples);
    } else {
        println!("skipped: no examples at {}", examples.display());
    }
    roots
}

fn load() -> Vec<Stack> {
    let catalogue = cairn::registry::catalogue();
    let mut stacks = Vec::new();
    for root in roots() {
        for directory in directories(&root) {
            match Stack::load(&directory, &catalogue) {
                Ok(stack) => {
                    println!("{}: {} files", stack.name, stack.paths.len());
                    stacks.push(stack);
                }
                Err(why) => println!("skipped: {}: {why}", directory.display()),
            }
        }
    }
    stacks
}

#[test]
fn single_mistakes_are_reported_once_where_they_are() {
    let outcome = cairn::host::with_large_stack(|| {
        let stacks = load();
        assert!(!stacks.is_empty(), "no stack without errors was found");
        let mut trials =
            Trials::new(stacks, Arc::clone(&cairn::registry::catalogue()), setting("CAIRN_MUTATE_SEED", 1));
        if let Ok(kind) = std::env::var("CAIRN_MUTATE_KIND") {
            trials.only(&kind);
        }
        if let Ok(shown) = std::env::var("CAIRN_MUTATE_SHOW") {
            for trial in shown.split(',') {
                println!("{}", trials.show(trial.trim().parse().expect("CAIRN_MUTATE_SHOW is a trial's number")));
            }
            return None;
        }
        let scores = trials.run(setting("CAIRN_MUTATE_TRIALS", 10_000));
        Some((Table::new(&trials.names(), &scores), trials.kinds_with_sites()))
    });
    let Some((table, kinds)) = outcome else { return };
    println!("{table}");
    let (located, once, panics) = (table.located(), table.once(), table.panics());
    assert_eq!(panics, 0, "{panics} mistakes made the checker panic");
    if std::env::var_os("CAIRN_MUTATE_DIR").is_none() && std::env::var_os("CAIRN_MUTATE_KIND").is_none() {
        assert!(kinds >= 20, "only {kinds} kinds of mistakes can be made in these stacks");
    }
    assert!(located >= LOCATED, "{:.2}% are reported within one line, not {:.0}%", located * 100.0, LOCATED * 100.0);
    assert!(once >= ONCE, "{:.2}% are reported exactly once, not {:.0}%", once * 100.0, ONCE * 100.0);
}
