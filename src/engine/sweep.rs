//! Strays: objects that carry the mark of one of our creates and that nobody recorded, because its request arrived late
//! or twice. They are found by the nonces of creates that may still have an effect, and destroyed.

use std::sync::Arc;

use cairn_provider::error::ProviderError;
use cairn_provider::object::{Observed, Ownership};
use cairn_provider::request::{Create, Delete, Interest, ReadSet};
use ecow::EcoString;

use super::Clouds;
use super::call::{Patience, persistently};
use super::clock::Clock;
use super::execute::Entropy;
use super::mask::StackKey;
use crate::model::event::Event;
use crate::state::{DOUBTFUL, Entry, Folded, Intent, IntentKind, Snapshot, StateStore, StoreError, Suspect};

/// For how long one stray is worked on, in seconds: less than the age at which an intent is too old.
const PATIENCE: u64 = 45;

/// What sweeping needs.
pub struct Broom<'a> {
    /// The clouds.
    pub clouds: &'a Clouds,
    /// The state, taken for writing.
    pub store: &'a Arc<dyn StateStore>,
    /// The stack's key.
    pub key: &'a StackKey,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Who is told.
    pub tell: &'a (dyn Fn(Event) + Sync),
}

impl Broom<'_> {
    /// Looks for strays of all suspects and destroys them. Suspects that are old enough are cleared; what could not be
    /// looked for stays suspected. Whether anything was written.
    ///
    /// # Errors
    /// The state could not be written.
    pub async fn sweep(&self, folded: &Folded) -> Result<bool, StoreError> {
        let snapshot = &folded.snapshot;
        let mut cleared = Vec::new();
        let mut written = false;
        for suspect in snapshot.suspects.values() {
            let old = self.clock.unix() > suspect.since.saturating_add(DOUBTFUL);
            let Ok(strays) = self.strays(snapshot, suspect).await else { continue };
            let mut left = false;
            for id in strays {
                written = true;
                left |= !self.destroy(suspect, id).await?;
            }
            if old && !left {
                cleared.push(Entry::Cleared { nonce: suspect.nonce.clone() });
            }
        }
        if !cleared.is_empty() {
            self.store.append(&cleared).await?;
        }
        Ok(written || !cleared.is_empty())
    }

    /// Objects with the marks of a suspect that are not recorded. What has no marks is never one.
    async fn strays(&self, snapshot: &Snapshot, suspect: &Suspect) -> Result<Vec<EcoString>, ProviderError> {
        let Some(provider) = self.clouds.of_kind(&suspect.kind) else { return Ok(Vec::new()) };
        let owner = Ownership {
            stack: snapshot.lineage.clone(),
            address: suspect.address.as_str().into(),
            nonce: suspect.nonce.clone(),
        };
        let request = Create {
            kind: suspect.kind.clone(),
            inputs: suspect.inputs.clone(),
            token: self.key.token(&owner.stack, &owner.address, &owner.nonce),
            owner,
        };
        let patience = Patience::seconds(PATIENCE, provider.tempo());
        let mut found = persistently(&patience, || provider.resolve(&suspect.target, &request), |_| {}).await?;
        let known = |id: &EcoString| {
            let deposed = snapshot.deposed.iter().map(|(_, recorded)| recorded);
            snapshot
                .resources
                .values()
                .chain(deposed)
                .any(|recorded| recorded.kind == suspect.kind && recorded.id == *id)
        };
        found.retain(|id| !known(id));
        if found.is_empty() {
            return Ok(found);
        }
        let wanted = found.iter().map(|id| (id.clone(), Interest::Fields(Default::default()))).collect();
        let readings = provider.read(&suspect.target, &ReadSet::from([(suspect.kind.clone(), wanted)])).await;
        let mut strays = Vec::new();
        for id in found {
            match readings.get(&suspect.kind, &id) {
                Some(Observed::Present(live)) => {
                    let ours = live
                        .owner
                        .as_ref()
                        .is_some_and(|owner| owner.stack == request.owner.stack && owner.nonce == request.owner.nonce);
                    if ours {
                        strays.push(id);
                    }
                }
                Some(Observed::Absent) | None => {}
                Some(Observed::Unreadable(error)) => return Err(error.clone()),
            }
        }
        Ok(strays)
    }

    /// Destroys a stray under an intent of its own; whether the cloud took the call. The next sweep sees whether it is
    /// gone.
    async fn destroy(&self, suspect: &Suspect, id: EcoString) -> Result<bool, StoreError> {
        let Some(provider) = self.clouds.of_kind(&suspect.kind) else { return Ok(false) };
        let nonce = self.entropy.nonce();
        let intent = Intent {
            nonce: nonce.clone(),
            kind: IntentKind::Delete,
            address: suspect.address.clone(),
            resource: suspect.kind.clone(),
            target: suspect.target.clone(),
            id: Some(id.clone()),
            inputs: cairn_provider::value::Map::new(),
            needs: std::collections::BTreeSet::new(),
            protect: false,
            source: EcoString::new(),
            at: self.clock.unix(),
        };
        let begun = self.clock.uptime();
        self.store.append(&[Entry::Begun(intent)]).await?;
        let delete = Delete { kind: suspect.kind.clone(), id: id.clone(), inputs: suspect.inputs.clone() };
        let patience = Patience::seconds(PATIENCE, provider.tempo());
        let late = self.clock.uptime().saturating_sub(begun).as_secs() > 60 - PATIENCE;
        let taken =
            !late && persistently(&patience, || provider.delete(&suspect.target, &delete), |_| {}).await.is_ok();
        self.store.append(&[if taken { Entry::Gone { nonce } } else { Entry::Failed { nonce } }]).await?;
        if taken {
            (self.tell)(Event::Swept {
                address: suspect.address.clone(),
                kind: suspect.kind.to_string(),
                id: id.to_string(),
            });
        }
        Ok(taken)
    }
}
