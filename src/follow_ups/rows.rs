//! Rows of tasks.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::dto::{FollowUpKind, FollowUpOut};
use crate::kernel::{
    Id,
    ids::{Case, Child, Unit},
};

/// A task as the statements return it, with a day or a time. Only statements about care orders name the child and the unit.
#[derive(sqlx::FromRow)]
pub(super) struct TaskRow {
    kind: FollowUpKind,
    object_id: Uuid,
    pub case_id: Option<Id<Case>>,
    due_on: Option<NaiveDate>,
    at: Option<DateTime<Utc>>,
    #[sqlx(default)]
    pub child_id: Option<Id<Child>>,
    #[sqlx(default)]
    pub unit_id: Option<Id<Unit>>,
}

impl TaskRow {
    /// Returns the task; none if it has neither a day nor a time.
    pub(super) fn task(self) -> Option<FollowUpOut> {
        let Self { kind, object_id, case_id, due_on, at, child_id, .. } = self;
        let task = match (due_on, at) {
            (Some(day), _) => FollowUpOut::on(kind, object_id, case_id, day),
            (None, Some(at)) => FollowUpOut::at(kind, object_id, case_id, at),
            (None, None) => return None,
        };
        Some(match child_id {
            Some(child) => task.about(child),
            None => task,
        })
    }
}
