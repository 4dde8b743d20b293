//! The single source of time. Tests can freeze it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, NaiveDate, NaiveTime, SubsecRound, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::Oslo;

/// A clock in whole microseconds, the highest precision that both engines store.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system clock.
    System,
    /// A clock that moves only when advanced, in microseconds since 1970.
    Frozen(Arc<AtomicI64>),
}

impl Clock {
    /// Creates a clock that stays at `at` until it is advanced.
    #[must_use]
    pub fn frozen(at: DateTime<Utc>) -> Self {
        Self::Frozen(Arc::new(AtomicI64::new(at.timestamp_micros())))
    }

    /// Advances a frozen clock. The system clock cannot be moved.
    pub fn advance(&self, by: TimeDelta) {
        if let Self::Frozen(micros) = self {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }

    /// Returns the current time in UTC.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Frozen(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default()
            }
        }
    }

    /// Returns today's date in Norway. Ages are calculated from it.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        day_in_norway(self.now())
    }
}

/// Returns the start of a day in Norway.
#[must_use]
pub fn beginning_of(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    Oslo.from_local_datetime(&midnight).earliest().map_or(midnight.and_utc(), |at| at.to_utc())
}

/// Returns the date of a moment in Norway.
#[must_use]
pub fn day_in_norway(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Oslo).date_naive()
}

/// Returns the age in whole years on a date. A person born on 29 February turns a year older on 1 March in common years.
#[must_use]
pub fn age_on(birth_date: NaiveDate, day: NaiveDate) -> i64 {
    day.years_since(birth_date).map_or(0, i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_child_is_a_year_older_on_the_birthday_and_not_the_day_before() {
        assert_eq!(age_on(date("2011-03-14"), date("2026-03-13")), 14);
        assert_eq!(age_on(date("2011-03-14"), date("2026-03-14")), 15);
        assert_eq!(age_on(date("2012-02-29"), date("2027-02-28")), 14);
        assert_eq!(age_on(date("2012-02-29"), date("2027-03-01")), 15);
    }

    #[test]
    fn the_day_begins_at_midnight_in_norway() {
        let clock = Clock::frozen("2026-06-30T22:30:00Z".parse().expect("a time"));
        assert_eq!(clock.today(), date("2026-07-01"));
    }
}
