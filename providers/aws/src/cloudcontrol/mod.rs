//! The vendor's one API for all types of its registry: for types that the catalogue does not have, and for properties
//! that a handler does not know.

pub mod document;
pub mod raw;
pub mod registry;
mod requests;
pub mod unlisted;
