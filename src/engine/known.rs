//! What residuals can be given: attributes of objects that are there, and secrets.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use super::redact::Redactor;
use crate::model::desired::DesiredStack;
use crate::model::residual::{Attribute, Known, Resolved, SecretSource};
use crate::model::{Address, Residual};

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
    /// All of them, those that are not in use any more included, and what was made of them.
    redactor: Redactor,
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
        self.redactor.learn(&value);
        self.revealed.insert(attribute, value);
    }

    /// A secret was read from its source.
    pub fn read(&mut self, source: SecretSource, value: Value) {
        self.redactor.learn(&value);
        self.sources.insert(source, value);
    }

    /// Learns what is made of secrets in a residual, as far as it is known, and gives it: a cloud is sent `Bearer …`
    /// encoded, and quotes that.
    pub fn learn_from(&mut self, residual: &Residual) -> Vec<Value> {
        let mut made = Vec::new();
        self.made_of_secrets(residual, &mut made);
        made.iter().for_each(|value| self.redactor.learn(value));
        made
    }

    fn made_of_secrets(&self, residual: &Residual, made: &mut Vec<Value>) {
        if !residual.is_secret() {
            return;
        }
        match residual {
            Residual::List(items) => items.iter().for_each(|item| self.made_of_secrets(item, made)),
            Residual::Map(entries) => entries.values().for_each(|entry| self.made_of_secrets(entry, made)),
            Residual::Text(_) | Residual::Call(..) | Residual::Encode(..) | Residual::Decode(..) => {
                if let Residual::Encode(_, inner) | Residual::Decode(_, inner) = residual {
                    self.made_of_secrets(inner, made);
                }
                // Of a record only the whole is known here, and not every part of it is secret.
                if let Resolved::Known(value @ Value::Text(_)) = residual.resolve(self) {
                    made.push(value);
                }
            }
            Residual::Value(_) | Residual::Attribute(_) | Residual::Secret(_) => {}
        }
    }

    /// A text without the secrets that were read.
    pub fn clean(&self, text: &str) -> String {
        self.redactor.clean(text)
    }

    /// Knows the secrets that were read and that no residual of `stack` reveals: what holds one of them was not meant to
    /// be seen. With `certain`, only those that cannot be anything else.
    pub fn kept_back(&self, stack: &DesiredStack, certain: bool) -> Redactor {
        let mut sources: BTreeSet<&SecretSource> = BTreeSet::new();
        let mut attributes: BTreeSet<&Attribute> = BTreeSet::new();
        let inputs = stack.nodes().flat_map(|node| node.inputs.values()).map(|field| &field.value);
        for residual in inputs.chain(stack.outputs.values().map(|output| &output.value)) {
            residual.revealed(&mut |inner| {
                inner.sources(&mut |source| {
                    sources.insert(source);
                });
                inner.attributes(&mut |attribute| {
                    attributes.insert(attribute);
                });
            });
        }
        let of_clouds = self.revealed.iter().filter(|(attribute, _)| !attributes.contains(attribute));
        let of_sources = self.sources.iter().filter(|(source, _)| !sources.contains(source));
        let kept = of_clouds.map(|(_, value)| value).chain(of_sources.map(|(_, value)| value));
        if certain { Redactor::certain(kept) } else { Redactor::new(kept) }
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
