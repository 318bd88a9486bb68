//! `cairn state mv`: what is remembered at an address is remembered at another one.

use std::path::PathBuf;

use cairn_provider::object::Observed;
use clap::Args;
use ecow::eco_format;

use super::super::arguments::{CloudArguments, Format, ValueArguments};
use super::super::failure::{Exit, Failure};
use super::part::{Order, Part, change};
use crate::engine::known::World;
use crate::engine::undo::as_it_is;
use crate::model::Address;
use crate::model::change::Action;
use crate::model::desired::{DesiredStack, Former};
use crate::source::{SourceId, Span};
use crate::state::{Entry, Snapshot};

#[derive(Args)]
pub struct Move {
    /// The address it has; what is inside of it moves along
    #[arg(value_name = "FROM")]
    from: String,
    /// The address it gets
    #[arg(value_name = "TO")]
    to: String,
    /// The stack's directory
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    #[command(flatten)]
    values: ValueArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// How the result is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Gives what is remembered another address, and marks the objects with it.
pub async fn mv(arguments: Move) -> Result<Exit, Failure> {
    arguments.cloud.require_whole("state mv")?;
    let (from, to) = (Address::from_text(&arguments.from), Address::from_text(&arguments.to));
    let part = Part::open(&arguments.directory, &arguments.values, &arguments.cloud).await?;
    let moving = part.within(&from);
    if let Some(why) = in_the_way(&part, &from, &to, moving.is_empty()) {
        return Err(part.refuse(why).await);
    }
    let mut desired = DesiredStack::default();
    let mut renamed = part.taken.folded.snapshot.clone();
    let pairs: Vec<(Address, Address)> =
        moving.iter().filter_map(|(address, _)| Some((address.clone(), address.rebased(&from, &to)?))).collect();
    renamed.rename(pairs.iter().map(|(from, to)| (from, to)));
    for (old, new) in &pairs {
        let Some(recorded) = renamed.resources.get(new) else { continue };
        let mut wanted = as_it_is(new, recorded);
        // Its tags are read for that, to put the new address among them.
        wanted.options.was = vec![Former { address: old.clone(), span: Span::new(SourceId(0), 0, 0) }];
        desired.resources.insert(new.clone(), wanted);
    }
    let resources = renamed.resources.iter().filter(|(address, _)| desired.resources.contains_key(*address));
    let resources = resources.map(|(address, recorded)| (address.clone(), recorded.clone())).collect();
    let read = Snapshot { resources, deposed: Vec::new(), ..renamed.clone() };
    let observations = part.read(&read, &desired).await?;
    let mut world = World::default();
    let mut changes = Vec::new();
    let mut first = Vec::new();
    let mut moved = Vec::new();
    for (old, new) in pairs {
        let Some(recorded) = read.resources.get(&new) else { continue };
        match observations.objects.get(&new) {
            Some(Observed::Present(live)) => {
                world.insert(new.clone(), live.attributes.clone());
                let mut change = change(&new, recorded, Action::Move, Vec::new());
                change.previous = Some(old.clone());
                changes.push(change);
                moved.push((old, new));
            }
            Some(Observed::Unreadable(error)) => {
                let why = format!("{old} could not be read: {error}\nnothing was moved");
                return Err(part.refuse(why).await);
            }
            // Without the object there are no marks to change.
            Some(Observed::Absent) | None => first.push(Entry::Moved { from: old, to: new }),
        }
    }
    part.settle(Order {
        command: eco_format!("state mv {from} {to}"),
        title: "state mv",
        desired,
        world,
        changes,
        moved,
        first,
        question: "Remember it at the new address?",
        yes: arguments.yes,
        arguments: &arguments.cloud,
        format: arguments.format,
    })
    .await
}

fn in_the_way(part: &Part, from: &Address, to: &Address, nothing: bool) -> Option<String> {
    if nothing {
        return Some(part.unknown(from));
    }
    if from == to || to.is_within(from) {
        return Some(format!("{to} is {from} itself, or inside of it"));
    }
    let taken = |address: &Address| address.is_within(to);
    let snapshot = &part.taken.folded.snapshot;
    if snapshot.resources.keys().any(taken) || snapshot.deposed.iter().any(|(address, _)| taken(address)) {
        return Some(format!("there is something at {to} already: `cairn state show {to}`"));
    }
    if part.declares(from) && !part.declares(to) {
        return Some(format!(
            "the source declares {from} and not {to}: the next apply would make {from} anew and destroy {to}\n\
             rename it in the source first; @was({from}) above the new declaration does both in one apply"
        ));
    }
    None
}
