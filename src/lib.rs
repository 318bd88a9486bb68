//! Cairn: infrastructure as code for AWS and Azure, in a language of its own.
//!
//! The modules in reading order, each using only those above it (`tests/it/architecture.rs` holds the table).

pub mod source;
pub mod diagnostic;
pub mod builtins;
pub mod model;
pub mod lock;
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the checker asks for one kind of type or expression among thirty; the matches that must grow with the language are written out"
)]
pub mod language;
pub mod state;
pub mod engine;
pub mod view;
pub mod rego;
pub mod host;
pub mod lsp;
pub mod registry;
pub mod command;
