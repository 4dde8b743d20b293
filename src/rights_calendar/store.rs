//! The database behind the calendar of rights.

use chrono::NaiveDate;

use crate::{
    access::CaseState,
    db::{DbError, Tx},
    fetch_all,
    kernel::{
        Id,
        ids::{Person, Unit},
    },
};

const ENDING_SEATS: &str = "
    SELECT t.person_id, t.unit_id, MAX(r.ends_on) AS ends_on
    FROM team_member t CROSS JOIN person q CROSS JOIN staff_role r CROSS JOIN person rp
    WHERE t.municipality = $1 AND t.case_id = $2 AND t.left_at IS NULL AND q.id = t.person_id
      AND r.unit_id = t.unit_id AND r.ended_at IS NULL AND r.role IN ('worker', 'unit_leader')
      AND rp.id = r.person_id AND rp.canonical_id = q.canonical_id
    GROUP BY t.person_id, t.unit_id
    HAVING MAX(r.ends_on) <= $3
    ORDER BY ends_on, t.unit_id, t.person_id";

/// A seat on the team that ends with the role behind it.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct EndingSeat {
    pub person_id: Id<Person>,
    pub unit_id: Id<Unit>,
    /// The first day without the role.
    pub ends_on: NaiveDate,
}

/// Returns the seats of a case whose roles end at the latest on a day.
pub(super) async fn ending_seats(
    tx: &mut Tx,
    case: &CaseState,
    until: NaiveDate,
) -> Result<Vec<EndingSeat>, DbError> {
    fetch_all!(tx, EndingSeat, ENDING_SEATS, &case.municipality, case.id, until)
}
