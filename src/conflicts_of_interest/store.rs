//! Conflicts of interest in the database.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::dto::{ConflictGround, ConflictOfInterestOut, StaffConflictOut};
use crate::{
    access::CaseState,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_one, fetch_optional,
    kernel::{
        Id, NationalId,
        ids::{Case, ConflictOfInterest, Person, Unit},
    },
    vault::KeyName,
};

/// A conflict of interest that applies in several municipalities has several rows. Only one is shown.
macro_rules! once {
    ($rest:literal) => {
        concat!(
            "c.municipality = (SELECT MIN(o.municipality) FROM conflict_of_interest o WHERE o.id = c.id) AND ",
            $rest
        )
    };
}
macro_rules! own {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.national_id, c.case_id, c.ground, c.note, c.recorded_by, c.recorded_at, c.ended_at,
                    c.end_reason, c.version
             FROM conflict_of_interest c WHERE ",
            once!($rest)
        )
    };
}
macro_rules! of_staff {
    ($rest:literal) => {
        of_staff!("conflict_of_interest c", $rest)
    };
    ($from:literal, $rest:literal) => {
        concat!(
            "SELECT c.id, c.person_id, p.name AS person_name, c.ground, c.recorded_at, c.ended_at, c.version
             FROM ",
            $from,
            " JOIN person p ON p.id = c.person_id WHERE ",
            once!($rest)
        )
    };
}

const GET_OWN: &str = own!("c.person_id = $1 AND c.id = $2");
const LIST_OWN: &str = own!("c.person_id = $1 AND c.id > $2 ORDER BY c.id LIMIT $3");
const GET: &str = of_staff!("c.id = $1");
const FIND_OF_UNIT: &str = of_staff!(
    "c.id = $2 AND c.person_id IN (
        SELECT r.person_id FROM staff_role r
        WHERE r.unit_id = $1 AND r.ended_at IS NULL AND r.role IN ('worker', 'unit_leader'))"
);
const LIST_OF_UNIT: &str = of_staff!(
    "(SELECT DISTINCT r.person_id FROM staff_role r
      WHERE r.unit_id = $1 AND r.ended_at IS NULL AND r.role IN ('worker', 'unit_leader')) AS s
     CROSS JOIN conflict_of_interest c",
    "c.person_id = s.person_id AND c.id > $2 AND c.ended_at IS NULL ORDER BY c.id LIMIT $3"
);
const WORKPLACES: &str = "
    SELECT DISTINCT s.municipality FROM unit_serves s JOIN staff_role r ON r.unit_id = s.unit_id
    WHERE r.person_id = $1 AND r.ended_at IS NULL AND r.role IN ('worker', 'unit_leader') ORDER BY s.municipality";
const ON_TEAM: &str = "
    SELECT COUNT(*) FROM team_member WHERE municipality = $1 AND case_id = $2 AND person_id = $3 AND left_at IS NULL";
const INSERT: &str = "
    INSERT INTO conflict_of_interest (municipality, id, person_id, child_person, case_id, national_id, ground, note,
                                      recorded_by, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const END: &str = "
    UPDATE conflict_of_interest SET ended_at = $3, ended_by = $4, end_reason = $5, version = version + 1
    WHERE id = $1 AND version = $2 AND ended_at IS NULL";

/// How the child is identified.
#[derive(Debug)]
pub(super) enum Told<'a> {
    /// By a case.
    Case(Id<Case>),
    /// By national identity number.
    Number(&'a NationalId),
}

pub(super) struct New<'a> {
    pub person: Id<Person>,
    /// The municipality whose key encrypts the texts about it.
    pub home: &'a str,
    pub told: Told<'a>,
    pub ground: ConflictGround,
    pub note: Option<&'a str>,
    pub recorded_by: Id<Person>,
}

/// Records a conflict of interest. The child has a person record in each of the municipalities.
pub(super) async fn insert(
    tx: &mut Tx,
    children: &[(String, Id<Person>)],
    new: New<'_>,
    now: DateTime<Utc>,
) -> Result<Id<ConflictOfInterest>, DbError> {
    let New { person, home, told, ground, note, recorded_by } = new;
    let id = Id::<ConflictOfInterest>::new();
    let key = KeyName::people(home);
    let note = tx.vault().seal_optional(&key, note)?;
    let (case, number) = match told {
        Told::Case(case) => (Some(case), None),
        Told::Number(number) => (None, Some(tx.vault().seal(&key, number.as_str())?)),
    };
    for (municipality, child) in children {
        expect_one(execute!(
            tx,
            INSERT,
            municipality,
            id,
            person,
            *child,
            case,
            number.clone(),
            ground,
            note.clone(),
            recorded_by,
            now
        )?)?;
    }
    Ok(id)
}

/// Returns the municipalities that a person's units serve.
pub(super) async fn workplaces(tx: &mut Tx, person: Id<Person>) -> Result<Vec<String>, DbError> {
    let rows = fetch_all!(tx, (String,), WORKPLACES, person)?;
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
    person: Id<Person>,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ConflictOfInterestOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, ConflictOfInterestOut, LIST_OWN, person, after, limit)
}

pub(super) async fn get(tx: &mut Tx, id: Id<ConflictOfInterest>) -> Result<StaffConflictOut, DbError> {
    fetch_one!(tx, StaffConflictOut, GET, id)
}

/// Finds a conflict of interest of a staff member of the unit.
pub(super) async fn find_of_unit(
    tx: &mut Tx,
    unit: Id<Unit>,
    id: Id<ConflictOfInterest>,
) -> Result<Option<StaffConflictOut>, DbError> {
    fetch_optional!(tx, StaffConflictOut, FIND_OF_UNIT, unit, id)
}

/// Lists the conflicts of interest in force among the staff of the unit.
pub(super) async fn list_of_unit(
    tx: &mut Tx,
    unit: Id<Unit>,
    after: Uuid,
    limit: usize,
) -> Result<Vec<StaffConflictOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, StaffConflictOut, LIST_OF_UNIT, unit, after, limit)
}

/// Ends a conflict of interest in all municipalities.
pub(super) async fn end(
    tx: &mut Tx,
    current: &StaffConflictOut,
    home: &str,
    by: Id<Person>,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let reason = tx.vault().seal(&KeyName::people(home), reason)?;
    let ended = execute!(tx, END, current.id, current.version, now, by, reason)?;
    expect_one(ended.min(1))
}
