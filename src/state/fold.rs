//! Snapshot and entries become the next snapshot.

use ecow::EcoString;

use super::{DOUBTFUL, Entry, Intent, IntentKind, Ran, Recorded, RunEnd, Snapshot, Suspect};
use crate::model::Address;

/// The result of a fold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folded {
    /// The snapshot with all entries in it.
    pub snapshot: Snapshot,
    /// Intents whose outcome is not recorded, in the order they were begun.
    pub open: Vec<OpenIntent>,
    /// Who wrote last, unless the writer ended properly.
    pub writer: Option<EcoString>,
}

/// An intent whose outcome is not recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenIntent {
    /// What was about to be done.
    pub intent: Intent,
    /// The identity, once it was known.
    pub id: Option<EcoString>,
    /// What to follow, if the cloud named something.
    pub monitor: Option<EcoString>,
}

/// Folds entries into a snapshot. Entries the snapshot has already are passed over.
pub fn fold(snapshot: Snapshot, entries: impl IntoIterator<Item = (u64, Entry)>) -> Folded {
    let mut folded = Folded { snapshot, open: Vec::new(), writer: None };
    for (sequence, entry) in entries {
        if sequence <= folded.snapshot.sequence {
            continue;
        }
        folded.snapshot.sequence = sequence;
        apply(&mut folded, entry);
    }
    folded
}

fn apply(folded: &mut Folded, entry: Entry) {
    match entry {
        Entry::Take { epoch, who } => {
            folded.snapshot.epoch = folded.snapshot.epoch.max(epoch);
            folded.writer = Some(who);
        }
        Entry::CommandBegun { command, at } => {
            let who = folded.writer.clone().unwrap_or_default();
            folded.snapshot.begin_run(command, who, at);
        }
        Entry::CommandEnded { how, at } => {
            if let Some(run) = folded.snapshot.runs.last_mut() {
                run.end = Some(RunEnd { at, how });
            }
        }
        Entry::PlanUsed { plan } => {
            folded.snapshot.used_plans.insert(plan);
        }
        Entry::Begun(intent) => {
            if intent.kind == IntentKind::Create
                && let Some(before) = folded.snapshot.runs.last_mut().and_then(|run| run.before.as_mut())
            {
                before.made.insert(intent.nonce.clone());
            }
            folded.open.push(OpenIntent { intent, id: None, monitor: None });
        }
        Entry::Identified { nonce, id } => {
            let Some(open) = folded.open.iter_mut().find(|open| open.intent.nonce == nonce) else { return };
            open.id = Some(id.clone());
            // From here on the object is ours to know: whatever happens, its identity is never lost.
            if open.intent.kind == IntentKind::Create {
                let recorded = incomplete(&open.intent, id);
                let address = open.intent.address.clone();
                place(&mut folded.snapshot, address, recorded);
            }
        }
        Entry::Monitored { nonce, monitor } => {
            if let Some(open) = folded.open.iter_mut().find(|open| open.intent.nonce == nonce) {
                open.monitor = Some(monitor);
            }
        }
        Entry::Applied { nonce, recorded } => {
            if let Some(open) = take(folded, &nonce) {
                // What could not be finished did not change in a way that counts.
                if !recorded.incomplete || open.intent.kind == IntentKind::Create {
                    folded.snapshot.counted(|counts| match open.intent.kind {
                        IntentKind::Create => counts.created += 1,
                        IntentKind::Update => counts.updated += 1,
                        IntentKind::Import => counts.imported += 1,
                        IntentKind::Delete | IntentKind::Forget => {}
                    });
                }
                place(&mut folded.snapshot, open.intent.address, *recorded);
            }
        }
        Entry::Gone { nonce } => {
            if let Some(open) = take(folded, &nonce) {
                folded.snapshot.counted(|counts| counts.deleted += 1);
                remove(&mut folded.snapshot, &open.intent);
            }
        }
        Entry::Failed { nonce } => {
            // Its request may be on its way all the same.
            if let Some(open) = take(folded, &nonce).filter(|open| open.intent.kind == IntentKind::Create) {
                suspect(&mut folded.snapshot, of_intent(&open.intent));
            }
        }
        // What it says is said by being written: whoever could write it was the last writer then.
        Entry::Renewed { .. } => {}
        Entry::Suspected(doubt) => suspect(&mut folded.snapshot, *doubt),
        Entry::Cleared { nonce } => {
            folded.snapshot.suspects.remove(&nonce);
        }
        Entry::Noted { address, recorded } => {
            // Lines move with every edit; that alone is nothing to go back to.
            let only_moved = folded.snapshot.resources.get(&address).is_some_and(|before| {
                let source = recorded.source.clone();
                Recorded { source, ..before.clone() } == *recorded
            });
            if !only_moved {
                folded.snapshot.touch(&address);
            }
            folded.snapshot.resources.insert(address, *recorded);
        }
        Entry::Forgotten { address } => {
            folded.snapshot.touch(&address);
            if folded.snapshot.resources.remove(&address).is_some() {
                if let Some(before) = folded.snapshot.runs.last_mut().and_then(|run| run.before.as_mut()) {
                    before.let_go.insert(address);
                }
                folded.snapshot.counted(|counts| counts.forgotten += 1);
            }
        }
        Entry::Reinstated { address, id } => reinstate(&mut folded.snapshot, &address, &id),
        Entry::Rebuilt { lineage, resources } => {
            folded.snapshot.lineage = lineage;
            for (address, recorded) in resources {
                folded.snapshot.touch(&address);
                folded.snapshot.resources.insert(address, recorded);
            }
        }
        Entry::Moved { from, to } => moved(&mut folded.snapshot, &from, &to),
        Entry::Outputs { outputs } => {
            folded.snapshot.touch_outputs();
            folded.snapshot.outputs = outputs;
        }
        Entry::RunBegun { address, kind, source } => {
            // Unless its end is recorded, too, the next plan runs it again.
            let ran = folded.snapshot.actions.entry(address).or_default();
            if ran.kind != kind {
                *ran = Ran { kind, ..Ran::default() };
            }
            ran.unfinished = true;
            ran.source = source;
        }
        Entry::RunDone { address, ran } => {
            if let Some(before) = folded.snapshot.runs.last_mut().and_then(|run| run.before.as_mut()) {
                before.ran.insert(address.clone());
            }
            folded.snapshot.counted(|counts| counts.ran += 1);
            folded.snapshot.actions.insert(address, *ran);
        }
        Entry::RunForgotten { address } => {
            folded.snapshot.actions.remove(&address);
        }
        Entry::Receiving { nonce, receiving } => {
            folded.snapshot.receiving.insert(nonce, *receiving);
        }
        Entry::Received { nonce, ours } => {
            let received = folded.snapshot.receiving.remove(&nonce);
            if let Some(received) = received.filter(|_| ours) {
                place(&mut folded.snapshot, received.address, received.recorded);
            }
        }
        Entry::Handed { nonce, address, to } => {
            if let Some(recorded) = folded.snapshot.resources.remove(&address) {
                // It is another state's now, and no stray of the create that made it.
                folded.snapshot.suspects.remove(&recorded.nonce);
            }
            folded.snapshot.handed.insert(nonce, (address, to));
        }
        Entry::Settled { nonce } => {
            folded.snapshot.handed.remove(&nonce);
        }
        Entry::Released => folded.writer = None,
    }
}

/// Remembers an object at an address. Another one that was there is on its way out: it stays known until it is gone.
fn place(snapshot: &mut Snapshot, address: Address, recorded: Recorded) {
    snapshot.touch(&address);
    if snapshot.resources.get(&address).is_some_and(|before| before.id != recorded.id) {
        snapshot.touch_deposed();
    }
    if let Some(before) = snapshot.resources.insert(address.clone(), recorded.clone())
        && before.id != recorded.id
    {
        snapshot.deposed.push((address, before));
    }
}

/// Remembers an object no more. A request that made it a short time ago may arrive once more.
fn remove(snapshot: &mut Snapshot, delete: &Intent) {
    let (address, id) = (&delete.address, delete.id.as_ref());
    let mut removed = Vec::new();
    if snapshot.resources.get(address).is_some_and(|recorded| Some(&recorded.id) == id) {
        snapshot.touch(address);
        removed.extend(snapshot.resources.remove(address));
    }
    if snapshot.deposed.iter().any(|(at, recorded)| at == address && Some(&recorded.id) == id) {
        snapshot.touch_deposed();
    }
    let mut kept = Vec::new();
    for (at, recorded) in std::mem::take(&mut snapshot.deposed) {
        if at == *address && Some(&recorded.id) == id {
            removed.push(recorded);
        } else {
            kept.push((at, recorded));
        }
    }
    snapshot.deposed = kept;
    for recorded in removed.into_iter().filter(|recorded| delete.at < recorded.made.saturating_add(DOUBTFUL)) {
        suspect(
            snapshot,
            Suspect {
                address: address.clone(),
                kind: recorded.kind,
                target: recorded.target,
                inputs: recorded.inputs,
                nonce: recorded.nonce,
                since: recorded.made,
            },
        );
    }
}

fn suspect(snapshot: &mut Snapshot, suspect: Suspect) {
    snapshot.suspects.entry(suspect.nonce.clone()).or_insert(suspect);
}

fn of_intent(intent: &Intent) -> Suspect {
    Suspect {
        address: intent.address.clone(),
        kind: intent.resource.clone(),
        target: intent.target.clone(),
        inputs: intent.inputs.clone(),
        nonce: intent.nonce.clone(),
        since: intent.at,
    }
}

/// What was replaced is wanted again: both stay known, with their parts exchanged.
fn reinstate(snapshot: &mut Snapshot, address: &Address, id: &EcoString) {
    let Some(at) = snapshot.deposed.iter().position(|(at, recorded)| at == address && recorded.id == *id) else {
        return;
    };
    snapshot.touch(address);
    snapshot.touch_deposed();
    let (_, again) = snapshot.deposed.remove(at);
    if let Some(other) = snapshot.resources.insert(address.clone(), again) {
        snapshot.deposed.push((address.clone(), other));
    }
}

/// What is remembered at an address, and everything that needs it there, is written anew.
fn moved(snapshot: &mut Snapshot, from: &Address, to: &Address) {
    if !snapshot.resources.contains_key(from) || snapshot.resources.contains_key(to) {
        return;
    }
    let needing = snapshot.resources.iter().filter(|(_, recorded)| recorded.needs.contains(from));
    let mut touched: Vec<Address> = needing.map(|(address, _)| address.clone()).collect();
    touched.extend([from.clone(), to.clone()]);
    for address in &touched {
        snapshot.touch(address);
    }
    if !snapshot.deposed.is_empty() {
        snapshot.touch_deposed();
    }
    snapshot.rename([(from, to)]);
    snapshot.counted(|counts| counts.moved += 1);
}

fn take(folded: &mut Folded, nonce: &EcoString) -> Option<super::OpenIntent> {
    let position = folded.open.iter().position(|open| open.intent.nonce == *nonce)?;
    Some(folded.open.remove(position))
}

fn incomplete(intent: &Intent, id: EcoString) -> Recorded {
    Recorded {
        kind: intent.resource.clone(),
        id,
        target: intent.target.clone(),
        inputs: intent.inputs.clone(),
        needs: intent.needs.clone(),
        protect: intent.protect,
        incomplete: true,
        nonce: intent.nonce.clone(),
        source: intent.source.clone(),
        made: intent.at,
    }
}

#[cfg(test)]
mod tests {
    use cairn_provider::value::Map;

    use super::{Folded, fold};
    use crate::model::Address;
    use crate::state::{Entry, Intent, IntentKind, Recorded, Snapshot};

    fn intent(nonce: &str, kind: IntentKind, id: Option<&str>) -> Entry {
        Entry::Begun(Intent {
            nonce: nonce.into(),
            kind,
            address: Address::top("a"),
            resource: "aws.ec2.Vpc".into(),
            target: cairn_provider::request::Target::default(),
            id: id.map(Into::into),
            inputs: Map::new(),
            needs: std::collections::BTreeSet::new(),
            protect: false,
            source: "a.cairn:1".into(),
            at: 10_000,
        })
    }

    fn recorded(id: &str) -> Recorded {
        Recorded {
            kind: "aws.ec2.Vpc".into(),
            id: id.into(),
            target: cairn_provider::request::Target::default(),
            inputs: Map::new(),
            needs: std::collections::BTreeSet::new(),
            protect: false,
            incomplete: false,
            nonce: "n".into(),
            source: "a.cairn:1".into(),
            made: 9_000,
        }
    }

    fn run(entries: Vec<Entry>) -> Folded {
        fold(Snapshot::default(), (1..).zip(entries))
    }

    #[test]
    fn an_identity_is_known_as_soon_as_it_is_journaled() {
        let folded = run(vec![
            intent("1", IntentKind::Create, None),
            Entry::Identified { nonce: "1".into(), id: "vpc-1".into() },
        ]);
        let known = &folded.snapshot.resources[&Address::top("a")];
        assert!(known.incomplete && known.id == "vpc-1");
        assert_eq!(folded.open.len(), 1);
    }

    #[test]
    fn a_replacement_that_creates_first_keeps_both_until_the_old_one_is_gone() {
        let mut entries = vec![
            intent("1", IntentKind::Create, None),
            Entry::Applied { nonce: "1".into(), recorded: Box::new(recorded("old")) },
            intent("2", IntentKind::Create, None),
            Entry::Applied { nonce: "2".into(), recorded: Box::new(recorded("new")) },
            intent("3", IntentKind::Delete, Some("old")),
        ];
        let between = run(entries.clone());
        assert_eq!(between.snapshot.deposed.len(), 1);
        entries.push(Entry::Gone { nonce: "3".into() });
        let after = run(entries);
        assert!(after.snapshot.deposed.is_empty() && after.open.is_empty());
        assert_eq!(after.snapshot.resources[&Address::top("a")].id, "new");
    }

    #[test]
    fn a_create_is_suspected_when_it_failed_or_its_young_object_is_gone() {
        let failed = run(vec![intent("1", IntentKind::Create, None), Entry::Failed { nonce: "1".into() }]);
        assert_eq!(failed.snapshot.suspects["1"].since, 10_000);
        let gone = |made| {
            run(vec![
                intent("1", IntentKind::Create, None),
                Entry::Applied { nonce: "1".into(), recorded: Box::new(Recorded { made, ..recorded("old") }) },
                intent("2", IntentKind::Delete, Some("old")),
                Entry::Gone { nonce: "2".into() },
            ])
        };
        assert_eq!(gone(9_000).snapshot.suspects.keys().collect::<Vec<_>>(), ["n"]);
        assert!(gone(100).snapshot.suspects.is_empty());
        let cleared = fold(failed.snapshot, [(3, Entry::Cleared { nonce: "1".into() })]);
        assert!(cleared.snapshot.suspects.is_empty());
    }

    #[test]
    fn entries_that_are_in_the_snapshot_change_nothing() {
        let entries = vec![intent("1", IntentKind::Create, None), Entry::Failed { nonce: "1".into() }];
        let once = run(entries.clone());
        let twice = fold(once.snapshot.clone(), (1..).zip(entries));
        assert_eq!(once.snapshot, twice.snapshot);
    }
}
