//! The numbers behind each reason to pick a look: `data/log_reviews.toml`.

use std::sync::LazyLock;

use chrono::{NaiveTime, TimeDelta};
use serde::{Deserialize, Deserializer};

/// All of them.
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

/// Of the random sample.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RandomSample {
    /// How many looks of each month.
    pub(super) looks_a_month: i64,
}

/// Of what counts as a task in a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoTask {
    hours_after_work: i64,
    hours_before_work: i64,
    days_after_meeting: i64,
    days_of_new_seat: i64,
}

/// Of the working hours.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutsideHours {
    /// When they begin.
    #[serde(deserialize_with = "time")]
    pub(super) from: NaiveTime,
    /// When they end.
    #[serde(deserialize_with = "time")]
    pub(super) until: NaiveTime,
}

/// Of looks at many children.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Burst {
    /// How many different ones.
    pub(super) children: usize,
    minutes: i64,
}

#[expect(clippy::expect_used, reason = "the file is a part of the program, and read in tests")]
static SETTINGS: LazyLock<Settings> =
    LazyLock::new(|| toml::from_str(include_str!("../../data/log_reviews.toml")).expect("log_reviews.toml"));

/// The numbers.
pub(super) fn settings() -> &'static Settings {
    &SETTINGS
}

impl Settings {
    /// How old a look is when it is gone through.
    pub(super) fn settled_after(&self) -> TimeDelta {
        TimeDelta::hours(self.settled_after_hours)
    }

    /// How old a look is when it is too old to be picked.
    pub(super) fn not_older_than(&self) -> TimeDelta {
        TimeDelta::days(self.not_older_than_days)
    }
}

impl NoTask {
    /// How long after work in a case a look at it belongs to the work.
    pub(super) fn after_work(&self) -> TimeDelta {
        TimeDelta::hours(self.hours_after_work)
    }

    /// How long before it.
    pub(super) fn before_work(&self) -> TimeDelta {
        TimeDelta::hours(self.hours_before_work)
    }

    /// How long after a meeting its minutes are read.
    pub(super) fn after_meeting(&self) -> TimeDelta {
        TimeDelta::days(self.days_after_meeting)
    }

    /// How long someone new on the team reads up on the case.
    pub(super) fn new_seat(&self) -> TimeDelta {
        TimeDelta::days(self.days_of_new_seat)
    }
}

impl Burst {
    /// Within how long.
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
