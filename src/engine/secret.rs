//! Secrets by their source: from this machine, or from the store of a cloud.

use cairn_provider::request::Target;
use cairn_provider::value::Value;

use super::Clouds;
use super::call::{Patience, persistently};
use crate::model::residual::SecretSource;

/// Reads secrets of this machine by their source.
pub trait Secrets: Send + Sync {
    /// The secret.
    ///
    /// # Errors
    /// There is none; the sentence says where it was looked for.
    fn read(&self, source: &SecretSource) -> Result<Value, String>;

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
    if source.scheme != "aws-sm" {
        let value = machine.read(source)?;
        machine.learned(&value);
        return Ok(value);
    }
    let named = format!("the secret {}:{}", source.scheme, source.name);
    let (Some(target), Some(provider)) = (keeper, clouds.provider("aws")) else {
        return Err(format!("{named} needs a provider whose account keeps it, and there is none"));
    };
    let patience = Patience::seconds(SERVED_WITHIN, provider.tempo());
    let read = persistently(&patience, || provider.secret(target, &source.name), |_| {}).await;
    let value = read.map_err(|error| format!("{named} could not be read in {}: {error}", target.place()))?;
    machine.learned(&value);
    Ok(value)
}
