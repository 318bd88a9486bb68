//! After an interruption: every open intent is resolved before anything new begins.

use std::collections::BTreeSet;
use std::sync::Arc;

use cairn_provider::declaration::Idempotency;
use cairn_provider::error::ProviderError;
use cairn_provider::object::{Observed, Ownership};
use cairn_provider::provider::Provider;
use cairn_provider::request::{Create, Delete, Interest, Monitor, Progress, ReadSet, Target};
use ecow::EcoString;
use tokio::time::sleep;

use super::Clouds;
use super::call::{Patience, Window, persistently};
use super::mask::StackKey;
use super::observe::patiently;
use crate::model::event::Event;
use crate::state::{Entry, Folded, Intent, IntentKind, OpenIntent, Recorded};

/// What resolving gave.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Entries that close the intents.
    pub entries: Vec<Entry>,
    /// Creates that certainly made nothing and whose token may be used once more.
    pub reusable: Vec<OpenIntent>,
}

/// Resolves all open intents by reading the cloud.
///
/// With `clean_up`, objects that one intent made twice are reduced to one; without, nothing is changed in the cloud.
///
/// # Errors
/// An intent could not be resolved: nothing may begin before it is.
pub async fn recover(
    folded: &Folded,
    clouds: &Clouds,
    key: &StackKey,
    quarantine: f64,
    clean_up: bool,
    tell: &(dyn Fn(Event) + Sync),
) -> Result<Recovery, ProviderError> {
    let mut recovery = Recovery::default();
    if folded.open.is_empty() {
        return Ok(recovery);
    }
    tell(Event::Recovering { open: folded.open.len() });
    for open in &folded.open {
        let outcome = match (open.intent.kind, &open.id) {
            (IntentKind::Create, Some(id)) => {
                follow(open, clouds).await?;
                recovery.entries.push(found(&open.intent, id.clone()));
                format!("{id} was made and is known")
            }
            (IntentKind::Create, None) => {
                create(open, folded, clouds, key, (quarantine, clean_up), &mut recovery).await?
            }
            (IntentKind::Update, _) => {
                // What is there is read again; the next plan starts from it.
                recovery.entries.push(Entry::Failed { nonce: open.intent.nonce.clone() });
                "its values are read again".to_owned()
            }
            (IntentKind::Import, _) => import(open, clouds, quarantine, &mut recovery).await?,
            (IntentKind::Forget, _) => {
                recovery.entries.push(Entry::Failed { nonce: open.intent.nonce.clone() });
                "it is still managed, and forgotten if the source says so".to_owned()
            }
            (IntentKind::Delete, _) => {
                recovery.entries.push(Entry::Failed { nonce: open.intent.nonce.clone() });
                "it is read again and deleted if it is still there".to_owned()
            }
        };
        tell(Event::Recovered { address: open.intent.address.clone(), outcome });
    }
    Ok(recovery)
}

/// A long-running operation that was journaled is followed to its end first.
async fn follow(open: &OpenIntent, clouds: &Clouds) -> Result<(), ProviderError> {
    let (Some(monitor), Some(provider)) = (&open.monitor, clouds.of_kind(&open.intent.resource)) else { return Ok(()) };
    let patience = Patience::seconds(3_600, provider.tempo());
    let monitor = Monitor(monitor.clone());
    loop {
        match persistently(&patience, || provider.poll(&open.intent.target, &monitor), |_| {}).await? {
            // How it failed shows when the object is read.
            Progress::Done | Progress::Failed(_) => return Ok(()),
            Progress::Running(asked) => {
                if patience.is_over() {
                    return Ok(());
                }
                sleep(patience.pause(asked.map_or(5.0, |milliseconds| milliseconds as f64 / 1000.0))).await;
            }
        }
    }
}

/// What was being taken over is ours if it carries the mark of the intent; if not, it is as it was before.
async fn import(
    open: &OpenIntent,
    clouds: &Clouds,
    window: f64,
    recovery: &mut Recovery,
) -> Result<String, ProviderError> {
    let intent = &open.intent;
    let unknown =
        || ProviderError::refused("recover", ecow::eco_format!("this build cannot manage {}", intent.resource));
    let provider = clouds.of_kind(&intent.resource).ok_or_else(unknown)?;
    let id = intent.id.clone().ok_or_else(|| ProviderError::refused("recover", "the intent names no object"))?;
    let wanted = ReadSet::from([(
        intent.resource.clone(),
        std::collections::BTreeMap::from([(id.clone(), Interest::Fields(BTreeSet::new()))]),
    )]);
    let readings = patiently(provider, &intent.target, wanted, &BTreeSet::new(), window).await;
    let ours = match readings.get(&intent.resource, &id) {
        Some(Observed::Present(live)) => live.owner.as_ref().is_some_and(|owner| owner.nonce == intent.nonce),
        Some(Observed::Unreadable(error)) => return Err(error.clone()),
        Some(Observed::Absent) | None => false,
    };
    if ours {
        recovery.entries.push(found(intent, id.clone()));
        return Ok(format!("{id} was taken over"));
    }
    recovery.entries.push(Entry::Failed { nonce: intent.nonce.clone() });
    Ok(format!("{id} was not taken over yet"))
}

async fn create(
    open: &OpenIntent,
    folded: &Folded,
    clouds: &Clouds,
    key: &StackKey,
    (quarantine, clean_up): (f64, bool),
    recovery: &mut Recovery,
) -> Result<String, ProviderError> {
    let intent = &open.intent;
    let lineage = &folded.snapshot.lineage;
    let unknown =
        || ProviderError::refused("recover", ecow::eco_format!("this build cannot manage {}", intent.resource));
    let provider = clouds.of_kind(&intent.resource).ok_or_else(unknown)?;
    let declared = provider.declaration(&intent.resource).ok_or_else(unknown)?;
    let request = Create {
        kind: intent.resource.clone(),
        inputs: intent.inputs.clone(),
        owner: Ownership {
            stack: lineage.clone(),
            address: intent.address.as_str().into(),
            nonce: intent.nonce.clone(),
        },
        token: key.token(lineage, intent.address.as_str(), &intent.nonce),
    };
    let patience = Patience::seconds(600, provider.tempo());
    let mut window = Window::seconds(quarantine);
    let ids = loop {
        let found = persistently(&patience, || provider.resolve(&intent.target, &request), |_| {}).await?;
        let ids = ours(found, &request, provider, &intent.target, quarantine).await?;
        // Only what is found by its tags alone can still be on its way.
        let waits = declared.idempotency == Idempotency::Tags && !window.is_over();
        if !ids.is_empty() || !waits {
            break ids;
        }
        sleep(patience.pause(window.next_pause())).await;
    };
    let Some((first, others)) = ids.split_first() else {
        if declared.idempotency == Idempotency::Token {
            // The intent stays open until its token was used once more, or its address is not wanted any more.
            recovery.reusable.push(open.clone());
            return Ok("nothing was made; its token is used once more".to_owned());
        }
        recovery.entries.push(Entry::Failed { nonce: intent.nonce.clone() });
        return Ok("nothing was made".to_owned());
    };
    if clean_up {
        for other in others {
            let delete = Delete { kind: intent.resource.clone(), id: other.clone(), inputs: intent.inputs.clone() };
            persistently(&patience, || provider.delete(&intent.target, &delete), |_| {}).await?;
        }
    }
    recovery.entries.push(Entry::Identified { nonce: intent.nonce.clone(), id: first.clone() });
    recovery.entries.push(found(intent, first.clone()));
    Ok(format!("{first} was made and is taken over"))
}

/// Those that do not carry the marks of another create. Which objects exist is the provider's to say; that one is never
/// taken for another is not left to a filter of the cloud.
///
/// # Errors
/// One of them could not be read.
pub(super) async fn ours(
    found: Vec<EcoString>,
    request: &Create,
    provider: &Arc<dyn Provider>,
    target: &Target,
    window: f64,
) -> Result<Vec<EcoString>, ProviderError> {
    if found.is_empty() {
        return Ok(found);
    }
    let wanted = found.iter().map(|id| (id.clone(), Interest::Fields(BTreeSet::new()))).collect();
    // They are new: a read may see them later than the search did.
    let fresh = found.iter().map(|id| (request.kind.clone(), id.clone())).collect();
    let readings = patiently(provider, target, ReadSet::from([(request.kind.clone(), wanted)]), &fresh, window).await;
    let mut ids = Vec::new();
    for id in found {
        match readings.get(&request.kind, &id) {
            Some(Observed::Present(live)) => {
                if live.owner.as_ref().is_none_or(|owner| owner.nonce == request.owner.nonce) {
                    ids.push(id);
                }
            }
            Some(Observed::Unreadable(error)) => return Err(error.clone()),
            Some(Observed::Absent) | None => {}
        }
    }
    Ok(ids)
}

/// What an interrupted create made is remembered as unfinished.
fn found(intent: &Intent, id: EcoString) -> Entry {
    Entry::Applied {
        nonce: intent.nonce.clone(),
        recorded: Box::new(Recorded {
            kind: intent.resource.clone(),
            id,
            target: intent.target.clone(),
            inputs: intent.inputs.clone(),
            needs: intent.needs.clone(),
            protect: intent.protect,
            incomplete: true,
            nonce: intent.nonce.clone(),
            source: intent.source.clone(),
        }),
    }
}
