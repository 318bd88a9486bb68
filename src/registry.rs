//! The only file that names clouds.

use std::path::Path;
use std::sync::Arc;

use cairn_provider::declaration::{Declaration, Example};
use cairn_provider::provider::SharedProvider;
use cairn_provider::schema::catalogue::Catalogue;
use cairn_sim::{Faults, Sim, Storage};
use sha2::{Digest as _, Sha256};

use crate::engine::Clouds;
use crate::lock::Tool;

/// The types of all clouds; needs no SDK.
pub fn catalogue() -> Arc<Catalogue> {
    Arc::new(cairn_aws::catalogue())
}

/// A type whose objects move on under the conditions of a look-up, so that what was found is pinned.
#[derive(Debug)]
pub struct Moving {
    kind: &'static str,
    /// The attribute that is pinned.
    pub value: &'static str,
    /// Whether it says which object is meant: then exactly that object is looked up.
    pub is_identity: bool,
}

const MOVING: [Moving; 2] = [
    Moving { kind: "aws.ec2.Image", value: "image_id", is_identity: true },
    Moving { kind: "aws.ssm.Parameter", value: "value", is_identity: false },
];

/// What is pinned of a type. Nothing for types that do not move.
pub fn moving(kind: &str) -> Option<&'static Moving> {
    MOVING.iter().find(|moving| moving.kind == kind)
}

/// This tool, with the digests of its catalogues, as `cairn.lock` remembers it.
pub fn tool() -> Tool {
    let mut hash = Sha256::new();
    for (name, content) in cairn_aws::catalogue().contents() {
        for part in [name, content.as_str()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    let digest = hex::encode(hash.finalize());
    Tool { version: env!("CARGO_PKG_VERSION").to_owned(), catalogues: [("aws".to_owned(), digest)].into() }
}

/// What is declared of a type.
pub fn declaration(kind: &str) -> Option<&'static Declaration> {
    cairn_aws::declaration(kind)
}

/// What a type is in a few words; nothing for types that exist on the sandbox only.
pub fn title(kind: &str) -> Option<&'static str> {
    cairn_aws::declaration(kind)
        .map(|declared| declared.title)
        .or_else(|| cairn_aws::look_up_declaration(kind).map(|declared| declared.title))
}

/// Runnable examples of a type.
pub fn examples(kind: &str) -> &'static [Example] {
    match (cairn_aws::declaration(kind), cairn_aws::look_up_declaration(kind)) {
        (Some(declared), _) => declared.examples,
        (None, Some(declared)) => declared.examples,
        (None, None) => &[],
    }
}

/// All clouds this build can reach.
///
/// # Errors
/// This build has none; the sentence says how to get one.
pub fn clouds(catalogue: Arc<Catalogue>) -> Result<Clouds, String> {
    #[cfg(feature = "aws")]
    {
        let aws: SharedProvider = Arc::new(cairn_aws::Aws::new(catalogue.clone()));
        Ok(Clouds::new([aws], catalogue))
    }
    #[cfg(not(feature = "aws"))]
    {
        drop(catalogue);
        Err("this build has no clouds, only the sandbox: add --sandbox, or build with the default features".to_owned())
    }
}

/// The sandbox in the place of all clouds.
///
/// # Errors
/// Its storage cannot be read.
pub fn sandbox(
    catalogue: Arc<Catalogue>,
    storage: Box<dyn Storage>,
    faults: Faults,
) -> Result<(Clouds, Arc<Sim>), String> {
    let sim = Arc::new(Sim::open("aws", Arc::clone(&catalogue), declaration, storage, faults)?);
    let shared: SharedProvider = Arc::clone(&sim) as SharedProvider;
    Ok((Clouds::new([shared], catalogue), sim))
}

/// Where the state of a stack lies, below its directory.
pub fn state_directory(root: &Path, stack: &str, environment: &str, sandbox: bool) -> std::path::PathBuf {
    let mut path = root.join(".cairn");
    if sandbox {
        path = path.join("sandbox");
    }
    path.join(stack).join(if environment.is_empty() { "default" } else { environment })
}
