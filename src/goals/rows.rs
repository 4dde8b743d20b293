//! Goals as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

pub(crate) use super::dto::GoalStatus;
use crate::{
    access::CasePlace,
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id,
        ids::{Goal, Person},
    },
};

const INSERT: &str =
    "INSERT INTO goal (municipality, id, case_id, description, status, created_by, created_at) ";

/// A goal to store.
pub(crate) struct GoalRow<'a> {
    pub place: CasePlace<'a>,
    pub id: Id<Goal>,
    pub description: Cow<'a, str>,
    pub status: GoalStatus,
    pub created_by: Id<Person>,
    pub created_at: DateTime<Utc>,
}

/// Writes goals.
pub(crate) async fn insert(tx: &mut Tx, rows: &[GoalRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let GoalRow { place, description, .. } = row;
            Ok::<_, DbError>((row, tx.vault().seal(&place.key(), description)?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT, 7, rows, |values, (row, description)| values
        .push_bind(row.place.municipality)
        .push_bind(row.id)
        .push_bind(row.place.case)
        .push_bind(description)
        .push_bind(row.status)
        .push_bind(row.created_by)
        .push_bind(row.created_at))?;
    Ok(())
}
