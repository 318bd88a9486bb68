//! What happens during an apply, one line for each thing that happened.

use crate::model::event::{Event, Step};
use crate::view::untrusted::one_line;

/// An event as a line; nothing for those that only move a progress bar.
pub fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Recovering { open } => {
            let word = if *open == 1 { "step" } else { "steps" };
            format!("an interrupted run left {open} {word} open; finishing them first")
        }
        Event::Recovered { address, outcome } => format!("  {address}: {}", one_line(outcome)),
        Event::Started { .. } => return None,
        Event::Waiting { .. } => return None,
        Event::Output { address, line } => format!("  {address} │ {}", one_line(line)),
        Event::Finished { address, step: Step::Run, took, .. } => {
            let seconds = took.as_secs_f64();
            if seconds < 1.0 { format!("» {address} run") } else { format!("» {address} run in {seconds:.0}s") }
        }
        Event::Finished { address, step, id, took, nothing } => {
            let seconds = took.as_secs_f64();
            let took = if seconds < 1.0 { String::new() } else { format!(" in {seconds:.0}s") };
            if *nothing {
                format!("= {address} needed nothing")
            } else {
                format!("{} {address} {}{took} ({})", symbol(*step), step.done(), one_line(id))
            }
        }
        Event::Failed { address, step, error } => format!("x {address}: {} failed: {}", step.doing(), one_line(error)),
        Event::Skipped { address, step, because } => {
            format!("  {address} not {}: it needs {because}, which failed", step.done())
        }
        Event::Left { address, step, reason } => {
            format!("  {address}: {} was begun and goes on without us: {}", step.doing(), one_line(reason))
        }
        Event::Stopping { running } => format!("stopping: {running} calls are running, safe to press Ctrl-C again"),
        Event::Ending { running } => {
            format!("a step failed, and --on-failure asks for no more: {running} calls are running")
        }
        Event::RollingBack { run, steps } => {
            format!("\nrolling back run {run}: {steps} {}", if *steps == 1 { "step" } else { "steps" })
        }
        Event::Stays { address, why } => format!("  {address} is not rolled back: {}", one_line(why)),
        Event::ProviderFault { address, fault } => {
            format!("! {address}: a bug in the provider, please report it: {}", one_line(fault))
        }
    })
}

/// An event as a line for logs, starts and waits included.
pub fn log_line(event: &Event) -> Option<String> {
    match event {
        Event::Started { address, kind, step } => Some(format!("… {address} {} ({kind})", step.doing())),
        Event::Waiting { address, reason } => Some(format!("… {address} waits: {}", one_line(reason))),
        Event::Recovering { .. }
        | Event::Recovered { .. }
        | Event::Output { .. }
        | Event::Finished { .. }
        | Event::Failed { .. }
        | Event::Skipped { .. }
        | Event::Left { .. }
        | Event::Stopping { .. }
        | Event::Ending { .. }
        | Event::RollingBack { .. }
        | Event::Stays { .. }
        | Event::ProviderFault { .. } => line(event),
    }
}

fn symbol(step: Step) -> &'static str {
    match step {
        Step::Create => "+",
        Step::Update => "~",
        Step::Delete => "-",
        Step::Import => "=",
        Step::Move => ">",
        Step::Forget => ".",
        Step::Run => "»",
    }
}
