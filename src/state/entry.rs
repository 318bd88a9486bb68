//! The only way to change state.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::request::Target;
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use super::{Ending, Ran, Recorded};
use crate::model::Address;

/// One record of the journal.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A writer begins; whoever wrote before may not write again.
    Take {
        /// One more than the epoch before.
        epoch: u64,
        /// Who, for people: user, host and process.
        who: EcoString,
    },
    /// A command begins that may change something; what follows belongs to it until the next one.
    CommandBegun {
        /// What was run, in the words of the command line.
        command: EcoString,
        /// When, in seconds since the beginning of 1970 (UTC).
        at: u64,
    },
    /// The command has ended.
    CommandEnded {
        /// How.
        how: Ending,
        /// When, in seconds since the beginning of 1970 (UTC).
        at: u64,
    },
    /// A saved plan is being applied; it cannot be applied again.
    PlanUsed {
        /// The plan.
        plan: EcoString,
    },
    /// A mutating call is about to be made.
    Begun(Intent),
    /// The identity of what an intent makes is known.
    Identified {
        /// The intent's nonce.
        nonce: EcoString,
        /// The identity.
        id: EcoString,
    },
    /// The cloud named a long-running operation to follow.
    Monitored {
        /// The intent's nonce.
        nonce: EcoString,
        /// What to follow.
        monitor: EcoString,
    },
    /// An intent is done: this is remembered at its address.
    Applied {
        /// The intent's nonce.
        nonce: EcoString,
        /// What is remembered.
        recorded: Box<Recorded>,
    },
    /// An object is gone: nothing is remembered of it.
    Gone {
        /// The intent's nonce.
        nonce: EcoString,
    },
    /// An intent certainly had no effect.
    Failed {
        /// The intent's nonce.
        nonce: EcoString,
    },
    /// What is remembered at an address changes without a call: a drift accepted, a protection recorded.
    Noted {
        /// The address.
        address: Address,
        /// What is remembered.
        recorded: Box<Recorded>,
    },
    /// An address is forgotten; the object stays.
    Forgotten {
        /// The address.
        address: Address,
    },
    /// An object that was replaced and is not gone is the one of its address again; the other one is on its way out.
    Reinstated {
        /// The address.
        address: Address,
        /// The identity of the object that is wanted back.
        id: EcoString,
    },
    /// The state was lost; this one goes on under the name that objects in the cloud are marked with.
    Rebuilt {
        /// The lineage in the marks.
        lineage: EcoString,
        /// Everything that was found: one entry, so that there is all of it or nothing.
        resources: BTreeMap<Address, Recorded>,
    },
    /// What is remembered at an address is remembered at another one.
    Moved {
        /// The address it had.
        from: Address,
        /// The address it has.
        to: Address,
    },
    /// These are the outputs now; nothing stands for a secret.
    Outputs {
        /// By name.
        outputs: BTreeMap<EcoString, Option<Value>>,
    },
    /// An action is about to be run.
    RunBegun {
        /// The address.
        address: Address,
        /// The type.
        kind: EcoString,
        /// Where it is declared, `path:line`.
        source: EcoString,
    },
    /// An action has ended well.
    RunDone {
        /// The address.
        address: Address,
        /// What is remembered.
        ran: Box<Ran>,
    },
    /// An action is not declared any more.
    RunForgotten {
        /// The address.
        address: Address,
    },
    /// A writer ends.
    Released,
}

/// What is about to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// Unique: 128 random bits. It goes into the cloud as a mark, and into tokens.
    pub nonce: EcoString,
    /// What.
    pub kind: IntentKind,
    /// The address.
    pub address: Address,
    /// The type.
    pub resource: EcoString,
    /// Where.
    pub target: Target,
    /// The identity, of updates and deletes.
    pub id: Option<EcoString>,
    /// What is to be written, secrets masked.
    pub inputs: Map,
    /// What it needs, for the order of a later deletion.
    pub needs: BTreeSet<Address>,
    /// Whether plans that destroy it are refused, of what is made.
    pub protect: bool,
    /// Where it is declared, `path:line`.
    pub source: EcoString,
}

/// The kinds of mutating calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntentKind {
    /// A new object.
    Create,
    /// A change in place.
    Update,
    /// An end.
    Delete,
    /// An existing object is taken over.
    Import,
    /// The marks are taken off an object that stays.
    Forget,
}

impl IntentKind {
    /// The name other programs read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Import => "import",
            Self::Forget => "forget",
        }
    }
}
