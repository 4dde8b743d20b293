//! Tasks about care orders: to accept one, to name another person in child welfare, and to record its end or a later last day.

use chrono::{Days, Months, TimeDelta};

use super::{
    dto::{FollowUpOut, Place},
    rows::TaskRow,
};
use crate::{
    access::ties,
    care_order_role_sql,
    db::{DbError, Tx},
    fetch_all,
    identity::Caller,
    is_disqualified_sql,
    kernel::{Moment, vocabulary::Sector},
};

/// The number of days before its last day that an order becomes a task.
const NOTICE: u64 = 30;
/// The days that a person named in an order has to accept it, before the leader and the contact person name another.
const TO_ACCEPT: TimeDelta = TimeDelta::days(7);

/// Whether the person named in the order `o` about the child `k` works there on the day `$6`.
macro_rules! is_held_sql {
    () => {
        concat!(
            "EXISTS (SELECT 1 ",
            care_order_role_sql!(
                "(SELECT q.canonical_id FROM person q WHERE q.id = o.child_welfare_person_id)",
                "k.person_id"
            ),
            " AND r.ends_on > $6)"
        )
    };
}

/// Whether the child `k` is a minor: nobody is responsible for an order about an adult.
macro_rules! is_minor_sql {
    () => {
        "k.birth_date > $10"
    };
}

/// Whether another person must be named in the order `o`: the person has left, or has not accepted it since `$7`.
macro_rules! needs_person_sql {
    () => {
        concat!(
            "(NOT ",
            is_held_sql!(),
            " OR (o.accepted_at IS NULL AND o.named_at < $7)) AND ",
            is_minor_sql!()
        )
    };
}

/// The tasks of the person `$1` after a day or a time: as the person named in an order, who sees nothing else by it, or as the contact
/// person of the child's open case. A last day is near on `$8`.
const OF_PERSON: &str = concat!(
    "
    SELECT kind, object_id, child_id, unit_id, case_id, NULL AS due_on, at FROM (
        SELECT 'assign_care_order' AS kind, o.id AS object_id, o.child_id, o.child_welfare_unit_id AS unit_id, c.id AS case_id, o.named_at AS at
        FROM contact_person cp CROSS JOIN care_case c CROSS JOIN child k CROSS JOIN care_order o
        WHERE cp.person_id = $1 AND c.municipality = cp.municipality AND c.id = cp.case_id AND c.status = 'open'
          AND k.municipality = c.municipality AND k.id = c.child_id
          AND o.municipality = c.municipality AND o.child_id = c.child_id
          AND o.ended_at IS NULL AND (o.named_at, o.id) > ($4, $5) AND ",
    needs_person_sql!(),
    " ORDER BY o.named_at, o.id LIMIT $9) AS unassigned
    UNION ALL
    SELECT kind, object_id, child_id, unit_id, case_id, due_on, NULL FROM (
        SELECT 'care_order_ends' AS kind, o.id AS object_id, o.child_id, o.child_welfare_unit_id AS unit_id, c.id AS case_id, o.in_force_until AS due_on
        FROM contact_person cp CROSS JOIN care_case c CROSS JOIN care_order o
        WHERE cp.person_id = $1 AND c.municipality = cp.municipality AND c.id = cp.case_id AND c.status = 'open'
          AND o.municipality = c.municipality AND o.child_id = c.child_id
          AND o.ended_at IS NULL AND o.in_force_until <= $8 AND (o.in_force_until, o.id) > ($2, $3)
        ORDER BY o.in_force_until, o.id LIMIT $9) AS held
    UNION ALL
    SELECT kind, object_id, child_id, unit_id, NULL, due_on, NULL FROM (
        SELECT 'care_order_ends' AS kind, o.id AS object_id, o.child_id, o.child_welfare_unit_id AS unit_id, o.in_force_until AS due_on
        FROM care_order o JOIN child k ON k.municipality = o.municipality AND k.id = o.child_id
        WHERE o.child_welfare_person_id = $1 AND o.ended_at IS NULL AND o.in_force_until <= $8
          AND (o.in_force_until, o.id) > ($2, $3) AND ",
    is_held_sql!(),
    " AND ",
    is_minor_sql!(),
    " ORDER BY o.in_force_until, o.id LIMIT $9) AS answered_for
    UNION ALL
    SELECT kind, object_id, child_id, unit_id, NULL, NULL, at FROM (
        SELECT 'accept_care_order' AS kind, o.id AS object_id, o.child_id, o.child_welfare_unit_id AS unit_id, o.named_at AS at
        FROM care_order o JOIN child k ON k.municipality = o.municipality AND k.id = o.child_id
        WHERE o.child_welfare_person_id = $1 AND o.ended_at IS NULL AND o.accepted_at IS NULL AND (o.named_at, o.id) > ($4, $5) AND ",
    is_held_sql!(),
    " AND ",
    is_minor_sql!(),
    " ORDER BY o.named_at, o.id LIMIT $9) AS unaccepted"
);
/// The tasks of the person `$1` as leader of the child welfare service `$11`: to name another person, and orders whose last day
/// has passed. Closed cases have nobody else.
const OF_LEADER: &str = concat!(
    "
    SELECT kind, object_id, child_id, unit_id, NULL AS case_id, NULL AS due_on, at FROM (
        SELECT 'assign_care_order' AS kind, o.id AS object_id, o.child_id, o.child_welfare_unit_id AS unit_id, o.named_at AS at
        FROM care_order o JOIN child k ON k.municipality = o.municipality AND k.id = o.child_id
        WHERE o.child_welfare_unit_id = $11 AND o.ended_at IS NULL AND (o.named_at, o.id) > ($4, $5) AND ",
    needs_person_sql!(),
    " AND NOT ",
    is_disqualified_sql!("$1", "k.person_id"),
    " ORDER BY o.named_at, o.id LIMIT $9) AS unassigned
    UNION ALL
    SELECT kind, object_id, child_id, unit_id, NULL, due_on, NULL FROM (
        SELECT 'care_order_ends' AS kind, o.id AS object_id, o.child_id, o.child_welfare_unit_id AS unit_id, o.in_force_until AS due_on
        FROM care_order o JOIN child k ON k.municipality = o.municipality AND k.id = o.child_id
        WHERE o.child_welfare_unit_id = $11 AND o.ended_at IS NULL AND o.in_force_until < $6 AND o.in_force_until <= $8
          AND (o.in_force_until, o.id) > ($2, $3) AND ",
    is_minor_sql!(),
    " AND NOT ",
    is_disqualified_sql!("$1", "k.person_id"),
    " ORDER BY o.in_force_until, o.id LIMIT $9) AS overdue"
);

/// Lists the caller's next tasks of each kind about care orders after a position. In child welfare, a role in the service must count, and no tie
/// to the child may keep the caller from it.
pub(super) async fn list(
    tx: &mut Tx,
    caller: &Caller,
    moment: Moment,
    after: Place,
    limit: usize,
) -> Result<Vec<FollowUpOut>, DbError> {
    let (today, since) = (moment.today, moment.now - TO_ACCEPT);
    let notice = today.checked_add_days(Days::new(NOTICE)).unwrap_or(today);
    let (day, day_id) = after.among_days();
    let (at, id, most) = (after.at, after.id, i64::try_from(limit).unwrap_or(i64::MAX));
    // The birthday of the youngest adults.
    let adults = today.checked_sub_months(Months::new(18 * 12)).unwrap_or(today);
    let (mut named, mut led) = (Vec::new(), Vec::new());
    for person in caller.persons() {
        named.extend(fetch_all!(
            tx, TaskRow, OF_PERSON, person, day, day_id, at, id, today, since, notice, most, adults
        )?);
    }
    for held in caller.leads().filter(|held| held.sector == Sector::ChildWelfare) {
        let (leader, unit) = (held.person, held.unit_id);
        led.extend(fetch_all!(
            tx, TaskRow, OF_LEADER, leader, day, day_id, at, id, today, since, notice, most, adults, unit
        )?);
    }
    // The rules decide on the tasks of a contact person, with the case.
    let is_of_case = |row: &TaskRow| row.case_id.is_some();
    if !led.is_empty() || !named.iter().all(is_of_case) {
        let ties = ties(tx, caller, moment.now).await?;
        let is_kept = |row: &TaskRow, helps| row.child_id.is_none_or(|child| ties.keep_from(child, helps));
        let works_there = |row: &TaskRow| caller.works_in().any(|held| Some(held.unit_id) == row.unit_id);
        named.retain(|row| is_of_case(row) || (works_there(row) && !is_kept(row, true)));
        led.retain(|row| !is_kept(row, false));
    }
    Ok(named.into_iter().chain(led).filter_map(TaskRow::task).collect())
}
