//! `cairn check`: everything that can be known without a cloud, in all environments.

use clap::Args;

use super::arguments::{CloudArguments, Format, StackArguments};
use super::failure::{Exit, Failure, count, reports};
use super::front::{self, Front};
use crate::diagnostic::Severity;
use crate::host::terminal::{self, Terminal};
use crate::model::date::Date;
use crate::view;
use crate::view::human::inspected::checks;
use crate::view::human::layout::{Detail, Layout};
use crate::view::untrusted;

/// Check a stack offline, in all its environments.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// How the result is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Say for each assertion and each relation when it is checked: by check, by plan, or by apply
    #[arg(long, conflicts_with = "format")]
    explain: bool,
    /// Judge exceptions from policies as of this day, to see what will have ended by then
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<String>,
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    arguments.cloud.require_whole("check")?;
    let mut front = front::load(&arguments.stack.directory, &arguments.stack.values.set)?;
    if let Some(day) = &arguments.as_of {
        front.today = Date::parse(day).ok_or_else(|| {
            Failure::new(format!("--as-of takes a day as YYYY-MM-DD, not `{}`", untrusted::one_line(day)))
        })?;
    }
    if let Some(environment) = &arguments.stack.values.env
        && !front.report.has_errors()
    {
        front.environment(Some(environment))?;
    }
    let mut diagnostics = front.check_all();
    if diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error) {
        diagnostics.extend(front.environments().into_iter().flat_map(|environment| front.missing_pins(environment)));
    }
    let wrong = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let sources = &front.program.sources;
    match arguments.format {
        Format::Json => terminal::out(&view::json::check(&diagnostics, sources)),
        Format::Markdown => terminal::out(&view::markdown::check(&diagnostics, sources)),
        Format::Text => {
            let look = terminal::detect();
            terminal::err(&reports(&diagnostics, sources, &look));
            let environments: Vec<String> =
                front.environments().into_iter().flatten().map(|name| name.to_string()).collect();
            let place =
                if environments.is_empty() { String::new() } else { format!(" in {}", environments.join(", ")) };
            let verdict = if diagnostics.is_empty() { "nothing wrong".to_owned() } else { count(&diagnostics) };
            terminal::out(&format!("checked {}{place}: {verdict}\n", front.stack()));
            if arguments.explain {
                explain(&front, arguments.stack.values.env.as_deref(), &look);
            }
        }
    }
    Ok(if wrong { Exit::Failed } else { Exit::Done })
}

/// Says when everything is checked, in one environment or in all.
fn explain(front: &Front, wanted: Option<&str>, look: &Terminal) {
    let layout = Layout { width: look.width, ascii: look.ascii, detail: Detail::Full };
    for environment in front.environments() {
        let name = environment.clone().unwrap_or_default();
        if wanted.is_none_or(|wanted| wanted == name) {
            terminal::out(&format!("\n{}", checks(&name, &front.explain(environment), layout)));
        }
    }
}
