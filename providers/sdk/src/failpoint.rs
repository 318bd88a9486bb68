//! Named places where tests end the process, to show what the next run makes of what is left.
//!
//! `CAIRN_FAILPOINT=before_rename:2` ends the process when it reaches that place for the second time. Builds for release
//! have no such places: there [`reached`] is nothing.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failpoint {
    /// The lock is held, nothing was read.
    AfterLock,
    /// A file is about to be written anew.
    BeforeWrite,
    /// Half of a new file is written.
    MidWrite,
    /// A new file is durable beside the old one.
    BeforeRename,
    /// A new file stands in the place of the old one, perhaps not for ever yet.
    AfterRename,
    /// Entries are about to be written to the journal.
    BeforeAppend,
    /// Half of the bytes of some entries are written.
    MidAppend,
    /// Entries are written, but not durable.
    BeforeSync,
    /// Entries are durable.
    AfterAppend,
    /// The identity of a new object is durable.
    AfterIdentity,
    /// A call that changes something is about to be sent.
    BeforeSend,
    /// A call that changes something was answered; nobody has looked at the answer.
    AfterSend,
    /// The snapshot is new, the journal is still the old one.
    BetweenSnapshotAndJournal,
    /// The end of a writer is about to be recorded.
    BeforeRelease,
}

impl Failpoint {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::AfterLock,
        Self::BeforeWrite,
        Self::MidWrite,
        Self::BeforeRename,
        Self::AfterRename,
        Self::BeforeAppend,
        Self::MidAppend,
        Self::BeforeSync,
        Self::AfterAppend,
        Self::AfterIdentity,
        Self::BeforeSend,
        Self::AfterSend,
        Self::BetweenSnapshotAndJournal,
        Self::BeforeRelease,
    ];

    /// Its name in the environment.
    pub fn name(self) -> &'static str {
        match self {
            Self::AfterLock => "after_lock",
            Self::BeforeWrite => "before_write",
            Self::MidWrite => "mid_write",
            Self::BeforeRename => "before_rename",
            Self::AfterRename => "after_rename",
            Self::BeforeAppend => "before_append",
            Self::MidAppend => "mid_append",
            Self::BeforeSync => "before_sync",
            Self::AfterAppend => "after_append",
            Self::AfterIdentity => "after_identity",
            Self::BeforeSend => "before_send",
            Self::AfterSend => "after_send",
            Self::BetweenSnapshotAndJournal => "between_snapshot_and_journal",
            Self::BeforeRelease => "before_release",
        }
    }
}

/// Where the process ends, and how many times it is still reached before.
struct Armed {
    point: Failpoint,
    left: AtomicU64,
}

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

/// Says once where the process ends: `name` or `name:n`. Does nothing in a build for release.
///
/// # Panics
/// If there is no such place: a test would otherwise show nothing.
pub fn arm(text: Option<&str>) {
    if cfg!(debug_assertions) {
        ARMED.get_or_init(|| text.map(parse));
    }
}

fn parse(text: &str) -> Armed {
    let (name, times) = text.split_once(':').unwrap_or((text, "1"));
    let point = Failpoint::ALL.into_iter().find(|point| point.name() == name);
    let (Some(point), Ok(times)) = (point, times.parse()) else { panic!("CAIRN_FAILPOINT: there is no {text}") };
    Armed { point, left: AtomicU64::new(times) }
}

/// Ends the process if this is where it was to end.
#[inline]
pub fn reached(point: Failpoint) {
    if cfg!(debug_assertions) && is_due(point) {
        std::process::abort();
    }
}

/// Whether the process ends here: for places where something is left half done on purpose.
#[inline]
pub fn is_due(point: Failpoint) -> bool {
    if !cfg!(debug_assertions) {
        return false;
    }
    let Some(Some(armed)) = ARMED.get() else { return false };
    armed.point == point && armed.left.fetch_sub(1, Ordering::SeqCst) == 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::Ordering;

    use super::{Failpoint, parse};

    #[test]
    fn names_are_unique_and_lead_back() {
        let names: BTreeSet<&str> = Failpoint::ALL.into_iter().map(Failpoint::name).collect();
        assert_eq!(names.len(), Failpoint::ALL.len());
        for point in Failpoint::ALL {
            assert_eq!(parse(point.name()).point, point);
            assert_eq!(parse(&format!("{}:7", point.name())).left.load(Ordering::SeqCst), 7);
        }
    }

    #[test]
    #[should_panic(expected = "there is no before_lunch")]
    fn a_place_that_does_not_exist_is_no_quiet_success() {
        parse("before_lunch");
    }
}
