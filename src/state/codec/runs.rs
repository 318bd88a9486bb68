//! What each run did, as text.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::CodecError;
use super::v1::{RecordedText, outputs_text, outputs_value, recorded_text, recorded_value};
use crate::model::Address;
use crate::state::{Before, Ending, RunCounts, RunEnd, RunRecord};

#[derive(Serialize, Deserialize)]
pub struct RunText {
    number: u64,
    command: String,
    who: String,
    began: u64,
    generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<EndText>,
    counts: CountsText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<BeforeText>,
}

#[derive(Serialize, Deserialize)]
struct EndText {
    at: u64,
    how: EndingText,
}

/// How a run ended, as text.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndingText {
    Done,
    Failed,
    Stopped,
}

#[derive(Serialize, Deserialize)]
struct CountsText {
    #[serde(default, skip_serializing_if = "is_zero")]
    created: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    updated: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    deleted: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    imported: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    moved: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    forgotten: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    ran: u64,
}

#[derive(Serialize, Deserialize)]
struct BeforeText {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    resources: BTreeMap<String, Option<RecordedText>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deposed: Option<Vec<(String, RecordedText)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outputs: Option<BTreeMap<String, Option<Json>>>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    made: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    ran: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    let_go: BTreeSet<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How a run ended, as text.
pub fn ending_text(how: Ending) -> EndingText {
    match how {
        Ending::Done => EndingText::Done,
        Ending::Failed => EndingText::Failed,
        Ending::Stopped => EndingText::Stopped,
    }
}

/// How a run ended, from its text.
pub fn ending_value(how: &EndingText) -> Ending {
    match how {
        EndingText::Done => Ending::Done,
        EndingText::Failed => Ending::Failed,
        EndingText::Stopped => Ending::Stopped,
    }
}

/// A run as text.
pub fn run_text(run: &RunRecord) -> RunText {
    let RunCounts { created, updated, deleted, imported, moved, forgotten, ran } = run.counts;
    RunText {
        number: run.number,
        command: run.command.to_string(),
        who: run.who.to_string(),
        began: run.began,
        generation: run.generation,
        end: run.end.map(|end| EndText { at: end.at, how: ending_text(end.how) }),
        counts: CountsText { created, updated, deleted, imported, moved, forgotten, ran },
        before: run.before.as_ref().map(before_text),
    }
}

/// A run from its text.
///
/// # Errors
/// An output of before is no value.
pub fn run_value(text: RunText) -> Result<RunRecord, CodecError> {
    let CountsText { created, updated, deleted, imported, moved, forgotten, ran } = text.counts;
    Ok(RunRecord {
        number: text.number,
        command: text.command.into(),
        who: text.who.into(),
        began: text.began,
        generation: text.generation,
        end: text.end.map(|end| RunEnd { at: end.at, how: ending_value(&end.how) }),
        counts: RunCounts { created, updated, deleted, imported, moved, forgotten, ran },
        before: text.before.map(before_value).transpose()?,
    })
}

fn before_text(before: &Before) -> BeforeText {
    let resources = before.resources.iter();
    let deposed = before.deposed.as_ref().map(|deposed| {
        deposed.iter().map(|(address, recorded)| (address.to_string(), recorded_text(recorded))).collect()
    });
    BeforeText {
        resources: resources
            .map(|(address, recorded)| (address.to_string(), recorded.as_ref().map(recorded_text)))
            .collect(),
        deposed,
        outputs: before.outputs.as_ref().map(outputs_text),
        made: before.made.iter().map(ToString::to_string).collect(),
        ran: before.ran.iter().map(ToString::to_string).collect(),
        let_go: before.let_go.iter().map(ToString::to_string).collect(),
    }
}

fn before_value(text: BeforeText) -> Result<Before, CodecError> {
    let resources = text.resources.into_iter();
    let deposed = text.deposed.map(|deposed| {
        let deposed = deposed.into_iter();
        deposed.map(|(address, recorded)| (Address::from_text(&address), recorded_value(recorded))).collect()
    });
    Ok(Before {
        resources: resources
            .map(|(address, recorded)| (Address::from_text(&address), recorded.map(recorded_value)))
            .collect(),
        deposed,
        outputs: text.outputs.map(outputs_value).transpose()?,
        made: text.made.into_iter().map(Into::into).collect(),
        ran: text.ran.iter().map(|address| Address::from_text(address)).collect(),
        let_go: text.let_go.iter().map(|address| Address::from_text(address)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::{run_text, run_value};
    use crate::model::Address;
    use crate::state::{Before, Ending, RunCounts, RunEnd, RunRecord};

    #[test]
    fn a_run_survives_its_text() {
        let run = RunRecord {
            number: 3,
            command: "apply".into(),
            who: "me".into(),
            began: 1_700_000_000,
            generation: 2,
            end: Some(RunEnd { at: 1_700_000_060, how: Ending::Failed }),
            counts: RunCounts { created: 2, ran: 1, ..RunCounts::default() },
            before: Some(Before {
                resources: [(Address::top("a"), None)].into(),
                deposed: Some(Vec::new()),
                outputs: Some([("login".into(), None)].into()),
                made: ["n".into()].into(),
                ran: [Address::top("m")].into(),
                let_go: [Address::top("b")].into(),
            }),
        };
        let text = serde_json::to_string(&run_text(&run)).unwrap();
        assert_eq!(run_value(serde_json::from_str(&text).unwrap()), Ok(run));
    }
}
