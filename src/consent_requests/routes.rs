//! Operations on requests for consent.

use std::{collections::BTreeMap, rc::Rc};

use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{ConsentRequestAnswerIn, ConsentRequestIn, ConsentRequestOut, ConsentRequestReader},
    rules::{self, Agreed},
    store,
};
use crate::{
    access::{
        Kinds, Parts, Permit, Seen, Shown,
        actions::{
            Action, AnswerConsentRequest, CreateConsentRequest, ListConsentRequests, ReadConsentRequest,
            WithdrawConsentRequest,
        },
        objects::{CaseObject, ConsentRequestObject, require_open},
    },
    consents::{
        ConsentForm, LANGUAGE,
        store::{self as consents, NewConsent},
    },
    db::Tx,
    kernel::{
        Id, Page, PageQuery,
        ids::{Consent, ConsentRequest, PersonId},
    },
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
    teams,
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_consent_requests)
        .service(create_consent_request)
        .service(read_consent_request)
        .service(answer_consent_request)
        .service(withdraw_consent_request);
}

/// Lists the requests for consent. The contact person sees all; others see those that their own consent is needed for, or that they have
/// answered.
#[utoipa::path(
    operation_id = "list_consent_requests", tag = "consent requests", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<ConsentRequestOut>, description = "The requests the caller may read"), ReadProblems),
)]
#[get("/cases/{case_id}/consent-requests")]
async fn list_consent_requests(mut permit: Permit<ListConsentRequests>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (case, asker) = (permit.object().clone(), permit.asker());
    let fetch = async |tx: &mut Tx, slice| ConsentRequestObject::list(tx, &case, slice).await;
    let page = permit.page_of::<ReadConsentRequest>(&query, fetch).await?;
    let ids = page.ids(|request| request.object.id);
    let requests = store::these(permit.tx(), &case.facts, &ids).await?;
    let unknown: Rc<[PersonId]> = teams::not_to_be_known(permit.tx(), &asker, &case).await?.into();
    permit.note_shown(ids);
    let reader = |request: &ConsentRequestObject| ConsentRequestReader::new(&asker, request, unknown.clone());
    let readers: BTreeMap<_, _> = page.items.iter().map(|row| (row.object.id, reader(&row.object))).collect();
    let seen = requests.into_iter().filter_map(|request| {
        let reader = readers.get(&request.id)?;
        Some(request.seen_by(reader))
    });
    permit.show_page(&page.with(seen))
}

/// Asks for consent: for units, kinds of information, a purpose and a period.
///
/// Each person who must consent sees the request among their tasks, and answers for themself. A consent that someone gives on paper or
/// orally is recorded with `POST /v1/cases/{case_id}/consents`. Several requests can be open at a time. A consent is renewed by a request for
/// the next period.
#[utoipa::path(
    operation_id = "create_consent_request", tag = "consent requests", params(("case_id" = Uuid, Path)), request_body = ConsentRequestIn,
    responses((status = 201, body = ConsentRequestOut, description = "The request"), WriteProblems),
)]
#[post("/cases/{case_id}/consent-requests")]
async fn create_consent_request(mut permit: Permit<CreateConsentRequest>) -> Result<HttpResponse> {
    let input: ConsentRequestIn = permit.input()?;
    Kinds::may_be_kept("", Some(&input.contains))?;
    permit.require_open()?;
    let case = permit.object().clone();
    let (by, moment) = (permit.caller().person, permit.moment());
    let asked = rules::checked(permit.tx(), &case.facts, &input, moment.today).await?;
    let new = store::NewRequest {
        units: &input.unit_ids,
        kinds: &asked.kinds,
        purpose: &input.purpose,
        text_version: &input.text_version,
        valid_from: asked.valid_from,
        valid_until: input.valid_until,
        answer_by: input.answer_by,
        by,
    };
    let id = store::insert(permit.tx(), &case.facts, new, moment.now).await?;
    let request = current(&mut permit, &case, id).await?;
    let place = format!("/v1/cases/{}/consent-requests/{id}", case.facts.id);
    permit.created(place, request.version, &request).await
}

/// Returns a request for consent.
#[utoipa::path(
    operation_id = "read_consent_request", tag = "consent requests",
    params(("case_id" = Uuid, Path), ("request_id" = Uuid, Path)),
    responses((status = 200, body = ConsentRequestOut, description = "The request"), ReadProblems),
)]
#[get("/cases/{case_id}/consent-requests/{request_id}")]
async fn read_consent_request(mut permit: Permit<ReadConsentRequest>) -> Result<HttpResponse> {
    let ConsentRequestObject { case, id, .. } = permit.object().clone();
    let request = current(&mut permit, &case, id).await?;
    permit.show_version(request.version, &request)
}

/// Answers a request for consent for yourself: yes, to all or some of the kinds, or no.
///
/// A yes gives a consent, which you can withdraw at any time. A no is recorded, and changes nothing else. A reason is optional. You and the
/// contact person see it. Another guardian does not see that you have answered, or what.
#[utoipa::path(
    operation_id = "answer_consent_request", tag = "consent requests",
    params(("case_id" = Uuid, Path), ("request_id" = Uuid, Path)), request_body = ConsentRequestAnswerIn,
    responses((status = 201, body = ConsentRequestOut, description = "The request with the answer"), WriteProblems),
)]
#[post("/cases/{case_id}/consent-requests/{request_id}/answers")]
async fn answer_consent_request(mut permit: Permit<AnswerConsentRequest>) -> Result<HttpResponse> {
    let input: ConsentRequestAnswerIn = permit.input()?;
    let object = permit.object().clone();
    require_open(&object.case)?;
    let (by, moment) = (permit.caller().person, permit.moment());
    let request = store::get(permit.tx(), &object.case.facts, object.id).await?;
    rules::answerable(&request)?;
    rules::fits(&input)?;
    let agreed = rules::agreed(&object.asks(by), input.kinds.as_deref())?;
    rules::not_answered(&request, by, input.agrees)?;
    let consent = match input.agrees {
        true => Some(consent(&mut permit, &request, agreed, input.language.as_deref()).await?),
        false => None,
    };
    permit.note_shown(consent);
    let answer = store::Answer { request: object.id, person: by, reason: input.reason.as_deref(), consent };
    if !store::answer(permit.tx(), &object.case.facts, answer, moment.now).await? {
        return Err(Problem::conflict("you have answered already"));
    }
    let request = current(&mut permit, &object.case, object.id).await?;
    permit.added(request.version, &request).await
}

/// Gives the consent of a caller who agrees, from today at the earliest.
async fn consent(
    permit: &mut Permit<AnswerConsentRequest>,
    request: &ConsentRequestOut,
    agreed: Agreed,
    language: Option<&str>,
) -> Result<Id<Consent>> {
    let Parts { object, caller, tx, moment } = permit.parts();
    let (case, language) = (&object.case.facts, language.unwrap_or(LANGUAGE));
    if !consents::has_text(tx, &case.municipality, &request.text_version, language).await? {
        return Err(Problem::field("/language", "must be a language of this consent text"));
    }
    let first: NaiveDate = request.valid_from.max(moment.today);
    let new = NewConsent {
        given_by: caller.person,
        recorded_by: caller.person,
        form: ConsentForm::Digital,
        units: &agreed.units,
        kinds: &agreed.kinds,
        purpose: request.purpose.require()?,
        text_version: &request.text_version,
        language,
        document: None,
        alone: None,
        valid_from: first,
        valid_until: request.valid_until,
    };
    Ok(consents::insert(tx, case, new, moment.now).await?)
}

/// Withdraws a request for consent. It cannot be answered after that. Consents that were given by it remain.
#[utoipa::path(
    operation_id = "withdraw_consent_request", tag = "consent requests",
    params(("case_id" = Uuid, Path), ("request_id" = Uuid, Path)),
    responses((status = 200, body = ConsentRequestOut, description = "The request that was withdrawn"), WriteProblems),
)]
#[post("/cases/{case_id}/consent-requests/{request_id}/withdraw")]
async fn withdraw_consent_request(mut permit: Permit<WithdrawConsentRequest>) -> Result<HttpResponse> {
    let Parts { object, caller, tx, moment } = permit.parts();
    let (case, id) = (object.case.clone(), object.id);
    if !store::withdraw(tx, &case.facts, id, caller.person, moment.now).await? {
        return Err(Problem::conflict("the request has already been withdrawn"));
    }
    let request = current(&mut permit, &case, id).await?;
    permit.changed(request.version, &request).await
}

/// Returns a request as the caller sees it.
async fn current<A: Action>(
    permit: &mut Permit<A>,
    case: &CaseObject,
    id: Id<ConsentRequest>,
) -> Result<Seen<ConsentRequestOut>> {
    let asker = permit.asker();
    let object = ConsentRequestObject::these(permit.tx(), [case], &[id]).await?.pop();
    let object = object.ok_or_else(Problem::not_found)?;
    let unknown: Rc<[PersonId]> = teams::not_to_be_known(permit.tx(), &asker, case).await?.into();
    let request = store::get(permit.tx(), &case.facts, id).await?;
    permit.note_shown([id]);
    Ok(request.seen_by(&ConsentRequestReader::new(&asker, &object, unknown)))
}
