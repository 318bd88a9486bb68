//! What is said about a user's mistake: plain data, rendered elsewhere.
//!
//! A mistake of the user is a value beside the result of a stage, never an `Err`: a stage reports all it finds.

mod catalogue;
pub mod fixes;
mod report;
pub mod suggest;

pub use catalogue::{PAGES, Page, page};
pub use report::{Code, Diagnostic, Edit, Fix, Label, Report, Severity, WRITTEN_SECRET};
