//! The operation on the calendar of rights.

use actix_web::{HttpResponse, get};
use chrono::Days;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{EndingOut, RightsCalendarOut},
    store::{self, EndingSeat},
};
use crate::{
    access::{
        DAYS_AHEAD, Ending, EndingCause, Permit, Whole,
        actions::{EndTeamMembership, ReadConsentStatus, ReadRightsCalendar},
        calendars,
        objects::CaseObject,
    },
    kernel::{
        Id,
        ids::{Person, Unit},
    },
    organisation::unit_names,
    problem::{Result, docs::ReadProblems},
};

/// Adds the operation to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(read_rights_calendar);
}

/// Returns the rights that the case loses within 90 days by the passing of time, and whose consent is needed then.
///
/// A consent ends, the child reaches an age from which it consents itself, another must consent, or the role of a member of the team ends.
/// The contact person sees all of it. Others see what follows from their own consents alone. A young person, and the person in child
/// welfare who decides by a care order, see what needs their consent as well.
#[utoipa::path(
    operation_id = "read_rights_calendar", tag = "consents", params(("case_id" = Uuid, Path)),
    responses((status = 200, body = RightsCalendarOut, description = "The calendar"), ReadProblems),
)]
#[get("/cases/{case_id}/rights-calendar")]
async fn read_rights_calendar(mut permit: Permit<ReadRightsCalendar>) -> Result<HttpResponse> {
    let (case, asker, moment) = (permit.object().clone(), permit.asker(), permit.moment());
    let until = moment.today.checked_add_days(Days::new(DAYS_AHEAD)).unwrap_or(moment.today);
    let keeps = asker.may::<ReadConsentStatus>(&case);
    let calendar = calendars(permit.tx(), &[case.facts.id], moment).await?.pop();
    let endings = calendar.filter(|_| asker.reader(&case).consented_units());
    let endings = endings.map_or_else(Vec::new, |calendar| calendar.seen_by(asker.caller(), keeps));
    let seats = match case.facts.open && asker.may::<EndTeamMembership>(&case) {
        true => store::ending_seats(permit.tx(), &case.facts, until).await?,
        false => Vec::new(),
    };
    permit.note_shown(endings.iter().flat_map(|ending| ending.consents.iter().map(|(consent, _)| *consent)));
    let mut entries: Vec<EndingOut> = seats.into_iter().map(entry_of_seat).collect();
    for ending in endings {
        add(&mut entries, &case, ending);
    }
    let units: Vec<Id<Unit>> = entries.iter().map(|entry| entry.unit_id).collect();
    let names = unit_names(permit.tx(), &units).await?;
    for entry in &mut entries {
        entry.overdue = entry.on <= moment.today;
        entry.unit_name = names.get(&entry.unit_id).cloned().unwrap_or_default();
    }
    entries.sort_by_key(|entry| entry.on);
    permit.show(&RightsCalendarOut { until, endings: entries }.whole())
}

/// Adds an ending to the entry of the same unit, day and cause, or as a new entry.
fn add(entries: &mut Vec<EndingOut>, case: &CaseObject, ending: Ending) {
    let Ending { on, cause, unit, kind, consents, to_consent } = ending;
    // The record refers to the child by the id of its registration.
    let known = |person: Id<Person>| match person == case.facts.child_person {
        true => case.facts.child.uuid().into(),
        false => person,
    };
    let same = entries.iter().position(|entry| (entry.on, entry.cause, entry.unit_id) == (on, cause, unit));
    let at = same.unwrap_or_else(|| {
        entries.push(EndingOut::empty(on, cause, unit));
        entries.len() - 1
    });
    if let Some(entry) = entries.get_mut(at) {
        entry.kinds.push(kind);
        let consents = consents.into_iter().map(|(consent, _)| consent);
        entry.consent_ids.extend(consents);
        entry.to_consent.extend(to_consent.into_iter().map(known));
        entry.consent_ids.sort_unstable();
        entry.consent_ids.dedup();
        entry.to_consent.sort_unstable();
        entry.to_consent.dedup();
    }
}

fn entry_of_seat(seat: EndingSeat) -> EndingOut {
    let EndingSeat { person_id, unit_id, ends_on } = seat;
    EndingOut { person_id: Some(person_id), ..EndingOut::empty(ends_on, EndingCause::RoleEnds, unit_id) }
}
