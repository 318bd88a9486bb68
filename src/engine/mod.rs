//! The engine: what a stack wants, what is recorded and what is there become a plan, and the plan becomes calls.
//!
//! Read in the order of the stages: [`graph`], [`observe`], [`compare`], [`plan`], [`schedule`], [`execute`].
//! The engine knows no source language and no cloud.

pub mod graph;
pub mod known;
pub mod mask;
pub mod lookup;
pub mod moves;
pub mod adopt;
pub mod observe;
pub mod compare;
pub mod renamed;
pub mod plan;
pub mod schedule;
pub mod seal;
pub mod journal;
pub mod judge;
pub mod recover;
pub mod execute;
pub mod apply;
mod call;
pub mod marks;
mod raw;
mod step;
pub mod wait;
pub mod undo;
pub mod rollback;
pub mod rebuild;
pub mod action;
pub mod secret;

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_provider::provider::{Provider, SharedProvider};
use cairn_provider::schema::catalogue::Catalogue;
use ecow::EcoString;

/// All clouds, with the types they know.
#[derive(Clone)]
pub struct Clouds {
    providers: BTreeMap<EcoString, SharedProvider>,
    /// The types of all of them.
    pub catalogue: Arc<Catalogue>,
}

impl Clouds {
    /// Puts clouds together.
    pub fn new(providers: impl IntoIterator<Item = SharedProvider>, catalogue: Arc<Catalogue>) -> Self {
        let providers = providers.into_iter().map(|provider| (provider.cloud().into(), provider)).collect();
        Self { providers, catalogue }
    }

    /// The cloud of a type or target.
    pub fn provider(&self, cloud: &str) -> Option<&Arc<dyn Provider>> {
        self.providers.get(cloud)
    }

    /// The cloud of a type by its name.
    pub fn of_kind(&self, kind: &str) -> Option<&Arc<dyn Provider>> {
        self.provider(kind.split('.').next().unwrap_or_default())
    }

    /// All clouds.
    pub fn providers(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.providers.values()
    }
}
