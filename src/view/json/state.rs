//! What is remembered, for programs.

use cairn_provider::value::to_json;
use serde_json::Value as Json;

use super::{FORMAT, pretty, state_wire, wire};
use crate::model::Address;
use crate::state::{Folded, Masked, Recorded, RunRecord};
use crate::view::human::rebuilt::Seen;
use crate::view::time::rfc3339;

/// What is remembered, as JSON: secrets are masked.
pub fn state<'a>(resources: impl Iterator<Item = (&'a Address, &'a Recorded)>) -> String {
    pretty(&state_wire::State { format_version: FORMAT, resources: resources.map(remembered).collect() })
}

fn remembered((address, recorded): (&Address, &Recorded)) -> state_wire::Remembered {
    state_wire::Remembered {
        address: address.to_string(),
        kind: recorded.kind.to_string(),
        id: recorded.id.to_string(),
        source: recorded.source.to_string(),
        protected: recorded.protect,
        incomplete: recorded.incomplete,
        needs: recorded.needs.iter().map(ToString::to_string).collect(),
        target: recorded.target.settings.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        inputs: recorded
            .inputs
            .iter()
            .map(|(name, value)| {
                let masked = Masked::digest(value).is_some();
                (name.to_string(), if masked { Json::from("(sensitive)") } else { to_json(value) })
            })
            .collect(),
    }
}

/// What was run, as JSON, the newest first.
pub fn runs(folded: &Folded) -> String {
    let runs = folded.snapshot.runs.iter().rev().map(run).collect();
    pretty(&state_wire::Runs { format_version: FORMAT, runs })
}

/// The generations of a state and the runs between them, as JSON; `kept` are those that can be restored.
pub fn history(folded: &Folded, kept: &[u64]) -> String {
    pretty(&state_wire::History {
        format_version: FORMAT,
        generation: folded.snapshot.generation,
        restorable: kept.to_vec(),
        runs: folded.snapshot.runs.iter().rev().map(run).collect(),
    })
}

/// Everything that is remembered, as JSON: secrets are masked.
pub fn pulled(folded: &Folded) -> String {
    let snapshot = &folded.snapshot;
    pretty(&state_wire::Pulled {
        format_version: FORMAT,
        lineage: snapshot.lineage.to_string(),
        generation: snapshot.generation,
        sequence: snapshot.sequence,
        resources: snapshot.resources.iter().map(remembered).collect(),
        deposed: snapshot.deposed.iter().map(|(address, recorded)| remembered((address, recorded))).collect(),
        actions: snapshot
            .actions
            .iter()
            .map(|(address, ran)| state_wire::RememberedAction {
                address: address.to_string(),
                kind: ran.kind.to_string(),
                ran: !ran.run.is_empty(),
                unfinished: ran.unfinished,
                source: ran.source.to_string(),
            })
            .collect(),
        outputs: snapshot
            .outputs
            .iter()
            .map(|(name, value)| (name.to_string(), value.as_ref().map_or_else(|| Json::from("(sensitive)"), to_json)))
            .collect(),
        open: folded
            .open
            .iter()
            .map(|open| state_wire::OpenStep {
                address: open.intent.address.to_string(),
                kind: open.intent.resource.to_string(),
                step: open.intent.kind.name(),
                id: open.id.as_ref().or(open.intent.id.as_ref()).map(ToString::to_string),
            })
            .collect(),
        runs: snapshot.runs.iter().rev().map(run).collect(),
    })
}

/// What was found after a state was lost, as JSON.
pub fn rebuilt(seen: &Seen<'_>, written: bool) -> String {
    let conflicts = seen.conflicts.iter().map(|(address, objects)| state_wire::Conflict {
        address: address.to_string(),
        objects: objects
            .iter()
            .map(|(kind, id)| state_wire::Marked { kind: kind.to_string(), id: id.to_string() })
            .collect(),
    });
    pretty(&state_wire::Rebuilt {
        format_version: FORMAT,
        written,
        lineage: seen.lineage.map(str::to_owned),
        types: seen.types,
        findable: seen.findable,
        resources: seen.resources.iter().map(remembered).collect(),
        conflicts: conflicts.collect(),
        missing: seen.missing.iter().map(ToString::to_string).collect(),
        unreadable: seen
            .unreadable
            .iter()
            .map(|(kind, why)| wire::FailedStep { address: kind.clone(), error: why.clone() })
            .collect(),
        lineages: seen.lineages.iter().map(|(lineage, count)| (lineage.to_string(), *count)).collect(),
    })
}

fn run(run: &RunRecord) -> state_wire::Run {
    let counts = run.counts;
    state_wire::Run {
        run: run.number,
        command: run.command.to_string(),
        who: run.who.to_string(),
        began: rfc3339(run.began),
        ended: run.end.map(|end| rfc3339(end.at)),
        how: run.end.map(|end| end.how.name()),
        generation: run.generation,
        counts: state_wire::RunCounts {
            created: counts.created,
            updated: counts.updated,
            deleted: counts.deleted,
            imported: counts.imported,
            moved: counts.moved,
            forgotten: counts.forgotten,
            ran: counts.ran,
        },
        undoable: run.before.is_some(),
    }
}
