//! Tasks about consents: to renew one before it ends, and to consent where somebody else must from a day on.

use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate};

use super::dto::{FollowUpKind, FollowUpOut};
use crate::{
    access::{
        Asker, Calendar, CaseFacts, CaseState, Ending, EndingCause, actions::ReadConsentStatus, calendars,
        objects::CaseObject,
    },
    db::{DbError, Tx},
    fetch_all,
    kernel::{
        Id, Moment,
        ids::{Case, Person},
        vocabulary::InformationKind,
    },
};

/// The number of days before something ends that it becomes a task.
const NOTICE: u64 = 30;
/// The number of days for which something that has ended is a task.
const LISTED: u64 = 366;

/// Whether the case `c` has something to lose: it is open, and somebody has consented to something in it.
macro_rules! may_end_sql {
    () => {
        "c.status = 'open' AND EXISTS (SELECT 1 FROM consent x WHERE x.municipality = c.municipality AND x.case_id = c.id)"
    };
}

/// The open cases with consents of the person `$1`, as contact person, guardian, child or responsible for a care order.
const OF_PERSON: &str = concat!(
    "
    SELECT c.id FROM (
        SELECT cp.municipality, cp.case_id FROM contact_person cp WHERE cp.person_id = $1
        UNION SELECT f.municipality, f.id FROM guardianship g
              JOIN care_case f ON f.municipality = g.municipality AND f.child_id = g.child_id
              WHERE g.guardian_id = $1 AND g.ended_at IS NULL
        UNION SELECT f.municipality, f.id FROM child h
              JOIN care_case f ON f.municipality = h.municipality AND f.child_id = h.id
              WHERE h.person_id = $1
        UNION SELECT f.municipality, f.id FROM care_order o
              JOIN care_case f ON f.municipality = o.municipality AND f.child_id = o.child_id
              WHERE o.child_welfare_person_id = $1 AND o.ended_at IS NULL) AS own
    JOIN care_case c ON c.municipality = own.municipality AND c.id = own.case_id
    WHERE ",
    may_end_sql!(),
    " ORDER BY c.id"
);
/// The open cases with consents that the unit `$1` opened, or whose contact person takes part from it, where these are two units.
const OF_UNIT: &str = concat!(
    "
    SELECT c.id FROM (
        SELECT h.municipality, h.case_id FROM contact_person h
        JOIN care_case f ON f.municipality = h.municipality AND f.id = h.case_id
        WHERE h.unit_id = $1 AND f.unit_id <> $1
        UNION SELECT f.municipality, f.id FROM care_case f
        JOIN contact_person h ON h.municipality = f.municipality AND h.case_id = f.id
        WHERE f.unit_id = $1 AND h.unit_id <> $1) AS held
    JOIN care_case c ON c.municipality = held.municipality AND c.id = held.case_id
    WHERE ",
    may_end_sql!(),
    " ORDER BY c.id"
);

/// Lists the tasks about what ends within [`NOTICE`] days, or has ended and is not settled: for the contact person, for the people who must
/// consent and, where the contact person's unit takes no part from that day on, for the leader of the unit that is responsible.
pub(super) async fn list(tx: &mut Tx, asker: &Asker, moment: Moment) -> Result<Vec<FollowUpOut>, DbError> {
    let (caller, today) = (asker.caller(), moment.today);
    let notice = today.checked_add_days(Days::new(NOTICE)).unwrap_or(today);
    let since = today.checked_sub_days(Days::new(LISTED)).unwrap_or(today);
    let mut cases: Vec<Id<Case>> = Vec::new();
    for person in caller.persons() {
        let found = fetch_all!(tx, (Id<Case>,), OF_PERSON, person)?;
        cases.extend(found.into_iter().map(|(id,)| id));
    }
    for unit in caller.units_led() {
        let found = fetch_all!(tx, (Id<Case>,), OF_UNIT, unit)?;
        cases.extend(found.into_iter().map(|(id,)| id));
    }
    cases.sort_unstable();
    cases.dedup();
    let calendars = calendars(tx, &cases, moment).await?;
    let tasks = calendars.iter().flat_map(|calendar| of_calendar(calendar, asker, since..=notice));
    Ok(tasks.collect())
}

/// The caller's tasks in a case. The contact person renews every consent. Others have their own. The leader knows of none, and only that the contact
/// person's unit loses the case.
fn of_calendar(calendar: &Calendar, asker: &Asker, days: RangeInclusive<NaiveDate>) -> Vec<FollowUpOut> {
    let (case, caller) = (&calendar.state, asker.caller());
    let facts = CaseFacts::in_list(case.clone(), caller);
    let leads = facts.relation.leads_contact_unit;
    let keeps = asker.may::<ReadConsentStatus>(&CaseObject { facts });
    let is_near = |ending: &Ending| days.contains(&due_on(ending));
    let mut tasks = Vec::new();
    for ending in calendar.seen_by(caller, keeps).iter().filter(|ending| is_near(ending)) {
        let renewable = |given_by: &Id<Person>| {
            ending.cause == EndingCause::ConsentEnds && ending.to_consent.contains(given_by)
        };
        let renewed = ending.consents.iter().filter(|(_, given_by)| renewable(given_by));
        tasks.extend(renewed.map(|(consent, _)| {
            FollowUpOut::on(FollowUpKind::RenewConsent, consent.uuid(), Some(case.id), due_on(ending))
        }));
        let gave = |person: &Id<Person>| ending.consents.iter().any(|(_, given_by)| given_by == person);
        if ending.to_consent.iter().any(|person| !(renewable(person) && gave(person))) {
            tasks.push(new_consents(case, ending));
        }
    }
    if leads && !keeps {
        let lost =
            |ending: &&Ending| ending.unit == case.contact_unit && ending.kind == InformationKind::Agreed;
        let of_case = calendar.of_case();
        let lost = of_case.iter().filter(lost).filter(|ending| is_near(ending));
        tasks.extend(lost.map(|ending| new_consents(case, ending)));
    }
    tasks
}

fn new_consents(case: &CaseState, ending: &Ending) -> FollowUpOut {
    FollowUpOut::on(FollowUpKind::NewConsents, case.id.uuid(), Some(case.id), due_on(ending))
}

/// The day on which a task about an ending is due: the last day of a consent or, where nobody can consent before, the day of the change.
fn due_on(ending: &Ending) -> NaiveDate {
    match ending.cause {
        EndingCause::ConsentEnds => ending.on.pred_opt().unwrap_or(ending.on),
        _ => ending.on,
    }
}
