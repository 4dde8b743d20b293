//! Emergency access in the database.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::dto::{Danger, EmergencyAccessOut, EmergencyVerdict, of_place};
use crate::{
    access::CaseState,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_one,
    identity::Caller,
    kernel::{
        Id,
        ids::{Case, EmergencyAccess, Person, Unit},
        vocabulary::Sector,
    },
    vault::{KeyName, Sealed},
};

/// The parts of a list.
const OPEN: usize = 0;
const REVIEWED: usize = 1;

/// The duration of an emergency access.
const LASTS: TimeDelta = TimeDelta::hours(1);

macro_rules! select {
    ($($rest:literal),+) => {
        concat!(
            "SELECT e.id, e.municipality, e.case_id, k.name AS child_name, e.person_id, p.name AS person_name,
                    e.unit_id, u.name AS unit_name, e.danger, e.reason, e.started_at, e.ends_at, e.ended_at, e.verdict,
                    e.review_note, e.reviewed_by, e.reviewed_at, e.version
             FROM emergency_access e
             JOIN child k ON k.municipality = e.municipality AND k.id = e.child_id
             JOIN person p ON p.id = e.person_id
             JOIN unit u ON u.id = e.unit_id
             WHERE "
            $(, $rest)+
        )
    };
}
/// Candidates after a position: those awaiting review first, then those reviewed. The rules decide on each.
macro_rules! list {
    ($which:literal) => {
        [
            select!($which, " AND e.id > $2 AND e.reviewed_at IS NULL ORDER BY e.id LIMIT $3"),
            select!($which, " AND e.id > $2 AND e.reviewed_at IS NOT NULL ORDER BY e.id LIMIT $3"),
        ]
    };
}

/// Those opened by a person.
const LIST_OWN: [&str; 2] = list!("e.person_id = $1");
/// Those in a municipality, for an auditor.
const LIST_OF_MUNICIPALITY: [&str; 2] = list!("e.municipality = $1");
/// Those to the cases of a unit, for its leader.
const LIST_OF_UNIT: [&str; 2] = list!(
    "e.id IN (
        SELECT x.id FROM (
            SELECT id FROM care_case WHERE unit_id = $1 UNION SELECT case_id FROM contact_person WHERE unit_id = $1) AS c
        JOIN emergency_access x ON x.case_id = c.id)"
);
const SELECT: &str = select!("e.municipality = $1 AND e.id = $2");
const OPEN_CASES_OF: &str = "
    SELECT c.id FROM care_case c
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    WHERE k.person_id = $1 AND c.status = 'open' ORDER BY c.id DESC";
const SECTOR: &str = "SELECT sector FROM unit WHERE id = $1";
const INSERT: &str = "
    INSERT INTO emergency_access (municipality, id, case_id, child_id, person_id, unit_id, danger, reason, started_at, ends_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const END: &str = "
    UPDATE emergency_access SET ended_at = $4, version = version + 1
    WHERE municipality = $1 AND id = $2 AND version = $3 AND ended_at IS NULL";
const REVIEW: &str = "
    UPDATE emergency_access SET verdict = $4, review_note = $5, reviewed_by = $6, reviewed_at = $7, ended_at = $8,
           version = version + 1
    WHERE municipality = $1 AND id = $2 AND version = $3 AND reviewed_at IS NULL";

/// Returns the open cases of a child in all its registrations, the most recently opened first.
pub(super) async fn open_cases_of(tx: &mut Tx, child: Id<Person>) -> Result<Vec<Id<Case>>, DbError> {
    let rows = fetch_all!(tx, (Id<Case>,), OPEN_CASES_OF, child)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn get(
    tx: &mut Tx,
    municipality: &str,
    id: Id<EmergencyAccess>,
) -> Result<EmergencyAccessOut, DbError> {
    fetch_one!(tx, EmergencyAccessOut, SELECT, municipality, id)
}

/// Lists from a position: those awaiting review first, then those reviewed.
pub(super) async fn list(
    tx: &mut Tx,
    caller: &Caller,
    after: Uuid,
    limit: usize,
) -> Result<Vec<EmergencyAccessOut>, DbError> {
    let (is_reviewed, after) = of_place(after);
    let mut rows = Vec::new();
    if !is_reviewed {
        rows = list_part(tx, caller, OPEN, after, limit).await?;
    }
    if rows.len() < limit {
        let after = if is_reviewed { after } else { Uuid::nil() };
        rows.extend(list_part(tx, caller, REVIEWED, after, limit - rows.len()).await?);
    }
    Ok(rows)
}

async fn list_part(
    tx: &mut Tx,
    caller: &Caller,
    part: usize,
    after: Uuid,
    limit: usize,
) -> Result<Vec<EmergencyAccessOut>, DbError> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = Vec::new();
    // Most people are one person, and lead or audit only one or two.
    for person in caller.persons() {
        rows.extend(fetch_all!(tx, EmergencyAccessOut, LIST_OWN[part], person, after, most)?);
    }
    for municipality in caller.audits() {
        let sql = LIST_OF_MUNICIPALITY[part];
        rows.extend(fetch_all!(tx, EmergencyAccessOut, sql, municipality, after, most)?);
    }
    for unit in caller.units_led() {
        rows.extend(fetch_all!(tx, EmergencyAccessOut, LIST_OF_UNIT[part], unit, after, most)?);
    }
    rows.sort_by_key(|row: &EmergencyAccessOut| row.id);
    rows.dedup_by_key(|row| row.id);
    rows.truncate(limit);
    Ok(rows)
}

pub(super) struct New<'a> {
    pub person: Id<Person>,
    pub unit: Id<Unit>,
    pub danger: Danger,
    pub reason: &'a str,
}

pub(super) async fn insert(
    tx: &mut Tx,
    case: &CaseState,
    new: New<'_>,
    now: DateTime<Utc>,
) -> Result<Id<EmergencyAccess>, DbError> {
    let New { person, unit, danger, reason } = new;
    let id = Id::<EmergencyAccess>::new();
    let reason = sealed(tx, &case.municipality, unit, reason).await?;
    let (municipality, child, ends_at) = (&case.municipality, case.child, now + LASTS);
    expect_one(execute!(
        tx,
        INSERT,
        municipality,
        id,
        case.id,
        child,
        person,
        unit,
        danger,
        reason,
        now,
        ends_at
    )?)?;
    Ok(id)
}

pub(super) async fn end(
    tx: &mut Tx,
    current: &EmergencyAccessOut,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    expect_one(execute!(tx, END, &current.municipality, current.id, current.version, now)?)
}

/// A review, and the person who made it.
pub(super) struct Review<'a> {
    pub verdict: EmergencyVerdict,
    pub note: &'a str,
    pub by: Id<Person>,
    /// When the access ended, if it ended early.
    pub ended_at: Option<DateTime<Utc>>,
}

pub(super) async fn review(
    tx: &mut Tx,
    current: &EmergencyAccessOut,
    review: Review<'_>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Review { verdict, note, by, ended_at } = review;
    let EmergencyAccessOut { municipality, id, unit_id, version, .. } = current;
    let note = sealed(tx, municipality, *unit_id, note).await?;
    expect_one(execute!(tx, REVIEW, municipality, *id, *version, verdict, note, by, now, ended_at)?)
}

/// Encrypts text about the actions of a unit with the key of its sector.
async fn sealed(tx: &mut Tx, municipality: &str, unit: Id<Unit>, text: &str) -> Result<Sealed, DbError> {
    let (sector,) = fetch_one!(tx, (Sector,), SECTOR, unit)?;
    Ok(tx.vault().seal(&KeyName::sector(municipality, sector), text)?)
}
