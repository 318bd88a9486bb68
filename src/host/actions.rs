//! Actions that are compiled in, run on this machine; on the sandbox, as far as nothing leaves it.

mod command;
mod probe;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use cairn_provider::value::{Map, Value, render};

use crate::engine::action::{Runner, Say};

/// Runs actions.
pub struct HostActions {
    root: PathBuf,
    sandbox: bool,
}

impl HostActions {
    /// For a stack's directory; commands run in it. With `sandbox`, nothing is run and nobody but this machine is asked.
    pub fn new(root: &Path, sandbox: bool) -> Self {
        Self { root: root.to_path_buf(), sandbox }
    }
}

#[async_trait]
impl Runner for HostActions {
    async fn run(&self, kind: &str, arguments: &Map, deadline: Duration, say: &Say<'_>) -> Result<Map, String> {
        let mut given = match kind {
            "http.Probe" => {
                let probe = probe::Probe::from_arguments(arguments)?;
                if self.sandbox && !probe.is_of_this_machine() {
                    say("sandbox: nobody is asked, it counts as passed");
                    probe.passed(None)
                } else {
                    probe.run(deadline, say).await?
                }
            }
            "exec.Run" => {
                let command = command::Command::from_arguments(arguments, &self.root)?;
                if self.sandbox {
                    say(&format!("sandbox: not run: {}", command.shown()));
                    command::nothing_said()
                } else {
                    command.run(deadline, say).await?
                }
            }
            "time.Sleep" => {
                let milliseconds = arguments.get("duration").and_then(Value::as_number).unwrap_or(0.0).max(0.0);
                if self.sandbox {
                    say("sandbox: not waited");
                } else {
                    tokio::time::sleep(Duration::from_secs_f64(milliseconds / 1_000.0)).await;
                }
                Map::new()
            }
            other => return Err(format!("this build of Cairn cannot run {other}")),
        };
        for (name, value) in arguments.iter().filter(|(name, _)| !matches!(name.as_str(), "environment" | "input")) {
            given.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Ok(given)
    }
}

/// Text of an argument.
fn text<'a>(arguments: &'a Map, name: &str) -> Option<&'a str> {
    arguments.get(name).and_then(Value::as_text)
}

/// A whole number of an argument.
fn number(arguments: &Map, name: &str) -> Option<u64> {
    let number = arguments.get(name).and_then(Value::as_number)?;
    (number >= 0.0).then_some(number as u64)
}

/// Texts of an argument that is a map.
fn texts(arguments: &Map, name: &str) -> Vec<(String, String)> {
    let map = arguments.get(name).and_then(Value::as_map);
    let entries = map.into_iter().flatten();
    entries
        .map(|(name, value)| (name.to_string(), value.as_text().map_or_else(|| render(value), ToOwned::to_owned)))
        .collect()
}
