//! Follow-ups, collected from the objects they are about.

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Europe::Oslo;
use uuid::Uuid;

use super::dto::{FollowUpKind, FollowUpOut};
use crate::{
    child_welfare_reports::{self, AwaitedAnswer},
    db::{DbError, Tx},
    fetch_all, is_family_sql,
    kernel::{
        Id,
        ids::{Case, Person},
    },
};

/// The number of days before a consent expires that a reminder appears.
const CONSENT_NOTICE: u64 = 30;

/// Everything with a due date for a person. What they may see of it is decided afterwards.
const DATED: &str = concat!(
    "
    SELECT 'evaluate_measure' AS kind, m.id AS object_id, m.case_id, m.evaluate_on AS due_on
    FROM measure m
    JOIN contact_person cp ON cp.municipality = m.municipality AND cp.case_id = m.case_id
    WHERE m.status = 'in_force' AND (m.responsible_id = $1 OR cp.person_id = $1)
    UNION
    SELECT 'decide_concern', c.id, NULL, c.decide_by
    FROM concern c JOIN staff_role r ON r.unit_id = c.unit_id AND r.person_id = $1 AND r.ended_at IS NULL
    LEFT JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    WHERE c.decision IS NULL AND (r.role = 'unit_leader' OR (r.role = 'worker' AND c.author_id = $1))
      AND NOT (k.person_id IS NOT NULL AND ",
    is_family_sql!("$1", "k.person_id"),
    ")
    UNION
    SELECT 'renew_consent', c.id, c.case_id, c.valid_until
    FROM consent c
    JOIN contact_person cp ON cp.municipality = c.municipality AND cp.case_id = c.case_id
    WHERE cp.person_id = $1 AND c.valid_until >= $2 AND c.valid_until <= $3
      AND EXISTS (SELECT 1 FROM consent_unit u
                  WHERE u.municipality = c.municipality AND u.consent_id = c.id AND u.withdrawn_at IS NULL)"
);
const TIMED: &str = "
    SELECT 'meeting' AS kind, m.id AS object_id, m.case_id, m.starts_at AS at
    FROM meeting m JOIN meeting_participant p ON p.municipality = m.municipality AND p.meeting_id = m.id
    WHERE p.person_id = $1 AND m.status = 'planned'
    UNION
    SELECT 'answer_handover', h.id, h.case_id, h.offered_at
    FROM handover h WHERE h.to_person = $1 AND h.status = 'offered'
    UNION
    SELECT 'emergency_access', e.id, e.case_id, e.started_at
    FROM emergency_access e
    JOIN care_case c ON c.municipality = e.municipality AND c.id = e.case_id
    JOIN contact_person cp ON cp.municipality = e.municipality AND cp.case_id = e.case_id
    WHERE e.reviewed_at IS NULL AND e.person_id <> $1 AND (cp.person_id = $1 OR EXISTS (
        SELECT 1 FROM staff_role r WHERE r.person_id = $1 AND r.unit_id IN (c.unit_id, cp.unit_id)
        AND r.role = 'unit_leader' AND r.ended_at IS NULL))";

#[derive(sqlx::FromRow)]
struct TimedRow {
    kind: FollowUpKind,
    object_id: Uuid,
    case_id: Option<Id<Case>>,
    at: DateTime<Utc>,
}

/// Lists a person's pending tasks, earliest first.
pub(super) async fn list(
    tx: &mut Tx,
    person: Id<Person>,
    today: NaiveDate,
) -> Result<Vec<FollowUpOut>, DbError> {
    let notice = today.checked_add_days(Days::new(CONSENT_NOTICE)).unwrap_or(today);
    let mut due = fetch_all!(tx, FollowUpOut, DATED, person, today, notice)?;
    let timed = fetch_all!(tx, TimedRow, TIMED, person)?;
    due.extend(timed.into_iter().map(|TimedRow { kind, object_id, case_id, at }| {
        let due_on = at.with_timezone(&Oslo).date_naive();
        FollowUpOut { kind, object_id, case_id, due_on, overdue: false }
    }));
    for awaited in child_welfare_reports::awaited(tx, person).await? {
        let kind = match awaited.answer {
            AwaitedAnswer::Receipt => FollowUpKind::ReportReceipt,
            AwaitedAnswer::Review => FollowUpKind::ReportReview,
            AwaitedAnswer::Investigation => FollowUpKind::ReportInvestigation,
        };
        let (object_id, due_on) = (awaited.report.uuid(), awaited.due_on);
        due.push(FollowUpOut { kind, object_id, case_id: None, due_on, overdue: false });
    }
    for item in &mut due {
        item.overdue = item.due_on < today;
    }
    due.sort_by_key(FollowUpOut::place);
    Ok(due)
}
