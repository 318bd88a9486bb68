//! What happens while a plan is carried out. Views fold these; nothing else prints.

use std::time::Duration;

use super::Address;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An interrupted run is being finished first.
    Recovering {
        /// How many of its intents are open.
        open: usize,
    },
    /// One of them was resolved.
    Recovered {
        /// The address.
        address: Address,
        /// How.
        outcome: String,
    },
    /// A step begins.
    Started {
        /// The address.
        address: Address,
        /// The type.
        kind: String,
        /// What is done.
        step: Step,
    },
    /// A step waits, for the reason given.
    Waiting {
        /// The address.
        address: Address,
        /// For what: a state of the cloud, a throttle, holders.
        reason: String,
    },
    /// An action says something.
    Output {
        /// The address.
        address: Address,
        /// A line of it, already without secrets.
        line: String,
    },
    /// A step is done.
    Finished {
        /// The address.
        address: Address,
        /// What was done.
        step: Step,
        /// The identity.
        id: String,
        /// How long it took.
        took: Duration,
        /// Whether nothing was left to do when it was its turn.
        nothing: bool,
    },
    /// A step failed.
    Failed {
        /// The address.
        address: Address,
        /// What was tried.
        step: Step,
        /// Why, already without secrets.
        error: String,
    },
    /// A step was not tried, because one it needs failed.
    Skipped {
        /// The address.
        address: Address,
        /// What was planned.
        step: Step,
        /// The address that failed.
        because: Address,
    },
    /// A step was begun and is not waited for any more, because the user asked to stop.
    Left {
        /// The address.
        address: Address,
        /// What was begun.
        step: Step,
        /// What it was waiting for.
        reason: String,
    },
    /// The user asked to stop: running calls end, nothing new begins.
    Stopping {
        /// How many calls are running.
        running: usize,
    },
    /// A step failed, and nothing new is begun for that: running calls end.
    Ending {
        /// How many calls are running.
        running: usize,
    },
    /// What a run did is being taken back.
    RollingBack {
        /// The number of the run.
        run: u64,
        /// How many steps that takes.
        steps: usize,
    },
    /// Something is not taken back.
    Stays {
        /// The address.
        address: Address,
        /// Why.
        why: String,
    },
    /// The provider did not do what it was told; its authors should know.
    ProviderFault {
        /// The address.
        address: Address,
        /// What disagrees.
        fault: String,
    },
}

/// The steps objects go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is destroyed.
    Delete,
    /// It is taken over.
    Import,
    /// It is marked with another address.
    Move,
    /// It is not managed any more.
    Forget,
    /// It is run: an action.
    Run,
}

impl Step {
    /// In the present: "creating".
    pub fn doing(self) -> &'static str {
        match self {
            Self::Create => "creating",
            Self::Update => "updating",
            Self::Delete => "deleting",
            Self::Import => "taking over",
            Self::Move => "moving",
            Self::Forget => "forgetting",
            Self::Run => "running",
        }
    }

    /// In the past: "created".
    pub fn done(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Update => "updated",
            Self::Delete => "deleted",
            Self::Import => "taken over",
            Self::Move => "moved",
            Self::Forget => "forgotten",
            Self::Run => "run",
        }
    }
}
