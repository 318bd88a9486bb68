//! The language: source texts become a program, a program becomes the desired stack. Pure and synchronous.

pub mod tree;
pub mod syntax;
pub mod format;
pub mod types;
pub mod program;
pub mod standard;
pub mod resolve;
pub mod state_store;
mod literal;
mod named;
mod remedy;
pub mod check;
pub mod evaluate;
pub mod describe;
pub mod interface;
pub mod analysis;

use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// The report about something the language has and this version cannot evaluate.
fn unsupported(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "language::not_supported",
        format!("{what} is not supported yet"),
        span,
        "this version cannot evaluate it",
    )
    .help("nothing was ignored: remove it, or wait for a version that can")
}
