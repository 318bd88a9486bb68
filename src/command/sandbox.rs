//! `cairn sandbox`: do to the sandbox cloud what somebody else would do to a real one.

use std::path::PathBuf;
use std::sync::Arc;

use cairn_provider::schema::catalogue::Catalogue;
use cairn_provider::value::{Map, Value, from_json};
use cairn_sim::Faults;
use clap::{Args, Subcommand};
use ecow::EcoString;

use super::arguments::ValueArguments;
use super::failure::{Exit, Failure};
use super::front;
use crate::host::local_store::LocalStore;
use crate::host::sandbox_file::SandboxFile;
use crate::host::terminal;
use crate::model::Address;
use crate::registry;
use crate::state::{StateStore as _, fold};

/// Change the sandbox cloud behind Cairn's back, to see what drift looks like.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Give an object's attribute another value
    Set(Set),
    /// Remove an object
    Remove(Remove),
}

#[derive(Args)]
struct Set {
    /// The address of the object, or a secret by its source: `aws-sm:shop/token`, `azure-kv:shop/token`
    address: String,
    /// The attribute and its value: `max_size=9`, `tags.Name=other`, `secret_string=…` of a secret
    #[arg(value_name = "ATTRIBUTE=VALUE")]
    setting: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
struct Remove {
    /// The address of the object
    address: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
struct Place {
    /// The stack's directory
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    #[command(flatten)]
    values: ValueArguments,
}

/// Whether this is a secret of a cloud by its source.
fn is_secret(address: &str) -> bool {
    address.starts_with("aws-sm:") || address.starts_with("azure-kv:")
}

/// Puts a secret into the sandbox's store.
fn keep(directory: &std::path::Path, catalogue: Arc<Catalogue>, source: &str, setting: &str) -> Result<Exit, Failure> {
    // The store is AWS's; what another cloud keeps has its source in its name.
    let name = source.strip_prefix("aws-sm:").unwrap_or(source);
    let value = setting.strip_prefix("secret_string=").ok_or_else(|| {
        Failure::new(format!(
            "the value of a secret is set with secret_string=VALUE: cairn sandbox set {source} secret_string=…"
        ))
    })?;
    let storage = Box::new(SandboxFile::new(directory));
    let (_, sim) = registry::sandbox(catalogue, storage, Faults::default()).map_err(Failure::new)?;
    sim.keep_secret(name, Value::text(value)).map_err(|error| Failure::new(error.to_string()))?;
    terminal::out(&format!("the sandbox keeps the secret {source}\n"));
    Ok(Exit::Done)
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let (address, place) = match &arguments.command {
        Command::Set(set) => (&set.address, &set.place),
        Command::Remove(remove) => (&remove.address, &remove.place),
    };
    let front = front::load(&place.directory, &place.values.set)?;
    let environment = front.environment(place.values.env.as_deref())?.unwrap_or_default();
    let directory = registry::state_directory(&front.root, &front.stack(), &environment, true);
    if let (Command::Set(set), true) = (&arguments.command, is_secret(address)) {
        return keep(&directory, front.catalogue(), address, &set.setting);
    }
    let loaded = LocalStore::new(&directory).load().await?;
    let snapshot = fold(loaded.snapshot, loaded.entries).snapshot;
    let recorded = snapshot.resources.get(&Address::from_text(address)).ok_or_else(|| {
        Failure::new(format!("the sandbox has no object of {address}: see `cairn state list --sandbox`"))
    })?;
    let storage = Box::new(SandboxFile::new(&directory));
    let (_, sim) = registry::sandbox(front.catalogue(), storage, Faults::default()).map_err(Failure::new)?;
    let gone = || Failure::new(format!("{} {} is not in the sandbox any more", recorded.kind, recorded.id));
    match &arguments.command {
        Command::Remove(_) => {
            if !sim.vanish(&recorded.kind, &recorded.id) {
                return Err(gone());
            }
            terminal::out(&format!("removed {} {}\n", recorded.kind, recorded.id));
        }
        Command::Set(set) => {
            let (path, text) = set.setting.split_once('=').ok_or_else(|| {
                Failure::new(format!("an attribute is set with ATTRIBUTE=VALUE, not `{}`", set.setting))
            })?;
            let (name, below) = path.split_once('.').map_or((path, ""), |(name, below)| (name, below));
            let schema = registry::catalogue();
            let schema = schema.get(&recorded.kind).ok_or_else(gone)?;
            if schema.field(name).is_none() {
                let names = schema.root().fields.keys().map(EcoString::as_str);
                let hint = crate::diagnostic::suggest::nearest(name, names)
                    .map(|near| format!("; did you mean {near}?"))
                    .unwrap_or_default();
                return Err(Failure::new(format!("{} has no attribute {name}{hint}", recorded.kind)));
            }
            let objects = sim.objects();
            let (_, _, attributes) =
                objects.iter().find(|(kind, id, _)| *kind == recorded.kind && *id == recorded.id).ok_or_else(gone)?;
            let value = put(attributes.get(name), below, written(text));
            if !sim.meddle(&recorded.kind, &recorded.id, name, value) {
                return Err(gone());
            }
            terminal::out(&format!("set {path} of {} {}\n", recorded.kind, recorded.id));
        }
    }
    Ok(Exit::Done)
}

/// A value as JSON, or else as text.
fn written(text: &str) -> Value {
    serde_json::from_str(text).map_or_else(|_| Value::Text(text.into()), |json| from_json(&json))
}

/// A value with another at a path below it.
fn put(before: Option<&Value>, path: &str, value: Value) -> Value {
    if path.is_empty() {
        return value;
    }
    let (name, below) = path.split_once('.').map_or((path, ""), |(name, below)| (name, below));
    let mut map: Map = before.and_then(Value::as_map).cloned().unwrap_or_default();
    let inner = put(map.get(name), below, value);
    map.insert(name.into(), inner);
    Value::Map(map.into())
}

#[cfg(test)]
mod tests {
    use super::{put, written};

    #[test]
    fn a_leaf_changes_and_the_rest_stays() {
        let before = written(r#"{ "a": { "b": 1, "c": 2 } }"#);
        assert_eq!(put(Some(&before), "a.b", written("x")), written(r#"{ "a": { "b": "x", "c": 2 } }"#));
    }
}
