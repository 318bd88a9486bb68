//! `cairn apply`: a plan, consent, and its execution; or exactly a saved plan.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{CloudArguments, Detail, Format, GuardArguments, OnFailure, ReplaceArguments, ValueArguments};
use super::failure::{Exit, Failure, count, reports};
use super::proposal::{Proposal, Question, settle};
use super::transfer::Origins;
use super::{front, guard, pipeline, run as running, saved, stacks, verdict};
use crate::engine::apply::Work;
use crate::host::terminal;

/// Bring the cloud to what the stack says, or apply a saved plan.
#[derive(Args)]
pub struct Arguments {
    /// The stack's directory, or a saved plan
    #[arg(value_name = "DIR|PLAN", default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    values: ValueArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    #[command(flatten)]
    guard: GuardArguments,
    #[command(flatten)]
    replace: ReplaceArguments,
    /// How the result is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// How much the plan says
    #[arg(long, value_enum, value_name = "DETAIL", default_value_t)]
    detail: Detail,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// What to do once a step has failed
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    on_failure: OnFailure,
    /// Consent in the name of a team that a policy asks for; may be repeated
    #[arg(long, value_name = "TEAM")]
    approve: Vec<String>,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    if saved::is_file(&arguments.path) {
        return saved::apply(saved::Order {
            file: &arguments.path,
            cloud: &arguments.cloud,
            guard: &arguments.guard,
            format: arguments.format,
            detail: arguments.detail,
            approved: arguments.approve,
            on_failure: arguments.on_failure.into(),
        })
        .await;
    }
    let front = front::load(&arguments.path, &arguments.values.set)?;
    let warnings = front.require_sound()?;
    let look = terminal::detect();
    let sources = &front.program.sources;
    terminal::err(&reports(&warnings, sources, &look));
    let environment = front.environment(arguments.values.env.as_deref())?;
    let names: Vec<String> = front.environments().into_iter().flatten().map(|name| name.to_string()).collect();
    let checked = if names.is_empty() { String::new() } else { format!(" in {}", names.join(", ")) };
    if arguments.format == Format::Text {
        let verdict = if warnings.is_empty() { "nothing wrong".to_owned() } else { count(&warnings) };
        terminal::out(&format!("checked {}{checked}: {verdict}\n\n", front.stack()));
    }
    let kept = front.state_place(environment.clone())?;
    let (stack, catalogue) = (front.stack(), front.catalogue());
    let place = pipeline::open(&front.root, &stack, environment.as_ref(), catalogue, &kept, &arguments.cloud).await?;
    let (mut desired, answers) = front.found(environment.clone(), &place.clouds, &arguments.cloud).await?;
    pipeline::verify_accounts(&desired, &place.clouds).await?;
    let origins = Origins::of(&desired, &front.root, &arguments.cloud)?;
    let place = origins.seen_from(place, &arguments.cloud)?;
    let taken = origins.take(&place, &arguments.cloud).await?;
    let moves = origins.settled(&desired, &taken.folded.snapshot, &taken.theirs(&origins), &front.root)?;
    let chosen = pipeline::Chosen { only: &arguments.cloud.only, replace: &arguments.replace.replace };
    let mut planned =
        pipeline::planned_with(moves, &desired, &place.clouds, &taken.key, sources, &front.root, &chosen).await?;
    planned.planning.refused.extend(stacks::in_use(&*place.store, &desired, front.header()).await?);
    planned.planning.plan.remark = front.other_catalogues().unwrap_or_default();
    verdict::of_changes(&front, &answers, &mut desired, &mut planned)?;
    planned.planning.refused.extend(guard::too_many(&planned.planning.plan, &arguments.guard));
    let question = Question {
        text: "Apply this plan?",
        expected: environment.as_ref().map_or_else(|| front.stack().to_string(), ToString::to_string),
    };
    let work = running::Work {
        work: Work {
            desired,
            planning: planned.planning,
            moved: planned.moved,
            clouds: place.clouds.clone(),
            first: Vec::new(),
            last: Vec::new(),
            command: "apply".into(),
            partial: !arguments.cloud.only.is_empty(),
        },
        place: &place,
        root: &front.root,
        arguments: &arguments.cloud,
        format: arguments.format,
        on_failure: arguments.on_failure.into(),
    };
    let question = (!arguments.yes).then_some(question);
    settle(Proposal {
        command: "apply",
        taken,
        work,
        sources,
        detail: arguments.detail,
        question,
        approved: arguments.approve,
    })
    .await
}
