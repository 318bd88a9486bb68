//! The result: a line for each kind.

use std::fmt;

use crate::trial::Score;

/// Numbers of a kind.
#[derive(Clone, Default)]
struct Row {
    name: &'static str,
    trials: usize,
    located: usize,
    once: usize,
    panics: usize,
    /// Trials that were not as they should be.
    wrong: Vec<u64>,
}

/// The table.
pub struct Table(Vec<Row>);

impl Table {
    /// Adds up.
    pub fn new(names: &[&'static str], scores: &[Score]) -> Self {
        let mut rows: Vec<Row> = names.iter().map(|name| Row { name, ..Row::default() }).collect();
        for score in scores {
            let row = &mut rows[score.kind];
            let once = score.reports == Some(1);
            row.trials += 1;
            row.located += usize::from(score.located);
            row.once += usize::from(once);
            row.panics += usize::from(score.reports.is_none());
            if !once || !score.located {
                row.wrong.push(score.trial);
            }
        }
        Self(rows)
    }

    fn sum(&self, of: impl Fn(&Row) -> usize) -> usize {
        self.0.iter().map(of).sum()
    }

    fn share(&self, of: impl Fn(&Row) -> usize) -> f64 {
        ratio(self.sum(of), self.sum(|row| row.trials))
    }

    /// The share that is reported within a line of where the mistake is.
    pub fn located(&self) -> f64 {
        self.share(|row| row.located)
    }

    /// The share that is reported exactly once.
    pub fn once(&self) -> f64 {
        self.share(|row| row.once)
    }

    /// Trials after which the checker panicked.
    pub fn panics(&self) -> usize {
        self.sum(|row| row.panics)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = ("mistake", "trials", "located", "once", "panics");
        writeln!(
            formatter,
            "{:<36} {:>6} {:>8} {:>8} {:>6}  CAIRN_MUTATE_SHOW=",
            titles.0, titles.1, titles.2, titles.3, titles.4
        )?;
        for row in &self.0 {
            if row.trials == 0 {
                writeln!(formatter, "{:<36} {:>6}        no place in these stacks", row.name, 0)?;
                continue;
            }
            let wrong: Vec<String> = row.wrong.iter().take(6).map(u64::to_string).collect();
            writeln!(
                formatter,
                "{:<36} {:>6} {:>7.1}% {:>7.1}% {:>6}  {}",
                row.name,
                row.trials,
                ratio(row.located, row.trials) * 100.0,
                ratio(row.once, row.trials) * 100.0,
                row.panics,
                wrong.join(",")
            )?;
        }
        writeln!(
            formatter,
            "{:<36} {:>6} {:>7.2}% {:>7.2}% {:>6}",
            "all",
            self.sum(|row| row.trials),
            self.located() * 100.0,
            self.once() * 100.0,
            self.panics()
        )
    }
}
