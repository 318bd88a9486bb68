//! The kinds of mistakes. Each kind gives the places where making it is a mistake whatever the rest of the stack says:
//! that is decided from the sound sources and the vendor's schema, never by asking the checker about the mutant.

mod brackets;
mod environment;
mod names;
mod network;
mod schema;
mod shape;
mod syntax;

use crate::mutant::Site;
use crate::stacks::Stack;
use crate::tree::Tree;

/// A kind of mistake.
pub struct Kind {
    /// Its name in the table.
    pub name: &'static str,
    /// Where it can be made.
    pub sites: fn(&Stack, &Tree<'_>) -> Vec<Site>,
}

const fn kind(name: &'static str, sites: fn(&Stack, &Tree<'_>) -> Vec<Site>) -> Kind {
    Kind { name, sites }
}

/// All kinds, in the order of the table.
pub fn all() -> Vec<Kind> {
    [brackets::KINDS, syntax::KINDS, shape::KINDS, names::KINDS, schema::KINDS, network::KINDS, environment::KINDS]
        .into_iter()
        .flatten()
        .map(|kind| Kind { ..*kind })
        .collect()
}
