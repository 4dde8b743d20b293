//! Operations on handovers.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{HandoverAnswer, HandoverIn, HandoverOut, HandoverStatus},
    store,
};
use crate::{
    access::{
        Kinds, Permit, Shown,
        actions::{AcceptHandover, Action, DeclineHandover, ListHandovers, OfferHandover, WithdrawHandover},
        objects::{HandoverObject, require_open},
    },
    db::Tx,
    identity::are_same,
    kernel::{Page, PageQuery, ids::PersonId, vocabulary::InformationKind},
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
    teams,
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_handovers)
        .service(offer_handover)
        .service(accept_handover)
        .service(decline_handover)
        .service(withdraw_handover);
}

/// Lists the handovers of a case: former contact persons, and anyone who has been asked to take over.
#[utoipa::path(
    operation_id = "list_handovers", tag = "handovers", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<HandoverOut>, description = "The handovers"), ReadProblems),
)]
#[get("/cases/{case_id}/handovers")]
async fn list_handovers(mut permit: Permit<ListHandovers>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (case, asker) = (permit.object().clone(), permit.asker());
    let unknown = teams::not_to_be_known(permit.tx(), &asker, &case).await?;
    let fetch = async |tx: &mut Tx, slice| store::list(tx, &case.facts, slice).await;
    let is_shown = |_: &Permit<_>, row: &HandoverOut| is_shown(&unknown, row);
    let page = permit.page(&query, fetch, |row| row.id.uuid(), is_shown).await?;
    permit.note_shown(page.items.iter().map(|row| row.id));
    let reader = asker.reader(&case);
    permit.show_page(&page.map(|handover| handover.seen_by(&reader)))
}

/// Returns whether a handover is between people who may be known.
pub(super) fn is_shown(unknown: &[PersonId], row: &HandoverOut) -> bool {
    !unknown.contains(&row.from_person_id) && !unknown.contains(&row.to_person_id)
}

/// Offers the role of contact person to a team member. The current contact person stays until the offer is accepted.
#[utoipa::path(
    operation_id = "offer_handover", tag = "handovers", params(("case_id" = Uuid, Path)), request_body = HandoverIn,
    responses((status = 201, body = HandoverOut, description = "The offer"), WriteProblems),
)]
#[post("/cases/{case_id}/handovers")]
async fn offer_handover(mut permit: Permit<OfferHandover>) -> Result<HttpResponse> {
    let HandoverIn { to_person_id, to_unit_id, message, contains } = permit.input()?;
    may_be_kept(message.as_deref(), contains.as_deref())?;
    permit.require_open()?;
    let (case, asker) = (permit.object().clone(), permit.asker());
    let facts = &case.facts;
    let is_theirs = are_same(permit.tx(), to_person_id, facts.contact_person).await?;
    if is_theirs && to_unit_id == facts.contact_unit {
        return Err(Problem::field("/to_person_id", "is already the contact person"));
    }
    let seats = teams::seats_known(permit.tx(), &asker, &case).await?;
    if !seats.contains(&teams::Seat { person_id: to_person_id, unit_id: to_unit_id }) {
        return Err(Problem::field("/to_person_id", "must be a team member with access in force"));
    }
    let (offered_by, now) = (permit.caller().person, permit.moment().now);
    let offer = store::Offer {
        to_person: to_person_id,
        to_unit: to_unit_id,
        offered_by,
        message: message.as_deref(),
    };
    let Some(id) = store::offer(permit.tx(), facts, offer, now).await? else {
        return Err(Problem::conflict("another offer is pending; withdraw it first"));
    };
    let handover = store::get(permit.tx(), facts, id).await?;
    permit.note_shown([id]);
    let handover = handover.seen_by(&asker.reader(&case));
    permit.added(handover.version, &handover).await
}

/// Accepts a handover. The caller becomes the contact person.
#[utoipa::path(
    operation_id = "accept_handover", tag = "handovers",
    params(("case_id" = Uuid, Path), ("handover_id" = Uuid, Path)), request_body = HandoverAnswer,
    responses((status = 200, body = HandoverOut, description = "The accepted handover"), WriteProblems),
)]
#[post("/cases/{case_id}/handovers/{handover_id}/accept")]
async fn accept_handover(mut permit: Permit<AcceptHandover>) -> Result<HttpResponse> {
    let case = permit.object().case.facts.clone();
    let handover = answer(&mut permit, HandoverStatus::Accepted).await?;
    let now = permit.moment().now;
    if !case.relation.seats.iter().any(|seat| seat.unit_id == handover.to_unit_id) {
        return Err(Problem::conflict(
            "your membership through the unit that the offer names is no longer in force",
        ));
    }
    store::pass(permit.tx(), &case, handover.to_person_id, handover.to_unit_id, now).await?;
    teams::pass_on_duties(permit.tx(), &case, now).await?;
    as_seen(permit, handover).await
}

/// Declines a handover. The current contact person stays.
#[utoipa::path(
    operation_id = "decline_handover", tag = "handovers",
    params(("case_id" = Uuid, Path), ("handover_id" = Uuid, Path)), request_body = HandoverAnswer,
    responses((status = 200, body = HandoverOut, description = "The declined handover"), WriteProblems),
)]
#[post("/cases/{case_id}/handovers/{handover_id}/decline")]
async fn decline_handover(mut permit: Permit<DeclineHandover>) -> Result<HttpResponse> {
    let handover = answer(&mut permit, HandoverStatus::Declined).await?;
    as_seen(permit, handover).await
}

/// Withdraws an offer that has not been answered.
#[utoipa::path(
    operation_id = "withdraw_handover", tag = "handovers",
    params(("case_id" = Uuid, Path), ("handover_id" = Uuid, Path)), request_body = HandoverAnswer,
    responses((status = 200, body = HandoverOut, description = "The withdrawn offer"), WriteProblems),
)]
#[post("/cases/{case_id}/handovers/{handover_id}/withdraw")]
async fn withdraw_handover(mut permit: Permit<WithdrawHandover>) -> Result<HttpResponse> {
    let handover = answer(&mut permit, HandoverStatus::Withdrawn).await?;
    as_seen(permit, handover).await
}

/// Answers a change with the handover as the caller sees it.
async fn as_seen<A: Action<Object = HandoverObject>>(
    permit: Permit<A>,
    handover: HandoverOut,
) -> Result<HttpResponse> {
    let reader = permit.asker().reader(&permit.object().case);
    let handover = handover.seen_by(&reader);
    permit.changed(handover.version, &handover).await
}

fn may_be_kept(word: Option<&str>, contains: Option<&[InformationKind]>) -> Result<()> {
    if word.is_none() && contains.is_none() { Ok(()) } else { Kinds::may_be_kept("", contains) }
}

async fn answer<A>(permit: &mut Permit<A>, status: HandoverStatus) -> Result<HandoverOut>
where
    A: Action<Object = HandoverObject>,
{
    let HandoverAnswer { answer, contains } = permit.input()?;
    may_be_kept(answer.as_deref(), contains.as_deref())?;
    require_open(&permit.object().case)?;
    let (case, id, now) = (permit.object().case.facts.clone(), permit.object().id, permit.moment().now);
    if !store::answer(permit.tx(), &case, id, status, answer.as_deref(), now).await? {
        return Err(Problem::conflict("the offer has already been answered"));
    }
    permit.note_shown([id]);
    Ok(store::get(permit.tx(), &case, id).await?)
}
