//! Creates that may have made more than what is recorded, as text.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::v1::{TargetText, document, document_value, target_text, target_value};
use crate::model::Address;
use crate::state::Suspect;

/// A suspected create.
#[derive(Serialize, Deserialize)]
pub(super) struct SuspectText {
    address: String,
    #[serde(rename = "type")]
    kind: String,
    target: TargetText,
    inputs: Json,
    pub(super) nonce: String,
    since: u64,
}

/// As text.
pub(super) fn suspect_text(suspect: &Suspect) -> SuspectText {
    SuspectText {
        address: suspect.address.to_string(),
        kind: suspect.kind.to_string(),
        target: target_text(&suspect.target),
        inputs: document(&suspect.inputs),
        nonce: suspect.nonce.to_string(),
        since: suspect.since,
    }
}

/// From its text.
pub(super) fn suspect_value(text: SuspectText) -> Suspect {
    Suspect {
        address: Address::from_text(&text.address),
        kind: text.kind.into(),
        target: target_value(text.target),
        inputs: document_value(&text.inputs),
        nonce: text.nonce.into(),
        since: text.since,
    }
}
