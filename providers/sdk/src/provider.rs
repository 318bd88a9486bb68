//! The contract of a cloud, and of one resource type inside of it.
//!
//! Rules that every implementation keeps, and that the conformance suite checks:
//! a read never changes anything; an identity that is missing from a *complete* answer is [`Observed::Absent`], any
//! other failure is [`Observed::Unreadable`]; a create makes at most one object for one token or one identity and
//! returns as soon as the identity is known; deleting what is absent is a success; nothing repeats a mutating call
//! whose outcome is unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use ecow::EcoString;

use crate::declaration::Declaration;
use crate::error::ProviderError;
use crate::object::Live;
use crate::request::{
    Caller, Create, Created, Delete, LookUp, Monitor, Progress, ReadSet, Readings, RunAction, Target, Update,
};
use crate::value::{Map, Value};

#[cfg(doc)]
use crate::object::Observed;

/// A cloud, as the engine sees it.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The cloud's name, the first part of its types' names.
    fn cloud(&self) -> &'static str;

    /// How fast the cloud's clock runs: pauses are multiplied by it. One for a cloud, little for a sandbox.
    fn tempo(&self) -> f64 {
        1.0
    }

    /// What is declared of a type; `None` if this provider cannot manage it.
    fn declaration(&self, kind: &str) -> Option<&'static Declaration>;

    /// Whether properties that the catalogue does not know reach the cloud: those of [`RAW`](crate::schema::RAW).
    fn sends_raw(&self, _kind: &str) -> bool {
        false
    }

    /// Who calls on a target, by the cloud's own word.
    async fn caller(&self, target: &Target) -> Result<Caller, ProviderError>;

    /// Reads a set of objects in as few calls as the cloud allows. Every identity gets an answer.
    async fn read(&self, target: &Target, wanted: &ReadSet) -> Readings;

    /// Creates an object and returns as soon as its identity is known.
    async fn create(&self, target: &Target, request: &Create) -> Result<Created, ProviderError>;

    /// Brings a new object to what was written, where that takes more calls than the first. It may be repeated.
    async fn configure(&self, target: &Target, id: &str, request: &Create) -> Result<(), ProviderError>;

    /// Identities of objects that an interrupted create may have made: ours, by mark, name or natural key.
    async fn resolve(&self, target: &Target, request: &Create) -> Result<Vec<EcoString>, ProviderError>;

    /// Updates an object in place.
    async fn update(&self, target: &Target, request: &Update) -> Result<Option<Monitor>, ProviderError>;

    /// Starts to delete an object. An absent one is a success.
    async fn delete(&self, target: &Target, request: &Delete) -> Result<Option<Monitor>, ProviderError>;

    /// Looks how far a long-running operation is.
    async fn poll(&self, target: &Target, monitor: &Monitor) -> Result<Progress, ProviderError>;

    /// Reads a secret that the cloud keeps, to hand it on.
    async fn reveal(&self, target: &Target, kind: &str, id: &str, field: &str) -> Result<Value, ProviderError>;

    /// All objects of a type on a target.
    async fn list(&self, target: &Target, kind: &str) -> Result<Vec<EcoString>, ProviderError>;

    /// Objects that meet conditions.
    async fn look_up(&self, target: &Target, request: &LookUp) -> Result<Vec<Live>, ProviderError>;

    /// Whether this provider can run actions of a type.
    fn runs(&self, _kind: &str) -> bool {
        false
    }

    /// Runs an action to its end and gives the attributes of its result. A run that was interrupted is run again.
    async fn run(&self, _target: &Target, request: &RunAction) -> Result<Map, ProviderError> {
        Err(ProviderError::refused("run", ecow::eco_format!("actions of type {} are not supported yet", request.kind)))
    }

    /// Whether secrets of a source are read from this provider: `aws-sm`.
    fn keeps(&self, _source: &str) -> bool {
        false
    }

    /// Reads a secret of the cloud's own store by its name there, to hand it on.
    async fn secret(&self, _target: &Target, _name: &str) -> Result<Value, ProviderError> {
        Err(ProviderError::refused("secret", "this cloud has no store of secrets that can be read"))
    }

    /// Calls made so far, `service.Operation` to count, for `--stats`.
    fn calls(&self) -> BTreeMap<String, u64>;
}

/// One resource type of a cloud whose calls go through sessions of type `S`.
///
/// The methods are those of [`Provider`] for one type. Reading is apart, in [`Reader`], because one call may answer
/// several types.
#[async_trait]
pub trait ResourceType<S: Send + Sync>: Send + Sync {
    /// What is declared of the type.
    fn declaration(&self) -> &'static Declaration;

    /// Creates an object and returns as soon as its identity is known.
    async fn create(&self, session: &S, request: &Create) -> Result<Created, ProviderError>;

    /// Brings a new object to what was written, where that takes more calls than the first.
    async fn configure(&self, _session: &S, _id: &str, _request: &Create) -> Result<(), ProviderError> {
        Ok(())
    }

    /// Identities of objects that an interrupted create may have made.
    async fn resolve(&self, session: &S, request: &Create) -> Result<Vec<EcoString>, ProviderError>;

    /// Updates an object in place.
    async fn update(&self, session: &S, request: &Update) -> Result<Option<Monitor>, ProviderError>;

    /// Starts to delete an object. An absent one is a success.
    async fn delete(&self, session: &S, request: &Delete) -> Result<Option<Monitor>, ProviderError>;

    /// Looks how far an operation is that a call of this type began. The text is what stands behind the type's name in
    /// the monitor: `aws.rds.DbInstance|shop` asks for `shop`.
    async fn poll(&self, _session: &S, _monitor: &str) -> Result<Progress, ProviderError> {
        Ok(Progress::Done)
    }

    /// Reads a secret that the cloud keeps.
    async fn reveal(&self, _session: &S, _id: &str, field: &str) -> Result<Value, ProviderError> {
        Err(ProviderError::refused("reveal", ecow::eco_format!("the cloud never returns `{field}`")))
    }

    /// All objects of the type.
    async fn list(&self, session: &S) -> Result<Vec<EcoString>, ProviderError>;
}

/// Reads objects of one or several types with the same calls.
#[async_trait]
pub trait Reader<S: Send + Sync>: Send + Sync {
    /// The types it answers for.
    fn kinds(&self) -> &'static [&'static str];

    /// Reads what is wanted of those types. What the answer leaves out is absent, so it comes from complete lists; one
    /// object that cannot be read is answered as unreadable, and an error stands for all of them.
    async fn read(&self, session: &S, wanted: &ReadSet) -> Result<Readings, ProviderError>;
}

/// Finds objects by conditions in a way of its own: a type that can only be looked up, or one that is too many to list.
#[async_trait]
pub trait LookUpType<S: Send + Sync>: Send + Sync {
    /// The type, by its name in the language.
    fn kind(&self) -> &'static str;

    /// The objects that meet the conditions.
    async fn look_up(&self, session: &S, conditions: &Map) -> Result<Vec<Live>, ProviderError>;
}

/// A provider shared by many tasks.
pub type SharedProvider = Arc<dyn Provider>;
