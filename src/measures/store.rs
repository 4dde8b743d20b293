//! Measures in the database.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::{
    create::Creation,
    dto::{MeasureIn, MeasureOut, MeasureStatus},
    rows::{self, MeasureRow},
    rules::{CatalogueEntry, Changed, Effect, is_overdue},
};
use crate::{
    access::{CaseFacts, CaseState},
    db::{DbError, Tx, expect_one},
    execute, fetch_of_case, fetch_one, fetch_optional,
    kernel::{
        Id,
        ids::{CatalogueMeasure, Goal, Measure},
        vocabulary::PreventionLevel,
    },
    wordings,
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "
    SELECT m.id, m.title, m.description, m.level, m.goal_id, g.description AS goal_description,
           m.catalogue_measure_id, k.title AS catalogue_measure_title,
           m.meeting_id, t.starts_at AS meeting_starts_at,
           m.responsible_id, p.name AS responsible_name,
           m.unit_id AS responsible_unit_id, u.name AS responsible_unit_name,
           m.starts_on, m.evaluate_on, m.status, m.created_by, q.name AS created_by_name, m.created_at, m.version
    FROM measure m
    JOIN person p ON p.id = m.responsible_id
    JOIN unit u ON u.id = m.unit_id
    JOIN person q ON q.id = m.created_by
    LEFT JOIN goal g ON g.municipality = m.municipality AND g.id = m.goal_id
    LEFT JOIN catalogue_measure k ON k.id = m.catalogue_measure_id
    LEFT JOIN meeting t ON t.municipality = m.municipality AND t.id = m.meeting_id ",
            $rest
        )
    };
}

const SELECT: &str = select!("");
const FIND: &str = select!("WHERE m.municipality = $1 AND m.case_id = $2 AND m.id = $3");
const PROGRESS: &str = "
    SELECT status, starts_on, version FROM measure WHERE municipality = $1 AND case_id = $2 AND id = $3";
const UPDATE: &str = "
    UPDATE measure SET responsible_id = $5, unit_id = $6, evaluate_on = $7, description = COALESCE($8, description), version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4";
const APPLY: &str = "
    UPDATE measure SET status = $5, evaluate_on = $6, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4 AND status = 'in_force'";
const IN_CATALOGUE: &str =
    "SELECT title, level FROM catalogue_measure WHERE municipality = $1 AND id = $2 AND ended_at IS NULL";
const GOAL: &str = "SELECT id FROM goal WHERE municipality = $1 AND case_id = $2 AND id = $3";
/// A validated measure to store.
#[derive(Debug)]
pub(super) struct NewMeasure<'a> {
    pub(super) title: &'a str,
    pub(super) level: PreventionLevel,
    pub(super) starts_on: NaiveDate,
    pub(super) input: &'a MeasureIn,
}

/// Returns these measures of a case, in the order they were made.
pub(super) async fn these(
    tx: &mut Tx,
    case: &CaseFacts,
    ids: &[Id<Measure>],
    today: NaiveDate,
) -> Result<Vec<MeasureOut>, DbError> {
    let mut measures: Vec<MeasureOut> = fetch_of_case!(tx, MeasureOut, SELECT, "m", case, ids)?;
    measures.sort_by_key(|measure| measure.id);
    with_wordings(tx, case, &mut measures).await?;
    Ok(measures.into_iter().map(|measure| as_of(measure, today)).collect())
}

/// The progress of a measure.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Progress {
    pub status: MeasureStatus,
    pub starts_on: NaiveDate,
    pub version: i64,
}

/// Returns the progress of a measure that exists.
pub(super) async fn progress(tx: &mut Tx, case: &CaseState, id: Id<Measure>) -> Result<Progress, DbError> {
    fetch_one!(tx, Progress, PROGRESS, &case.municipality, case.id, id)
}

/// Returns a measure that exists.
pub(super) async fn get(
    tx: &mut Tx,
    case: &CaseFacts,
    id: Id<Measure>,
    today: NaiveDate,
) -> Result<MeasureOut, DbError> {
    let mut measure = fetch_optional!(tx, MeasureOut, FIND, &case.municipality, case.id, id)?;
    with_wordings(tx, case, measure.as_mut_slice()).await?;
    measure.map(|measure| as_of(measure, today)).ok_or(DbError::Engine(sqlx::Error::RowNotFound))
}

async fn with_wordings(tx: &mut Tx, case: &CaseFacts, measures: &mut [MeasureOut]) -> Result<(), DbError> {
    wordings::of_case(tx, case, measures, |measure| measure.id.uuid(), |measure| &mut measure.earlier).await
}

fn as_of(mut measure: MeasureOut, today: NaiveDate) -> MeasureOut {
    measure.overdue = is_overdue(measure.status, measure.evaluate_on, today);
    measure
}

pub(super) async fn insert(
    tx: &mut Tx,
    creation: &Creation<'_>,
    measure: &NewMeasure<'_>,
) -> Result<Id<Measure>, DbError> {
    let Creation { case, meeting, by, moment, .. } = *creation;
    let case = &case.facts;
    let NewMeasure { title, level, starts_on, input } = *measure;
    let id = Id::<Measure>::new();
    let row = MeasureRow {
        place: case.place(),
        id,
        goal: input.goal_id,
        catalogue_measure: input.catalogue_measure_id,
        meeting,
        title: title.into(),
        description: input.description.as_deref().map(Cow::from),
        level,
        responsible: input.responsible_id,
        unit: input.responsible_unit_id,
        starts_on,
        evaluate_on: Some(input.evaluate_on),
        status: MeasureStatus::InForce,
        created_by: by,
        created_at: moment.now,
    };
    rows::insert(tx, &[row]).await?;
    Ok(id)
}

/// Updates the version that was read. Without a new description, the description is unchanged.
pub(super) async fn update(
    tx: &mut Tx,
    case: &CaseState,
    measure: &MeasureOut,
    changed: Changed,
    description: Option<&str>,
) -> Result<(), DbError> {
    let description = tx.vault().seal_optional(&case.key(), description)?;
    expect_one(execute!(
        tx,
        UPDATE,
        &case.municipality,
        case.id,
        measure.id,
        measure.version,
        changed.responsible,
        changed.unit,
        changed.evaluate_on,
        description,
    )?)
}

/// Applies the effect of an evaluation to the version that was read.
pub(super) async fn apply(
    tx: &mut Tx,
    case: &CaseState,
    measure: Id<Measure>,
    version: i64,
    effect: Effect,
) -> Result<(), DbError> {
    let Effect { status, evaluate_on } = effect;
    expect_one(execute!(tx, APPLY, &case.municipality, case.id, measure, version, status, evaluate_on)?)
}

/// Finds a measure in the catalogue of the municipality of the case.
pub(super) async fn find_in_catalogue(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<CatalogueMeasure>,
) -> Result<Option<CatalogueEntry>, DbError> {
    fetch_optional!(tx, CatalogueEntry, IN_CATALOGUE, &case.municipality, id)
}

/// Returns whether this is a goal of the case.
pub(super) async fn has_goal(tx: &mut Tx, case: &CaseState, goal: Id<Goal>) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (Id<Goal>,), GOAL, &case.municipality, case.id, goal)?.is_some())
}
