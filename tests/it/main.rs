//! Everything that crosses a module boundary, in one binary.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::wildcard_enum_match_arm,
    reason = "tests fail loudly"
)]

mod architecture;
mod bad_files;
mod command;
mod concurrent;
mod crash_points;
mod damage;
mod examples;
mod faults;
mod golden_diagnostics;
#[cfg(feature = "aws")]
mod killed;
mod catalogue_pages;
mod language;
mod literate;
mod memory_files;
mod mutation;
mod plan_codes;
mod plan_pages;
mod project;
mod reference;
mod sample_types;
mod stacks;
mod sandbox_truth;
mod shared_examples;
mod stack_folder;
