//! Saved plans: written by `plan --out`, applied exactly, once, and only while the world is as it was.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ecow::EcoString;
use serde_json::{Value as Json, json};

use super::arguments::{CloudArguments, Detail, Format, GuardArguments};
use super::failure::{Exit, Failure};
use super::front::Front;
use super::proposal::{Proposal, settle};
use super::transfer::Origins;
use super::{guard, pipeline, run as running, stacks, verdict};
use crate::engine::apply::{OnFailure, Work};
use crate::engine::execute::Entropy as _;
use crate::engine::mask::StackKey;
use crate::engine::seal::NONCE;
use crate::host;
use crate::host::entropy::{self, SystemEntropy};
use crate::host::who;
use crate::model::Address;
use crate::model::desired::DesiredStack;
use crate::model::plan::{Base, Plan};
use crate::model::policy::Judgement;
use crate::model::state_place::StatePlace;
use crate::registry;
use crate::source::SourceSet;
use crate::state::codec::{SavedText, read_desired, read_saved, write_desired, write_saved};
use crate::state::{Custody, Entry};
use crate::view;

/// Whether a path is a saved plan and no directory.
pub fn is_file(path: &Path) -> bool {
    host::is_file(path)
}

/// The state a plan is saved for. A stack without one begins it here: there is no key before.
///
/// # Errors
/// As for taking the state.
pub async fn begin_state(store: &dyn Custody) -> Result<(), Failure> {
    if store.load().await?.snapshot.lineage.is_empty() {
        store.take(&who::who()).await?;
        store.release().await?;
    }
    Ok(())
}

/// What a plan is saved with.
pub struct Saving<'a> {
    /// The stack.
    pub front: &'a Front,
    /// What is wanted.
    pub desired: &'a DesiredStack,
    /// The plan.
    pub plan: &'a Plan,
    /// The stack's key.
    pub key: &'a StackKey,
    /// Where the state is kept.
    pub kept: &'a StatePlace,
    /// Which cloud.
    pub cloud: &'a CloudArguments,
    /// For how many seconds it is good.
    pub lifetime: u64,
    /// Addresses that get new objects because the command line asks for it.
    pub replace: &'a [String],
}

/// Saves a plan, encrypted with the stack's key. Secrets are not in it: they are read again when it is applied.
///
/// # Errors
/// The file cannot be written.
pub fn write(file: &Path, saving: &Saving<'_>) -> Result<(), Failure> {
    let Saving { front, desired, plan, key, kept, cloud, lifetime, replace } = saving;
    let root = host::absolute(&front.root).map_err(Failure::new)?;
    let body = json!({
        "plan": SystemEntropy.nonce().as_str(),
        "expires": host::now().saturating_add(*lifetime),
        "desired": write_desired(desired, &front.program.sources),
        "changes": changes(plan),
        "touched": touched(plan),
        "replace": replace,
        "approvers": plan.policies.approvers().into_iter().map(EcoString::as_str).collect::<Vec<_>>(),
    });
    let about = json!({
        "directory": root,
        "environment": desired.environment.as_str(),
        "lineage": plan.base.lineage.as_str(),
        "sandbox": cloud.sandbox,
        "stack": desired.name.as_str(),
        "state": kept.address(),
    });
    let nonce: [u8; NONCE] = std::array::from_fn({
        let mut random = entropy::bytes(NONCE).into_iter();
        move |_| random.next().unwrap_or_default()
    });
    let sealed = key.seal(&about.to_string(), &body.to_string(), nonce);
    let text = write_saved(&SavedText { about, sealed });
    host::write_private(file, &text).map_err(|why| Failure::new(format!("{}: {why}", file.display())))
}

/// What a plan changes, in a form that is the same exactly if the changes are. What stays as it is, and how far the
/// state had come, are not part of it: other applies may go on beside it.
fn changes(plan: &Plan) -> String {
    let effective = plan.changes.iter().filter(|change| change.is_effective()).cloned().collect();
    // Consent and what is undecided travel with what is wanted; their places are none of other sources.
    let plan = Plan {
        changes: effective,
        base: Base::default(),
        policies: Judgement::default(),
        places: Vec::new(),
        remark: EcoString::new(),
        ..plan.clone()
    };
    view::json::plan(&plan, &[], &SourceSet::default())
}

/// The addresses a plan changes.
fn touched(plan: &Plan) -> BTreeSet<&str> {
    plan.changes.iter().filter(|change| change.is_effective()).map(|change| change.address.as_str()).collect()
}

/// What of a saved plan is applied, and how.
pub struct Order<'a> {
    /// The file.
    pub file: &'a Path,
    /// Which cloud, how fast.
    pub cloud: &'a CloudArguments,
    /// What it may destroy.
    pub guard: &'a GuardArguments,
    /// How the result is shown.
    pub format: Format,
    /// How much the plan says.
    pub detail: Detail,
    /// Teams in whose name consent was given.
    pub approved: Vec<String>,
    /// What is done once a step has failed.
    pub on_failure: OnFailure,
}

/// Applies a saved plan.
pub async fn apply(order: Order<'_>) -> Result<Exit, Failure> {
    let Order { file, cloud: arguments, guard, format, detail, approved, on_failure } = order;
    let broken = |why: &str| Failure::new(format!("{} is no saved plan: {why}", file.display()));
    let stale = |why: &str| {
        Failure::with(Exit::Stale, format!("the saved plan is stale: {why}\nnothing was touched; plan again"))
    };
    let text = host::read_text(file).map_err(|why| broken(&why))?;
    let SavedText { about, sealed } = read_saved(&text).map_err(|error| broken(&error.to_string()))?;
    let said = |key: &str| about.get(key).and_then(Json::as_str).ok_or_else(|| broken("a part of it is missing"));
    let root = PathBuf::from(said("directory")?);
    let environment = Some(EcoString::from(said("environment")?)).filter(|name| !name.is_empty());
    let sandbox = about.get("sandbox").and_then(Json::as_bool).unwrap_or(false);
    let kept = about.get("state").and_then(Json::as_str).map(StatePlace::parse);
    let kept = kept.map_or(Some(StatePlace::Local), |kept| kept).ok_or_else(|| broken("it names no store"))?;
    // A plan of the sandbox whose state is not in files was made with the state of the header.
    let remote_state = sandbox && kept != StatePlace::Local;
    let arguments = CloudArguments { sandbox, remote_state, ..arguments.clone() };
    let catalogue = registry::catalogue();
    let place = pipeline::open(&root, said("stack")?, environment.as_ref(), catalogue, &kept, &arguments).await?;
    let before = place.store.load().await?;
    if before.snapshot.lineage != said("lineage")? {
        return Err(stale("it was made for another state"));
    }
    let body = StackKey::new(before.key.clone())
        .unseal(&about.to_string(), &sealed)
        .ok_or_else(|| broken("it was changed, or made with another key"))?;
    let body: Json = serde_json::from_str(&body).map_err(|error| broken(&error.to_string()))?;
    let field = |key: &str| body.get(key).and_then(Json::as_str).ok_or_else(|| broken("a part of it is missing"));
    let texts = |key: &str| {
        let texts = body.get(key).and_then(Json::as_array).into_iter().flatten();
        texts.filter_map(Json::as_str).map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let plan_id = field("plan")?.to_owned();
    let now = crate::state::fold(before.snapshot, before.entries);
    if now.snapshot.used_plans.iter().any(|used| *used == plan_id) {
        return Err(stale("it was applied already"));
    }
    if body.get("expires").and_then(Json::as_u64).is_none_or(|expires| expires <= host::now()) {
        return Err(stale("its time is over (plan --valid-for)"));
    }
    let (desired, sources) =
        read_desired(body.get("desired").unwrap_or(&Json::Null)).map_err(|error| broken(&error.to_string()))?;
    // Asked before the state is taken: a plan that is only refused stays as good as it was.
    let asked = texts("approvers");
    let missing: Vec<&str> = asked.iter().filter(|team| !approved.contains(team)).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(verdict::missing_consent(&missing));
    }
    pipeline::verify_accounts(&desired, &place.clouds).await?;
    let origins = Origins::of(&desired, &root, &arguments)?;
    let place = origins.seen_from(place, &arguments)?;
    let taken = origins.take(&place, &arguments).await?;
    // Looked at is what the plan changes, and what that needs: other applies may have gone on beside it.
    let present = |text: &String| {
        let address = Address::from_text(text);
        let mut others = desired.nodes().map(|node| &node.address).chain(taken.folded.snapshot.resources.keys());
        others.any(|other| other.is_within(&address))
    };
    let touched = texts("touched");
    let partial = !touched.is_empty();
    let only: Vec<String> = touched.iter().filter(|text| present(text)).cloned().collect();
    if partial && only.is_empty() {
        taken.release().await?;
        return Err(stale("what it changes is not there any more"));
    }
    let moves = origins.settled(&desired, &taken.folded.snapshot, &taken.theirs(&origins), &root)?;
    let chosen = pipeline::Chosen { only: &only, replace: &texts("replace") };
    let planned = pipeline::planned_with(moves, &desired, &place.clouds, &taken.key, &sources, &root, &chosen).await?;
    let mut planning = planned.planning;
    planning.refused.extend(stacks::in_use(&*place.store, &desired, None).await?);
    planning.refused.extend(guard::too_many(&planning.plan, guard));
    if changes(&planning.plan) != field("changes")? {
        taken.release().await?;
        return Err(stale("what it read has changed since"));
    }
    let work = running::Work {
        work: Work {
            desired,
            planning,
            moved: planned.moved,
            clouds: place.clouds.clone(),
            first: vec![Entry::PlanUsed { plan: plan_id.into() }],
            last: Vec::new(),
            command: "apply of a saved plan".into(),
            partial,
        },
        place: &place,
        root: &root,
        arguments: &arguments,
        format,
        on_failure,
    };
    settle(Proposal { command: "apply", taken, work, sources: &sources, detail, question: None, approved }).await
}
