//! Whether a case tries every field that a type's handler is said to send.

use std::collections::BTreeSet;

use cairn_provider::schema::TypeSchema;
use ecow::EcoString;

use crate::case::Case;

/// Fields of the resource that may be written and that the case never writes, and those it calls untried and writes.
pub fn untried(case: &Case, schema: &TypeSchema) -> Vec<EcoString> {
    let changed = case.updates.iter().flat_map(|update| update.set.keys());
    let others = case.others.iter().flat_map(|other| other.keys());
    let tried: BTreeSet<&EcoString> =
        case.minimal.keys().chain(case.full.keys()).chain(changed).chain(others).collect();
    let fields = schema.root().fields.iter();
    let sent = fields.filter(|(_, field)| field.writable() && field.unsupported.is_none());
    let wrong = sent.map(|(name, _)| name).filter(|name| tried.contains(name) == case.untried.contains_key(*name));
    let unknown = case.untried.keys().filter(|name| schema.field(name).is_none());
    wrong.chain(unknown).cloned().collect()
}
