//! Secrets from the environment and from files.

use std::path::{Path, PathBuf};

use cairn_provider::value::Value;
use zeroize::Zeroizing;

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
                .map(wiped)
                .map_err(|_| format!("the environment has no variable {}, which is to hold a secret", source.name)),
            "file" => std::fs::read_to_string(self.root.join(source.name.as_str()))
                .map(wiped_line)
                .map_err(|error| format!("the file {}, which is to hold a secret: {error}", source.name)),
            scheme => Err(format!("there is no source `{scheme}` for secrets")),
        }
    }

    fn learned(&self, secret: &Value) {
        redaction::know(secret);
    }
}

/// The value of a text that is overwritten where it stood.
fn wiped(text: String) -> Value {
    Value::text(Zeroizing::new(text).as_str())
}

/// Like [`wiped`], without line breaks at the end.
fn wiped_line(text: String) -> Value {
    Value::text(Zeroizing::new(text).trim_end_matches('\n'))
}
