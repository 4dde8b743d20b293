//! Evaluations in the database.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::dto::{EvaluationIn, EvaluationOut};
use crate::{
    access::CaseState,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_one,
    kernel::{
        Id,
        ids::{Evaluation, Measure, Person},
        text::Prose,
    },
};

macro_rules! select {
    ($which:literal) => {
        concat!(
            "
    SELECT e.id, e.measure_id, e.held_on, e.outcome, e.assessment, e.child_view, e.child_agrees, e.child_view_missing_reason,
           e.guardians_view, e.next_evaluation_on, e.evaluated_by, p.name AS evaluated_by_name, e.created_at
    FROM evaluation e JOIN person p ON p.id = e.evaluated_by
    WHERE e.municipality = $1 AND e.case_id = $2 AND e.measure_id = $3 AND ",
            $which
        )
    };
}

const LIST: &str = select!("e.id > $4 ORDER BY e.id LIMIT $5");
const GET: &str = select!("e.id = $4");
const INSERT: &str = "
    INSERT INTO evaluation (municipality, id, case_id, measure_id, held_on, outcome, assessment, child_view,
                            child_view_missing_reason, guardians_view, next_evaluation_on, evaluated_by, created_at, child_agrees)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/// Lists the evaluations of a measure after `after`, in the order they were recorded.
pub(super) async fn list(
    tx: &mut Tx,
    case: &CaseState,
    measure: Id<Measure>,
    after: Uuid,
    limit: usize,
) -> Result<Vec<EvaluationOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, EvaluationOut, LIST, &case.municipality, case.id, measure, after, limit)
}

/// Records an evaluation and returns it.
pub(super) async fn insert(
    tx: &mut Tx,
    case: &CaseState,
    measure: Id<Measure>,
    input: &EvaluationIn,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<EvaluationOut, DbError> {
    let id = Id::<Evaluation>::new();
    let key = case.key();
    let optional = |text: &Option<Prose>| tx.vault().seal_optional(&key, text.as_deref());
    let assessment = tx.vault().seal(&key, &input.assessment)?;
    let (child_view, guardians_view) = (optional(&input.child_view)?, optional(&input.guardians_view)?);
    let child_view_missing_reason = optional(&input.child_view_missing_reason)?;
    expect_one(execute!(
        tx,
        INSERT,
        &case.municipality,
        id,
        case.id,
        measure,
        input.held_on,
        input.outcome,
        assessment,
        child_view,
        child_view_missing_reason,
        guardians_view,
        input.next_evaluation_on,
        by,
        now,
        input.child_agrees,
    )?)?;
    fetch_one!(tx, EvaluationOut, GET, &case.municipality, case.id, measure, id)
}
