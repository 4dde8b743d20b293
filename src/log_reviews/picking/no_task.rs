//! A look at a case by someone who has no task in it at that time.
//!
//! A seat on the team lets one in, and is no task by itself: a task is to hold the baton, to be offered it, to answer for a
//! measure and its evaluation, to meet, to decide for the child in child welfare, to review an emergency, or to write.

use chrono::{DateTime, Utc};

use super::{facts::Facts, look::Look};

/// A time in which someone has a task in a case.
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
