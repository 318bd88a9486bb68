//! Amazon CloudFront in the sandbox.

use ecow::{EcoString, eco_format};

use super::{Digits, Special};

/// What is special about the service's types.
pub const SPECIAL: Special = Special { chosen, ..Special::NOTHING };

fn chosen(kind: &str, field: &str, _region: &str, digits: Digits<'_>) -> Option<EcoString> {
    match (kind, field) {
        ("aws.cloudfront.Distribution" | "aws.cloudfront.OriginAccessControl", "id") => {
            Some(eco_format!("E{}", digits(13).to_uppercase()))
        }
        ("aws.cloudfront.Distribution", "domain_name") => Some(eco_format!("d{}.cloudfront.net", digits(13))),
        _ => None,
    }
}
