//! Secrets by their source: from this machine, or from the store of a cloud.

use async_trait::async_trait;
use cairn_provider::request::Target;
use cairn_provider::value::Value;

use super::Clouds;
use super::call::{Patience, persistently};
use crate::model::residual::SecretSource;

/// Reads secrets by their source with what this machine has.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret.
    ///
    /// # Errors
    /// There is none; the sentence says where it was looked for.
    async fn read(&self, source: &SecretSource) -> Result<Value, String>;

    /// Told of each secret that was read, wherever it comes from, and of what was made of it.
    fn learned(&self, _secret: &Value) {}
}

/// For how long a store of secrets is asked again, in seconds.
const SERVED_WITHIN: u64 = 60;

/// Reads a secret. `keeper` is the target whose store holds those of a cloud.
///
/// # Errors
/// There is none; the sentence names the source, never a value.
pub async fn read(
    source: &SecretSource,
    keeper: Option<&Target>,
    clouds: &Clouds,
    machine: &dyn Secrets,
) -> Result<Value, String> {
    let named = format!("{}:{}", source.scheme, source.name);
    let store = clouds.keeper(&source.scheme);
    let (target, name, provider) = match (source.scheme.as_str(), keeper, store) {
        ("aws-sm", Some(target), Some(provider)) => (target, source.name.as_str(), provider),
        ("aws-sm", _, _) => {
            return Err(format!("the secret {named} needs a provider whose account keeps it, and there is none"));
        }
        (_, _, Some(provider)) => (&Target::default(), named.as_str(), provider),
        (_, _, None) => {
            let value = machine.read(source).await?;
            machine.learned(&value);
            return Ok(value);
        }
    };
    let patience = Patience::seconds(SERVED_WITHIN, provider.tempo());
    let read = persistently(&patience, || provider.secret(target, name), |_| {}).await;
    let place = if target.place().is_empty() { String::new() } else { format!(" in {}", target.place()) };
    let value = read.map_err(|error| format!("the secret {named} could not be read{place}: {error}"))?;
    machine.learned(&value);
    Ok(value)
}
