//! The shapes of the published formats. A change here is a change of a promise.

use serde::Serialize;
use serde_json::Value as Json;

/// `plan --format json`.
#[derive(Serialize)]
pub struct Plan {
    pub format_version: &'static str,
    pub stack: String,
    pub env: String,
    pub summary: Summary,
    pub changes: Vec<Change>,
    pub drift: Vec<Drift>,
    pub diagnostics: Vec<Diagnostic>,
}

/// `drift --format json`.
#[derive(Serialize)]
pub struct DriftReport {
    pub format_version: &'static str,
    pub stack: String,
    pub env: String,
    pub drift: Vec<Drift>,
    pub diagnostics: Vec<Diagnostic>,
}

/// `check --format json`.
#[derive(Serialize)]
pub struct Check {
    pub format_version: &'static str,
    pub diagnostics: Vec<Diagnostic>,
}

#[derive(Serialize)]
pub struct Summary {
    pub create: usize,
    pub update: usize,
    pub replace: usize,
    pub delete: usize,
    pub import: usize,
    pub unchanged: usize,
}

#[derive(Serialize)]
pub struct Change {
    pub address: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub action: &'static str,
    pub id: Option<String>,
    pub reasons: Vec<String>,
    pub risk: Vec<String>,
    pub source: Source,
    pub attributes: Vec<Attribute>,
}

#[derive(Serialize)]
pub struct Source {
    pub file: String,
    pub line: u32,
}

#[derive(Serialize)]
pub struct Attribute {
    pub path: Vec<String>,
    pub before: Json,
    pub after: Json,
    pub unknown: Option<String>,
    pub sensitive: bool,
    pub forces_replacement: bool,
}

#[derive(Serialize)]
pub struct Drift {
    pub address: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub attributes: Vec<Attribute>,
}

#[derive(Serialize)]
pub struct Diagnostic {
    pub code: String,
    pub severity: &'static str,
    pub message: String,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub end_line: Option<u32>,
    pub end_column: Option<u32>,
    pub help: Option<String>,
}
