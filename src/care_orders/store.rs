//! Care orders in the database.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    dto::{CareOrderIn, CareOrderOut, CareOrderPatch},
    rows::{self, CareOrderRow},
};
use crate::{
    access::ChildFacts,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_one, fetch_optional,
    kernel::{
        Id,
        ids::{CareOrder, Person, Unit},
        vocabulary::Sector,
    },
    role_counts_sql,
    vault::KeyName,
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, child_id, kind, decision_reference, in_force_from, in_force_until, child_welfare_unit_id, child_welfare_person_id,
                    recorded_by, recorded_at, ended_at, end_reference, version
             FROM care_order WHERE municipality = $1 AND child_id = $2 ",
            $rest
        )
    };
}

const LIST: &str = select!("AND id > $3 ORDER BY id LIMIT $4");
const FIND: &str = select!("AND id = $3");
const CHANGE: &str = "
    UPDATE care_order SET child_welfare_unit_id = $5, child_welfare_person_id = $6, in_force_until = $7, version = version + 1
    WHERE municipality = $1 AND child_id = $2 AND id = $3 AND version = $4 AND ended_at IS NULL";
const END: &str = "
    UPDATE care_order SET ended_at = $5, ended_by = $6, end_reference = $7, version = version + 1
    WHERE municipality = $1 AND child_id = $2 AND id = $3 AND version = $4 AND ended_at IS NULL";
const WORKS_IN_CHILD_WELFARE: &str = concat!(
    "
    SELECT COUNT(*) FROM staff_role r
    JOIN unit u ON u.id = r.unit_id
    JOIN unit_serves s ON s.unit_id = r.unit_id
    WHERE r.person_id = $1 AND r.unit_id = $2 AND r.role IN ('worker', 'unit_leader')
      AND u.sector = 'child_welfare' AND s.municipality = $3 AND ",
    role_counts_sql!("r", "$4")
);

pub(super) async fn list(
    tx: &mut Tx,
    child: &ChildFacts,
    after: Uuid,
    limit: usize,
) -> Result<Vec<CareOrderOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, CareOrderOut, LIST, &child.municipality, child.id, after, limit)
}

pub(super) async fn find(
    tx: &mut Tx,
    child: &ChildFacts,
    id: Id<CareOrder>,
) -> Result<Option<CareOrderOut>, DbError> {
    fetch_optional!(tx, CareOrderOut, FIND, &child.municipality, child.id, id)
}

/// Texts about a care order are encrypted with the key of child welfare.
fn key(child: &ChildFacts) -> KeyName {
    KeyName::sector(&child.municipality, Sector::ChildWelfare)
}

/// Returns none if the child has a care order of the kind that has not ended.
pub(super) async fn insert(
    tx: &mut Tx,
    child: &ChildFacts,
    new: &CareOrderIn,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Option<Id<CareOrder>>, DbError> {
    let id = Id::<CareOrder>::new();
    let row = CareOrderRow {
        municipality: &child.municipality,
        id,
        child: child.id,
        kind: new.kind,
        reference: Cow::from(&*new.decision_reference),
        in_force_from: new.in_force_from,
        in_force_until: new.in_force_until,
        unit: new.child_welfare_unit_id,
        person: new.child_welfare_person_id,
        recorded_by: by,
        recorded_at: now,
    };
    let made = rows::insert(tx, &[row]).await?;
    Ok((made == 1).then_some(id))
}

/// Assigns a care order to another person in child welfare, and sets its last day if there is another.
pub(super) async fn change(
    tx: &mut Tx,
    child: &ChildFacts,
    order: &CareOrderOut,
    to: &CareOrderPatch,
) -> Result<(), DbError> {
    let CareOrderOut { id, version, .. } = *order;
    let (unit, person) = (to.child_welfare_unit_id, to.child_welfare_person_id);
    let until = to.in_force_until.or(order.in_force_until);
    expect_one(execute!(tx, CHANGE, &child.municipality, child.id, id, version, unit, person, until)?)
}

pub(super) async fn end(
    tx: &mut Tx,
    child: &ChildFacts,
    order: &CareOrderOut,
    reference: &str,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let CareOrderOut { id, version, .. } = *order;
    let reference = tx.vault().seal(&key(child), reference)?;
    expect_one(execute!(tx, END, &child.municipality, child.id, id, version, now, by, reference)?)
}

/// Returns whether the person works in this child welfare service and the service serves the municipality.
pub(super) async fn works_in_child_welfare(
    tx: &mut Tx,
    person: Id<Person>,
    unit: Id<Unit>,
    municipality: &str,
    today: NaiveDate,
) -> Result<bool, DbError> {
    let (count,) = fetch_one!(tx, (i64,), WORKS_IN_CHILD_WELFARE, person, unit, municipality, today)?;
    Ok(count > 0)
}
