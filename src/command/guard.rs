//! What the command line allows a plan to destroy.

use crate::diagnostic::Diagnostic;
use crate::model::change::{Action, Change, Reason};
use crate::model::plan::Plan;

use super::arguments::GuardArguments;

/// How many names a message lists.
const NAMED: usize = 10;

/// A report if a plan destroys more than is allowed; replacements count.
pub fn too_many(plan: &Plan, guard: &GuardArguments) -> Option<Diagnostic> {
    let most = guard.max_destroy?;
    let destroyed: Vec<&Change> = plan.changes.iter().filter(|change| destroys(change)).collect();
    if destroyed.len() <= most {
        return None;
    }
    let mut names: Vec<String> =
        destroyed.iter().take(NAMED).map(|change| format!("{} {}", change.action.name(), change.address)).collect();
    if destroyed.len() > NAMED {
        names.push(format!("and {} more", destroyed.len() - NAMED));
    }
    let objects = if destroyed.len() == 1 { "1 object".to_owned() } else { format!("{} objects", destroyed.len()) };
    let text = format!("This plan destroys {objects}, and --max-destroy allows {most}: {}", names.join(", "));
    let help = "look at why each of them goes; if all of it is meant, allow more";
    Some(Diagnostic::unplaced("plan::too_many_destroyed", text).help(help))
}

/// Whether an object goes away that nobody has agreed to lose yet: what was replaced before was agreed to then.
fn destroys(change: &Change) -> bool {
    matches!(change.action, Action::Delete | Action::Replace(_)) && !change.reasons.contains(&Reason::Deposed)
}
