//! Waiting times in the database.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::dto::{HelpStep, WaitReasonOut};
use crate::{
    access::CaseState,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_one,
    kernel::{
        Id, Slice,
        ids::{Case, Person, Unit, WaitReason},
    },
};

/// All reasons for the steps of one case: there are at most 60.
pub(super) const ALL_REASONS: Slice = Slice { after: Uuid::nil(), limit: 60 };

/// A concern that was added to the case later is somebody else's worry, so only the concern that opened it counts. The day of a concern that was about
/// another child before is that child's.
const BEGINNING: &str = "
    SELECT c.opened_at, c.opening_unit_id,
           (SELECT MIN(k.created_at) FROM concern k
            WHERE k.municipality = c.municipality AND k.case_id = c.id AND k.decision = 'open_case'
              AND NOT k.had_another_child) AS concern_at
    FROM care_case c WHERE c.municipality = $1 AND c.id = $2";
const REASONS: &str = "
    SELECT w.id, w.step, w.reason, w.recorded_at FROM wait_reason w
    WHERE w.municipality = $1 AND w.case_id = $2 AND w.id > $3 ORDER BY w.id LIMIT $4";
const INSERT: &str = "
    INSERT INTO wait_reason (municipality, id, case_id, step, reason, recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// How a case began.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct BeginningRow {
    pub opened_at: DateTime<Utc>,
    #[sqlx(rename = "opening_unit_id")]
    pub opening_unit: Id<Unit>,
    /// When the concern that it was opened from was recorded.
    pub concern_at: Option<DateTime<Utc>>,
}

pub(super) async fn beginning(
    tx: &mut Tx,
    municipality: &str,
    case: Id<Case>,
) -> Result<BeginningRow, DbError> {
    fetch_one!(tx, BeginningRow, BEGINNING, municipality, case)
}

pub(super) async fn reasons(
    tx: &mut Tx,
    municipality: &str,
    case: Id<Case>,
    Slice { after, limit }: Slice,
) -> Result<Vec<WaitReasonOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, WaitReasonOut, REASONS, municipality, case, after, limit)
}

pub(super) async fn insert(
    tx: &mut Tx,
    case: &CaseState,
    step: HelpStep,
    reason: &str,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Id<WaitReason>, DbError> {
    let id = Id::<WaitReason>::new();
    let reason = tx.vault().seal(&case.key(), reason)?;
    expect_one(execute!(tx, INSERT, &case.municipality, id, case.id, step, reason, by, now)?)?;
    Ok(id)
}
