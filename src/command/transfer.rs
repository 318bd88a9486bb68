//! What moves here from other stacks: both states are taken, and both say what they do before they do it.
//!
//! The other state decides: what it has handed over is remembered here, what it has not is still there. So a process that
//! ends at any moment leaves everything in exactly one of them, and the next run that takes this state finishes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ecow::{EcoString, eco_format};

use super::arguments::CloudArguments;
use super::failure::Failure;
use super::{front, pipeline, run as running, stacks};
use crate::diagnostic::{Diagnostic, Report};
use crate::engine::apply::Taken;
use crate::engine::execute::Entropy as _;
use crate::engine::moves::{Crossing, Held, Moves, Others, settle};
use crate::host::entropy::SystemEntropy;
use crate::host::local_store::LocalStore;
use crate::host::{sandbox_file, who};
use crate::model::desired::{DesiredStack, UsedStack};
use crate::model::state_place::StatePlace;
use crate::registry;
use crate::state::{Entry, Folded, Receiving, Snapshot, StateStore as _, fold};

/// Where the states lie from which something may come, by the import of their stack.
#[derive(Debug, Default)]
pub struct Origins {
    states: BTreeMap<EcoString, (UsedStack, PathBuf)>,
}

impl Origins {
    /// The stacks that `@was` names.
    ///
    /// # Errors
    /// A directory cannot be named.
    pub fn of(desired: &DesiredStack, root: &Path, arguments: &CloudArguments) -> Result<Self, Failure> {
        let formers = desired.resources.values().flat_map(|resource| &resource.options.was);
        let named: BTreeSet<&EcoString> = formers.filter_map(|former| former.stack.as_ref()).collect();
        let mut states = BTreeMap::new();
        for (import, used) in desired.imports.iter().filter(|(import, _)| named.contains(import)) {
            let directory = crate::host::absolute(&root.join(used.directory.as_str())).map_err(Failure::new)?;
            let directory = Path::new(&directory);
            let environment = Some(&used.environment).filter(|name| !name.is_empty());
            in_files(&stacks::place_of(directory, environment, arguments)?, &used.stack)?;
            let state = registry::state_directory(directory, &used.stack, &used.environment, arguments.sandbox);
            states.insert(import.clone(), (used.clone(), state));
        }
        Ok(Self { states })
    }

    /// Whether nothing comes from anywhere.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// What the other states remember now. Nothing is written.
    ///
    /// # Errors
    /// One of them is damaged.
    pub async fn read(&self) -> Result<Others, Failure> {
        let mut others = Others::new();
        for (import, (_, state)) in &self.states {
            let loaded = LocalStore::new(state).load().await?;
            others.insert(import.clone(), fold(loaded.snapshot, loaded.entries).snapshot);
        }
        Ok(others)
    }

    /// On the sandbox, a place from which the objects of the other stacks can be seen.
    ///
    /// # Errors
    /// A sandbox cannot be read.
    pub fn seen_from(&self, place: pipeline::Place, arguments: &CloudArguments) -> Result<pipeline::Place, Failure> {
        if !self.is_empty() {
            in_files(&place.kept, "this stack")?;
        }
        if self.is_empty() || !arguments.sandbox {
            return Ok(place);
        }
        let states = self.states.values().map(|(_, state)| state.as_path());
        let clouds = pipeline::sandbox(&place.state, states, Arc::clone(&place.clouds.catalogue), arguments)?;
        Ok(pipeline::Place { clouds, ..place })
    }

    /// What moves, with what stands in its way.
    ///
    /// # Errors
    /// The source of another stack cannot be read or is wrong.
    pub fn settled(
        &self,
        desired: &DesiredStack,
        snapshot: &Snapshot,
        others: &Others,
        root: &Path,
    ) -> Result<Moves, Failure> {
        let mut moves = settle(desired, snapshot, others);
        let mut wanted: BTreeMap<&EcoString, DesiredStack> = BTreeMap::new();
        for crossing in &moves.crossing {
            let Some((used, _)) = self.states.get(&crossing.stack) else { continue };
            if !wanted.contains_key(&crossing.stack) {
                wanted.insert(&crossing.stack, theirs(used, root)?);
            }
            let still = wanted.get(&crossing.stack).is_some_and(|stack| stack.resources.contains_key(&crossing.from));
            moves.refused.extend(still.then(|| still_declared(crossing, &used.stack)));
        }
        Ok(moves)
    }

    /// Takes this state and the others, always in the order of their places, so that two that want the same ones do not
    /// hold each other up.
    ///
    /// # Errors
    /// Somebody writes one of them, or an interrupted step cannot be resolved; none is held then.
    pub async fn take(&self, place: &pipeline::Place, arguments: &CloudArguments) -> Result<Taken, Failure> {
        if self.is_empty() {
            return running::take(place).await;
        }
        let before = place.store.load().await?;
        if !fold(before.snapshot, before.entries).snapshot.receiving.is_empty() {
            // An interrupted move takes the other state itself.
            running::take(place).await?.release().await?;
        }
        let mut order: BTreeMap<PathBuf, Option<&UsedStack>> = BTreeMap::new();
        for (used, state) in self.states.values() {
            order.insert(state.clone(), Some(used));
        }
        let own = PathBuf::from(crate::host::absolute(&place.state).map_err(Failure::new)?);
        order.insert(own, None);
        let mut taken = None;
        let mut others: Vec<Held> = Vec::new();
        for (state, used) in order {
            let next = match used {
                None => running::take(place).await.map(|own| taken = Some(own)),
                Some(used) => self.hold(used, &state, place, arguments).await.map(|held| others.extend(held)),
            };
            if let Err(failure) = next {
                release(&others).await?;
                if let Some(taken) = taken {
                    taken.release().await?;
                }
                return Err(failure);
            }
        }
        let Some(mut taken) = taken else { return Err(Failure::new("this state could not be taken")) };
        confirm(&taken.folded, &others).await?;
        taken.others = others;
        Ok(taken)
    }

    /// Takes another state. Nothing if there is none yet.
    async fn hold(
        &self,
        used: &UsedStack,
        state: &Path,
        place: &pipeline::Place,
        arguments: &CloudArguments,
    ) -> Result<Option<Held>, Failure> {
        if LocalStore::new(state).load().await?.snapshot.lineage.is_empty() {
            return Ok(None);
        }
        let clouds = if arguments.sandbox {
            pipeline::sandbox(state, std::iter::empty(), Arc::clone(&place.clouds.catalogue), arguments)?
        } else {
            place.clouds.clone()
        };
        let store = Arc::new(LocalStore::new(state));
        let other = pipeline::Place { state: state.to_path_buf(), clouds, kept: StatePlace::Local, store };
        let taken = running::take(&other).await.map_err(|failure| {
            failure.explained(&format!("`{}`, from which something moves here, cannot be taken", used.stack))
        })?;
        let here = self.states.iter().filter(|(_, (_, other))| other == state);
        Ok(Some(Held {
            imports: here.map(|(import, _)| import.clone()).collect(),
            store: taken.store,
            snapshot: taken.folded.snapshot,
            state: state.to_path_buf(),
        }))
    }
}

impl Taken {
    /// What the other states remember that were taken with this one.
    pub fn theirs(&self, origins: &Origins) -> Others {
        let mut others: Others = origins.states.keys().map(|import| (import.clone(), Snapshot::default())).collect();
        for held in &self.others {
            others.extend(held.imports.iter().map(|import| (import.clone(), held.snapshot.clone())));
        }
        others
    }

    /// Gives everything back that was taken.
    ///
    /// # Errors
    /// The end could not be recorded.
    pub async fn release(&self) -> Result<(), Failure> {
        release(&self.others).await?;
        Ok(self.store.release().await?)
    }
}

/// Moves find the other state again by its directory after an interruption: both states are kept in files.
fn in_files(kept: &StatePlace, stack: &str) -> Result<(), Failure> {
    if matches!(kept, StatePlace::Local) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "`@was` of another stack moves between states that are kept in files, and the state of {stack} is kept in {}\nmigrate both to files for the move, or forget there and @adopt here",
        kept.address().unwrap_or_default()
    )))
}

async fn release(others: &[Held]) -> Result<(), Failure> {
    for held in others {
        held.store.release().await?;
    }
    Ok(())
}

/// What another stack wants now.
fn theirs(used: &UsedStack, root: &Path) -> Result<DesiredStack, Failure> {
    let front = front::load(&root.join(used.directory.as_str()), &[])?;
    let mut report = Report::default();
    let environment = (!used.environment.is_empty()).then(|| used.environment.clone());
    let stack = front.offline(environment, &mut report);
    if report.has_errors() {
        return Err(Failure::new(format!(
            "`{}`, from which something moves here, is not sound: cairn check {}",
            used.stack, used.directory
        )));
    }
    Ok(stack)
}

fn still_declared(crossing: &Crossing, stack: &str) -> Diagnostic {
    Diagnostic::error(
        "moves::still_declared",
        format!("`{}` is still declared in the stack `{stack}`", crossing.from),
        crossing.span,
        "`@was` names an address that is gone",
    )
    .help(format!("remove the declaration of `{}` there, or this decorator", crossing.from))
}

/// A nonce that names the state that receives.
fn nonce(lineage: &EcoString) -> EcoString {
    eco_format!("{lineage}.{}", SystemEntropy.nonce())
}

/// Tells the other states that what they handed over earlier is remembered here.
async fn confirm(folded: &Folded, others: &[Held]) -> Result<(), Failure> {
    let lineage = &folded.snapshot.lineage;
    for held in others {
        let known = held.snapshot.handed.keys().filter(|nonce| {
            nonce.strip_prefix(lineage.as_str()).is_some_and(|rest| rest.starts_with('.'))
                && !folded.snapshot.receiving.contains_key(*nonce)
        });
        let settled: Vec<Entry> = known.map(|nonce| Entry::Settled { nonce: nonce.clone() }).collect();
        if !settled.is_empty() {
            held.store.append(&settled).await?;
        }
    }
    Ok(())
}

/// Carries out the moves from other states, and gives those back.
///
/// # Errors
/// Something could not be written: what is where is found out by the next run.
pub async fn receive(taken: &mut Taken, (state, name): (&Path, &str), crossing: &[Crossing]) -> Result<(), Failure> {
    let others = std::mem::take(&mut taken.others);
    let (store, folded) = (Arc::clone(&taken.store), &mut taken.folded);
    let lineage = folded.snapshot.lineage.clone();
    for held in &others {
        let mine: Vec<(EcoString, &Crossing)> = crossing
            .iter()
            .filter(|crossing| held.imports.contains(&crossing.stack))
            .map(|crossing| (nonce(&lineage), crossing))
            .collect();
        if !mine.is_empty() {
            let from = relative(state, &held.state)?;
            let receiving = mine.iter().map(|(nonce, crossing)| {
                let (address, recorded) = (crossing.to.clone(), crossing.recorded.clone());
                let receiving = Box::new(Receiving { address, recorded, state: from.clone() });
                Entry::Receiving { nonce: nonce.clone(), receiving }
            });
            store.append(&receiving.collect::<Vec<_>>()).await?;
            let handed = mine.iter().map(|(nonce, crossing)| Entry::Handed {
                nonce: nonce.clone(),
                address: crossing.from.clone(),
                to: eco_format!("{name}: {}", crossing.to),
            });
            held.store.append(&handed.collect::<Vec<_>>()).await?;
            let objects: Vec<(EcoString, EcoString)> = mine
                .iter()
                .map(|(_, crossing)| (crossing.recorded.kind.clone(), crossing.recorded.id.clone()))
                .collect();
            sandbox_file::carry(&held.state, state, &objects).map_err(Failure::new)?;
            let received = mine.iter().map(|(nonce, _)| Entry::Received { nonce: nonce.clone(), ours: true });
            store.append(&received.collect::<Vec<_>>()).await?;
            let settled = mine.iter().map(|(nonce, _)| Entry::Settled { nonce: nonce.clone() });
            held.store.append(&settled.collect::<Vec<_>>()).await?;
            for (_, crossing) in mine {
                folded.snapshot.resources.insert(crossing.to.clone(), crossing.recorded.clone());
            }
        }
        held.store.release().await?;
    }
    Ok(())
}

/// Finishes moves that were interrupted: what the other state handed over is remembered here.
///
/// # Errors
/// The other state cannot be taken.
pub async fn finish(taken: &mut Taken, state: &Path) -> Result<(), Failure> {
    if taken.folded.snapshot.receiving.is_empty() {
        return Ok(());
    }
    let (store, folded) = (Arc::clone(&taken.store), &taken.folded);
    let mut by_state: BTreeMap<&EcoString, Vec<(&EcoString, &Receiving)>> = BTreeMap::new();
    for (nonce, receiving) in &folded.snapshot.receiving {
        by_state.entry(&receiving.state).or_default().push((nonce, receiving));
    }
    for (other, received) in by_state {
        let directory = state.join(other.as_str());
        known(&directory).await?;
        let held = LocalStore::new(&directory);
        // Taken, so that whoever was cut off cannot hand it over after this.
        let loaded = held.take(&who::who()).await?;
        let theirs = fold(loaded.snapshot, loaded.entries).snapshot;
        let mine = received.iter().filter(|(nonce, _)| theirs.handed.contains_key(*nonce));
        let objects: Vec<(EcoString, EcoString)> =
            mine.map(|(_, one)| (one.recorded.kind.clone(), one.recorded.id.clone())).collect();
        sandbox_file::carry(&directory, state, &objects).map_err(Failure::new)?;
        let entries = received
            .iter()
            .map(|(nonce, _)| Entry::Received { nonce: (*nonce).clone(), ours: theirs.handed.contains_key(*nonce) });
        store.append(&entries.collect::<Vec<_>>()).await?;
        let settled = received.iter().filter(|(nonce, _)| theirs.handed.contains_key(*nonce));
        let settled: Vec<Entry> = settled.map(|(nonce, _)| Entry::Settled { nonce: (*nonce).clone() }).collect();
        if !settled.is_empty() {
            held.append(&settled).await?;
        }
        held.release().await?;
    }
    let loaded = store.load().await?;
    taken.folded = fold(loaded.snapshot, loaded.entries);
    Ok(())
}

/// What is recorded, with interrupted moves as they will be once somebody takes the state. Nothing is written.
///
/// # Errors
/// The other state cannot be read.
pub async fn look(folded: &mut Folded, state: &Path) -> Result<(), Failure> {
    for (nonce, receiving) in std::mem::take(&mut folded.snapshot.receiving) {
        let theirs = known(&state.join(receiving.state.as_str())).await?;
        if theirs.handed.contains_key(&nonce) {
            folded.snapshot.resources.insert(receiving.address, receiving.recorded);
        }
    }
    Ok(())
}

/// What another state remembers, which must be there.
async fn known(state: &Path) -> Result<Snapshot, Failure> {
    let loaded = LocalStore::new(state).load().await?;
    let snapshot = fold(loaded.snapshot, loaded.entries).snapshot;
    if snapshot.lineage.is_empty() {
        return Err(Failure::new(format!(
            "a move from the state {} was interrupted, and that state is not there any more\nbring it back: it says who owns what moved",
            state.display()
        )));
    }
    Ok(snapshot)
}

/// Where another state lies, seen from this one.
fn relative(from: &Path, to: &Path) -> Result<EcoString, Failure> {
    let from = PathBuf::from(crate::host::absolute(from).map_err(Failure::new)?);
    let same = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(same).map(|_| "..");
    let down: Vec<String> =
        to.components().skip(same).map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let parts: Vec<&str> = up.chain(down.iter().map(String::as_str)).collect();
    Ok(parts.join("/").into())
}
