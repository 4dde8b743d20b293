//! Conflicts of interest in the database.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::dto::{ConflictGround, ConflictOfInterestOut, StaffConflictOut};
use crate::{
    access::{CaseState, objects::UnitObject},
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_in, fetch_one, fetch_optional,
    identity::Caller,
    kernel::{
        Id, NationalId,
        ids::{Case, ConflictOfInterest, Person, Unit},
    },
    persons_of_sql, role_counts_sql, role_is_held_sql,
    vault::{KeyName, Sealed},
};

/// A conflict of interest that applies in several municipalities has several rows. One is shown, and one that is in force before others.
macro_rules! once {
    ($rest:literal) => {
        concat!(
            "c.municipality = (SELECT o.municipality FROM conflict_of_interest o WHERE o.id = c.id
                               ORDER BY o.ended_at IS NOT NULL, o.municipality LIMIT 1) AND ",
            $rest
        )
    };
}
/// A unit knows of the rows of the municipalities that it serves.
macro_rules! once_in_unit {
    ($rest:literal) => {
        concat!(
            "c.municipality = (SELECT o.municipality FROM conflict_of_interest o JOIN unit_serves v ON v.municipality = o.municipality
                               WHERE o.id = c.id AND v.unit_id = $1 ORDER BY o.ended_at IS NOT NULL, o.municipality LIMIT 1) AND ",
            $rest
        )
    };
}
macro_rules! own {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.national_id, c.case_id, c.ground, c.note, c.recorded_by, c.recorded_at, c.confirmed_at,
                    c.ended_at, c.end_reason, c.version
             FROM conflict_of_interest c WHERE ",
            once!($rest)
        )
    };
}

const GET_OWN: &str = own!(
    "c.person_id IN (SELECT o.id FROM person p JOIN person o ON o.identity_id = p.identity_id WHERE p.id = $1) AND c.id = $2"
);
const LIST_OWN: &str = own!("c.person_id = $1 AND c.id > $2 ORDER BY c.id LIMIT $3");
const PLACES: &str = "SELECT DISTINCT id, municipality FROM conflict_of_interest WHERE id IN (";
const GET: &str = "
    SELECT c.id, c.person_id, p.name AS person_name, c.ground, c.recorded_at, c.confirmed_at, c.ended_at, c.version
    FROM conflict_of_interest c JOIN person p ON p.id = c.person_id WHERE c.municipality = $1 AND c.id = $2";
/// The roles of a unit's staff that its leader decides about (fvl § 8). An auditor of another controller is not among them, but controls the
/// leader.
macro_rules! has_leader {
    () => {
        "(r.role IN ('worker', 'unit_leader') OR (r.role = 'auditor' AND EXISTS (
            SELECT 1 FROM unit ru WHERE ru.id = r.unit_id AND ru.controller = 'municipality')))"
    };
}
/// The conflicts of interest of a unit's staff: those on record, and guardianships that nobody has confirmed or rejected, of a
/// person who helps the child or reads the access log. Other guardianships are not for the leader to know, nor those that the leader
/// has registered: the answer would reveal who helps the child. Neither are records of a
/// municipality that the unit does not serve.
macro_rules! of_unit {
    ($today:literal, $leader:literal, $recorded:literal, $stated:literal, $rest:literal) => {
        concat!(
            "SELECT c.id, c.person_id, p.name AS person_name, c.ground, c.recorded_at, c.confirmed_at, c.ended_at, c.version FROM (
                SELECT c.id, c.person_id, c.ground, c.recorded_at, c.confirmed_at, c.ended_at, c.version
                FROM (SELECT DISTINCT r.person_id FROM staff_role r
                      WHERE r.unit_id = $1 AND ",
            has_leader!(),
            " AND ",
            role_is_held_sql!("r", $today),
            ") AS s
                CROSS JOIN conflict_of_interest c
                WHERE c.person_id IN ",
            persons_of_sql!("s.person_id"),
            " AND ",
            once_in_unit!($recorded),
            " UNION ALL
                SELECT g.id, g.guardian_id, 'guardian', g.created_at, NULL, NULL, 1
                FROM (SELECT r.person_id, MAX(CASE WHEN r.role = 'auditor' THEN 1 ELSE 0 END) AS audits FROM staff_role r
                      WHERE r.unit_id = $1 AND ",
            has_leader!(),
            " AND ",
            role_is_held_sql!("r", $today),
            " GROUP BY r.person_id) AS s
                CROSS JOIN guardianship g
                JOIN child k ON k.municipality = g.municipality AND k.id = g.child_id
                WHERE g.guardian_id IN ",
            persons_of_sql!("s.person_id"),
            " AND g.municipality IN (SELECT v.municipality FROM unit_serves v WHERE v.unit_id = $1)
              AND g.ended_at IS NULL AND ",
            $stated,
            " AND (g.created_by IS NULL OR g.created_by NOT IN ",
            persons_of_sql!($leader),
            ")",
            " AND (s.audits = 1 OR EXISTS (
                    SELECT 1 FROM child o
                    JOIN care_case a ON a.municipality = o.municipality AND a.child_id = o.id AND a.status = 'open'
                    JOIN team_member t ON t.municipality = a.municipality AND t.case_id = a.id
                    WHERE o.person_id = k.person_id AND t.left_at IS NULL AND t.person_id IN ",
            persons_of_sql!("g.guardian_id"),
            "))
                  AND NOT EXISTS (
                    SELECT 1 FROM conflict_of_interest d
                    WHERE d.child_person = k.person_id AND d.person_id = g.guardian_id AND d.ground = 'guardian'
                      AND (d.ended_at IS NULL OR d.recorded_at >= g.created_at))
             ) AS c JOIN person p ON p.id = c.person_id",
            $rest
        )
    };
}
const FIND_OF_UNIT: &str = of_unit!("$4", "$3", "c.id = $2", "g.id = $2", "");
const LIST_OF_UNIT: &str =
    of_unit!("$5", "$4", "c.id > $2 AND c.ended_at IS NULL", "g.id > $2", " ORDER BY c.id LIMIT $3");
const UNCONFIRMED_OF_UNIT: &str = of_unit!(
    "$6",
    "$5",
    "c.ended_at IS NULL AND c.confirmed_at IS NULL",
    "TRUE",
    " WHERE (c.recorded_at, c.id) > ($2, $3) AND c.person_id NOT IN (
        SELECT o.id FROM person l JOIN person o ON o.identity_id = l.identity_id WHERE l.id = $5) ORDER BY c.recorded_at, c.id LIMIT $4"
);
const LEADS: &str = concat!(
    "SELECT COUNT(*) FROM staff_role l JOIN staff_role r ON r.unit_id = l.unit_id
     WHERE l.role = 'unit_leader' AND l.person_id IN ",
    persons_of_sql!("$1"),
    " AND r.person_id IN ",
    persons_of_sql!("$2"),
    " AND ",
    has_leader!(),
    " AND ",
    role_counts_sql!("l", "$3"),
    " AND ",
    role_is_held_sql!("r", "$3")
);
const WORKPLACES: &str = concat!(
    "SELECT DISTINCT s.municipality FROM unit_serves s JOIN staff_role r ON r.unit_id = s.unit_id
     WHERE r.role IN ('worker', 'unit_leader') AND r.person_id IN ",
    persons_of_sql!("$1"),
    " AND ",
    role_counts_sql!("r", "$2"),
    " ORDER BY s.municipality"
);
const ON_TEAM: &str = concat!(
    "SELECT COUNT(*) FROM team_member WHERE municipality = $1 AND case_id = $2 AND left_at IS NULL AND person_id IN ",
    persons_of_sql!("$3")
);
const INSERT: &str = "
    INSERT INTO conflict_of_interest (municipality, id, person_id, child_person, case_id, national_id, ground, note,
                                      recorded_by, recorded_at, confirmed_by, confirmed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
/// A guardianship as a conflict of interest of the guardian, once it is decided whether that is true. `$3` decides.
const RECORD_GUARDIAN: &str = "
    INSERT INTO conflict_of_interest (municipality, id, person_id, child_person, ground, recorded_by, recorded_at,
                                      confirmed_by, confirmed_at, ended_by, ended_at, end_reason, version)
    SELECT g.municipality, g.id, g.guardian_id, k.person_id, 'guardian', $2, $4,
           CASE WHEN $3 THEN $2 END, CASE WHEN $3 THEN $4 END,
           CASE WHEN NOT $3 THEN $2 END, CASE WHEN NOT $3 THEN $4 END, $5, 2
    FROM guardianship g JOIN child k ON k.municipality = g.municipality AND k.id = g.child_id
    WHERE g.id = $1 AND g.ended_at IS NULL";
const CONFIRM: &str = "
    UPDATE conflict_of_interest SET confirmed_at = $3, confirmed_by = $4, version = version + 1
    WHERE id = $1 AND version = $2 AND ended_at IS NULL AND confirmed_at IS NULL";
const CHILDREN: &str = "SELECT child_person FROM conflict_of_interest WHERE id = $1 ORDER BY municipality";
/// A leader ends it in the municipalities that the unit serves.
const END: &str = "
    UPDATE conflict_of_interest SET ended_at = $3, ended_by = $4, end_reason = $5, version = version + 1
    WHERE id = $1 AND version = $2 AND ended_at IS NULL
      AND municipality IN (SELECT v.municipality FROM unit_serves v WHERE v.unit_id = $6)";

/// How the child is identified.
#[derive(Debug)]
pub(super) enum Told<'a> {
    /// By a case.
    Case(Id<Case>),
    /// By national identity number.
    Number(&'a NationalId),
}

/// A conflict of interest in one municipality, with the persons that it knows people as.
pub(super) struct Row {
    pub municipality: String,
    /// The child.
    pub child: Id<Person>,
    /// The person who is too close to it.
    pub person: Id<Person>,
    pub recorded_by: Id<Person>,
}

pub(super) struct New<'a> {
    /// The municipality whose key encrypts the texts about it.
    pub home: &'a str,
    pub told: Told<'a>,
    pub ground: ConflictGround,
    pub note: Option<&'a str>,
    /// Whether the person who records it may decide that it counts.
    pub confirmed: bool,
}

/// Records a conflict of interest. The child has a person record in each of the municipalities.
pub(super) async fn insert(
    tx: &mut Tx,
    rows: &[Row],
    new: New<'_>,
    now: DateTime<Utc>,
) -> Result<Id<ConflictOfInterest>, DbError> {
    let New { home, told, ground, note, confirmed } = new;
    let id = Id::<ConflictOfInterest>::new();
    let key = KeyName::people(home);
    let note = tx.vault().seal_optional(&key, note)?;
    let (case, number) = match told {
        Told::Case(case) => (Some(case), None),
        Told::Number(number) => (None, Some(tx.vault().seal(&key, number.as_str())?)),
    };
    for Row { municipality, child, person, recorded_by } in rows {
        expect_one(execute!(
            tx,
            INSERT,
            municipality,
            id,
            *person,
            *child,
            case,
            number.clone(),
            ground,
            note.clone(),
            *recorded_by,
            now,
            confirmed.then_some(*recorded_by),
            confirmed.then_some(now)
        )?)?;
    }
    Ok(id)
}

/// Returns the municipalities that a person's units serve.
pub(super) async fn workplaces(
    tx: &mut Tx,
    person: Id<Person>,
    today: NaiveDate,
) -> Result<Vec<String>, DbError> {
    let rows = fetch_all!(tx, (String,), WORKPLACES, person, today)?;
    Ok(rows.into_iter().map(|(municipality,)| municipality).collect())
}

/// Returns whether the person is on the team of the case, even if their access is not in force.
pub(super) async fn is_on_team(tx: &mut Tx, case: &CaseState, person: Id<Person>) -> Result<bool, DbError> {
    let (count,) = fetch_one!(tx, (i64,), ON_TEAM, &case.municipality, case.id, person)?;
    Ok(count > 0)
}

pub(super) async fn get_own(
    tx: &mut Tx,
    person: Id<Person>,
    id: Id<ConflictOfInterest>,
) -> Result<ConflictOfInterestOut, DbError> {
    fetch_one!(tx, ConflictOfInterestOut, GET_OWN, person, id)
}

pub(super) async fn list_own(
    tx: &mut Tx,
    caller: &Caller,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ConflictOfInterestOut>, DbError> {
    let (most, mut rows) = (i64::try_from(limit).unwrap_or(i64::MAX), Vec::new());
    // Most people are one person.
    for person in caller.persons() {
        rows.extend(fetch_all!(tx, ConflictOfInterestOut, LIST_OWN, person, after, most)?);
    }
    rows.sort_by_key(|row: &ConflictOfInterestOut| row.id);
    rows.truncate(limit);
    Ok(rows)
}

/// Returns the municipalities that have each of some conflicts of interest.
pub(super) async fn places(
    tx: &mut Tx,
    ids: &[Id<ConflictOfInterest>],
) -> Result<Vec<(Id<ConflictOfInterest>, String)>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    fetch_in!(tx, (Id<ConflictOfInterest>, String), PLACES, ids)
}

pub(super) async fn get(
    tx: &mut Tx,
    municipality: &str,
    id: Id<ConflictOfInterest>,
) -> Result<StaffConflictOut, DbError> {
    fetch_one!(tx, StaffConflictOut, GET, municipality, id)
}

/// Finds a conflict of interest of a staff member of the unit.
pub(super) async fn find_of_unit(
    tx: &mut Tx,
    unit: Id<Unit>,
    leader: Id<Person>,
    today: NaiveDate,
    id: Id<ConflictOfInterest>,
) -> Result<Option<StaffConflictOut>, DbError> {
    fetch_optional!(tx, StaffConflictOut, FIND_OF_UNIT, unit, id, leader, today)
}

/// Lists the conflicts of interest in force among the staff of the unit.
pub(super) async fn list_of_unit(
    tx: &mut Tx,
    unit: Id<Unit>,
    leader: Id<Person>,
    today: NaiveDate,
    after: Uuid,
    limit: usize,
) -> Result<Vec<StaffConflictOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, StaffConflictOut, LIST_OF_UNIT, unit, after, limit, leader, today)
}

/// Lists what nobody has confirmed about the staff of the unit other than its leader: its id and time, the earliest first.
///
/// # Errors
/// If the database query fails.
pub async fn unconfirmed(
    tx: &mut Tx,
    unit: Id<Unit>,
    leader: Id<Person>,
    today: NaiveDate,
    after: (DateTime<Utc>, Uuid),
    limit: i64,
) -> Result<Vec<(Uuid, DateTime<Utc>)>, DbError> {
    let rows =
        fetch_all!(tx, StaffConflictOut, UNCONFIRMED_OF_UNIT, unit, after.0, after.1, limit, leader, today)?;
    Ok(rows.into_iter().map(|row| (row.id.uuid(), row.recorded_at)).collect())
}

/// Returns whether one person leads a unit where the other works, and so decides whether they are disqualified (fvl § 8).
pub(super) async fn leads(
    tx: &mut Tx,
    leader: Id<Person>,
    person: Id<Person>,
    today: NaiveDate,
) -> Result<bool, DbError> {
    let (count,) = fetch_one!(tx, (i64,), LEADS, leader, person, today)?;
    Ok(count > 0)
}

/// Confirms a conflict of interest in all municipalities, and returns the children it is about.
pub(super) async fn confirm(
    tx: &mut Tx,
    current: &StaffConflictOut,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Vec<Id<Person>>, DbError> {
    let none: Option<Sealed> = None;
    let confirmed = match current.is_on_record() {
        true => execute!(tx, CONFIRM, current.id, current.version, now, by)?,
        false => execute!(tx, RECORD_GUARDIAN, current.id, by, true, now, none)?,
    };
    expect_one(confirmed.min(1))?;
    let children = fetch_all!(tx, (Id<Person>,), CHILDREN, current.id)?;
    Ok(children.into_iter().map(|(child,)| child).collect())
}

/// Ends a conflict of interest in the municipalities that a unit serves, or rejects that a guardian is one.
pub(super) async fn end(
    tx: &mut Tx,
    current: &StaffConflictOut,
    unit: &UnitObject,
    by: Id<Person>,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let reason = tx.vault().seal(&KeyName::people(&unit.municipality), reason)?;
    if !current.is_on_record() {
        return expect_one(execute!(tx, RECORD_GUARDIAN, current.id, by, false, now, Some(reason))?);
    }
    let ended = execute!(tx, END, current.id, current.version, now, by, reason, unit.id)?;
    expect_one(ended.min(1))
}
