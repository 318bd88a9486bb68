//! Ctrl-C: once to stop, twice to leave.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::engine::execute::Halt;

/// Listens for interrupts from now on. The first asks to stop soon, the second to leave now.
///
/// # Errors
/// In the words of the system.
pub fn listen() -> Result<watch::Receiver<Halt>, String> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let (wish, halt) = watch::channel(Halt::No);
    tokio::spawn(async move {
        for next in [Halt::Soon, Halt::Now] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if wish.send(next).is_err() {
                return;
            }
        }
    });
    Ok(halt)
}
