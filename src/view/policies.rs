//! What the policies say of a plan, in a line and one by one.

use crate::model::policy::{Finding, Judgement, Standing, Verdict};
use crate::view::untrusted::one_line;

/// How many policies say what: `policies: 4 passed, 1 wants approval (data)`. Nothing if there are none.
pub fn summary(policies: &Judgement) -> Option<String> {
    if policies.asked.is_empty() && policies.findings.is_empty() {
        return None;
    }
    let violated = |verdict: &Verdict| {
        policies.count(|finding| finding.standing == Standing::Violated && finding.verdict == *verdict)
    };
    let denied = violated(&Verdict::Deny);
    let warned = violated(&Verdict::Warn);
    let undecided = policies
        .count(|finding| matches!(finding.standing, Standing::Undecided(_)) && finding.verdict == Verdict::Deny);
    let waived = policies.count(|finding| matches!(finding.standing, Standing::Waived(_)));
    let mut parts = Vec::new();
    if denied > 0 {
        parts.push(format!("{denied} refused"));
    }
    let teams: Vec<String> = policies.approvers().into_iter().map(|team| one_line(team)).collect();
    if !teams.is_empty() {
        let asks = policies.count(|finding| finding.asks().is_some());
        parts.push(format!("{asks} {} approval ({})", if asks == 1 { "wants" } else { "want" }, teams.join(", ")));
    }
    if undecided > 0 {
        parts.push(format!("{undecided} undecided"));
    }
    if warned > 0 {
        parts.push(format!("{warned} {}", if warned == 1 { "warning" } else { "warnings" }));
    }
    if waived > 0 {
        parts.push(format!("{waived} waived"));
    }
    parts.push(format!("{} passed", policies.passed()));
    Some(format!("policies: {}", parts.join(", ")))
}

/// What a reviewer of a plan should see of a finding: consent that is wanted, and what is not decided yet.
pub fn sentence(finding: &Finding) -> Option<String> {
    let address = one_line(finding.address.as_str());
    let because = one_line(&finding.because);
    match (&finding.standing, &finding.verdict) {
        (Standing::Violated, Verdict::Approve(team)) => {
            Some(format!("{address}: {because}; {} has to agree: --approve {}", one_line(team), one_line(team)))
        }
        (Standing::Undecided(condition), Verdict::Approve(team)) => Some(format!(
            "{address}: {because}, perhaps: it depends on {}; {} has to agree: --approve {}",
            one_line(&condition.describe()),
            one_line(team),
            one_line(team)
        )),
        (Standing::Undecided(condition), Verdict::Deny) => Some(format!(
            "{address}: {}, undecided: it depends on {}, and is refused unless that decides otherwise",
            one_line(&finding.policy),
            one_line(&condition.describe())
        )),
        (Standing::Violated, Verdict::Deny) => Some(format!("{address}: {because}")),
        (Standing::Waived(_) | Standing::Undecided(_) | Standing::Violated, _) => None,
    }
}
