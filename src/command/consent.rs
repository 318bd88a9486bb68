//! Consent: nothing is changed without it.

use super::failure::Failure;
use crate::host::terminal;

/// Asks for consent; gives whether it was given.
///
/// # Errors
/// Nobody can answer.
pub fn ask(question: &str, expected: &str) -> Result<bool, Failure> {
    match terminal::ask(&format!("\n{question}\ntype {expected} to go on: ")) {
        Some(answer) => Ok(answer == expected),
        None => Err(Failure::new("nobody can answer here; add --yes to go on without being asked")),
    }
}
