//! Properties that nothing checked: they reach the cloud, or the plan is refused. Pure.

use cairn_provider::naming::UNLISTED;
use cairn_provider::schema::RAW;

use crate::diagnostic::Diagnostic;
use crate::model::desired::DesiredResource;

/// What is said where a handler has no way to send them. Nothing is left out in silence.
pub fn not_sent(desired: &DesiredResource) -> Option<Diagnostic> {
    if desired.kind == UNLISTED {
        let type_name = desired.inputs.get("type_name").map_or(desired.origin, |field| field.span);
        return Some(
            Diagnostic::error(
                "raw::not_sent",
                "This version cannot manage types that are not in the catalogue",
                type_name,
                "it has no way to create this one",
            )
            .help("the sandbox carries it; for a cloud, wait for a version whose catalogue has the type"),
        );
    }
    let raw = desired.inputs.get(RAW)?;
    let names = desired.unchecked().unwrap_or_default();
    let names = if names.is_empty() { "they".to_owned() } else { names.join(", ") };
    Some(
        Diagnostic::error(
            "raw::not_sent",
            format!("This version cannot send `raw` of {}", desired.kind),
            raw.span,
            format!("{names} would be left out"),
        )
        .help("remove it until the catalogue has the property; the sandbox carries it"),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cairn_provider::value::Value;

    use super::not_sent;
    use crate::model::Address;
    use crate::model::desired::{DesiredField, DesiredResource, Options, Placement};
    use crate::source::{SourceId, Span};

    #[test]
    fn what_would_be_left_out_is_named_where_it_is_written() {
        let span = Span::new(SourceId(0), 3, 6);
        let mut desired = DesiredResource {
            address: Address::top("vpc"),
            kind: "aws.ec2.Vpc".into(),
            place: Arc::new(Placement::default()),
            inputs: std::collections::BTreeMap::new(),
            needs: Vec::new(),
            options: Options::default(),
            origin: Span::new(SourceId(0), 0, 1),
        };
        assert!(not_sent(&desired).is_none());
        let value = Value::map([("NewProperty".into(), Value::Bool(true))]).into();
        desired.inputs.insert("raw".into(), DesiredField { value, span });
        let refused = not_sent(&desired).unwrap();
        assert_eq!((refused.code, refused.span()), ("raw::not_sent", Some(span)));
        assert!(format!("{refused:?}").contains("NewProperty would be left out"));
        desired.kind = "aws.Unlisted".into();
        assert!(not_sent(&desired).unwrap().message.contains("not in the catalogue"));
    }
}
