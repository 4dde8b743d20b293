//! Tasks about absences: to name a stand-in, and to look again at an absence without a last day.

use chrono::Days;

use super::{
    dto::{FollowUpOut, Place},
    rows::TaskRow,
};
use crate::{
    db::{DbError, Tx},
    fetch_all,
    identity::Caller,
    is_away_sql,
    kernel::Moment,
    persons_of_sql, role_counts_sql, same_human_sql,
};

/// The number of days before an absence that its leader is reminded of a stand-in.
const NOTICE: u64 = 14;

/// SQL: the person who is away by `a` has a baton or a duty through the unit. A baton that they took while they were away is no matter of
/// the absence.
macro_rules! still_has_something_sql {
    () => {
        concat!(
            "(EXISTS (SELECT 1 FROM contact_person cp JOIN care_case c ON c.municipality = cp.municipality AND c.id = cp.case_id
                      WHERE c.status = 'open' AND cp.unit_id = a.unit_id AND (a.begun_at IS NULL OR cp.since <= a.begun_at)
                        AND cp.person_id IN ",
            persons_of_sql!("a.person_id"),
            ") OR EXISTS (SELECT 1 FROM measure m WHERE m.status = 'in_force' AND m.unit_id = a.unit_id AND m.responsible_id IN ",
            persons_of_sql!("a.person_id"),
            ") OR EXISTS (SELECT 1 FROM next_step n WHERE n.pending_in IS NOT NULL AND n.unit_id = a.unit_id AND n.person_id IN ",
            persons_of_sql!("a.person_id"),
            "))"
        )
    };
}
/// SQL: something has passed on for the absence `a`.
macro_rules! has_passed_on_sql {
    () => {
        concat!(
            "(EXISTS (SELECT 1 FROM handover h JOIN contact_person cp ON cp.municipality = h.municipality AND cp.case_id = h.case_id
                      WHERE h.absence_id = a.id AND cp.person_id = h.to_person AND cp.since = h.answered_at AND NOT ",
            same_human_sql!("cp.person_id", "a.person_id"),
            ") OR EXISTS (SELECT 1 FROM absence_duty d WHERE d.absence_id = a.id))"
        )
    };
}
/// SQL: nobody stands in for the absence `a` today, or on its first day if that is later.
macro_rules! nobody_stands_in_sql {
    () => {
        concat!(
            "(",
            is_away_sql!("a.stand_in_id", "a.unit_id", "(CASE WHEN a.from_on > $5 THEN a.from_on ELSE $5 END)"),
            " OR NOT EXISTS (SELECT 1 FROM staff_role r WHERE r.unit_id = a.unit_id AND r.role IN ('worker', 'unit_leader') AND ",
            role_counts_sql!("r", "(CASE WHEN a.from_on > $5 THEN a.from_on ELSE $5 END)"),
            " AND r.person_id IN ",
            persons_of_sql!("a.stand_in_id"),
            "))"
        )
    };
}
/// The tasks of the leader of the unit `$1`: to name a stand-in, or another if the absence has begun and something is with the person
/// still; and to look again at an absence. Those with a date after `$2` and `$3`.
const OF_UNIT: &str = concat!(
    "SELECT kind, object_id, NULL AS case_id, due_on, NULL AS at FROM (
        SELECT 'name_stand_in' AS kind, a.id AS object_id, a.from_on AS due_on FROM absence a
        WHERE a.unit_id = $1 AND a.over_at IS NULL AND a.from_on <= $6 AND (a.to_on IS NULL OR a.to_on >= $5)
          AND (a.from_on, a.id) > ($2, $3)
          AND ((a.begun_at IS NOT NULL AND ",
    still_has_something_sql!(),
    ") OR (",
    nobody_stands_in_sql!(),
    " AND (",
    still_has_something_sql!(),
    " OR ",
    has_passed_on_sql!(),
    ")))",
    " ORDER BY a.from_on, a.id LIMIT $4) AS unattended
    UNION ALL
    SELECT kind, object_id, NULL, due_on, NULL FROM (
        SELECT 'look_at_absence' AS kind, a.id AS object_id, a.look_again_on AS due_on FROM absence a
        WHERE a.unit_id = $1 AND a.over_at IS NULL AND a.look_again_on <= $5 AND (a.look_again_on, a.id) > ($2, $3)
        ORDER BY a.look_again_on, a.id LIMIT $4) AS without_last_day"
);

/// Lists the tasks of a leader about absences after a position, at most `limit` of each kind.
pub(super) async fn list(
    tx: &mut Tx,
    caller: &Caller,
    moment: Moment,
    after: Place,
    limit: usize,
) -> Result<Vec<FollowUpOut>, DbError> {
    let notice = moment.today.checked_add_days(Days::new(NOTICE)).unwrap_or(moment.today);
    let ((day, id), most) = (after.among_days(), i64::try_from(limit).unwrap_or(i64::MAX));
    let mut tasks = Vec::new();
    // A leader leads one or two units.
    for unit in caller.units_led() {
        tasks.extend(fetch_all!(tx, TaskRow, OF_UNIT, unit, day, id, most, moment.today, notice)?);
    }
    Ok(tasks.into_iter().filter_map(TaskRow::task).collect())
}
