//! What is different, and what will be done about it.

use cairn_provider::schema::Unit;
use cairn_provider::schema::overlay::Replacement;
use cairn_provider::value::Value;
use ecow::EcoString;

use super::Address;

/// What is planned for one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its address.
    pub address: Address,
    /// The address it had until now, if that was another one.
    pub previous: Option<Address>,
    /// Its type.
    pub kind: EcoString,
    /// What will be done.
    pub action: Action,
    /// Its identity, if it exists.
    pub id: Option<EcoString>,
    /// Where it is declared, `path:line`; of what is no longer declared, where it was.
    pub source: EcoString,
    /// What is different from what is wanted.
    pub attributes: Vec<AttributeChange>,
    /// What is different from what was last written: somebody else changed it.
    pub drift: Vec<AttributeChange>,
    /// Fields that were written once and are not any more; their values stay.
    pub released: Vec<EcoString>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What a reviewer should see first.
    pub risks: Vec<Risk>,
}

/// What will be done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is replaced by a new one, in this order.
    Replace(Replacement),
    /// It is destroyed.
    Delete,
    /// It exists, is taken over, and gets what is different.
    Import,
    /// It stays as it is, under another address.
    Move,
    /// It stays as it is and is not managed any more.
    Forget,
    /// It is run: an action.
    Run,
    /// It stays as it is.
    Unchanged,
}

/// One difference, at a leaf.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeChange {
    /// The path of names below the object.
    pub path: Vec<EcoString>,
    /// What is there. Nothing if it is absent.
    pub before: Option<Value>,
    /// What is wanted.
    pub after: After,
    /// Whether values must not be shown.
    pub sensitive: bool,
    /// Whether it is why the object is replaced.
    pub forces: bool,
    /// The unit the numbers count in.
    pub unit: Option<Unit>,
    /// Whether it is a member of a list without an order: what is there leaves, what is wanted joins.
    pub member: bool,
}

/// What a leaf will be.
#[derive(Clone, Debug, PartialEq)]
pub enum After {
    /// Nothing.
    Absent,
    /// A known value.
    Value(Value),
    /// Known only after apply; how it comes about, `⟨vpc.vpc_id⟩`.
    Unknown(String),
}

/// Why something is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is declared and does not exist.
    New,
    /// It is declared and has vanished from the cloud.
    Vanished,
    /// It is not declared any more.
    Removed,
    /// Its key is not among the loop's any more.
    KeyRemoved(EcoString),
    /// What is written was changed.
    Written,
    /// Somebody else changed it.
    Drifted,
    /// It was left unfinished.
    Incomplete,
    /// It follows another resource.
    Follows(Address),
    /// It was replaced and still has to go.
    Deposed,
    /// The whole stack is destroyed.
    Destroyed,
    /// It lives elsewhere now.
    Moved,
    /// The source takes it over.
    Adopted,
    /// The source forgets it.
    Forgotten {
        /// The marks of the stack stay on it: objects of its type have tags that cannot be changed alone.
        marked: bool,
    },
    /// An action that never ended well.
    NeverRan,
    /// An action whose last run failed or was cut off.
    RunUnfinished,
    /// An action refers to this, and it is not what it was at the last run that ended well.
    Changed(EcoString),
    /// The condition of an action holds.
    Condition,
    /// A run is taken back.
    Undone(u64),
    /// The cloud says that it will never become usable, in these words.
    Broken(EcoString),
    /// The command line asks for a new object.
    Asked,
}

/// What a reviewer should see first, worst first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Data is destroyed.
    DataLoss,
    /// More of the world gets access: what opens, in a sentence.
    Access(String),
    /// The object is away for a while.
    Downtime,
}

impl Change {
    /// Whether anything will be done.
    pub fn is_effective(&self) -> bool {
        self.action != Action::Unchanged
    }
}

impl Action {
    /// The name other programs read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace(_) => "replace",
            Self::Delete => "delete",
            Self::Import => "import",
            Self::Move => "move",
            Self::Forget => "forget",
            Self::Run => "run",
            Self::Unchanged => "unchanged",
        }
    }
}
