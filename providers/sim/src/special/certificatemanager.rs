//! AWS Certificate Manager in the sandbox.

use ecow::{EcoString, eco_format};

use super::{Digits, Special, uuid};

/// What is special about the service's types.
pub const SPECIAL: Special = Special { chosen, ..Special::NOTHING };

fn chosen(kind: &str, field: &str, region: &str, digits: Digits<'_>) -> Option<EcoString> {
    match (kind, field) {
        ("aws.certificatemanager.Certificate", "id") => {
            Some(eco_format!("arn:aws:acm:{region}:{}:certificate/{}", crate::ACCOUNT, uuid(digits)))
        }
        _ => None,
    }
}
