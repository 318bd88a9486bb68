//! The contract between Cairn's engine and the clouds.
//!
//! Read in this order: [`value`] is what documents are made of; [`naming`] spells a vendor's names; [`schema`] says
//! what a resource type looks like; [`declaration`] what else is true of it; [`object`], [`request`] and [`error`] are
//! what the engine and a cloud tell each other; [`provider`] is the contract itself.
//!
//! Nothing here performs IO, knows a runtime or knows a protocol.

pub mod value;
pub mod naming;
pub mod schema;
pub mod declaration;
pub mod object;
pub mod request;
pub mod error;
pub mod failpoint;
pub mod provider;
