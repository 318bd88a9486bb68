//! What policies say as JSON, for saved plans: consent is asked for and what was undecided is decided when they are applied.

use ecow::EcoString;
use serde_json::{Value as Json, json};

use super::CodecError;
use super::residual::{read as read_residual, write as write_residual};
use crate::model::Address;
use crate::model::date::Date;
use crate::model::policy::{Finding, Judgement, Standing, Verdict};
use crate::source::{SourceSet, Span};

/// A judgement as JSON; its places are looked up in the sources.
pub fn write(judgement: &Judgement, sources: &SourceSet) -> Json {
    let asked: Vec<Json> =
        judgement.asked.iter().map(|(name, rule)| json!([name.as_str(), sources.place(*rule)])).collect();
    let findings: Vec<Json> = judgement.findings.iter().map(|finding| write_finding(finding, sources)).collect();
    json!({ "asked": asked, "findings": findings })
}

fn write_finding(finding: &Finding, sources: &SourceSet) -> Json {
    let (verdict, by) = match &finding.verdict {
        Verdict::Deny => ("deny", None),
        Verdict::Warn => ("warn", None),
        Verdict::Approve(team) => ("approve", Some(team.as_str())),
    };
    let (until, condition) = match &finding.standing {
        Standing::Violated => (None, None),
        Standing::Waived(until) => (Some(until.to_string()), None),
        Standing::Undecided(condition) => (None, Some(write_residual(condition))),
    };
    json!({
        "policy": finding.policy.as_str(),
        "verdict": verdict,
        "by": by,
        "because": finding.because.as_str(),
        "address": finding.address.as_str(),
        "of_change": finding.of_change,
        "until": until,
        "condition": condition,
        "source": sources.place(finding.place),
        "rule": sources.place(finding.rule),
    })
}

/// A judgement from its JSON; `note` makes a place of `path:line`.
///
/// # Errors
/// It is none.
pub fn read(json: &Json, note: &mut dyn FnMut(&str) -> Span) -> Result<Judgement, CodecError> {
    let broken = || CodecError("what the policies say cannot be read".to_owned());
    let mut judgement = Judgement::default();
    for pair in json.get("asked").and_then(Json::as_array).into_iter().flatten() {
        let part = |index: usize| pair.get(index).and_then(Json::as_str).ok_or_else(broken);
        judgement.asked.insert((part(0)?.into(), note(part(1)?)));
    }
    for finding in json.get("findings").and_then(Json::as_array).into_iter().flatten() {
        let text = |key: &str| finding.get(key).and_then(Json::as_str);
        let needed = |key: &str| text(key).map(EcoString::from).ok_or_else(broken);
        let verdict = match (text("verdict"), text("by")) {
            (Some("deny"), _) => Verdict::Deny,
            (Some("warn"), _) => Verdict::Warn,
            (Some("approve"), Some(team)) => Verdict::Approve(team.into()),
            _ => return Err(broken()),
        };
        let standing = match (text("until"), finding.get("condition").filter(|condition| !condition.is_null())) {
            (Some(until), _) => Standing::Waived(Date::parse(until).ok_or_else(broken)?),
            (None, Some(condition)) => Standing::Undecided(read_residual(condition)?),
            (None, None) => Standing::Violated,
        };
        judgement.findings.push(Finding {
            policy: needed("policy")?,
            verdict,
            because: needed("because")?,
            address: Address::from_text(&needed("address")?),
            standing,
            of_change: finding.get("of_change").and_then(Json::as_bool).unwrap_or(false),
            place: note(&needed("source")?),
            rule: note(&needed("rule")?),
            remedy: None,
        });
    }
    Ok(judgement)
}
