//! Parsing of dates and times from requests: `YYYY-MM-DD`, between 1900 and 2199.
//!
//! SQLite stores dates as text, and only sorts four-digit years correctly. The patterns and the checks of the formats `date` and
//! `date-time` of the API document are here, beside the parsers that they describe.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Deserializer};

/// The form of a date, as a regular expression of the API document.
pub const DAY_PATTERN: &str = "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
/// The form of a time, as a regular expression of the API document.
pub const TIME_PATTERN: &str = concat!(
    "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|[0-5][0-9]\.[0-9]{1,9})(Z|(\+|-)([01][0-9]|2[0-3]):[0-5][0-9])$"
);

/// Parses a date.
///
/// # Errors
/// The reason, if it is not a date, or not between 1900 and 2199.
pub fn parse_day(text: &str) -> Result<NaiveDate, &'static str> {
    match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(day) if text.len() == 10 && (1900..=2199).contains(&day.year()) => Ok(day),
        Ok(_) => Err("must be between 1900 and 2199"),
        Err(_) => Err("must be a date that exists, as YYYY-MM-DD"),
    }
}

/// Parses a time.
///
/// # Errors
/// The reason, if it is not a time with its zone, or not between 1900 and 2199.
pub fn parse_time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let is_written_so = text.as_bytes().get(10) == Some(&b'T') && !text.contains('z');
    match DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()) {
        Ok(time) if is_written_so && (1900..=2199).contains(&time.year()) => Ok(time),
        Ok(_) if is_written_so => Err("must be between 1900 and 2199"),
        _ => Err("must be a time that exists, with its zone, as 2026-12-01T10:00:00+01:00"),
    }
}

/// Parses a date, for `#[serde(deserialize_with = "day")]`.
///
/// # Errors
/// If it is not a date, or not between 1900 and 2199.
pub fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    parse_day(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// Parses a time, for `#[serde(deserialize_with = "time")]`.
///
/// # Errors
/// If it is not a time, or not between 1900 and 2199.
pub fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    parse_time(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// Parses an optional time, for `#[serde(default, deserialize_with = "optional_time")]`.
///
/// # Errors
/// If it is not a time, or not between 1900 and 2199.
pub fn optional_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    #[derive(Deserialize)]
    struct Time(#[serde(deserialize_with = "time")] DateTime<Utc>);
    Ok(Option::<Time>::deserialize(deserializer)?.map(|Time(time)| time))
}

/// Parses an optional date, for `#[serde(default, deserialize_with = "optional_day")]`.
///
/// # Errors
/// If it is not a date, or not between 1900 and 2199.
pub fn optional_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    #[derive(Deserialize)]
    struct Day(#[serde(deserialize_with = "day")] NaiveDate);
    Ok(Option::<Day>::deserialize(deserializer)?.map(|Day(day)| day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_a_time_are_written_in_one_way() {
        assert!(parse_day("2026-02-28").is_ok());
        for text in
            ["2026-02-30", "2026-2-3", "1899-12-31", "2200-01-01", "+2026-01-01", "2026-01-01T00:00:00Z", ""]
        {
            assert!(parse_day(text).is_err(), "{text}");
        }
        assert!(parse_time("2026-11-28T10:00:00.5+01:00").is_ok());
        for text in ["2026-11-28", "2026-11-28T10:00:00", "2026-11-28 10:00:00Z", "2026-11-28t10:00:00z", ""]
        {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }
}
