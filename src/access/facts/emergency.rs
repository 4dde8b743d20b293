//! A case that was opened in an emergency, for the hour that it lasts.

use chrono::{DateTime, Utc};

use super::CaseFacts;
use crate::{
    access::own_children,
    db::{DbError, Tx},
    fetch_all,
    identity::{Caller, Seat},
    is_family_sql,
    kernel::{Id, ids::Unit},
};

/// The units from which a person has a case open now. It dies with the role it was opened in, and a new one does not wake it.
const OPEN_FROM: &str = concat!(
    "
    SELECT e.unit_id
    FROM emergency_access e
    JOIN care_case c ON c.municipality = e.municipality AND c.id = e.case_id AND c.status = 'open'
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    WHERE e.person_id = $1 AND e.case_id = $2 AND e.ended_at IS NULL AND e.ends_at > $3
      AND EXISTS (SELECT 1 FROM staff_role r WHERE r.person_id = e.person_id AND r.unit_id = e.unit_id
                  AND r.ended_at IS NULL AND r.role IN ('worker', 'unit_leader') AND r.started_at <= e.started_at)
      AND NOT ",
    is_family_sql!("e.person_id", "k.person_id"),
    " ORDER BY e.id"
);

/// From where the caller has this case open in an emergency at this moment, if they have. One with a seat on the team
/// needs none.
///
/// # Errors
/// If the database does not answer.
pub async fn emergency_seat(
    tx: &mut Tx,
    caller: &Caller,
    case: &CaseFacts,
    now: DateTime<Utc>,
) -> Result<Option<Seat>, DbError> {
    if !case.seats.is_empty() || caller.works_in().next().is_none() {
        return Ok(None);
    }
    let open = fetch_all!(tx, (Id<Unit>,), OPEN_FROM, caller.person, case.id, now)?;
    if open.is_empty() || own_children(tx, caller.person).await?.contains(&case.child) {
        return Ok(None);
    }
    Ok(caller.works_in().find(|seat| open.iter().any(|(unit,)| *unit == seat.unit_id)).cloned())
}
