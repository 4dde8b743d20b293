//! Goals in the database.

use chrono::{DateTime, Utc};

use super::{
    dto::{GoalOut, GoalStatus},
    rows::{self, GoalRow},
};
use crate::{
    access::{CaseFacts, CaseState},
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_optional,
    kernel::{
        Id, Slice,
        ids::{Goal, Person},
    },
    wordings,
};

const LIST: &str = "
    SELECT g.id, g.description, g.status, g.created_by, p.name AS created_by_name, g.created_at, g.version
    FROM goal g JOIN person p ON p.id = g.created_by
    WHERE g.municipality = $1 AND g.case_id = $2 AND g.id > $3
    ORDER BY g.id LIMIT $4";
const FIND: &str = "
    SELECT g.id, g.description, g.status, g.created_by, p.name AS created_by_name, g.created_at, g.version
    FROM goal g JOIN person p ON p.id = g.created_by
    WHERE g.municipality = $1 AND g.case_id = $2 AND g.id = $3";
const UPDATE: &str = "
    UPDATE goal SET description = COALESCE($5, description), status = $6, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4";

/// Lists the goals of a case after `after`, in the order they were set.
pub(super) async fn list(tx: &mut Tx, case: &CaseFacts, slice: Slice) -> Result<Vec<GoalOut>, DbError> {
    let mut goals =
        fetch_all!(tx, GoalOut, LIST, &case.municipality, case.id, slice.after, slice.sql_limit())?;
    with_wordings(tx, case, &mut goals).await?;
    Ok(goals)
}

/// Finds a goal of this case.
pub(super) async fn find(tx: &mut Tx, case: &CaseFacts, id: Id<Goal>) -> Result<Option<GoalOut>, DbError> {
    let mut goal = fetch_optional!(tx, GoalOut, FIND, &case.municipality, case.id, id)?;
    with_wordings(tx, case, goal.as_mut_slice()).await?;
    Ok(goal)
}

async fn with_wordings(tx: &mut Tx, case: &CaseFacts, goals: &mut [GoalOut]) -> Result<(), DbError> {
    wordings::of_case(tx, case, goals, |goal| goal.id.uuid(), |goal| &mut goal.earlier).await
}

/// Returns a goal that exists.
pub(super) async fn get(tx: &mut Tx, case: &CaseFacts, id: Id<Goal>) -> Result<GoalOut, DbError> {
    find(tx, case, id).await?.ok_or(DbError::Engine(sqlx::Error::RowNotFound))
}

pub(super) async fn insert(
    tx: &mut Tx,
    case: &CaseState,
    description: &str,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Id<Goal>, DbError> {
    let id = Id::<Goal>::new();
    let row = GoalRow {
        place: case.place(),
        id,
        description: description.into(),
        status: GoalStatus::Active,
        created_by: by,
        created_at: now,
    };
    rows::insert(tx, &[row]).await?;
    Ok(id)
}

/// Changes the description or status of the version that was read. Fields left out are unchanged.
pub(super) async fn update(
    tx: &mut Tx,
    case: &CaseState,
    goal: &GoalOut,
    description: Option<&str>,
    status: Option<GoalStatus>,
) -> Result<(), DbError> {
    let description = tx.vault().seal_optional(&case.key(), description)?;
    let status = status.unwrap_or(goal.status);
    expect_one(execute!(tx, UPDATE, &case.municipality, case.id, goal.id, goal.version, description, status)?)
}
