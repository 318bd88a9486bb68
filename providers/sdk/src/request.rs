//! What the engine asks of a cloud.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;

use crate::object::{Observed, Ownership};
use crate::value::Map;

/// Where something lives and as whom to work: a region of an account, or a subscription.
///
/// Two targets with the same settings share clients and calls; tags do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The cloud, `aws`.
    pub cloud: EcoString,
    /// The settings that were given: `region`, `account`, `role`; `subscription`, `tenant`, `location`.
    pub settings: BTreeMap<EcoString, EcoString>,
}

impl Target {
    /// One setting.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(EcoString::as_str)
    }

    /// The region or location, empty if none was given.
    pub fn place(&self) -> &str {
        self.setting("region").or_else(|| self.setting("location")).unwrap_or_default()
    }
}

/// Who calls, as the cloud says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account or subscription.
    pub account: EcoString,
    /// The identity, for messages.
    pub identity: EcoString,
}

/// Objects to read: type to identities, each with what is wanted of it.
pub type ReadSet = BTreeMap<EcoString, BTreeMap<EcoString, Interest>>;

/// Which fields of an object are wanted. Reading others is allowed; calls made only for others are waste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Everything.
    All,
    /// These fields of the resource.
    Fields(BTreeSet<EcoString>),
}

impl Interest {
    /// Whether a field is wanted.
    pub fn wants(&self, field: &str) -> bool {
        match self {
            Self::All => true,
            Self::Fields(fields) => fields.contains(field),
        }
    }

    /// Whether one of some fields is wanted.
    pub fn wants_any(&self, fields: &[&str]) -> bool {
        fields.iter().any(|field| self.wants(field))
    }

    /// What either wants.
    pub fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Fields(mut one), Self::Fields(other)) => {
                one.extend(other);
                Self::Fields(one)
            }
        }
    }
}

/// What was read: one answer for every identity asked for.
#[derive(Debug, Default)]
pub struct Readings {
    answers: BTreeMap<(EcoString, EcoString), Observed>,
}

impl Readings {
    /// Records the answer for one identity.
    pub fn answer(&mut self, kind: impl Into<EcoString>, id: impl Into<EcoString>, observed: Observed) {
        self.answers.insert((kind.into(), id.into()), observed);
    }

    /// The answer for one identity.
    pub fn take(&mut self, kind: &EcoString, id: &EcoString) -> Option<Observed> {
        self.answers.remove(&(kind.clone(), id.clone()))
    }

    /// The answer for one identity, left in place.
    pub fn get(&self, kind: &EcoString, id: &EcoString) -> Option<&Observed> {
        self.answers.get(&(kind.clone(), id.clone()))
    }

    /// Adds all answers of other readings.
    pub fn extend(&mut self, other: Self) {
        self.answers.extend(other.answers);
    }

    /// How many answers there are.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

/// An object to be created.
#[derive(Clone, Debug)]
pub struct Create {
    /// The type, `aws.ec2.Vpc`.
    pub kind: EcoString,
    /// Everything that was written, complete, in the schema's shapes; a name the API needs is among it.
    pub inputs: Map,
    /// The marks to put on it.
    pub owner: Ownership,
    /// For calls that take an idempotency token: 32 characters, the same for every repetition of one intent.
    pub token: EcoString,
}

/// What a create call gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The identity.
    pub id: EcoString,
    /// What to wait for, if the cloud named something.
    pub monitor: Option<Monitor>,
}

impl Created {
    /// A created object with nothing to wait for by name.
    pub fn new(id: impl Into<EcoString>) -> Self {
        Self { id: id.into(), monitor: None }
    }
}

/// A long-running operation: text the provider can follow later, also in another process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitor(pub EcoString);

/// How far a long-running operation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Still running; the pause the cloud asked for, in milliseconds.
    Running(Option<u64>),
    /// Ended well.
    Done,
    /// Ended badly, with the cloud's reason.
    Failed(EcoString),
}

/// An object to be updated in place.
#[derive(Clone, Debug)]
pub struct Update {
    /// The type.
    pub kind: EcoString,
    /// The identity.
    pub id: EcoString,
    /// What was observed just before, not what was recorded.
    pub observed: Map,
    /// Everything that is written.
    pub inputs: Map,
    /// The fields of the resource in which the two differ.
    pub changed: BTreeSet<EcoString>,
    /// The marks on it.
    pub owner: Ownership,
    /// For calls that take an idempotency token.
    pub token: EcoString,
}

/// An object to be deleted.
#[derive(Clone, Debug)]
pub struct Delete {
    /// The type.
    pub kind: EcoString,
    /// The identity.
    pub id: EcoString,
    /// What was last written; some deletes need to repeat it.
    pub inputs: Map,
}

/// Conditions that existing objects must meet.
#[derive(Clone, Debug)]
pub struct LookUp {
    /// The type.
    pub kind: EcoString,
    /// Fields and the values they must have.
    pub conditions: Map,
}

/// An action to run.
#[derive(Clone, Debug)]
pub struct RunAction {
    /// The type.
    pub kind: EcoString,
    /// Its arguments.
    pub arguments: Map,
    /// An idempotency token: the same for repetitions of one run.
    pub token: EcoString,
}
