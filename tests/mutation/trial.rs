//! Trials: a kind of mistake, a place, the mistake, what is reported.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cairn::view::human::diagnostic::{Style, render};
use cairn_provider::schema::catalogue::Catalogue;

use crate::kinds;
use crate::mutant::{Mutant, Site, line_of};
use crate::numbers::Numbers;
use crate::stacks::{Checked, Stack};
use crate::tree::tree;
use crate::words::Words;

/// Room for deeply nested sources on each thread.
const STACK: usize = 256 * 1024 * 1024;

/// What came of a trial.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// Its number.
    pub trial: u64,
    /// The kind, by its position.
    pub kind: usize,
    /// How many reports there were; nothing after a panic.
    pub reports: Option<usize>,
    /// Whether one of them begins within a line of the mistake.
    pub located: bool,
}

struct Places {
    name: &'static str,
    /// Stack and place.
    sites: Vec<(usize, Site)>,
}

/// All mistakes that can be made.
pub struct Trials {
    stacks: Vec<Stack>,
    kinds: Vec<Places>,
    words: Words,
    seed: u64,
}

impl Trials {
    /// Finds the places of all kinds of mistakes.
    pub fn new(stacks: Vec<Stack>, catalogue: Arc<Catalogue>, seed: u64) -> Self {
        let mut words = Words::new(&catalogue);
        let mut kinds: Vec<Places> =
            kinds::all().into_iter().map(|kind| Places { name: kind.name, sites: Vec::new() }).collect();
        for (position, stack) in stacks.iter().enumerate() {
            stack.texts.iter().for_each(|text| words.learn(text));
            let tree = tree(stack);
            for (kind, places) in kinds::all().into_iter().zip(&mut kinds) {
                places.sites.extend((kind.sites)(stack, &tree).into_iter().map(|site| (position, site)));
            }
        }
        Self { stacks, kinds, words, seed }
    }

    /// Leaves out kinds whose names do not contain a text.
    pub fn only(&mut self, text: &str) {
        self.kinds.retain(|kind| kind.name.contains(text));
    }

    /// The names of all kinds.
    pub fn names(&self) -> Vec<&'static str> {
        self.kinds.iter().map(|kind| kind.name).collect()
    }

    /// How many kinds have a place.
    pub fn kinds_with_sites(&self) -> usize {
        self.kinds.iter().filter(|kind| !kind.sites.is_empty()).count()
    }

    /// Kind, stack and mistake of a trial: each kind is as frequent as any other.
    fn made(&self, trial: u64) -> (usize, &Stack, &Site, Mutant) {
        let mut numbers = Numbers::of(self.seed, trial);
        let possible: Vec<usize> = (0..self.kinds.len()).filter(|kind| !self.kinds[*kind].sites.is_empty()).collect();
        let kind = *numbers.one_of(&possible);
        let (stack, site) = numbers.one_of(&self.kinds[kind].sites);
        let stack = &self.stacks[*stack];
        let mutant = site.mutant(&stack.texts[site.file], &self.words, &mut numbers);
        (kind, stack, site, mutant)
    }

    fn score(&self, trial: u64) -> Score {
        let (kind, stack, _, mutant) = self.made(trial);
        let found = catch_unwind(AssertUnwindSafe(|| stack.with(mutant.file, &mutant.text)));
        let Ok(checked) = found else { return Score { trial, kind, reports: None, located: false } };
        let located = located(stack, &mutant, &checked);
        Score { trial, kind, reports: Some(checked.diagnostics.len()), located }
    }

    /// Makes many trials, on all processors.
    pub fn run(&self, count: u64) -> Vec<Score> {
        std::panic::set_hook(Box::new(|_| {}));
        let next = AtomicU64::new(0);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut scores: Vec<Score> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|_| {
                    let work = || {
                        let mut scores = Vec::new();
                        loop {
                            let trial = next.fetch_add(1, Ordering::Relaxed);
                            if trial >= count {
                                return scores;
                            }
                            scores.push(self.score(trial));
                        }
                    };
                    std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).unwrap()
                })
                .collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        let _ = std::panic::take_hook();
        scores.sort_by_key(|score| score.trial);
        scores
    }

    /// The mistake of a trial and what is reported about it.
    pub fn show(&self, trial: u64) -> String {
        let (kind, stack, site, mutant) = self.made(trial);
        let path = &stack.paths[mutant.file];
        let old = &stack.texts[mutant.file];
        let line = line_of(old, site.start);
        let mut text = format!("── trial {trial}: {}, {} {path}:{line}\n", self.kinds[kind].name, stack.name);
        let last = line_of(old, site.end);
        let around = |text: &str, from: usize, to: usize| -> Vec<String> {
            text.lines().skip(from.saturating_sub(1)).take(to + 1 - from).map(ToOwned::to_owned).collect()
        };
        for line in around(old, line, last) {
            text.push_str(&format!("- {line}\n"));
        }
        let grown = line_of(&mutant.text, mutant.text.len() - (old.len() - site.end));
        for line in around(&mutant.text, mutant.first, grown) {
            text.push_str(&format!("+ {line}\n"));
        }
        match catch_unwind(AssertUnwindSafe(|| stack.with(mutant.file, &mutant.text))) {
            Err(_) => text.push_str("a panic\n"),
            Ok(checked) => {
                let lines: Vec<String> = mutant
                    .lines(&stack.texts)
                    .iter()
                    .map(|(file, line)| format!("{}:{line}", stack.paths[*file]))
                    .collect();
                let judged = if located(stack, &mutant, &checked) { "located" } else { "not located" };
                text.push_str(&format!(
                    "{} reports, {judged}; right places: {}\n",
                    checked.diagnostics.len(),
                    lines.join(" ")
                ));
                let style = Style { width: 100, color: false, ascii: false };
                for diagnostic in &checked.diagnostics {
                    text.push_str(&render(diagnostic, checked.sources(), style));
                }
            }
        }
        text
    }
}

/// Whether a report begins within one line of a right place.
fn located(stack: &Stack, mutant: &Mutant, checked: &Checked) -> bool {
    let lines = mutant.lines(&stack.texts);
    checked.diagnostics.iter().filter_map(|diagnostic| diagnostic.span()).any(|span| {
        let path = &checked.sources().get(span.source).path;
        let line = checked.sources().position(span).line as usize;
        stack
            .file(path)
            .is_some_and(|file| lines.iter().any(|(other, near)| *other == file && line.abs_diff(*near) <= 1))
    })
}
