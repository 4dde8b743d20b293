//! Objections in the database.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::dto::{ObjectionForm, ObjectionOut};
use crate::{
    access::CaseState,
    canonical_sql,
    db::{DbError, Tx},
    execute, fetch_all, fetch_one,
    kernel::{
        Id,
        ids::{Objection, Person},
    },
    persons_of_sql,
};

const OBJECTIONS: &str = concat!(
    "SELECT id, objected_by, recorded_by, form, made_at, withdrawn_at, version FROM objection
    WHERE municipality = $1 AND case_id = $2 AND id > $4 AND (objected_by IN ",
    persons_of_sql!("$3"),
    " OR recorded_by IN ",
    persons_of_sql!("$3"),
    ") ORDER BY id LIMIT $5"
);
const OBJECTION: &str = "
    SELECT id, objected_by, recorded_by, form, made_at, withdrawn_at, version FROM objection
    WHERE municipality = $1 AND id = $2";
const OBJECTING: &str = concat!(
    "SELECT ",
    canonical_sql!("objected_by"),
    " FROM objection WHERE municipality = $1 AND case_id = $2 AND withdrawn_at IS NULL"
);
const OBJECT: &str = "
    INSERT INTO objection (municipality, id, case_id, objected_by, recorded_by, form, made_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (municipality, case_id, objected_by) WHERE withdrawn_at IS NULL DO NOTHING";
const WITHDRAW: &str = "
    UPDATE objection SET withdrawn_at = $3, withdrawal_recorded_by = $4, version = version + 1
    WHERE municipality = $1 AND id = $2 AND withdrawn_at IS NULL";

/// Lists the objections in a case that a person has made or recorded.
pub(super) async fn list_objections(
    tx: &mut Tx,
    case: &CaseState,
    person: Id<Person>,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ObjectionOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, ObjectionOut, OBJECTIONS, &case.municipality, case.id, person, after, limit)
}

pub(super) async fn objection(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<Objection>,
) -> Result<ObjectionOut, DbError> {
    fetch_one!(tx, ObjectionOut, OBJECTION, &case.municipality, id)
}

/// Returns the people whose objections in a case have not been withdrawn.
pub(super) async fn objecting(tx: &mut Tx, case: &CaseState) -> Result<Vec<Id<Person>>, DbError> {
    let rows = fetch_all!(tx, (Id<Person>,), OBJECTING, &case.municipality, case.id)?;
    Ok(rows.into_iter().map(|(person,)| person).collect())
}

/// Stores an objection. Returns none if the person already has one.
pub(super) async fn object(
    tx: &mut Tx,
    case: &CaseState,
    (objected_by, recorded_by): (Id<Person>, Id<Person>),
    form: ObjectionForm,
    now: DateTime<Utc>,
) -> Result<Option<Id<Objection>>, DbError> {
    let id = Id::<Objection>::new();
    let made = execute!(tx, OBJECT, &case.municipality, id, case.id, objected_by, recorded_by, form, now)?;
    Ok((made == 1).then_some(id))
}

/// Withdraws an objection. An earlier withdrawal is unchanged.
pub(super) async fn withdraw(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<Objection>,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    execute!(tx, WITHDRAW, &case.municipality, id, now, by)?;
    Ok(())
}
