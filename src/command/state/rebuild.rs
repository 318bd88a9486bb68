//! `cairn state rebuild`: a lost state is made anew from the marks in the cloud.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cairn_provider::request::Target;
use clap::Args;
use ecow::EcoString;

use super::super::arguments::{CloudArguments, Format, ValueArguments};
use super::super::consent;
use super::super::failure::{Exit, Failure};
use super::super::front::{self, Front};
use super::super::pipeline;
use crate::builtins::action::is_built_in;
use crate::diagnostic::Report;
use crate::engine::mask::StackKey;
use crate::engine::rebuild::{Proposed, Survey, connect, findable, has_marks, lineages, propose, survey};
use crate::host::{terminal, who};
use crate::model::Address;
use crate::model::desired::DesiredStack;
use crate::registry;
use crate::state::{Custody, Ending, Entry, fold};
use crate::view;

#[derive(Args)]
pub struct Rebuild {
    /// The stack's directory
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    #[command(flatten)]
    values: ValueArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// The state whose objects are meant, if those of several are found
    #[arg(long, value_name = "LINEAGE")]
    lineage: Option<String>,
    /// Of several objects of one address, the one with this id; may be repeated
    #[arg(long, value_name = "ID")]
    keep: Vec<String>,
    /// How the result is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Makes a state anew.
pub async fn rebuild(arguments: Rebuild) -> Result<Exit, Failure> {
    arguments.cloud.require_whole("state rebuild")?;
    let front = front::load(&arguments.directory, &arguments.values.set)?;
    if front.stack().is_empty() {
        return Err(front.failure(front.check_all()));
    }
    let environment = front.environment(arguments.values.env.as_deref())?;
    let kept = front.state_place(environment.clone())?;
    let (stack, catalogue) = (front.stack(), front.catalogue());
    let place = pipeline::open(&front.root, &stack, environment.as_ref(), catalogue, &kept, &arguments.cloud).await?;
    let there = place.store.load().await?;
    let there = fold(there.snapshot, there.entries).snapshot;
    if !there.resources.is_empty() || !there.deposed.is_empty() {
        return Err(Failure::new(format!(
            "there is a state, with {} objects: nothing has to be rebuilt\nto go back to an older one: cairn state restore",
            there.resources.len() + there.deposed.len()
        )));
    }
    let desired = front.offline(environment.clone(), &mut Report::default());
    let targets = targets(&desired)?;
    pipeline::verify_accounts(&desired, &place.clouds).await?;
    let managed: Vec<&str> =
        place.clouds.catalogue.names().filter(|kind| registry::declaration(kind).is_some()).collect();
    if findable(&place.clouds).is_empty() {
        return Err(Failure::new(
            "this build can reach no cloud, only the sandbox: add --sandbox, or build with the default features",
        ));
    }
    let found = survey(&place.clouds, &targets, 0.0).await;
    let chosen = lineage(&found, arguments.lineage.as_deref());
    let sources = |address: &Address| source(&front, &desired, address);
    let mut proposed = match &chosen {
        Ok(lineage) => propose(&found.found, lineage, &arguments.keep, &desired, &sources),
        Err(_) => Proposed::default(),
    };
    // Nothing that is secret is compared here, so any key serves.
    connect(&mut proposed, &desired, &place.clouds, &StackKey::new(vec![0; 32]), &sources).await;
    let refused = chosen.as_ref().err().cloned().or_else(|| conflicts(&proposed));
    let seen = view::human::rebuilt::Seen {
        types: managed.len(),
        findable: managed.iter().filter(|kind| has_marks(&place.clouds, kind)).count(),
        lineage: chosen.as_ref().ok().map(EcoString::as_str),
        lineages: lineages(&found.found),
        resources: &proposed.resources,
        conflicts: proposed
            .conflicts
            .iter()
            .map(|(address, objects)| {
                (address, objects.iter().map(|found| (found.kind.clone(), found.id.clone())).collect())
            })
            .collect(),
        missing: &proposed.missing,
        unreadable: found.unreadable.iter().map(|(kind, error)| (kind.to_string(), error.to_string())).collect(),
    };
    let json = |written: bool| {
        if arguments.format == Format::Json {
            terminal::out(&view::json::rebuilt(&seen, written));
        }
    };
    if arguments.format != Format::Json {
        terminal::out(&view::human::rebuilt::show(&seen));
    }
    if let Some(why) = refused {
        json(false);
        return Err(Failure::with(Exit::Refused, format!("{why}\nnothing was written")));
    }
    let expected = environment.as_ref().map_or_else(|| front.stack().to_string(), ToString::to_string);
    if !arguments.yes && !consent::ask("Write a new state of these?", &expected)? {
        return Err(Failure::new("not consented to; nothing was written"));
    }
    let lineage = chosen.clone().unwrap_or_default();
    write(&*place.store, lineage, &proposed).await?;
    json(true);
    if arguments.format != Format::Json {
        terminal::out("\nthe state is there again; `cairn plan` shows what it does not know yet\n");
    }
    Ok(Exit::Done)
}

/// Where the source has things.
fn targets(desired: &DesiredStack) -> Result<BTreeSet<Target>, Failure> {
    let targets = desired.resources.values().map(|resource| resource.place.target.clone());
    let targets: BTreeSet<Target> = targets.filter(|target| !is_built_in(&target.cloud)).collect();
    if targets.is_empty() {
        return Err(Failure::new(
            "the source declares no resource, so nobody knows in which regions and accounts to look; \
             check it out as it was when the state was lost",
        ));
    }
    Ok(targets)
}

/// The state whose objects are meant, or why that is not clear.
fn lineage(found: &Survey, asked: Option<&str>) -> Result<EcoString, String> {
    let all = lineages(&found.found);
    match (asked, all.len()) {
        (Some(asked), _) if all.contains_key(asked) => Ok(asked.into()),
        (Some(asked), _) => Err(format!("no object carries the mark of a state {asked}")),
        (None, 0) => Err("no object carries the marks of any state".to_owned()),
        (None, 1) => Ok(all.into_keys().next().unwrap_or_default()),
        (None, _) => Err("objects of several states were found: choose one with --lineage".to_owned()),
    }
}

fn conflicts(proposed: &Proposed) -> Option<String> {
    let count = proposed.conflicts.len();
    let addresses = if count == 1 { "an address has".to_owned() } else { format!("{count} addresses have") };
    (count > 0).then(|| format!("{addresses} several objects: choose with --keep ID; the others are not managed then"))
}

fn source(front: &Front, desired: &DesiredStack, address: &Address) -> EcoString {
    let wanted = desired.resources.get(address);
    wanted.map_or_else(EcoString::new, |wanted| front.program.sources.place(wanted.origin).into())
}

/// A new state with a new key; the marks keep their lineage. Cut off, all of it is there or nothing, and it can be run
/// once more.
async fn write(store: &dyn Custody, lineage: EcoString, proposed: &Proposed) -> Result<(), Failure> {
    store.take(&who::who()).await?;
    let entries = [
        Entry::CommandBegun { command: "state rebuild".into(), at: crate::host::now() },
        Entry::Rebuilt { lineage, resources: proposed.resources.clone() },
        Entry::CommandEnded { how: Ending::Done, at: crate::host::now() },
    ];
    store.append(&entries).await?;
    let loaded = store.load().await?;
    store.compact(&fold(loaded.snapshot, loaded.entries).snapshot).await?;
    store.release().await?;
    Ok(())
}
