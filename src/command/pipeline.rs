//! From a wanted stack to a plan: state, observation, secrets, comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use cairn_provider::object::Observed;
use cairn_provider::request::Target;
use cairn_sim::Faults;
use ecow::EcoString;

use super::arguments::CloudArguments;
use super::failure::{Exit, Failure};
use crate::engine::execute::Secrets;
use crate::engine::known::World;
use crate::engine::mask::StackKey;
use crate::engine::observe::{Observations, observe};
use crate::engine::plan::{Inputs, Planning, plan};
use crate::engine::{Clouds, graph, moves, recover};
use crate::host::sandbox_file::SandboxFile;
use crate::host::secrets::HostSecrets;
use crate::model::Address;
use crate::model::Residual;
use crate::model::desired::DesiredStack;
use crate::model::event::Event;
use crate::model::residual::{Attribute, SecretSource};
use crate::registry;
use crate::source::SourceSet;
use crate::state::{Folded, Loaded, Snapshot, fold};

/// Where a stack's things lie and which cloud it works on.
pub struct Place {
    /// The state's directory.
    pub state: std::path::PathBuf,
    /// The clouds.
    pub clouds: Clouds,
}

/// Opens the clouds, or the sandbox in their place.
pub async fn open(
    root: &Path,
    stack: &str,
    environment: Option<&EcoString>,
    catalogue: Arc<cairn_provider::schema::catalogue::Catalogue>,
    arguments: &CloudArguments,
) -> Result<Place, Failure> {
    let environment = environment.map_or("", EcoString::as_str);
    let state = registry::state_directory(root, stack, environment, arguments.sandbox);
    if !arguments.sandbox {
        let clouds = registry::clouds(catalogue).map_err(Failure::new)?;
        return Ok(Place { state, clouds });
    }
    let faults = match &arguments.sandbox_faults {
        Some(text) => Faults::parse(text).map_err(|why| Failure::new(format!("--sandbox-faults: {why}")))?,
        None => Faults::default(),
    };
    let storage = Box::new(SandboxFile::new(&state));
    let (clouds, _) = registry::sandbox(catalogue, storage, faults).map_err(Failure::new)?;
    Ok(Place { state, clouds })
}

/// For how long an interrupted create may still become visible, in seconds.
pub fn quarantine() -> Result<f64, Failure> {
    match crate::host::variable("CAIRN_QUARANTINE") {
        None => Ok(300.0),
        Some(text) => text
            .parse::<f64>()
            .ok()
            .filter(|seconds| *seconds >= 0.0)
            .ok_or_else(|| Failure::new(format!("CAIRN_QUARANTINE is a number of seconds, not `{text}`"))),
    }
}

/// What is recorded, with interrupted steps resolved as far as reading goes. Nothing is written.
pub async fn recorded(loaded: Loaded, clouds: &Clouds) -> Result<(Folded, StackKey), Failure> {
    let key = StackKey::new(loaded.key);
    let mut folded = fold(loaded.snapshot, loaded.entries);
    let recovery = recover::recover(&folded, clouds, &key, 0.0, false, &|_: Event| {})
        .await
        .map_err(|error| Failure::new(format!("an interrupted step could not be resolved: {error}")))?;
    // As they will be once an apply has written them.
    let first = folded.snapshot.sequence + 1;
    let snapshot = std::mem::take(&mut folded.snapshot);
    let open = std::mem::take(&mut folded.open);
    let begun = open.into_iter().map(|open| crate::state::Entry::Begun(open.intent));
    let entries: Vec<_> = begun.chain(recovery.entries).collect();
    let sequence = snapshot.sequence;
    let mut folded = fold(snapshot, (first..).zip(entries));
    folded.snapshot.sequence = sequence;
    Ok((folded, key))
}

/// The accounts that targets pin are those the caller works in.
///
/// # Errors
/// They are not, or the caller is unknown.
pub async fn verify_accounts(desired: &DesiredStack, clouds: &Clouds) -> Result<(), Failure> {
    let targets: BTreeSet<&Target> = desired.resources.values().map(|resource| &resource.place.target).collect();
    for target in targets {
        let Some(pinned) = target.setting("account") else { continue };
        let Some(provider) = clouds.provider(&target.cloud) else { continue };
        let caller = provider
            .caller(target)
            .await
            .map_err(|error| Failure::new(format!("nobody knows who is calling {}: {error}", target.place())))?;
        if caller.account != pinned {
            return Err(Failure::with(
                Exit::Refused,
                format!(
                    "refused: the stack pins the account {pinned}, and the credentials are of {} ({})\nnothing was touched",
                    caller.account, caller.identity
                ),
            ));
        }
    }
    Ok(())
}

/// What planning a stack needs beside it.
pub struct Planned {
    /// The plan and what stands in its way.
    pub planning: Planning,
    /// Addresses that changed: old and new.
    pub moved: Vec<(Address, Address)>,
}

/// Observes and plans.
///
/// # Errors
/// Something recorded could not be read: a plan without it would be a guess.
pub async fn planned(
    desired: &DesiredStack,
    folded: &Folded,
    clouds: &Clouds,
    key: &StackKey,
    sources: &SourceSet,
    root: &Path,
    only: &[String],
) -> Result<Planned, Failure> {
    let moves = moves::settle(desired, &folded.snapshot);
    let snapshot = &moves.snapshot;
    let graph = graph::build(desired, snapshot).map_err(|circles| {
        Failure::new(super::failure::reports(&circles, sources, &crate::host::terminal::detect()))
    })?;
    let observations = observe(snapshot, desired, clouds, quarantine()?).await;
    let world = secrets(desired, snapshot, &observations, clouds, &HostSecrets::new(root)).await?;
    let only: Vec<Address> = only.iter().map(|text| Address::from_text(text)).collect();
    for address in &only {
        let known = desired.resources.keys().chain(snapshot.resources.keys()).any(|other| other.is_within(address));
        if !known {
            let names = desired.resources.keys().map(Address::as_str);
            let hint = crate::diagnostic::suggest::nearest(address.as_str(), names)
                .map(|near| format!("; did you mean {near}?"))
                .unwrap_or_default();
            return Err(Failure::new(format!("--only {address}: there is no such address{hint}")));
        }
    }
    let inputs = Inputs {
        desired,
        snapshot,
        graph: &graph,
        observations: &observations,
        clouds,
        key,
        sources,
        only: &only,
        moved: &moves.moved,
    };
    let mut planning = plan(&inputs, world);
    planning.refused.splice(0..0, moves.refused);
    if let Some((address, error)) = planning.unreadable.first() {
        let others = planning.unreadable.len() - 1;
        let more = if others > 0 { format!("\nand {others} more") } else { String::new() };
        return Err(Failure::new(format!(
            "{address} could not be read: {error}{more}\nnothing was planned: what cannot be read may not be guessed"
        )));
    }
    // What is left out of the plan keeps its old address for now.
    let planned: BTreeSet<&Address> = planning.plan.changes.iter().map(|change| &change.address).collect();
    let moved = moves.moved.into_iter().filter(|(to, _)| planned.contains(to)).map(|(to, from)| (from, to)).collect();
    Ok(Planned { planning, moved })
}

/// Secrets that decide whether something changes: those of the environment, and those clouds keep of objects that exist.
async fn secrets(
    desired: &DesiredStack,
    snapshot: &Snapshot,
    observations: &Observations,
    clouds: &Clouds,
    host: &HostSecrets,
) -> Result<World, Failure> {
    let mut world = World::default();
    let mut sources: BTreeSet<SecretSource> = BTreeSet::new();
    let mut attributes: BTreeSet<Attribute> = BTreeSet::new();
    for resource in desired.resources.values() {
        for field in resource.inputs.values().filter(|field| field.value.is_secret()) {
            collect(&field.value, &mut sources, &mut attributes);
        }
    }
    for source in sources {
        let value = host.read(&source).map_err(Failure::new)?;
        world.read(source, value);
    }
    for attribute in attributes {
        let (Some(recorded), Some(Observed::Present(_))) =
            (snapshot.resources.get(&attribute.address), observations.objects.get(&attribute.address))
        else {
            continue;
        };
        let Some(provider) = clouds.of_kind(&recorded.kind) else { continue };
        let field = attribute.path.join(".");
        // A secret that cannot be read now leaves the comparison open; the apply reads it again.
        if let Ok(value) = provider.reveal(&recorded.target, &recorded.kind, &recorded.id, &field).await {
            world.reveal(attribute, value);
        }
    }
    Ok(world)
}

fn collect(residual: &Residual, sources: &mut BTreeSet<SecretSource>, attributes: &mut BTreeSet<Attribute>) {
    match residual {
        Residual::Secret(source) => {
            sources.insert(source.clone());
        }
        Residual::Attribute(attribute) if attribute.secret => {
            attributes.insert(attribute.clone());
        }
        Residual::List(items) | Residual::Text(items) | Residual::Call(_, items) => {
            items.iter().for_each(|item| collect(item, sources, attributes));
        }
        Residual::Map(entries) => entries.values().for_each(|entry| collect(entry, sources, attributes)),
        Residual::Encode(_, inner) | Residual::Decode(_, inner) => collect(inner, sources, attributes),
        Residual::Value(_) | Residual::Attribute(_) => {}
    }
}

/// Calls by service, as lines.
pub fn stats(clouds: &Clouds) -> String {
    let mut by_service: BTreeMap<String, (u64, Vec<String>)> = BTreeMap::new();
    let mut total = 0;
    for provider in clouds.providers() {
        for (name, count) in provider.calls() {
            let (service, operation) = name.split_once('.').unwrap_or((name.as_str(), ""));
            let entry = by_service.entry(service.to_owned()).or_default();
            entry.0 += count;
            entry.1.push(format!("{operation} {count}"));
            total += count;
        }
    }
    let mut text = format!("\n{total} calls\n");
    for (service, (count, operations)) in by_service {
        text.push_str(&format!("  {service:<16} {count:>6}    {}\n", operations.join(", ")));
    }
    text
}
