//! Quantities with a unit: lengths of time, amounts of data, shares of a hundred.

use std::fmt;

/// A length of time in whole nanoseconds, up to 292 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    nanoseconds: i64,
}

/// Units of time as the language writes them, smallest first, with their length in nanoseconds.
const TIME_UNITS: [(&str, i64); 6] = [
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

impl Duration {
    /// From whole nanoseconds.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self { nanoseconds }
    }

    /// From whole seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self { nanoseconds: seconds.saturating_mul(1_000_000_000) }
    }

    /// So many of a unit (`ms s min h d w`). `None` if there is no such unit or the length does not fit.
    pub fn of(number: f64, unit: &str) -> Option<Self> {
        let (_, length) = TIME_UNITS.iter().find(|(name, _)| *name == unit)?;
        let nanoseconds = (number * *length as f64).round();
        (nanoseconds.abs() < i64::MAX as f64).then_some(Self { nanoseconds: nanoseconds as i64 })
    }

    /// The length in nanoseconds.
    pub const fn nanoseconds(self) -> i64 {
        self.nanoseconds
    }

    /// The length in seconds, with a fraction.
    pub fn seconds(self) -> f64 {
        self.nanoseconds as f64 / 1e9
    }

    /// For waiting; a negative length is none.
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_nanos(u64::try_from(self.nanoseconds).unwrap_or(0))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanoseconds == 0 {
            return formatter.write_str("0s");
        }
        // Weeks are accepted but not chosen: people count backups in days.
        let unit = TIME_UNITS.iter().rev().skip(1).find(|(_, length)| self.nanoseconds % length == 0);
        match unit {
            Some((name, length)) => write!(formatter, "{}{name}", self.nanoseconds / length),
            None => write!(formatter, "{}ms", self.nanoseconds as f64 / 1e6),
        }
    }
}

/// An amount of data in whole bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    bytes: i64,
}

/// Units of size as the language writes them, smallest first.
const SIZE_UNITS: [(&str, i64); 9] = [
    ("B", 1),
    ("kB", 1_000),
    ("KiB", 1_024),
    ("MB", 1_000_000),
    ("MiB", 1_048_576),
    ("GB", 1_000_000_000),
    ("GiB", 1_073_741_824),
    ("TB", 1_000_000_000_000),
    ("TiB", 1_099_511_627_776),
];

impl Size {
    /// From whole bytes.
    pub const fn from_bytes(bytes: i64) -> Self {
        Self { bytes }
    }

    /// So many of a unit (`B kB MB GB TB KiB MiB GiB TiB`). `None` if there is no such unit or it does not fit.
    pub fn of(number: f64, unit: &str) -> Option<Self> {
        let (_, length) = SIZE_UNITS.iter().find(|(name, _)| *name == unit)?;
        let bytes = (number * *length as f64).round();
        (bytes.abs() < i64::MAX as f64).then_some(Self { bytes: bytes as i64 })
    }

    /// The amount in bytes.
    pub const fn bytes(self) -> i64 {
        self.bytes
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bytes == 0 {
            return formatter.write_str("0B");
        }
        // The largest unit that divides the amount; of two (MB, MiB) the one that gives the smaller number.
        let unit = SIZE_UNITS
            .iter()
            .filter(|(_, length)| self.bytes % length == 0)
            .min_by_key(|(_, length)| (self.bytes / length).abs());
        match unit {
            Some((name, length)) => write!(formatter, "{}{name}", self.bytes / length),
            None => write!(formatter, "{}B", self.bytes),
        }
    }
}

/// A share of a hundred: `70%` holds 70.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent {
    points: f64,
}

impl Percent {
    /// From points: 70 is seventy percent.
    pub const fn from_points(points: f64) -> Self {
        Self { points }
    }

    /// The points: 70 for seventy percent.
    pub const fn points(self) -> f64 {
        self.points
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}%", self.points)
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Size};

    #[test]
    fn durations_print_in_the_largest_whole_unit_below_weeks() {
        for (number, unit, printed) in
            [(35.0, "d", "35d"), (2.0, "w", "14d"), (90.0, "s", "90s"), (120.0, "s", "2min"), (0.3, "s", "300ms")]
        {
            assert_eq!(Duration::of(number, unit).unwrap().to_string(), printed);
        }
        assert_eq!(Duration::of(5.0, "m"), None);
    }

    #[test]
    fn sizes_print_without_loss() {
        for (number, unit, printed) in [(20.0, "GiB", "20GiB"), (1500.0, "MiB", "1500MiB"), (3.0, "kB", "3kB")] {
            assert_eq!(Size::of(number, unit).unwrap().to_string(), printed);
        }
    }
}
