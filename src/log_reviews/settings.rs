//! The thresholds for selecting entries: `data/log_reviews.toml`.

use std::sync::LazyLock;

use chrono::{NaiveTime, TimeDelta};
use serde::{Deserialize, Deserializer};

/// All settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    settled_after_hours: i64,
    not_older_than_days: i64,
    pub(super) random_sample: RandomSample,
    pub(super) no_task: NoTask,
    pub(super) outside_hours: OutsideHours,
    pub(super) burst: Burst,
}

/// The random sample.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RandomSample {
    /// The number of entries per month.
    pub(super) looks_a_month: i64,
}

/// The conditions for having a task in a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoTask {
    hours_after_work: i64,
    hours_before_work: i64,
    days_after_meeting: i64,
    days_of_new_seat: i64,
}

/// The working hours.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutsideHours {
    /// The start of the working hours.
    #[serde(deserialize_with = "time")]
    pub(super) from: NaiveTime,
    /// The end of the working hours.
    #[serde(deserialize_with = "time")]
    pub(super) until: NaiveTime,
}

/// Access to many children.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Burst {
    /// The number of different children.
    pub(super) children: usize,
    minutes: i64,
}

#[expect(clippy::expect_used, reason = "the file is a part of the program, and read in tests")]
static SETTINGS: LazyLock<Settings> =
    LazyLock::new(|| toml::from_str(include_str!("../../data/log_reviews.toml")).expect("log_reviews.toml"));

/// Returns the settings.
pub(super) fn settings() -> &'static Settings {
    &SETTINGS
}

impl Settings {
    /// The age at which an entry is examined.
    pub(super) fn settled_after(&self) -> TimeDelta {
        TimeDelta::hours(self.settled_after_hours)
    }

    /// The age at which an entry is too old to be selected.
    pub(super) fn not_older_than(&self) -> TimeDelta {
        TimeDelta::days(self.not_older_than_days)
    }
}

impl NoTask {
    /// The time after work in a case in which access to it belongs to that work.
    pub(super) fn after_work(&self) -> TimeDelta {
        TimeDelta::hours(self.hours_after_work)
    }

    /// The time before work in a case in which access to it belongs to that work.
    pub(super) fn before_work(&self) -> TimeDelta {
        TimeDelta::hours(self.hours_before_work)
    }

    /// The time after a meeting in which its minutes are read.
    pub(super) fn after_meeting(&self) -> TimeDelta {
        TimeDelta::days(self.days_after_meeting)
    }

    /// The time in which a new team member reads up on the case.
    pub(super) fn new_seat(&self) -> TimeDelta {
        TimeDelta::days(self.days_of_new_seat)
    }
}

impl Burst {
    /// The length of the time window.
    pub(super) fn within(&self) -> TimeDelta {
        TimeDelta::minutes(self.minutes)
    }
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    NaiveTime::parse_from_str(&text, "%H:%M").map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_make_sense() {
        let all = settings();
        assert!(all.random_sample.looks_a_month > 0 && all.burst.children > 1);
        assert!(all.outside_hours.from < all.outside_hours.until);
        assert!(all.no_task.before_work() <= all.settled_after(), "else the work is not yet known of");
        assert!(all.burst.within() <= TimeDelta::hours(24) && all.not_older_than() > TimeDelta::days(31));
    }
}
