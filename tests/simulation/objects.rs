//! The objects of the simulated cloud, and what requests do to them: the truth that everything is compared with.

use std::collections::BTreeMap;
use std::time::Duration;

use cairn_provider::declaration::Idempotency;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::{Live, Observed, Ownership, Status};
use cairn_provider::request::{Create, Created, Delete, Monitor, Update};
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};
use tokio::time::Instant;

use crate::kinds::{Kind, kind};
use crate::log::LINEAGE;
use crate::world::Inner;

/// Type and identity.
pub type Key = (EcoString, EcoString);

/// For how long a request is good after it was signed, with the skew of the clocks.
const SIGNED_FOR: Duration = Duration::from_secs(600);

/// All objects.
#[derive(Default)]
pub struct Objects {
    live: BTreeMap<Key, Object>,
    /// What was deleted last under each identity, for reads that see it still.
    past: BTreeMap<Key, (Object, Instant)>,
    tokens: BTreeMap<EcoString, EcoString>,
    counter: u64,
    /// Creates that had an effect.
    pub created: u64,
    /// Creates that had an effect although the object of the intent was there already.
    pub doubles: u64,
}

/// One object.
#[derive(Clone, Debug)]
pub struct Object {
    /// What it is like.
    pub attributes: Map,
    /// What it was like before the last update, and when that was.
    before: Option<(Map, Instant)>,
    /// Whose it is.
    pub owner: Ownership,
    born: Instant,
    /// When it can be used first.
    usable: Instant,
    /// When what is done to it is done.
    ready: Instant,
    /// When it is gone, once it is being deleted.
    gone: Option<Instant>,
    token: EcoString,
    /// Whether it was made by a request that came late or twice.
    late: bool,
}

/// How a request came.
#[derive(Clone, Copy)]
pub struct Arrival {
    /// When it was signed.
    pub signed: Instant,
    /// Whether nobody waits for it any more.
    pub late: bool,
}

fn error(class: ErrorClass, code: &str) -> ProviderError {
    ProviderError::new(class, code, "sim", code)
}

impl Objects {
    /// All objects that are there and are not being deleted.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Object)> {
        self.live.iter().filter(|(_, object)| object.gone.is_none())
    }

    /// Whether an object is there, made by a request that was waited for.
    pub fn is_live(&self, kind: &str, id: &str) -> bool {
        let object = self.live.get(&(kind.into(), id.into()));
        object.is_some_and(|object| object.gone.is_none() && !object.late)
    }

    fn settle(&mut self) {
        let gone: Vec<Key> =
            self.live.iter().filter(|(_, object)| object.is_gone()).map(|(key, _)| key.clone()).collect();
        for key in gone {
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(object) = self.live.remove(key) {
            self.tokens.remove(&object.token);
            let at = object.gone.unwrap_or_else(Instant::now);
            self.past.insert(key.clone(), (object, at));
        }
    }

    /// Who refers to an identity.
    fn holder(&self, id: &str) -> Option<&Key> {
        let refers = |object: &Object| {
            ["base", "other"].iter().any(|field| object.attributes.get(*field).and_then(Value::as_text) == Some(id))
        };
        self.live.iter().find(|(key, object)| key.1 != id && refers(object)).map(|(key, _)| key)
    }

    fn find(&self, id: &str) -> Option<&Object> {
        self.live.iter().find(|(key, _)| key.1 == id).map(|(_, object)| object)
    }

    fn refers_to_what_is_there(&self, inputs: &Map) -> Result<(), ProviderError> {
        for field in ["base", "other"] {
            let Some(id) = inputs.get(field).and_then(Value::as_text) else { continue };
            match self.find(id) {
                Some(object) if object.gone.is_none() => {}
                _ => return Err(error(ErrorClass::Refused, "InvalidReference")),
            }
        }
        Ok(())
    }
}

impl Object {
    fn is_gone(&self) -> bool {
        self.gone.is_some_and(|gone| gone <= Instant::now())
    }
}

impl Inner {
    /// A create arrives.
    pub fn create(&mut self, request: &Create, arrival: Arrival) -> Result<Created, ProviderError> {
        let kind = kind(&request.kind);
        let now = Instant::now();
        self.objects.settle();
        if kind.declared.idempotency != Idempotency::Identity && arrival.signed + SIGNED_FOR < now {
            return Err(error(ErrorClass::Refused, "RequestExpired"));
        }
        if kind.declared.idempotency == Idempotency::Token
            && let Some(id) = self.objects.tokens.get(&request.token)
        {
            return Ok(Created::new(id.clone()));
        }
        self.objects.refers_to_what_is_there(&request.inputs)?;
        if !arrival.late {
            self.in_order(request);
        }
        self.objects.counter += 1;
        let id: EcoString = match request.inputs.get("name").and_then(Value::as_text) {
            Some(name) if kind.named() => name.into(),
            _ => eco_format!("{}-{}", kind.name.rsplit('.').next().unwrap().to_lowercase(), self.objects.counter),
        };
        let key = (request.kind.clone(), id.clone());
        if let Some(before) = self.objects.live.get(&key) {
            let class = if before.gone.is_some() { ErrorClass::InUse } else { ErrorClass::AlreadyExists };
            return Err(error(class, "AlreadyExists"));
        }
        let mut attributes = request.inputs.clone();
        if kind.partial {
            attributes.remove("setting");
        }
        attributes.insert(kind.identity.into(), Value::Text(id.clone()));
        let nonce = &request.owner.nonce;
        let double = self.objects.iter().any(|(_, object)| object.owner.nonce == *nonce);
        self.objects.created += 1;
        self.objects.doubles += u64::from(double);
        let object = Object {
            attributes,
            before: None,
            owner: request.owner.clone(),
            born: now,
            usable: now + Duration::from_secs(kind.slow),
            ready: now + Duration::from_secs(kind.slow),
            gone: None,
            token: request.token.clone(),
            late: arrival.late,
        };
        self.objects.tokens.insert(request.token.clone(), id.clone());
        self.objects.past.remove(&key);
        self.objects.live.insert(key, object);
        Ok(Created::new(id))
    }

    /// What an object needs is ready before it is made.
    fn in_order(&mut self, request: &Create) {
        for field in ["base", "other"] {
            let Some(id) = request.inputs.get(field).and_then(Value::as_text) else { continue };
            let early = self.objects.find(id).is_some_and(|object| object.usable > Instant::now());
            if early {
                self.violate(format!("I9: {} is made before {id} is ready", request.owner.address));
            }
        }
    }

    fn ours(&mut self, key: &Key, what: &str) {
        let Some(object) = self.objects.live.get(key) else { return };
        if kind(&key.0).tagged && object.owner.stack != LINEAGE {
            self.violate(format!("I5: {what} of {} {}, which is not ours", key.0, key.1));
        }
    }

    /// The second call of a create arrives.
    pub fn configure(&mut self, id: &str, request: &Create) -> Result<(), ProviderError> {
        let key = (request.kind.clone(), EcoString::from(id));
        self.objects.settle();
        self.ours(&key, "configure");
        let object = self.objects.live.get_mut(&key).ok_or_else(|| error(ErrorClass::NotFound, "NotFound"))?;
        if let Some(setting) = request.inputs.get("setting") {
            object.attributes.insert("setting".into(), setting.clone());
        }
        Ok(())
    }

    /// An update arrives.
    pub fn update(&mut self, request: &Update, arrival: Arrival) -> Result<Option<Monitor>, ProviderError> {
        let key = (request.kind.clone(), request.id.clone());
        let kind = kind(&request.kind);
        let now = Instant::now();
        self.objects.settle();
        if arrival.signed + SIGNED_FOR < now {
            return Err(error(ErrorClass::Refused, "RequestExpired"));
        }
        self.ours(&key, "update");
        self.objects.refers_to_what_is_there(&request.inputs)?;
        let object = self.objects.live.get_mut(&key).ok_or_else(|| error(ErrorClass::NotFound, "NotFound"))?;
        if object.ready > now || object.gone.is_some() {
            return Err(error(ErrorClass::InUse, "NotReady"));
        }
        object.before = Some((object.attributes.clone(), now));
        for name in &request.changed {
            match request.inputs.get(name).filter(|value| !value.is_none()) {
                Some(value) => object.attributes.insert(name.clone(), value.clone()),
                None => object.attributes.remove(name),
            };
        }
        if kind.slow == 0 {
            return Ok(None);
        }
        object.ready = now + Duration::from_secs(kind.slow / 2);
        Ok(Some(Monitor(eco_format!("{}|{}", key.0, key.1))))
    }

    /// A delete arrives.
    pub fn delete(&mut self, request: &Delete, arrival: Arrival) -> Result<Option<Monitor>, ProviderError> {
        let key = (request.kind.clone(), request.id.clone());
        let now = Instant::now();
        self.objects.settle();
        if arrival.signed + SIGNED_FOR < now {
            return Err(error(ErrorClass::Refused, "RequestExpired"));
        }
        self.ours(&key, "delete");
        let Some(object) = self.objects.live.get(&key) else { return Ok(None) };
        let young = now < object.born + Duration::from_secs(self.faults.read_lag);
        if young && self.random.chance(300) {
            return Err(error(ErrorClass::NotFound, "NotFound"));
        }
        // What is referred to by a name can go: the name may come back.
        let holder = if kind(&request.kind).named() { None } else { self.objects.holder(&key.1) };
        if let Some(holder) = holder {
            let message = eco_format!("held by {}", holder.1);
            return Err(ProviderError { message, ..error(ErrorClass::InUse, "DependencyViolation") });
        }
        let slow = kind(&request.kind).slow;
        if slow == 0 {
            self.objects.remove(&key);
        } else if let Some(object) = self.objects.live.get_mut(&key) {
            object.gone.get_or_insert(now + Duration::from_secs(slow / 2));
        }
        Ok(None)
    }

    /// Whether an operation is still running.
    pub fn is_running(&mut self, monitor: &Monitor) -> bool {
        self.objects.settle();
        let Some((kind, id)) = monitor.0.split_once('|') else { return false };
        let object = self.objects.live.get(&(kind.into(), id.into()));
        object.is_some_and(|object| object.ready > Instant::now())
    }

    /// What a read sees: what is there, or what was there a moment ago.
    pub fn look(&mut self, name: &str, id: &str) -> Observed {
        self.objects.settle();
        let now = Instant::now();
        let key = (EcoString::from(name), EcoString::from(id));
        let own: &Kind = kind(name);
        let faults = self.faults.clone();
        let coin = self.random.chance(500);
        let within = |since: Instant, seconds: u64| now < since + Duration::from_secs(seconds);
        let Some(object) = self.objects.live.get(&key) else {
            let seen = self.objects.past.get(&key).filter(|(_, at)| coin && within(*at, faults.ghost));
            return seen.map_or(Observed::Absent, |(object, _)| present(own, id, object, Status::Ready));
        };
        if coin && within(object.born, faults.read_lag) {
            return Observed::Absent;
        }
        let status = if object.gone.is_some() {
            Status::Deleting
        } else if object.ready > now {
            Status::Pending("on its way".into())
        } else {
            Status::Ready
        };
        let mut seen = object.clone();
        if let Some((before, at)) = object.before.clone()
            && coin
            && within(at, faults.stale)
        {
            seen.attributes = before;
        }
        present(own, id, &seen, status)
    }

    /// What a search for the objects of an intent finds.
    pub fn search(&mut self, request: &Create) -> Vec<EcoString> {
        self.objects.settle();
        let own = kind(&request.kind);
        let lag = self.faults.list_lag;
        let now = Instant::now();
        let mut found = Vec::new();
        let keys: Vec<(Key, Instant)> = self
            .objects
            .live
            .iter()
            .filter(|((name, id), object)| {
                let same = *name == request.kind && object.gone.is_none();
                let named = request.inputs.get("name").and_then(Value::as_text) == Some(id.as_str());
                same && if own.tagged { object.owner.nonce == request.owner.nonce } else { named }
            })
            .map(|(key, object)| (key.clone(), object.born))
            .collect();
        for (key, born) in keys {
            if now < born + Duration::from_secs(lag) && self.random.chance(700) {
                continue;
            }
            found.push((born, key.1));
        }
        found.sort();
        found.into_iter().map(|(_, id)| id).collect()
    }
}

fn present(kind: &Kind, id: &str, object: &Object, status: Status) -> Observed {
    Observed::Present(Box::new(Live {
        id: id.into(),
        attributes: object.attributes.clone(),
        status,
        owner: kind.tagged.then(|| object.owner.clone()),
    }))
}
