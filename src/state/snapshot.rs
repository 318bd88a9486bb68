//! A stack's state at one moment.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::request::Target;
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

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
    /// Saved plans that were used.
    pub used_plans: BTreeSet<EcoString>,
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
    /// Remembers what is at an address at another one; whoever needs it needs it there.
    ///
    /// Nothing happens if there is nothing at the old address or something at the new one already.
    pub fn rename(&mut self, from: &Address, to: &Address) {
        if self.resources.contains_key(to) {
            return;
        }
        let Some(recorded) = self.resources.remove(from) else { return };
        self.resources.insert(to.clone(), recorded);
        for (address, _) in &mut self.deposed {
            if address == from {
                *address = to.clone();
            }
        }
        let deposed = self.deposed.iter_mut().map(|(_, recorded)| recorded);
        for recorded in self.resources.values_mut().chain(deposed) {
            if recorded.needs.remove(from) {
                recorded.needs.insert(to.clone());
            }
        }
    }
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
