//! The standard library: components and libraries written in Cairn, compiled in as source.

use crate::diagnostic::suggest;

/// What its imports begin with.
pub const SCHEME: &str = "std:";

/// One file of the standard library.
#[derive(Debug)]
pub struct Part {
    /// Its name behind `std:`, such as `aws/network`.
    pub name: &'static str,
    /// Its source.
    pub text: &'static str,
}

/// The parts below a folder of `stacks/`, by the names behind `std:`.
macro_rules! parts {
    ($($name:literal from $file:literal;)+) => {
        /// All parts, by name. A test compares them with the folders.
        pub const PARTS: &[Part] = &[$(Part { name: $name, text: include_str!(concat!("../../stacks/", $file)) }),+];
    };
}

parts! {
    "aws/alarm" from "lib/aws/alarm.cairn";
    "aws/certificate" from "lib/aws/certificate.cairn";
    "aws/database" from "lib/aws/database.cairn";
    "aws/network" from "lib/aws/network.cairn";
    "aws/rules" from "lib/aws/rules.cairn";
    "aws/service" from "lib/aws/service.cairn";
    "aws/static_site" from "lib/aws/static_site.cairn";
    "policies/databases" from "policies/databases.cairn";
    "policies/edge" from "policies/edge.cairn";
    "policies/identity" from "policies/identity.cairn";
    "policies/logs" from "policies/logs.cairn";
    "policies/network" from "policies/network.cairn";
    "policies/servers" from "policies/servers.cairn";
    "policies/storage" from "policies/storage.cairn";
}

/// The part that an import names: `std:aws/network`.
pub fn part(from: &str) -> Option<&'static Part> {
    let name = from.strip_prefix(SCHEME)?;
    PARTS.iter().find(|part| part.name == name)
}

/// The part that declares a function of a name.
pub fn with_function(name: &str) -> Option<&'static Part> {
    let head = format!("fn {name}(");
    PARTS.iter().find(|part| part.text.lines().any(|line| line.starts_with(&head)))
}

/// What a user can have meant by a name that no part has.
pub fn nearest(from: &str) -> Option<&'static str> {
    let name = from.strip_prefix(SCHEME).unwrap_or(from);
    let name = name.strip_suffix(".cairn").unwrap_or(name);
    // Names of parts are one word behind a folder: the word alone often says which one is meant.
    let word = name.rsplit('/').next().unwrap_or(name);
    let same_word = PARTS.iter().map(|part| part.name).find(|part| part.rsplit('/').next() == Some(word));
    same_word.or_else(|| suggest::nearest(name, PARTS.iter().map(|part| part.name)))
}

#[cfg(test)]
mod tests {
    use super::{nearest, part, with_function};

    #[test]
    fn parts_have_the_names_that_imports_use() {
        assert!(part("std:aws/network").unwrap().text.contains("component Network"));
        assert!(part("aws/network").is_none());
        assert_eq!(with_function("ports").map(|part| part.name), Some("aws/rules"));
        assert!(with_function("nowhere").is_none());
        assert_eq!(nearest("std:aws/netwrok"), Some("aws/network"));
        assert_eq!(nearest("std:network"), Some("aws/network"));
        assert_eq!(nearest("std:aws/network.cairn"), Some("aws/network"));
    }
}
