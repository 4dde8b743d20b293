//! Absences in the database.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{dto::AbsenceOut, rules::look_again_on};
use crate::{
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_in, fetch_optional, is_kept_from_content_sql,
    kernel::{
        Id,
        ids::{Absence, Case, Person, Unit},
    },
    persons_of_sql, role_counts_sql,
};

/// The last day that is stored in any row.
const LATEST: Option<NaiveDate> = NaiveDate::from_ymd_opt(2199, 12, 31);

const THESE: &str = "
    SELECT a.id, a.unit_id, a.person_id, p.name AS person_name, a.from_on, a.to_on, a.stand_in_id, s.name AS stand_in_name,
           a.recorded_by, r.name AS recorded_by_name, a.over_at, a.version
    FROM absence a JOIN person p ON p.id = a.person_id JOIN person r ON r.id = a.recorded_by LEFT JOIN person s ON s.id = a.stand_in_id WHERE a.id IN (";
/// The columns of [`Current`].
macro_rules! current {
    ($rest:literal) => {
        concat!(
            "SELECT id, unit_id, person_id, stand_in_id, recorded_by, from_on, to_on, begun_at, over_at FROM absence WHERE ",
            $rest
        )
    };
}
const CURRENT: &str = current!("id = $1");
/// Another absence of the person `$4`, by which they are away on a day.
const NEXT: &str = concat!(
    current!(
        "unit_id = $1 AND id <> $2 AND over_at IS NULL AND from_on <= $3 AND (to_on IS NULL OR to_on >= $3) AND person_id IN "
    ),
    persons_of_sql!("$4"),
    " ORDER BY from_on LIMIT 1"
);
const BEGUN: &str = current!("over_at IS NULL AND from_on <= $1 AND id > $2 ORDER BY id LIMIT $3");
const INSERT: &str = "
    INSERT INTO absence (id, unit_id, person_id, from_on, to_on, look_again_on, stand_in_id, recorded_by, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const CHANGE: &str = "
    UPDATE absence SET to_on = $3, look_again_on = $4, stand_in_id = $5, version = version + 1
    WHERE id = $1 AND version = $2 AND over_at IS NULL";
const SET_BEGUN: &str = "UPDATE absence SET begun_at = $2 WHERE id = $1 AND begun_at IS NULL";
const SET_OVER: &str = "
    UPDATE absence SET over_at = $2, ended_by = $3, version = version + 1 WHERE id = $1 AND over_at IS NULL";
const IS_AWAY: &str = concat!(
    "SELECT a.id FROM absence a
     WHERE a.unit_id = $1 AND a.over_at IS NULL AND a.from_on <= $4 AND (a.to_on IS NULL OR a.to_on >= $3) AND a.id <> $5
       AND a.person_id IN ",
    persons_of_sql!("$2"),
    " LIMIT 1"
);
const WORKS_THERE: &str = concat!(
    "SELECT r.person_id FROM staff_role r
     WHERE r.unit_id = $1 AND r.role IN ('worker', 'unit_leader') AND r.person_id IN ",
    persons_of_sql!("$2"),
    " AND ",
    role_counts_sql!("r", "$3"),
    " AND NOT ",
    is_kept_from_content_sql!("r.person_id", "$3"),
    " ORDER BY r.id LIMIT 1"
);
/// Absences, and the cases in which the person has the baton, a duty or an offer of the baton through the unit.
macro_rules! affected {
    ($which:literal) => {
        concat!(
            "SELECT a.id, cp.case_id FROM absence a
             JOIN contact_person cp ON cp.unit_id = a.unit_id AND cp.person_id IN ",
            persons_of_sql!("a.person_id"),
            " JOIN care_case c ON c.municipality = cp.municipality AND c.id = cp.case_id AND c.status = 'open' WHERE ",
            $which,
            " UNION SELECT a.id, m.case_id FROM absence a
             JOIN measure m ON m.unit_id = a.unit_id AND m.status = 'in_force' AND m.responsible_id IN ",
            persons_of_sql!("a.person_id"),
            " WHERE ",
            $which,
            " UNION SELECT a.id, n.case_id FROM absence a
             JOIN next_step n ON n.unit_id = a.unit_id AND n.pending_in IS NOT NULL AND n.person_id IN ",
            persons_of_sql!("a.person_id"),
            " WHERE ",
            $which,
            " UNION SELECT a.id, h.case_id FROM absence a
             JOIN handover h ON h.to_unit = a.unit_id AND h.status = 'offered' AND h.to_person IN ",
            persons_of_sql!("a.person_id"),
            " WHERE ",
            $which,
            " ORDER BY 1, 2"
        )
    };
}
const AFFECTED: &str = affected!("a.id = $1");
/// Those of the absences after `$2`, and not after `$3`, by which someone is away on a day.
const AFFECTED_TODAY: &str = affected!(
    "a.over_at IS NULL AND a.from_on <= $1 AND (a.to_on IS NULL OR a.to_on >= $1) AND a.id > $2 AND a.id <= $3"
);
/// The cases in which something has passed for an absence.
const PASSED_FOR: &str = "
    SELECT case_id FROM handover WHERE absence_id = $1 UNION SELECT case_id FROM absence_duty WHERE absence_id = $1 ORDER BY case_id";

/// An absence, without names.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(super) struct Current {
    pub id: Id<Absence>,
    pub unit_id: Id<Unit>,
    pub person_id: Id<Person>,
    pub stand_in_id: Option<Id<Person>>,
    pub recorded_by: Id<Person>,
    pub from_on: NaiveDate,
    pub to_on: Option<NaiveDate>,
    pub begun_at: Option<DateTime<Utc>>,
    pub over_at: Option<DateTime<Utc>>,
}

impl Current {
    /// Returns whether the last day has passed.
    pub(super) fn has_passed(&self, today: NaiveDate) -> bool {
        self.to_on.is_some_and(|last| last < today)
    }

    /// Returns whether the person is away on a day.
    pub(super) fn is_on(&self, today: NaiveDate) -> bool {
        self.over_at.is_none() && self.from_on <= today && !self.has_passed(today)
    }
}

/// Returns some absences, in the order of their ids.
pub(super) async fn these(tx: &mut Tx, ids: &[Id<Absence>]) -> Result<Vec<AbsenceOut>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = fetch_in!(tx, AbsenceOut, THESE, ids)?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

pub(super) async fn current(tx: &mut Tx, id: Id<Absence>) -> Result<Option<Current>, DbError> {
    fetch_optional!(tx, Current, CURRENT, id)
}

/// Returns the absence by which a person is still away on a day, if another one is over.
pub(super) async fn next(tx: &mut Tx, over: &Current, today: NaiveDate) -> Result<Option<Current>, DbError> {
    fetch_optional!(tx, Current, NEXT, over.unit_id, over.id, today, over.person_id)
}

/// Returns the absences after an id that have begun and are not over.
pub(super) async fn begun(
    tx: &mut Tx,
    today: NaiveDate,
    after: uuid::Uuid,
    limit: i64,
) -> Result<Vec<Current>, DbError> {
    fetch_all!(tx, Current, BEGUN, today, after, limit)
}

/// An absence to store.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewAbsence {
    pub unit: Id<Unit>,
    pub person: Id<Person>,
    pub from_on: NaiveDate,
    pub to_on: Option<NaiveDate>,
    pub stand_in: Option<Id<Person>>,
    pub by: Id<Person>,
}

pub(super) async fn insert(tx: &mut Tx, new: NewAbsence, now: DateTime<Utc>) -> Result<Id<Absence>, DbError> {
    let NewAbsence { unit, person, from_on, to_on, stand_in, by } = new;
    let (id, look) = (Id::<Absence>::new(), look_again_on(from_on, to_on));
    expect_one(execute!(tx, INSERT, id, unit, person, from_on, to_on, look, stand_in, by, now)?)?;
    Ok(id)
}

pub(super) async fn change(
    tx: &mut Tx,
    current: &AbsenceOut,
    to_on: Option<NaiveDate>,
    stand_in: Option<Id<Person>>,
) -> Result<(), DbError> {
    let look = look_again_on(current.from_on, to_on);
    expect_one(execute!(tx, CHANGE, current.id, current.version, to_on, look, stand_in)?)
}

pub(super) async fn set_begun(tx: &mut Tx, id: Id<Absence>, now: DateTime<Utc>) -> Result<(), DbError> {
    execute!(tx, SET_BEGUN, id, now)?;
    Ok(())
}

pub(super) async fn set_over(
    tx: &mut Tx,
    id: Id<Absence>,
    by: Option<Id<Person>>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    expect_one(execute!(tx, SET_OVER, id, now, by)?)
}

/// Returns whether a person is recorded as away from a unit on some of these days, by another absence than one.
pub(super) async fn is_away(
    tx: &mut Tx,
    unit: Id<Unit>,
    person: Id<Person>,
    (from_on, to_on): (NaiveDate, Option<NaiveDate>),
    other_than: Option<Id<Absence>>,
) -> Result<bool, DbError> {
    let other_than = other_than.map_or(uuid::Uuid::nil(), |id| id.uuid());
    let last = to_on.or(LATEST);
    let found = fetch_optional!(tx, (Id<Absence>,), IS_AWAY, unit, person, from_on, last, other_than)?;
    Ok(found.is_some())
}

/// Returns a human as the unit knows them, if they work there on a day.
pub(super) async fn works_there(
    tx: &mut Tx,
    unit: Id<Unit>,
    person: Id<Person>,
    on: NaiveDate,
) -> Result<Option<Id<Person>>, DbError> {
    let found = fetch_optional!(tx, (Id<Person>,), WORKS_THERE, unit, person, on)?;
    Ok(found.map(|(person,)| person))
}

/// Returns the cases in which a person who is away has something through the unit, in the order of their locks.
pub(super) async fn affected(tx: &mut Tx, absence: Id<Absence>) -> Result<Vec<Id<Case>>, DbError> {
    let cases = fetch_all!(tx, (Id<Absence>, Id<Case>), AFFECTED, absence)?;
    Ok(cases.into_iter().map(|(_, case)| case).collect())
}

/// Returns the same for the absences between two ids by which someone is away on a day.
pub(super) async fn affected_today(
    tx: &mut Tx,
    today: NaiveDate,
    (after, last): (uuid::Uuid, Id<Absence>),
) -> Result<BTreeMap<Id<Absence>, Vec<Id<Case>>>, DbError> {
    let mut affected = BTreeMap::<_, Vec<_>>::new();
    for (absence, case) in fetch_all!(tx, (Id<Absence>, Id<Case>), AFFECTED_TODAY, today, after, last)? {
        affected.entry(absence).or_default().push(case);
    }
    Ok(affected)
}

/// Returns the cases in which something has passed for an absence, in the order of their locks.
pub(super) async fn passed_for(tx: &mut Tx, absence: Id<Absence>) -> Result<Vec<Id<Case>>, DbError> {
    let cases = fetch_all!(tx, (Id<Case>,), PASSED_FOR, absence)?;
    Ok(cases.into_iter().map(|(case,)| case).collect())
}
