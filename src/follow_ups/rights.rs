//! Tasks about consents: to renew one before it ends, and to consent where somebody else must from a day on.

use chrono::{Days, Months, NaiveDate};

use super::dto::{FollowUpKind, FollowUpOut};
use crate::{
    access::{CaseState, Ending, EndingCause, endings},
    db::{DbError, Tx},
    fetch_all,
    identity::Caller,
    kernel::{Id, Moment, ids::Case},
};

/// The number of days before something ends that it becomes a task.
const NOTICE: u64 = 30;

/// Whether something in the case `c` may end or have ended: it is open, and a consent in it ends at the latest on `$2`, or the child was born
/// after `$3` and at the latest on `$4`, so that another may have to consent, or the child has a care order.
macro_rules! may_end_sql {
    () => {
        "c.status = 'open' AND (
            EXISTS (SELECT 1 FROM consent x WHERE x.municipality = c.municipality AND x.case_id = c.id
                    AND x.valid_until <= $2)
            OR EXISTS (SELECT 1 FROM child k WHERE k.municipality = c.municipality AND k.id = c.child_id
                       AND k.birth_date > $3 AND k.birth_date <= $4)
            OR EXISTS (SELECT 1 FROM care_order o WHERE o.municipality = c.municipality AND o.child_id = c.child_id
                       AND o.ended_at IS NULL))"
    };
}

/// The cases of the person `$1`, as contact person, guardian or child, in which something may end.
const OF_PERSON: &str = concat!(
    "
    SELECT c.id FROM (
        SELECT cp.municipality, cp.case_id FROM contact_person cp WHERE cp.person_id = $1
        UNION SELECT f.municipality, f.id FROM guardianship g
              JOIN care_case f ON f.municipality = g.municipality AND f.child_id = g.child_id
              WHERE g.guardian_id = $1 AND g.ended_at IS NULL
        UNION SELECT f.municipality, f.id FROM child h
              JOIN care_case f ON f.municipality = h.municipality AND f.child_id = h.id
              WHERE h.person_id = $1) AS own
    JOIN care_case c ON c.municipality = own.municipality AND c.id = own.case_id
    WHERE ",
    may_end_sql!(),
    " ORDER BY c.id"
);
/// The cases whose contact person takes part from the unit `$1`, which did not open the case, in which something may end.
const OF_UNIT: &str = concat!(
    "
    SELECT c.id FROM contact_person cp
    JOIN care_case c ON c.municipality = cp.municipality AND c.id = cp.case_id
    WHERE cp.unit_id = $1 AND c.unit_id <> $1 AND ",
    may_end_sql!(),
    " ORDER BY c.id"
);

/// Lists the tasks about what ends within [`NOTICE`] days, or has ended and is not settled: for the contact person, for the people who must
/// consent and, where the contact person's unit takes no part from that day on, for its leader.
pub(super) async fn list(tx: &mut Tx, caller: &Caller, moment: Moment) -> Result<Vec<FollowUpOut>, DbError> {
    let today = moment.today;
    let notice = today.checked_add_days(Days::new(NOTICE)).unwrap_or(today);
    // Another consents from birthdays between 12 and 18 (`data/kinds.toml`). An ending is listed for a year.
    let born = |years: u32| today.checked_sub_months(Months::new(12 * years)).unwrap_or(today);
    let (oldest, youngest) = (born(20), born(11));
    let mut cases: Vec<Id<Case>> = Vec::new();
    for person in caller.persons() {
        let found = fetch_all!(tx, (Id<Case>,), OF_PERSON, person, notice, oldest, youngest)?;
        cases.extend(found.into_iter().map(|(id,)| id));
    }
    for unit in caller.units_led() {
        let found = fetch_all!(tx, (Id<Case>,), OF_UNIT, unit, notice, oldest, youngest)?;
        cases.extend(found.into_iter().map(|(id,)| id));
    }
    cases.sort_unstable();
    cases.dedup();
    let mut tasks = Vec::new();
    for (case, endings) in endings(tx, &cases, moment).await? {
        let near = endings.iter().filter(|ending| last_day(ending) <= notice);
        tasks.extend(near.flat_map(|ending| of_ending(&case, ending, caller)));
    }
    Ok(tasks)
}

/// The last day before something ends.
fn last_day(ending: &Ending) -> NaiveDate {
    ending.on.pred_opt().unwrap_or(ending.on)
}

/// The caller's tasks about an ending: one for each consent to renew, and one if somebody else must consent.
fn of_ending(case: &CaseState, ending: &Ending, caller: &Caller) -> Vec<FollowUpOut> {
    let keeps = caller.is(case.contact_person)
        || (ending.ends_participation()
            && ending.unit == case.contact_unit
            && caller.units_led().contains(&ending.unit));
    let due_on = last_day(ending);
    let renewable = ending.consents.iter().filter(|(_, given_by)| {
        ending.cause == EndingCause::ConsentEnds && ending.to_consent.contains(given_by)
    });
    let renewable: Vec<_> = renewable.collect();
    let theirs = renewable.iter().filter(|(_, given_by)| keeps || caller.is(*given_by));
    let mut tasks: Vec<FollowUpOut> = theirs
        .map(|(consent, _)| {
            FollowUpOut::on(FollowUpKind::RenewConsent, consent.uuid(), Some(case.id), due_on)
        })
        .collect();
    let mut others =
        ending.to_consent.iter().filter(|person| !renewable.iter().any(|(_, given_by)| given_by == *person));
    if others.any(|person| keeps || caller.is(*person)) {
        tasks.push(FollowUpOut::on(FollowUpKind::NewConsents, case.id.uuid(), Some(case.id), due_on));
    }
    tasks
}
