//! Parsing of dates and times from requests: `YYYY-MM-DD`, between 1900 and 2199.
//!
//! SQLite stores dates as text, and only sorts four-digit years correctly.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Deserializer};

/// Parses a date, for `#[serde(deserialize_with = "day")]`.
///
/// # Errors
/// If it is not a date, or not between 1900 and 2199.
pub fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let text = String::deserialize(deserializer)?;
    match NaiveDate::parse_from_str(&text, "%Y-%m-%d") {
        Ok(day) if (1900..=2199).contains(&day.year()) => Ok(day),
        Ok(_) => Err(serde::de::Error::custom("must be between 1900 and 2199")),
        Err(_) => Err(serde::de::Error::custom("must be a date that exists, as YYYY-MM-DD")),
    }
}

/// Parses an optional time, for `#[serde(default, deserialize_with = "optional_time")]`.
///
/// # Errors
/// If it is not a time, or not between 1900 and 2199.
pub fn optional_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let time = text.map(|text| text.parse::<DateTime<Utc>>()).transpose().map_err(|_| {
        serde::de::Error::custom("must be a time with its zone, such as 2027-01-31T12:00:00Z")
    })?;
    match time.map(|time| time.year()) {
        None | Some(1900..=2199) => Ok(time),
        _ => Err(serde::de::Error::custom("must be between 1900 and 2199")),
    }
}

/// Parses a time, for `#[serde(deserialize_with = "time")]`.
///
/// # Errors
/// If it is not a time, or not between 1900 and 2199.
pub fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let time = optional_time(deserializer)?;
    time.ok_or_else(|| serde::de::Error::custom("must be a time with its zone, such as 2027-01-31T12:00:00Z"))
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
