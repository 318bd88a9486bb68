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

mod actions;
mod architecture;
mod bad_files;
mod book;
mod command;
mod completions_command;
mod concurrent;
mod console_command;
mod crash_moves;
mod crash_points;
mod crossing;
mod damage;
mod docs_command;
mod editors;
mod examples;
mod explain_command;
mod failpoints;
mod faults;
mod from_git;
mod full_disk;
mod formatted;
mod interrupt;
mod golden_diagnostics;
#[cfg(feature = "aws")]
mod killed;
mod canary;
mod catalogue_pages;
mod language;
mod late_values;
mod literate;
mod log_damage;
mod log_machine;
mod log_state;
mod lsp;
mod memory_files;
mod moving;
mod mutation;
#[cfg(feature = "aws")]
mod newer_types;
mod other_stacks;
mod plan_codes;
mod plan_pages;
mod policies;
mod project;
mod protection;
#[path = "../proxy/mod.rs"]
#[cfg_attr(not(feature = "aws"), allow(dead_code, reason = "its tests need no cloud"))]
mod proxy;
mod reference;
mod reference_language;
mod sample_types;
mod schema_command;
#[cfg(all(feature = "state-object", feature = "state-postgres"))]
mod state_servers;
mod stacks;
mod state_header;
#[cfg(all(feature = "state-object", feature = "state-postgres"))]
mod real_states;
mod state_tools;
mod replaces;
mod rollback;
mod standard_library;
mod taken_over;
mod states_of_versions;
mod sandbox_truth;
mod saved_plans;
mod shared_examples;
mod undo;
mod stack_folder;
