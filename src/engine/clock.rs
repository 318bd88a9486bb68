//! Time as the engine needs it beside tokio's: how long the machine has been on, and what its calendar says.

use std::time::Duration;

/// The clocks of a machine.
pub trait Clock: Send + Sync {
    /// Time since some moment, which goes on while the machine sleeps.
    fn uptime(&self) -> Duration;

    /// Seconds since 1970.
    fn unix(&self) -> u64;
}
