//! Whatever is thrown at the language, and at what shows text from outside: five targets, each over generated and mutated sources, for a while.
//!
//! `CAIRN_FUZZ_SECONDS` says how long each target runs (5), `CAIRN_FUZZ_SEED` where it begins (1). A failure writes its
//! input to `target/fuzz/` and says how to run it again.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::wildcard_enum_match_arm,
    reason = "tests fail loudly, and share what the other tests are made of"
)]

mod corpus;
mod edits;
mod generate;
mod inert;
mod layout;
#[path = "../it/literate.rs"]
mod literate;
#[path = "../it/memory_files.rs"]
mod memory_files;
mod mutate;
mod numbers;
mod run;
#[path = "../it/sample_types.rs"]
mod sample_types;
mod tree_text;
mod targets;
