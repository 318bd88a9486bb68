//! A stack's state at one moment.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::request::Target;
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use super::RunRecord;
use crate::model::Address;

/// All a stack remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Names this state and no other, for ever. Ownership marks carry it.
    pub lineage: EcoString,
    /// Counts the snapshots.
    pub generation: u64,
    /// The digest of the snapshot before, empty for the first.
    pub previous: EcoString,
    /// The number of the last entry that is folded in.
    pub sequence: u64,
    /// Counts the writers.
    pub epoch: u64,
    /// What is managed, by address.
    pub resources: BTreeMap<Address, Recorded>,
    /// Objects that were replaced and are not gone yet.
    pub deposed: Vec<(Address, Recorded)>,
    /// What is remembered of actions, by address.
    pub actions: BTreeMap<Address, Ran>,
    /// Saved plans that were used.
    pub used_plans: BTreeSet<EcoString>,
    /// What other stacks read: outputs by name, resources by their addresses; nothing of a secret.
    pub outputs: BTreeMap<EcoString, Option<Value>>,
    /// The last runs, the oldest first.
    pub runs: Vec<RunRecord>,
}

/// What is remembered of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its type.
    pub kind: EcoString,
    /// Its identity.
    pub id: EcoString,
    /// Where it lives.
    pub target: Target,
    /// What was last written, secrets masked.
    pub inputs: Map,
    /// What it needed, for the order of its deletion.
    pub needs: BTreeSet<Address>,
    /// Whether plans that destroy it are refused.
    pub protect: bool,
    /// Whether something was still to be done when it was last touched.
    pub incomplete: bool,
    /// The nonce it is marked with in the cloud.
    pub nonce: EcoString,
    /// Where it was declared, `path:line`.
    pub source: EcoString,
}

impl Snapshot {
    /// Remembers what is at old addresses at new ones; whoever needs it needs it there.
    ///
    /// Nothing happens if there is nothing at the old address or something at the new one already.
    pub fn rename<'a>(&mut self, moves: impl IntoIterator<Item = (&'a Address, &'a Address)>) {
        let mut renamed: BTreeMap<&Address, &Address> = BTreeMap::new();
        for (from, to) in moves {
            if self.resources.contains_key(to) {
                continue;
            }
            let Some(recorded) = self.resources.remove(from) else { continue };
            self.resources.insert(to.clone(), recorded);
            renamed.insert(from, to);
        }
        if renamed.is_empty() {
            return;
        }
        for (address, _) in &mut self.deposed {
            if let Some(to) = renamed.get(address) {
                *address = (*to).clone();
            }
        }
        let deposed = self.deposed.iter_mut().map(|(_, recorded)| recorded);
        for recorded in self.resources.values_mut().chain(deposed) {
            if recorded.needs.iter().any(|need| renamed.contains_key(need)) {
                let needs = std::mem::take(&mut recorded.needs).into_iter();
                recorded.needs =
                    needs.map(|need| renamed.get(&need).map_or(need.clone(), |to| (*to).clone())).collect();
            }
        }
    }
}

/// What is remembered of an action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ran {
    /// Its type.
    pub kind: EcoString,
    /// The run that ended well last; empty if none did.
    pub run: EcoString,
    /// What it looked at then, each as a keyed digest: nothing can be read from it.
    pub watched: BTreeMap<EcoString, EcoString>,
    /// What it gave.
    pub results: Map,
    /// Whether a run was begun after that and has not ended well.
    pub unfinished: bool,
    /// Where it was declared, `path:line`.
    pub source: EcoString,
}

/// How a secret looks in state and plans: a digest keyed with the stack's own key.
pub struct Masked;

impl Masked {
    const NAME: &'static str = "$secret";

    /// A mask as a value.
    pub fn value(digest: EcoString) -> Value {
        Value::map([(Self::NAME.into(), Value::Text(digest))])
    }

    /// The digest, if a value is a mask.
    pub fn digest(value: &Value) -> Option<&str> {
        let map = value.as_map()?;
        if map.len() == 1 { map.get(Self::NAME)?.as_text() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Recorded, Snapshot};
    use crate::model::Address;

    fn recorded(id: &str, needs: &[&str]) -> Recorded {
        Recorded {
            kind: "aws.ec2.Vpc".into(),
            id: id.into(),
            target: cairn_provider::request::Target::default(),
            inputs: cairn_provider::value::Map::new(),
            needs: needs.iter().map(|need| Address::top(need)).collect(),
            protect: false,
            incomplete: false,
            nonce: "n".into(),
            source: "a.cairn:1".into(),
        }
    }

    #[test]
    fn who_needs_what_moved_needs_it_at_its_new_address() {
        let (old, new, other) = (Address::top("old"), Address::top("net").member("vpc"), Address::top("other"));
        let mut snapshot = Snapshot {
            resources: [(old.clone(), recorded("1", &[])), (other.clone(), recorded("2", &["old", "x"]))].into(),
            deposed: vec![(old.clone(), recorded("0", &["old"]))],
            ..Snapshot::default()
        };
        snapshot.rename([(&old, &new)]);
        assert_eq!(snapshot.resources[&new].id, "1");
        assert_eq!(snapshot.resources[&other].needs, BTreeSet::from([new.clone(), Address::top("x")]));
        assert_eq!(snapshot.deposed[0].0, new);
        assert!(snapshot.deposed[0].1.needs.contains(&new));
        // What is there already is not pushed aside, and what is gone moves nowhere.
        let before = snapshot.clone();
        snapshot.rename([(&other, &new), (&old, &Address::top("free"))]);
        assert_eq!(snapshot, before);
    }
}
