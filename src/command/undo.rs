//! `cairn undo`: what a run did is taken back, by a plan like any other.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cairn_provider::object::Observed;
use clap::Args;
use ecow::eco_format;

use super::arguments::{CloudArguments, Detail, Format, GuardArguments, ValueArguments};
use super::failure::{Exit, Failure};
use super::proposal::{Proposal, Question, settle};
use super::{front, guard, pipeline, run as running, verdict};
use crate::diagnostic::{Diagnostic, Severity};
use crate::engine::apply::{OnFailure, Work};
use crate::engine::observe::observe;
use crate::engine::undo::{Inverse, Reach, inverse, plan};
use crate::model::desired::LookupAnswers;
use crate::state::{Entry, NoSuchRun};

/// Take back what a run did: a plan, shown first and consented to like any other.
#[derive(Args)]
pub struct Arguments {
    /// The number of the run: see `cairn runs`
    #[arg(value_name = "RUN")]
    run: u64,
    /// The stack's directory
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    #[command(flatten)]
    values: ValueArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    #[command(flatten)]
    guard: GuardArguments,
    /// Take back the rest, although some of it stays as it is
    #[arg(long)]
    partial: bool,
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
    arguments.cloud.require_whole("undo")?;
    let number = arguments.run;
    let front = front::load(&arguments.directory, &arguments.values.set)?;
    if front.stack().is_empty() {
        return Err(front.failure(front.check_all()));
    }
    let environment = front.environment(arguments.values.env.as_deref())?;
    let kept = front.state_place(environment.clone())?;
    let (stack, catalogue) = (front.stack(), front.catalogue());
    let place = pipeline::open(&front.root, &stack, environment.as_ref(), catalogue, &kept, &arguments.cloud).await?;
    let taken = running::take(&place).await?;
    let snapshot = &taken.folded.snapshot;
    let mut back = match inverse(number, snapshot, &front.catalogue(), Reach::Undo) {
        Ok(back) => back,
        Err(why) => {
            taken.store.release().await?;
            return Err(no_such_run(number, &why));
        }
    };
    back.desired.name = front.stack();
    back.desired.environment = environment.clone().unwrap_or_default();
    let after = back.reinstate(snapshot);
    let read = back.read_set(&after);
    let observations = observe(&read, &back.desired, &place.clouds, pipeline::quarantine()?, crate::host::now()).await;
    let mut planning = plan(&mut back, &after, &observations, (&place.clouds, &taken.key), Reach::Undo);
    let stays = stays(&back, arguments.partial);
    if arguments.partial { &mut planning.warnings } else { &mut planning.refused }.extend(stays);
    planning.warnings.extend(left(&back));
    planning.refused.extend(guard::too_many(&planning.plan, &arguments.guard));
    planning.plan.remark = eco_format!("run {number} is taken back; the sources are not changed");
    let mut desired = std::mem::take(&mut back.desired);
    let mut planned = pipeline::Planned { planning, moved: Vec::new(), before: BTreeMap::new() };
    planned.before = planned
        .planning
        .plan
        .changes
        .iter()
        .filter_map(|change| {
            let schema = place.clouds.catalogue.get(&change.kind)?;
            let Some(Observed::Present(live)) = observations.objects.get(&change.address) else { return None };
            Some((change.address.clone(), verdict::without_secrets(&live.attributes, schema)))
        })
        .collect();
    // As with `destroy`: of a stack that is not sound any more, no policy can be asked.
    if front.check_all().iter().all(|diagnostic| diagnostic.severity != Severity::Error) {
        verdict::of_changes(&front, &LookupAnswers::default(), &mut desired, &mut planned)?;
    }
    let outputs = back.outputs.take().filter(|_| back.stays.is_empty());
    let question = Question {
        text: "Take this back?",
        expected: environment.as_ref().map_or_else(|| front.stack().to_string(), ToString::to_string),
    };
    let work = running::Work {
        work: Work {
            desired,
            planning: planned.planning,
            moved: Vec::new(),
            clouds: place.clouds.clone(),
            first: back.entries(),
            last: outputs.map(|outputs| Entry::Outputs { outputs }).into_iter().collect(),
            command: eco_format!("undo {number}"),
            partial: true,
        },
        place: &place,
        root: &front.root,
        arguments: &arguments.cloud,
        format: arguments.format,
        on_failure: OnFailure::FinishIndependent,
    };
    let question = (!arguments.yes).then_some(question);
    settle(Proposal {
        command: "undo",
        taken,
        work,
        sources: &front.program.sources,
        detail: arguments.detail,
        question,
        approved: arguments.approve,
    })
    .await
}

/// A report for each resource that stays as it is.
fn stays(back: &Inverse, partial: bool) -> Vec<Diagnostic> {
    let report = if partial { Diagnostic::warning_unplaced } else { Diagnostic::unplaced };
    let stays = back.stays.iter();
    let reports = stays.map(|(address, why)| {
        let report = report("plan::not_undone", format!("`{address}` cannot be undone: {why}"));
        if partial { report } else { report.help("with --partial the rest is undone, and this stays as it is") }
    });
    reports.collect()
}

/// Warnings about parts that stay as they are.
fn left(back: &Inverse) -> Vec<Diagnostic> {
    let fields = back.fields.iter().map(|(address, why)| format!("`{address}`: {why}"));
    let ran = back.ran.iter().map(|address| format!("`{address}` was run: what it did is not undone"));
    fields.chain(ran).map(|text| Diagnostic::warning_unplaced("plan::not_undone", text)).collect()
}

/// Why a run cannot be looked at.
pub fn no_such_run(number: u64, why: &NoSuchRun) -> Failure {
    match why {
        NoSuchRun::Unknown => Failure::new(format!("there is no run {number}: see `cairn runs`")),
        NoSuchRun::TooOld(oldest) => Failure::new(format!(
            "what was there before run {number} is not kept any more; the oldest run of which it is: {oldest}"
        )),
    }
}
