//! The leader of a unit where somebody works decides whether they are disqualified (fvl § 8). Where no leader there can, because the
//! question is about the only leader, or because the leaders are disqualified themselves (fvl § 6, third paragraph), it is decided by
//! a leader of another unit of the same sector in the municipality, or, where there is none, by a leader of any other unit there. The
//! latter decides only what is undecided: what somebody has declared of themselves stays until a superior of the sector ends it.

use super::objects::UnitObject;
use crate::{
    db::{DbError, Tx},
    fetch_one,
    kernel::{
        Id, Moment,
        ids::{Person, Unit},
    },
};

/// An SQL condition: the role `l` is that of a leader who can decide on the conflict of interest `c`: not about themselves, and not
/// if they are disqualified in relation to the child. The argument is today.
#[macro_export]
macro_rules! can_decide_sql {
    ($today:literal) => {
        concat!(
            "l.role = 'unit_leader' AND NOT (",
            $crate::same_human_sql!("l.person_id", "c.person_id"),
            ") AND NOT ",
            $crate::is_disqualified_sql!("l.person_id", "c.child_person"),
            " AND ",
            $crate::role_counts_sql!("l", $today)
        )
    };
}

/// An SQL condition: a person decides on the conflict of interest `c` of the staff of a unit, because no leader of it can. The arguments
/// are the unit, the person and today.
#[macro_export]
macro_rules! decides_above_sql {
    ($unit:literal, $person:literal, $today:literal) => {
        concat!(
            "(NOT EXISTS (SELECT 1 FROM staff_role l WHERE l.unit_id = ",
            $unit,
            " AND ",
            $crate::can_decide_sql!($today),
            ") AND EXISTS (
                SELECT 1 FROM unit su JOIN unit lu ON lu.municipality = su.municipality AND lu.id <> su.id
                JOIN staff_role l ON l.unit_id = lu.id
                WHERE su.id = ",
            $unit,
            " AND su.controller = 'municipality' AND lu.controller = 'municipality' AND l.person_id IN ",
            $crate::persons_of_sql!($person),
            " AND ",
            $crate::can_decide_sql!($today),
            " AND (lu.sector = su.sector OR (c.confirmed_at IS NULL AND NOT EXISTS (
                    SELECT 1 FROM unit nu JOIN staff_role l ON l.unit_id = nu.id
                    WHERE nu.municipality = su.municipality AND nu.sector = su.sector AND nu.controller = 'municipality' AND ",
            $crate::can_decide_sql!($today),
            ")))))"
        )
    };
}

/// The roles of a unit's staff that a leader decides about (fvl § 8). An auditor of another controller is not among them, but controls the
/// leader.
#[macro_export]
macro_rules! has_leader_sql {
    () => {
        "(r.role IN ('worker', 'unit_leader') OR (r.role = 'auditor' AND EXISTS (
            SELECT 1 FROM unit ru WHERE ru.id = r.unit_id AND ru.controller = 'municipality')))"
    };
}

/// An SQL condition: a statement `c` is decided in a unit. A statement of others in a case is decided in the unit from which the person takes part
/// there, and in no other unit where they work.
#[macro_export]
macro_rules! is_decided_in_sql {
    ($unit:literal) => {
        concat!(
            "(c.case_id IS NULL OR c.recorded_by = c.person_id OR EXISTS (
                SELECT 1 FROM team_member ct WHERE ct.municipality = c.municipality AND ct.case_id = c.case_id AND ct.unit_id = ",
            $unit,
            " AND ct.person_id IN ",
            $crate::persons_of_sql!("c.person_id"),
            "))"
        )
    };
}

const DECIDES: &str = concat!(
    "SELECT COUNT(*) FROM staff_role r CROSS JOIN conflict_of_interest c
     WHERE r.unit_id = $1 AND ",
    crate::has_leader_sql!(),
    " AND ",
    crate::role_is_held_sql!("r", "$3"),
    " AND c.person_id IN ",
    crate::persons_of_sql!("r.person_id"),
    " AND c.ended_at IS NULL AND c.municipality IN (SELECT v.municipality FROM unit_serves v WHERE v.unit_id = $1) AND ",
    crate::is_decided_in_sql!("$1"),
    " AND ",
    crate::decides_above_sql!("$1", "$2", "$3")
);

/// Returns whether a leader of another unit decides on something about the staff of a unit, because no leader of it can.
pub(super) async fn decides_above(
    tx: &mut Tx,
    unit: &UnitObject,
    leader: Id<Person>,
    moment: Moment,
) -> Result<bool, DbError> {
    let unit: Id<Unit> = unit.id;
    let (count,) = fetch_one!(tx, (i64,), DECIDES, unit, leader, moment.today)?;
    Ok(count > 0)
}
