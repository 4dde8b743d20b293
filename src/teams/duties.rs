//! Gives the duties of team members who can no longer carry them out to the contact person: the measures that they are responsible
//! for, the next step, and the referrals that they follow up.
//!
//! A measure keeps its unit, because who may know of it depends on the unit. A next step keeps the member that it passed from.

use chrono::{DateTime, Utc};

use super::{absence, referrals};
use crate::{
    access::CaseState,
    db::{DbError, Tx},
    execute, fetch_all, is_disqualified_sql, is_kept_from_content_sql,
    kernel::{
        Id,
        ids::{Case, Person, Unit},
    },
    on_engine, persons_of_sql, role_counts_sql, same_human_sql,
};

/// SQL: whether a person has no seat in the case `c` of the child `k` that counts on the day `$3`, as through a unit. The consent to the unit is
/// not part of it.
macro_rules! has_no_seat_sql {
    ($person:literal, $unit:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM team_member t JOIN staff_role r ON r.unit_id = t.unit_id AND ",
            same_human_sql!("r.person_id", "t.person_id"),
            " AND r.role IN ('worker', 'unit_leader') AND ",
            role_counts_sql!("r", "$3"),
            " WHERE t.municipality = c.municipality AND t.case_id = c.id AND t.left_at IS NULL AND t.unit_id = ",
            $unit,
            " AND ",
            same_human_sql!("t.person_id", $person),
            " AND NOT ",
            is_kept_from_content_sql!("r.person_id", "$3"),
            " AND NOT ",
            is_disqualified_sql!("t.person_id", "k.person_id"),
            " AND NOT EXISTS (SELECT 1 FROM guardianship g WHERE g.municipality = k.municipality AND g.child_id = k.id
                              AND g.ended_at IS NULL AND ",
            same_human_sql!("g.guardian_id", "t.person_id"),
            "))"
        )
    };
}

pub(super) use has_no_seat_sql;

/// The duties in a case of others than the contact person: what they are, their unit, and whether the person has lost the seat.
const DUTIES: &str = concat!(
    "
    SELECT FALSE AS is_step, m.id, m.unit_id, ",
    has_no_seat_sql!("m.responsible_id", "m.unit_id"),
    " AS is_lost
    FROM care_case c
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    JOIN contact_person cp ON cp.municipality = c.municipality AND cp.case_id = c.id
    JOIN measure m ON m.municipality = c.municipality AND m.case_id = c.id
    WHERE c.municipality = $1 AND c.id = $2 AND m.status = 'in_force' AND NOT ",
    same_human_sql!("m.responsible_id", "cp.person_id"),
    "
    UNION ALL
    SELECT TRUE, n.id, n.unit_id, ",
    has_no_seat_sql!("n.person_id", "n.unit_id"),
    "
    FROM care_case c
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    JOIN next_step n ON n.municipality = c.municipality AND n.pending_in = c.id
    WHERE c.municipality = $1 AND c.id = $2 AND n.held_by = 'member'"
);
/// Open cases with a duty whose holder has lost the seat, or has it from another unit than the unit that keeps the record, after an id.
const DOUBTFUL: &str = concat!(
    "SELECT DISTINCT id, is_lost FROM (
        SELECT c.id, m.unit_id <> c.unit_id AS is_elsewhere, ",
    has_no_seat_sql!("m.responsible_id", "m.unit_id"),
    " AS is_lost
        FROM care_case c
        JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
        JOIN contact_person cp ON cp.municipality = c.municipality AND cp.case_id = c.id
        JOIN measure m ON m.municipality = c.municipality AND m.case_id = c.id
        WHERE c.status = 'open' AND c.id > $1 AND m.status = 'in_force' AND NOT ",
    same_human_sql!("m.responsible_id", "cp.person_id"),
    "
        UNION ALL
        SELECT c.id, n.unit_id <> c.unit_id, ",
    has_no_seat_sql!("n.person_id", "n.unit_id"),
    "
        FROM care_case c
        JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
        JOIN next_step n ON n.municipality = c.municipality AND n.pending_in = c.id
        WHERE c.id > $1 AND n.held_by = 'member'
        UNION ALL
        SELECT c.id, rf.follower_unit <> c.unit_id OR rf.follower_unit <> n.unit_id, ",
    has_no_seat_sql!("rf.follower_id", "rf.follower_unit"),
    "
        FROM care_case c
        JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
        JOIN referral rf ON rf.municipality = c.municipality AND rf.case_id = c.id
        JOIN note n ON n.municipality = rf.municipality AND n.id = rf.note_id
        WHERE c.status = 'open' AND c.id > $1 AND rf.expected_on IS NOT NULL AND rf.follower_id IS NOT NULL
    ) d WHERE is_elsewhere OR is_lost ORDER BY id LIMIT $2"
);
const PASS_STEP: &str = "
    UPDATE next_step SET held_by = 'contact_person', from_person = person_id, from_unit = unit_id, passed_on_at = $3,
           person_id = NULL, unit_id = NULL
    WHERE municipality = $1 AND pending_in = $2 AND held_by = 'member'";
/// The cases in which a person has, or has had until this moment, a seat through a unit.
const SEATED_THROUGH: &str = concat!(
    "SELECT DISTINCT case_id FROM team_member WHERE unit_id = $2 AND (left_at IS NULL OR left_at >= $3) AND person_id IN ",
    persons_of_sql!("$1"),
    " ORDER BY case_id"
);
const SEATED_FOR_CHILD: &str = concat!(
    "SELECT DISTINCT t.case_id FROM team_member t
    JOIN care_case c ON c.municipality = t.municipality AND c.id = t.case_id
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    WHERE k.person_id = $2 AND t.left_at IS NULL AND t.person_id IN ",
    persons_of_sql!("$1"),
    " ORDER BY t.case_id"
);

/// A duty of a team member who is not the contact person.
#[derive(Debug, sqlx::FromRow)]
struct Duty {
    is_step: bool,
    id: uuid::Uuid,
    unit_id: Id<Unit>,
    is_lost: bool,
}

/// Returns the duties of those who can no longer carry them out.
async fn lost(tx: &mut Tx, case: &CaseState) -> Result<Vec<Duty>, DbError> {
    let mut duties = fetch_all!(tx, Duty, DUTIES, &case.municipality, case.id, case.today)?;
    duties.retain(|duty| duty.is_lost || !case.ground.covers(duty.unit_id));
    Ok(duties)
}

/// Passes the duties of those who can no longer carry them out to the contact person, who is in the database now. Returns the number of
/// duties. `case` is the state after the change that made them lose access.
///
/// # Errors
/// If the database query fails.
pub async fn pass_on_duties(tx: &mut Tx, case: &CaseState, now: DateTime<Utc>) -> Result<usize, DbError> {
    let lost = lost(tx, case).await?;
    let count = lost.len() + referrals::pass_on(tx, case).await?;
    let ids: Vec<_> = lost.iter().map(|duty| duty.id).collect();
    absence::follow(tx, case, &ids, now).await?;
    if lost.iter().any(|duty| duty.is_step) {
        execute!(tx, PASS_STEP, &case.municipality, case.id, now)?;
    }
    let measures: Vec<_> = lost.into_iter().filter(|duty| !duty.is_step).map(|duty| duty.id).collect();
    if !measures.is_empty() {
        on_engine!(tx, |conn| {
            let mut query = sqlx::QueryBuilder::new(
                "UPDATE measure SET version = version + 1, responsible_id = (SELECT cp.person_id FROM contact_person cp
                     WHERE cp.municipality = measure.municipality AND cp.case_id = measure.case_id) WHERE municipality = ",
            );
            query
                .push_bind(&case.municipality)
                .push(" AND case_id = ")
                .push_bind(case.id)
                .push(" AND id IN (");
            let mut list = query.separated(", ");
            for measure in &measures {
                list.push_bind(*measure);
            }
            query.push(")");
            query.build().execute(conn).await.map(|_| ())
        })?;
    }
    Ok(count)
}

/// Returns the cases in which a person has, or has had until now, a seat through a unit.
pub(crate) async fn seated_through(
    tx: &mut Tx,
    person: Id<Person>,
    unit: Id<Unit>,
    now: DateTime<Utc>,
) -> Result<Vec<(Id<Case>,)>, DbError> {
    fetch_all!(tx, (Id<Case>,), SEATED_THROUGH, person, unit, now)
}

/// Returns the cases of a child in which a person has a seat.
pub(crate) async fn seated_for_child(
    tx: &mut Tx,
    person: Id<Person>,
    child: Id<Person>,
) -> Result<Vec<(Id<Case>,)>, DbError> {
    fetch_all!(tx, (Id<Case>,), SEATED_FOR_CHILD, person, child)
}

/// Returns open cases after an id in which a duty may have been lost by the passing of time, and whether a seat has.
pub(crate) async fn doubtful(
    tx: &mut Tx,
    after: uuid::Uuid,
    limit: i64,
    today: chrono::NaiveDate,
) -> Result<Vec<(Id<Case>, bool)>, DbError> {
    fetch_all!(tx, (Id<Case>, bool), DOUBTFUL, after, limit, today)
}

/// Returns whether someone in the case can no longer carry out a duty.
pub(crate) async fn has_lost(tx: &mut Tx, case: &CaseState) -> Result<bool, DbError> {
    Ok(!lost(tx, case).await?.is_empty() || referrals::has_lost(tx, case).await?)
}
