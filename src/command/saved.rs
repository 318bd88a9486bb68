//! Saved plans: written by `plan --out`, applied exactly, once, and only while the world is as it was.

use std::path::Path;

use ecow::EcoString;
use serde_json::{Value as Json, json};

use super::arguments::{CloudArguments, Detail, Format};
use super::failure::{Exit, Failure};
use super::front::Front;
use super::proposal::{Proposal, settle};
use super::{pipeline, run as running, stacks, verdict};
use crate::engine::apply::Work;
use crate::engine::execute::Entropy as _;
use crate::engine::mask::StackKey;
use crate::host;
use crate::host::entropy::SystemEntropy;
use crate::model::desired::DesiredStack;
use crate::model::plan::Plan;
use crate::model::policy::Judgement;
use crate::model::state_place::StatePlace;
use crate::registry;
use crate::state::codec::{read_desired, write_desired};
use crate::state::Entry;
use crate::view;

/// Whether a path is a saved plan and no directory.
pub fn is_file(path: &Path) -> bool {
    host::is_file(path)
}

/// Saves a plan. Secrets are not in it: they are read again when it is applied.
pub fn write(
    file: &Path,
    front: &Front,
    desired: &DesiredStack,
    plan: &Plan,
    key: &StackKey,
    arguments: &CloudArguments,
) -> Result<(), Failure> {
    let sources = &front.program.sources;
    let root = host::absolute(&front.root).map_err(Failure::new)?;
    let body = json!({
        "plan": SystemEntropy.nonce().as_str(),
        "directory": root,
        "sandbox": arguments.sandbox,
        "remote_state": arguments.remote_state,
        "state": desired.state.as_ref().and_then(StatePlace::address),
        "base": { "lineage": plan.base.lineage.as_str(), "sequence": plan.base.sequence },
        "desired": write_desired(desired, sources),
        "changes": changes(plan),
        "approvers": plan.policies.approvers().into_iter().map(EcoString::as_str).collect::<Vec<_>>(),
    });
    let text = body.to_string();
    let document = json!({ "cairn_plan": 1, "signature": key.sign(&text), "body": text });
    host::write_private(file, &format!("{document:#}\n"))
        .map_err(|why| Failure::new(format!("{}: {why}", file.display())))
}

/// What a plan does, in a form that is the same exactly if the plan is.
fn changes(plan: &Plan) -> String {
    // Consent and what is undecided travel with what is wanted; their places are none of other sources.
    let plan = Plan { policies: Judgement::default(), ..plan.clone() };
    view::json::plan(&plan, &[], &crate::source::SourceSet::default())
}

/// Applies a saved plan.
pub async fn apply(
    file: &Path,
    arguments: &CloudArguments,
    format: Format,
    detail: Detail,
    approved: Vec<String>,
) -> Result<Exit, Failure> {
    let broken = |why: &str| Failure::new(format!("{} is no saved plan: {why}", file.display()));
    let text = host::read_text(file).map_err(|why| broken(&why))?;
    let document: Json = serde_json::from_str(&text).map_err(|error| broken(&error.to_string()))?;
    if document.get("cairn_plan").and_then(Json::as_u64) != Some(1) {
        return Err(broken("it does not say that it is one of this version"));
    }
    let written = document.get("body").and_then(Json::as_str).ok_or_else(|| broken("it has no body"))?;
    let signature = document.get("signature").and_then(Json::as_str).ok_or_else(|| broken("it is not signed"))?;
    let body: Json = serde_json::from_str(written).map_err(|error| broken(&error.to_string()))?;
    let field = |key: &str| body.get(key).and_then(Json::as_str).ok_or_else(|| broken("a part of it is missing"));
    let plan_id = field("plan")?.to_owned();
    let root = std::path::PathBuf::from(field("directory")?);
    let sandbox = body.get("sandbox").and_then(Json::as_bool).unwrap_or(false);
    let (desired, sources) =
        read_desired(body.get("desired").unwrap_or(&Json::Null)).map_err(|error| broken(&error.to_string()))?;
    // Asked before the state is taken: a plan that is only refused stays as good as it was.
    let asked = body.get("approvers").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    let missing: Vec<&str> = asked.filter(|team| !approved.iter().any(|given| given == team)).collect();
    if !missing.is_empty() {
        return Err(verdict::missing_consent(&missing));
    }
    let environment = (!desired.environment.is_empty()).then(|| desired.environment.clone());
    let remote_state = body.get("remote_state").and_then(Json::as_bool).unwrap_or(false);
    let arguments = CloudArguments { sandbox, remote_state, ..arguments.clone() };
    let kept = body.get("state").and_then(Json::as_str).and_then(StatePlace::parse).unwrap_or_default();
    let place = pipeline::open(&root, &desired.name, environment.as_ref(), registry::catalogue(), &kept, &arguments).await?;
    let stale = |why: &str| {
        Failure::with(Exit::Stale, format!("the saved plan is stale: {why}\nnothing was touched; plan again"))
    };
    let before = place.store.load().await?;
    let base = body.get("base");
    let lineage = base.and_then(|base| base.get("lineage")).and_then(Json::as_str).unwrap_or_default();
    let sequence = base.and_then(|base| base.get("sequence")).and_then(Json::as_u64).unwrap_or(0);
    let now = crate::state::fold(before.snapshot.clone(), before.entries);
    if now.snapshot.used_plans.iter().any(|used| *used == plan_id) {
        return Err(stale("it was applied already"));
    }
    // A stack without state has no key yet; its plan is good for as long as that stays so.
    if !before.snapshot.lineage.is_empty() && StackKey::new(before.key.clone()).sign(written) != signature {
        return Err(if lineage == before.snapshot.lineage.as_str() {
            broken("its signature does not fit: it was changed")
        } else {
            stale("it was made for another state")
        });
    }
    if now.snapshot.lineage != lineage || now.snapshot.sequence != sequence {
        return Err(stale("the state has changed since"));
    }
    pipeline::verify_accounts(&desired, &place.clouds).await?;
    let taken = running::take(&place).await?;
    let planned =
        pipeline::planned(&desired, &taken.folded, &place.clouds, &taken.key, &sources, &root, &arguments.only).await?;
    let mut planning = planned.planning;
    planning.refused.extend(stacks::in_use(&*place.store, &desired, None).await?);
    planning.plan.base = crate::model::plan::Base { lineage: lineage.into(), sequence };
    if changes(&planning.plan) != body.get("changes").and_then(Json::as_str).unwrap_or_default() {
        taken.store.release().await?;
        return Err(stale("what it read has changed since"));
    }
    let work = running::Work {
        work: Work {
            desired,
            planning,
            moved: planned.moved,
            clouds: place.clouds.clone(),
            first: vec![Entry::PlanUsed { plan: plan_id.into() }],
        },
        place: &place,
        root: &root,
        arguments: &arguments,
        format,
    };
    settle(Proposal { command: "apply", taken, work, sources: &sources, detail, question: None, approved }).await
}
