//! What residuals can be given: attributes of objects that are there, and secrets.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use crate::model::Address;
use crate::model::residual::{Attribute, Known, SecretSource};

/// Everything known at one moment.
#[derive(Default)]
pub struct World {
    /// Attributes of objects, by address.
    objects: BTreeMap<Address, Map>,
    /// Of these objects some attributes are about to change.
    changing: BTreeMap<Address, BTreeSet<EcoString>>,
    /// The last runs of actions that ended well.
    runs: BTreeMap<Address, EcoString>,
    /// Secrets that clouds keep.
    revealed: BTreeMap<Attribute, Value>,
    /// Secrets by source.
    sources: BTreeMap<SecretSource, Value>,
}

impl World {
    /// An object is there, with these attributes.
    pub fn insert(&mut self, address: Address, attributes: Map) {
        self.changing.remove(&address);
        self.objects.insert(address, attributes);
    }

    /// An object is there, and an update will change some of its attributes.
    pub fn insert_changing(&mut self, address: Address, attributes: Map, changing: BTreeSet<EcoString>) {
        // A secret among them is another one afterwards.
        let stale = |attribute: &Attribute| {
            attribute.address == address && attribute.path.first().is_some_and(|name| changing.contains(name))
        };
        self.revealed.retain(|attribute, _| !stale(attribute));
        self.objects.insert(address.clone(), attributes);
        self.changing.insert(address, changing);
    }

    /// An object is not there any more, or will be another one.
    pub fn remove(&mut self, address: &Address) {
        self.objects.remove(address);
        self.changing.remove(address);
    }

    /// An action has ended well.
    pub fn ran(&mut self, address: Address, run: EcoString) {
        self.runs.insert(address, run);
    }

    /// The last run of an action that ended well; nothing if it is going to be run again.
    pub fn run_of(&self, address: &Address) -> Option<&EcoString> {
        self.runs.get(address)
    }

    /// The attributes of an object.
    pub fn object(&self, address: &Address) -> Option<&Map> {
        self.objects.get(address)
    }

    /// A secret that a cloud keeps was read.
    pub fn reveal(&mut self, attribute: Attribute, value: Value) {
        self.revealed.insert(attribute, value);
    }

    /// A secret was read from its source.
    pub fn read(&mut self, source: SecretSource, value: Value) {
        self.sources.insert(source, value);
    }

    /// All secrets that were read, to keep them out of texts.
    pub fn secrets(&self) -> impl Iterator<Item = &Value> {
        self.revealed.values().chain(self.sources.values())
    }
}

impl Known for World {
    fn attribute(&self, attribute: &Attribute) -> Option<Value> {
        if attribute.secret {
            return self.revealed.get(attribute).cloned();
        }
        let attributes = self.objects.get(&attribute.address)?;
        let (first, rest) = attribute.path.split_first()?;
        if self.changing.get(&attribute.address).is_some_and(|changing| changing.contains(first)) {
            return None;
        }
        let Some(value) = attributes.get(first) else { return Some(Value::None) };
        let found = rest.iter().try_fold(value, |value, name| value.at(name));
        Some(found.cloned().unwrap_or(Value::None))
    }

    fn secret(&self, source: &SecretSource) -> Option<Value> {
        self.sources.get(source).cloned()
    }
}
