//! The text of a saved plan: what it is about, the rest sealed, and a checksum that everybody can compute.

use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::CodecError;

/// The number that stands in the text.
const VERSION: u64 = 2;

/// What the text of a saved plan holds.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedText {
    /// Which stack it is for and where that is: what has to be known before the key is.
    pub about: Json,
    /// The rest, as only the holder of the stack's key can read it.
    pub sealed: String,
}

/// The text of a saved plan.
pub fn write(saved: &SavedText) -> String {
    let document = json!({
        "cairn_plan": VERSION,
        "sum": sum(saved),
        "about": saved.about,
        "sealed": saved.sealed,
    });
    format!("{document:#}\n")
}

/// A saved plan from its text.
///
/// # Errors
/// The text is none, was changed, or is of a version this tool does not know.
pub fn read(text: &str) -> Result<SavedText, CodecError> {
    let json: Json = serde_json::from_str(text).map_err(|error| CodecError(error.to_string()))?;
    let part = |name: &str, missing: &str| {
        json.get(name).and_then(Json::as_str).map(ToOwned::to_owned).ok_or_else(|| CodecError(missing.to_owned()))
    };
    match json.get("cairn_plan").and_then(Json::as_u64) {
        Some(VERSION) => {}
        Some(other) => {
            return Err(CodecError(format!("it is of version {other}; this cairn reads version {VERSION}")));
        }
        None => return Err(CodecError("it does not say that it is one".to_owned())),
    }
    let about = json.get("about").cloned().ok_or_else(|| CodecError("it does not say what it is about".to_owned()))?;
    let saved = SavedText { about, sealed: part("sealed", "it is empty")? };
    if part("sum", "its checksum is missing")? != sum(&saved) {
        return Err(CodecError("its checksum does not fit: it was changed, or only partly written".to_owned()));
    }
    Ok(saved)
}

fn sum(saved: &SavedText) -> String {
    hex::encode(Sha256::digest(format!("{}\n{}", saved.about, saved.sealed)))
}
