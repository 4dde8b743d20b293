//! The moment of a request: the time, and the day it is in Norway.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Clock, clock::day_in_norway};

/// One moment, by which everything in a request is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The time.
    pub now: DateTime<Utc>,
    /// The day by which ages and periods count. It differs from the day of `now` only in a question about a later day.
    pub today: NaiveDate,
}

impl Moment {
    /// A time, with the day it falls on in Norway.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now, today: day_in_norway(now) }
    }

    /// The moment the clock shows.
    #[must_use]
    pub fn of(clock: &Clock) -> Self {
        Self::at(clock.now())
    }

    /// Noon on a day.
    #[cfg(test)]
    pub(crate) fn on_day(day: &str) -> Self {
        Self::at(format!("{day}T11:00:00Z").parse().expect("a day"))
    }

    /// The same time, with another day for ages and periods.
    #[must_use]
    pub fn on(self, today: NaiveDate) -> Self {
        Self { today, ..self }
    }
}
