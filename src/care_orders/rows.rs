//! Care orders as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id,
        ids::{CareOrder, Child, Person, Unit},
        vocabulary::{CareOrderKind, Sector},
    },
    vault::KeyName,
};

const INSERT: &str = "INSERT INTO care_order (municipality, id, child_id, kind, decision_reference, in_force_from, \
    in_force_until, child_welfare_unit_id, child_welfare_person_id, accepted_at, recorded_by, recorded_at, named_by, named_at) ";

/// A care order to store.
pub(crate) struct CareOrderRow<'a> {
    pub municipality: &'a str,
    pub id: Id<CareOrder>,
    pub child: Id<Child>,
    pub kind: CareOrderKind,
    pub reference: Cow<'a, str>,
    pub in_force_from: NaiveDate,
    pub in_force_until: Option<NaiveDate>,
    pub unit: Id<Unit>,
    pub person: Id<Person>,
    /// When the person accepted it; none if they are asked to.
    pub accepted_at: Option<DateTime<Utc>>,
    /// The person who recorded it, and named the person.
    pub recorded_by: Id<Person>,
    pub recorded_at: DateTime<Utc>,
}

/// Writes care orders, and returns how many: a child has one of each kind that has not ended.
pub(crate) async fn insert(tx: &mut Tx, rows: &[CareOrderRow<'_>]) -> Result<u64, DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let CareOrderRow { municipality, reference, .. } = row;
            // A care order is sealed with the key of child welfare.
            let key = KeyName::sector(municipality, Sector::ChildWelfare);
            Ok::<_, DbError>((row, tx.vault().seal(&key, reference)?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(
        tx,
        INSERT,
        14,
        rows,
        |values, (row, reference)| values
            .push_bind(row.municipality)
            .push_bind(row.id)
            .push_bind(row.child)
            .push_bind(row.kind)
            .push_bind(reference)
            .push_bind(row.in_force_from)
            .push_bind(row.in_force_until)
            .push_bind(row.unit)
            .push_bind(row.person)
            .push_bind(row.accepted_at)
            .push_bind(row.recorded_by)
            .push_bind(row.recorded_at)
            .push_bind(row.recorded_by)
            .push_bind(row.recorded_at),
        " ON CONFLICT (municipality, child_id, kind) WHERE ended_at IS NULL DO NOTHING"
    )
}
