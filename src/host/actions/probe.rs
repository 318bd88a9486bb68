//! `http.Probe`: an address is asked until it answers as expected, so many times in a row.

use std::net::IpAddr;
use std::time::Duration;

use cairn_provider::value::{Map, Value, render};
use hyper::Uri;
use tokio::time::{Instant, sleep};

use super::{number, text, texts};
use crate::engine::action::Say;
use crate::host::connection::{self, Answer};

/// The status of a good answer, if nothing is said.
const STATUS: u64 = 200;
/// How long an answer may take, in milliseconds.
const WITHIN: u64 = 10_000;
/// The pause between two questions, in milliseconds.
const EVERY: u64 = 5_000;

/// What is asked, and what is expected.
pub struct Probe {
    uri: Uri,
    host: String,
    status: u64,
    within: Duration,
    body_contains: Option<String>,
    header: Vec<(String, String)>,
    passes: u64,
    every: Duration,
}

impl Probe {
    /// From the arguments of the action.
    ///
    /// # Errors
    /// The address is none.
    pub fn from_arguments(arguments: &Map) -> Result<Self, String> {
        let url = text(arguments, "url").unwrap_or_default();
        let uri: Uri = url.parse().map_err(|error| format!("{url} is no address of the web: {error}"))?;
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if host.is_empty() || uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(format!("an address of the web has a host and no user in front of it, unlike {host}"));
        }
        let expect = arguments.get("expect").and_then(Value::as_map).cloned().unwrap_or_default();
        let milliseconds = |map: &Map, name: &str, default| Duration::from_millis(number(map, name).unwrap_or(default));
        Ok(Self {
            status: number(&expect, "status").unwrap_or(STATUS),
            within: milliseconds(&expect, "within", WITHIN),
            body_contains: text(&expect, "body_contains").map(ToOwned::to_owned),
            header: texts(&expect, "header"),
            passes: number(arguments, "passes").unwrap_or(1).max(1),
            every: milliseconds(arguments, "every", EVERY),
            uri,
            host,
        })
    }

    /// Whether it asks the machine it runs on.
    pub fn is_of_this_machine(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Asks until it has passed.
    ///
    /// # Errors
    /// It has not at the deadline; the sentence holds the last answer.
    pub async fn run(&self, deadline: Duration, say: &Say<'_>) -> Result<Map, String> {
        let end = Instant::now() + deadline;
        let mut passed = 0;
        let mut told = String::new();
        loop {
            let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let limit = self.within.min(left);
            let fault = match tokio::time::timeout(limit, connection::ask(&self.uri, &self.host)).await {
                Ok(Ok(answer)) => match self.fault(&answer) {
                    None => {
                        passed += 1;
                        if passed >= self.passes {
                            return Ok(self.passed(Some(u64::from(answer.status))));
                        }
                        None
                    }
                    Some(fault) => Some(fault),
                },
                Ok(Err(why)) => Some(why),
                // Cut off by the deadline, this question says less than the one before.
                Err(_) if limit < self.within && !told.is_empty() => Some(told.clone()),
                Err(_) => Some(format!("no answer within {}", shown(limit))),
            };
            if let Some(fault) = &fault {
                passed = 0;
                // The same answer again is no news.
                if told != *fault {
                    say(fault);
                    told.clone_from(fault);
                }
            }
            if Instant::now() + self.every >= end {
                let last = fault.unwrap_or_else(|| format!("it passed {passed} of {} times", self.passes));
                return Err(format!("{} has not passed within {}: {last}", self.uri, shown(deadline)));
            }
            sleep(self.every).await;
        }
    }

    /// What an answer lacks.
    fn fault(&self, answer: &Answer) -> Option<String> {
        if u64::from(answer.status) != self.status {
            return Some(format!("it answered {}, not {}", answer.status, self.status));
        }
        for (name, wanted) in &self.header {
            let found = answer.header(name);
            if found.as_deref() != Some(wanted.as_str()) {
                let found = found.map_or_else(|| "absent".to_owned(), |found| format!("\"{found}\""));
                return Some(format!("its header {name} is {found}, not \"{wanted}\""));
            }
        }
        match &self.body_contains {
            Some(wanted) if !answer.body.contains(wanted.as_str()) => {
                Some(format!("its body does not contain \"{wanted}\""))
            }
            Some(_) | None => None,
        }
    }

    /// The result of a probe that has passed.
    pub fn passed(&self, status: Option<u64>) -> Map {
        let status = i64::try_from(status.unwrap_or(self.status)).unwrap_or_default();
        [("health".into(), Value::text("healthy")), ("status".into(), Value::Int(status))].into()
    }
}

/// A length of time in the language's spelling.
fn shown(time: Duration) -> String {
    let milliseconds = i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 1_000_000).min(i64::MAX / 1_000_000);
    render(&Value::Duration(cairn_provider::value::Duration::from_nanoseconds(milliseconds * 1_000_000)))
}
