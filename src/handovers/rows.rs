//! Handovers as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

pub(crate) use super::dto::HandoverStatus;
use crate::{
    access::CasePlace,
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id,
        ids::{Handover, Person, Unit},
    },
};

const INSERT: &str = "INSERT INTO handover (municipality, id, case_id, from_person, from_unit, to_person, to_unit, \
    offered_by, message, status, offered_at, answered_at, answer) ";

/// A handover to store.
pub(crate) struct HandoverRow<'a> {
    pub place: CasePlace<'a>,
    pub id: Id<Handover>,
    pub from_person: Id<Person>,
    pub from_unit: Id<Unit>,
    pub to_person: Id<Person>,
    pub to_unit: Id<Unit>,
    pub offered_by: Id<Person>,
    pub message: Option<Cow<'a, str>>,
    pub status: HandoverStatus,
    pub offered_at: DateTime<Utc>,
    pub answered_at: Option<DateTime<Utc>>,
    pub answer: Option<Cow<'a, str>>,
}

/// Writes handovers, and returns how many: at most one of a case awaits its answer.
pub(crate) async fn insert(tx: &mut Tx, rows: &[HandoverRow<'_>]) -> Result<u64, DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let HandoverRow { place, message, answer, .. } = row;
            let (vault, key) = (tx.vault(), place.key());
            let message = vault.seal_optional(&key, message.as_deref())?;
            Ok::<_, DbError>((row, message, vault.seal_optional(&key, answer.as_deref())?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(
        tx,
        INSERT,
        13,
        rows,
        |values, (row, message, answer)| values
            .push_bind(row.place.municipality)
            .push_bind(row.id)
            .push_bind(row.place.case)
            .push_bind(row.from_person)
            .push_bind(row.from_unit)
            .push_bind(row.to_person)
            .push_bind(row.to_unit)
            .push_bind(row.offered_by)
            .push_bind(message)
            .push_bind(row.status)
            .push_bind(row.offered_at)
            .push_bind(row.answered_at)
            .push_bind(answer),
        " ON CONFLICT (municipality, case_id) WHERE status = 'offered' DO NOTHING"
    )
}
