//! A day of the calendar, without a time or a zone.

use std::fmt;

/// A day, counted from 1970-01-01 in the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i64);

impl Date {
    /// The day so many days after 1970-01-01.
    pub fn from_days(days: i64) -> Self {
        Self(days)
    }

    /// A day written as `YYYY-MM-DD`. Nothing if there is no such day.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let shaped = parts.next().is_none() && year.len() == 4 && month.len() == 2 && day.len() == 2;
        if !shaped || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return None;
        }
        let date = Self::of(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        // A day that does not exist would be written differently.
        (date.to_string() == text).then_some(date)
    }

    /// How many days this is after the other one; negative if it is before it.
    pub fn days_after(self, other: Self) -> i64 {
        self.0 - other.0
    }

    // Years that begin in March have their odd day at the end, so one formula fits all months.
    fn of(year: i64, month: i64, day: i64) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Self(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn days_are_written_as_they_are_read() {
        for text in ["1970-01-01", "2000-02-29", "2027-03-01", "2024-12-31", "1999-12-31", "2100-02-28"] {
            assert_eq!(Date::parse(text).map(|date| date.to_string()).as_deref(), Some(text));
        }
        for text in
            ["2027-02-29", "2027-13-01", "2027-00-10", "2027-1-01", "27-01-01", "soon", "2027-03-01-1", "+027-01-01"]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_counted() {
        let day = |text| Date::parse(text).unwrap_or(Date::from_days(0));
        assert_eq!(day("1970-01-01"), Date::from_days(0));
        assert_eq!(day("2027-04-22").days_after(day("2027-03-01")), 52);
        assert_eq!(day("2024-03-01").days_after(day("2024-02-28")), 2);
    }
}
