//! Seats on teams as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::{
    access::CasePlace,
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id,
        ids::{Person, TeamMember, Unit},
    },
};

const INSERT: &str = "INSERT INTO team_member (municipality, id, case_id, person_id, unit_id, task, added_by, joined_at, left_at) ";

/// A seat to store.
pub(crate) struct SeatRow<'a> {
    pub place: CasePlace<'a>,
    pub id: Id<TeamMember>,
    pub person: Id<Person>,
    pub unit: Id<Unit>,
    pub task: Cow<'a, str>,
    pub added_by: Id<Person>,
    pub joined_at: DateTime<Utc>,
    pub left_at: Option<DateTime<Utc>>,
}

/// Gives seats, and returns how many: nobody gets a seat that they have.
pub(crate) async fn insert(tx: &mut Tx, rows: &[SeatRow<'_>]) -> Result<u64, DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let SeatRow { place, task, .. } = row;
            Ok::<_, DbError>((row, tx.vault().seal(&place.key(), task)?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(
        tx,
        INSERT,
        9,
        rows,
        |values, (row, task)| values
            .push_bind(row.place.municipality)
            .push_bind(row.id)
            .push_bind(row.place.case)
            .push_bind(row.person)
            .push_bind(row.unit)
            .push_bind(task)
            .push_bind(row.added_by)
            .push_bind(row.joined_at)
            .push_bind(row.left_at),
        " ON CONFLICT (municipality, case_id, person_id, unit_id) WHERE left_at IS NULL DO NOTHING"
    )
}
