//! Tasks about pregnancies: to record the birth, and to register the woman whose unborn child is registered.

use super::{
    dto::{FollowUpOut, Place},
    rows::TaskRow,
};
use crate::{
    db::{DbError, Tx},
    fetch_all,
    identity::Caller,
};

/// The tasks of the contact person `$1` with a date after `$2` and `$3`: in cases whose registered person is due, or is an unborn child.
const OF_CONTACT_PERSON: &str = "
    SELECT kind, object_id, case_id, due_on, NULL AS at FROM (
        SELECT 'record_birth' AS kind, k.id AS object_id, c.id AS case_id, k.due_on
        FROM contact_person cp CROSS JOIN care_case c CROSS JOIN child k
        WHERE cp.person_id = $1 AND c.municipality = cp.municipality AND c.id = cp.case_id AND c.status = 'open'
          AND k.municipality = c.municipality AND k.id = c.child_id AND k.due_on IS NOT NULL AND (k.due_on, k.id) > ($2, $3)
        ORDER BY k.due_on, k.id LIMIT $4) AS pregnant
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'register_pregnant_woman' AS kind, k.id AS object_id, c.id AS case_id, k.birth_date AS due_on
        FROM contact_person cp CROSS JOIN care_case c CROSS JOIN child k
        WHERE cp.person_id = $1 AND c.municipality = cp.municipality AND c.id = cp.case_id AND c.status = 'open'
          AND k.municipality = c.municipality AND k.id = c.child_id AND k.unborn = 'registered' AND (k.birth_date, k.id) > ($2, $3)
        ORDER BY k.birth_date, k.id LIMIT $4) AS unborn";

/// Lists the tasks of a contact person about pregnancies after a position, at most `limit` of each kind.
pub(super) async fn list(
    tx: &mut Tx,
    caller: &Caller,
    after: Place,
    limit: usize,
) -> Result<Vec<FollowUpOut>, DbError> {
    let ((day, id), most) = (after.among_days(), i64::try_from(limit).unwrap_or(i64::MAX));
    let mut tasks = Vec::new();
    // Most people are one person.
    for person in caller.persons() {
        tasks.extend(fetch_all!(tx, TaskRow, OF_CONTACT_PERSON, person, day, id, most)?);
    }
    Ok(tasks.into_iter().filter_map(TaskRow::task).collect())
}
