//! Intents as text.

use std::collections::BTreeSet;

use ecow::EcoString;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::v1::{TargetText, document, document_value, nobody_knows, target_text, target_value};
use crate::model::Address;
use crate::state::{Intent, IntentKind};

/// An intent.
#[derive(Serialize, Deserialize)]
pub(super) struct IntentText {
    nonce: String,
    kind: KindText,
    address: String,
    #[serde(rename = "type")]
    resource: String,
    target: TargetText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    inputs: Json,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    needs: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    protect: bool,
    source: String,
    #[serde(default, skip_serializing_if = "nobody_knows")]
    at: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindText {
    Create,
    Update,
    Delete,
    Import,
    Forget,
}

/// As text.
pub(super) fn intent_text(intent: &Intent) -> IntentText {
    IntentText {
        nonce: intent.nonce.to_string(),
        kind: match intent.kind {
            IntentKind::Create => KindText::Create,
            IntentKind::Update => KindText::Update,
            IntentKind::Delete => KindText::Delete,
            IntentKind::Import => KindText::Import,
            IntentKind::Forget => KindText::Forget,
        },
        address: intent.address.to_string(),
        resource: intent.resource.to_string(),
        target: target_text(&intent.target),
        id: intent.id.as_ref().map(ToString::to_string),
        inputs: document(&intent.inputs),
        needs: intent.needs.iter().map(ToString::to_string).collect(),
        protect: intent.protect,
        source: intent.source.to_string(),
        at: intent.at,
    }
}

/// From its text.
pub(super) fn intent_value(text: IntentText) -> Intent {
    Intent {
        nonce: text.nonce.into(),
        kind: match text.kind {
            KindText::Create => IntentKind::Create,
            KindText::Update => IntentKind::Update,
            KindText::Delete => IntentKind::Delete,
            KindText::Import => IntentKind::Import,
            KindText::Forget => IntentKind::Forget,
        },
        address: Address::from_text(&text.address),
        resource: text.resource.into(),
        target: target_value(text.target),
        id: text.id.map(EcoString::from),
        inputs: document_value(&text.inputs),
        needs: text.needs.iter().map(|address| Address::from_text(address)).collect(),
        protect: text.protect,
        source: text.source.into(),
        at: text.at,
    }
}
