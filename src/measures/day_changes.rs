//! Moves of the day of an evaluation: the answer, and the database.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    access::{CaseReader, CaseState, objects::MeasureObject},
    db::{DbError, Tx, expect_one},
    execute, fetch_all,
    kernel::{
        Id, Slice,
        ids::{DayChange, DayChangeId, Measure, MeasureId, Person, PersonId},
    },
    shown,
    vault::Content,
};

const LIST: &str = "
    SELECT d.id, d.measure_id, d.from_on AS from_day, d.to_on AS to_day, d.reason, d.changed_by, p.name AS changed_by_name,
           d.changed_at
    FROM measure_day_change d JOIN person p ON p.id = d.changed_by
    WHERE d.municipality = $1 AND d.measure_id = $2 AND d.id > $3 ORDER BY d.id LIMIT $4";
const OF_CASE: &str = "
    SELECT d.id, d.measure_id, d.from_on AS from_day, d.to_on AS to_day, d.reason, d.changed_by, p.name AS changed_by_name,
           d.changed_at
    FROM measure_day_change d JOIN person p ON p.id = d.changed_by
    WHERE d.municipality = $1 AND d.case_id = $2 AND d.id > $3 ORDER BY d.id LIMIT $4";
const INSERT: &str = "
    INSERT INTO measure_day_change (municipality, id, case_id, measure_id, from_on, to_on, reason, changed_by, changed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// A move of the day of an evaluation, without an evaluation.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct DayChangeOut {
    /// The id of the move.
    pub id: DayChangeId,
    /// The measure.
    pub measure_id: MeasureId,
    /// The day that was set.
    pub from_day: NaiveDate,
    /// The day it was moved to.
    pub to_day: NaiveDate,
    /// Why it was moved.
    pub reason: Content,
    /// The person who moved it. Null, like everything that reveals where the child is, for emergency access to the case of a child
    /// with a protected address.
    pub changed_by: Option<PersonId>,
    /// Their name.
    pub changed_by_name: Option<Content>,
    /// When they moved it.
    pub changed_at: DateTime<Utc>,
}

shown!(DayChangeOut, CaseReader {
    row { id, measure_id, from_day, to_day, reason, changed_at }
    whereabouts: changed_by, changed_by_name;
});

/// Lists the moves of a measure, in the order they were made.
pub(super) async fn list(
    tx: &mut Tx,
    case: &CaseState,
    measure: Id<Measure>,
    slice: Slice,
) -> Result<Vec<DayChangeOut>, DbError> {
    fetch_all!(tx, DayChangeOut, LIST, &case.municipality, measure, slice.after, slice.sql_limit())
}

/// Lists the moves of all measures of a case, in the order they were made, without a decision on who may read them.
pub(super) async fn of_case(
    tx: &mut Tx,
    case: &CaseState,
    slice: Slice,
) -> Result<Vec<DayChangeOut>, DbError> {
    fetch_all!(tx, DayChangeOut, OF_CASE, &case.municipality, case.id, slice.after, slice.sql_limit())
}

/// Keeps a move from one day to another, with its reason, the person and the time.
pub(super) async fn insert(
    tx: &mut Tx,
    measure: &MeasureObject,
    (from, to): (NaiveDate, NaiveDate),
    reason: &str,
    (by, now): (Id<Person>, DateTime<Utc>),
) -> Result<(), DbError> {
    let case = &measure.case.facts;
    let (id, reason) = (Id::<DayChange>::new(), tx.vault().seal(&case.key(), reason)?);
    let (municipality, measure) = (&case.municipality, measure.id);
    expect_one(execute!(tx, INSERT, municipality, id, case.id, measure, from, to, reason, by, now)?)
}
