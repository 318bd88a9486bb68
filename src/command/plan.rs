//! `cairn plan`: what an apply would do. Writes nothing but the file that is asked for, and with it a state if there is none.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{CloudArguments, Detail, Format, GuardArguments, ReplaceArguments, StackArguments};
use super::failure::{Exit, Failure, reports, style};
use super::transfer::{self, Origins};
use super::{front, guard, pipeline, saved, stacks, verdict};
use crate::host::terminal;
use crate::state::fold;
use crate::view;

/// Show what an apply would do; writes nothing.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    #[command(flatten)]
    guard: GuardArguments,
    #[command(flatten)]
    replace: ReplaceArguments,
    /// How the plan is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// How much the plan says
    #[arg(long, value_enum, value_name = "DETAIL", default_value_t)]
    detail: Detail,
    /// Save the plan, to apply exactly it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// For how long the saved plan is good: 30min, 4h, 2d
    #[arg(long, value_name = "TIME", requires = "out", value_parser = lifetime, default_value = "24h")]
    valid_for: u64,
    /// Exit with 2 if there are differences
    #[arg(long)]
    detailed_exitcode: bool,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let front = front::load(&arguments.stack.directory, &arguments.stack.values.set)?;
    let environment = front.environment(arguments.stack.values.env.as_deref());
    let diagnostics = front.require_sound_for(arguments.format, &environment, view::json::plan)?;
    let environment = environment?;
    let kept = front.state_place(environment.clone())?;
    let (stack, catalogue) = (front.stack(), front.catalogue());
    let place = pipeline::open(&front.root, &stack, environment.as_ref(), catalogue, &kept, &arguments.cloud).await?;
    let (mut desired, answers) = front.found(environment.clone(), &place.clouds, &arguments.cloud).await?;
    pipeline::verify_accounts(&desired, &place.clouds).await?;
    let origins = Origins::of(&desired, &front.root, &arguments.cloud)?;
    let place = origins.seen_from(place, &arguments.cloud)?;
    if arguments.out.is_some() {
        saved::begin_state(&*place.store).await?;
    }
    let loaded = place.store.load().await?;
    pipeline::verify_recorded(&fold(loaded.snapshot.clone(), loaded.entries.clone()).snapshot, &place.clouds).await?;
    let (mut folded, key) = pipeline::recorded(loaded, &place.clouds).await?;
    transfer::look(&mut folded, &place.state).await?;
    let sources = &front.program.sources;
    let moves = origins.settled(&desired, &folded.snapshot, &origins.read().await?, &front.root)?;
    let chosen = pipeline::Chosen { only: &arguments.cloud.only, replace: &arguments.replace.replace };
    let mut planned =
        pipeline::planned_with(moves, &desired, &place.clouds, &key, sources, &front.root, &chosen).await?;
    planned.planning.refused.extend(stacks::in_use(&*place.store, &desired, front.header()).await?);
    planned.planning.plan.remark = front.other_catalogues().unwrap_or_default();
    verdict::of_changes(&front, &answers, &mut desired, &mut planned)?;
    planned.planning.refused.extend(guard::too_many(&planned.planning.plan, &arguments.guard));
    let plan = &planned.planning.plan;
    let refused = verdict::refused(&plan.policies, sources);
    let look = terminal::detect();
    let mut shown = diagnostics;
    shown.extend(planned.planning.warnings.iter().cloned());
    shown.extend(planned.planning.refused.iter().cloned());
    shown.extend(refused.iter().cloned());
    shown.extend(verdict::warned(&plan.policies, sources));
    match arguments.format {
        Format::Json => terminal::out(&view::json::plan(plan, &shown, sources)),
        Format::Markdown => terminal::out(&view::markdown::plan(plan, &shown, sources, arguments.detail.into())),
        Format::Text => {
            terminal::err(&reports(&shown, sources, &look));
            terminal::out(&view::human::plan::render(plan, "plan", style(&look), arguments.detail.into()));
        }
    }
    if arguments.cloud.stats {
        terminal::err(&pipeline::stats(&place.clouds));
    }
    if !planned.planning.refused.is_empty() {
        return Err(Failure::with(Exit::Refused, super::proposal::not_planned(&planned.planning.refused)));
    }
    if !refused.is_empty() {
        return Err(Failure::with(Exit::Refused, "refused by a policy"));
    }
    if let Some(file) = &arguments.out {
        let (cloud, lifetime, replace) = (&arguments.cloud, arguments.valid_for, &arguments.replace.replace);
        let (key, kept) = (&key, &place.kept);
        let saving = saved::Saving { front: &front, desired: &desired, plan, key, kept, cloud, lifetime, replace };
        saved::write(file, &saving)?;
        if arguments.format == Format::Text {
            terminal::out(&format!("  saved {}: cairn apply {}\n", file.display(), file.display()));
        }
    }
    let differs = arguments.detailed_exitcode && !plan.is_empty();
    Ok(if differs { Exit::Differences } else { Exit::Done })
}

/// A time in seconds.
fn lifetime(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 4] = [("min", 60), ("h", 3_600), ("d", 86_400), ("s", 1)];
    let parsed = UNITS.iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*seconds)
    });
    parsed.ok_or_else(|| "a time is a whole number and a unit: 30min, 4h, 2d".to_owned())
}
