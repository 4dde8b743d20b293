//! Parsing of dates and times from requests: `YYYY-MM-DD`, between 1900 and 2199, and the bounds of each.
//!
//! SQLite stores dates as text, and only sorts four-digit years correctly. The patterns and the checks of the formats `date` and
//! `date-time` of the API document are here, beside the parsers that they describe.

use std::fmt;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use serde::{Deserialize, Deserializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, extensions::Extensions, schema::Type,
    },
};

use super::clock::day_in_norway;

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

/// A distance from the day of a request, written as an ISO 8601 duration, such as `-P25Y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// Days, negative before today.
    Days(i32),
    /// Years, negative before today.
    Years(i32),
}

impl Distance {
    /// Returns the day at this distance.
    #[must_use]
    pub fn from(self, today: NaiveDate) -> NaiveDate {
        let (back, ahead) = match self {
            Self::Days(days) => {
                let by = Days::new(days.unsigned_abs().into());
                (today.checked_sub_days(by), today.checked_add_days(by))
            }
            Self::Years(years) => {
                let by = Months::new(years.unsigned_abs() * 12);
                (today.checked_sub_months(by), today.checked_add_months(by))
            }
        };
        let is_back = matches!(self, Self::Days(count) | Self::Years(count) if count < 0);
        if is_back { back } else { ahead }.unwrap_or(today)
    }

    fn parse(text: &str) -> Option<Self> {
        let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let count = |unit| rest.strip_prefix('P')?.strip_suffix(unit)?.parse::<i32>().ok();
        count('D')
            .map(|days| Self::Days(sign * days))
            .or_else(|| count('Y').map(|years| Self::Years(sign * years)))
    }

    fn in_words(self) -> String {
        let (count, unit) = match self {
            Self::Days(0) => return "today".to_owned(),
            Self::Days(count) => (count, "day"),
            Self::Years(count) => (count, "year"),
        };
        let many = if count.abs() == 1 { "" } else { "s" };
        let side = if count < 0 { "before" } else { "after" };
        format!("{} {unit}{many} {side} today", count.abs())
    }
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = match self {
            Self::Days(count) => (count, 'D'),
            Self::Years(count) => (count, 'Y'),
        };
        let sign = if *count < 0 { "-" } else { "" };
        write!(f, "{sign}P{}{unit}", count.abs())
    }
}

/// The first and the last day that a field of a request can have. The API document states them as `x-earliest` and `x-latest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The first day.
    pub earliest: Distance,
    /// The last day.
    pub latest: Distance,
}

impl Bounds {
    /// The name of the first day in a schema.
    pub const EARLIEST: &str = "x-earliest";
    /// The name of the last day in a schema.
    pub const LATEST: &str = "x-latest";

    /// Reads the bounds of a schema in the API document. A schema of a day without bounds is an error of the program.
    #[must_use]
    pub fn of_schema(schema: &serde_json::Value) -> Option<Self> {
        let distance = |name: &str| Distance::parse(schema[name].as_str()?);
        Some(Self { earliest: distance(Self::EARLIEST)?, latest: distance(Self::LATEST)? })
    }

    /// Checks a day.
    ///
    /// # Errors
    /// The reason, if it is outside the bounds.
    pub fn check(self, day: NaiveDate, today: NaiveDate) -> Result<(), String> {
        let (earliest, latest) = (self.earliest.from(today), self.latest.from(today));
        if day < earliest {
            return Err(format!("must not be before {earliest} ({})", self.earliest.in_words()));
        }
        if day > latest {
            return Err(format!("must not be after {latest} ({})", self.latest.in_words()));
        }
        Ok(())
    }

    /// Checks a date or a time, as a text that was parsed before. The day of a time is that in Norway.
    ///
    /// # Errors
    /// The reason, if it is outside the bounds.
    pub fn check_text(self, text: &str, today: NaiveDate) -> Result<(), String> {
        let day = parse_day(text).or_else(|_| parse_time(text).map(day_in_norway))?;
        self.check(day, today)
    }

    fn schema(self, what: &str, format: KnownFormat, pattern: &str) -> RefOr<Schema> {
        let (earliest, latest) = (self.earliest, self.latest);
        let bounds = [(Self::EARLIEST, earliest.to_string()), (Self::LATEST, latest.to_string())];
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(format)))
            .pattern(Some(pattern))
            .description(Some(format!(
                "{what} From {} to {}, both included; the bounds are durations from today in Norway.",
                earliest.in_words(),
                latest.in_words()
            )))
            .extensions(Some(bounds.into_iter().collect::<Extensions>()))
            .into()
    }
}

/// Declares the days and times of requests by their bounds.
macro_rules! bounded {
    ($($(#[$doc:meta])* $name:ident: $format:ident $pattern:ident $earliest:expr, $latest:expr, $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl $name {
            /// The bounds.
            pub const BOUNDS: Bounds = Bounds { earliest: $earliest, latest: $latest };
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                Self::BOUNDS.schema($what, KnownFormat::$format, $pattern)
            }
        }

        impl ToSchema for $name {}
    )*};
}

use Distance::{Days as InDays, Years as InYears};

bounded! {
    /// When a registered person is born: a child, or a pregnant woman.
    BirthDate: Date DAY_PATTERN InYears(-60), InDays(0), "The day of birth of a registered person.";
    /// When a child is born, for a registration: not older than after-care lasts (bvl § 3-6).
    ChildBirthDate: Date DAY_PATTERN InYears(-25), InDays(0), "The day of birth of a child.";
    /// When a child was born whose birth is recorded: not long after it.
    NewbornBirthDate: Date DAY_PATTERN InDays(-92), InDays(0), "The day of birth of a newborn child.";
    /// When a person is born, for a correction.
    AnyBirthDate: Date DAY_PATTERN InYears(-125), InDays(0), "The day of birth.";
    /// When a child is expected. A birth can be late.
    DueDate: Date DAY_PATTERN InDays(-92), InDays(300), "The due date of a pregnancy.";
    /// When a consent begins. One on paper is recorded afterwards.
    ConsentStart: Date DAY_PATTERN InYears(-1), InYears(1), "The first day of a consent.";
    /// When a consent ends. It must stay informed (GDPR art. 7), so it is asked for again at least every second school year.
    ConsentEnd: Date DAY_PATTERN InDays(0), InYears(2), "The last day of a consent.";
    /// When a request for consent is answered: within three months, so that a question is not forgotten.
    AnswerDay: Date DAY_PATTERN InDays(0), InDays(92), "The day by which a request for consent is answered.";
    /// When a measure starts. Help from before the case is recorded too.
    MeasureStart: Date DAY_PATTERN InYears(-5), InYears(1), "The first day of a measure.";
    /// When a measure is evaluated: help that nobody looks at for a year is not followed up.
    EvaluationDay: Date DAY_PATTERN InDays(0), InYears(1), "The day of the next evaluation.";
    /// When a next step is taken: within the longest time that a municipality can set.
    NextStepDay: Date DAY_PATTERN InDays(0), InYears(1), "The day by which a next step is taken.";
    /// When a concern is looked at again: within the longest time that a municipality can set.
    LookAgainDay: Date DAY_PATTERN InDays(1), InYears(1), "The day on which a concern is looked at again.";
    /// When a record moves to another unit: a move is planned in the school year before it.
    TransitionDay: Date DAY_PATTERN InDays(0), InDays(549), "The first day on which a record can move.";
    /// When an absence begins. One that nobody recorded on its first day is recorded afterwards.
    AbsenceStart: Date DAY_PATTERN InDays(-30), InYears(1), "The first day of an absence.";
    /// When an absence ends: within the longest time that a municipality can set.
    AbsenceEnd: Date DAY_PATTERN InDays(0), InYears(1), "The last day of an absence.";
    /// When something happened that is recorded afterwards.
    PastDay: Date DAY_PATTERN InYears(-5), InDays(0), "A day that has begun.";
    /// When the family is informed of what was done without them: within three months, and again with a new ground.
    InformingDay: Date DAY_PATTERN InDays(0), InDays(92), "The day from which the family is informed.";
    /// When a withholding is looked at again: it must not last by being forgotten.
    ReviewDay: Date DAY_PATTERN InDays(1), InDays(183), "The day by which a withholding is reviewed.";
    /// When something was asked for that is answered now.
    RequestDay: Date DAY_PATTERN InYears(-1), InDays(0), "A day within the last year.";
    /// When a care order comes into force: during a childhood, or soon.
    CareOrderStart: Date DAY_PATTERN InYears(-25), InYears(1), "The day from which a care order is in force.";
    /// When a care order that is for a time ends, by the decision.
    CareOrderLastDay: Date DAY_PATTERN InYears(-25), InYears(2), "The last day on which a care order is in force.";
    /// When a role ends (pasientjournalforskriften § 13).
    RoleEnd: Date DAY_PATTERN InDays(1), InYears(1), "The day from which a role counts for nothing.";
    /// When a meeting starts. Its minutes can be recorded afterwards.
    MeetingTime: DateTime TIME_PATTERN InYears(-5), InYears(1), "The time of a meeting.";
    /// A limit of a search in the access log, which is stored for as long as the record. Any limit finds what there is.
    LogTime: DateTime TIME_PATTERN InYears(-100), InYears(100), "A time in the access log.";
    /// When a question about access is asked for: within a childhood.
    QuestionTime: DateTime TIME_PATTERN InDays(0), InYears(25), "The time that a question is about.";
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

    #[test]
    fn a_bound_is_a_distance_from_today() {
        let today = parse_day("2028-02-29").expect("a day");
        let at = |text| Distance::parse(text).expect("a distance").from(today).to_string();
        assert_eq!(at("-P25Y"), "2003-02-28");
        assert_eq!(
            (at("P300D"), at("P0D"), at("-P1D")),
            ("2028-12-25".into(), "2028-02-29".into(), "2028-02-28".into())
        );
        for text in ["", "P", "25Y", "P25", "PY", "P1W", "--P1D"] {
            assert_eq!(Distance::parse(text), None, "{text}");
        }
        let bounds = Bounds { earliest: InYears(-25), latest: InDays(300) };
        let said = |day: &str| bounds.check_text(day, today).err();
        assert_eq!((said("2003-02-28"), said("2028-12-25")), (None, None));
        let expected = "must not be before 2003-02-28 (25 years before today)";
        assert_eq!(said("2003-02-27").as_deref(), Some(expected));
        let expected = "must not be after 2028-12-25 (300 days after today)";
        assert_eq!(said("2028-12-26").as_deref(), Some(expected));
        // Midnight in Norway has passed.
        assert!(QuestionTime::BOUNDS.check_text("2028-02-28T23:30:00Z", today).is_ok());
        assert!(QuestionTime::BOUNDS.check_text("2028-02-28T22:30:00Z", today).is_err());
    }

    #[test]
    fn the_bounds_in_a_schema_are_those_that_are_checked() {
        let schema = serde_json::to_value(BirthDate::schema()).expect("JSON");
        assert_eq!(Bounds::of_schema(&schema), Some(BirthDate::BOUNDS), "{schema}");
    }
}
