//! Tasks about referrals: an answer is expected, or the start of the help.

use std::collections::HashSet;

use uuid::Uuid;

use super::{
    dto::{FollowUpKind, FollowUpOut, Place},
    rows::TaskRow,
};
use crate::{
    access::{
        Asker,
        actions::RecordReferralAnswer,
        objects::{CaseObject, NoteObject},
    },
    db::{DbError, Tx},
    fetch_all,
    identity::Caller,
    kernel::{Id, ids::Note},
};

/// The referrals that a person follows up, and those in cases whose contact person they are. The rules decide afterwards which they may read.
const DUE: &str = "
    SELECT kind, object_id, case_id, due_on, NULL AS at FROM (
        SELECT 'follow_up_referral' AS kind, r.note_id AS object_id, r.case_id, r.expected_on AS due_on
        FROM referral r
        WHERE r.follower_id = $1 AND r.expected_on IS NOT NULL AND (r.expected_on, r.note_id) > ($2, $3)
        ORDER BY r.expected_on, r.note_id LIMIT $4) AS followed
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'follow_up_referral' AS kind, r.note_id AS object_id, r.case_id, r.expected_on AS due_on
        FROM contact_person cp CROSS JOIN referral r
        WHERE cp.person_id = $1 AND r.municipality = cp.municipality AND r.case_id = cp.case_id AND r.expected_on IS NOT NULL
          AND (r.expected_on, r.note_id) > ($2, $3)
        ORDER BY r.expected_on, r.note_id LIMIT $4) AS coordinated";

/// Lists the caller's next tasks about referrals after a position.
pub(super) async fn list(
    tx: &mut Tx,
    caller: &Caller,
    after: Place,
    limit: usize,
) -> Result<Vec<FollowUpOut>, DbError> {
    let ((day, id), most) = (after.among_days(), i64::try_from(limit).unwrap_or(i64::MAX));
    let mut rows = Vec::new();
    for person in caller.persons() {
        rows.extend(fetch_all!(tx, TaskRow, DUE, person, day, id, most)?);
    }
    Ok(rows.into_iter().filter_map(TaskRow::task).collect())
}

/// Returns the referrals among the tasks whose answer the caller may record. The others do not exist for them.
pub(super) async fn theirs(
    tx: &mut Tx,
    asker: &Asker,
    cases: impl Iterator<Item = &CaseObject>,
    items: &[FollowUpOut],
) -> Result<HashSet<Uuid>, DbError> {
    let referrals = items.iter().filter(|item| item.kind == FollowUpKind::FollowUpReferral);
    let ids: Vec<Id<Note>> = referrals.map(|item| item.object_id.into()).collect();
    let found = NoteObject::in_cases(tx, cases, &ids).await?;
    let theirs = found.iter().filter(|note| asker.may::<RecordReferralAnswer>(*note));
    Ok(theirs.map(|note| note.id.uuid()).collect())
}
