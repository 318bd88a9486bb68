//! What was run, for people.

use crate::state::{Folded, RunCounts, RunRecord};
use crate::view::time::minute;
use crate::view::untrusted::one_line;

/// One line for each run, the newest first.
pub fn list(folded: &Folded) -> String {
    let runs = &folded.snapshot.runs;
    if runs.is_empty() {
        return "nothing was run yet\n".to_owned();
    }
    let rows: Vec<[String; 5]> = runs.iter().rev().map(|run| row(run, folded)).collect();
    let widths: Vec<usize> = (0..5)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for (run, row) in runs.iter().rev().zip(&rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(&format!("{line}{}\n", one_line(&run.who)));
    }
    text.push_str("\ntake one back with: cairn undo RUN\n");
    text
}

/// One line for each generation, the newest first, with the runs that began from it.
pub fn history(folded: &Folded, kept: &[u64]) -> String {
    let snapshot = &folded.snapshot;
    let mut text = format!("generation {}, now: {} objects\n", snapshot.generation, snapshot.resources.len());
    for run in snapshot.runs.iter().rev() {
        let (number, command) = (run.number, one_line(&run.command));
        text.push_str(&format!(
            "  run {number}  {}  {command}  {}  {}\n",
            minute(run.began),
            how(run, folded),
            counts(&run.counts)
        ));
        let first = snapshot.runs.iter().find(|other| other.generation == run.generation);
        if first.is_some_and(|first| first.number == number) {
            let restorable = kept.contains(&run.generation);
            let way = if restorable { "  (cairn state restore goes back to it)" } else { "" };
            text.push_str(&format!("generation {}{way}\n", run.generation));
        }
    }
    text
}

fn row(run: &RunRecord, folded: &Folded) -> [String; 5] {
    [run.number.to_string(), minute(run.began), one_line(&run.command), how(run, folded), counts(&run.counts)]
}

/// How a run ended, in a word or two.
pub fn how(run: &RunRecord, folded: &Folded) -> String {
    let last = folded.snapshot.runs.last().is_some_and(|last| last.number == run.number);
    match run.end {
        Some(end) => end.how.name().to_owned(),
        None if last && folded.writer.is_some() => "running or cut off".to_owned(),
        None => "cut off".to_owned(),
    }
}

/// `3 created, 1 updated`.
pub fn counts(counts: &RunCounts) -> String {
    let parts = [
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.deleted, "deleted"),
        (counts.imported, "taken over"),
        (counts.moved, "moved"),
        (counts.forgotten, "forgotten"),
        (counts.ran, "actions run"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if parts.is_empty() { "nothing changed".to_owned() } else { parts.join(", ") }
}
