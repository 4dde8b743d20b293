//! Months in Norway.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::Oslo;
use serde::{Deserialize, Deserializer};

/// A month in Norway, as `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month(NaiveDate);

impl Month {
    /// The month of a day.
    pub(super) fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// The first day of the month.
    pub(super) fn first_day(self) -> NaiveDate {
        self.0
    }

    /// The previous month.
    pub(super) fn before(self) -> Self {
        Self(self.0 - Months::new(1))
    }

    /// The start of the month.
    pub(super) fn start(self) -> DateTime<Utc> {
        // Midnight always exists in Norway: clocks change later in the night.
        let midnight = Oslo.from_local_datetime(&self.0.and_time(NaiveTime::MIN)).earliest();
        midnight.map_or_else(|| self.0.and_time(NaiveTime::MIN).and_utc(), |midnight| midnight.to_utc())
    }

    /// The end of the month: the start of the next.
    pub(super) fn end(self) -> DateTime<Utc> {
        Self(self.0 + Months::new(1)).start()
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.format("%Y-%m").fmt(f)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d");
        match first {
            Ok(day) if text.len() == 7 && (1900..=2199).contains(&day.year()) => Ok(Self(day)),
            _ => Err(serde::de::Error::custom("must be a month as YYYY-MM, between 1900 and 2199")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Option<Month> {
        serde_json::from_value(serde_json::json!(text)).ok()
    }

    #[test]
    fn a_month_is_from_midnight_to_midnight_in_norway() {
        let november = month("2026-11").expect("a month");
        assert_eq!(november.start().to_rfc3339(), "2026-10-31T23:00:00+00:00");
        assert_eq!(november.end().to_rfc3339(), "2026-11-30T23:00:00+00:00");
        assert_eq!(month("2026-01").expect("a month").before().to_string(), "2025-12");
        let summer = month("2026-10").expect("a month");
        assert_eq!(summer.start().to_rfc3339(), "2026-09-30T22:00:00+00:00");
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for text in ["2026-13", "2026-1", "2026", "2026-11-01", "1800-01", "november", "+026-11"] {
            assert_eq!(month(text), None, "{text}");
        }
    }
}
