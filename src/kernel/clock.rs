//! The one source of time. Tests hold it still.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use chrono_tz::Europe::Oslo;

/// Tells the time in whole microseconds, the finest that both engines keep.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that moves only when told to; microseconds since 1970.
    Frozen(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at` until it is advanced.
    #[must_use]
    pub fn frozen(at: DateTime<Utc>) -> Self {
        Self::Frozen(Arc::new(AtomicI64::new(at.timestamp_micros())))
    }

    /// Moves a frozen clock; the machine's clock cannot be moved.
    pub fn advance(&self, by: TimeDelta) {
        if let Self::Frozen(micros) = self {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }

    /// Now, in UTC.
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

    /// Today in Norway: the day on which a person has their birthday.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        day_in_norway(self.now())
    }
}

/// The day that a moment falls on in Norway.
#[must_use]
pub fn day_in_norway(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Oslo).date_naive()
}

/// Whole years of age on a day. Someone born on 29 February is a year older on 1 March in other years.
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
