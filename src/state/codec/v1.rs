//! Version 1 of the state's text: JSON, sorted, one line per fact where people read it.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::request::Target;
use cairn_provider::value::{Map, Value, from_json, to_json};
use ecow::EcoString;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::CodecError;
use super::residual::{read as read_residual, write as write_residual};
use super::runs::{EndingText, RunText, ending_text, ending_value, run_text, run_value};
use crate::model::{Address, Residual};
use crate::state::{Entry, Intent, IntentKind, Ran, Recorded, Snapshot};

/// The number that stands in the text.
const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
struct SnapshotText {
    cairn_state: u64,
    lineage: String,
    generation: u64,
    previous: String,
    sequence: u64,
    epoch: u64,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    used_plans: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    outputs: BTreeMap<String, Option<Json>>,
    resources: BTreeMap<String, RecordedText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deposed: Vec<DeposedText>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    actions: BTreeMap<String, RanText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    runs: Vec<RunText>,
}

#[derive(Serialize, Deserialize)]
struct RanText {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    run: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    watched: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Json::is_null")]
    results: Json,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unfinished: bool,
    source: String,
}

#[derive(Serialize, Deserialize)]
struct DeposedText {
    address: String,
    object: RecordedText,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RecordedText {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    target: TargetText,
    inputs: Json,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    needs: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    protect: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    incomplete: bool,
    nonce: String,
    source: String,
}

#[derive(Serialize, Deserialize)]
struct TargetText {
    cloud: String,
    #[serde(flatten)]
    settings: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
enum EntryText {
    Take {
        epoch: u64,
        who: String,
    },
    CommandBegun {
        command: String,
        at: u64,
    },
    CommandEnded {
        how: EndingText,
        at: u64,
    },
    PlanUsed {
        plan: String,
    },
    Begun(IntentText),
    Identified {
        nonce: String,
        id: String,
    },
    Monitored {
        nonce: String,
        monitor: String,
    },
    Applied {
        nonce: String,
        recorded: RecordedText,
    },
    Gone {
        nonce: String,
    },
    Failed {
        nonce: String,
    },
    Noted {
        address: String,
        recorded: RecordedText,
    },
    Forgotten {
        address: String,
    },
    Moved {
        from: String,
        to: String,
    },
    Reinstated {
        address: String,
        id: String,
    },
    Rebuilt {
        lineage: String,
        resources: BTreeMap<String, RecordedText>,
    },
    Outputs {
        outputs: BTreeMap<String, Option<Json>>,
    },
    RunBegun {
        address: String,
        #[serde(rename = "type")]
        kind: String,
        source: String,
    },
    RunDone {
        address: String,
        ran: RanText,
    },
    RunForgotten {
        address: String,
    },
    Released,
}

#[derive(Serialize, Deserialize)]
struct IntentText {
    nonce: String,
    kind: KindText,
    address: String,
    #[serde(rename = "type")]
    resource: String,
    target: TargetText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    inputs: Json,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    needs: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    protect: bool,
    source: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindText {
    Create,
    Update,
    Delete,
    Import,
    Forget,
}

/// A snapshot as text: pretty, keys in order.
pub fn write_snapshot(snapshot: &Snapshot) -> String {
    let text = SnapshotText {
        cairn_state: VERSION,
        lineage: snapshot.lineage.to_string(),
        generation: snapshot.generation,
        previous: snapshot.previous.to_string(),
        sequence: snapshot.sequence,
        epoch: snapshot.epoch,
        used_plans: snapshot.used_plans.iter().map(ToString::to_string).collect(),
        outputs: outputs_text(&snapshot.outputs),
        resources: snapshot
            .resources
            .iter()
            .map(|(address, recorded)| (address.to_string(), recorded_text(recorded)))
            .collect(),
        deposed: snapshot
            .deposed
            .iter()
            .map(|(address, recorded)| DeposedText { address: address.to_string(), object: recorded_text(recorded) })
            .collect(),
        actions: snapshot.actions.iter().map(|(address, ran)| (address.to_string(), ran_text(ran))).collect(),
        runs: snapshot.runs.iter().map(run_text).collect(),
    };
    // These types hold only text, numbers and maps with text keys: they always are JSON.
    serde_json::to_string_pretty(&text).expect("a snapshot is JSON")
}

/// The version a snapshot's text names, if this tool does not know it yet.
pub fn newer_version(text: &str) -> Option<u64> {
    let json: Json = serde_json::from_str(text).ok()?;
    json.get("cairn_state").and_then(Json::as_u64).filter(|version| *version > VERSION)
}

/// A snapshot from its text.
///
/// # Errors
/// The text is none, or of a version this tool does not know.
pub fn read_snapshot(text: &str) -> Result<Snapshot, CodecError> {
    let json: Json = serde_json::from_str(text).map_err(|error| CodecError(error.to_string()))?;
    match json.get("cairn_state").and_then(Json::as_u64) {
        Some(VERSION) => {}
        Some(newer) => {
            return Err(CodecError(format!("version {newer} of the state; this cairn reads version {VERSION}")));
        }
        None => return Err(CodecError("it does not say which version it is".to_owned())),
    }
    let text: SnapshotText = serde_json::from_value(json).map_err(|error| CodecError(error.to_string()))?;
    Ok(Snapshot {
        lineage: text.lineage.into(),
        generation: text.generation,
        previous: text.previous.into(),
        sequence: text.sequence,
        epoch: text.epoch,
        resources: text
            .resources
            .into_iter()
            .map(|(address, recorded)| (Address::from_text(&address), recorded_value(recorded)))
            .collect(),
        deposed: text
            .deposed
            .into_iter()
            .map(|deposed| (Address::from_text(&deposed.address), recorded_value(deposed.object)))
            .collect(),
        used_plans: text.used_plans.into_iter().map(EcoString::from).collect(),
        outputs: outputs_value(text.outputs)?,
        actions: text
            .actions
            .into_iter()
            .map(|(address, ran)| (Address::from_text(&address), ran_value(ran)))
            .collect(),
        runs: text.runs.into_iter().map(run_value).collect::<Result<_, _>>()?,
    })
}

/// An entry as one line.
pub fn write_entry(entry: &Entry) -> String {
    let text = match entry {
        Entry::Take { epoch, who } => EntryText::Take { epoch: *epoch, who: who.to_string() },
        Entry::CommandBegun { command, at } => EntryText::CommandBegun { command: command.to_string(), at: *at },
        Entry::CommandEnded { how, at } => EntryText::CommandEnded { how: ending_text(*how), at: *at },
        Entry::Reinstated { address, id } => EntryText::Reinstated { address: address.to_string(), id: id.to_string() },
        Entry::Rebuilt { lineage, resources } => EntryText::Rebuilt {
            lineage: lineage.to_string(),
            resources: resources
                .iter()
                .map(|(address, recorded)| (address.to_string(), recorded_text(recorded)))
                .collect(),
        },
        Entry::PlanUsed { plan } => EntryText::PlanUsed { plan: plan.to_string() },
        Entry::Begun(intent) => EntryText::Begun(intent_text(intent)),
        Entry::Identified { nonce, id } => EntryText::Identified { nonce: nonce.to_string(), id: id.to_string() },
        Entry::Monitored { nonce, monitor } => {
            EntryText::Monitored { nonce: nonce.to_string(), monitor: monitor.to_string() }
        }
        Entry::Applied { nonce, recorded } => {
            EntryText::Applied { nonce: nonce.to_string(), recorded: recorded_text(recorded) }
        }
        Entry::Gone { nonce } => EntryText::Gone { nonce: nonce.to_string() },
        Entry::Failed { nonce } => EntryText::Failed { nonce: nonce.to_string() },
        Entry::Noted { address, recorded } => {
            EntryText::Noted { address: address.to_string(), recorded: recorded_text(recorded) }
        }
        Entry::Forgotten { address } => EntryText::Forgotten { address: address.to_string() },
        Entry::Moved { from, to } => EntryText::Moved { from: from.to_string(), to: to.to_string() },
        Entry::Outputs { outputs } => EntryText::Outputs { outputs: outputs_text(outputs) },
        Entry::RunBegun { address, kind, source } => {
            EntryText::RunBegun { address: address.to_string(), kind: kind.to_string(), source: source.to_string() }
        }
        Entry::RunDone { address, ran } => EntryText::RunDone { address: address.to_string(), ran: ran_text(ran) },
        Entry::RunForgotten { address } => EntryText::RunForgotten { address: address.to_string() },
        Entry::Released => EntryText::Released,
    };
    serde_json::to_string(&text).expect("an entry is JSON")
}

/// An entry from its line.
///
/// # Errors
/// The line is none.
pub fn read_entry(line: &str) -> Result<Entry, CodecError> {
    let text: EntryText = serde_json::from_str(line).map_err(|error| CodecError(error.to_string()))?;
    Ok(match text {
        EntryText::Take { epoch, who } => Entry::Take { epoch, who: who.into() },
        EntryText::CommandBegun { command, at } => Entry::CommandBegun { command: command.into(), at },
        EntryText::CommandEnded { how, at } => Entry::CommandEnded { how: ending_value(&how), at },
        EntryText::Reinstated { address, id } => {
            Entry::Reinstated { address: Address::from_text(&address), id: id.into() }
        }
        EntryText::Rebuilt { lineage, resources } => Entry::Rebuilt {
            lineage: lineage.into(),
            resources: resources
                .into_iter()
                .map(|(address, recorded)| (Address::from_text(&address), recorded_value(recorded)))
                .collect(),
        },
        EntryText::PlanUsed { plan } => Entry::PlanUsed { plan: plan.into() },
        EntryText::Begun(intent) => Entry::Begun(intent_value(intent)),
        EntryText::Identified { nonce, id } => Entry::Identified { nonce: nonce.into(), id: id.into() },
        EntryText::Monitored { nonce, monitor } => Entry::Monitored { nonce: nonce.into(), monitor: monitor.into() },
        EntryText::Applied { nonce, recorded } => {
            Entry::Applied { nonce: nonce.into(), recorded: Box::new(recorded_value(recorded)) }
        }
        EntryText::Gone { nonce } => Entry::Gone { nonce: nonce.into() },
        EntryText::Failed { nonce } => Entry::Failed { nonce: nonce.into() },
        EntryText::Noted { address, recorded } => {
            Entry::Noted { address: Address::from_text(&address), recorded: Box::new(recorded_value(recorded)) }
        }
        EntryText::Forgotten { address } => Entry::Forgotten { address: Address::from_text(&address) },
        EntryText::Moved { from, to } => Entry::Moved { from: Address::from_text(&from), to: Address::from_text(&to) },
        EntryText::Outputs { outputs } => Entry::Outputs { outputs: outputs_value(outputs)? },
        EntryText::RunBegun { address, kind, source } => {
            Entry::RunBegun { address: Address::from_text(&address), kind: kind.into(), source: source.into() }
        }
        EntryText::RunDone { address, ran } => {
            Entry::RunDone { address: Address::from_text(&address), ran: Box::new(ran_value(ran)) }
        }
        EntryText::RunForgotten { address } => Entry::RunForgotten { address: Address::from_text(&address) },
        EntryText::Released => Entry::Released,
    })
}

/// Outputs keep their types: a duration that is read is a duration.
pub(super) fn outputs_text(outputs: &BTreeMap<EcoString, Option<Value>>) -> BTreeMap<String, Option<Json>> {
    let text = |value: &Value| write_residual(&Residual::Value(value.clone()));
    outputs.iter().map(|(name, value)| (name.to_string(), value.as_ref().map(text))).collect()
}

pub(super) fn outputs_value(
    outputs: BTreeMap<String, Option<Json>>,
) -> Result<BTreeMap<EcoString, Option<Value>>, CodecError> {
    let mut read = BTreeMap::new();
    for (name, json) in outputs {
        let value = match json.as_ref().map(read_residual).transpose()? {
            Some(Residual::Value(value)) => Some(value),
            Some(_) => return Err(CodecError(format!("the output {name} is no value"))),
            None => None,
        };
        read.insert(name.into(), value);
    }
    Ok(read)
}

fn ran_text(ran: &Ran) -> RanText {
    RanText {
        kind: ran.kind.to_string(),
        run: ran.run.to_string(),
        watched: ran.watched.iter().map(|(name, digest)| (name.to_string(), digest.to_string())).collect(),
        results: if ran.results.is_empty() { Json::Null } else { document(&ran.results) },
        unfinished: ran.unfinished,
        source: ran.source.to_string(),
    }
}

fn ran_value(text: RanText) -> Ran {
    Ran {
        kind: text.kind.into(),
        run: text.run.into(),
        watched: text.watched.into_iter().map(|(name, digest)| (name.into(), digest.into())).collect(),
        results: document_value(&text.results),
        unfinished: text.unfinished,
        source: text.source.into(),
    }
}

pub(super) fn recorded_text(recorded: &Recorded) -> RecordedText {
    RecordedText {
        kind: recorded.kind.to_string(),
        id: recorded.id.to_string(),
        target: target_text(&recorded.target),
        inputs: document(&recorded.inputs),
        needs: recorded.needs.iter().map(ToString::to_string).collect(),
        protect: recorded.protect,
        incomplete: recorded.incomplete,
        nonce: recorded.nonce.to_string(),
        source: recorded.source.to_string(),
    }
}

pub(super) fn recorded_value(text: RecordedText) -> Recorded {
    Recorded {
        kind: text.kind.into(),
        id: text.id.into(),
        target: target_value(text.target),
        inputs: document_value(&text.inputs),
        needs: text.needs.iter().map(|address| Address::from_text(address)).collect(),
        protect: text.protect,
        incomplete: text.incomplete,
        nonce: text.nonce.into(),
        source: text.source.into(),
    }
}

fn intent_text(intent: &Intent) -> IntentText {
    IntentText {
        nonce: intent.nonce.to_string(),
        kind: match intent.kind {
            IntentKind::Create => KindText::Create,
            IntentKind::Update => KindText::Update,
            IntentKind::Delete => KindText::Delete,
            IntentKind::Import => KindText::Import,
            IntentKind::Forget => KindText::Forget,
        },
        address: intent.address.to_string(),
        resource: intent.resource.to_string(),
        target: target_text(&intent.target),
        id: intent.id.as_ref().map(ToString::to_string),
        inputs: document(&intent.inputs),
        needs: intent.needs.iter().map(ToString::to_string).collect(),
        protect: intent.protect,
        source: intent.source.to_string(),
    }
}

fn intent_value(text: IntentText) -> Intent {
    Intent {
        nonce: text.nonce.into(),
        kind: match text.kind {
            KindText::Create => IntentKind::Create,
            KindText::Update => IntentKind::Update,
            KindText::Delete => IntentKind::Delete,
            KindText::Import => IntentKind::Import,
            KindText::Forget => IntentKind::Forget,
        },
        address: Address::from_text(&text.address),
        resource: text.resource.into(),
        target: target_value(text.target),
        id: text.id.map(EcoString::from),
        inputs: document_value(&text.inputs),
        needs: text.needs.iter().map(|address| Address::from_text(address)).collect(),
        protect: text.protect,
        source: text.source.into(),
    }
}

fn target_text(target: &Target) -> TargetText {
    TargetText {
        cloud: target.cloud.to_string(),
        settings: target.settings.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect(),
    }
}

fn target_value(text: TargetText) -> Target {
    Target {
        cloud: text.cloud.into(),
        settings: text.settings.into_iter().map(|(name, text)| (name.into(), text.into())).collect(),
    }
}

fn document(map: &Map) -> Json {
    Json::Object(map.iter().map(|(name, value)| (name.to_string(), to_json(value))).collect())
}

fn document_value(json: &Json) -> Map {
    from_json(json).as_map().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use cairn_provider::value::Value;

    use super::{read_entry, read_snapshot, write_entry, write_snapshot};
    use crate::model::Address;
    use crate::state::{Entry, Masked, Ran, Recorded, Snapshot};

    fn recorded() -> Recorded {
        Recorded {
            kind: "aws.ec2.Vpc".into(),
            id: "vpc-1".into(),
            target: cairn_provider::request::Target {
                cloud: "aws".into(),
                settings: [("region".into(), "eu-central-1".into())].into(),
            },
            inputs: [
                ("cidr_block".into(), Value::text("10.0.0.0/16")),
                ("password".into(), Masked::value("ab".into())),
                ("ports".into(), Value::list([Value::Int(1), Value::Float(0.5), Value::Bool(true)])),
            ]
            .into(),
            needs: [Address::top("b").instance("x\"y")].into(),
            protect: true,
            incomplete: false,
            nonce: "n1".into(),
            source: "a.cairn:3".into(),
        }
    }

    fn ran() -> Ran {
        Ran {
            kind: "http.Probe".into(),
            run: "n2".into(),
            watched: [("release".into(), "ab".into())].into(),
            results: [("status".into(), Value::Int(200))].into(),
            unfinished: true,
            source: "a.cairn:9".into(),
        }
    }

    #[test]
    fn a_state_of_before_there_were_actions_is_read() {
        let before = r#"{ "cairn_state": 1, "lineage": "l", "generation": 1, "previous": "", "sequence": 3, "epoch": 1, "resources": {} }"#;
        let snapshot = read_snapshot(before).unwrap();
        assert!(snapshot.actions.is_empty() && snapshot.sequence == 3);
    }

    #[test]
    fn a_snapshot_survives_its_text() {
        let snapshot = Snapshot {
            lineage: "l".into(),
            generation: 3,
            resources: [(Address::top("a"), recorded())].into(),
            deposed: vec![(Address::top("a"), recorded())],
            used_plans: ["p".into()].into(),
            outputs: [
                ("keep".into(), Some(Value::Duration(cairn_provider::value::Duration::from_nanoseconds(5)))),
                ("login".into(), None),
            ]
            .into(),
            actions: [(Address::top("m"), ran())].into(),
            ..Snapshot::default()
        };
        assert_eq!(read_snapshot(&write_snapshot(&snapshot)), Ok(snapshot));
    }

    #[test]
    fn an_entry_survives_its_line() {
        for entry in [
            Entry::Take { epoch: 2, who: "me".into() },
            Entry::Applied { nonce: "n".into(), recorded: Box::new(recorded()) },
            Entry::Gone { nonce: "n".into() },
            Entry::Moved { from: Address::top("a"), to: Address::top("b").member("a") },
            Entry::RunBegun { address: Address::top("m"), kind: "http.Probe".into(), source: "a.cairn:9".into() },
            Entry::RunDone { address: Address::top("m"), ran: Box::new(ran()) },
            Entry::RunForgotten { address: Address::top("m") },
            Entry::CommandBegun { command: "undo 3".into(), at: 5 },
            Entry::CommandEnded { how: crate::state::Ending::Stopped, at: 6 },
            Entry::Reinstated { address: Address::top("a"), id: "i".into() },
            Entry::Rebuilt { lineage: "l".into(), resources: [(Address::top("a"), recorded())].into() },
            Entry::Released,
        ] {
            let line = write_entry(&entry);
            assert!(!line.contains('\n'));
            assert_eq!(read_entry(&line), Ok(entry));
        }
    }

    #[test]
    fn other_versions_are_refused_by_name() {
        assert!(read_snapshot("{\"cairn_state\": 9}").unwrap_err().0.contains("version 9"));
        assert!(read_snapshot("{}").is_err());
        assert!(read_snapshot("").is_err());
    }
}
