//! Cases in the database.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    dto::{CaseEventKind, CaseEventOut, CaseOut},
    rows::{self, EventRow},
};
use crate::{
    access::{
        CasePlace,
        objects::{CaseObject, MeasureObject},
    },
    catalogue::GuideLevel,
    db::{DbError, Tx, dialect, expect_one},
    execute, fetch_all, fetch_in, fetch_one,
    identity::Caller,
    kernel::{
        Id, Slice,
        ids::{Case, CaseEvent, Measure, Person, Unit},
        vocabulary::Sector,
    },
    same_human_sql,
    vault::KeyName,
};

const SELECT: &str = concat!(
    "
    SELECT c.id, c.municipality, c.child_id, k.name AS child_name, k.birth_date AS child_birth_date,
           c.unit_id, u.name AS unit_name, c.reason, c.level, l.name AS level_name, c.guide_version, c.level_reason, c.status, c.agreed_with, c.agreed_on,
           cp.person_id AS contact_person_id, q.name AS contact_person_name,
           cp.unit_id AS contact_unit_id, v.name AS contact_unit_name, cp.since AS contact_person_since,
           a.id IS NOT NULL AS contact_person_stands_in, a.to_on AS contact_person_stands_in_until,
           c.opened_at, c.closed_at, c.closing_reason, c.final_evaluation, c.version
    FROM care_case c
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    JOIN unit u ON u.id = c.unit_id
    JOIN contact_person cp ON cp.municipality = c.municipality AND cp.case_id = c.id
    JOIN person q ON q.id = cp.person_id
    JOIN unit v ON v.id = cp.unit_id
    JOIN guide_level l ON l.municipality = c.municipality AND l.version = c.guide_version AND l.level = c.level
    LEFT JOIN absence a ON a.over_at IS NULL AND a.id = (
        SELECT h.absence_id FROM handover h
        WHERE h.municipality = cp.municipality AND h.case_id = cp.case_id AND h.to_person = cp.person_id AND h.answered_at = cp.since
        ORDER BY h.id DESC LIMIT 1) AND NOT ",
    same_human_sql!("a.person_id", "cp.person_id"),
    "
    WHERE c.id IN ("
);
const EVALUATIONS_DUE: &str = "
    SELECT m.case_id, m.id, m.responsible_id, m.unit_id, u.sector, m.created_at, m.evaluate_on
    FROM measure m JOIN unit u ON u.id = m.unit_id
    WHERE m.status = 'in_force' AND m.case_id IN (";
const SET_LEVEL: &str = "
    UPDATE care_case SET guide_version = $4, level = $5, level_reason = $6, version = version + 1
    WHERE municipality = $1 AND id = $2 AND version = $3";
const CLOSE: &str = "
    UPDATE care_case SET status = 'closed', next_step_of = NULL, closing_reason = $4, final_evaluation = $5, closed_at = $6, version = version + 1
    WHERE municipality = $1 AND id = $2 AND version = $3 AND status = 'open'";
const REOPEN: &str = "
    UPDATE care_case SET status = 'open', next_step_of = id, closing_reason = NULL, final_evaluation = NULL, closed_at = NULL,
           guide_version = $4, level = $5, level_reason = $6, version = version + 1
    WHERE municipality = $1 AND id = $2 AND version = $3 AND status = 'closed'";
const LIST_EVENTS: &str = "
    SELECT e.id, e.kind, e.level, l.name AS level_name, e.guide_version, e.reason, e.final_evaluation, e.person_id,
           p.name AS person_name, e.at
    FROM case_event e
    JOIN person p ON p.id = e.person_id
    JOIN guide_level l ON l.municipality = e.municipality AND l.version = e.guide_version AND l.level = e.level
    WHERE e.municipality = $1 AND e.case_id = $2 AND e.id > $3 ORDER BY e.id LIMIT $4";
const OPEN_OF_CHILD: &str = "
    SELECT COUNT(*) FROM care_case WHERE municipality = $1 AND child_id = $2 AND status = 'open'";
const UNFINISHED: &str = "
    SELECT (SELECT COUNT(*) FROM measure WHERE municipality = $1 AND case_id = $2 AND status = 'in_force'),
           (SELECT COUNT(*) FROM handover WHERE municipality = $1 AND case_id = $2 AND status = 'offered')
           + (SELECT COUNT(*) FROM transition WHERE municipality = $1 AND case_id = $2 AND status = 'planned'),
           (SELECT COUNT(*) FROM child k JOIN care_case c ON c.municipality = k.municipality AND c.child_id = k.id
            WHERE c.municipality = $1 AND c.id = $2 AND k.due_on IS NOT NULL)";
/// Candidates: cases that a person may be involved in. The rules decide on each. Memberships are read in order from a
/// position. Guardians, children and people in child welfare have few cases, which are read completely.
const INVOLVED: &str = "
    SELECT id FROM (
        SELECT id FROM (
            SELECT case_id AS id FROM team_member
            WHERE person_id = $1 AND left_at IS NULL AND case_id > $2 ORDER BY case_id LIMIT $3) AS seated
        UNION
        SELECT c.id FROM guardianship g
        JOIN care_case c ON c.municipality = g.municipality AND c.child_id = g.child_id
        WHERE g.guardian_id = $1 AND g.ended_at IS NULL AND c.id > $2
        UNION
        SELECT c.id FROM child k JOIN care_case c ON c.municipality = k.municipality AND c.child_id = k.id
        WHERE k.person_id = $1 AND c.id > $2
        UNION
        SELECT c.id FROM care_order o JOIN care_case c ON c.municipality = o.municipality AND c.child_id = o.child_id
        WHERE o.child_welfare_person_id = $1 AND o.ended_at IS NULL AND c.id > $2
    ) AS involved
    ORDER BY id LIMIT $3";
/// Cases whose record a unit keeps, or whose contact person works there.
const OF_UNIT: &str = "
    SELECT id FROM (
        SELECT id FROM (
            SELECT id FROM care_case WHERE unit_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS kept
        UNION
        SELECT id FROM (
            SELECT case_id AS id FROM contact_person
            WHERE unit_id = $1 AND case_id > $2 ORDER BY case_id LIMIT $3) AS held
    ) AS of_unit
    ORDER BY id LIMIT $3";

/// An event in the history of a case, and the person who did it.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub kind: CaseEventKind,
    pub level: GuideLevel,
    pub reason: &'a str,
    pub final_evaluation: Option<&'a str>,
    pub by: Id<Person>,
}

/// Adds an event to the history of a case.
pub(super) async fn add_event(
    tx: &mut Tx,
    place: CasePlace<'_>,
    event: Event<'_>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Event { kind, level, reason, final_evaluation, by } = event;
    let row = EventRow {
        place,
        id: Id::<CaseEvent>::new(),
        kind,
        level,
        reason: reason.into(),
        final_evaluation: final_evaluation.map(Cow::from),
        by,
        at: now,
    };
    rows::insert_events(tx, &[row]).await
}

/// Lists the history of a case from the beginning.
pub(super) async fn list_events(
    tx: &mut Tx,
    municipality: &str,
    case: Id<Case>,
    slice: Slice,
) -> Result<Vec<CaseEventOut>, DbError> {
    fetch_all!(tx, CaseEventOut, LIST_EVENTS, municipality, case, slice.after, slice.sql_limit())
}

/// Returns the ids of cases that a person who leads these units may be involved in.
///
/// # Errors
/// If the database query fails.
pub async fn involved_cases(tx: &mut Tx, caller: &Caller, slice: Slice) -> Result<Vec<Id<Case>>, DbError> {
    let Slice { after, limit } = slice;
    let (most, mut ids) = (slice.sql_limit(), Vec::new());
    // Most people are one person. A leader leads one or two units.
    for person in caller.persons() {
        ids.extend(fetch_all!(tx, (Id<Case>,), INVOLVED, person, after, most)?);
    }
    for unit in caller.units_led() {
        ids.extend(fetch_all!(tx, (Id<Case>,), OF_UNIT, unit, after, most)?);
    }
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(limit);
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Returns cases by id, in order of id.
pub(super) async fn list(tx: &mut Tx, ids: &[Id<Case>]) -> Result<Vec<CaseOut>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut cases: Vec<CaseOut> = fetch_in!(tx, CaseOut, SELECT, ids)?;
    cases.sort_by_key(|case| case.id);
    Ok(cases)
}

/// When a measure in force must be evaluated, and by which unit.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct EvaluationDue {
    pub case_id: Id<Case>,
    id: Id<Measure>,
    responsible_id: Id<Person>,
    unit_id: Id<Unit>,
    sector: Sector,
    created_at: DateTime<Utc>,
    pub evaluate_on: NaiveDate,
}

impl EvaluationDue {
    /// The measure as the rules know it.
    pub fn measure(&self, case: &CaseObject) -> MeasureObject {
        let Self { id, responsible_id, unit_id, sector, created_at: written_at, .. } = *self;
        MeasureObject {
            case: case.clone(),
            id,
            responsible_id,
            unit_id,
            sector,
            meeting_id: None,
            called_by: None,
            written_at,
            called_at: None,
        }
    }
}

/// Returns when the measures in force of some cases must be evaluated.
pub(super) async fn evaluations_due(tx: &mut Tx, cases: &[Id<Case>]) -> Result<Vec<EvaluationDue>, DbError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let mut due: Vec<EvaluationDue> = fetch_in!(tx, EvaluationDue, EVALUATIONS_DUE, cases)?;
    due.sort_by_key(|due| due.evaluate_on);
    Ok(due)
}

/// Returns a case that exists.
pub(super) async fn get(tx: &mut Tx, id: Id<Case>) -> Result<CaseOut, DbError> {
    list(tx, &[id]).await?.pop().ok_or(DbError::Engine(sqlx::Error::RowNotFound))
}

pub(super) async fn set_level(
    tx: &mut Tx,
    key: &KeyName,
    case: &CaseOut,
    level: GuideLevel,
    reason: &str,
) -> Result<(), DbError> {
    let reason = tx.vault().seal(key, reason)?;
    expect_one(execute!(
        tx,
        SET_LEVEL,
        &case.municipality,
        case.id,
        case.version,
        level.version,
        level.level,
        reason
    )?)
}

pub(super) async fn close(
    tx: &mut Tx,
    key: &KeyName,
    case: &CaseOut,
    reason: &str,
    final_evaluation: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let (reason, final_evaluation) = (tx.vault().seal(key, reason)?, tx.vault().seal(key, final_evaluation)?);
    expect_one(execute!(tx, CLOSE, &case.municipality, case.id, case.version, reason, final_evaluation, now)?)
}

pub(super) async fn reopen(
    tx: &mut Tx,
    key: &KeyName,
    case: &CaseOut,
    level: GuideLevel,
    reason: &str,
) -> Result<(), DbError> {
    let reason = tx.vault().seal(key, reason)?;
    expect_one(execute!(
        tx,
        REOPEN,
        &case.municipality,
        case.id,
        case.version,
        level.version,
        level.level,
        reason
    )?)
}

/// Returns whether the child, as registered, has another open case.
pub(super) async fn has_other_open(tx: &mut Tx, case: &CaseOut) -> Result<bool, DbError> {
    // Two cases of a child have separate locks, so opening and reopening take the lock of the child.
    dialect::lock(tx, case.child_id.uuid()).await?;
    let (open,) = fetch_one!(tx, (i64,), OPEN_OF_CHILD, &case.municipality, case.child_id)?;
    Ok(open > 0)
}

/// Returns whether the unit that keeps the record of a case serves its municipality still.
pub(super) async fn is_served(tx: &mut Tx, case: &CaseOut) -> Result<bool, DbError> {
    const SERVED: &str = "SELECT COUNT(*) FROM unit_serves WHERE unit_id = $1 AND municipality = $2";
    let (served,) = fetch_one!(tx, (i64,), SERVED, case.unit_id, &case.municipality)?;
    Ok(served > 0)
}

/// Counts the measures in force, the pending handovers and transitions, and the pregnancies, which prevent closing.
pub(super) async fn unfinished(tx: &mut Tx, case: &CaseOut) -> Result<(i64, i64, i64), DbError> {
    fetch_one!(tx, (i64, i64, i64), UNFINISHED, &case.municipality, case.id)
}
