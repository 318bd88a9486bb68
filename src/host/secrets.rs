//! Secrets from the environment, from files and from Azure's key vaults.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use cairn_provider::value::Value;
use zeroize::Zeroizing;

use super::redaction;
use super::vault::{ThisMachine, Vaults};
use crate::engine::secret::Secrets;
use crate::model::residual::SecretSource;
use crate::model::vault::VaultSecret;

/// Secrets that this machine can read. Paths are relative to the stack's directory.
pub struct HostSecrets {
    root: PathBuf,
    vaults: Vaults,
}

impl HostSecrets {
    /// For a stack's directory.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), vaults: Vaults::new(Arc::new(ThisMachine)) }
    }
}

impl HostSecrets {
    /// What the environment or a file holds.
    ///
    /// # Errors
    /// There is none; the sentence says where it was looked for.
    pub fn here(&self, source: &SecretSource) -> Result<Value, String> {
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
}

#[async_trait]
impl Secrets for HostSecrets {
    async fn read(&self, source: &SecretSource) -> Result<Value, String> {
        match source.scheme.as_str() {
            "azure-kv" => self.vaults.read(&VaultSecret::parse(&source.name)?).await,
            _ => self.here(source),
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
