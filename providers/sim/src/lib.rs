//! The sandbox: a strict, seeded cloud made of any provider's schemas.
//!
//! It is stricter than a cloud: references must exist, create-only fields cannot change, names are unique, what
//! others stand on cannot be deleted. It goes through pending states, and can be told to throttle, to lag and to fail.
//! It knows no type by name except where a type's behaviour is special (`special`).

mod cloud;
mod fabricate;
mod faults;
mod marks;
mod rules;
mod special;
mod storage;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use cairn_provider::declaration::Declaration;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::{Live, Observed, Status};
use cairn_provider::provider::Provider;
use cairn_provider::request::{
    Caller, Create, Created, Delete, LookUp, Monitor, Progress, ReadSet, Readings, RunAction, Target, Update,
};
use cairn_provider::schema::TypeSchema;
use cairn_provider::schema::catalogue::Catalogue;
use cairn_provider::schema::document;
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use cloud::{Cloud, Key, Object};
pub use faults::Faults;
pub use storage::{MemoryStorage, Storage};

/// The account everything in the sandbox belongs to unless a target pins another.
pub const ACCOUNT: &str = "111122223333";

/// Finds what is declared of a type.
pub type Declarations = fn(&str) -> Option<&'static Declaration>;

/// The sandbox.
pub struct Sim {
    name: &'static str,
    catalogue: Arc<Catalogue>,
    declarations: Declarations,
    tempo: f64,
    latency: Duration,
    inner: Mutex<Inner>,
}

struct Inner {
    cloud: Cloud,
    storage: Box<dyn Storage>,
    faults: Faults,
    calls: BTreeMap<String, u64>,
}

/// What is declared of types nobody wrote a file for.
static UNDECLARED: Declaration = Declaration {
    vendor: "",
    title: "",
    overlay: cairn_provider::schema::overlay::Overlay::EMPTY,
    idempotency: cairn_provider::declaration::Idempotency::Identity,
    permissions: cairn_provider::declaration::Permissions { read: &[], write: &[] },
    timings: cairn_provider::declaration::Timings::INSTANT,
    examples: &[],
};

impl Sim {
    /// A sandbox for a cloud's types, with what its storage holds.
    ///
    /// # Errors
    /// The storage cannot be read; the sentence says why.
    pub fn open(
        name: &'static str,
        catalogue: Arc<Catalogue>,
        declarations: Declarations,
        storage: Box<dyn Storage>,
        faults: Faults,
    ) -> Result<Self, String> {
        let (tempo, latency) = (faults.tempo, faults.latency);
        let mut inner = Inner { cloud: Cloud::default(), storage, faults, calls: BTreeMap::new() };
        inner.catch_up()?;
        Ok(Self { name, catalogue, declarations, tempo, latency, inner: Mutex::new(inner) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // No code panics while it holds the sandbox.
        self.inner.lock().expect("the sandbox is never left poisoned")
    }

    /// What a call takes that goes over a network.
    async fn take_time(&self) {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
    }

    /// The sandbox as it is now: other processes work on the same one.
    fn current(&self) -> Result<MutexGuard<'_, Inner>, ProviderError> {
        let mut inner = self.inner();
        inner.catch_up().map_err(|why| ProviderError::refused("sandbox", why))?;
        Ok(inner)
    }

    fn schema(&self, kind: &str) -> Result<&Arc<TypeSchema>, ProviderError> {
        self.catalogue
            .get(kind)
            .ok_or_else(|| ProviderError::refused("sandbox", eco_format!("there is no type {kind}")))
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.inner().cloud.len()
    }

    /// All objects, for tests: type, identity and attributes.
    pub fn objects(&self) -> Vec<(EcoString, EcoString, cairn_provider::value::Map)> {
        self.inner()
            .cloud
            .iter()
            .map(|(key, object)| (key.kind.clone(), key.id.clone(), object.attributes.clone()))
            .collect()
    }

    /// Changes an attribute as somebody else would, for tests of drift.
    pub fn meddle(&self, kind: &str, id: &str, attribute: &str, value: Value) -> bool {
        let mut inner = self.inner();
        let inner = &mut *inner;
        let Some((key, mut object)) = inner.cloud.find(kind, id) else { return false };
        object.attributes.insert(attribute.into(), value);
        inner.put(key, object).is_ok()
    }

    /// Keeps a secret under a name in the sandbox's store, as somebody else would.
    ///
    /// # Errors
    /// The sandbox cannot be written.
    pub fn keep_secret(&self, name: &str, value: Value) -> Result<(), ProviderError> {
        let schema = Arc::clone(self.schema(STORE)?);
        let mut inner = self.current()?;
        let inner = &mut *inner;
        if let Some((key, mut object)) = kept(&inner.cloud, name).map(|(key, object)| (key.clone(), object.clone())) {
            object.attributes.insert("secret_string".into(), value);
            return inner.put(key, object);
        }
        let target = Target { cloud: self.name.into(), ..Target::default() };
        let attributes: Map = [("name".into(), Value::text(name)), ("secret_string".into(), value)].into();
        let object = fabricate::found(&schema, &target, attributes, inner.cloud.next());
        let id = object.id(&schema);
        inner.put(Key::new(&schema, &target, &id), object)
    }

    /// Removes an object as somebody else would, whatever stands on it.
    pub fn vanish(&self, kind: &str, id: &str) -> bool {
        let mut inner = self.inner();
        let inner = &mut *inner;
        let Some((key, _)) = inner.cloud.find(kind, id) else { return false };
        inner.remove(&key).is_ok()
    }
}

/// The type whose objects are the sandbox's store of secrets.
const STORE: &str = "aws.secretsmanager.Secret";

/// A secret of the store by its name or identity, wherever it lives.
fn kept<'a>(cloud: &'a Cloud, name: &str) -> Option<(&'a Key, &'a Object)> {
    cloud.iter().find(|(key, object)| {
        let named = object.attributes.get("name").and_then(Value::as_text) == Some(name);
        key.kind == STORE && (key.id == name || named) && !object.going
    })
}

impl Inner {
    fn count(&mut self, schema: &TypeSchema, operation: &str) {
        let name = schema.name.rsplit('.').next().unwrap_or_default();
        *self.calls.entry(format!("{}.{operation}{name}", schema.service())).or_default() += 1;
    }

    fn catch_up(&mut self) -> Result<(), String> {
        let news = self.storage.news()?;
        self.cloud.take_in(&news)
    }

    /// Looks at an object, and keeps what became of it meanwhile: a later process finds it made, or gone.
    fn look(&mut self, schema: &TypeSchema, target: &Target, id: &str) -> Result<Option<Live>, ProviderError> {
        let key = Key::new(schema, target, id);
        let on_the_way = self.cloud.get(&key).map(|object| object.pending > 0 || object.going);
        let live = self.cloud.look(schema, target, id, &mut self.faults);
        match (on_the_way, self.cloud.get(&key).cloned()) {
            (Some(true), None) => self.remove(&key)?,
            (Some(true), Some(object)) if object.pending == 0 => self.put(key, object)?,
            _ => {}
        }
        Ok(live)
    }

    fn put(&mut self, key: Key, object: Object) -> Result<(), ProviderError> {
        let line = self.cloud.put(key, object);
        self.write(&line)
    }

    fn remove(&mut self, key: &Key) -> Result<(), ProviderError> {
        let line = self.cloud.remove(key);
        self.write(&line)
    }

    fn write(&mut self, line: &str) -> Result<(), ProviderError> {
        self.storage.append(line).map_err(|why| ProviderError::refused("sandbox", why))
    }
}

#[async_trait]
impl Provider for Sim {
    fn cloud(&self) -> &'static str {
        self.name
    }

    fn tempo(&self) -> f64 {
        self.tempo
    }

    fn declaration(&self, kind: &str) -> Option<&'static Declaration> {
        let schema = self.catalogue.get(kind)?;
        if !schema.creatable {
            return None;
        }
        Some((self.declarations)(kind).unwrap_or(&UNDECLARED))
    }

    fn sends_raw(&self, _kind: &str) -> bool {
        true
    }

    async fn caller(&self, target: &Target) -> Result<Caller, ProviderError> {
        self.take_time().await;
        *self.inner().calls.entry("sts.GetCallerIdentity".into()).or_default() += 1;
        let own = self.inner().faults.account.clone();
        let account: EcoString =
            if own.is_empty() { target.setting("account").unwrap_or(ACCOUNT).into() } else { own.into() };
        Ok(Caller { identity: eco_format!("the sandbox as {account}"), account })
    }

    async fn read(&self, target: &Target, wanted: &ReadSet) -> Readings {
        self.take_time().await;
        let mut inner = self.inner();
        let inner = &mut *inner;
        let mut readings = Readings::default();
        if let Err(why) = inner.catch_up() {
            for (kind, id) in wanted.iter().flat_map(|(kind, ids)| ids.keys().map(move |id| (kind, id))) {
                let error = ProviderError::refused("sandbox", why.clone());
                readings.answer(kind.clone(), id.clone(), Observed::Unreadable(error));
            }
            return readings;
        }
        for (kind, ids) in wanted {
            let Some(schema) = self.catalogue.get(kind) else { continue };
            inner.count(schema, "Describe");
            if let Some(error) = inner.faults.on_read(schema) {
                for id in ids.keys() {
                    readings.answer(kind.clone(), id.clone(), Observed::Unreadable(error.clone()));
                }
                continue;
            }
            for id in ids.keys() {
                let observed = match inner.look(schema, target, id) {
                    Ok(Some(live)) => Observed::Present(Box::new(live)),
                    Ok(None) => Observed::Absent,
                    Err(error) => Observed::Unreadable(error),
                };
                readings.answer(kind.clone(), id.clone(), observed);
            }
        }
        readings
    }

    async fn create(&self, target: &Target, request: &Create) -> Result<Created, ProviderError> {
        self.take_time().await;
        let schema = Arc::clone(self.schema(&request.kind)?);
        let mut inner = self.current()?;
        let inner = &mut *inner;
        inner.count(&schema, "Create");
        let fault = inner.faults.on_write(&schema);
        if let Some(error) = &fault
            && !error.may_have_effect()
        {
            return Err(error.clone());
        }
        if let Some(id) = inner.cloud.by_token(&request.token) {
            return Ok(Created::new(id));
        }
        rules::creatable(&self.catalogue, &schema, &inner.cloud, target, request)?;
        let declared = self.declaration(&request.kind).unwrap_or(&UNDECLARED);
        let object = fabricate::object(&schema, target, request, inner.cloud.next(), declared);
        let id = object.id(&schema);
        let key = Key::new(&schema, target, &id);
        if inner.cloud.get(&key).is_some() {
            return Err(ProviderError::new(
                ErrorClass::AlreadyExists,
                "AlreadyExists",
                eco_format!("{}.Create", schema.service()),
                eco_format!("{id} exists already"),
            ));
        }
        inner.put(key, object)?;
        // The answer was lost on its way: the object is there all the same.
        match fault {
            Some(error) => Err(error),
            None => Ok(Created::new(id)),
        }
    }

    async fn configure(&self, _target: &Target, _id: &str, _request: &Create) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn resolve(&self, _target: &Target, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
        self.take_time().await;
        let schema = Arc::clone(self.schema(&request.kind)?);
        let mut inner = self.current()?;
        inner.count(&schema, "Describe");
        Ok(inner.cloud.by_nonce(&request.kind, &request.owner.nonce))
    }

    async fn update(&self, target: &Target, request: &Update) -> Result<Option<Monitor>, ProviderError> {
        self.take_time().await;
        let schema = Arc::clone(self.schema(&request.kind)?);
        let mut inner = self.current()?;
        let inner = &mut *inner;
        inner.count(&schema, "Modify");
        let fault = inner.faults.on_write(&schema);
        if let Some(error) = &fault
            && !error.may_have_effect()
        {
            return Err(error.clone());
        }
        let key = Key::new(&schema, target, &request.id);
        let object = inner.cloud.get(&key).cloned().ok_or_else(|| rules::not_found(&schema, &request.id))?;
        let updated = rules::update(&self.catalogue, &schema, &inner.cloud, target, object, request)?;
        inner.put(key, updated)?;
        fault.map_or(Ok(None), Err)
    }

    async fn delete(&self, target: &Target, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
        self.take_time().await;
        let schema = Arc::clone(self.schema(&request.kind)?);
        let mut inner = self.current()?;
        let inner = &mut *inner;
        inner.count(&schema, "Delete");
        let fault = inner.faults.on_write(&schema);
        if let Some(error) = &fault
            && !error.may_have_effect()
        {
            return Err(error.clone());
        }
        let key = Key::new(&schema, target, &request.id);
        let Some(object) = inner.cloud.get(&key).cloned() else { return Ok(None) };
        rules::deletable(&schema, &inner.cloud, &key, &object)?;
        let declared = self.declaration(&request.kind).unwrap_or(&UNDECLARED);
        if declared.timings.typical > 1 {
            inner.put(key, object.deleting())?;
        } else {
            inner.remove(&key)?;
        }
        fault.map_or(Ok(None), Err)
    }

    async fn poll(&self, _target: &Target, _monitor: &Monitor) -> Result<Progress, ProviderError> {
        Ok(Progress::Done)
    }

    async fn reveal(&self, target: &Target, kind: &str, id: &str, field: &str) -> Result<Value, ProviderError> {
        self.take_time().await;
        let schema = Arc::clone(self.schema(kind)?);
        let mut inner = self.current()?;
        inner.count(&schema, "GetSecretOf");
        let key = Key::new(&schema, target, id);
        let object = inner.cloud.get(&key).ok_or_else(|| rules::not_found(&schema, id))?;
        Ok(fabricate::secret(object, id, field))
    }

    fn runs(&self, kind: &str) -> bool {
        self.catalogue.get(kind).is_some_and(|schema| schema.action)
    }

    async fn run(&self, target: &Target, request: &RunAction) -> Result<Map, ProviderError> {
        self.take_time().await;
        let schema = Arc::clone(self.schema(&request.kind)?);
        let mut inner = self.current()?;
        inner.count(&schema, "Run");
        if let Some(error) = inner.faults.on_write(&schema) {
            return Err(error);
        }
        Ok(fabricate::result(&schema, target, request))
    }

    async fn secret(&self, _target: &Target, name: &str) -> Result<Value, ProviderError> {
        self.take_time().await;
        let mut inner = self.current()?;
        let inner = &mut *inner;
        inner.count(&Arc::clone(self.schema(STORE)?), "GetValueOf");
        match kept(&inner.cloud, name) {
            Some((key, object)) => {
                let written = object.attributes.get("secret_string").cloned();
                Ok(written.unwrap_or_else(|| fabricate::secret(object, &key.id, "secret_string")))
            }
            None => Err(ProviderError::new(
                ErrorClass::NotFound,
                "ResourceNotFoundException",
                "secretsmanager.GetSecretValue",
                eco_format!("the sandbox keeps no secret of the name {name}"),
            )),
        }
    }

    async fn list(&self, target: &Target, kind: &str) -> Result<Vec<EcoString>, ProviderError> {
        self.take_time().await;
        let schema = Arc::clone(self.schema(kind)?);
        let mut inner = self.current()?;
        inner.count(&schema, "List");
        Ok(inner.cloud.of_kind(&schema, target).map(|(key, _)| key.id.clone()).collect())
    }

    async fn look_up(&self, target: &Target, request: &LookUp) -> Result<Vec<Live>, ProviderError> {
        self.take_time().await;
        let schema = Arc::clone(self.schema(&request.kind)?);
        let mut inner = self.current()?;
        let inner = &mut *inner;
        inner.count(&schema, "Describe");
        let found: Vec<Live> = inner
            .cloud
            .of_kind(&schema, target)
            .filter(|(_, object)| document::meets(&schema, &object.attributes, &request.conditions))
            .map(|(key, object)| Live {
                id: key.id.clone(),
                attributes: object.attributes.clone(),
                status: Status::Ready,
                owner: object.marks(&schema),
            })
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        // What a stack looks up was there before the stack: the sandbox makes it, once.
        let mut made = Vec::new();
        for attributes in special::looked_up(&schema, target, &request.conditions) {
            let object = fabricate::found(&schema, target, attributes, inner.cloud.next());
            let id = object.id(&schema);
            made.push(Live {
                id: id.clone(),
                attributes: object.attributes.clone(),
                status: Status::Ready,
                owner: None,
            });
            inner.put(Key::new(&schema, target, &id), object)?;
        }
        Ok(made)
    }

    fn calls(&self) -> BTreeMap<String, u64> {
        self.inner().calls.clone()
    }
}
