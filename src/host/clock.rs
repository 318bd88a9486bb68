//! The clocks of this machine.

use std::time::Duration;

use crate::engine::clock::Clock;

/// This machine's clocks.
pub struct SystemClock;

impl Clock for SystemClock {
    #[cfg(target_os = "linux")]
    fn uptime(&self) -> Duration {
        // Unlike the standard library's, this clock goes on while a laptop sleeps.
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let whole = Duration::from_secs(u64::try_from(now.tv_sec).unwrap_or_default());
        whole + Duration::from_nanos(u64::try_from(now.tv_nsec).unwrap_or_default())
    }

    #[cfg(not(target_os = "linux"))]
    fn uptime(&self) -> Duration {
        static FIRST: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        FIRST.get_or_init(std::time::Instant::now).elapsed()
    }

    fn unix(&self) -> u64 {
        super::now()
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock as _, SystemClock};

    #[test]
    fn clocks_go_forward() {
        let before = SystemClock.uptime();
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(SystemClock.uptime() > before);
        assert!(SystemClock.unix() > 1_700_000_000);
    }
}
