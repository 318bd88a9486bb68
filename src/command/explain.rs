//! `cairn explain`: the page of a code.

use clap::Args;

use super::failure::{Exit, Failure, style};
use crate::diagnostic::{PAGES, Page, page, suggest};
use crate::host::terminal;
use crate::view::human::page as view;
use crate::view::untrusted;

/// Explain the code of a report.
#[derive(Args)]
pub struct Arguments {
    /// The code, such as schema::unknown_field; without one, all are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// There is no such code.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Some(asked) = arguments.code else {
        terminal::out(&view::list(PAGES.iter()));
        return Ok(Exit::Done);
    };
    let found = find(&asked)?;
    terminal::out(&view::page(found, style(&terminal::detect())));
    Ok(Exit::Done)
}

/// The page that is meant: by the whole code, or by the name behind its group where only one has it.
fn find(asked: &str) -> Result<&'static Page, Failure> {
    let code = asked.trim().trim_start_matches("cairn::").trim_start_matches("::");
    if let Some(found) = page(code) {
        return Ok(found);
    }
    let named: Vec<&Page> =
        PAGES.iter().filter(|page| page.code.rsplit("::").next().is_some_and(|name| name == code)).collect();
    if let [one] = named.as_slice() {
        return Ok(one);
    }
    let shown = untrusted::one_line(code);
    let group: Vec<&str> = PAGES
        .iter()
        .map(|page| page.code)
        .filter(|full| full.split("::").next() == Some(code))
        .chain(named.iter().map(|page| page.code))
        .collect();
    if !group.is_empty() {
        return Err(Failure::new(format!("`{shown}` could be several codes: {}", group.join(" "))));
    }
    let near = suggest::nearest(code, PAGES.iter().map(|page| page.code))
        .or_else(|| by_name(code))
        .map(|near| format!("; did you mean {near}?"))
        .unwrap_or_default();
    Err(Failure::new(format!("there is no code `{shown}`{near}\n`cairn explain` without a code lists all of them")))
}

/// The code whose name behind the group is nearest.
fn by_name(asked: &str) -> Option<&'static str> {
    let name = asked.rsplit("::").next()?;
    let names = PAGES.iter().filter_map(|page| page.code.rsplit("::").next());
    let near = suggest::nearest(name, names)?;
    PAGES.iter().map(|page| page.code).find(|code| code.ends_with(&format!("::{near}")))
}
