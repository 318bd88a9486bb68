//! Other stacks: what they recorded is read while planning, and they know who reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cairn_provider::schema::catalogue::Catalogue;
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use super::arguments::CloudArguments;
use super::failure::Failure;
use super::{front, pipeline, store};
use crate::diagnostic::Diagnostic;
use crate::engine::lookup;
use crate::host::local_store::LocalStore;
use crate::host::who;
use crate::language::program::Program;
use crate::model::Address;
use crate::model::desired::{DesiredStack, LookupAnswer, LookupAnswers, RESOURCE, Shared, UsedStack, WantedLookup};
use crate::model::state_place::StatePlace;
use crate::registry;
use crate::source::Span;
use crate::state::{Consumer, Custody, Snapshot, fold};

/// What other stacks recorded, by the names of their imports.
pub type Recorded = BTreeMap<EcoString, BTreeMap<EcoString, Shared>>;

/// Reads what all imported stacks recorded in the environment of the same name, and their resources as they are now.
///
/// # Errors
/// A state is damaged, or one of the resources cannot be read: each with its report.
pub async fn read(
    root: &Path,
    program: &Program,
    environment: Option<&EcoString>,
    arguments: &CloudArguments,
) -> Result<Result<Recorded, Vec<Diagnostic>>, Failure> {
    let mut all = Recorded::new();
    for (name, import) in &program.unit(Program::STACK).stacks {
        let environment = match (program.environments_of(import.unit), environment) {
            (None, _) => None,
            (Some((names, _)), Some(own)) if names.contains(own) => Some(own.clone()),
            // Whoever uses an output of it says so.
            (Some(_), _) => continue,
        };
        let other = &program.unit(import.unit).name;
        let root = root.join(import.directory.as_str());
        let catalogue = Arc::clone(&program.catalogue);
        let kept = place_of(&root, environment.as_ref(), arguments)?;
        let place = pipeline::open(&root, other, environment.as_ref(), catalogue, &kept, arguments).await?;
        let loaded = place.store.load().await?;
        let snapshot = fold(loaded.snapshot, loaded.entries).snapshot;
        let wanted = resources(name, &snapshot, &program.catalogue, import.span);
        let mut answers = LookupAnswers::default();
        let faults = lookup::perform(&wanted, &place.clouds, &mut answers).await;
        if !faults.is_empty() {
            return Ok(Err(faults));
        }
        let outputs = snapshot.outputs.iter().filter_map(|(output, value)| {
            let shared = match value {
                Some(value) => shared(value, name, &snapshot, &answers)?,
                None => Shared::Secret,
            };
            Some((output.clone(), shared))
        });
        all.insert(name.clone(), outputs.collect());
    }
    Ok(Ok(all))
}

/// A look-up for every resource that is handed out, by its identity.
fn resources(import: &str, snapshot: &Snapshot, catalogue: &Catalogue, span: Span) -> Vec<WantedLookup> {
    let mut addresses = BTreeSet::new();
    snapshot.outputs.values().flatten().for_each(|value| handed_out(value, &mut addresses));
    let wanted = addresses.into_iter().filter_map(|address| {
        let recorded = snapshot.resources.get(&address)?;
        let schema = catalogue.get(&recorded.kind)?;
        let parts = recorded.id.split('|').map(Value::text);
        let conditions: Map = schema.identity.iter().cloned().zip(parts).collect();
        Some(WantedLookup {
            address: of(import, &address),
            kind: recorded.kind.clone(),
            target: recorded.target.clone(),
            conditions,
            many_by: None,
            span,
        })
    });
    wanted.collect()
}

/// The address of another stack's resource, as this one calls it.
fn of(import: &str, address: &Address) -> Address {
    Address::from_text(&format!("{import}.{address}"))
}

fn handed_out(value: &Value, addresses: &mut BTreeSet<Address>) {
    if let Some(address) = resource(value) {
        addresses.insert(address);
    } else if let Some(map) = value.as_map() {
        map.values().for_each(|value| handed_out(value, addresses));
    } else if let Value::List(items) = value {
        items.iter().for_each(|value| handed_out(value, addresses));
    }
}

/// The address of a resource among outputs.
fn resource(value: &Value) -> Option<Address> {
    let map = value.as_map()?;
    (map.len() == 1).then(|| map.get(RESOURCE)?.as_text().map(Address::from_text)).flatten()
}

/// A recorded output with its resources as they are now. Nothing if the state has no such resource any more.
fn shared(value: &Value, import: &str, snapshot: &Snapshot, answers: &LookupAnswers) -> Option<Shared> {
    let mut addresses = BTreeSet::new();
    handed_out(value, &mut addresses);
    if addresses.is_empty() {
        return Some(Shared::Value(value.clone()));
    }
    if let Some(address) = resource(value) {
        let kind = snapshot.resources.get(&address)?.kind.clone();
        let Some(LookupAnswer::One(attributes)) = answers.answers.get(&of(import, &address)) else { return None };
        return Some(Shared::Resource { kind, attributes: attributes.clone() });
    }
    if let Value::List(items) = value {
        let items: Option<Vec<Shared>> = items.iter().map(|value| shared(value, import, snapshot, answers)).collect();
        return items.map(Shared::List);
    }
    let entries = value.as_map()?.iter();
    let entries: Option<BTreeMap<EcoString, Shared>> =
        entries.map(|(key, value)| Some((key.clone(), shared(value, import, snapshot, answers)?))).collect();
    entries.map(Shared::Map)
}

/// The state of another stack, as its own header names it.
///
/// # Errors
/// Its source cannot be read, or its header does not say it.
pub fn place_of(
    root: &Path,
    environment: Option<&EcoString>,
    arguments: &CloudArguments,
) -> Result<StatePlace, Failure> {
    if arguments.sandbox && !arguments.remote_state {
        return Ok(StatePlace::Local);
    }
    front::load(root, &[])?.state_place(environment.cloned())
}

/// A stack's own state and those it reads.
pub struct Links {
    own: Arc<dyn Custody>,
    /// Where the own state is: an address, or a directory.
    state: String,
    name: String,
    used: BTreeMap<String, (Arc<dyn Custody>, BTreeSet<String>)>,
    root: PathBuf,
    arguments: CloudArguments,
    /// Where the sandbox's things lie, and those of the stacks that are read.
    beside: (PathBuf, BTreeSet<String>),
}

impl Links {
    /// What a wanted stack reads.
    ///
    /// # Errors
    /// A directory is not there, or a stack that is read does not say where its state is.
    pub fn of(
        desired: &DesiredStack,
        root: &Path,
        place: &pipeline::Place,
        arguments: &CloudArguments,
    ) -> Result<Self, Failure> {
        let absolute = |root: &Path| crate::host::absolute(root).map(PathBuf::from).map_err(Failure::new);
        let mut name = desired.name.to_string();
        if !desired.environment.is_empty() {
            name = format!("{name} / {}", desired.environment);
        }
        let mut used: BTreeMap<String, (Arc<dyn Custody>, BTreeSet<String>)> = BTreeMap::new();
        let mut directories = BTreeSet::new();
        for UsedStack { directory, stack, environment, outputs } in desired.imports.values() {
            let root = absolute(&root.join(directory.as_str()))?;
            let named = (!environment.is_empty()).then_some(environment);
            let kept = place_of(&root, named, arguments)?;
            let files = registry::state_directory(&root, stack, environment, arguments.sandbox);
            let other = store::open(&kept, &root, &files, arguments)?;
            directories.insert(files.display().to_string());
            let address = kept.address().unwrap_or_else(|| files.display().to_string());
            let known = used.entry(address).or_insert_with(|| (other, BTreeSet::new()));
            known.1.extend(outputs.iter().map(ToString::to_string));
        }
        let root = absolute(root)?;
        let files = registry::state_directory(&root, &desired.name, &desired.environment, arguments.sandbox);
        let state = place.kept.address().unwrap_or_else(|| files.display().to_string());
        Ok(Self {
            own: Arc::clone(&place.store),
            state,
            name,
            used,
            root,
            arguments: arguments.clone(),
            beside: (place.state.clone(), directories),
        })
    }

    /// Tells the stacks that are read, before anything is made from what they gave.
    ///
    /// # Errors
    /// One of them is being written right now.
    pub async fn begin(&self) -> Result<(), Failure> {
        for (store, outputs) in self.used.values() {
            store.note_consumer(&self.consumer(outputs.clone()), &who::who()).await?;
        }
        if self.arguments.sandbox && self.arguments.remote_state {
            // What lives in the sandboxes of other stacks can be referred to, wherever their states are.
            LocalStore::new(&self.beside.0).note_states_read(&self.beside.1)?;
        }
        // Those that were read before are known until this is done.
        let reads: BTreeSet<String> = self.own.reads().await?.into_iter().chain(self.used.keys().cloned()).collect();
        self.own.note_reads(&reads).await?;
        Ok(())
    }

    /// Tells the stacks that are not read any more.
    ///
    /// # Errors
    /// One of them is being written right now; the next apply tells it.
    pub async fn end(&self) -> Result<(), Failure> {
        for state in self.own.reads().await?.into_iter().filter(|state| !self.used.contains_key(state)) {
            let kept = StatePlace::parse(&state).unwrap_or_default();
            let other = store::open(&kept, &self.root, Path::new(&state), &self.arguments)?;
            other.note_consumer(&self.consumer(BTreeSet::new()), &who::who()).await?;
        }
        self.own.note_reads(&self.used.keys().cloned().collect()).await?;
        Ok(())
    }

    /// Where this stack's own state lies, and its name.
    pub fn own(&self) -> (&Path, &str) {
        (&self.beside.0, &self.name)
    }

    fn consumer(&self, outputs: BTreeSet<String>) -> Consumer {
        Consumer { name: self.name.clone(), state: self.state.clone(), outputs }
    }
}

/// Outputs that other stacks read and this one would not have any more.
///
/// # Errors
/// It cannot be said who reads them.
pub async fn in_use(
    state: &dyn Custody,
    desired: &DesiredStack,
    header: Option<Span>,
) -> Result<Vec<Diagnostic>, Failure> {
    let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for consumer in state.consumers().await? {
        for output in consumer.outputs {
            if !desired.outputs.contains_key(output.as_str()) {
                missing.entry(output).or_default().push(consumer.name.clone());
            }
        }
    }
    let reports = missing.into_iter().map(|(output, readers)| {
        let text = format!("The output `{output}` is in use by {}", readers.join(", "));
        let help = "take it out of what uses it and apply that first; then it can go here";
        match header {
            Some(span) => Diagnostic::error("plan::output_in_use", text, span, "this stack would not have it any more"),
            None => Diagnostic::unplaced("plan::output_in_use", text),
        }
        .help(help)
    });
    Ok(reports.collect())
}
