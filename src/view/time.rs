//! Moments as text, in coordinated universal time.

use crate::model::date::Date;

const DAY: u64 = 86_400;

/// `2026-03-01 09:05 UTC`, of seconds since the beginning of 1970.
pub fn minute(seconds: u64) -> String {
    let of_day = seconds % DAY;
    format!("{} {:02}:{:02} UTC", day(seconds), of_day / 3_600, of_day % 3_600 / 60)
}

/// `2026-03-01T09:05:07Z`, as RFC 3339 writes it.
pub fn rfc3339(seconds: u64) -> String {
    let of_day = seconds % DAY;
    format!("{}T{:02}:{:02}:{:02}Z", day(seconds), of_day / 3_600, of_day % 3_600 / 60, of_day % 60)
}

fn day(seconds: u64) -> Date {
    Date::from_days(i64::try_from(seconds / DAY).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{minute, rfc3339};

    #[test]
    fn moments_are_written_as_everybody_reads_them() {
        assert_eq!(minute(1_700_000_000), "2023-11-14 22:13 UTC");
        assert_eq!(rfc3339(1_700_000_000), "2023-11-14T22:13:20Z");
    }
}
