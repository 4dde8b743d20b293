//! Access to a case by a person who has no task in it at the time.
//!
//! A membership of the team gives access, but is not a task in itself. Tasks are: holding the baton, being offered it, being
//! responsible for a measure and its evaluation, attending meetings, deciding for the child in child welfare, reviewing an
//! emergency access, and writing.

use chrono::{DateTime, Utc};

use super::{facts::Facts, look::Look};

/// A period in which a person has a task in a case.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) from: DateTime<Utc>,
    pub(super) until: Option<DateTime<Utc>>,
}

impl Task {
    fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && self.until.is_none_or(|until| at <= until)
    }
}

pub(super) fn fits(look: &Look, facts: &Facts) -> bool {
    let Some(case) = look.case else { return false };
    let tasks = facts.tasks.get(&(look.person, case)).map(Vec::as_slice).unwrap_or_default();
    !tasks.iter().any(|task| task.holds(look.at))
}
