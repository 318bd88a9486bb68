//! Pins: what look-ups of things that move answered when it was reviewed, for each environment.

use std::collections::BTreeMap;
use std::path::Path;

use cairn_provider::value::Value;
use ecow::EcoString;

use super::arguments::CloudArguments;
use super::failure::{Exit, Failure};
use super::{front, pipeline};
use crate::diagnostic::{Diagnostic, suggest};
use crate::host::components;
use crate::host::terminal;
use crate::lock::{FILE, Lock, Pin};
use crate::model::desired::{LookupAnswer, LookupAnswers, WantedLookup};
use crate::registry::{self, Moving};
use crate::source::{SourceSet, Span};
use crate::view::untrusted;

/// The name under which a stack without environments has its pins.
const NO_ENVIRONMENT: &str = "default";

/// The pins of one environment, and what the others have.
pub struct Pins {
    environment: String,
    all: BTreeMap<String, BTreeMap<String, Pin>>,
}

impl Pins {
    /// Those of a lock for an environment.
    pub fn of(lock: &Lock, environment: Option<&EcoString>) -> Self {
        let environment = environment.map_or(NO_ENVIRONMENT, EcoString::as_str).to_owned();
        Self { environment, all: lock.pins.clone() }
    }

    /// What is asked for in place of a look-up: where it is pinned, what was reviewed.
    pub fn applied(&self, wanted: &WantedLookup) -> WantedLookup {
        match (self.moving(wanted), self.pin(wanted)) {
            (Some(moving), Some(pin)) if moving.is_identity => {
                let conditions = [(EcoString::from(moving.value), Value::text(pin.value.as_str()))];
                WantedLookup { conditions: conditions.into_iter().collect(), ..wanted.clone() }
            }
            _ => wanted.clone(),
        }
    }

    /// Puts what was reviewed in place of what moved on since.
    pub fn settle(&self, wanted: &[WantedLookup], answers: &mut LookupAnswers) {
        for lookup in wanted {
            let (Some(moving), Some(pin)) = (self.moving(lookup), self.pin(lookup)) else { continue };
            if let Some(LookupAnswer::One(found)) = answers.answers.get_mut(&lookup.address) {
                found.insert(moving.value.into(), Value::text(pin.value.as_str()));
            }
        }
    }

    /// Look-ups that are pinned elsewhere and not in this environment.
    pub fn missing(&self, wanted: &[WantedLookup], sources: &SourceSet) -> Vec<Diagnostic> {
        let mut missing = Vec::new();
        for lookup in wanted {
            if self.moving(lookup).is_none() || self.pin(lookup).is_some() {
                continue;
            }
            let elsewhere = self.all.iter().find_map(|(name, pins)| Some((name, pins.get(lookup.address.as_str())?)));
            let Some((other, pin)) = elsewhere else { continue };
            let (address, environment) = (&lookup.address, &self.environment);
            missing.push(
                Diagnostic::error(
                    "phase::pin_missing",
                    format!("`{address}` has no pinned value for {environment}"),
                    name_of(lookup.span, sources),
                    "its value can change at any time, so each environment keeps the one it was reviewed with",
                )
                .help(format!(
                    "cairn update {address} --env {environment}        writes the value of today into {FILE}\n\
                     {other} has a pin: {}",
                    untrusted::one_line(&pin.value)
                )),
            );
        }
        missing
    }

    fn moving(&self, wanted: &WantedLookup) -> Option<&'static Moving> {
        if wanted.many_by.is_some() { None } else { registry::moving(&wanted.kind) }
    }

    fn pin(&self, wanted: &WantedLookup) -> Option<&Pin> {
        self.all.get(&self.environment)?.get(wanted.address.as_str())
    }
}

/// The name in `lookup image`.
fn name_of(head: Span, sources: &SourceSet) -> Span {
    let text = sources.text(head);
    let behind = text.split_once(char::is_whitespace).map_or(text, |(_, behind)| behind.trim_start());
    let length: usize = behind.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum();
    let start = head.start as usize + (text.len() - behind.len());
    Span::new(head.source, start, start + length)
}

/// Pins what a look-up answers today.
///
/// # Errors
/// No look-up has the name, it does not move, or it cannot be looked up.
pub async fn update(
    directory: &Path,
    lock: Lock,
    name: &str,
    env: Option<&str>,
    cloud: &CloudArguments,
) -> Result<Exit, Failure> {
    let front = front::load(directory, &[])?;
    front.require_sound()?;
    let environments = match env {
        Some(_) => vec![front.environment(env)?],
        None => front.environments(),
    };
    let mut next = Lock { tool: Some(registry::tool()), ..lock.clone() };
    let mut text = String::new();
    for environment in environments {
        let key = environment.as_ref().map_or(NO_ENVIRONMENT, EcoString::as_str).to_owned();
        // What is pinned under this name is looked up anew; everything else stays as it was reviewed.
        if let Some(pins) = next.pins.get_mut(&key) {
            pins.retain(|address, _| !is_within(address, name));
        }
        let without = pins_without(&lock, name);
        let kept = front.state_place(environment.clone())?;
        let (stack, catalogue) = (front.stack(), front.catalogue());
        let place = pipeline::open(&front.root, &stack, environment.as_ref(), catalogue, &kept, cloud).await?;
        let (wanted, answers) = front.looked_up(environment.clone(), &place.clouds, cloud, &without).await?;
        let named: Vec<&WantedLookup> =
            wanted.iter().filter(|lookup| is_within(lookup.address.as_str(), name)).collect();
        if named.is_empty() {
            return Err(unknown(name, &wanted, &front, &key));
        }
        for lookup in named {
            let pin = pin_of(lookup, &answers)?;
            let address = lookup.address.to_string();
            let before = lock.pins.get(&key).and_then(|pins| pins.get(&address));
            let what = match before {
                Some(known) if *known == pin => "as before".to_owned(),
                Some(known) => format!("was {}", untrusted::one_line(&known.value)),
                None => "new".to_owned(),
            };
            text.push_str(&format!("{address}  {key}  {}  {what}\n", untrusted::one_line(&pin.value)));
            next.pins.entry(key.clone()).or_default().insert(address, pin);
        }
    }
    if next != lock {
        components::write_lock(directory, &next).map_err(Failure::new)?;
    }
    let written = if next == lock { format!("{FILE} is as it was\n") } else { format!("{FILE} written\n") };
    terminal::out(&format!("{text}{written}"));
    Ok(Exit::Done)
}

/// Whether an address is a name, an instance of it, or inside of it.
fn is_within(address: &str, name: &str) -> bool {
    address.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('[') || rest.starts_with('.'))
}

/// The lock without the pins of a name, which are asked for anew.
fn pins_without(lock: &Lock, name: &str) -> Lock {
    let mut without = lock.clone();
    for pins in without.pins.values_mut() {
        pins.retain(|address, _| !is_within(address, name));
    }
    without
}

fn pin_of(lookup: &WantedLookup, answers: &LookupAnswers) -> Result<Pin, Failure> {
    let (address, kind) = (&lookup.address, &lookup.kind);
    let Some(moving) = registry::moving(kind).filter(|_| lookup.many_by.is_none()) else {
        return Err(Failure::new(format!(
            "`{address}` looks up {kind}, which is not pinned: it is what it is, or it is looked up anew by every plan"
        )));
    };
    let Some(LookupAnswer::One(found)) = answers.answers.get(address) else {
        return Err(Failure::new(format!("`{address}` found nothing to pin")));
    };
    match found.get(moving.value).and_then(Value::as_text) {
        Some(value) => Ok(Pin { value: value.to_owned(), version: None }),
        None => Err(Failure::new(format!(
            "`{address}` has no `{}` that could be written into {FILE}; the value of a secret never is",
            moving.value
        ))),
    }
}

fn unknown(name: &str, wanted: &[WantedLookup], front: &front::Front, environment: &str) -> Failure {
    let imports = front.program.from_git.iter().map(|import| import.name.as_str());
    let lookups: Vec<String> = wanted
        .iter()
        .filter(|lookup| registry::moving(&lookup.kind).is_some())
        .map(|lookup| lookup.address.to_string())
        .collect();
    let names: Vec<&str> = imports.chain(lookups.iter().map(String::as_str)).collect();
    let hint = suggest::nearest(name, names.iter().copied())
        .map(|near| format!("; did you mean {near}?"))
        .or_else(|| (!names.is_empty()).then(|| format!("; there are: {}", names.join(", "))))
        .unwrap_or_default();
    Failure::new(format!(
        "nothing called {} is imported from git or looked up in {environment}{hint}",
        untrusted::one_line(name)
    ))
}
