//! Operations on transitions.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    choices,
    dto::{TransitionAnswerIn, TransitionIn, TransitionOut, TransitionStatus},
    moving, rules, sight, store,
};
use crate::{
    access::{
        Kinds, Parts, Permit, Seen,
        actions::{
            AcceptTransition, Action, AnswerTransition, DeclineTransition, ListTransitions, PlanTransition,
            ReadTransition, WithdrawTransition,
        },
        objects::{CaseObject, TransitionObject, require_open},
    },
    db::Tx,
    kernel::{Id, Page, PageQuery, ids::Transition},
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_transitions)
        .service(plan_transition)
        .service(read_transition)
        .service(answer_transition)
        .service(accept_transition)
        .service(decline_transition)
        .service(withdraw_transition);
}

/// Lists the moves of the record to other units: planned, made and given up.
#[utoipa::path(
    operation_id = "list_transitions", tag = "transitions", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<TransitionOut>, description = "The transitions"), ReadProblems),
)]
#[get("/cases/{case_id}/transitions")]
async fn list_transitions(mut permit: Permit<ListTransitions>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (case, asker) = (permit.object().clone(), permit.asker());
    let fetch = async |tx: &mut Tx, slice| TransitionObject::list(tx, &case, slice).await;
    let page = permit.page_of::<ReadTransition>(&query, fetch).await?;
    let ids = page.ids(|transition| transition.object.id);
    let transitions = sight::seen(permit.tx(), &asker, &case, &ids).await?;
    permit.note_shown(ids);
    permit.show_page(&page.with(transitions))
}

/// Plans the move of the record to another unit.
///
/// Everyone who must consent to the unit answers, and chooses which earlier entries follow. The unit learns of the plan when all have agreed,
/// and keeps the record when it accepts. Only one move can be planned at a time.
#[utoipa::path(
    operation_id = "plan_transition", tag = "transitions", params(("case_id" = Uuid, Path)), request_body = TransitionIn,
    responses((status = 201, body = TransitionOut, description = "The plan"), WriteProblems),
)]
#[post("/cases/{case_id}/transitions")]
async fn plan_transition(mut permit: Permit<PlanTransition>) -> Result<HttpResponse> {
    let input: TransitionIn = permit.input()?;
    if input.message.is_some() || input.contains.is_some() {
        Kinds::may_be_kept("", input.contains.as_deref())?;
    }
    permit.require_open()?;
    let case = permit.object().clone();
    let (by, moment) = (permit.caller().person, permit.moment());
    rules::receiver(permit.tx(), &case.facts, &input, moment).await?;
    let TransitionIn { to_unit_id, to_person_id, moves_on, message, .. } = &input;
    let (to_unit, to_person, moves_on) = (*to_unit_id, *to_person_id, *moves_on);
    let plan = store::Plan { to_unit, to_person, moves_on, message: message.as_deref(), by };
    let Some(id) = store::plan(permit.tx(), &case.facts, plan, moment.now).await? else {
        return Err(Problem::conflict("another transition is planned; give it up first"));
    };
    let transition = current(&mut permit, &case, id).await?;
    let place = format!("/v1/cases/{}/transitions/{id}", case.facts.id);
    permit.created(place, transition.version, &transition).await
}

/// Returns a transition.
#[utoipa::path(
    operation_id = "read_transition", tag = "transitions",
    params(("case_id" = Uuid, Path), ("transition_id" = Uuid, Path)),
    responses((status = 200, body = TransitionOut, description = "The transition"), ReadProblems),
)]
#[get("/cases/{case_id}/transitions/{transition_id}")]
async fn read_transition(mut permit: Permit<ReadTransition>) -> Result<HttpResponse> {
    let TransitionObject { case, id, .. } = permit.object().clone();
    let transition = current(&mut permit, &case, id).await?;
    permit.show_version(transition.version, &transition)
}

/// Answers a plan: yes or no, with the entries that follow.
///
/// Each person who must consent decides for themselves. An entry follows if everyone chose it who must consent to its kind; a note by the family,
/// if its writer did. An answer can be changed until the other unit accepts.
#[utoipa::path(
    operation_id = "answer_transition", tag = "transitions",
    params(("case_id" = Uuid, Path), ("transition_id" = Uuid, Path)), request_body = TransitionAnswerIn,
    responses((status = 201, body = TransitionOut, description = "The transition with the answer"), WriteProblems),
)]
#[post("/cases/{case_id}/transitions/{transition_id}/answers")]
async fn answer_transition(mut permit: Permit<AnswerTransition>) -> Result<HttpResponse> {
    let input: TransitionAnswerIn = permit.input()?;
    let TransitionObject { case, id, .. } = permit.object().clone();
    require_open(&case)?;
    let (by, asker, now) = (permit.caller().person, permit.asker(), permit.moment().now);
    let planned = rules::planned(&case.facts, id)?;
    let (person, form) = rules::giver(&case.facts, planned, by, &input)?;
    if person != by && store::has_own_answer(permit.tx(), &case.facts, id, person).await? {
        return Err(Problem::conflict(
            "this person has answered for themselves, and changes the answer themselves",
        ));
    }
    let follows = input.follows.clone().unwrap_or_default();
    choices::check(permit.tx(), &asker, &case, &follows).await?;
    let answer = store::Answer {
        transition: id,
        person,
        agrees: input.agrees,
        form,
        document: input.document.as_deref(),
        follows: &follows,
        by,
    };
    store::answer(permit.tx(), &case.facts, answer, now).await?;
    let transition = current(&mut permit, &case, id).await?;
    permit.added(transition.version, &transition).await
}

/// Accepts the record for the other unit. The caller becomes the contact person, and the unit keeps the record.
///
/// The seats of the unit that kept it end unless everyone who must has consented to that unit. Earlier entries that did not follow
/// stay with the units that took part then.
#[utoipa::path(
    operation_id = "accept_transition", tag = "transitions",
    params(("case_id" = Uuid, Path), ("transition_id" = Uuid, Path)),
    responses((status = 200, body = TransitionOut, description = "The transition that was made"), WriteProblems),
)]
#[post("/cases/{case_id}/transitions/{transition_id}/accept")]
async fn accept_transition(mut permit: Permit<AcceptTransition>) -> Result<HttpResponse> {
    let TransitionObject { case, id, .. } = permit.object().clone();
    require_open(&case)?;
    let moment = permit.moment();
    let planned = rules::planned(&case.facts, id)?;
    let Some(receiver) = case.facts.relation.receives_record.clone() else {
        return Err(Problem::not_found());
    };
    rules::acceptable(permit.tx(), &case.facts, planned, receiver.person, moment).await?;
    settle(&mut permit, TransitionStatus::Moved).await?;
    let asker = permit.asker();
    moving::make(permit.tx(), &asker, &case.facts, planned, receiver.person, moment).await?;
    let transition = current(&mut permit, &case, id).await?;
    permit.changed(transition.version, &transition).await
}

/// Declines the record for the other unit. The record stays where it is.
#[utoipa::path(
    operation_id = "decline_transition", tag = "transitions",
    params(("case_id" = Uuid, Path), ("transition_id" = Uuid, Path)),
    responses((status = 200, body = TransitionOut, description = "The declined transition"), WriteProblems),
)]
#[post("/cases/{case_id}/transitions/{transition_id}/decline")]
async fn decline_transition(permit: Permit<DeclineTransition>) -> Result<HttpResponse> {
    give_up(permit, TransitionStatus::Declined).await
}

/// Gives a planned move up.
#[utoipa::path(
    operation_id = "withdraw_transition", tag = "transitions",
    params(("case_id" = Uuid, Path), ("transition_id" = Uuid, Path)),
    responses((status = 200, body = TransitionOut, description = "The transition that was given up"), WriteProblems),
)]
#[post("/cases/{case_id}/transitions/{transition_id}/withdraw")]
async fn withdraw_transition(permit: Permit<WithdrawTransition>) -> Result<HttpResponse> {
    give_up(permit, TransitionStatus::Withdrawn).await
}

async fn give_up<A: Action<Object = TransitionObject>>(
    mut permit: Permit<A>,
    status: TransitionStatus,
) -> Result<HttpResponse> {
    let TransitionObject { case, id, .. } = permit.object().clone();
    settle(&mut permit, status).await?;
    let transition = current(&mut permit, &case, id).await?;
    permit.changed(transition.version, &transition).await
}

async fn settle<A: Action<Object = TransitionObject>>(
    permit: &mut Permit<A>,
    status: TransitionStatus,
) -> Result<()> {
    let Parts { object, caller, tx, moment } = permit.parts();
    let by = object.case.facts.relation.acts_as.unwrap_or(caller.person);
    if store::settle(tx, &object.case.facts, object.id, status, by, moment.now).await? {
        return Ok(());
    }
    Err(Problem::conflict("the transition has already been settled"))
}

/// Returns a transition as the caller sees it.
async fn current<A: Action>(
    permit: &mut Permit<A>,
    case: &CaseObject,
    id: Id<Transition>,
) -> Result<Seen<TransitionOut>> {
    let asker = permit.asker();
    permit.note_shown([id]);
    sight::seen(permit.tx(), &asker, case, &[id]).await?.pop().ok_or_else(Problem::not_found)
}
