//! The suite every resource type passes: on the sandbox, and on the vendor's API or an emulator of it.
//!
//! A case ([`case::Case`]) is data: what a type needs, a small and a full document, and changes of it. The suite
//! ([`suite::run`]) creates, reads back, updates field by field, deletes, deletes again, lists, imports, and resolves
//! interrupted creates. Where an emulator is not the cloud, the case lists the gap with its reason; a gap that is none
//! any more is a failure too.

pub mod agree;
pub mod case;
pub mod coverage;
pub mod emulator;
pub mod fake;
pub mod suite;
