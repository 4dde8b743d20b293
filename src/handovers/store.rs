//! Handovers in the database.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::{
    dto::{HandoverOut, HandoverStatus},
    rows::{self, HandoverRow},
};
use crate::{
    access::CaseState,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_one,
    kernel::{
        Id, Slice,
        ids::{Handover, Person, Unit},
    },
};

const GET: &str = "
    SELECT h.id, h.from_person AS from_person_id, f.name AS from_person_name, h.to_person AS to_person_id,
           t.name AS to_person_name, h.to_unit AS to_unit_id, u.name AS to_unit_name, h.status, h.absence_id IS NOT NULL AS for_absence, h.message, h.answer,
           h.offered_at, h.answered_at, h.version
    FROM handover h
    JOIN person f ON f.id = h.from_person
    JOIN person t ON t.id = h.to_person
    JOIN unit u ON u.id = h.to_unit
    WHERE h.municipality = $1 AND h.case_id = $2 AND h.id = $3";
const LIST: &str = "
    SELECT h.id, h.from_person AS from_person_id, f.name AS from_person_name, h.to_person AS to_person_id,
           t.name AS to_person_name, h.to_unit AS to_unit_id, u.name AS to_unit_name, h.status, h.absence_id IS NOT NULL AS for_absence, h.message, h.answer,
           h.offered_at, h.answered_at, h.version
    FROM handover h
    JOIN person f ON f.id = h.from_person
    JOIN person t ON t.id = h.to_person
    JOIN unit u ON u.id = h.to_unit
    WHERE h.municipality = $1 AND h.case_id = $2 AND h.id > $3
    ORDER BY h.id LIMIT $4";
const ANSWER: &str = "
    UPDATE handover SET status = $4, answer = $5, answered_at = $6, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND status = 'offered'";
const PASS: &str = "
    UPDATE contact_person SET person_id = $3, unit_id = $4, since = $5 WHERE municipality = $1 AND case_id = $2";

pub(super) async fn get(tx: &mut Tx, case: &CaseState, id: Id<Handover>) -> Result<HandoverOut, DbError> {
    fetch_one!(tx, HandoverOut, GET, &case.municipality, case.id, id)
}

pub(super) async fn list(tx: &mut Tx, case: &CaseState, slice: Slice) -> Result<Vec<HandoverOut>, DbError> {
    fetch_all!(tx, HandoverOut, LIST, &case.municipality, case.id, slice.after, slice.sql_limit())
}

pub(super) struct Offer<'a> {
    pub to_person: Id<Person>,
    pub to_unit: Id<Unit>,
    pub offered_by: Id<Person>,
    pub message: Option<&'a str>,
}

/// Returns none if another offer is pending.
pub(super) async fn offer(
    tx: &mut Tx,
    case: &CaseState,
    offer: Offer<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Id<Handover>>, DbError> {
    let Offer { to_person, to_unit, offered_by, message } = offer;
    let id = Id::<Handover>::new();
    let row = HandoverRow {
        place: case.place(),
        id,
        from_person: case.contact_person,
        from_unit: case.contact_unit,
        to_person,
        to_unit,
        offered_by,
        message: message.map(Cow::from),
        status: HandoverStatus::Offered,
        offered_at: now,
        answered_at: None,
        answer: None,
    };
    let made = rows::insert(tx, &[row]).await?;
    Ok((made == 1).then_some(id))
}

/// Returns false if the offer has been answered in the meantime.
pub(super) async fn answer(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<Handover>,
    status: HandoverStatus,
    word: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let word = tx.vault().seal_optional(&case.key(), word)?;
    Ok(execute!(tx, ANSWER, &case.municipality, case.id, id, status, word, now)? == 1)
}

pub(super) async fn pass(
    tx: &mut Tx,
    case: &CaseState,
    to_person: Id<Person>,
    to_unit: Id<Unit>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    expect_one(execute!(tx, PASS, &case.municipality, case.id, to_person, to_unit, now)?)
}
