//! The shapes of the published formats. A change here is a change of a promise.
//!
//! The documentation of the fields is part of the published schemas.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

/// What an apply would do: `cairn plan --format json`.
#[derive(Serialize, JsonSchema)]
pub struct Plan {
    /// The version of the format. Inside of a major version keys are only added: ignore those you do not know.
    pub format_version: &'static str,
    /// The stack's name.
    pub stack: String,
    /// The environment; empty for a stack that has none.
    pub env: String,
    /// How many objects of each action.
    pub summary: Summary,
    /// Objects that something will be done with, by address.
    pub changes: Vec<Change>,
    /// What somebody else changed since the last apply.
    pub drift: Vec<Drift>,
    /// Properties that nothing checked, by the address of the resource they are sent for; changed or not.
    pub unchecked: BTreeMap<String, Vec<String>>,
    /// What the policies of the stack say of it.
    pub policies: Policies,
    /// Secrets that the source makes readable with `reveal`.
    pub revealed: Vec<Revealed>,
    /// What is wrong with the stack, or worth knowing.
    pub diagnostics: Vec<Diagnostic>,
}

/// What the policies of the stack say of a plan.
#[derive(Serialize, JsonSchema)]
pub struct Policies {
    /// How many of them have nothing to say.
    pub passed: usize,
    /// Who has to agree before this can be applied: each is a `--approve`.
    pub approvers: Vec<String>,
    /// What the others say, one entry for each resource or change.
    pub findings: Vec<Finding>,
}

/// What a policy says of a resource or change.
#[derive(Serialize, JsonSchema)]
pub struct Finding {
    /// The policy's name.
    pub policy: String,
    /// What it says if its condition holds.
    pub verdict: Verdict,
    /// Whether its condition holds.
    pub standing: Standing,
    /// The object's address.
    pub address: String,
    /// Why, in the words of the policy.
    pub because: String,
    /// Who has to agree; null unless the verdict is `approve`.
    pub by: Option<String>,
    /// The last day of the exception; null unless it is waived.
    pub until: Option<String>,
    /// What the condition waits for; null unless it is undecided.
    pub waits_for: Option<String>,
    /// The resource, or its field that the policy speaks of.
    pub source: Source,
    /// The policy.
    pub declared: Source,
}

/// What a policy says.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is refused.
    Deny,
    /// It is worth knowing.
    Warn,
    /// Somebody has to agree.
    Approve,
}

/// Whether the condition of a policy holds.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It does.
    Violated,
    /// It is known only during apply; a `deny` counts as refused unless it is decided otherwise by then.
    Undecided,
    /// It does, or may, and an exception covers it.
    Waived,
}

/// A secret that the source makes readable.
#[derive(Serialize, JsonSchema)]
pub struct Revealed {
    /// What is revealed, as it is written.
    pub what: String,
    /// The reason that is given.
    pub because: String,
    /// Where.
    pub source: Source,
}

/// What somebody else changed: `cairn drift --format json`.
#[derive(Serialize, JsonSchema)]
pub struct DriftReport {
    /// The version of the format.
    pub format_version: &'static str,
    /// The stack's name.
    pub stack: String,
    /// The environment; empty for a stack that has none.
    pub env: String,
    /// Objects that differ from what was last written.
    pub drift: Vec<Drift>,
    /// What is wrong with the stack, or worth knowing.
    pub diagnostics: Vec<Diagnostic>,
}

/// What is wrong with a stack: `cairn check --format json`.
#[derive(Serialize, JsonSchema)]
pub struct Check {
    /// The version of the format.
    pub format_version: &'static str,
    /// Every mistake once, in the order of the places.
    pub diagnostics: Vec<Diagnostic>,
}

/// What was fixed: `cairn fix --format json`.
#[derive(Serialize, JsonSchema)]
pub struct Fixed {
    /// The version of the format.
    pub format_version: &'static str,
    /// Whether changed files were written; false for `--dry-run`.
    pub written: bool,
    /// The fixes, in the order in which they were applied.
    pub fixes: Vec<AppliedFix>,
    /// How many reports are left.
    pub left: usize,
}

/// A fix that was applied.
#[derive(Serialize, JsonSchema)]
pub struct AppliedFix {
    /// The code of the mistake, `cairn::…`.
    pub code: String,
    /// The file, from the stack's directory.
    pub file: String,
    /// The line, from 1, in the text to which it was applied.
    pub line: u32,
    /// What it does, in a few words.
    pub title: String,
}

/// What was formatted: `cairn fmt --format json`.
#[derive(Serialize, JsonSchema)]
pub struct Formatted {
    /// The version of the format.
    pub format_version: &'static str,
    /// Whether changed files were written; false for `--check`.
    pub written: bool,
    /// All files that were looked at.
    pub files: Vec<FormattedFile>,
}

/// A source file.
#[derive(Serialize, JsonSchema)]
pub struct FormattedFile {
    /// The path as it was given.
    pub path: String,
    /// Whether it was not formatted.
    pub changed: bool,
    /// How many declarations and lines could not be read and stay as they are.
    pub broken: usize,
    /// Why nothing was done with it; null if all went well.
    pub error: Option<String>,
}

/// What was done: `cairn apply --format json` and `cairn destroy --format json`.
#[derive(Serialize, JsonSchema)]
pub struct Applied {
    /// The version of the format.
    pub format_version: &'static str,
    /// The stack's name.
    pub stack: String,
    /// The environment; empty for a stack that has none.
    pub env: String,
    /// What was planned, counted.
    pub summary: Summary,
    /// What was planned.
    pub changes: Vec<Change>,
    /// Whether everything was done.
    pub complete: bool,
    /// Steps that were done.
    pub done: usize,
    /// Steps that failed.
    pub failed: Vec<FailedStep>,
    /// Steps that were not tried, because one that they need failed.
    pub skipped: usize,
    /// Steps that were not begun, because the run was stopped.
    pub not_begun: usize,
    /// How many were begun and not waited for, because the run was stopped.
    pub left: usize,
    /// The outputs by name; secrets are "(sensitive)".
    pub outputs: BTreeMap<String, Json>,
    /// How the run was taken back after a failure; null if it was not.
    pub rolled_back: Option<RolledBack>,
}

/// How a run was taken back: `--on-failure rollback`.
#[derive(Serialize, JsonSchema)]
pub struct RolledBack {
    /// The number of the run.
    pub run: u64,
    /// Whether everything was done that could be.
    pub complete: bool,
    /// Steps of the way back that were done.
    pub done: usize,
    /// Steps of the way back that failed.
    pub failed: Vec<FailedStep>,
    /// What stays as it is.
    pub stays: Vec<Staying>,
}

/// Something that is not taken back.
#[derive(Serialize, JsonSchema)]
pub struct Staying {
    /// Its address in the stack.
    pub address: String,
    /// Why.
    pub why: String,
}

/// A step that failed.
#[derive(Serialize, JsonSchema)]
pub struct FailedStep {
    /// The object's address.
    pub address: String,
    /// Why.
    pub error: String,
}

/// How many objects of each action.
#[derive(Serialize, JsonSchema)]
pub struct Summary {
    /// New ones.
    pub create: usize,
    /// Changed in place.
    pub update: usize,
    /// Replaced by new ones.
    pub replace: usize,
    /// Destroyed.
    pub delete: usize,
    /// Taken over.
    pub import: usize,
    /// Moved to another address, and nothing else.
    #[serde(rename = "move")]
    pub moved: usize,
    /// Managed no longer; they stay.
    pub forget: usize,
    /// Actions that are run.
    pub run: usize,
    /// Left alone.
    pub unchanged: usize,
}

/// What is done with an object.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// A new one takes its place.
    Replace,
    /// It is destroyed.
    Delete,
    /// It exists, is taken over, and gets what differs.
    Import,
    /// It stays as it is, under another address.
    Move,
    /// It stays as it is and is managed no longer.
    Forget,
    /// It is run: an action.
    Run,
    /// It stays as it is.
    Unchanged,
}

/// What will be done with an object.
#[derive(Serialize, JsonSchema)]
pub struct Change {
    /// Its address in the stack.
    pub address: String,
    /// The address it had until now; null if that is the same.
    pub previous_address: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is done.
    pub action: Action,
    /// Its identity in the cloud, if it exists.
    pub id: Option<String>,
    /// Why: `new`, `written`, `removed`, `key_removed: KEY`, `vanished`, `drifted`, `incomplete`, `follows: ADDRESS`,
    /// `deposed`, `destroyed`, `moved`, `adopted`, `forgotten`, `forgotten: marks stay`; of actions `never_ran`,
    /// `run_unfinished`, `changed: WHAT`, `condition`.
    pub reasons: Vec<String>,
    /// What a reviewer should see first: `data_loss`, `access: WHAT`, `downtime`.
    pub risk: Vec<String>,
    /// Where it is declared.
    pub source: Source,
    /// What differs from what is wanted, one entry for each leaf.
    pub attributes: Vec<Attribute>,
}

/// A place in a source file.
#[derive(Serialize, JsonSchema)]
pub struct Source {
    /// The file, from the stack's directory.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// One difference.
#[derive(Serialize, JsonSchema)]
pub struct Attribute {
    /// The leaf as the language writes it: `tags.Name`, `ingress[0].cidr_ip`, `tags["a b"]`; `[]` is a member of a set.
    pub path: String,
    /// What is there; null if nothing is, "(sensitive)" for secrets. Numbers count in the unit of the cloud's API.
    pub before: Json,
    /// What is wanted; null if nothing is or if it is only known after apply.
    pub after: Json,
    /// Where a value that is only known after apply comes from; null if it is known.
    pub unknown: Option<String>,
    /// Whether the values are secret.
    pub sensitive: bool,
    /// Whether this difference is why the object is replaced.
    pub forces_replacement: bool,
}

/// An object that somebody else changed.
#[derive(Serialize, JsonSchema)]
pub struct Drift {
    /// Its address in the stack.
    pub address: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What differs: `before` is what was written, `after` what is there.
    pub attributes: Vec<Attribute>,
}

/// How bad a diagnostic is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing can be planned.
    Error,
    /// Probably not what was meant.
    Warning,
    /// Worth knowing.
    Advice,
}

/// A report about the stack's sources.
#[derive(Serialize, JsonSchema)]
pub struct Diagnostic {
    /// The stable code of the kind of mistake, `cairn::…`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The file, from the stack's directory; null if it concerns no text.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column in characters, from 1.
    pub column: Option<u32>,
    /// The line of the end.
    pub end_line: Option<u32>,
    /// The column behind the last character.
    pub end_column: Option<u32>,
    /// What to do about it.
    pub help: Option<String>,
    /// Changes of the sources that remove the mistake, the best first; one of them is enough.
    pub fixes: Vec<Fix>,
}

/// A change of the sources that removes a mistake.
#[derive(Serialize, JsonSchema)]
pub struct Fix {
    /// What it does, in a few words.
    pub title: String,
    /// Whether `cairn fix` applies it; others need somebody who looks.
    pub certain: bool,
    /// Replacements that belong together: all of them or none. They do not overlap.
    pub edits: Vec<Edit>,
}

/// A replacement of source text.
#[derive(Serialize, JsonSchema)]
pub struct Edit {
    /// The file, from the stack's directory.
    pub file: String,
    /// The line where the replaced text begins, from 1.
    pub line: u32,
    /// Its column in characters, from 1.
    pub column: u32,
    /// The line where the replaced text ends.
    pub end_line: u32,
    /// The column behind its last character.
    pub end_column: u32,
    /// The text that takes its place.
    pub text: String,
}

/// `cairn test --format json`.
#[derive(Serialize, JsonSchema)]
pub struct Tested {
    /// `1.0`; programs ignore keys they do not know inside of a major version.
    pub format_version: &'static str,
    /// How many cases passed.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// All cases that were run.
    pub cases: Vec<Case>,
}

/// A test case that was run.
#[derive(Serialize, JsonSchema)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Whether everything was as expected.
    pub passed: bool,
    /// How long it took.
    pub seconds: f64,
    /// Where it is declared.
    pub source: Source,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Something described, with the version of the format in front.
#[derive(Serialize)]
pub struct Described<'a, T: Serialize> {
    /// The version of the format.
    pub format_version: &'static str,
    /// What is described.
    #[serde(flatten)]
    pub page: &'a T,
}

/// Names with what they are.
#[derive(Serialize)]
pub struct Names<'a> {
    /// The version of the format.
    pub format_version: &'static str,
    /// The names, in order.
    pub names: Vec<Named<'a>>,
}

/// A name with what it is.
#[derive(Serialize)]
pub struct Named<'a> {
    /// The name.
    pub name: &'a str,
    /// What it is, in a few words; empty where nobody said.
    pub what: &'a str,
}
