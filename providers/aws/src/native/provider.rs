//! AWS as the engine sees it: requests find the session of their target and the handler of their type.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use cairn_provider::declaration::Declaration;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::{Live, Observed};
use cairn_provider::provider::{LookUpType, Provider, Reader, ResourceType};
use cairn_provider::request::{
    Caller, Create, Created, Delete, Interest, LookUp, Monitor, Progress, ReadSet, Readings, RunAction, Target, Update,
};
use cairn_provider::schema::catalogue::Catalogue;
use cairn_provider::schema::document;
use cairn_provider::schema::{RAW, TypeSchema};
use cairn_provider::stored::StoredSecret;
use cairn_provider::value::{Map, Value};
use cairn_provider_net::calls::Calls;
use ecow::{EcoString, eco_format};
use tokio::sync::Mutex;

use super::connect;
use super::session::Session;
use super::together::together;
use crate::actions::lambda_invoke;
use crate::cloudcontrol::{raw, unlisted};
use crate::secretsmanager::secret;
use crate::services;

/// The native provider.
pub struct Aws {
    catalogue: Arc<Catalogue>,
    http: SharedHttpClient,
    calls: Arc<Calls>,
    environment: Mutex<Option<SdkConfig>>,
    sessions: Mutex<BTreeMap<Target, Arc<Session>>>,
}

/// The handlers by the names of their types.
fn handlers() -> &'static BTreeMap<EcoString, &'static dyn ResourceType<Session>> {
    static HANDLERS: OnceLock<BTreeMap<EcoString, &'static dyn ResourceType<Session>>> = OnceLock::new();
    HANDLERS.get_or_init(|| {
        let handlers = services::handlers().chain([unlisted::HANDLER]);
        let named = handlers.filter_map(|one| Some((cairn_provider::naming::aws_type(one.declaration().vendor)?, one)));
        named.collect()
    })
}

impl Aws {
    /// A provider; nothing is read or sent before it is used.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self {
            catalogue,
            http: connect::http(),
            calls: Arc::new(Calls::default()),
            environment: Mutex::new(None),
            sessions: Mutex::new(BTreeMap::new()),
        }
    }

    /// A provider on a given environment instead of the process's.
    pub fn in_environment(catalogue: Arc<Catalogue>, environment: SdkConfig) -> Self {
        Self { environment: Mutex::new(Some(environment)), ..Self::new(catalogue) }
    }

    async fn environment(&self) -> SdkConfig {
        let mut environment = self.environment.lock().await;
        match &*environment {
            Some(config) => config.clone(),
            None => environment.insert(connect::environment(self.http.clone()).await).clone(),
        }
    }

    /// The session of a target.
    async fn session(&self, target: &Target) -> Result<Arc<Session>, ProviderError> {
        if let Some(session) = self.sessions.lock().await.get(target) {
            return Ok(Arc::clone(session));
        }
        let environment = self.environment().await;
        let mut account = target.setting("account").map(EcoString::from);
        if account.is_none() && target.setting("role").is_some_and(|role| !role.starts_with("arn:")) {
            let own = Session::new(environment.clone(), Arc::clone(&self.calls));
            account = Some(own.caller().await?.account.clone());
        }
        let config = connect::target(&environment, target, account.as_deref()).await?;
        let session = Arc::new(Session::new(config, Arc::clone(&self.calls)));
        Ok(Arc::clone(self.sessions.lock().await.entry(target.clone()).or_insert(session)))
    }

    /// Expired credentials are fetched anew for the next call.
    async fn watch<T>(&self, target: &Target, outcome: Result<T, ProviderError>) -> Result<T, ProviderError> {
        if matches!(&outcome, Err(error) if error.class == ErrorClass::CredentialsExpired) {
            self.sessions.lock().await.remove(target);
            *self.environment.lock().await = None;
        }
        outcome
    }

    fn handler(kind: &str) -> Result<&'static dyn ResourceType<Session>, ProviderError> {
        handlers().get(kind).copied().ok_or_else(|| {
            ProviderError::refused("dispatch", eco_format!("this version cannot manage {kind}, only check and plan it"))
        })
    }

    /// The type of an object that carries properties its handler does not know, with those properties.
    fn raw<'a>(&self, kind: &str, inputs: &'a Map) -> Option<(&TypeSchema, &'a Map)> {
        Some((self.catalogue.get(kind)?.as_ref(), raw::written(inputs)?))
    }

    /// Adds the properties that handlers do not know to what was read, of objects of which they are wanted.
    async fn read_raw(&self, session: &Session, wanted: &ReadSet, readings: &mut Readings) {
        let asked = |interest: &Interest| matches!(interest, Interest::Fields(fields) if fields.contains(RAW));
        for (kind, ids) in wanted {
            let Some(schema) = self.catalogue.get(kind) else { continue };
            let ids: Vec<&EcoString> = ids.iter().filter(|(_, interest)| asked(interest)).map(|(id, _)| id).collect();
            let there = |id: &&&EcoString| matches!(readings.get(kind, id), Some(Observed::Present(_)));
            let ids: Vec<&EcoString> = ids.iter().filter(there).copied().collect();
            let found = together(ids.iter().map(|id| Box::pin(raw::read(session, schema, id)))).await;
            for (id, found) in ids.into_iter().zip(found) {
                let Some(Observed::Present(mut live)) = readings.take(kind, id) else { continue };
                let observed = match found {
                    Ok(found) => {
                        live.attributes.extend(found.map(|found| (RAW.into(), found)));
                        Observed::Present(live)
                    }
                    Err(error) => Observed::Unreadable(error),
                };
                readings.answer(kind.clone(), id.clone(), observed);
            }
        }
    }

    /// Updates what the handler knows and what it does not.
    async fn change(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
        let handler = Self::handler(&request.kind)?;
        let raw = self.raw(&request.kind, &request.inputs).filter(|_| request.changed.contains(RAW));
        let Some((schema, raw)) = raw else { return handler.update(session, request).await };
        let mut known = request.clone();
        known.changed.remove(RAW);
        if !known.changed.is_empty()
            && let Some(monitor) = handler.update(session, &known).await?
        {
            // Of two operations the first is waited for here, since only one can be followed.
            let token = monitor.0.split_once('|').map_or("", |(_, token)| token);
            while let Progress::Running(pause) = handler.poll(session, token).await? {
                tokio::time::sleep(Duration::from_millis(pause.unwrap_or(2_000))).await;
            }
        }
        raw::send(session, schema, &request.id, (raw, Some(request.token.as_str()))).await
    }

    /// One reader's part of a set.
    async fn read_with(
        session: &Session,
        reader: &'static dyn Reader<Session>,
        wanted: ReadSet,
    ) -> Result<Readings, ProviderError> {
        let mut readings = reader.read(session, &wanted).await?;
        for (kind, ids) in wanted {
            for id in ids.into_keys() {
                // The calls were complete: what they do not hold is not there.
                if readings.get(&kind, &id).is_none() {
                    readings.answer(kind.clone(), id, Observed::Absent);
                }
            }
        }
        Ok(readings)
    }
}

/// The identity among conditions, if all its parts are.
fn identity(parts: &[EcoString], conditions: &Map) -> Option<EcoString> {
    let parts: Option<Vec<&str>> = parts.iter().map(|part| conditions.get(part).and_then(Value::as_text)).collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("|").into())
}

/// The same answer for everything.
fn unreadable(wanted: &ReadSet, error: &ProviderError) -> Readings {
    let mut readings = Readings::default();
    for (kind, ids) in wanted {
        for id in ids.keys() {
            readings.answer(kind.clone(), id.clone(), Observed::Unreadable(error.clone()));
        }
    }
    readings
}

/// Which part of a set each reader reads; what none reads comes last.
fn by_reader(wanted: &ReadSet) -> (Vec<(&'static dyn Reader<Session>, ReadSet)>, ReadSet) {
    let mut left = wanted.clone();
    let mut parts = Vec::new();
    for reader in services::readers().chain([unlisted::READER]) {
        let part: ReadSet = reader.kinds().iter().filter_map(|kind| left.remove_entry(*kind)).collect();
        if !part.is_empty() {
            parts.push((reader, part));
        }
    }
    (parts, left)
}

#[async_trait]
impl Provider for Aws {
    fn cloud(&self) -> &'static str {
        "aws"
    }

    fn declaration(&self, kind: &str) -> Option<&'static Declaration> {
        handlers().get(kind).map(|handler| handler.declaration())
    }

    fn sends_raw(&self, kind: &str) -> bool {
        handlers().contains_key(kind)
    }

    async fn caller(&self, target: &Target) -> Result<Caller, ProviderError> {
        let session = self.session(target).await?;
        self.watch(target, session.caller().await.cloned()).await
    }

    async fn read(&self, target: &Target, wanted: &ReadSet) -> Readings {
        let session = match self.session(target).await {
            Ok(session) => session,
            Err(error) => return unreadable(wanted, &error),
        };
        let (parts, unknown) = by_reader(wanted);
        let mut reading = tokio::task::JoinSet::new();
        for (reader, part) in parts {
            let session = Arc::clone(&session);
            reading.spawn(async move {
                let outcome = Self::read_with(&session, reader, part.clone()).await;
                (part, outcome)
            });
        }
        let mut readings = Readings::default();
        while let Some(read) = reading.join_next().await {
            // A reader that panicked leaves its objects unanswered, which is not the same as absent.
            let Ok((part, outcome)) = read else { continue };
            match self.watch(target, outcome).await {
                Ok(found) => readings.extend(found),
                Err(error) => readings.extend(unreadable(&part, &error)),
            }
        }
        self.read_raw(&session, wanted, &mut readings).await;
        for (kind, ids) in unknown {
            let error = ProviderError::refused("read", eco_format!("this version cannot read {kind}"));
            readings.extend(unreadable(&ReadSet::from([(kind, ids)]), &error));
        }
        readings
    }

    async fn create(&self, target: &Target, request: &Create) -> Result<Created, ProviderError> {
        let session = self.session(target).await?;
        if let Some((schema, _)) = self.raw(&request.kind, &request.inputs) {
            self.watch(target, raw::offered(&session, schema).await).await?;
        }
        self.watch(target, Self::handler(&request.kind)?.create(&session, request).await).await
    }

    async fn configure(&self, target: &Target, id: &str, request: &Create) -> Result<(), ProviderError> {
        let session = self.session(target).await?;
        self.watch(target, Self::handler(&request.kind)?.configure(&session, id, request).await).await?;
        match self.raw(&request.kind, &request.inputs) {
            Some((schema, raw)) => self.watch(target, raw::settle(&session, schema, id, raw).await).await,
            None => Ok(()),
        }
    }

    async fn resolve(&self, target: &Target, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
        let session = self.session(target).await?;
        self.watch(target, Self::handler(&request.kind)?.resolve(&session, request).await).await
    }

    async fn update(&self, target: &Target, request: &Update) -> Result<Option<Monitor>, ProviderError> {
        let session = self.session(target).await?;
        self.watch(target, self.change(&session, request).await).await
    }

    async fn delete(&self, target: &Target, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
        let session = self.session(target).await?;
        self.watch(target, Self::handler(&request.kind)?.delete(&session, request).await).await
    }

    async fn poll(&self, target: &Target, monitor: &Monitor) -> Result<Progress, ProviderError> {
        let Some((kind, rest)) = monitor.0.split_once('|') else {
            return Err(ProviderError::refused("poll", eco_format!("`{}` names no operation", monitor.0)));
        };
        let session = self.session(target).await?;
        self.watch(target, Self::handler(kind)?.poll(&session, rest).await).await
    }

    async fn reveal(&self, target: &Target, kind: &str, id: &str, field: &str) -> Result<Value, ProviderError> {
        let session = self.session(target).await?;
        self.watch(target, Self::handler(kind)?.reveal(&session, id, field).await).await
    }

    fn keeps(&self, source: &str) -> bool {
        source == "aws-sm"
    }

    async fn secret(&self, target: &Target, name: &str) -> Result<Value, ProviderError> {
        let session = self.session(target).await?;
        self.watch(target, secret::stored(&session, &StoredSecret::parse(name)).await).await
    }

    fn runs(&self, kind: &str) -> bool {
        kind == lambda_invoke::ACTION.name
    }

    async fn run(&self, target: &Target, request: &RunAction) -> Result<Map, ProviderError> {
        if !self.runs(&request.kind) {
            return Err(ProviderError::refused("run", eco_format!("this version cannot run {}", request.kind)));
        }
        let session = self.session(target).await?;
        self.watch(target, lambda_invoke::run(&session, request).await).await
    }

    async fn list(&self, target: &Target, kind: &str) -> Result<Vec<EcoString>, ProviderError> {
        let session = self.session(target).await?;
        self.watch(target, Self::handler(kind)?.list(&session).await).await
    }

    async fn look_up(&self, target: &Target, request: &LookUp) -> Result<Vec<Live>, ProviderError> {
        let session = self.session(target).await?;
        let finder: Option<&'static dyn LookUpType<Session>> =
            services::look_ups().chain([unlisted::FINDER]).find(|finder| finder.kind() == request.kind);
        if let Some(finder) = finder {
            return self.watch(target, finder.look_up(&session, &request.conditions).await).await;
        }
        let schema = self.catalogue.get(&request.kind);
        // The one with this identity, or everything of the type, filtered here: complete, if not the cheapest.
        let ids = match schema.and_then(|schema| identity(&schema.identity, &request.conditions)) {
            Some(id) => vec![id],
            None => self.list(target, &request.kind).await?,
        };
        let ids: BTreeMap<_, _> = ids.into_iter().map(|id| (id, Interest::All)).collect();
        let wanted = ReadSet::from([(request.kind.clone(), ids)]);
        let mut readings = self.read(target, &wanted).await;
        let meets =
            |live: &Live| schema.is_some_and(|schema| document::meets(schema, &live.attributes, &request.conditions));
        let mut found = Vec::new();
        for id in wanted.into_values().flatten().map(|(id, _)| id) {
            match readings.take(&request.kind, &id) {
                Some(Observed::Present(live)) if meets(&live) => found.push(*live),
                Some(Observed::Unreadable(error)) => return Err(error),
                Some(Observed::Present(_) | Observed::Absent) | None => {}
            }
        }
        Ok(found)
    }

    fn calls(&self) -> BTreeMap<String, u64> {
        self.calls.snapshot()
    }
}
