//! For programs: documented JSON, described by the published schema `plan.schema.json`.

mod wire;

use std::collections::BTreeMap;

use cairn_provider::value::{Value, to_json};
use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::change::{After, AttributeChange, Change, Reason, Risk};
use crate::model::plan::Plan;
use crate::source::SourceSet;
use crate::state::Masked;

/// The version of the formats: programs ignore keys they do not know inside of a major version.
pub const FORMAT: &str = "1.0";

/// A plan as JSON.
pub fn plan(plan: &Plan, diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    let summary = plan.summary();
    pretty(&wire::Plan {
        format_version: FORMAT,
        stack: plan.stack.to_string(),
        env: plan.environment.to_string(),
        summary: wire::Summary {
            create: summary.create,
            update: summary.update,
            replace: summary.replace,
            delete: summary.delete,
            import: summary.import,
            unchanged: summary.unchanged,
        },
        changes: plan.changes.iter().filter(|change| change.is_effective()).map(change).collect(),
        drift: drifts(plan),
        diagnostics: diagnostics.iter().map(|diagnostic| self::diagnostic(diagnostic, sources)).collect(),
    })
}

/// Drift as JSON.
pub fn drift(plan: &Plan, diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    pretty(&wire::DriftReport {
        format_version: FORMAT,
        stack: plan.stack.to_string(),
        env: plan.environment.to_string(),
        drift: drifts(plan),
        diagnostics: diagnostics.iter().map(|diagnostic| self::diagnostic(diagnostic, sources)).collect(),
    })
}

/// The result of a check as JSON.
pub fn check(diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    let diagnostics = diagnostics.iter().map(|diagnostic| self::diagnostic(diagnostic, sources)).collect();
    pretty(&wire::Check { format_version: FORMAT, diagnostics })
}

/// Any wire type as text that people can read, too.
fn pretty(document: &impl serde::Serialize) -> String {
    // The wire types hold only text, numbers and maps with text keys.
    let mut text = serde_json::to_string_pretty(document).expect("the formats are JSON");
    text.push('\n');
    text
}

fn diagnostic(diagnostic: &Diagnostic, sources: &SourceSet) -> wire::Diagnostic {
    let span = diagnostic.span();
    let start = span.map(|span| sources.position(span));
    let end = span.map(|span| sources.get(span.source).position(span.end));
    wire::Diagnostic {
        code: format!("cairn::{}", diagnostic.code),
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "advice",
        },
        message: diagnostic.message.clone(),
        file: span.map(|span| sources.get(span.source).path.clone()),
        line: start.map(|position| position.line),
        column: start.map(|position| position.column),
        end_line: end.map(|position| position.line),
        end_column: end.map(|position| position.column),
        help: diagnostic.help.clone(),
    }
}

fn change(change: &Change) -> wire::Change {
    let (file, line) = place(&change.source);
    wire::Change {
        address: change.address.to_string(),
        kind: change.kind.to_string(),
        action: change.action.name(),
        id: change.id.as_ref().map(ToString::to_string),
        reasons: change.reasons.iter().map(reason).collect(),
        risk: change.risks.iter().map(risk).collect(),
        source: wire::Source { file, line },
        attributes: change.attributes.iter().map(attribute).collect(),
    }
}

fn place(source: &str) -> (String, u32) {
    match source.rsplit_once(':') {
        Some((file, line)) => (file.to_owned(), line.parse().unwrap_or(0)),
        None => (source.to_owned(), 0),
    }
}

fn reason(reason: &Reason) -> String {
    match reason {
        Reason::New => "new".to_owned(),
        Reason::Vanished => "vanished".to_owned(),
        Reason::Removed => "removed".to_owned(),
        Reason::KeyRemoved(key) => format!("key_removed: {key}"),
        Reason::Written => "written".to_owned(),
        Reason::Drifted => "drifted".to_owned(),
        Reason::Incomplete => "incomplete".to_owned(),
        Reason::Follows(address) => format!("follows: {address}"),
        Reason::Deposed => "deposed".to_owned(),
        Reason::Destroyed => "destroyed".to_owned(),
        Reason::Moved => "moved".to_owned(),
    }
}

fn risk(risk: &Risk) -> String {
    match risk {
        Risk::DataLoss => "data_loss".to_owned(),
        Risk::Access(what) => format!("access: {what}"),
        Risk::Downtime => "downtime".to_owned(),
    }
}

fn attribute(change: &AttributeChange) -> wire::Attribute {
    let shown = |value: &Value| {
        if change.sensitive || Masked::digest(value).is_some() {
            Json::String("(sensitive)".to_owned())
        } else {
            to_json(value)
        }
    };
    let (after, unknown) = match &change.after {
        After::Absent => (Json::Null, None),
        After::Value(value) => (shown(value), None),
        After::Unknown(text) => (Json::Null, Some(text.clone())),
    };
    wire::Attribute {
        path: change.path.iter().map(ToString::to_string).collect(),
        before: change.before.as_ref().map_or(Json::Null, shown),
        after,
        unknown,
        sensitive: change.sensitive,
        forces_replacement: change.forces,
    }
}

fn drifts(plan: &Plan) -> Vec<wire::Drift> {
    let drifted = plan.changes.iter().filter(|change| !change.drift.is_empty());
    drifted
        .map(|change| wire::Drift {
            address: change.address.to_string(),
            kind: change.kind.to_string(),
            attributes: change.drift.iter().map(attribute).collect(),
        })
        .collect()
}

/// Counts of calls as JSON.
pub fn calls(calls: &BTreeMap<String, u64>) -> Json {
    Json::Object(calls.iter().map(|(name, count)| (name.clone(), Json::from(*count))).collect())
}
