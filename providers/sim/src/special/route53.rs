//! Amazon Route 53 in the sandbox.

use ecow::{EcoString, eco_format};

use super::{Digits, Special};

/// What is special about the service's types.
pub const SPECIAL: Special = Special { chosen, ..Special::NOTHING };

fn chosen(kind: &str, field: &str, _region: &str, digits: Digits<'_>) -> Option<EcoString> {
    match (kind, field) {
        ("aws.route53.HostedZone", "id") => Some(eco_format!("Z{}", digits(20).to_uppercase())),
        _ => None,
    }
}
