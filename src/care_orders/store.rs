//! Care orders in the database.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    dto::{CareOrderChangeOut, CareOrderIn, CareOrderOut, CareOrderPatch},
    rows::{self, CareOrderRow},
};
use crate::{
    access::ChildFacts,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_one, fetch_optional,
    kernel::{
        Id,
        ids::{CareOrder, CareOrderChange, Person, Unit},
        vocabulary::Sector,
    },
    role_counts_sql,
    vault::KeyName,
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, child_id, kind, decision_reference, in_force_from, in_force_until, child_welfare_unit_id, child_welfare_person_id,
                    named_by, named_at, accepted_at, recorded_by, recorded_at, ended_at, end_reference, version
             FROM care_order WHERE municipality = $1 AND child_id = $2 ",
            $rest
        )
    };
}

/// The most orders of a child that a list looks at. A child has few.
const MOST: i64 = 1_000;
const LIST: &str = select!("AND id > $3 ORDER BY id LIMIT $4");
const FIND: &str = select!("AND id = $3");
const CHANGE: &str = "
    UPDATE care_order SET child_welfare_unit_id = $5, child_welfare_person_id = $6, in_force_until = $7, named_by = $8, named_at = $9,
                          accepted_at = $10, version = version + 1
    WHERE municipality = $1 AND child_id = $2 AND id = $3 AND version = $4 AND ended_at IS NULL";
const KEEP_FORMER: &str = "
    INSERT INTO care_order_change (municipality, id, care_order_id, former_unit_id, former_person_id, former_until, reference,
                                   changed_by, changed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const CHANGES: &str = "
    SELECT care_order_id, former_unit_id, former_person_id, former_until, reference, changed_by, changed_at
    FROM care_order_change WHERE municipality = $1 AND care_order_id IN (
        SELECT o.id FROM care_order o WHERE o.municipality = $1 AND o.child_id = $2)
    ORDER BY id";
const ACCEPT: &str = "
    UPDATE care_order SET accepted_at = $5, version = version + 1
    WHERE municipality = $1 AND child_id = $2 AND id = $3 AND version = $4 AND accepted_at IS NULL AND ended_at IS NULL";
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
    is_shown: impl Fn(&CareOrderOut) -> bool,
) -> Result<Vec<CareOrderOut>, DbError> {
    let mut orders = fetch_all!(tx, CareOrderOut, LIST, &child.municipality, child.id, after, MOST)?;
    orders.retain(is_shown);
    orders.truncate(limit);
    add_changes(tx, child, &mut orders).await?;
    Ok(orders)
}

pub(super) async fn find(
    tx: &mut Tx,
    child: &ChildFacts,
    id: Id<CareOrder>,
) -> Result<Option<CareOrderOut>, DbError> {
    let mut found = fetch_optional!(tx, CareOrderOut, FIND, &child.municipality, child.id, id)?;
    add_changes(tx, child, found.as_mut_slice()).await?;
    Ok(found)
}

/// Adds what the orders of a child said before. A child has few orders, with few changes.
async fn add_changes(tx: &mut Tx, child: &ChildFacts, orders: &mut [CareOrderOut]) -> Result<(), DbError> {
    for change in fetch_all!(tx, CareOrderChangeOut, CHANGES, &child.municipality, child.id)? {
        if let Some(order) = orders.iter_mut().find(|order| order.id == change.care_order_id) {
            order.changes.push(change);
        }
    }
    Ok(())
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
        accepted_at: None,
        recorded_by: by,
        recorded_at: now,
    };
    let made = rows::insert(tx, &[row]).await?;
    Ok((made == 1).then_some(id))
}

/// Changes a care order, and keeps what it said before. Unless it stays accepted, the person named must accept it.
pub(super) async fn change(
    tx: &mut Tx,
    child: &ChildFacts,
    order: &CareOrderOut,
    (to, stays_accepted): (&CareOrderPatch, bool),
    (by, now): (Id<Person>, DateTime<Utc>),
) -> Result<(), DbError> {
    let CareOrderOut { id, version, .. } = *order;
    let reference = tx.vault().seal(&key(child), &to.reference)?;
    let former = (order.child_welfare_unit_id, order.child_welfare_person_id, order.in_force_until);
    let change = Id::<CareOrderChange>::new();
    let municipality = &child.municipality;
    execute!(tx, KEEP_FORMER, municipality, change, id, former.0, former.1, former.2, reference, by, now)?;
    let (unit, person) = (to.child_welfare_unit_id, to.child_welfare_person_id);
    let until = to.in_force_until.or(former.2);
    let (named_by, named_at, accepted_at) = match stays_accepted {
        true => (order.named_by, order.named_at, order.accepted_at),
        false => (by, now, None),
    };
    let changed = execute!(
        tx,
        CHANGE,
        municipality,
        child.id,
        id,
        version,
        unit,
        person,
        until,
        named_by,
        named_at,
        accepted_at
    )?;
    expect_one(changed)
}

/// Records that the person responsible has accepted the order.
pub(super) async fn accept(
    tx: &mut Tx,
    child: &ChildFacts,
    order: &CareOrderOut,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let CareOrderOut { id, version, .. } = *order;
    expect_one(execute!(tx, ACCEPT, &child.municipality, child.id, id, version, now)?)
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
