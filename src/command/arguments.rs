//! Arguments that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use crate::engine::apply;
use crate::view::human::layout;

/// Which stack, which environment, which values.
#[derive(Args, Clone, Debug)]
pub struct StackArguments {
    /// The stack's directory
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
    #[command(flatten)]
    pub values: ValueArguments,
}

/// Which environment, which values.
#[derive(Args, Clone, Debug)]
pub struct ValueArguments {
    /// The environment
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Give an input a value; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
}

/// Whether the state of the sandbox is meant.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct SandboxArguments {
    /// That of the embedded sandbox cloud
    #[arg(long)]
    pub sandbox: bool,
    /// Kept where the header says
    #[arg(long, requires = "sandbox")]
    pub remote_state: bool,
}

/// Which cloud, how much of it, how fast.
#[derive(Args, Clone, Debug)]
pub struct CloudArguments {
    /// Work on the embedded sandbox cloud, which lies beside the state
    #[arg(long)]
    pub sandbox: bool,
    /// Faults of the sandbox: seed=7,throttle=0.2,fail=0.1,lose=0.1,quote=0.1,lag=3,latency=20,tempo=1,refuse=TYPE,broken=TYPE,account=ID
    #[arg(long, value_name = "FAULTS", requires = "sandbox")]
    pub sandbox_faults: Option<String>,
    /// Keep the sandbox's state where the header says, apart from the real one
    #[arg(long, requires = "sandbox")]
    pub remote_state: bool,
    /// Take the state over from a writer that gives no sign of life for 90 seconds
    #[arg(long)]
    pub take_over: bool,
    /// Only this address, what is inside of it and what it needs; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub only: Vec<String>,
    /// How many steps run at once
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub parallelism: u16,
    /// Count the calls to the cloud, by service
    #[arg(long)]
    pub stats: bool,
}

/// What a plan may destroy.
#[derive(Args, Clone, Debug, Default)]
pub struct GuardArguments {
    /// Refuse plans that destroy more objects than this; replacements count
    #[arg(long, value_name = "N")]
    pub max_destroy: Option<usize>,
}

/// What is replaced although it need not be.
#[derive(Args, Clone, Debug, Default)]
pub struct ReplaceArguments {
    /// Replace the object of this address by a new one; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub replace: Vec<String>,
}

impl CloudArguments {
    /// Fails if only a part is asked for of a command that looks at the whole stack.
    ///
    /// # Errors
    /// `--only` was given.
    pub fn require_whole(&self, command: &str) -> Result<(), Failure> {
        if self.only.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "cairn {command} looks at the whole stack; --only belongs to plan, apply, destroy and drift"
        )))
    }
}

/// How much a plan says.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Every leaf, uncut, nothing folded
    Full,
    /// What a reviewer needs
    #[default]
    Default,
    /// Only what happens to which resource
    Names,
}

impl From<Detail> for layout::Detail {
    fn from(detail: Detail) -> Self {
        match detail {
            Detail::Full => Self::Full,
            Detail::Default => Self::Default,
            Detail::Names => Self::Names,
        }
    }
}

/// What is done once a step of an apply has failed.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// Finish what does not depend on the failed step
    #[default]
    FinishIndependent,
    /// Begin nothing new
    Stop,
    /// Begin nothing new, then take back what this run did, as far as no data is lost
    Rollback,
}

impl From<OnFailure> for apply::OnFailure {
    fn from(wish: OnFailure) -> Self {
        match wish {
            OnFailure::FinishIndependent => Self::FinishIndependent,
            OnFailure::Stop => Self::Stop,
            OnFailure::Rollback => Self::Rollback,
        }
    }
}

/// How results are shown.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people at a terminal
    #[default]
    Text,
    /// For programs
    Json,
    /// For comments on pull requests
    Markdown,
}
