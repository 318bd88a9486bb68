//! `cairn destroy`: everything a stack manages in an environment goes away.

use clap::Args;

use super::arguments::{CloudArguments, Detail, Format, GuardArguments, StackArguments};
use super::failure::{Exit, Failure};
use super::proposal::{Proposal, Question, settle};
use super::{front, guard, pipeline, run as running, stacks, verdict};
use crate::diagnostic::{Report, Severity};
use crate::engine::apply::{OnFailure, Work};
use crate::model::desired::{DesiredStack, LookupAnswers};

/// Destroy everything the stack manages in an environment.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    #[command(flatten)]
    guard: GuardArguments,
    /// How the result is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// How much the plan says
    #[arg(long, value_enum, value_name = "DETAIL", default_value_t)]
    detail: Detail,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Consent in the name of a team that a policy asks for; may be repeated
    #[arg(long, value_name = "TEAM")]
    approve: Vec<String>,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let front = front::load(&arguments.stack.directory, &arguments.stack.values.set)?;
    if front.stack().is_empty() {
        return Err(front.failure(front.check_all()));
    }
    let environment = front.environment(arguments.stack.values.env.as_deref())?;
    let kept = front.state_place(environment.clone())?;
    let (stack, catalogue) = (front.stack(), front.catalogue());
    let place = pipeline::open(&front.root, &stack, environment.as_ref(), catalogue, &kept, &arguments.cloud).await?;
    let taken = running::take(&place).await?;
    // Nothing is wanted: what is recorded says where everything lives and in which order it goes.
    let mut desired = DesiredStack {
        name: front.stack(),
        environment: environment.clone().unwrap_or_default(),
        // What the source lets go of stays, whatever else goes.
        forgotten: front.offline(environment.clone(), &mut Report::default()).forgotten,
        ..DesiredStack::default()
    };
    let sources = &front.program.sources;
    let mut planned = pipeline::planned(
        &desired,
        &taken.folded,
        &place.clouds,
        &taken.key,
        sources,
        &front.root,
        &pipeline::Chosen { only: &arguments.cloud.only, replace: &[] },
    )
    .await?;
    if arguments.cloud.only.is_empty() {
        planned.planning.refused.extend(stacks::in_use(&*place.store, &desired, front.header()).await?);
    }
    // A stack that cannot be evaluated any more can still be destroyed, by whoever destroys what no policy protects.
    if front.check_all().iter().all(|diagnostic| diagnostic.severity != Severity::Error) {
        verdict::of_changes(&front, &LookupAnswers::default(), &mut desired, &mut planned)?;
    }
    planned.planning.refused.extend(guard::too_many(&planned.planning.plan, &arguments.guard));
    let question = Question {
        text: "Destroy all of this? There is no way back.",
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
            command: "destroy".into(),
            partial: !arguments.cloud.only.is_empty(),
        },
        place: &place,
        root: &front.root,
        arguments: &arguments.cloud,
        format: arguments.format,
        on_failure: OnFailure::FinishIndependent,
    };
    let question = (!arguments.yes).then_some(question);
    settle(Proposal {
        command: "destroy",
        taken,
        work,
        sources,
        detail: arguments.detail,
        question,
        approved: arguments.approve,
    })
    .await
}
