//! Follow-ups, collected from the objects they are about: the next ones of each kind after a position.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    absences, care_orders,
    dto::{FollowUpKind, FollowUpOut, Place},
    pregnancies, referrals,
    rows::TaskRow,
};
use crate::{
    breaches,
    child_welfare_reports::{self, AwaitedAnswer},
    claims::{self, Pending},
    conflicts_of_interest::{self, ANSWER_WITHIN},
    db::{DbError, Tx},
    fetch_all,
    identity::Caller,
    is_away_sql, is_disqualified_sql,
    kernel::{
        Id, Moment, Slice,
        ids::{Person, Unit},
    },
    persons_of_sql, role_counts_sql, role_is_held_sql, same_human_sql,
};

/// The number of days before a withholding is reviewed that a reminder appears.
const REVIEW_NOTICE: u64 = 30;
/// The number of days before a role ends that its leader is reminded.
const ROLE_NOTICE: u64 = 30;

/// A person's tasks with a date or a time, after a position: `$2` and `$3` for those with a date, `$4` and `$5` for
/// those with a time. The rules decide afterwards what the person may see. Each kind follows its own index, so that only
/// the tasks of the person are read.
const DUE: &str = concat!(
    "
    SELECT kind, object_id, case_id, due_on, NULL AS at FROM (
        SELECT 'evaluate_measure' AS kind, m.id AS object_id, m.case_id, m.evaluate_on AS due_on
        FROM measure m
        WHERE m.responsible_id = $1 AND m.status = 'in_force' AND (m.evaluate_on, m.id) > ($2, $3)
        ORDER BY m.evaluate_on, m.id LIMIT $6) AS responsible
    UNION ALL
    SELECT kind, object_id, case_id, NULL, at FROM (
        SELECT 'meeting' AS kind, m.id AS object_id, m.case_id, m.starts_at AS at
        FROM meeting_participant p CROSS JOIN meeting m
        WHERE p.person_id = $1 AND m.municipality = p.municipality AND m.id = p.meeting_id AND m.status = 'planned'
          AND (m.starts_at, m.id) > ($4, $5)
        ORDER BY m.starts_at, m.id LIMIT $6) AS invited
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'evaluate_measure' AS kind, m.id AS object_id, m.case_id, m.evaluate_on AS due_on
        FROM contact_person cp CROSS JOIN measure m
        WHERE cp.person_id = $1 AND m.municipality = cp.municipality AND m.case_id = cp.case_id AND m.status = 'in_force'
          AND (m.evaluate_on, m.id) > ($2, $3)
        ORDER BY m.evaluate_on, m.id LIMIT $6) AS contact
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'next_step' AS kind, n.id AS object_id, n.case_id, n.due_on
        FROM next_step n
        WHERE n.person_id = $1 AND n.pending_in IS NOT NULL AND (n.due_on, n.id) > ($2, $3)
        ORDER BY n.due_on, n.id LIMIT $6) AS held
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'next_step' AS kind, n.id AS object_id, n.case_id, n.due_on
        FROM contact_person cp CROSS JOIN next_step n
        WHERE cp.person_id = $1 AND n.municipality = cp.municipality AND n.pending_in = cp.case_id AND (n.due_on, n.id) > ($2, $3)
        ORDER BY n.due_on, n.id LIMIT $6) AS coordinated
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'next_step' AS kind, n.id AS object_id, n.case_id, n.due_on
        FROM (SELECT g.municipality, g.child_id FROM guardianship g WHERE g.guardian_id = $1 AND g.ended_at IS NULL
              UNION SELECT k.municipality, k.id FROM child k WHERE k.person_id = $1) AS own
        CROSS JOIN care_case c CROSS JOIN next_step n
        WHERE c.municipality = own.municipality AND c.child_id = own.child_id AND n.municipality = c.municipality
          AND n.pending_in = c.id AND n.held_by = 'family' AND (n.due_on, n.id) > ($2, $3)
        ORDER BY n.due_on, n.id LIMIT $6) AS of_family
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'transition' AS kind, t.id AS object_id, t.case_id, t.moves_on AS due_on
        FROM contact_person cp CROSS JOIN transition t
        WHERE cp.person_id = $1 AND t.municipality = cp.municipality AND t.case_id = cp.case_id AND t.status = 'planned'
          AND (t.moves_on, t.id) > ($2, $3)
        ORDER BY t.moves_on, t.id LIMIT $6) AS moving
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'accept_transition' AS kind, t.id AS object_id, t.case_id, t.moves_on AS due_on
        FROM transition t WHERE t.to_person = $1 AND t.status = 'planned' AND (t.moves_on, t.id) > ($2, $3)
        ORDER BY t.moves_on, t.id LIMIT $6) AS asked
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'answer_transition' AS kind, t.id AS object_id, t.case_id, t.moves_on AS due_on
        FROM (SELECT g.municipality, g.child_id FROM guardianship g WHERE g.guardian_id = $1 AND g.ended_at IS NULL
              UNION SELECT k.municipality, k.id FROM child k WHERE k.person_id = $1
              UNION SELECT o.municipality, o.child_id FROM care_order o WHERE o.child_welfare_person_id = $1 AND o.ended_at IS NULL) AS own
        CROSS JOIN care_case c CROSS JOIN transition t
        WHERE c.municipality = own.municipality AND c.child_id = own.child_id AND t.municipality = c.municipality AND t.case_id = c.id
          AND t.status = 'planned' AND (t.moves_on, t.id) > ($2, $3)
          AND NOT EXISTS (SELECT 1 FROM transition_answer w
                          WHERE w.municipality = t.municipality AND w.transition_id = t.id AND w.person_id IN ",
    persons_of_sql!("$1"),
    ")
        ORDER BY t.moves_on, t.id LIMIT $6) AS to_answer
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'answer_consent_request' AS kind, q.id AS object_id, q.case_id, q.answer_by AS due_on
        FROM (SELECT g.municipality, g.child_id FROM guardianship g WHERE g.guardian_id = $1 AND g.ended_at IS NULL
              UNION SELECT k.municipality, k.id FROM child k WHERE k.person_id = $1
              UNION SELECT o.municipality, o.child_id FROM care_order o WHERE o.child_welfare_person_id = $1 AND o.ended_at IS NULL) AS own
        CROSS JOIN care_case c CROSS JOIN consent_request q
        WHERE c.municipality = own.municipality AND c.child_id = own.child_id AND q.municipality = c.municipality AND q.case_id = c.id
          AND q.status = 'open' AND q.valid_until >= $7 AND (q.answer_by, q.id) > ($2, $3)
          AND NOT EXISTS (SELECT 1 FROM consent_request_answer w
                          WHERE w.municipality = q.municipality AND w.request_id = q.id AND ",
    same_human_sql!("w.person_id", "$1"),
    ")
        ORDER BY q.answer_by, q.id LIMIT $6) AS asked_for_consent
    UNION ALL
    SELECT kind, object_id, case_id, NULL, at FROM (
        SELECT 'consent_refused' AS kind, w.request_id AS object_id, w.case_id, w.answered_at AS at
        FROM contact_person cp CROSS JOIN consent_request_answer w
        WHERE cp.person_id = $1 AND w.municipality = cp.municipality AND w.case_id = cp.case_id AND NOT w.agrees
          AND (w.answered_at, w.request_id) > ($4, $5)
          AND NOT EXISTS (SELECT 1 FROM next_step n
                          WHERE n.municipality = w.municipality AND n.case_id = w.case_id AND n.set_at > w.answered_at)
        ORDER BY w.answered_at, w.request_id LIMIT $6) AS refused
    UNION ALL
    SELECT kind, object_id, NULL, due_on, NULL FROM (
        SELECT 'decide_concern' AS kind, c.id AS object_id, c.decide_by AS due_on
        FROM concern c LEFT JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
        WHERE c.author_id = $1 AND c.decision IS NULL AND (c.decide_by, c.id) > ($2, $3)
          AND EXISTS (SELECT 1 FROM staff_role r WHERE r.unit_id = c.unit_id AND r.role = 'worker' AND r.person_id IN ",
    persons_of_sql!("$1"),
    " AND ",
    role_counts_sql!("r", "$7"),
    ")
          AND NOT (k.person_id IS NOT NULL AND ",
    is_disqualified_sql!("$1", "k.person_id"),
    ")
        ORDER BY c.decide_by, c.id LIMIT $6) AS written
    UNION ALL
    SELECT kind, object_id, case_id, NULL, at FROM (
        SELECT 'answer_handover' AS kind, h.id AS object_id, h.case_id, h.offered_at AS at
        FROM handover h
        WHERE h.to_person = $1 AND h.status = 'offered' AND (h.offered_at, h.id) > ($4, $5)
        ORDER BY h.offered_at, h.id LIMIT $6) AS offered
    UNION ALL
    SELECT kind, object_id, case_id, NULL, at FROM (
        SELECT 'emergency_access' AS kind, e.id AS object_id, e.case_id, e.started_at AS at
        FROM contact_person cp CROSS JOIN emergency_access e
        WHERE cp.person_id = $1 AND e.municipality = cp.municipality AND e.case_id = cp.case_id AND e.reviewed_at IS NULL
          AND NOT (", same_human_sql!("e.person_id", "$1"), ") AND (e.started_at, e.id) > ($4, $5)
        ORDER BY e.started_at, e.id LIMIT $6) AS opened
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'review_withholding' AS kind, w.id AS object_id, w.case_id, w.review_on AS due_on
        FROM contact_person cp CROSS JOIN withholding w
        WHERE cp.person_id = $1 AND w.municipality = cp.municipality AND w.case_id = cp.case_id
          AND w.ended_at IS NULL AND w.review_on <= $8 AND (w.review_on, w.id) > ($2, $3)
        ORDER BY w.review_on, w.id LIMIT $6) AS withheld
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'review_withholding' AS kind, w.id AS object_id, w.case_id, w.review_on AS due_on
        FROM withholding w
        WHERE w.decided_by = $1 AND w.ended_at IS NULL AND w.review_on <= $8 AND (w.review_on, w.id) > ($2, $3)
        ORDER BY w.review_on, w.id LIMIT $6) AS decided"
);
/// A person's tasks as leader of the unit `$7`.
const DUE_TO_LEADER: &str = concat!(
    "
    SELECT kind, object_id, NULL AS case_id, due_on, NULL AS at FROM (
        SELECT 'decide_concern' AS kind, c.id AS object_id, c.decide_by AS due_on
        FROM concern c LEFT JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
        WHERE c.unit_id = $7 AND c.decision IS NULL AND (c.decide_by, c.id) > ($2, $3)
          AND NOT (k.person_id IS NOT NULL AND ",
    is_disqualified_sql!("$1", "k.person_id"),
    ")
        ORDER BY c.decide_by, c.id LIMIT $6) AS recorded
    UNION ALL
    SELECT kind, object_id, case_id, NULL, at FROM (
        SELECT 'emergency_access' AS kind, e.id AS object_id, e.case_id, e.started_at AS at
        FROM (SELECT id FROM care_case WHERE unit_id = $7 UNION SELECT case_id FROM contact_person WHERE unit_id = $7) AS c
        CROSS JOIN emergency_access e
        WHERE e.case_id = c.id AND e.reviewed_at IS NULL AND NOT (", same_human_sql!("e.person_id", "$1"), ") AND (e.started_at, e.id) > ($4, $5)
        ORDER BY e.started_at, e.id LIMIT $6) AS opened
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'next_step' AS kind, n.id AS object_id, n.case_id, n.due_on
        FROM (SELECT municipality, id FROM care_case WHERE unit_id = $7
              UNION SELECT municipality, case_id FROM contact_person WHERE unit_id = $7) AS c
        CROSS JOIN next_step n
        WHERE n.municipality = c.municipality AND n.pending_in = c.id AND n.due_on < $8 AND (n.due_on, n.id) > ($2, $3)
        ORDER BY n.due_on, n.id LIMIT $6) AS overdue
    UNION ALL
    SELECT kind, object_id, case_id, due_on, NULL FROM (
        SELECT 'accept_transition' AS kind, t.id AS object_id, t.case_id, t.moves_on AS due_on
        FROM transition t WHERE t.to_unit = $7 AND t.status = 'planned' AND (t.moves_on, t.id) > ($2, $3)
        ORDER BY t.moves_on, t.id LIMIT $6) AS offered
    UNION ALL
    SELECT kind, object_id, NULL, due_on, NULL FROM (
        SELECT 'role_ends' AS kind, r.id AS object_id, r.ends_on AS due_on FROM staff_role r
        WHERE r.unit_id = $7 AND r.ends_on <= $9 AND (r.ends_on, r.id) > ($2, $3) AND ",
    role_is_held_sql!("r", "$8"),
    "
        ORDER BY r.ends_on, r.id LIMIT $6) AS ending
    UNION ALL
    SELECT kind, object_id, NULL, due_on, NULL FROM (
        SELECT 'review_informing' AS kind, d.id AS object_id, i.inform_from AS due_on
        FROM disclosure d JOIN disclosure_informing i ON i.municipality = d.municipality AND i.disclosure_id = d.id
        WHERE d.unit_id = $7 AND i.inform_from > $8 AND (i.inform_from, d.id) > ($2, $3)
          AND NOT EXISTS (SELECT 1 FROM disclosure_informing l
                          WHERE l.municipality = i.municipality AND l.disclosure_id = i.disclosure_id AND l.id > i.id)
        ORDER BY i.inform_from, d.id LIMIT $6) AS delayed"
);
/// The roles in the municipality `$4` that end soon and need two administrators to be renewed.
const DUE_TO_ADMINISTRATOR: &str = concat!(
    "
    SELECT 'role_ends' AS kind, r.id AS object_id, NULL AS case_id, r.ends_on AS due_on, NULL AS at
    FROM staff_role r JOIN unit u ON u.id = r.unit_id
    WHERE u.municipality = $4 AND r.role IN ('unit_leader', 'administrator', 'auditor')
      AND r.ends_on <= $6 AND (r.ends_on, r.id) > ($1, $2) AND ",
    role_is_held_sql!("r", "$5"),
    " ORDER BY r.ends_on, r.id LIMIT $3"
);
/// The units of the municipality `$4` where somebody works, or which answer for a care order, and which nobody leads who is not away. The tasks of a leader have nobody there.
const LEADERLESS: &str = concat!(
    "
    SELECT 'name_leader' AS kind, u.id AS object_id, NULL AS case_id, $5 AS due_on, NULL AS at FROM unit u
    WHERE u.municipality = $4 AND ($5, u.id) > ($1, $2)
      AND (EXISTS (SELECT 1 FROM care_order o WHERE o.child_welfare_unit_id = u.id AND o.ended_at IS NULL)
           OR EXISTS (SELECT 1 FROM staff_role r WHERE r.unit_id = u.id AND r.role = 'worker' AND ",
    role_counts_sql!("r", "$5"),
    "))
      AND NOT EXISTS (SELECT 1 FROM staff_role r WHERE r.unit_id = u.id AND r.role = 'unit_leader' AND ",
    role_counts_sql!("r", "$5"),
    " AND NOT ",
    is_away_sql!("r.person_id", "u.id", "$5"),
    ")
    ORDER BY u.id LIMIT $3"
);

/// Lists a person's next tasks after a position, earliest first, with those about consents among them.
pub(super) async fn list(
    tx: &mut Tx,
    caller: &Caller,
    moment: Moment,
    Slice { after, limit }: Slice<Place>,
    about_consents: &[FollowUpOut],
) -> Result<Vec<FollowUpOut>, DbError> {
    let (today, mut rows) = (moment.today, Vec::new());
    // Most people are one person. A leader leads one or two units.
    for person in caller.persons() {
        rows.extend(due(tx, person, today, after, limit).await?);
    }
    for unit in caller.units_led() {
        rows.extend(due_to_leader(tx, caller.account, unit, today, after, limit).await?);
    }
    for municipality in caller.administers() {
        rows.extend(due_to_administrator(tx, municipality, today, after, limit).await?);
    }
    let mut due: Vec<FollowUpOut> = rows.into_iter().filter_map(TaskRow::task).collect();
    due.extend(statements(tx, caller, moment, after, limit).await?);
    due.extend(care_orders::list(tx, caller, moment, after, limit).await?);
    due.extend(referrals::list(tx, caller, after, limit).await?);
    due.extend(absences::list(tx, caller, moment, after, limit).await?);
    due.extend(pregnancies::list(tx, caller, after, limit).await?);
    due.extend_from_slice(about_consents);
    for awaited in child_welfare_reports::awaited(tx, caller, moment).await? {
        let kind = match awaited.answer {
            AwaitedAnswer::Receipt => FollowUpKind::ReportReceipt,
            AwaitedAnswer::Review => FollowUpKind::ReportReview,
            AwaitedAnswer::Investigation => FollowUpKind::ReportInvestigation,
        };
        due.push(FollowUpOut::on(kind, awaited.report.uuid(), None, awaited.due_on));
    }
    due.retain(|item| item.place() > after);
    // One object is one task. A move that the caller must accept or answer is not also one that they await.
    due.sort_by_key(|item| (item.place(), item.kind == FollowUpKind::Transition));
    due.dedup_by_key(|item| item.place());
    due.truncate(limit);
    for item in &mut due {
        item.overdue = item.is_overdue(moment);
    }
    Ok(due)
}

async fn due(
    tx: &mut Tx,
    person: Id<Person>,
    today: NaiveDate,
    after: Place,
    limit: usize,
) -> Result<Vec<TaskRow>, DbError> {
    let notice = today.checked_add_days(Days::new(REVIEW_NOTICE)).unwrap_or(today);
    let ((day, day_id), most) = (after.among_days(), i64::try_from(limit).unwrap_or(i64::MAX));
    fetch_all!(tx, TaskRow, DUE, person, day, day_id, after.at, after.id, most, today, notice)
}

async fn due_to_leader(
    tx: &mut Tx,
    person: Id<Person>,
    unit: Id<Unit>,
    today: NaiveDate,
    after: Place,
    limit: usize,
) -> Result<Vec<TaskRow>, DbError> {
    let notice = today.checked_add_days(Days::new(ROLE_NOTICE)).unwrap_or(today);
    let ((day, day_id), most) = (after.among_days(), i64::try_from(limit).unwrap_or(i64::MAX));
    fetch_all!(tx, TaskRow, DUE_TO_LEADER, person, day, day_id, after.at, after.id, most, unit, today, notice)
}

async fn due_to_administrator(
    tx: &mut Tx,
    municipality: &str,
    today: NaiveDate,
    after: Place,
    limit: usize,
) -> Result<Vec<TaskRow>, DbError> {
    let notice = today.checked_add_days(Days::new(ROLE_NOTICE)).unwrap_or(today);
    let ((day, day_id), most) = (after.among_days(), i64::try_from(limit).unwrap_or(i64::MAX));
    let mut due =
        fetch_all!(tx, TaskRow, DUE_TO_ADMINISTRATOR, day, day_id, most, municipality, today, notice)?;
    due.extend(fetch_all!(tx, TaskRow, LEADERLESS, day, day_id, most, municipality, today)?);
    Ok(due)
}

/// The statements of others that the caller must decide: as contact person, as auditor, or as leader.
async fn statements(
    tx: &mut Tx,
    caller: &Caller,
    moment: Moment,
    after: Place,
    limit: usize,
) -> Result<Vec<FollowUpOut>, DbError> {
    let (person, after) = (caller.account, (after.at, after.id));
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut claims = Vec::new();
    for person in caller.persons() {
        claims.extend(claims::pending_with(tx, person, after, most).await?);
    }
    for municipality in caller.audits() {
        claims.extend(claims::pending_in(tx, municipality, person, after, most, moment.now).await?);
    }
    let claim = |claim: Pending| {
        FollowUpOut::at(FollowUpKind::DecideClaim, claim.id, claim.case_id, claim.stated_at)
            .about(claim.child_id)
    };
    let mut due: Vec<FollowUpOut> = claims.into_iter().map(claim).collect();
    for municipality in caller.audits() {
        for step in breaches::pending_in(tx, municipality, person, after, most).await? {
            let item = FollowUpOut::at(FollowUpKind::BreachStep, step.id, None, step.due_at);
            due.push(item.about(step.child_id));
        }
    }
    due.extend(undecided_conflicts(tx, caller, moment.today, after, most).await?);
    Ok(due)
}

/// The conflicts of interest that others have stated: those that the caller decides on as a leader, and those about the caller.
async fn undecided_conflicts(
    tx: &mut Tx,
    caller: &Caller,
    today: NaiveDate,
    after: (DateTime<Utc>, Uuid),
    most: i64,
) -> Result<Vec<FollowUpOut>, DbError> {
    let (person, mut due) = (caller.account, Vec::new());
    // A task is due some days after it was stated, which orders it in the same way.
    let after = (after.0 - ANSWER_WITHIN, after.1);
    let task = |kind, id, at: DateTime<Utc>| FollowUpOut::at(kind, id, None, at + ANSWER_WITHIN);
    for unit in caller.units_led() {
        let stated = conflicts_of_interest::unconfirmed(tx, (unit, person), today, after, most).await?;
        let of_unit = |(id, at)| task(FollowUpKind::ConfirmConflict, id, at).of_unit(unit);
        due.extend(stated.into_iter().map(of_unit));
    }
    let municipalities: BTreeSet<&str> = caller.leads().map(|held| held.municipality.as_str()).collect();
    for municipality in municipalities {
        let whose = (municipality, person);
        let stated = conflicts_of_interest::unconfirmed_above(tx, whose, today, after, most).await?;
        let of_unit = |(id, unit, at)| task(FollowUpKind::ConfirmConflict, id, at).of_unit(unit);
        due.extend(stated.into_iter().map(of_unit));
    }
    for person in caller.persons() {
        let stated = conflicts_of_interest::unanswered(tx, person, after, most).await?;
        due.extend(stated.into_iter().map(|(id, at)| task(FollowUpKind::GiveView, id, at)));
    }
    Ok(due)
}
