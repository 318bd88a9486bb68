//! Names of objects that nobody wrote and the API needs.

use cairn_provider::schema::overlay::NameRule;
use ecow::{EcoString, eco_format};
use sha2::Digest as _;

/// A name from stack, environment and address within a type's alphabet and length. A name that has to be cut or
/// spelled differently ends in a digest, so that different addresses never meet.
pub fn physical_name(rule: &NameRule, stack: &str, environment: &str, address: &str) -> EcoString {
    let full =
        [stack, environment, address].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("-");
    let separator = rule.separators.chars().next();
    let mut spelled = String::new();
    let mut changed = false;
    for character in full.chars() {
        let character = if rule.lower { character.to_ascii_lowercase() } else { character };
        if character.is_ascii_alphanumeric() || rule.separators.contains(character) {
            spelled.push(character);
        } else if let Some(separator) = separator {
            // Points, brackets and quotes of an address separate its parts.
            changed |= !matches!(character, '_' | '.' | '[' | ']' | '"');
            if !spelled.ends_with(separator) {
                spelled.push(separator);
            }
        }
    }
    let spelled = spelled.trim_matches(|character| Some(character) == separator).to_owned();
    // A renewed name keeps room for its generation.
    let room = if rule.renewed { rule.max.saturating_sub(7) } else { rule.max };
    if spelled.len() <= room && !changed {
        return spelled.into();
    }
    let digest = hex::encode(sha2::Sha256::digest(full.as_bytes()));
    let digest: String = digest.chars().take(8).collect();
    let keep = room.saturating_sub(9);
    let kept: String = spelled.chars().take(keep).collect();
    let kept = kept.trim_end_matches(|character| Some(character) == separator);
    eco_format!("{kept}{}{digest}", separator.map(String::from).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use cairn_provider::schema::overlay::NameRule;

    use super::physical_name;

    #[test]
    fn names_keep_to_the_alphabet_and_the_length() {
        let rule = NameRule { property: "Name", max: 32, lower: true, separators: "-", renewed: false };
        assert_eq!(physical_name(&rule, "shop", "dev", "web"), "shop-dev-web");
        assert_eq!(physical_name(&rule, "shop", "", "pool[\"api\"]"), "shop-pool-api");
        let long = physical_name(&rule, "bitebuddy", "production", "network.very_long_name[\"b\"]");
        assert!(long.len() <= 32 && long.starts_with("bitebuddy-production"), "{long}");
        let other = physical_name(&rule, "bitebuddy", "production", "network.very_long_name[\"c\"]");
        assert_ne!(long, other);
    }
}
