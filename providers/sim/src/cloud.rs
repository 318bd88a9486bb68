//! The objects of the sandbox, with indexes over what refers to what.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::object::{Live, Ownership, Status};
use cairn_provider::request::Target;
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value, from_json, render, to_json};
use ecow::EcoString;
use serde_json::{Value as Json, json};

use crate::faults::Faults;

/// Where an object lives and what it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The type.
    pub kind: EcoString,
    /// Account and region.
    pub place: EcoString,
    /// The identity.
    pub id: EcoString,
}

impl Key {
    /// The key of an object on a target.
    pub fn new(schema: &TypeSchema, target: &Target, id: &str) -> Self {
        Self { kind: schema.name.clone(), place: place(schema, target), id: id.into() }
    }
}

/// Account and region; some services have no regions.
pub fn place(schema: &TypeSchema, target: &Target) -> EcoString {
    let account = target.setting("account").unwrap_or(crate::ACCOUNT);
    if crate::special::is_global(schema) { account.into() } else { ecow::eco_format!("{account}/{}", target.place()) }
}

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Everything a read returns.
    pub attributes: Map,
    /// The identities it refers to, of whatever type.
    pub refers: BTreeSet<EcoString>,
    /// Whose it is.
    pub owner: Option<Ownership>,
    /// The idempotency token it was made with.
    pub token: EcoString,
    /// How many more reads see it in a state on the way.
    pub pending: u32,
    /// How many reads have not seen it yet.
    pub hidden: u32,
    /// Whether it is going away.
    pub going: bool,
}

impl Object {
    /// Its identity.
    pub fn id(&self, schema: &TypeSchema) -> EcoString {
        let parts: Vec<EcoString> = schema
            .identity
            .iter()
            .map(|name| {
                let value = self.attributes.get(name).unwrap_or(&Value::None);
                value.as_text().map_or_else(|| render(value).into(), EcoString::from)
            })
            .collect();
        parts.join("|").into()
    }

    /// Whose it is, if its type has tags to say so.
    pub fn marks(&self, schema: &TypeSchema) -> Option<Ownership> {
        self.owner.clone().filter(|_| schema.tags.is_some())
    }

    /// The same object on its way out.
    pub fn deleting(mut self) -> Self {
        self.going = true;
        self.pending = 2;
        self
    }
}

/// All objects.
#[derive(Default)]
pub struct Cloud {
    objects: BTreeMap<Key, Object>,
    /// Identity to those that refer to it.
    referrers: BTreeMap<EcoString, BTreeSet<Key>>,
    /// Every identifying value to the objects that have it.
    identities: BTreeMap<EcoString, BTreeSet<Key>>,
    tokens: BTreeMap<EcoString, EcoString>,
    nonces: BTreeMap<EcoString, BTreeSet<Key>>,
    counter: u64,
}

impl Cloud {
    /// Takes in the lines of a storage.
    pub fn take_in(&mut self, text: &str) -> Result<(), String> {
        for (number, line) in text.lines().enumerate() {
            let json: Json = match serde_json::from_str(line) {
                Ok(json) => json,
                // A torn last line is a write that was never answered.
                Err(_) if number + 1 == text.lines().count() => break,
                Err(error) => return Err(format!("line {} of the sandbox cannot be read: {error}", number + 1)),
            };
            let key = |json: &Json| {
                let part = |index: usize| json.get(index).and_then(Json::as_str).map(EcoString::from);
                Some(Key { kind: part(0)?, place: part(1)?, id: part(2)? })
            };
            let Some(key) = json.get("key").and_then(key) else {
                return Err(format!("line {} of the sandbox has no key", number + 1));
            };
            self.counter = self.counter.max(json.get("counter").and_then(Json::as_u64).unwrap_or(0));
            match json.get("object") {
                Some(object) => self.insert(key, object_from(object)),
                None => self.take(&key),
            }
        }
        Ok(())
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// All objects.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Object)> {
        self.objects.iter()
    }

    /// The next number: identities are made of it.
    pub fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// An object.
    pub fn get(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key)
    }

    /// An object by type and identity, wherever it lives.
    pub fn find(&self, kind: &str, id: &str) -> Option<(Key, Object)> {
        let keys = self.identities.get(id)?;
        let key = keys.iter().find(|key| key.kind == kind && key.id == id)?;
        Some((key.clone(), self.objects.get(key)?.clone()))
    }

    /// Whether an object of one of these types has this value as one of its identifying attributes.
    pub fn has(&self, kinds: &[&str], attribute: impl Fn(&str) -> Option<EcoString>, value: &str) -> bool {
        let Some(keys) = self.identities.get(value) else { return false };
        keys.iter().any(|key| {
            kinds.contains(&key.kind.as_str())
                && self.objects.get(key).is_some_and(|object| {
                    !object.going
                        && attribute(&key.kind).is_none_or(|name| {
                            object.attributes.get(&name).and_then(Value::as_text) == Some(value) || key.id == value
                        })
                })
        })
    }

    /// Those that refer to an object.
    pub fn referrers<'c>(&'c self, key: &'c Key, object: &'c Object) -> impl Iterator<Item = &'c Key> {
        let own = identifying(key, object);
        own.into_iter().filter_map(|value| self.referrers.get(&value)).flatten().filter(move |referrer| {
            *referrer != key && (referrer.place == key.place || !same_kind_of_place(referrer, key))
        })
    }

    /// All objects of a type on a target.
    pub fn of_kind<'c>(&'c self, schema: &TypeSchema, target: &Target) -> impl Iterator<Item = (&'c Key, &'c Object)> {
        let first = Key { kind: schema.name.clone(), place: place(schema, target), id: EcoString::new() };
        let (kind, at) = (first.kind.clone(), first.place.clone());
        self.objects.range(first..).take_while(move |(key, _)| key.kind == kind && key.place == at)
    }

    /// The identity that was made with a token.
    pub fn by_token(&self, token: &str) -> Option<EcoString> {
        self.tokens.get(token).cloned()
    }

    /// Identities of a type's objects with a nonce.
    pub fn by_nonce(&self, kind: &str, nonce: &str) -> Vec<EcoString> {
        let keys = self.nonces.get(nonce).into_iter().flatten();
        keys.filter(|key| key.kind == kind).map(|key| key.id.clone()).collect()
    }

    /// What a read sees. It counts the reads until an object is visible, ready, or gone.
    pub fn look(&mut self, schema: &TypeSchema, target: &Target, id: &str, faults: &mut Faults) -> Option<Live> {
        let key = Key::new(schema, target, id);
        let object = self.objects.get_mut(&key)?;
        if object.hidden < faults.lag && object.pending > 0 && !object.going {
            object.hidden += 1;
            return None;
        }
        let status = match (object.pending, object.going) {
            (0, true) => {
                self.take(&key);
                return None;
            }
            (_, false) if faults.broken == schema.name.as_str() => Status::Failed("told to be broken".into()),
            (0, false) => Status::Ready,
            (_, true) => {
                object.pending -= 1;
                Status::Deleting
            }
            (_, false) => {
                object.pending -= 1;
                if object.pending == 0 { Status::Ready } else { Status::Pending("creating".into()) }
            }
        };
        let object = self.objects.get(&key)?;
        Some(Live { id: id.into(), attributes: object.attributes.clone(), status, owner: object.marks(schema) })
    }

    /// Adds or replaces an object; gives the line that records it.
    pub fn put(&mut self, key: Key, object: Object) -> String {
        let line = json!({
            "key": [key.kind.as_str(), key.place.as_str(), key.id.as_str()],
            "counter": self.counter,
            "object": object_json(&object),
        });
        self.insert(key, object);
        line.to_string()
    }

    /// Removes an object; gives the line that records it.
    pub fn remove(&mut self, key: &Key) -> String {
        self.take(key);
        json!({ "key": [key.kind.as_str(), key.place.as_str(), key.id.as_str()], "counter": self.counter }).to_string()
    }

    fn insert(&mut self, key: Key, object: Object) {
        self.take(&key);
        for value in &object.refers {
            self.referrers.entry(value.clone()).or_default().insert(key.clone());
        }
        for value in identifying(&key, &object) {
            self.identities.entry(value).or_default().insert(key.clone());
        }
        if !object.token.is_empty() {
            self.tokens.insert(object.token.clone(), key.id.clone());
        }
        if let Some(owner) = &object.owner {
            self.nonces.entry(owner.nonce.clone()).or_default().insert(key.clone());
        }
        self.objects.insert(key, object);
    }

    fn take(&mut self, key: &Key) {
        let Some(object) = self.objects.remove(key) else { return };
        for value in &object.refers {
            forget(&mut self.referrers, value, key);
        }
        for value in identifying(key, &object) {
            forget(&mut self.identities, &value, key);
        }
        self.tokens.remove(&object.token);
        if let Some(owner) = &object.owner {
            forget(&mut self.nonces, &owner.nonce, key);
        }
    }
}

fn forget(index: &mut BTreeMap<EcoString, BTreeSet<Key>>, value: &EcoString, key: &Key) {
    if let Some(keys) = index.get_mut(value) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(value);
        }
    }
}

/// Global objects and those of a region see each other; objects of two regions do not.
fn same_kind_of_place(a: &Key, b: &Key) -> bool {
    a.place.contains('/') == b.place.contains('/')
}

/// All values by which an object can be referred to: its identity and every text of its own.
fn identifying(key: &Key, object: &Object) -> BTreeSet<EcoString> {
    let texts = object.attributes.iter().filter(|(name, _)| {
        let named = ["_id", "_arn", "_name", "id", "arn", "name"].iter().any(|suffix| name.ends_with(suffix));
        named || crate::special::is_companion(name)
    });
    let mut values: BTreeSet<EcoString> = texts
        .filter_map(|(_, value)| value.as_text())
        .map(EcoString::from)
        .filter(|text| !object.refers.contains(text))
        .collect();
    values.insert(key.id.clone());
    values
}

fn object_json(object: &Object) -> Json {
    let attributes: serde_json::Map<String, Json> =
        object.attributes.iter().map(|(name, value)| (name.to_string(), to_json(value))).collect();
    json!({
        "attributes": attributes,
        "refers": object.refers.iter().map(EcoString::as_str).collect::<Vec<_>>(),
        "owner": object.owner.as_ref().map(|owner| json!([owner.stack.as_str(), owner.address.as_str(), owner.nonce.as_str()])),
        "token": object.token.as_str(),
        "pending": object.pending,
        "going": object.going,
    })
}

fn object_from(json: &Json) -> Object {
    let text = |value: Option<&Json>| value.and_then(Json::as_str).map(EcoString::from).unwrap_or_default();
    let owner = json.get("owner").and_then(Json::as_array).map(|parts| Ownership {
        stack: text(parts.first()),
        address: text(parts.get(1)),
        nonce: text(parts.get(2)),
    });
    Object {
        attributes: json.get("attributes").map(from_json).and_then(|value| value.as_map().cloned()).unwrap_or_default(),
        refers: json
            .get("refers")
            .and_then(Json::as_array)
            .map(|values| values.iter().filter_map(Json::as_str).map(EcoString::from).collect())
            .unwrap_or_default(),
        owner,
        token: text(json.get("token")),
        pending: json.get("pending").and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
        hidden: 0,
        going: json.get("going").and_then(Json::as_bool).unwrap_or(false),
    }
}
