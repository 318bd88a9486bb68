//! Progress on a terminal: what is under way in one moving line, what is done above it.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::event;
use crate::model::Address;
use crate::model::event::{Event, Step};

/// A moving line for people, lines alone for logs.
pub struct Progress {
    bar: Option<ProgressBar>,
    running: BTreeMap<Address, Step>,
    /// Waits are only worth a line when their reason changes.
    waits: BTreeMap<Address, String>,
    print: fn(&str),
}

impl Progress {
    /// Progress of so many steps; `print` writes finished lines.
    pub fn new(total: usize, interactive: bool, print: fn(&str)) -> Self {
        let bar = interactive.then(|| {
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg} {elapsed}");
            // The template is fixed and tested.
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, running: BTreeMap::new(), waits: BTreeMap::new(), print }
    }

    /// Shows an event.
    pub fn show(&mut self, happened: &Event) {
        match happened {
            Event::Started { address, step, .. } => {
                self.running.insert(address.clone(), *step);
            }
            Event::Finished { address, .. } | Event::Failed { address, .. } | Event::Left { address, .. } => {
                self.running.remove(address);
                self.waits.remove(address);
                self.advance();
            }
            Event::Skipped { .. } => self.advance(),
            Event::RollingBack { steps, .. } => self.restart(*steps),
            Event::Waiting { address, reason } => {
                if self.waits.insert(address.clone(), reason.clone()).as_ref() == Some(reason) {
                    return;
                }
            }
            Event::Recovering { .. }
            | Event::Recovered { .. }
            | Event::Output { .. }
            | Event::Stopping { .. }
            | Event::Ending { .. }
            | Event::Stays { .. }
            | Event::ProviderFault { .. } => {}
        }
        match &self.bar {
            Some(bar) => {
                if let Some(line) = event::line(happened) {
                    bar.suspend(|| (self.print)(&format!("{line}\n")));
                }
                bar.set_message(self.under_way());
            }
            None => {
                if let Some(line) = event::log_line(happened) {
                    (self.print)(&format!("{line}\n"));
                }
            }
        }
    }

    fn restart(&self, steps: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position(0);
            bar.set_length(steps as u64);
        }
    }

    fn advance(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    fn under_way(&self) -> String {
        let mut words: Vec<String> =
            self.running.iter().take(3).map(|(address, step)| format!("{} {address}", step.doing())).collect();
        if self.running.len() > 3 {
            words.push(format!("and {} more", self.running.len() - 3));
        }
        words.join(", ")
    }

    /// Takes the moving line away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
