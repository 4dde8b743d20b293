//! Operations on consents.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{ConsentIn, ConsentOut, ConsentReader, ConsentStatusOut, WithdrawalIn},
    rules, store,
};
use crate::{
    access::{
        Parts, Permit, Shown, Whole,
        actions::{GiveConsent, ListConsents, ReadConsent, ReadConsentStatus, WithdrawConsent},
        case_states,
        objects::ConsentObject,
    },
    db::Tx,
    handovers,
    kernel::{Page, PageQuery, ids::Unit},
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
    teams,
};

/// The default language of a consent text.
pub(crate) const LANGUAGE: &str = "nb";

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_consents)
        .service(give_consent)
        .service(read_consent)
        .service(withdraw_consent)
        .service(read_consent_status)
        .configure(super::preview_routes::configure);
}

/// Lists the consents of a case. The contact person sees all; a guardian or young person sees their own.
#[utoipa::path(
    operation_id = "list_consents", tag = "consents", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<ConsentOut>, description = "The consents the caller may read"), ReadProblems),
)]
#[get("/cases/{case_id}/consents")]
async fn list_consents(mut permit: Permit<ListConsents>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let case = permit.object().clone();
    let fetch = async |tx: &mut Tx, slice| ConsentObject::list(tx, &case, slice).await;
    let page = permit.page_of::<ReadConsent>(&query, fetch).await?;
    let ids = page.ids(|consent| consent.object.id);
    let consents = store::these(permit.tx(), &case.facts, &ids).await?;
    permit.note_shown(ids);
    let reader = ConsentReader::new(&permit.asker().reader(&case));
    permit.show_page(&page.with(consents.into_iter().map(|consent| consent.seen_by(&reader))))
}

/// Returns a consent.
#[utoipa::path(
    operation_id = "read_consent", tag = "consents", params(("case_id" = Uuid, Path), ("consent_id" = Uuid, Path)),
    responses((status = 200, body = ConsentOut, description = "The consent"), ReadProblems),
)]
#[get("/cases/{case_id}/consents/{consent_id}")]
async fn read_consent(mut permit: Permit<ReadConsent>) -> Result<HttpResponse> {
    let Parts { object, tx, .. } = permit.parts();
    let consent = store::get(tx, &object.case.facts, object.id).await?;
    let reader = ConsentReader::new(&permit.asker().reader(&permit.object().case));
    let consent = consent.seen_by(&reader);
    permit.show_version(consent.version, &consent)
}

/// Returns what is consented to for a unit today, and whose consent is missing. Use it before a new unit joins and
/// before a consent is renewed.
#[utoipa::path(
    operation_id = "read_consent_status", tag = "consents", params(("case_id" = Uuid, Path), ("unit_id" = Uuid, Path)),
    responses((status = 200, body = ConsentStatusOut, description = "The status of each kind of information"), ReadProblems),
)]
#[get("/cases/{case_id}/consent-status/{unit_id}")]
async fn read_consent_status(mut permit: Permit<ReadConsentStatus>) -> Result<HttpResponse> {
    let unit = permit.path_id::<Unit>("unit_id")?;
    let case = permit.object().facts.clone();
    let serving = store::units_serving(permit.tx(), &case.municipality).await?;
    let serving = serving.iter().find(|serving| serving.unit == unit).ok_or_else(Problem::not_found)?;
    permit.show(&rules::status(&case, unit, serving.sector).whole())
}

/// Gives the caller's consent, or records a consent that someone else gave on paper or orally.
///
/// Either every holder of parental responsibility must consent, or the young person alone, or they together. The kind of
/// information decides, with the child's age and the sector of the unit.
#[utoipa::path(
    operation_id = "give_consent", tag = "consents", params(("case_id" = Uuid, Path)), request_body = ConsentIn,
    responses((status = 201, body = ConsentOut, description = "The consent"), WriteProblems),
)]
#[post("/cases/{case_id}/consents")]
async fn give_consent(mut permit: Permit<GiveConsent>) -> Result<HttpResponse> {
    let input: ConsentIn = permit.input()?;
    permit.require_open()?;
    let case = permit.object().facts.clone();
    let (caller, today, now) = (permit.caller().person, permit.moment().today, permit.moment().now);
    let kinds = rules::kinds(input.kinds.as_deref())?;
    let serving = store::units_serving(permit.tx(), &case.municipality).await?;
    let (given_by, form) = rules::giver(&case, caller, &input, &kinds, &serving)?;
    let valid_from = rules::period(input.valid_from, input.valid_until, today)?;
    rules::units(&input.unit_ids, &serving)?;
    let language = input.language.as_deref().unwrap_or(LANGUAGE);
    if !store::has_text(permit.tx(), &case.municipality, &input.text_version, language).await? {
        return Err(Problem::field(
            "/text_version",
            "must be a consent text of the municipality in this language",
        ));
    }
    rules::alone(&case, given_by, &input, &kinds, &serving)?;
    let new = store::NewConsent {
        given_by,
        recorded_by: caller,
        form,
        units: &input.unit_ids,
        kinds: &kinds,
        purpose: &input.purpose,
        text_version: &input.text_version,
        language,
        document: input.document.as_deref(),
        alone: input.alone.as_ref().map(|alone| (&*alone.legal_basis, &*alone.reason)),
        valid_from,
        valid_until: input.valid_until,
    };
    let id = store::insert(permit.tx(), &case, new, now).await?;
    let consent = store::get(permit.tx(), &case, id).await?;
    permit.note_shown([id]);
    let reader = ConsentReader::new(&permit.asker().reader(permit.object()));
    let consent = consent.seen_by(&reader);
    permit.created(format!("/v1/cases/{}/consents/{id}", case.id), consent.version, &consent).await
}

/// Withdraws a consent, in whole, for some units or for some kinds of information, from the next request on.
///
/// Nothing can prevent a withdrawal: it needs no version, and the case may be closed. If the contact person's unit is no
/// longer covered by consent, the leader of the unit that keeps the record takes over. For a caller who may not know
/// where the child is, the answer names only the units that the caller named.
#[utoipa::path(
    operation_id = "withdraw_consent", tag = "consents",
    params(("case_id" = Uuid, Path), ("consent_id" = Uuid, Path)), request_body = WithdrawalIn,
    responses((status = 200, body = ConsentOut, description = "The updated consent"), WriteProblems),
)]
#[post("/cases/{case_id}/consents/{consent_id}/withdraw")]
async fn withdraw_consent(mut permit: Permit<WithdrawConsent>) -> Result<HttpResponse> {
    let input: WithdrawalIn = permit.input()?;
    let (case, id) = (permit.object().case.facts.clone(), permit.object().id);
    let (caller, moment) = (permit.caller().person, permit.moment());
    let before = store::get(permit.tx(), &case, id).await?;
    let sent = input.unit_ids.clone().unwrap_or_default();
    let rules::Withdrawn { units, kinds } = rules::withdrawn(&before, input)?;
    let withdrawal =
        store::Withdrawal { municipality: &case.municipality, consent: id, by: caller, now: moment.now };
    store::withdraw(permit.tx(), &withdrawal, &units, &kinds).await?;
    // Another consent may still cover a unit; memberships end where none does.
    let after = case_states(permit.tx(), &[case.id], moment).await?.pop().ok_or_else(Problem::not_found)?;
    let lost: Vec<_> =
        before.units.iter().map(|unit| unit.unit_id).filter(|unit| !after.ground.covers(*unit)).collect();
    teams::end_seats_of_units(permit.tx(), &case, &lost, moment.now).await?;
    handovers::if_ground_is_lost(permit.tx(), &after, caller, moment.now).await?;
    let consent = store::get(permit.tx(), &case, id).await?;
    permit.note_shown([id]);
    let reader = ConsentReader::new(&permit.asker().reader(&permit.object().case)).naming(sent);
    let consent = consent.seen_by(&reader);
    permit.changed(consent.version, &consent).await
}
