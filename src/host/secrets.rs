//! Secrets from the environment and from files.

use std::path::{Path, PathBuf};

use cairn_provider::value::Value;

use super::redaction;
use crate::engine::secret::Secrets;
use crate::model::residual::SecretSource;

/// Secrets of the user's machine. Paths are relative to the stack's directory.
pub struct HostSecrets {
    root: PathBuf,
}

impl HostSecrets {
    /// For a stack's directory.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }
}

impl Secrets for HostSecrets {
    fn read(&self, source: &SecretSource) -> Result<Value, String> {
        match source.scheme.as_str() {
            "env" => std::env::var(source.name.as_str())
                .map(Value::from)
                .map_err(|_| format!("the environment has no variable {}, which is to hold a secret", source.name)),
            "file" => std::fs::read_to_string(self.root.join(source.name.as_str()))
                .map(|text| Value::text(text.trim_end_matches('\n')))
                .map_err(|error| format!("the file {}, which is to hold a secret: {error}", source.name)),
            scheme => Err(format!("there is no source `{scheme}` for secrets")),
        }
    }

    fn learned(&self, secret: &Value) {
        redaction::know(secret);
    }
}
