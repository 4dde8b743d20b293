//! Measures and their evaluations as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

pub(crate) use super::dto::{EvaluationOutcome, MeasureStatus};
use crate::{
    access::CasePlace,
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id,
        ids::{CatalogueMeasure, Evaluation, Goal, Measure, Meeting, Person, Unit},
        vocabulary::PreventionLevel,
    },
};

const INSERT: &str = "INSERT INTO measure (municipality, id, case_id, goal_id, catalogue_measure_id, meeting_id, title, \
    description, level, responsible_id, unit_id, starts_on, evaluate_on, status, created_by, created_at) ";
const INSERT_EVALUATIONS: &str = "INSERT INTO evaluation (municipality, id, case_id, measure_id, held_on, outcome, \
    assessment, child_view, child_view_missing_reason, guardians_view, next_evaluation_on, evaluated_by, created_at, \
    child_agrees) ";

/// A measure to store.
pub(crate) struct MeasureRow<'a> {
    pub place: CasePlace<'a>,
    pub id: Id<Measure>,
    pub goal: Option<Id<Goal>>,
    pub catalogue_measure: Option<Id<CatalogueMeasure>>,
    pub meeting: Option<Id<Meeting>>,
    pub title: Cow<'a, str>,
    pub description: Option<Cow<'a, str>>,
    pub level: PreventionLevel,
    pub responsible: Id<Person>,
    pub unit: Id<Unit>,
    pub starts_on: NaiveDate,
    /// The next; there is one as long as the measure is in force.
    pub evaluate_on: Option<NaiveDate>,
    pub status: MeasureStatus,
    pub created_by: Id<Person>,
    pub created_at: DateTime<Utc>,
}

/// An evaluation to store.
pub(crate) struct EvaluationRow<'a> {
    pub place: CasePlace<'a>,
    pub id: Id<Evaluation>,
    pub measure: Id<Measure>,
    pub held_on: NaiveDate,
    pub outcome: EvaluationOutcome,
    pub assessment: Cow<'a, str>,
    pub child_view: Option<Cow<'a, str>>,
    pub child_view_missing_reason: Option<Cow<'a, str>>,
    pub guardians_view: Option<Cow<'a, str>>,
    pub next_evaluation_on: Option<NaiveDate>,
    pub evaluated_by: Id<Person>,
    pub created_at: DateTime<Utc>,
    pub child_agrees: bool,
}

/// Writes measures.
pub(crate) async fn insert(tx: &mut Tx, rows: &[MeasureRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let MeasureRow { place, title, description, .. } = row;
            let (vault, key) = (tx.vault(), place.key());
            Ok::<_, DbError>((
                row,
                vault.seal(&key, title)?,
                vault.seal_optional(&key, description.as_deref())?,
            ))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT, 16, rows, |values, (row, title, description)| values
        .push_bind(row.place.municipality)
        .push_bind(row.id)
        .push_bind(row.place.case)
        .push_bind(row.goal)
        .push_bind(row.catalogue_measure)
        .push_bind(row.meeting)
        .push_bind(title)
        .push_bind(description)
        .push_bind(row.level)
        .push_bind(row.responsible)
        .push_bind(row.unit)
        .push_bind(row.starts_on)
        .push_bind(row.evaluate_on)
        .push_bind(row.status)
        .push_bind(row.created_by)
        .push_bind(row.created_at))?;
    Ok(())
}

/// Writes evaluations.
pub(crate) async fn insert_evaluations(tx: &mut Tx, rows: &[EvaluationRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let EvaluationRow {
                place,
                assessment,
                child_view,
                child_view_missing_reason,
                guardians_view,
                ..
            } = row;
            let (vault, key) = (tx.vault(), place.key());
            let optional = |text: &Option<Cow<'_, str>>| vault.seal_optional(&key, text.as_deref());
            let child = (optional(child_view)?, optional(child_view_missing_reason)?);
            Ok::<_, DbError>((row, vault.seal(&key, assessment)?, child, optional(guardians_view)?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(
        tx,
        INSERT_EVALUATIONS,
        14,
        rows,
        |values, (row, assessment, (view, missing), guardians)| {
            values
                .push_bind(row.place.municipality)
                .push_bind(row.id)
                .push_bind(row.place.case)
                .push_bind(row.measure)
                .push_bind(row.held_on)
                .push_bind(row.outcome)
                .push_bind(assessment)
                .push_bind(view)
                .push_bind(missing)
                .push_bind(guardians)
                .push_bind(row.next_evaluation_on)
                .push_bind(row.evaluated_by)
                .push_bind(row.created_at)
                .push_bind(row.child_agrees)
        }
    )?;
    Ok(())
}
