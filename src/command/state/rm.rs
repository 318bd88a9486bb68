//! `cairn state rm`: an address is managed no longer; its object stays.

use std::path::PathBuf;

use clap::Args;
use ecow::eco_format;

use super::super::arguments::{CloudArguments, Format, ValueArguments};
use super::super::failure::{Exit, Failure};
use super::part::{Order, Part, change, marked, note};
use crate::engine::known::World;
use crate::engine::marks;
use crate::model::Address;
use crate::model::change::{Action, Reason};
use crate::model::desired::{DesiredStack, Forgotten};
use crate::source::{SourceId, Span};
use crate::state::Snapshot;

#[derive(Args)]
pub struct Remove {
    /// The address; what is inside of it is let go of, too
    #[arg(value_name = "ADDR")]
    address: String,
    /// The stack's directory
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    #[command(flatten)]
    values: ValueArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// Leave the tags that say whose the objects are
    #[arg(long)]
    keep_marks: bool,
    /// How the result is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Forgets an address.
pub async fn rm(arguments: Remove) -> Result<Exit, Failure> {
    arguments.cloud.require_whole("state rm")?;
    let address = Address::from_text(&arguments.address);
    let part = Part::open(&arguments.directory, &arguments.values, &arguments.cloud).await?;
    let leaving = part.within(&address);
    if leaving.is_empty() {
        let why = part.unknown(&address);
        return Err(part.refuse(why).await);
    }
    if part.declares(&address) {
        note(&format!("the source still declares {address}: unless that goes, too, the next apply makes another one"));
    }
    let span = Span::new(SourceId(0), 0, 0);
    let desired =
        DesiredStack { forgotten: vec![Forgotten { address: address.clone(), span }], ..DesiredStack::default() };
    let read = Snapshot {
        resources: leaving.iter().cloned().collect(),
        deposed: Vec::new(),
        ..part.taken.folded.snapshot.clone()
    };
    let observations = part.read(&read, &desired).await?;
    let mut world = World::default();
    let mut changes = Vec::new();
    for (address, recorded) in &leaving {
        let schema = part.place.clouds.catalogue.get(&recorded.kind);
        let owned = marked(&observations, address);
        let changeable = schema.is_some_and(|schema| marks::can_change(schema));
        let stay = owned.is_some() && (arguments.keep_marks || !changeable);
        if let Some(live) = owned.filter(|_| !arguments.keep_marks) {
            world.insert(address.clone(), live.attributes.clone());
        }
        changes.push(change(address, recorded, Action::Forget, vec![Reason::Forgotten { marked: stay }]));
    }
    part.settle(Order {
        command: eco_format!("state rm {address}"),
        title: "state rm",
        desired,
        world,
        changes,
        moved: Vec::new(),
        first: Vec::new(),
        question: "Let go of this? The objects stay.",
        yes: arguments.yes,
        arguments: &arguments.cloud,
        format: arguments.format,
    })
    .await
}
