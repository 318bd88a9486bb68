//! What policies refuse of a plan, and whose consent is missing.

use std::collections::BTreeSet;

use cairn_provider::value::Map;
use ecow::EcoString;

use super::failure::{Exit, Failure};
use super::front::Front;
use super::pipeline::Planned;
use crate::diagnostic::Diagnostic;
use crate::engine::judge::judge;
use crate::language::evaluate::reports;
use crate::model::desired::{DesiredStack, LookupAnswers};
use crate::model::plan::Plan;
use crate::model::policy::{Finding, Judgement, PlannedChange, Standing, Verdict};
use crate::source::SourceSet;
use crate::view::untrusted;

/// Asks the policies that look at changes, now that there is a plan.
///
/// # Errors
/// A policy cannot be computed.
pub fn of_changes(
    front: &Front,
    answers: &LookupAnswers,
    desired: &mut DesiredStack,
    planned: &mut Planned,
) -> Result<(), Failure> {
    let plan = &planned.planning.plan;
    let changes: Vec<PlannedChange> = plan
        .changes
        .iter()
        .filter(|change| change.is_effective())
        .map(|change| {
            let mut fields: Vec<EcoString> =
                change.attributes.iter().filter_map(|attribute| attribute.path.first().cloned()).collect();
            fields.dedup();
            PlannedChange {
                address: change.address.clone(),
                kind: change.kind.clone(),
                action: change.action.name(),
                fields,
                before: planned.before.get(&change.address).cloned(),
            }
        })
        .collect();
    let found = front.judged(&plan.environment, answers, &changes)?;
    desired.judgement.asked.extend(found.asked);
    desired.judgement.findings.extend(found.findings.into_iter().filter(|finding| finding.of_change));
    planned.planning.plan.policies = judge(&desired.judgement, &plan.changes, &planned.planning.world);
    Ok(())
}

/// Reports of what no consent can allow: refused, or never to be decided.
pub fn refused(policies: &Judgement, sources: &SourceSet) -> Vec<Diagnostic> {
    let denied = |finding: &&Finding| finding.verdict == Verdict::Deny;
    let mut refused = reports(policies.findings.iter().filter(denied), sources);
    let hopeless = policies.findings.iter().filter(denied).filter(|finding| finding.waits_for_itself());
    refused.extend(hopeless.map(|finding| {
        let waits = match &finding.standing {
            Standing::Undecided(condition) => condition.describe(),
            Standing::Violated | Standing::Waived(_) => String::new(),
        };
        Diagnostic::error(
            "policy::undecided",
            format!("The policy `{}` cannot be decided before `{}` is made", finding.policy, finding.address),
            finding.place,
            format!("it depends on {}", untrusted::one_line(&waits)),
        )
        .help(format!(
            "what is undecided counts as refused. A policy looks at what is written; this one is at {}",
            sources.place(finding.rule)
        ))
    }));
    refused
}

/// Warnings about changes; those about what is written were given before there was a plan.
pub fn warned(policies: &Judgement, sources: &SourceSet) -> Vec<Diagnostic> {
    let warnings = policies.findings.iter().filter(|finding| finding.of_change && finding.verdict == Verdict::Warn);
    reports(warnings, sources)
}

/// Reports of findings that need a consent nobody gave.
pub fn not_approved(policies: &Judgement, given: &[String], sources: &SourceSet) -> Vec<Diagnostic> {
    let missing = policies.findings.iter().filter_map(|finding| {
        let team = finding.asks().filter(|team| !given.iter().any(|given| given == team.as_str()))?;
        Some((finding, team))
    });
    missing
        .map(|(finding, team)| {
            Diagnostic::error(
                "policy::approval",
                finding.because.as_str(),
                finding.place,
                format!("`{}`: {team} has to agree", finding.address),
            )
            .help(format!(
                "with that consent: --approve {}\nthe policy is at {}",
                untrusted::one_line(team),
                sources.place(finding.rule)
            ))
        })
        .collect()
}

/// The end of a command that needs a consent nobody gave.
pub fn missing_consent(teams: &[&str]) -> Failure {
    let teams: BTreeSet<String> = teams.iter().map(|team| format!("--approve {}", untrusted::one_line(team))).collect();
    let teams = teams.into_iter().collect::<Vec<_>>().join(" ");
    Failure::with(Exit::Refused, format!("refused until it is agreed to: {teams}; nothing was touched"))
}

/// Words of the command line that nobody asked for.
pub fn unasked(plan: &Plan, given: &[String]) -> Vec<String> {
    let asked: BTreeSet<&EcoString> = plan.policies.approvers();
    given
        .iter()
        .filter(|given| !asked.iter().any(|team| team.as_str() == given.as_str()))
        .map(|given| format!("--approve {}: no policy asks for it\n", untrusted::one_line(given)))
        .collect()
}

/// What is there of an object, as policies may see it: without secrets.
pub fn without_secrets(attributes: &Map, schema: &cairn_provider::schema::TypeSchema) -> Map {
    let open = |name: &EcoString| schema.field(name).is_some_and(|field| !field.sensitive);
    attributes.iter().filter(|(name, _)| open(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}
