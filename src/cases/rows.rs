//! Cases, their contact persons and their history as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use super::dto::CaseStatus;
pub(crate) use super::dto::{AgreedWith, CaseEventKind};
use crate::{
    access::CasePlace,
    catalogue::GuideLevel,
    db::{DbError, Tx},
    fetch_optional, insert_rows,
    kernel::{
        Id,
        ids::{Case, CaseEvent, Child, Person, Unit},
    },
};

const INSERT: &str = "INSERT INTO care_case (municipality, id, child_id, unit_id, opening_unit_id, opened_by, reason, guide_version, level, level_reason, \
    status, agreed_with, agreed_on, opened_at, closed_at, closing_reason, final_evaluation, next_step_of) ";
const INSERT_CONTACTS: &str =
    "INSERT INTO contact_person (municipality, case_id, person_id, unit_id, since) ";
const INSERT_EVENTS: &str = "INSERT INTO case_event (municipality, id, case_id, kind, guide_version, level, reason, final_evaluation, \
    person_id, at) ";

/// A case to store.
pub(crate) struct CaseRow<'a> {
    pub place: CasePlace<'a>,
    pub child: Id<Child>,
    pub unit: Id<Unit>,
    pub opened_by: Id<Person>,
    pub reason: Cow<'a, str>,
    pub level: GuideLevel,
    pub level_reason: Option<Cow<'a, str>>,
    pub agreed_with: AgreedWith,
    pub agreed_on: NaiveDate,
    pub opened_at: DateTime<Utc>,
    pub closed: Option<ClosedRow<'a>>,
    pub contact: ContactRow,
}

/// How a case was closed.
pub(crate) struct ClosedRow<'a> {
    pub at: DateTime<Utc>,
    pub reason: Cow<'a, str>,
    pub final_evaluation: Cow<'a, str>,
}

/// The contact person, the unit and the time it began.
#[derive(Clone, Copy)]
pub(crate) struct ContactRow {
    pub person: Id<Person>,
    pub unit: Id<Unit>,
    pub since: DateTime<Utc>,
}

/// Something that became of a case.
pub(crate) struct EventRow<'a> {
    pub place: CasePlace<'a>,
    pub id: Id<CaseEvent>,
    pub kind: CaseEventKind,
    pub level: GuideLevel,
    pub reason: Cow<'a, str>,
    pub final_evaluation: Option<Cow<'a, str>>,
    pub by: Id<Person>,
    pub at: DateTime<Utc>,
}

/// Writes cases, each with its contact person.
pub(crate) async fn insert(tx: &mut Tx, rows: &[CaseRow<'_>]) -> Result<(), DbError> {
    let sealed = rows
        .iter()
        .map(|row| {
            let CaseRow { place, reason, level_reason, closed, .. } = row;
            let (vault, key) = (tx.vault(), place.key());
            let closing = closed.as_ref().map(|closed| vault.seal(&key, &closed.reason)).transpose()?;
            let last =
                closed.as_ref().map(|closed| vault.seal(&key, &closed.final_evaluation)).transpose()?;
            let level_reason = vault.seal_optional(&key, level_reason.as_deref())?;
            Ok::<_, DbError>((row, vault.seal(&key, reason)?, level_reason, closing, last))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT, 18, sealed, |values, (row, reason, level_reason, closing, last)| {
        let status = if row.closed.is_some() { CaseStatus::Closed } else { CaseStatus::Open };
        values
            .push_bind(row.place.municipality)
            .push_bind(row.place.case)
            .push_bind(row.child)
            .push_bind(row.unit)
            .push_bind(row.unit)
            .push_bind(row.opened_by)
            .push_bind(reason)
            .push_bind(row.level.version)
            .push_bind(row.level.level)
            .push_bind(level_reason)
            .push_bind(status)
            .push_bind(row.agreed_with)
            .push_bind(row.agreed_on)
            .push_bind(row.opened_at)
            .push_bind(row.closed.as_ref().map(|closed| closed.at))
            .push_bind(closing)
            .push_bind(last)
            .push_bind(row.closed.is_none().then_some(row.place.case))
    })?;
    insert_rows!(tx, INSERT_CONTACTS, 5, rows, |values, row| values
        .push_bind(row.place.municipality)
        .push_bind(row.place.case)
        .push_bind(row.contact.person)
        .push_bind(row.contact.unit)
        .push_bind(row.contact.since))?;
    Ok(())
}

/// Writes what became of cases.
pub(crate) async fn insert_events(tx: &mut Tx, rows: &[EventRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let EventRow { place, reason, final_evaluation, .. } = row;
            let (vault, key) = (tx.vault(), place.key());
            Ok::<_, DbError>((
                row,
                vault.seal(&key, reason)?,
                vault.seal_optional(&key, final_evaluation.as_deref())?,
            ))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT_EVENTS, 10, rows, |values, (row, reason, last)| values
        .push_bind(row.place.municipality)
        .push_bind(row.id)
        .push_bind(row.place.case)
        .push_bind(row.kind)
        .push_bind(row.level.version)
        .push_bind(row.level.level)
        .push_bind(reason)
        .push_bind(last)
        .push_bind(row.by)
        .push_bind(row.at))?;
    Ok(())
}

/// Is there any case in the database?
pub(crate) async fn is_any(tx: &mut Tx) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (Id<Case>,), "SELECT id FROM care_case LIMIT 1")?.is_some())
}
