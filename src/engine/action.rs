//! Actions: whether one is due, and what is compared to know it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use cairn_provider::value::{Map, Value, to_json};
use ecow::EcoString;

use super::Clouds;
use super::known::World;
use super::mask::StackKey;
use super::step::identity;
use crate::model::change::Reason;
use crate::model::desired::{DesiredAction, DesiredStack, Watched};
use crate::model::residual::Resolved;
use crate::model::{Address, Residual};
use crate::state::Ran;

/// Who is told what an action says, line by line.
pub type Say<'a> = dyn Fn(&str) + Send + Sync + 'a;

/// Runs actions that are compiled in, on this machine.
#[async_trait]
pub trait Runner: Send + Sync {
    /// Runs one to its end and gives the attributes of its result. When the future is dropped, what was begun is ended.
    ///
    /// `say` is told what it says, line by line; lines may hold secrets.
    ///
    /// # Errors
    /// It did not end well, or not before the deadline; a sentence, which may hold secrets.
    async fn run(&self, kind: &str, arguments: &Map, deadline: Duration, say: &Say<'_>) -> Result<Map, String>;
}

/// The function that stands for a comparison with the last run that ended well.
const CHANGED: &str = "changed";

/// What decides whether an action is due.
pub struct Judge<'a> {
    /// What is wanted.
    pub desired: &'a DesiredStack,
    /// The clouds' types.
    pub clouds: &'a Clouds,
    /// The stack's key.
    pub key: &'a StackKey,
}

impl Judge<'_> {
    /// Why an action is to be run now; nothing if it is not.
    ///
    /// # Errors
    /// Its condition cannot be computed; the sentence says why.
    pub fn due(
        &self,
        action: &DesiredAction,
        before: Option<&Ran>,
        world: &World,
    ) -> Result<Option<Vec<Reason>>, String> {
        let before = before.filter(|before| before.kind == action.call.kind);
        let ended_well = before.filter(|before| !before.run.is_empty());
        let unfinished = before.is_some_and(|before| before.unfinished);
        let now = self.watched(action, world);
        let changed: BTreeSet<&EcoString> = match ended_well {
            Some(before) => {
                let gone = before.watched.keys().filter(|name| !now.contains_key(*name));
                let differs = |name: &EcoString, digest: &Option<EcoString>| {
                    digest.is_none() || before.watched.get(name) != digest.as_ref()
                };
                now.iter().filter(|(name, digest)| differs(name, digest)).map(|(name, _)| name).chain(gone).collect()
            }
            None => now.keys().collect(),
        };
        let mut reasons = Vec::new();
        match (ended_well, unfinished) {
            (_, true) => reasons.push(Reason::RunUnfinished),
            (None, false) => reasons.push(Reason::NeverRan),
            (Some(_), false) => reasons.extend(changed.iter().map(|name| Reason::Changed((*name).clone()))),
        }
        let Some(when) = &action.when else {
            return Ok((!reasons.is_empty()).then_some(reasons));
        };
        let all = unfinished || ended_well.is_none();
        let asked = answered(when, &|name| all || changed.contains(name));
        match asked.resolve(world) {
            Resolved::Known(Value::Bool(true)) => {
                if reasons.is_empty() {
                    reasons.push(Reason::Condition);
                }
                Ok(Some(reasons))
            }
            Resolved::Known(_) => Ok(None),
            Resolved::Unknown => Err(format!("whether it is run waits for {}", asked.describe())),
            Resolved::Failed(sentence) => Err(sentence),
        }
    }

    /// A digest of everything an action looks at; nothing of what is not known yet.
    pub fn watched(&self, action: &DesiredAction, world: &World) -> BTreeMap<EcoString, Option<EcoString>> {
        if action.when.is_some() {
            let watched = action.watched.iter();
            return watched.map(|(name, watched)| (name.clone(), self.digest_of(name, watched, world))).collect();
        }
        // Without a condition an action looks at everything it refers to.
        let mut all: BTreeMap<EcoString, Option<EcoString>> = BTreeMap::new();
        for (name, field) in &action.call.inputs {
            all.insert(name.clone(), self.digest_of_value(name, &field.value, world));
        }
        for need in &action.call.needs {
            let name: EcoString = need.address.as_str().into();
            let digest = self.of_address(&need.address, world).map(|text| self.key.digest_of(&name, &text));
            all.insert(name, digest);
        }
        all
    }

    fn digest_of(&self, name: &str, watched: &Watched, world: &World) -> Option<EcoString> {
        if let Some(value) = &watched.value {
            return self.digest_of_value(name, value, world);
        }
        let parts: Option<Vec<String>> = watched
            .addresses
            .iter()
            .map(|address| Some(format!("{address} {}", self.of_address(address, world)?)))
            .collect();
        Some(self.key.digest_of(name, &parts?.join("\n")))
    }

    fn digest_of_value(&self, name: &str, value: &Residual, world: &World) -> Option<EcoString> {
        match value.resolve(world) {
            Resolved::Known(value) => Some(self.key.digest_of(name, &to_json(&value).to_string())),
            Resolved::Unknown | Resolved::Failed(_) => None,
        }
    }

    /// A resource as a whole: which object it is and what was written to it. An action: its last run.
    fn of_address(&self, address: &Address, world: &World) -> Option<String> {
        let Some(resource) = self.desired.resources.get(address) else {
            return world.run_of(address).map(ToString::to_string);
        };
        let schema = self.clouds.catalogue.get(&resource.kind)?;
        let id = identity(schema, world.object(address)?)?;
        let mut inputs = Map::new();
        for (name, field) in &resource.inputs {
            match field.value.resolve(world) {
                Resolved::Known(value) => inputs.insert(name.clone(), value),
                Resolved::Unknown | Resolved::Failed(_) => return None,
            };
        }
        Some(format!("{id} {}", to_json(&Value::from(inputs))))
    }
}

/// A condition in which every `changed(…)` has its answer.
fn answered(residual: &Residual, changed: &dyn Fn(&EcoString) -> bool) -> Residual {
    let all = |items: &[Residual]| items.iter().map(|item| answered(item, changed)).collect();
    match residual {
        Residual::Call(name, arguments) => match (name.as_str(), arguments.as_slice()) {
            (CHANGED, [Residual::Value(Value::Text(label))]) => Residual::Value(Value::Bool(changed(label))),
            _ => Residual::Call(name.clone(), all(arguments)),
        },
        Residual::List(items) => Residual::List(all(items)),
        Residual::Text(parts) => Residual::Text(all(parts)),
        Residual::Map(entries) => {
            Residual::Map(entries.iter().map(|(name, entry)| (name.clone(), answered(entry, changed))).collect())
        }
        Residual::Encode(encoding, inner) => Residual::Encode(*encoding, Box::new(answered(inner, changed))),
        Residual::Decode(decoding, inner) => Residual::Decode(*decoding, Box::new(answered(inner, changed))),
        Residual::Value(_) | Residual::Attribute(_) | Residual::Secret(_) => residual.clone(),
    }
}

/// How long a run may take if nothing is said about it.
pub fn deadline(kind: &str, arguments: &Map) -> Duration {
    let pause = arguments.get("duration").and_then(Value::as_number).unwrap_or(0.0).max(0.0);
    match crate::builtins::action::find(kind) {
        Some(declared) if declared.name == "time.Sleep" => Duration::from_secs_f64(pause / 1_000.0 + 60.0),
        Some(declared) => Duration::from_secs(declared.deadline),
        None => Duration::from_secs(900),
    }
}

#[cfg(test)]
mod tests {
    use cairn_provider::value::Value;

    use super::answered;
    use crate::model::Residual;
    use crate::model::residual::{NothingKnown, Resolved};

    #[test]
    fn a_condition_is_decided_once_its_comparisons_are() {
        let changed = |name: &str| Residual::Call("changed".into(), vec![Residual::Value(name.into())]);
        let both = Residual::Call("operator.||".into(), vec![changed("a"), changed("b")]);
        for (which, wanted) in [("a", true), ("b", true), ("c", false)] {
            let decided = answered(&both, &|name| name == which);
            assert_eq!(decided.resolve(&NothingKnown), Resolved::Known(Value::Bool(wanted)), "{which}");
        }
    }
}
