//! The operations on consents.

use std::collections::HashSet;

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{ConsentForm, ConsentIn, ConsentOut, WithdrawalIn},
    store,
};
use crate::{
    access::{
        CaseFacts, Permit,
        actions::{GiveConsent, ListConsents, ReadConsent, WithdrawConsent},
        case_facts,
        objects::{CaseObject, ConsentObject},
    },
    db::Tx,
    handovers,
    kernel::{
        Id, Page, PageQuery,
        ids::{Person, Unit},
    },
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
    teams,
};

/// Units a consent names at the most.
const MAX_UNITS: usize = 50;

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_consents).service(give_consent).service(read_consent).service(withdraw_consent);
}

/// Lists the consents of a case: to the contact person all, to a guardian or young person their own.
#[utoipa::path(
    operation_id = "list_consents", tag = "consents", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<ConsentOut>, description = "The consents the caller may read"), ReadProblems),
)]
#[get("/cases/{case_id}/consents")]
async fn list_consents(mut permit: Permit<ListConsents>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let case = permit.object().clone();
    let fetch = async |tx: &mut Tx, after, limit| store::list(tx, &case.facts, after, limit).await;
    let may_read = |permit: &Permit<_>, row: &ConsentOut| permit.may::<ReadConsent>(&object(&case, row));
    let page = permit.page(&query, fetch, |row| row.id.uuid(), may_read).await?;
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page)
}

/// Reads a consent.
#[utoipa::path(
    operation_id = "read_consent", tag = "consents", params(("case_id" = Uuid, Path), ("consent_id" = Uuid, Path)),
    responses((status = 200, body = ConsentOut, description = "The consent"), ReadProblems),
)]
#[get("/cases/{case_id}/consents/{consent_id}")]
async fn read_consent(mut permit: Permit<ReadConsent>) -> Result<HttpResponse> {
    let (case, id) = (permit.object().case.facts.clone(), permit.object().id);
    let consent = store::get(permit.tx(), &case, id).await?;
    permit.show_version(consent.version, &consent)
}

/// Gives consent for oneself, or records the consent of someone who gave it on paper or by word of mouth.
///
/// Those who must consent are every holder of parental responsibility, or the young person of age alone; under a care
/// order, the one in child welfare who decides for the child.
#[utoipa::path(
    operation_id = "give_consent", tag = "consents", params(("case_id" = Uuid, Path)), request_body = ConsentIn,
    responses((status = 201, body = ConsentOut, description = "The consent"), WriteProblems),
)]
#[post("/cases/{case_id}/consents")]
async fn give_consent(mut permit: Permit<GiveConsent>) -> Result<HttpResponse> {
    let input: ConsentIn = permit.input()?;
    permit.require_open()?;
    let case = permit.object().facts.clone();
    let (given_by, form) = giver(&case, permit.caller().person, &input)?;
    let today = permit.today();
    let valid_from = input.valid_from.unwrap_or(today);
    if input.valid_until < valid_from || input.valid_until < today {
        return Err(Problem::field("/valid_until", "must not be before valid_from, nor before today"));
    }
    let serving = store::units_serving(permit.tx(), &case.municipality).await?;
    check_units(&input.unit_ids, &serving, "is not a unit that serves the municipality")?;
    let (recorded_by, now) = (permit.caller().person, permit.now());
    let new = store::NewConsent {
        given_by,
        recorded_by,
        form,
        purpose: &input.purpose,
        text_version: &input.text_version,
        valid_from,
        valid_until: input.valid_until,
        units: &input.unit_ids,
    };
    let id = store::insert(permit.tx(), &case, new, now).await?;
    let consent = store::get(permit.tx(), &case, id).await?;
    permit.note_shown([id]);
    permit.created(format!("/v1/cases/{}/consents/{id}", case.id), consent.version, &consent).await
}

/// Withdraws a consent, in whole or for some units; it counts from the next request.
///
/// Nothing can stand in its way: no version is asked for, the case may be closed. If the contact person's unit
/// is no longer consented to, the baton goes to the leader of the unit that opened the case. Someone who is not to know
/// where the child is, is told of no unit but those they name.
#[utoipa::path(
    operation_id = "withdraw_consent", tag = "consents",
    params(("case_id" = Uuid, Path), ("consent_id" = Uuid, Path)), request_body = WithdrawalIn,
    responses((status = 200, body = ConsentOut, description = "The consent as it is now"), WriteProblems),
)]
#[post("/cases/{case_id}/consents/{consent_id}/withdraw")]
async fn withdraw_consent(mut permit: Permit<WithdrawConsent>) -> Result<HttpResponse> {
    let WithdrawalIn { unit_ids } = permit.input()?;
    let (case, id) = (permit.object().case.facts.clone(), permit.object().id);
    let (caller, now, today) = (permit.caller().clone(), permit.now(), permit.today());
    let named: Vec<_> =
        store::get(permit.tx(), &case, id).await?.units.into_iter().map(|unit| unit.unit_id).collect();
    let sent = unit_ids.clone().unwrap_or_default();
    let units = unit_ids.unwrap_or_else(|| named.clone());
    check_units(&units, &named, "is not a unit that the consent names")?;
    for unit in &units {
        store::withdraw(permit.tx(), &case.municipality, id, *unit, caller.person, now).await?;
    }
    // Another consent may still cover a unit; seats end where none does.
    let after =
        case_facts(permit.tx(), &caller, &[case.id], today).await?.pop().ok_or_else(Problem::not_found)?;
    for unit in units.into_iter().filter(|unit| !after.ground.covers(*unit)) {
        teams::end_seats_of_unit(permit.tx(), &case, unit, now).await?;
    }
    handovers::if_ground_is_lost(permit.tx(), &case, &caller, now, today).await?;
    let mut consent = store::get(permit.tx(), &case, id).await?;
    if case.custody.kept_away {
        withhold_units(&mut consent, &sent);
    }
    permit.note_shown([id]);
    permit.changed(consent.version, &consent).await
}

/// To someone who is not to know where the child is, a consent tells of no unit that they did not name themself.
fn withhold_units(consent: &mut ConsentOut, sent: &[Id<Unit>]) {
    consent.units.retain(|unit| sent.contains(&unit.unit_id));
    consent.units.iter_mut().for_each(|unit| unit.unit_name = None);
}

/// Who gives the consent, and how: for oneself digitally, for another on paper or by word of mouth.
fn giver(case: &CaseFacts, caller: Id<Person>, input: &ConsentIn) -> Result<(Id<Person>, ConsentForm)> {
    // The child is known to the team by the id it is registered with.
    let given_by = match input.given_by {
        Some(id) if id.uuid() == case.child.uuid() => case.child_person,
        Some(id) => id,
        None => caller,
    };
    if !case.ground.consenters.contains(&given_by) {
        let detail = "is not one whose consent is needed: every holder of parental responsibility, child welfare under a care order, or the young person of age";
        return Err(Problem::field("/given_by", detail));
    }
    let by_oneself = given_by == caller;
    if !by_oneself && !case.is_contact_person {
        return Err(Problem::field(
            "/given_by",
            "is another: the contact person records the consent of others",
        ));
    }
    match input.form {
        Some(form) if by_oneself == (form == ConsentForm::Digital) => Ok((given_by, form)),
        None if by_oneself => Ok((given_by, ConsentForm::Digital)),
        _ if by_oneself => Err(Problem::field("/form", "is digital when one consents for oneself")),
        _ => Err(Problem::field("/form", "is paper or oral when the consent of another is recorded")),
    }
}

fn check_units(units: &[Id<Unit>], known: &[Id<Unit>], unknown: &str) -> Result<()> {
    if units.is_empty() || units.len() > MAX_UNITS {
        return Err(Problem::field("/unit_ids", format!("must name 1 to {MAX_UNITS} units")));
    }
    let mut seen = HashSet::new();
    for (at, unit) in units.iter().enumerate() {
        let pointer = format!("/unit_ids/{at}");
        if !known.contains(unit) {
            return Err(Problem::field(pointer, unknown));
        }
        if !seen.insert(unit) {
            return Err(Problem::field(pointer, "is named twice"));
        }
    }
    Ok(())
}

fn object(case: &CaseObject, row: &ConsentOut) -> ConsentObject {
    ConsentObject { case: case.clone(), id: row.id, given_by: row.given_by }
}
