//! The shapes of what is remembered: states, runs, what a rebuilt state holds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::wire::FailedStep;

/// What was run: `cairn runs --format json`.
#[derive(Serialize, JsonSchema)]
pub struct Runs {
    /// The version of the format.
    pub format_version: &'static str,
    /// The runs, the newest first.
    pub runs: Vec<Run>,
}

/// One run.
#[derive(Serialize, JsonSchema)]
pub struct Run {
    /// Its number, for `cairn undo` and `cairn state at`.
    pub run: u64,
    /// What was run, in the words of the command line.
    pub command: String,
    /// User, host and process.
    pub who: String,
    /// When it began: RFC 3339, UTC.
    pub began: String,
    /// When it ended; null while it runs and if it was cut off.
    pub ended: Option<String>,
    /// How it ended: `done`, `failed` or `stopped`; null while it runs and if it was cut off.
    pub how: Option<&'static str>,
    /// The generation of the state it began from.
    pub generation: u64,
    /// What it did.
    pub counts: RunCounts,
    /// Whether it is still known what was there before it.
    pub undoable: bool,
}

/// What a run did, in numbers.
#[derive(Serialize, JsonSchema)]
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

/// The generations of a state: `cairn state history --format json`.
#[derive(Serialize, JsonSchema)]
pub struct History {
    /// The version of the format.
    pub format_version: &'static str,
    /// The generation it is now.
    pub generation: u64,
    /// Older generations that `cairn state restore` can go back to.
    pub restorable: Vec<u64>,
    /// The runs, the newest first; each names the generation it began from.
    pub runs: Vec<Run>,
}

/// Everything that is remembered: `cairn state pull`.
#[derive(Serialize, JsonSchema)]
pub struct Pulled {
    /// The version of the format.
    pub format_version: &'static str,
    /// The name of the state, which the marks in the cloud carry.
    pub lineage: String,
    /// The generation.
    pub generation: u64,
    /// The number of the last record of the journal.
    pub sequence: u64,
    /// What is managed, by address.
    pub resources: Vec<Remembered>,
    /// Objects that were replaced and are not gone yet.
    pub deposed: Vec<Remembered>,
    /// What is remembered of actions.
    pub actions: Vec<RememberedAction>,
    /// The outputs, as other stacks read them; `(sensitive)` for secrets.
    pub outputs: BTreeMap<String, Json>,
    /// Steps that were begun and whose end is not recorded.
    pub open: Vec<OpenStep>,
    /// The runs, the newest first.
    pub runs: Vec<Run>,
}

/// What is remembered of an action.
#[derive(Serialize, JsonSchema)]
pub struct RememberedAction {
    /// Its address in the stack.
    pub address: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it ever ended well.
    pub ran: bool,
    /// Whether a run was begun after that and has not ended well.
    pub unfinished: bool,
    /// Where it is declared, `path:line`.
    pub source: String,
}

/// A step whose end is not recorded.
#[derive(Serialize, JsonSchema)]
pub struct OpenStep {
    /// The address.
    pub address: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
    /// `create`, `update`, `delete`, `import` or `forget`.
    pub step: &'static str,
    /// The identity, if it is known.
    pub id: Option<String>,
}

/// What was found in the cloud after a state was lost: `cairn state rebuild --format json`.
#[derive(Serialize, JsonSchema)]
pub struct Rebuilt {
    /// The version of the format.
    pub format_version: &'static str,
    /// Whether a state was written.
    pub written: bool,
    /// The name of the state in the marks; null if there is none, or several.
    pub lineage: Option<String>,
    /// How many types this build manages.
    pub types: usize,
    /// Of how many of them objects can be found by their marks.
    pub findable: usize,
    /// What was found, by address.
    pub resources: Vec<Remembered>,
    /// Addresses that several objects are marked with.
    pub conflicts: Vec<Conflict>,
    /// Addresses the source declares of which nothing was found.
    pub missing: Vec<String>,
    /// Types that could not be listed, and why.
    pub unreadable: Vec<FailedStep>,
    /// All states whose marks were found, with the number of their objects.
    pub lineages: BTreeMap<String, usize>,
}

/// Several objects that are marked with one address.
#[derive(Serialize, JsonSchema)]
pub struct Conflict {
    /// The address.
    pub address: String,
    /// Type and identity of each.
    pub objects: Vec<Marked>,
}

/// An object with marks.
#[derive(Serialize, JsonSchema)]
pub struct Marked {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its identity.
    pub id: String,
}

/// What is remembered: `cairn state list --format json` and `cairn state show --format json`.
#[derive(Serialize, JsonSchema)]
pub struct State {
    /// The version of the format.
    pub format_version: &'static str,
    /// The objects, by address.
    pub resources: Vec<Remembered>,
}

/// What is remembered of an object.
#[derive(Serialize, JsonSchema)]
pub struct Remembered {
    /// Its address in the stack.
    pub address: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its identity in the cloud.
    pub id: String,
    /// Where it is declared, `path:line`.
    pub source: String,
    /// Whether it must not be destroyed.
    pub protected: bool,
    /// Whether its creation or change was left unfinished.
    pub incomplete: bool,
    /// Addresses it needs.
    pub needs: Vec<String>,
    /// Where it lives: region, account, role.
    pub target: BTreeMap<String, String>,
    /// What was last written, by field; secrets are masked.
    pub inputs: BTreeMap<String, Json>,
}
