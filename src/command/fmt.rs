//! `cairn fmt`: one way to write every program.

use std::path::PathBuf;

use clap::Args;

use super::arguments::Format;
use super::failure::{Exit, Failure};
use crate::host::{sources, terminal};
use crate::language::format;
use crate::view;
use crate::view::json::FormattedFile;
use crate::view::untrusted;

/// Write sources in the one form everybody writes.
#[derive(Args)]
pub struct Arguments {
    /// Files, and directories with all that is below them
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Change nothing; list the files that are not formatted, and fail if there are any
    #[arg(long)]
    check: bool,
    /// Format standard input to standard output
    #[arg(long, conflicts_with = "paths")]
    stdin: bool,
    /// How the result is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    if arguments.stdin {
        return input(arguments.check);
    }
    let mut paths = Vec::new();
    let mut results = Vec::new();
    for path in &arguments.paths {
        match sources::find(path) {
            Ok(found) => paths.extend(found),
            Err(error) => results.push(FormattedFile::failed(String::new(), untrusted::one_line(&error))),
        }
    }
    paths.sort();
    paths.dedup();
    for path in paths {
        let shown = path.display().to_string();
        let shown = shown.strip_prefix("./").unwrap_or(&shown).to_owned();
        results.push(match one(&path, arguments.check) {
            Ok((changed, broken)) => FormattedFile { path: shown, changed, broken, error: None },
            Err(error) => FormattedFile::failed(shown, error),
        });
    }
    let failed = results.iter().any(|file| file.error.is_some());
    let changed = results.iter().any(|file| file.changed);
    match arguments.format {
        Format::Json => terminal::out(&view::json::formatted(&results, arguments.check)),
        Format::Text | Format::Markdown => show(&results, arguments.check),
    }
    Ok(if failed || arguments.check && changed { Exit::Failed } else { Exit::Done })
}

/// Formats a file; gives whether it was not formatted, and how much of it could not be read.
fn one(path: &std::path::Path, check: bool) -> Result<(bool, usize), String> {
    let text = sources::read(path)?;
    let formatted = format::format(&text).map_err(|error| error.to_string())?;
    let changed = formatted.text != text;
    if changed && !check {
        sources::replace(path, &formatted.text)?;
    }
    Ok((changed, formatted.broken))
}

fn input(check: bool) -> Result<Exit, Failure> {
    let text = sources::read_input().map_err(|error| Failure::new(format!("standard input: {error}")))?;
    let formatted = format::format(&text).map_err(|error| Failure::new(format!("standard input: {error}")))?;
    if !check {
        terminal::data(&formatted.text);
    }
    Ok(if check && formatted.text != text { Exit::Failed } else { Exit::Done })
}

fn show(results: &[FormattedFile], check: bool) {
    let mut changed = 0;
    for file in results {
        let path = untrusted::one_line(&file.path);
        if let Some(error) = &file.error {
            let place = if path.is_empty() { String::new() } else { format!("{path}: ") };
            terminal::err(&format!("{place}{error}\n"));
        } else if file.changed {
            changed += 1;
            terminal::out(&format!("{path}\n"));
        }
        if file.broken > 0 {
            let (what, is) =
                if file.broken == 1 { ("1 place", "is") } else { (&*format!("{} places", file.broken), "are") };
            terminal::err(&format!(
                "{path}: {what} could not be read and {is} left as written; cairn check says why\n"
            ));
        }
    }
    let files = if changed == 1 { "1 file".to_owned() } else { format!("{changed} files") };
    let said = match (changed, check) {
        (0, _) => return,
        (1, true) => format!("{files} is not formatted; cairn fmt writes it anew\n"),
        (_, true) => format!("{files} are not formatted; cairn fmt writes them anew\n"),
        (_, false) => format!("formatted {files}\n"),
    };
    terminal::err(&said);
}
