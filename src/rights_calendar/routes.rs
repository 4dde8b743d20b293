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
        Asker, DAYS_AHEAD, Ending, EndingCause, Permit, Whole,
        actions::{EndTeamMembership, ReadConsent, ReadConsentStatus, ReadRightsCalendar},
        endings,
        objects::{CaseObject, ConsentObject},
    },
    kernel::{
        Id,
        ids::{Person, Unit},
    },
    problem::{Result, docs::ReadProblems},
};

/// Adds the operation to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(read_rights_calendar);
}

/// Returns the rights that the case loses within 90 days by the passing of time, and whose consent prevents it.
///
/// A consent ends, the child reaches an age from which it consents itself, a care order begins or ends, or the role of a member of the
/// team ends. The contact person sees all of it. A guardian sees what rests on their own consents. A young person sees, as well, what
/// needs their consent.
#[utoipa::path(
    operation_id = "read_rights_calendar", tag = "consents", params(("case_id" = Uuid, Path)),
    responses((status = 200, body = RightsCalendarOut, description = "The calendar"), ReadProblems),
)]
#[get("/cases/{case_id}/rights-calendar")]
async fn read_rights_calendar(mut permit: Permit<ReadRightsCalendar>) -> Result<HttpResponse> {
    let (case, asker, moment) = (permit.object().clone(), permit.asker(), permit.moment());
    let until = moment.today.checked_add_days(Days::new(DAYS_AHEAD)).unwrap_or(moment.today);
    let of_case = endings(permit.tx(), &[case.facts.id], moment).await?;
    let all = of_case.into_iter().flat_map(|(_, endings)| endings);
    let shown: Vec<Ending> = all.filter_map(|ending| seen(&asker, &case, ending)).collect();
    let seats = match case.facts.open && asker.may::<EndTeamMembership>(&case) {
        true => store::ending_seats(permit.tx(), &case.facts, until).await?,
        false => Vec::new(),
    };
    let units: Vec<Id<Unit>> =
        shown.iter().map(|ending| ending.unit).chain(seats.iter().map(|seat| seat.unit_id)).collect();
    let names = store::unit_names(permit.tx(), &units).await?;
    permit.note_shown(shown.iter().flat_map(|ending| ending.consents.iter().map(|(consent, _)| *consent)));
    let entries = shown.into_iter().map(|ending| entry(&case, ending));
    let mut entries: Vec<EndingOut> = entries.chain(seats.into_iter().map(entry_of_seat)).collect();
    for entry in &mut entries {
        entry.overdue = entry.on <= moment.today;
        entry.unit_name = names.get(&entry.unit_id).cloned().unwrap_or_default();
    }
    entries.sort_by_key(|entry| entry.on);
    permit.show(&RightsCalendarOut { until, endings: entries }.whole())
}

/// Returns the part of an ending that the caller sees: those who keep the consents see all of it, others what rests on a consent that they may
/// read, and the young person what needs their own.
fn seen(asker: &Asker, case: &CaseObject, mut ending: Ending) -> Option<Ending> {
    if !asker.reader(case).consented_units() {
        return None;
    }
    let keeps = asker.may::<ReadConsentStatus>(case);
    ending.consents.retain(|(id, given_by)| {
        asker.may::<ReadConsent>(&ConsentObject { case: case.clone(), id: *id, given_by: *given_by })
    });
    if !keeps {
        ending.to_consent.retain(|person| asker.caller().is(*person));
    }
    let is_asked = case.facts.relation.is_young_person && !ending.to_consent.is_empty();
    (keeps || is_asked || !ending.consents.is_empty()).then_some(ending)
}

fn entry(case: &CaseObject, ending: Ending) -> EndingOut {
    let Ending { on, cause, unit, kinds, consents, to_consent } = ending;
    // The record refers to the child by the id of its registration.
    let known = |person: Id<Person>| match person == case.facts.child_person {
        true => case.facts.child.uuid().into(),
        false => person,
    };
    EndingOut {
        on,
        overdue: false,
        cause,
        unit_id: unit,
        unit_name: String::new(),
        kinds,
        person_id: None,
        consent_ids: consents.into_iter().map(|(consent, _)| consent).collect(),
        to_consent: to_consent.into_iter().map(known).collect(),
    }
}

fn entry_of_seat(seat: EndingSeat) -> EndingOut {
    EndingOut {
        on: seat.ends_on,
        overdue: false,
        cause: EndingCause::RoleEnds,
        unit_id: seat.unit_id,
        unit_name: String::new(),
        kinds: Vec::new(),
        person_id: Some(seat.person_id),
        consent_ids: Vec::new(),
        to_consent: Vec::new(),
    }
}
