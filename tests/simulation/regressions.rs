//! Cases that failed once: written by the run that found them, simulated by every run from then on.

use std::path::PathBuf;

use crate::simulate::{Case, Weather, simulate};
use crate::world::Ablation;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/simulation/regressions")
}

/// Writes a case that failed, with what was seen and all that happened: its first line says how to simulate it again.
pub fn keep(case: Case, violations: &[String]) {
    let weather = case.weather.name();
    let mut text = format!("seed={} weather={weather}\n", case.seed);
    for violation in violations {
        text.push_str(&format!("# {violation}\n"));
    }
    for line in simulate(case, true).lines {
        text.push_str(&format!("# {line}\n"));
    }
    let file = folder().join(format!("seed-{}-{weather}.txt", case.seed));
    match std::fs::create_dir_all(folder()).and_then(|()| std::fs::write(&file, text)) {
        Ok(()) => println!("    kept in {}", file.display()),
        Err(error) => println!("    could not be kept: {error}"),
    }
}

/// Simulates all cases that were kept.
pub fn hold() -> bool {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let mut good = true;
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let first = text.lines().next().unwrap_or_default();
        let value = |name: &str| first.split(' ').find_map(|word| word.strip_prefix(name)).unwrap().to_owned();
        let seed = value("seed=").parse().unwrap();
        let case = Case { seed, weather: Weather::named(&value("weather=")), ablation: Ablation::None };
        let violations = simulate(case, false).violations;
        if let Some(violation) = violations.first() {
            println!("{}: {violation}", file.display());
            good = false;
        }
    }
    println!("{} cases that failed once: {}", files.len(), if good { "well" } else { "FAILED" });
    good
}
