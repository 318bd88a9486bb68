//! `cairn docs`: the interface of a stack, a component or a library as Markdown.

use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::{Exit, Failure, count, reports};
use super::front;
use crate::diagnostic::{Report, Severity};
use crate::host::files::DiskFiles;
use crate::host::{self, terminal};
use crate::language::program::Program;
use crate::language::resolve;
use crate::language::{check, interface, standard};
use crate::model::interface::Interface;
use crate::registry;
use crate::source::SourceSet;
use crate::view::{self, untrusted};

/// Describe the interface of a stack, a component or a library.
#[derive(Args)]
pub struct Arguments {
    /// A stack's directory, the file of a component or library, or a part of the standard library (std:aws/network)
    #[arg(value_name = "PATH", default_value = ".")]
    path: String,
    /// Write it into this file
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    out: Option<PathBuf>,
    /// Only say whether this file is what would be written; ends with 2 if not
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// There is nothing at the path, it is wrong, or the file cannot be written.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let text = view::interface::markdown(&described(&arguments.path)?);
    if let Some(file) = &arguments.check {
        let shown = file.display();
        return match host::read_text(file) {
            Ok(current) if current == text => {
                terminal::out(&format!("{shown} is current\n"));
                Ok(Exit::Done)
            }
            Ok(_) => {
                terminal::out(&format!("{shown} is not current: cairn docs {} --out {shown}\n", arguments.path));
                Ok(Exit::Differences)
            }
            Err(why) => Err(Failure::new(format!("{shown} cannot be read: {why}"))),
        };
    }
    match &arguments.out {
        Some(file) => {
            host::write_text(file, &text)
                .map_err(|why| Failure::new(format!("{} cannot be written: {why}", file.display())))?;
        }
        None => terminal::out(&text),
    }
    Ok(Exit::Done)
}

fn described(path: &str) -> Result<Interface, Failure> {
    if path.starts_with(standard::SCHEME) {
        if standard::part(path).is_none() {
            let near = standard::nearest(path).map(|near| format!("; did you mean {}{near}?", standard::SCHEME));
            let shown = untrusted::one_line(path);
            return Err(Failure::new(format!("the standard library has no {shown}{}", near.unwrap_or_default())));
        }
        return file(Path::new("."), path);
    }
    let place = Path::new(path);
    if host::is_file(place) {
        let directory = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        return file(directory, &name);
    }
    let front = front::load(place, &[])?;
    sound(&front.report, &front.program.sources)?;
    Ok(front.interface())
}

/// A component or a library, by its file or its name in the standard library.
fn file(directory: &Path, name: &str) -> Result<Interface, Failure> {
    let files = DiskFiles::new(directory).map_err(Failure::new)?;
    let (program, mut report) = resolve::load_file(&files, registry::catalogue(), name);
    let Some(program) = program else {
        return Err(sound(&report, &SourceSet::default()).err().unwrap_or_else(|| Failure::new("it cannot be read")));
    };
    let typed = check::check(&program, &mut report);
    sound(&report, &program.sources)?;
    Ok(interface::interface(&program, &typed, Program::STACK))
}

/// Fails with all reports if one is an error: what is wrong cannot be described.
fn sound(report: &Report, sources: &SourceSet) -> Result<(), Failure> {
    if !report.has_errors() {
        return Ok(());
    }
    let errors: Vec<_> =
        report.clone().into_sorted().into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    let text = reports(&errors, sources, &terminal::detect());
    Err(Failure::new(format!("{text}{}", count(&errors))))
}
