//! Evaluations in the database.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::{
    dto::{EvaluationIn, EvaluationOut},
    rows::{self, EvaluationRow},
};
use crate::{
    access::CaseState,
    db::{DbError, Tx},
    fetch_all,
    identity::Caller,
    kernel::{
        Id, Slice,
        ids::{Evaluation, Measure},
        text::Prose,
    },
    vault::Content,
};

const LIST: &str = "
    SELECT e.id, e.measure_id, e.held_on, e.outcome, e.assessment, e.child_view, e.child_agrees, e.child_view_missing_reason,
           e.guardians_view, e.next_evaluation_on, e.evaluated_by, p.name AS evaluated_by_name, e.created_at
    FROM evaluation e JOIN person p ON p.id = e.evaluated_by
    WHERE e.municipality = $1 AND e.case_id = $2 AND e.measure_id = $3 AND e.id > $4 ORDER BY e.id LIMIT $5";

const OF_CASE: &str = "
    SELECT e.id, e.measure_id, e.held_on, e.outcome, e.assessment, e.child_view, e.child_agrees, e.child_view_missing_reason,
           e.guardians_view, e.next_evaluation_on, e.evaluated_by, p.name AS evaluated_by_name, e.created_at
    FROM evaluation e JOIN person p ON p.id = e.evaluated_by
    WHERE e.municipality = $1 AND e.case_id = $2 AND e.id > $3 ORDER BY e.id LIMIT $4";

/// Lists the evaluations of all measures of a case, in the order they were recorded, without a decision on who may read them.
pub(super) async fn of_case(
    tx: &mut Tx,
    case: &CaseState,
    slice: Slice,
) -> Result<Vec<EvaluationOut>, DbError> {
    fetch_all!(tx, EvaluationOut, OF_CASE, &case.municipality, case.id, slice.after, slice.sql_limit())
}

/// Lists the evaluations of a measure, in the order they were recorded.
pub(super) async fn list(
    tx: &mut Tx,
    case: &CaseState,
    measure: Id<Measure>,
    slice: Slice,
) -> Result<Vec<EvaluationOut>, DbError> {
    fetch_all!(tx, EvaluationOut, LIST, &case.municipality, case.id, measure, slice.after, slice.sql_limit())
}

/// Records an evaluation, and returns it.
pub(super) async fn insert(
    tx: &mut Tx,
    case: &CaseState,
    measure: Id<Measure>,
    input: EvaluationIn,
    by: &Caller,
    now: DateTime<Utc>,
) -> Result<EvaluationOut, DbError> {
    let id = Id::<Evaluation>::new();
    let row = EvaluationRow {
        place: case.place(),
        id,
        measure,
        held_on: input.held_on,
        outcome: input.outcome,
        assessment: Cow::from(&*input.assessment),
        child_view: input.child_view.as_deref().map(Cow::from),
        child_view_missing_reason: input.child_view_missing_reason.as_deref().map(Cow::from),
        guardians_view: input.guardians_view.as_deref().map(Cow::from),
        next_evaluation_on: input.next_evaluation_on,
        evaluated_by: by.person,
        created_at: now,
        child_agrees: input.child_agrees,
    };
    rows::insert_evaluations(tx, &[row]).await?;
    let content = |text: Option<Prose>| text.map(|text| Content::of(text.to_string()));
    Ok(EvaluationOut {
        id,
        measure_id: measure,
        held_on: input.held_on,
        outcome: input.outcome,
        assessment: Content::of(input.assessment.to_string()),
        child_view: content(input.child_view),
        child_agrees: input.child_agrees,
        child_view_missing_reason: content(input.child_view_missing_reason),
        guardians_view: content(input.guardians_view),
        next_evaluation_on: input.next_evaluation_on,
        evaluated_by: Some(by.person),
        evaluated_by_name: Some(by.name.clone()),
        author: by.person,
        created_at: now,
    })
}
