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
    let mut catalogue = cairn_aws::catalogue();
    catalogue.extend(crate::builtins::action::catalogue());
    Arc::new(catalogue)
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
        .or_else(|| cairn_aws::action_declaration(kind).map(|declared| declared.title))
        .or_else(|| crate::builtins::action::find(kind).map(|declared| declared.title))
}

/// Runnable examples of a type.
pub fn examples(kind: &str) -> &'static [Example] {
    match (cairn_aws::declaration(kind), cairn_aws::look_up_declaration(kind)) {
        (Some(declared), _) => declared.examples,
        (None, Some(declared)) => declared.examples,
        (None, None) => match (cairn_aws::action_declaration(kind), crate::builtins::action::find(kind)) {
            (Some(declared), _) => declared.examples,
            (None, Some(declared)) => declared.examples,
            (None, None) => &[],
        },
    }
}

/// All clouds this build can reach.
pub fn clouds(catalogue: Arc<Catalogue>) -> Clouds {
    #[cfg(feature = "aws")]
    let own: [SharedProvider; 1] = [Arc::new(cairn_aws::Aws::new(catalogue.clone()))];
    #[cfg(not(feature = "aws"))]
    let own: [SharedProvider; 0] = [];
    Clouds::new(own, catalogue)
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
