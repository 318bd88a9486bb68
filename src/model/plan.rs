//! The plan: everything that will be done, before anything is.

use std::collections::BTreeMap;

use ecow::EcoString;

use super::Address;
use super::change::{Action, Change};
use super::policy::Judgement;

/// A plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Unique: 128 random bits.
    pub id: EcoString,
    /// The stack.
    pub stack: EcoString,
    /// The environment; empty for a stack without any.
    pub environment: EcoString,
    /// All objects, in the order of their addresses; unchanged ones too.
    pub changes: Vec<Change>,
    /// What the state was when the plan was made.
    pub base: Base,
    /// Values of the command line.
    pub overridden: Vec<(EcoString, EcoString)>,
    /// What the policies say of it.
    pub policies: Judgement,
    /// Secrets that the source makes readable, and why.
    pub revealed: Vec<Revealed>,
    /// Where the stack lives: region and account of each target.
    pub places: Vec<EcoString>,
    /// Properties that nothing checked, by the address of the resource: what `raw` and unlisted types send.
    pub unchecked: BTreeMap<Address, Vec<EcoString>>,
    /// What the first line adds: that other catalogues were used than the lock names. Empty if there is nothing to add.
    pub remark: EcoString,
}

/// A secret that the source makes readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revealed {
    /// What is revealed, as it is written.
    pub what: EcoString,
    /// The reason that is given.
    pub because: EcoString,
    /// Where, `path:line`.
    pub source: EcoString,
}

/// Which state a plan was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// The lineage; empty before the first apply.
    pub lineage: EcoString,
    /// The number of the last entry.
    pub sequence: u64,
}

/// How many of each action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// New objects.
    pub create: usize,
    /// Changes in place.
    pub update: usize,
    /// Replacements.
    pub replace: usize,
    /// Destroyed objects.
    pub delete: usize,
    /// Objects taken over.
    pub import: usize,
    /// Objects that only have another address.
    pub moved: usize,
    /// Objects that are managed no longer.
    pub forget: usize,
    /// Actions that are run.
    pub run: usize,
    /// Objects that stay as they are.
    pub unchanged: usize,
}

impl Plan {
    /// Counts the actions.
    pub fn summary(&self) -> Summary {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for change in &self.changes {
            *counts.entry(change.action.name()).or_default() += 1;
        }
        let of = |name: &str| counts.get(name).copied().unwrap_or(0);
        Summary {
            create: of("create"),
            update: of("update"),
            replace: of("replace"),
            delete: of("delete"),
            import: of("import"),
            moved: of("move"),
            forget: of("forget"),
            run: of("run"),
            unchanged: of("unchanged"),
        }
    }

    /// Whether nothing will be done.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.action == Action::Unchanged)
    }
}
