//! Access outside working hours in Norway.

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Europe::Oslo;

use super::{facts::Facts, look::Look};
use crate::{kernel::days_off::is_day_off, log_reviews::settings::settings};

/// Month and day of the eves on which the services are closed.
const EVES: [(u32, u32); 2] = [(12, 24), (12, 31)];

pub(super) fn fits(look: &Look, _facts: &Facts) -> bool {
    is_outside(look.at)
}

fn is_outside(at: DateTime<Utc>) -> bool {
    let (hours, local) = (&settings().outside_hours, at.with_timezone(&Oslo));
    let off = local.time() < hours.from || local.time() >= hours.until;
    off || is_day_off(local.date_naive()) || EVES.contains(&(local.month(), local.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_hours_are_those_of_a_weekday_in_norway() {
        for at in [
            "2026-11-23T06:00:00Z", // Monday 7 o'clock, in winter
            "2026-11-23T15:59:59Z",
            "2026-06-08T05:00:00Z", // Monday 7 o'clock, in summer
            "2026-11-27T12:00:00Z", // Friday
            "2026-05-15T10:00:00Z", // the day after Ascension Day
            "2026-04-07T10:00:00Z", // the day after Easter
        ] {
            assert!(!is_outside(at.parse().expect("a time")), "{at}");
        }
        for at in [
            "2026-11-23T05:59:59Z",
            "2026-11-23T16:00:00Z",
            "2026-06-08T15:00:00Z",
            "2026-11-22T09:00:00Z", // Sunday
            "2026-11-28T09:00:00Z", // Saturday
            "2026-05-14T10:00:00Z", // Ascension Day
            "2027-05-17T10:00:00Z", // 17 May, Monday of Pentecost too
            "2026-12-24T10:00:00Z",
            "2026-12-31T23:30:00Z", // New Year's Day in Norway
        ] {
            assert!(is_outside(at.parse().expect("a time")), "{at}");
        }
    }
}
