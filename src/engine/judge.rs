//! What the policies say of a plan: what waited is decided with what was read, and consent is asked for what changes.

use std::collections::BTreeSet;

use cairn_provider::value::Value;

use super::known::World;
use crate::model::Address;
use crate::model::change::Change;
use crate::model::policy::{Finding, Judgement, Standing, Verdict};
use crate::model::residual::Resolved;

/// Judges a plan.
pub fn judge(judgement: &Judgement, changes: &[Change], world: &World) -> Judgement {
    let changed: BTreeSet<&Address> =
        changes.iter().filter(|change| change.is_effective()).map(|change| &change.address).collect();
    let findings = judgement.findings.iter().filter_map(|finding| {
        let standing = decided(&finding.standing, world)?;
        // Nobody is asked again about what stays as it is, and nothing is decided later about it.
        let stays = !finding.of_change && !changed.contains(&finding.address);
        let later = matches!(standing, Standing::Undecided(_)) || matches!(finding.verdict, Verdict::Approve(_));
        (!stays || !later).then(|| Finding { standing, ..finding.clone() })
    });
    Judgement { asked: judgement.asked.clone(), findings: findings.collect() }
}

/// How a finding stands with what is known now. Nothing if the policy passes.
pub fn decided(standing: &Standing, world: &World) -> Option<Standing> {
    let Standing::Undecided(condition) = standing else { return Some(standing.clone()) };
    match condition.resolve(world) {
        Resolved::Known(Value::Bool(true)) => Some(Standing::Violated),
        Resolved::Known(_) => None,
        Resolved::Unknown | Resolved::Failed(_) => Some(standing.clone()),
    }
}
