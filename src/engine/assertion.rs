//! Assertions that waited for values. Pure.

use cairn_provider::value::Value;

use super::known::World;
use crate::diagnostic::Diagnostic;
use crate::model::desired::DesiredAssertion;
use crate::model::residual::Resolved;

/// Assertions that do not hold, as far as is known; with `whole`, everything is known, and what still cannot be computed
/// does not hold either.
pub fn failed(assertions: &[DesiredAssertion], known: &World, whole: bool) -> Vec<Diagnostic> {
    let failed = assertions.iter().filter_map(|assertion| {
        let message = match assertion.condition.resolve(known) {
            Resolved::Known(Value::Bool(true)) => return None,
            Resolved::Known(_) => match assertion.message.resolve(known) {
                Resolved::Known(Value::Text(message)) if !message.is_empty() => message.to_string(),
                Resolved::Known(_) | Resolved::Unknown | Resolved::Failed(_) => "An assertion does not hold".to_owned(),
            },
            Resolved::Unknown if !whole => return None,
            Resolved::Unknown => "An assertion could not be checked".to_owned(),
            Resolved::Failed(why) => format!("An assertion could not be computed: {why}"),
        };
        Some(Diagnostic::error("assert::failed", message, assertion.span, "this does not hold"))
    });
    failed.collect()
}
