//! For programs: documented JSON, described by the published schema `plan.schema.json`.

mod state;
mod state_wire;
mod wire;

pub use state::{history, pulled, rebuilt, runs, state};

use cairn_provider::value::{Value, to_json};
use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::model::change::{Action, After, AttributeChange, Change, Reason, Risk};
use crate::model::plan::{Plan, Revealed};
use crate::model::policy::{Judgement, Standing, Verdict};
use crate::model::type_page::{FieldPage, RecordPage, TypePage};
use crate::source::SourceSet;
use crate::state::Masked;
use crate::view::tested::CaseRun;

/// The version of the formats: programs ignore keys they do not know inside of a major version.
pub const FORMAT: &str = "1.0";

/// A plan as JSON.
pub fn plan(plan: &Plan, diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    pretty(&wire::Plan {
        format_version: FORMAT,
        stack: plan.stack.to_string(),
        env: plan.environment.to_string(),
        summary: counts(plan),
        changes: plan.changes.iter().filter(|change| change.is_effective()).map(change).collect(),
        drift: drifts(plan),
        unchecked: plan
            .unchecked
            .iter()
            .map(|(address, names)| (address.to_string(), names.iter().map(ToString::to_string).collect()))
            .collect(),
        policies: policies(&plan.policies, sources),
        revealed: plan.revealed.iter().map(revealed).collect(),
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

/// How carrying out a plan ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Whether everything was done.
    pub complete: bool,
    /// Steps that are done.
    pub done: usize,
    /// Addresses whose step failed, and why.
    pub failed: Vec<(String, String)>,
    /// Steps that were not tried, because one they need failed.
    pub skipped: usize,
    /// Steps that were not begun, because the run was stopped.
    pub not_begun: usize,
    /// How many were begun and not waited for, because the run was stopped.
    pub left: usize,
    /// Names and values of the outputs; nothing for secrets.
    pub outputs: Vec<(String, Option<Value>)>,
    /// How the run was taken back, if it was.
    pub rolled_back: Option<Rollback>,
}

/// How a run was taken back.
#[derive(Clone, Debug)]
pub struct Rollback {
    /// The number of the run.
    pub run: u64,
    /// Whether everything was done that could be.
    pub complete: bool,
    /// Steps that are done.
    pub done: usize,
    /// Addresses whose step failed, and why.
    pub failed: Vec<(String, String)>,
    /// Addresses that stay as they are, and why.
    pub stays: Vec<(String, String)>,
}

/// What was carried out, and how it ended, as JSON.
pub fn applied(plan: &Plan, outcome: &Outcome) -> String {
    let failed = outcome.failed.iter();
    pretty(&wire::Applied {
        format_version: FORMAT,
        stack: plan.stack.to_string(),
        env: plan.environment.to_string(),
        summary: counts(plan),
        changes: plan.changes.iter().filter(|change| change.is_effective()).map(change).collect(),
        complete: outcome.complete,
        done: outcome.done,
        failed: failed
            .map(|(address, error)| wire::FailedStep { address: address.clone(), error: error.clone() })
            .collect(),
        skipped: outcome.skipped,
        not_begun: outcome.not_begun,
        left: outcome.left,
        outputs: outcome
            .outputs
            .iter()
            .map(|(name, value)| (name.clone(), value.as_ref().map_or_else(|| Json::from("(sensitive)"), to_json)))
            .collect(),
        rolled_back: outcome.rolled_back.as_ref().map(|back| wire::RolledBack {
            run: back.run,
            complete: back.complete,
            done: back.done,
            failed: back
                .failed
                .iter()
                .map(|(address, error)| wire::FailedStep { address: address.clone(), error: error.clone() })
                .collect(),
            stays: back
                .stays
                .iter()
                .map(|(address, why)| wire::Staying { address: address.clone(), why: why.clone() })
                .collect(),
        }),
    })
}

/// A resource type as JSON.
pub fn type_page(page: &TypePage) -> String {
    pretty(&wire::Described { format_version: FORMAT, page })
}

/// A record of a resource type as JSON.
pub fn record_page(page: &RecordPage) -> String {
    pretty(&wire::Described { format_version: FORMAT, page })
}

/// One field of a resource type as JSON.
pub fn field_page(page: &FieldPage) -> String {
    pretty(&wire::Described { format_version: FORMAT, page })
}

/// Names of services or types, with what they are, as JSON.
pub fn names(entries: &[(String, String)]) -> String {
    let names = entries.iter().map(|(name, what)| wire::Named { name, what }).collect();
    pretty(&wire::Names { format_version: FORMAT, names })
}

fn policies(policies: &Judgement, sources: &SourceSet) -> wire::Policies {
    let findings = policies.findings.iter().map(|finding| {
        let (file, line) = place(&sources.place(finding.place));
        let (rule_file, rule_line) = place(&sources.place(finding.rule));
        let (until, waits_for) = match &finding.standing {
            Standing::Violated => (None, None),
            Standing::Undecided(condition) => (None, Some(condition.describe())),
            Standing::Waived(until) => (Some(until.to_string()), None),
        };
        wire::Finding {
            policy: finding.policy.to_string(),
            verdict: match finding.verdict {
                Verdict::Deny => wire::Verdict::Deny,
                Verdict::Warn => wire::Verdict::Warn,
                Verdict::Approve(_) => wire::Verdict::Approve,
            },
            standing: match finding.standing {
                Standing::Violated => wire::Standing::Violated,
                Standing::Undecided(_) => wire::Standing::Undecided,
                Standing::Waived(_) => wire::Standing::Waived,
            },
            address: finding.address.to_string(),
            because: finding.because.to_string(),
            by: match &finding.verdict {
                Verdict::Approve(team) => Some(team.to_string()),
                Verdict::Deny | Verdict::Warn => None,
            },
            until,
            waits_for,
            source: wire::Source { file, line },
            declared: wire::Source { file: rule_file, line: rule_line },
        }
    });
    wire::Policies {
        passed: policies.passed(),
        approvers: policies.approvers().into_iter().map(ToString::to_string).collect(),
        findings: findings.collect(),
    }
}

fn counts(plan: &Plan) -> wire::Summary {
    let summary = plan.summary();
    wire::Summary {
        create: summary.create,
        update: summary.update,
        replace: summary.replace,
        delete: summary.delete,
        import: summary.import,
        moved: summary.moved,
        forget: summary.forget,
        run: summary.run,
        unchanged: summary.unchanged,
    }
}

/// The result of a check as JSON.
pub fn check(diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    let diagnostics = diagnostics.iter().map(|diagnostic| self::diagnostic(diagnostic, sources)).collect();
    pretty(&wire::Check { format_version: FORMAT, diagnostics })
}

/// What was done with a source file.
#[derive(Clone, Debug)]
pub struct FormattedFile {
    /// Its path as it was given; empty if there is none.
    pub path: String,
    /// Whether it was not formatted.
    pub changed: bool,
    /// How many places of it could not be read and stay as they are.
    pub broken: usize,
    /// Why nothing was done.
    pub error: Option<String>,
}

impl FormattedFile {
    /// A file with which nothing was done.
    pub fn failed(path: String, error: String) -> Self {
        Self { path, changed: false, broken: 0, error: Some(error) }
    }
}

/// A fix that was applied, or would be.
#[derive(Clone, Debug)]
pub struct AppliedFix {
    /// The kind of the mistake.
    pub code: crate::diagnostic::Code,
    /// The file, from the stack's directory.
    pub path: String,
    /// The line, in the text as it was then.
    pub line: u32,
    /// What it does.
    pub title: String,
}

/// What was fixed, or would be, as JSON.
pub fn fixed(fixes: &[AppliedFix], written: bool, left: usize) -> String {
    let applied = fixes.iter().map(|fix| wire::AppliedFix {
        code: format!("cairn::{}", fix.code),
        file: fix.path.clone(),
        line: fix.line,
        title: fix.title.clone(),
    });
    pretty(&wire::Fixed { format_version: FORMAT, written, fixes: applied.collect(), left })
}

/// What was formatted, or would be, as JSON.
pub fn formatted(files: &[FormattedFile], checked: bool) -> String {
    let files = files.iter().map(|file| wire::FormattedFile {
        path: file.path.clone(),
        changed: file.changed,
        broken: file.broken,
        error: file.error.clone(),
    });
    pretty(&wire::Formatted { format_version: FORMAT, written: !checked, files: files.collect() })
}

/// Results of test cases as JSON.
pub fn tested(runs: &[CaseRun], sources: &SourceSet) -> String {
    let failed = runs.iter().filter(|run| !run.wrong.is_empty()).count();
    let cases = runs.iter().map(|run| wire::Case {
        name: run.name.to_string(),
        passed: run.wrong.is_empty(),
        seconds: run.seconds,
        source: wire::Source {
            file: sources.get(run.place.source).path.clone(),
            line: sources.position(run.place).line,
        },
        diagnostics: run.wrong.iter().map(|diagnostic| self::diagnostic(diagnostic, sources)).collect(),
    });
    pretty(&wire::Tested { format_version: FORMAT, passed: runs.len() - failed, failed, cases: cases.collect() })
}

/// The published JSON Schemas of all formats: file names and texts.
pub fn schemas() -> Vec<(&'static str, String)> {
    vec![
        ("plan.schema.json", pretty(&schemars::schema_for!(wire::Plan))),
        ("drift.schema.json", pretty(&schemars::schema_for!(wire::DriftReport))),
        ("check.schema.json", pretty(&schemars::schema_for!(wire::Check))),
        ("fix.schema.json", pretty(&schemars::schema_for!(wire::Fixed))),
        ("fmt.schema.json", pretty(&schemars::schema_for!(wire::Formatted))),
        ("test.schema.json", pretty(&schemars::schema_for!(wire::Tested))),
        ("apply.schema.json", pretty(&schemars::schema_for!(wire::Applied))),
        ("runs.schema.json", pretty(&schemars::schema_for!(state_wire::Runs))),
        ("history.schema.json", pretty(&schemars::schema_for!(state_wire::History))),
        ("pull.schema.json", pretty(&schemars::schema_for!(state_wire::Pulled))),
        ("rebuild.schema.json", pretty(&schemars::schema_for!(state_wire::Rebuilt))),
        ("state.schema.json", pretty(&schemars::schema_for!(state_wire::State))),
    ]
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
            Severity::Error => wire::Severity::Error,
            Severity::Warning => wire::Severity::Warning,
            Severity::Advice => wire::Severity::Advice,
        },
        message: diagnostic.message.clone(),
        file: span.map(|span| sources.get(span.source).path.clone()),
        line: start.map(|position| position.line),
        column: start.map(|position| position.column),
        end_line: end.map(|position| position.line),
        end_column: end.map(|position| position.column),
        help: diagnostic.help.clone(),
        fixes: diagnostic.fixes.iter().map(|fix| self::fix(fix, sources)).collect(),
    }
}

fn fix(fix: &Fix, sources: &SourceSet) -> wire::Fix {
    let edits = fix.edits.iter().map(|edit| {
        let text = sources.get(edit.span.source);
        let (start, end) = (text.position(edit.span.start), text.position(edit.span.end));
        wire::Edit {
            file: text.path.clone(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            text: edit.text.clone(),
        }
    });
    wire::Fix { title: fix.title.clone(), certain: fix.certain, edits: edits.collect() }
}

fn change(change: &Change) -> wire::Change {
    let (file, line) = place(&change.source);
    wire::Change {
        address: change.address.to_string(),
        previous_address: change.previous.as_ref().map(ToString::to_string),
        kind: change.kind.to_string(),
        action: match change.action {
            Action::Create => wire::Action::Create,
            Action::Update => wire::Action::Update,
            Action::Replace(_) => wire::Action::Replace,
            Action::Delete => wire::Action::Delete,
            Action::Import => wire::Action::Import,
            Action::Move => wire::Action::Move,
            Action::Forget => wire::Action::Forget,
            Action::Run => wire::Action::Run,
            Action::Unchanged => wire::Action::Unchanged,
        },
        id: change.id.as_ref().map(ToString::to_string),
        reasons: change.reasons.iter().map(reason).collect(),
        risk: change.risks.iter().map(risk).collect(),
        source: wire::Source { file, line },
        attributes: change.attributes.iter().map(attribute).collect(),
    }
}

fn revealed(revealed: &Revealed) -> wire::Revealed {
    let (file, line) = place(&revealed.source);
    wire::Revealed {
        what: revealed.what.to_string(),
        because: revealed.because.to_string(),
        source: wire::Source { file, line },
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
        Reason::Adopted => "adopted".to_owned(),
        Reason::Forgotten { marked: false } => "forgotten".to_owned(),
        Reason::Forgotten { marked: true } => "forgotten: marks stay".to_owned(),
        Reason::NeverRan => "never_ran".to_owned(),
        Reason::RunUnfinished => "run_unfinished".to_owned(),
        Reason::Changed(what) => format!("changed: {what}"),
        Reason::Condition => "condition".to_owned(),
        Reason::Undone(run) => format!("undone: {run}"),
        Reason::Broken(why) => format!("broken: {why}"),
        Reason::Asked => "asked".to_owned(),
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
        path: crate::view::human::value::path(change),
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
