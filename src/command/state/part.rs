//! Changes of what is remembered of some addresses: shown, consented to and journaled like an apply.

use std::collections::BTreeMap;
use std::path::Path;

use cairn_provider::object::Observed;
use ecow::EcoString;

use super::super::arguments::{CloudArguments, Detail, Format, ValueArguments};
use super::super::failure::{Exit, Failure};
use super::super::front::{self, Front};
use super::super::proposal::{Proposal, Question, settle};
use super::super::{pipeline, run as running};
use crate::diagnostic::{Report, Severity, suggest};
use crate::engine::apply::{OnFailure, Taken, Work};
use crate::engine::known::World;
use crate::engine::observe::{Observations, observe};
use crate::engine::plan::Planning;
use crate::host::terminal;
use crate::model::Address;
use crate::model::change::{Action, Change, Reason};
use crate::model::desired::DesiredStack;
use crate::model::plan::{Base, Plan};
use crate::state::{Recorded, Snapshot};

/// A stack whose state is taken, to change what is remembered of some of its addresses.
pub struct Part {
    pub front: Front,
    pub environment: Option<EcoString>,
    pub place: pipeline::Place,
    pub taken: Taken,
    /// What the source declares; nothing if it is not sound.
    pub declared: Option<DesiredStack>,
}

impl Part {
    /// Takes the state.
    pub async fn open(directory: &Path, values: &ValueArguments, cloud: &CloudArguments) -> Result<Self, Failure> {
        let front = front::load(directory, &values.set)?;
        if front.stack().is_empty() {
            return Err(front.failure(front.check_all()));
        }
        let environment = front.environment(values.env.as_deref())?;
        let sound = front.check_all().iter().all(|diagnostic| diagnostic.severity != Severity::Error);
        let declared = sound.then(|| front.offline(environment.clone(), &mut Report::default()));
        let kept = front.state_place(environment.clone())?;
        let (stack, catalogue) = (front.stack(), front.catalogue());
        let place = pipeline::open(&front.root, &stack, environment.as_ref(), catalogue, &kept, cloud).await?;
        let taken = running::take(&place).await?;
        Ok(Self { front, environment, place, taken, declared })
    }

    /// Gives the state back, and a reason.
    pub async fn refuse(self, why: String) -> Failure {
        match self.taken.store.release().await {
            Ok(()) => Failure::new(why),
            Err(error) => error.into(),
        }
    }

    /// What is remembered at an address and inside of it.
    pub fn within(&self, address: &Address) -> Vec<(Address, Recorded)> {
        let resources = self.taken.folded.snapshot.resources.iter();
        let within = resources.filter(|(other, _)| other.is_within(address));
        within.map(|(address, recorded)| (address.clone(), recorded.clone())).collect()
    }

    /// That nothing is remembered of an address, with the one that was meant.
    pub fn unknown(&self, address: &Address) -> String {
        let names = self.taken.folded.snapshot.resources.keys().map(Address::as_str);
        let hint =
            suggest::nearest(address.as_str(), names).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        format!("nothing is remembered of {address}{hint}")
    }

    /// Whether the source declares an address.
    pub fn declares(&self, address: &Address) -> bool {
        let declared = self.declared.as_ref().into_iter().flat_map(|desired| desired.resources.keys());
        declared.into_iter().any(|other| other.is_within(address))
    }

    /// Reads objects with their tags.
    pub async fn read(&self, snapshot: &Snapshot, desired: &DesiredStack) -> Result<Observations, Failure> {
        Ok(observe(snapshot, desired, &self.place.clouds, pipeline::quarantine()?, crate::host::now()).await)
    }

    /// Shows the changes, asks, and carries them out.
    pub async fn settle(self, order: Order<'_>) -> Result<Exit, Failure> {
        let Order { command, title, mut desired, world, changes, moved, first, question, yes, arguments, format } =
            order;
        let snapshot = &self.taken.folded.snapshot;
        let stack = self.front.stack();
        let expected = self.environment.as_ref().map_or_else(|| stack.to_string(), ToString::to_string);
        desired.name = stack.clone();
        desired.environment = self.environment.clone().unwrap_or_default();
        let plan = Plan {
            stack,
            environment: self.environment.clone().unwrap_or_default(),
            changes,
            base: Base { lineage: snapshot.lineage.clone(), sequence: snapshot.sequence },
            ..Plan::default()
        };
        let planning = Planning {
            plan,
            refused: Vec::new(),
            warnings: Vec::new(),
            unreadable: Vec::new(),
            world,
            crossing: Vec::new(),
            seen: BTreeMap::new(),
        };
        let work = running::Work {
            work: Work {
                desired,
                planning,
                moved,
                clouds: self.place.clouds.clone(),
                first,
                last: Vec::new(),
                command,
                partial: true,
            },
            place: &self.place,
            root: &self.front.root,
            arguments,
            format,
            on_failure: OnFailure::FinishIndependent,
        };
        settle(Proposal {
            command: title,
            taken: self.taken,
            work,
            sources: &self.front.program.sources,
            detail: Detail::Default,
            question: (!yes).then_some(Question { text: question, expected }),
            approved: Vec::new(),
        })
        .await
    }
}

/// What is changed of a part, and how it is shown.
pub struct Order<'a> {
    /// For the list of runs.
    pub command: EcoString,
    /// For the first line.
    pub title: &'static str,
    pub desired: DesiredStack,
    pub world: World,
    pub changes: Vec<Change>,
    pub moved: Vec<(Address, Address)>,
    pub first: Vec<crate::state::Entry>,
    pub question: &'static str,
    pub yes: bool,
    pub arguments: &'a CloudArguments,
    pub format: Format,
}

/// A change that touches nothing but marks.
pub fn change(address: &Address, recorded: &Recorded, action: Action, reasons: Vec<Reason>) -> Change {
    Change {
        address: address.clone(),
        previous: None,
        kind: recorded.kind.clone(),
        action,
        id: Some(recorded.id.clone()),
        source: recorded.source.clone(),
        attributes: Vec::new(),
        drift: Vec::new(),
        released: Vec::new(),
        reasons,
        risks: Vec::new(),
    }
}

/// What was read of an address, if it is there and marked as ours.
pub fn marked<'o>(observations: &'o Observations, address: &Address) -> Option<&'o cairn_provider::object::Live> {
    match observations.objects.get(address) {
        Some(Observed::Present(live)) => Some(live.as_ref()).filter(|live| live.owner.is_some()),
        Some(Observed::Absent | Observed::Unreadable(_)) | None => None,
    }
}

/// A word to whoever is at the terminal.
pub fn note(text: &str) {
    terminal::err(&format!("{text}\n"));
}
