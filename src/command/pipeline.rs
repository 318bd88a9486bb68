//! From a wanted stack to a plan: state, observation, secrets, comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use cairn_provider::object::Observed;
use cairn_provider::request::Target;
use cairn_provider::value::Map;
use cairn_sim::Faults;
use ecow::EcoString;

use super::arguments::CloudArguments;
use super::failure::{Exit, Failure};
use crate::builtins::action::is_built_in;
use crate::diagnostic::Diagnostic;
use crate::engine::known::World;
use crate::engine::mask::StackKey;
use crate::engine::observe::{Observations, observe};
use crate::engine::plan::{Inputs, Planning, plan};
use crate::engine::secret::Secrets as _;
use crate::engine::{Clouds, graph, moves, recover, secret};
use crate::host::sandbox_file::SandboxFile;
use crate::host::secrets::HostSecrets;
use crate::model::Address;
use crate::model::Residual;
use crate::model::desired::DesiredStack;
use crate::model::event::Event;
use crate::model::residual::{Attribute, SecretSource};
use crate::model::state_place::StatePlace;
use crate::registry;
use crate::source::{SourceSet, Span};
use crate::state::{Custody, Folded, Loaded, Snapshot, fold};

/// Where a stack's things lie and which cloud it works on.
pub struct Place {
    /// The directory of what belongs to the state on this machine; the state itself, if it is kept in files.
    pub state: std::path::PathBuf,
    /// The clouds.
    pub clouds: Clouds,
    /// Where the state is kept.
    pub kept: StatePlace,
    /// The state.
    pub store: Arc<dyn Custody>,
}

/// Opens the clouds, or the sandbox in their place.
pub async fn open(
    root: &Path,
    stack: &str,
    environment: Option<&EcoString>,
    catalogue: Arc<cairn_provider::schema::catalogue::Catalogue>,
    kept: &StatePlace,
    arguments: &CloudArguments,
) -> Result<Place, Failure> {
    let environment = environment.map_or("", EcoString::as_str);
    let state = registry::state_directory(root, stack, environment, arguments.sandbox);
    let store = super::store::open(kept, root, &state, arguments)?;
    let kept = if arguments.sandbox && !arguments.remote_state { StatePlace::Local } else { kept.clone() };
    if !arguments.sandbox {
        return Ok(Place { state, clouds: registry::clouds(catalogue), kept, store });
    }
    let clouds = sandbox(&state, std::iter::empty(), catalogue, arguments)?;
    Ok(Place { state, clouds, kept, store })
}

/// The sandbox beside a state, from which those beside other states can be seen.
///
/// # Errors
/// It cannot be read, or the faults it shall have are none.
pub fn sandbox<'a>(
    state: &Path,
    others: impl Iterator<Item = &'a Path>,
    catalogue: Arc<cairn_provider::schema::catalogue::Catalogue>,
    arguments: &CloudArguments,
) -> Result<Clouds, Failure> {
    let faults = match &arguments.sandbox_faults {
        Some(text) => Faults::parse(text).map_err(|why| Failure::new(format!("--sandbox-faults: {why}")))?,
        None => Faults::default(),
    };
    let storage = Box::new(SandboxFile::new(state).beside(others));
    let (clouds, _) = registry::sandbox(catalogue, storage, faults).map_err(Failure::new)?;
    Ok(clouds)
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
    let recovery = recover::recover(&folded, clouds, &key, 0.0, &|_: Event| {})
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
    verify(desired.nodes().map(|node| &node.place.target).collect(), clouds).await
}

/// As [`verify_accounts`], of what is recorded: in another account all of it would seem to have vanished.
///
/// # Errors
/// See there.
pub async fn verify_recorded(snapshot: &Snapshot, clouds: &Clouds) -> Result<(), Failure> {
    let deposed = snapshot.deposed.iter().map(|(_, recorded)| recorded);
    verify(snapshot.resources.values().chain(deposed).map(|recorded| &recorded.target).collect(), clouds).await
}

async fn verify(targets: BTreeSet<&Target>, clouds: &Clouds) -> Result<(), Failure> {
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
    /// What is there of each object that changes, without secrets.
    pub before: BTreeMap<Address, Map>,
}

/// Addresses of the command line.
#[derive(Clone, Copy, Default)]
pub struct Chosen<'a> {
    /// Only these, what is inside of them and what they need; everything if empty.
    pub only: &'a [String],
    /// These get new objects.
    pub replace: &'a [String],
}

/// Addresses of the command line that are known: with `inside`, also those that only have something inside of them.
fn known(
    texts: &[String],
    option: &str,
    desired: &DesiredStack,
    snapshot: &Snapshot,
    inside: bool,
) -> Result<Vec<Address>, Failure> {
    let addresses: Vec<Address> = texts.iter().map(|text| Address::from_text(text)).collect();
    for address in &addresses {
        let of_actions = desired.actions.values().map(|action| &action.call.address).filter(|_| inside);
        let mut all = desired.resources.keys().chain(of_actions).chain(snapshot.resources.keys());
        if !all.any(|other| if inside { other.is_within(address) } else { other == address }) {
            let names = desired.nodes().map(|node| node.address.as_str());
            let hint = crate::diagnostic::suggest::nearest(address.as_str(), names)
                .map(|near| format!("; did you mean {near}?"))
                .unwrap_or_default();
            return Err(Failure::new(format!("{option} {address}: there is no such address{hint}")));
        }
    }
    Ok(addresses)
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
    chosen: &Chosen<'_>,
) -> Result<Planned, Failure> {
    let moves = moves::settle(desired, &folded.snapshot, &moves::Others::new());
    planned_with(moves, desired, clouds, key, sources, root, chosen).await
}

/// Observes and plans, after it is known what moved.
///
/// # Errors
/// As for [`planned`].
pub async fn planned_with(
    moves: moves::Moves,
    desired: &DesiredStack,
    clouds: &Clouds,
    key: &StackKey,
    sources: &SourceSet,
    root: &Path,
    chosen: &Chosen<'_>,
) -> Result<Planned, Failure> {
    let wrong = |reports: Vec<Diagnostic>| {
        let text = super::failure::reports(&reports, sources, &crate::host::terminal::detect());
        Failure::new(format!("{text}{}", super::failure::count(&reports)))
    };
    let snapshot = &moves.snapshot;
    let graph = graph::build(desired, snapshot).map_err(|circles| {
        Failure::new(super::failure::reports(&circles, sources, &crate::host::terminal::detect()))
    })?;
    reachable(desired, snapshot, clouds)?;
    let impossible = not_runnable(desired, clouds);
    if !impossible.is_empty() {
        return Err(wrong(impossible));
    }
    let observations = observe(snapshot, desired, clouds, quarantine()?, crate::host::now()).await;
    let world = secrets(desired, snapshot, &observations, clouds, &HostSecrets::new(root)).await.map_err(wrong)?;
    let only = known(chosen.only, "--only", desired, snapshot, true)?;
    let replace = known(chosen.replace, "--replace", desired, snapshot, false)?;
    let inputs = Inputs {
        desired,
        snapshot,
        graph: &graph,
        observations: &observations,
        clouds,
        key,
        sources,
        only: &only,
        replace: &replace,
        moved: &moves.moved,
    };
    let mut planning = plan(&inputs, world);
    planning.refused.splice(0..0, moves.refused);
    if let Some((address, error)) = planning.unreadable.first() {
        let others = planning.unreadable.len() - 1;
        let more = if others > 0 { format!("\nand {others} more") } else { String::new() };
        return Err(Failure::new(format!(
            "{address} could not be read: {}{more}\nnothing was planned: what cannot be read may not be guessed",
            planning.world.clean(&error.to_string())
        )));
    }
    // What is left out of the plan keeps its old address for now.
    let planned: BTreeSet<&Address> = planning.plan.changes.iter().map(|change| &change.address).collect();
    planning.crossing = moves.crossing;
    planning.crossing.retain(|crossing| planned.contains(&crossing.to));
    let crossed: BTreeSet<&Address> = planning.crossing.iter().map(|crossing| &crossing.to).collect();
    let moved = moves.moved.into_iter().filter(|(to, _)| planned.contains(to) && !crossed.contains(to));
    let moved = moved.map(|(to, from)| (from, to)).collect();
    let before = planning
        .plan
        .changes
        .iter()
        .filter(|change| change.is_effective())
        .filter_map(|change| {
            let schema = clouds.catalogue.get(&change.kind)?;
            let Some(Observed::Present(live)) = observations.objects.get(&change.address) else { return None };
            Some((change.address.clone(), super::verdict::without_secrets(&live.attributes, schema)))
        })
        .collect();
    Ok(Planned { planning, moved, before })
}

/// Secrets that decide whether something changes: those named by their source, and those clouds keep of objects that
/// exist.
async fn secrets(
    desired: &DesiredStack,
    snapshot: &Snapshot,
    observations: &Observations,
    clouds: &Clouds,
    host: &HostSecrets,
) -> Result<World, Vec<Diagnostic>> {
    let mut world = World::default();
    let mut sources: BTreeMap<SecretSource, Span> = BTreeMap::new();
    let mut attributes: BTreeSet<Attribute> = BTreeSet::new();
    let mut collect = |residual: &Residual, span: Span| {
        residual.sources(&mut |source| {
            sources.entry(source.clone()).or_insert(span);
        });
        residual.attributes(&mut |attribute| {
            if attribute.secret {
                attributes.insert(attribute.clone());
            }
        });
    };
    for field in desired.nodes().flat_map(|node| node.inputs.values()) {
        collect(&field.value, field.span);
    }
    for action in desired.actions.values() {
        let watched = action.watched.values().filter_map(|watched| watched.value.as_ref());
        watched.chain(&action.when).for_each(|residual| collect(residual, action.call.origin));
    }
    let revealed = desired.outputs.values().filter(|output| !output.secret);
    revealed.for_each(|output| collect(&output.value, output.span));
    let mut missing = Vec::new();
    for (source, span) in sources {
        match secret::read(&source, desired.keeper.as_ref(), clouds, host).await {
            Ok(value) => world.read(source, value),
            Err(why) => missing.push(
                Diagnostic::error(
                    "secret::missing",
                    format!("The secret {}:{} cannot be read", source.scheme, source.name),
                    span,
                    "wanted here",
                )
                .help(why),
            ),
        }
    }
    if !missing.is_empty() {
        return Err(missing);
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
            host.learned(&value);
            world.reveal(attribute, value);
        }
    }
    for field in desired.nodes().flat_map(|node| node.inputs.values()) {
        world.learn_from(&field.value).iter().for_each(|made| host.learned(made));
    }
    Ok(world)
}

/// The clouds of everything that is wanted or recorded can be reached.
fn reachable(desired: &DesiredStack, snapshot: &Snapshot, clouds: &Clouds) -> Result<(), Failure> {
    let wanted = desired.nodes().map(|node| &node.place.target.cloud);
    let recorded = snapshot.resources.values().map(|recorded| &recorded.target.cloud);
    let missing = wanted.chain(recorded).find(|cloud| !is_built_in(cloud) && clouds.provider(cloud).is_none());
    match missing {
        None => Ok(()),
        Some(cloud) => Err(Failure::new(format!(
            "this build cannot reach {cloud}, only the sandbox: add --sandbox, or build with the default features"
        ))),
    }
}

/// Actions that no cloud of this build can run.
fn not_runnable(desired: &DesiredStack, clouds: &Clouds) -> Vec<Diagnostic> {
    let calls = desired.actions.values().map(|action| &action.call);
    let clouded = calls.filter(|call| !is_built_in(call.kind.split('.').next().unwrap_or_default()));
    clouded
        .filter(|call| !clouds.of_kind(&call.kind).is_some_and(|provider| provider.runs(&call.kind)))
        .map(|call| {
            Diagnostic::error(
                "language::not_supported",
                format!("Running `{}` is not supported yet", call.kind),
                call.origin,
                "this version can run it on the sandbox only",
            )
            .help("nothing was ignored: remove it, or wait for a version that can")
        })
        .collect()
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
