//! The process itself: it leaves no image of its memory behind, and when it panics it says nothing that is secret.

use crate::source::untrusted;

use super::{redaction, terminal};

/// Takes away what could carry memory out of the process: core files, and the look of others into it. Commands that actions
/// run inherit that they leave no core files.
pub fn seal() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // A system that does not allow it is no reason not to work.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("without a message");
        let message = redaction::clean(message);
        let place = panic.location().map(|location| format!(" at {}:{}", location.file(), location.line()));
        terminal::err(&format!(
            "this is a bug in Cairn, please report it: {}{}\n",
            untrusted::one_line(&message),
            place.unwrap_or_default()
        ));
        // Names of functions, no values of theirs.
        let trace = std::backtrace::Backtrace::capture();
        if trace.status() == std::backtrace::BacktraceStatus::Captured {
            terminal::err(&format!("{trace}\n"));
        }
    }));
}
