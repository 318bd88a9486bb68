//! What each command that changed something did: when, by whom, how it ended, and what was remembered before it.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::value::Value;
use ecow::EcoString;

use super::{Recorded, Snapshot};
use crate::model::Address;

/// How many runs are listed.
const LISTED: usize = 100;
/// Of how many of the last runs it is kept what was there before them, so that they can be undone.
const WHOLE: usize = 10;

/// One run: a command that changed something, or began to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunRecord {
    /// Its number: one more than that of the run before.
    pub number: u64,
    /// What was run, in the words of the command line: `apply`, `undo 3`.
    pub command: EcoString,
    /// Who: user, host and process.
    pub who: EcoString,
    /// When it began, in seconds since the beginning of 1970 (UTC).
    pub began: u64,
    /// The generation of the snapshot it began from.
    pub generation: u64,
    /// How it ended; nothing while it runs, and if it was cut off.
    pub end: Option<RunEnd>,
    /// What it did, with what was finished for it after it was cut off.
    pub counts: RunCounts,
    /// What is needed to go back; nothing once the run is too old.
    pub before: Option<Before>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// When, in seconds since the beginning of 1970 (UTC).
    pub at: u64,
    /// How.
    pub how: Ending,
}

/// The ways in which runs end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was done.
    Done,
    /// Something failed.
    Failed,
    /// The user stopped it.
    Stopped,
}

impl Ending {
    /// The name other programs read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// What a run did, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Objects that were made.
    pub created: u64,
    /// Objects that were changed in place.
    pub updated: u64,
    /// Objects that were destroyed.
    pub deleted: u64,
    /// Objects that were taken over.
    pub imported: u64,
    /// Objects that got another address.
    pub moved: u64,
    /// Objects that are managed no longer.
    pub forgotten: u64,
    /// Actions that were run to their end.
    pub ran: u64,
}

/// What was remembered before a run, of everything it touched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Before {
    /// By address; nothing where nothing was remembered.
    pub resources: BTreeMap<Address, Option<Recorded>>,
    /// Objects that were replaced and not gone yet; nothing if the run did not touch them.
    pub deposed: Option<Vec<(Address, Recorded)>>,
    /// The outputs; nothing if the run left them as they were.
    pub outputs: Option<BTreeMap<EcoString, Option<Value>>>,
    /// The nonces of what the run made.
    pub made: BTreeSet<EcoString>,
    /// The actions it ran.
    pub ran: BTreeSet<Address>,
    /// The addresses it let go of: the objects were not destroyed by it.
    pub let_go: BTreeSet<Address>,
}

/// Why a state of before cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSuchRun {
    /// There never was such a run, or it is not listed any more.
    Unknown,
    /// It is too old: this is the oldest run whose beginning is still known.
    TooOld(u64),
}

impl Snapshot {
    /// A run begins.
    pub(super) fn begin_run(&mut self, command: EcoString, who: EcoString, began: u64) {
        let number = self.runs.last().map_or(0, |run| run.number) + 1;
        let generation = self.generation;
        let before = Some(Before::default());
        self.runs.push(RunRecord { number, command, who, began, generation, before, ..RunRecord::default() });
        let excess = self.runs.len().saturating_sub(LISTED);
        self.runs.drain(..excess);
        let old = self.runs.len().saturating_sub(WHOLE);
        for run in self.runs.iter_mut().take(old) {
            run.before = None;
        }
    }

    /// What the last run changes next is remembered as it was before it, once.
    pub(super) fn touch(&mut self, address: &Address) {
        let Some(before) = self.runs.last_mut().and_then(|run| run.before.as_mut()) else { return };
        if !before.resources.contains_key(address) {
            before.resources.insert(address.clone(), self.resources.get(address).cloned());
        }
    }

    /// As [`touch`](Self::touch), of what was replaced and is not gone.
    pub(super) fn touch_deposed(&mut self) {
        let Some(before) = self.runs.last_mut().and_then(|run| run.before.as_mut()) else { return };
        before.deposed.get_or_insert_with(|| self.deposed.clone());
    }

    /// As [`touch`](Self::touch), of the outputs.
    pub(super) fn touch_outputs(&mut self) {
        let Some(before) = self.runs.last_mut().and_then(|run| run.before.as_mut()) else { return };
        before.outputs.get_or_insert_with(|| self.outputs.clone());
    }

    /// The last run, to count in it.
    pub(super) fn counted(&mut self, count: impl FnOnce(&mut RunCounts)) {
        if let Some(run) = self.runs.last_mut() {
            count(&mut run.counts);
        }
    }

    /// One run.
    pub fn run(&self, number: u64) -> Option<&RunRecord> {
        self.runs.iter().find(|run| run.number == number)
    }

    /// What was remembered when a run had ended, with what was finished for it later.
    ///
    /// # Errors
    /// There was no such run, or it is too old.
    pub fn after_run(&self, number: u64) -> Result<Self, NoSuchRun> {
        self.run(number).ok_or(NoSuchRun::Unknown)?;
        self.rewound(|run| run.number > number)
    }

    /// What was remembered when a run began.
    ///
    /// # Errors
    /// There was no such run, or it is too old.
    pub fn before_run(&self, number: u64) -> Result<Self, NoSuchRun> {
        self.run(number).ok_or(NoSuchRun::Unknown)?;
        self.rewound(|run| run.number >= number)
    }

    /// With everything taken back that the last runs did.
    fn rewound(&self, later: impl Fn(&RunRecord) -> bool) -> Result<Self, NoSuchRun> {
        let mut earlier = self.clone();
        let oldest = self.runs.iter().find(|run| run.before.is_some()).map_or(0, |run| run.number);
        while let Some(run) = earlier.runs.pop_if(|run| later(run)) {
            let before = run.before.ok_or(NoSuchRun::TooOld(oldest))?;
            for (address, recorded) in before.resources {
                match recorded {
                    Some(recorded) => earlier.resources.insert(address, recorded),
                    None => earlier.resources.remove(&address),
                };
            }
            earlier.deposed = before.deposed.unwrap_or(earlier.deposed);
            earlier.outputs = before.outputs.unwrap_or(earlier.outputs);
        }
        Ok(earlier)
    }
}

#[cfg(test)]
mod tests {
    use cairn_provider::request::Target;
    use cairn_provider::value::Map;

    use super::{LISTED, NoSuchRun, WHOLE};
    use crate::model::Address;
    use crate::state::{Ending, Entry, Intent, IntentKind, Recorded, Snapshot, fold};

    fn recorded(id: &str) -> Recorded {
        Recorded {
            kind: "aws.ec2.Vpc".into(),
            id: id.into(),
            target: Target::default(),
            inputs: Map::new(),
            needs: std::collections::BTreeSet::new(),
            protect: false,
            incomplete: false,
            nonce: "n".into(),
            source: "a.cairn:1".into(),
        }
    }

    fn create(name: &str, id: &str) -> [Entry; 2] {
        let intent = Intent {
            nonce: id.into(),
            kind: IntentKind::Create,
            address: Address::top(name),
            resource: "aws.ec2.Vpc".into(),
            target: Target::default(),
            id: None,
            inputs: Map::new(),
            needs: std::collections::BTreeSet::new(),
            protect: false,
            source: "a.cairn:1".into(),
        };
        let applied = Entry::Applied { nonce: id.into(), recorded: Box::new(recorded(id)) };
        [Entry::Begun(intent), applied]
    }

    fn begun(command: &str) -> Entry {
        Entry::CommandBegun { command: command.into(), at: 1 }
    }

    fn run(entries: impl IntoIterator<Item = Entry>) -> Snapshot {
        fold(Snapshot::default(), (1..).zip(entries)).snapshot
    }

    #[test]
    fn what_was_there_before_and_after_each_run_is_known() {
        let address = Address::top("a");
        let mut entries = vec![Entry::Take { epoch: 1, who: "me".into() }, begun("apply")];
        entries.extend(create("a", "1"));
        entries.extend([Entry::CommandEnded { how: Ending::Done, at: 2 }, begun("apply")]);
        // A replacement, cut off before the old object is gone, then something forgotten.
        entries.extend(create("a", "2"));
        entries.extend([begun("state rm b"), Entry::Forgotten { address: address.clone() }]);
        let now = run(entries);
        assert!(now.resources.is_empty());
        assert_eq!(now.after_run(2).unwrap().resources[&address].id, "2");
        assert_eq!(now.after_run(2).unwrap().deposed.len(), 1);
        assert_eq!(now.before_run(2).unwrap().resources[&address].id, "1");
        assert!(now.before_run(2).unwrap().deposed.is_empty());
        assert!(now.before_run(1).unwrap().resources.is_empty());
        assert_eq!(now.after_run(4), Err(NoSuchRun::Unknown));
        let first = now.run(1).unwrap();
        assert_eq!((first.who.as_str(), first.counts.created), ("me", 1));
        assert!(first.before.as_ref().unwrap().made.contains("1"));
    }

    #[test]
    fn what_was_replaced_can_be_reinstated() {
        let address = Address::top("a");
        let mut entries: Vec<Entry> = create("a", "1").into();
        entries.push(begun("apply"));
        entries.extend(create("a", "2"));
        entries.push(Entry::Reinstated { address: address.clone(), id: "1".into() });
        let now = run(entries);
        assert_eq!((now.resources[&address].id.as_str(), now.deposed[0].1.id.as_str()), ("1", "2"));
        assert_eq!(now.before_run(1).unwrap().resources[&address].id, "1");
    }

    #[test]
    fn old_runs_are_listed_and_very_old_ones_are_not() {
        let total = LISTED + 5;
        let now = run((0..total).map(|number| begun(&format!("apply {number}"))));
        assert_eq!(now.runs.len(), LISTED);
        let last = now.runs.last().unwrap().number;
        assert_eq!(last, total as u64);
        assert!(now.before_run(last + 1 - WHOLE as u64).is_ok());
        let oldest = last + 1 - WHOLE as u64;
        assert_eq!(now.before_run(last - WHOLE as u64), Err(NoSuchRun::TooOld(oldest)));
        assert_eq!(now.run(1), None);
    }
}
