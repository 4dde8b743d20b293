//! The conflicts of interest of a unit's staff in the database, for the leader who decides on them.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::dto::StaffConflictOut;
use crate::{
    access::objects::UnitObject,
    db::{DbError, Tx, expect_one},
    decides_above_sql, execute, fetch_all, fetch_optional, has_leader_sql, is_decided_in_sql,
    is_disqualified_sql,
    kernel::{
        Id,
        ids::{ConflictOfInterest, Person, Unit},
    },
    persons_of_sql, role_is_held_sql,
    vault::KeyName,
};

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
/// The conflicts of interest of a unit's staff: those on record, and guardianships that nobody has confirmed or rejected, of a
/// person who helps the child or reads the access log. Other guardianships are not for the leader to know, nor those that the leader
/// has registered: the answer would reveal who helps the child. Neither are records of a municipality that the unit does not serve,
/// nor those about a child that the leader is disqualified in relation to (fvl § 6), except their own. `$above` states whether the
/// leader leads another unit: then only what no leader of this unit can decide, of what is on record, without the
/// words of a party, which can reveal the child.
macro_rules! of_unit {
    ($today:literal, $leader:literal, $above:literal, $recorded:literal, $stated:literal, $rest:literal) => {
        concat!(
            "SELECT c.id, c.person_id, p.name AS person_name, c.ground, c.recorded_at, c.as_party, c.demand, c.own_view,
                    c.confirmed_at, c.ended_at, c.version FROM (
                SELECT c.id, c.person_id, c.ground, c.recorded_at, c.as_party, CASE WHEN c.as_party AND NOT (",
            $above,
            ") THEN c.note END AS demand,
                       c.own_view, c.confirmed_at, c.ended_at, c.version
                FROM (SELECT DISTINCT r.person_id FROM staff_role r
                      WHERE r.unit_id = $1 AND ",
            has_leader_sql!(),
            " AND ",
            role_is_held_sql!("r", $today),
            ") AS s
                CROSS JOIN conflict_of_interest c
                WHERE c.person_id IN ",
            persons_of_sql!("s.person_id"),
            " AND ",
            once_in_unit!($recorded),
            " AND ",
            is_decided_in_sql!("$1"),
            " AND (c.person_id IN ",
            persons_of_sql!($leader),
            " OR NOT ",
            is_disqualified_sql!($leader, "c.child_person"),
            ") AND (NOT (",
            $above,
            ") OR ",
            decides_above_sql!("$1", $leader, $today),
            ") UNION ALL
                SELECT g.id, g.guardian_id, 'guardian', g.created_at, FALSE, NULL, NULL, NULL, NULL, 1
                FROM (SELECT r.person_id, MAX(CASE WHEN r.role = 'auditor' THEN 1 ELSE 0 END) AS audits FROM staff_role r
                      WHERE r.unit_id = $1 AND ",
            has_leader_sql!(),
            " AND ",
            role_is_held_sql!("r", $today),
            " GROUP BY r.person_id) AS s
                CROSS JOIN guardianship g
                JOIN child k ON k.municipality = g.municipality AND k.id = g.child_id
                WHERE NOT (",
            $above,
            ") AND g.guardian_id IN ",
            persons_of_sql!("s.person_id"),
            " AND g.municipality IN (SELECT v.municipality FROM unit_serves v WHERE v.unit_id = $1)
              AND g.ended_at IS NULL AND ",
            $stated,
            " AND (g.created_by IS NULL OR g.created_by NOT IN ",
            persons_of_sql!($leader),
            ") AND (g.guardian_id IN ",
            persons_of_sql!($leader),
            " OR NOT ",
            is_disqualified_sql!($leader, "k.person_id"),
            ") AND (s.audits = 1 OR EXISTS (
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
const FIND: &str = of_unit!("$4", "$3", "$5", "c.id = $2", "g.id = $2", "");
const LIST: &str =
    of_unit!("$5", "$4", "$6", "c.id > $2 AND c.ended_at IS NULL", "g.id > $2", " ORDER BY c.id LIMIT $3");
const UNCONFIRMED: &str = of_unit!(
    "$6",
    "$5",
    "FALSE",
    "c.ended_at IS NULL AND c.confirmed_at IS NULL",
    "TRUE",
    " WHERE (c.recorded_at, c.id) > ($2, $3) AND c.person_id NOT IN (
        SELECT o.id FROM person l JOIN person o ON o.identity_id = l.identity_id WHERE l.id = $5) ORDER BY c.recorded_at, c.id LIMIT $4"
);
/// The statements that nobody has confirmed about staff of units whose leaders cannot decide, in the municipality `$1`, for a leader of
/// another unit.
const UNCONFIRMED_ABOVE: &str = concat!(
    "SELECT DISTINCT c.id, r.unit_id, c.recorded_at FROM conflict_of_interest c JOIN staff_role r ON r.person_id IN ",
    persons_of_sql!("c.person_id"),
    " WHERE c.municipality = $1 AND c.ended_at IS NULL AND c.confirmed_at IS NULL AND (c.recorded_at, c.id) > ($2, $3)
      AND r.unit_id IN (SELECT m.id FROM unit m WHERE m.municipality = $1) AND ",
    has_leader_sql!(),
    " AND ",
    role_is_held_sql!("r", "$6"),
    " AND ",
    is_decided_in_sql!("r.unit_id"),
    " AND ",
    decides_above_sql!("r.unit_id", "$5", "$6"),
    " ORDER BY c.recorded_at, c.id LIMIT $4"
);
/// A guardianship as a conflict of interest of the guardian, once it is decided whether that is true. `$3` decides.
const RECORD_GUARDIAN: &str = "
    INSERT INTO conflict_of_interest (municipality, id, person_id, child_person, ground, recorded_by, recorded_at,
                                      confirmed_by, confirmed_at, confirm_reason, ended_by, ended_at, end_reason, version)
    SELECT g.municipality, g.id, g.guardian_id, k.person_id, 'guardian', $2, $4,
           CASE WHEN $3 THEN $2 END, CASE WHEN $3 THEN $4 END, CASE WHEN $3 THEN $5 END,
           CASE WHEN NOT $3 THEN $2 END, CASE WHEN NOT $3 THEN $4 END, CASE WHEN NOT $3 THEN $5 END, 2
    FROM guardianship g JOIN child k ON k.municipality = g.municipality AND k.id = g.child_id
    WHERE g.id = $1 AND g.ended_at IS NULL";
const CONFIRM: &str = "
    UPDATE conflict_of_interest SET confirmed_at = $3, confirmed_by = $4, confirm_reason = $5, version = version + 1
    WHERE id = $1 AND version = $2 AND ended_at IS NULL AND confirmed_at IS NULL";
const CHILDREN: &str = "SELECT child_person FROM conflict_of_interest WHERE id = $1 ORDER BY municipality";
/// A leader ends it in the municipalities that the unit serves.
const END: &str = "
    UPDATE conflict_of_interest SET ended_at = $3, ended_by = $4, end_reason = $5, version = version + 1
    WHERE id = $1 AND version = $2 AND ended_at IS NULL
      AND municipality IN (SELECT v.municipality FROM unit_serves v WHERE v.unit_id = $6)";

/// The leader who decides, and on whose staff.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deciding {
    pub unit: Id<Unit>,
    pub leader: Id<Person>,
    /// Whether they lead another unit, because no leader of this one can decide.
    pub above: bool,
    pub today: NaiveDate,
}

/// Finds a conflict of interest of a staff member of the unit.
pub(super) async fn find(
    tx: &mut Tx,
    deciding: Deciding,
    id: Id<ConflictOfInterest>,
) -> Result<Option<StaffConflictOut>, DbError> {
    let Deciding { unit, leader, above, today } = deciding;
    fetch_optional!(tx, StaffConflictOut, FIND, unit, id, leader, today, above)
}

/// Lists the conflicts of interest in force among the staff of the unit.
pub(super) async fn list(
    tx: &mut Tx,
    deciding: Deciding,
    after: Uuid,
    limit: usize,
) -> Result<Vec<StaffConflictOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let Deciding { unit, leader, above, today } = deciding;
    fetch_all!(tx, StaffConflictOut, LIST, unit, after, limit, leader, today, above)
}

/// Lists what nobody has confirmed about the staff of the unit other than its leader: its id and time, the earliest first.
///
/// # Errors
/// If the database query fails.
pub async fn unconfirmed(
    tx: &mut Tx,
    (unit, leader): (Id<Unit>, Id<Person>),
    today: NaiveDate,
    after: (DateTime<Utc>, Uuid),
    limit: i64,
) -> Result<Vec<(Uuid, DateTime<Utc>)>, DbError> {
    let rows = fetch_all!(tx, StaffConflictOut, UNCONFIRMED, unit, after.0, after.1, limit, leader, today)?;
    Ok(rows.into_iter().map(|row| (row.id.uuid(), row.recorded_at)).collect())
}

/// Lists what nobody has confirmed about the staff of other units of a municipality, where no leader of the unit can decide: its id, the
/// unit and the time, the earliest first.
///
/// # Errors
/// If the database query fails.
pub async fn unconfirmed_above(
    tx: &mut Tx,
    (municipality, leader): (&str, Id<Person>),
    today: NaiveDate,
    after: (DateTime<Utc>, Uuid),
    limit: i64,
) -> Result<Vec<(Uuid, Id<Unit>, DateTime<Utc>)>, DbError> {
    type Row = (Uuid, Id<Unit>, DateTime<Utc>);
    fetch_all!(tx, Row, UNCONFIRMED_ABOVE, municipality, after.0, after.1, limit, leader, today)
}

/// Confirms a conflict of interest in all municipalities, and returns the children it is about.
pub(super) async fn confirm(
    tx: &mut Tx,
    current: &StaffConflictOut,
    unit: &UnitObject,
    (by, reason): (Id<Person>, &str),
    now: DateTime<Utc>,
) -> Result<Vec<Id<Person>>, DbError> {
    let reason = tx.vault().seal(&KeyName::people(&unit.municipality), reason)?;
    let confirmed = match current.is_on_record() {
        true => execute!(tx, CONFIRM, current.id, current.version, now, by, reason)?,
        false => execute!(tx, RECORD_GUARDIAN, current.id, by, true, now, reason)?,
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
    (by, reason): (Id<Person>, &str),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let reason = tx.vault().seal(&KeyName::people(&unit.municipality), reason)?;
    if !current.is_on_record() {
        return expect_one(execute!(tx, RECORD_GUARDIAN, current.id, by, false, now, reason)?);
    }
    let ended = execute!(tx, END, current.id, current.version, now, by, reason, unit.id)?;
    expect_one(ended.min(1))
}
