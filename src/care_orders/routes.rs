//! Operations on care orders.

use actix_web::{HttpResponse, get, patch, post};
use chrono::{Days, NaiveDate};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{CareOrderEnd, CareOrderIn, CareOrderOut, CareOrderPatch},
    store,
};
use crate::{
    access::{
        CareOrderRule, ChildFacts, LastDay, Parts, Permit, Whole,
        actions::{AcceptCareOrder, Action, ChangeCareOrder, EndCareOrder, ListCareOrders, RecordCareOrder},
        is_close,
        objects::ChildObject,
    },
    handovers,
    identity::Caller,
    kernel::{
        Id, Page, PageQuery,
        ids::{CareOrder, Person, Unit},
        vocabulary::CareOrderKind,
    },
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_care_orders)
        .service(record_care_order)
        .service(change_care_order)
        .service(accept_care_order)
        .service(end_care_order);
}

/// Lists the care orders of a child, including those that have ended.
#[utoipa::path(
    operation_id = "list_care_orders", tag = "children", params(("child_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<CareOrderOut>, description = "The care orders"), ReadProblems),
)]
#[get("/children/{child_id}/care-orders")]
async fn list_care_orders(mut permit: Permit<ListCareOrders>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let child = permit.object().facts.clone();
    let caller = permit.caller().clone();
    let is_shown = |order: &CareOrderOut| child.is_young_person || is_theirs(&child, &caller, order);
    let rows = store::list(permit.tx(), &child, query.slice()?.after, query.limit() + 1, is_shown).await?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}

/// Records a care order, which has effect from the day it is in force.
///
/// The kind decides what follows. If the child is taken into care, the parents no longer see the child's case from then on, and their
/// consents no longer count. The person responsible in child welfare sees the case and consents in their place, once they have accepted
/// the order. They are another person than the caller. A voluntary placement changes nothing for the parents. A child has one order of
/// each kind that has not ended.
#[utoipa::path(
    operation_id = "record_care_order", tag = "children", params(("child_id" = Uuid, Path)), request_body = CareOrderIn,
    responses((status = 201, body = CareOrderOut, description = "The care order"), WriteProblems),
)]
#[post("/children/{child_id}/care-orders")]
async fn record_care_order(mut permit: Permit<RecordCareOrder>) -> Result<HttpResponse> {
    let child = permit.object().facts.clone();
    let mut new: CareOrderIn = permit.input()?;
    check_last_day(new.kind, new.in_force_from, new.in_force_until, new.in_force_from)?;
    // Without a last day, an order that is for a time lasts as long as its kind can.
    new.in_force_until = new.in_force_until.or_else(|| longest(new.kind, new.in_force_from));
    check_responsible(&mut permit, new.child_welfare_unit_id, new.child_welfare_person_id).await?;
    let (by, now) = (permit.caller().person, permit.moment().now);
    let Some(id) = store::insert(permit.tx(), &child, &new, by, now).await? else {
        return Err(Problem::conflict("the child already has a care order of this kind that has not ended"));
    };
    keep_baton_held(&mut permit).await?;
    let order = find(&mut permit, id).await?;
    permit.note_shown([id]);
    permit.added(order.version, &order.whole()).await
}

/// Names another person in child welfare, who must accept the order and consent again for the child, or sets another last day.
///
/// The order keeps what it said before, and the reference that the change rests on.
#[utoipa::path(
    operation_id = "change_care_order", tag = "children",
    params(("child_id" = Uuid, Path), ("care_order_id" = Uuid, Path)), request_body = CareOrderPatch,
    responses((status = 200, body = CareOrderOut, description = "The updated care order"), ChangeProblems),
)]
#[patch("/children/{child_id}/care-orders/{care_order_id}")]
async fn change_care_order(mut permit: Permit<ChangeCareOrder>) -> Result<HttpResponse> {
    let order = named(&mut permit).await?;
    let to: CareOrderPatch = permit.input()?;
    permit.expect_version(order.version)?;
    require_not_ended(&order)?;
    let is_same_person = (to.child_welfare_unit_id, to.child_welfare_person_id)
        == (order.child_welfare_unit_id, order.child_welfare_person_id);
    if let Some(until) = to.in_force_until.filter(|until| Some(*until) != order.in_force_until) {
        let since = order.in_force_from.max(permit.moment().today);
        check_last_day(order.kind, order.in_force_from, Some(until), since)?;
    } else if is_same_person {
        return Err(Problem::field(
            "/child_welfare_person_id",
            "changes nothing: name another person or another last day",
        ));
    }
    if !is_same_person {
        check_responsible(&mut permit, to.child_welfare_unit_id, to.child_welfare_person_id).await?;
    }
    let child = permit.object().facts.clone();
    let caller = permit.caller();
    // The person named accepts whatever others change.
    let stays_accepted = is_same_person && caller.is(order.child_welfare_person_id);
    let who = (caller.person, permit.moment().now);
    store::change(permit.tx(), &child, &order, (&to, stays_accepted), who).await?;
    answer(permit, order.id).await
}

/// Accepts a care order as the person in child welfare who is named in it. By the kinds of order that say so, they consent from then on.
#[utoipa::path(
    operation_id = "accept_care_order", tag = "children",
    params(("child_id" = Uuid, Path), ("care_order_id" = Uuid, Path)),
    responses((status = 200, body = CareOrderOut, description = "The accepted care order"), ChangeProblems),
)]
#[post("/children/{child_id}/care-orders/{care_order_id}/accept")]
async fn accept_care_order(mut permit: Permit<AcceptCareOrder>) -> Result<HttpResponse> {
    let order = named(&mut permit).await?;
    permit.expect_version(order.version)?;
    require_not_ended(&order)?;
    if !permit.caller().is(order.child_welfare_person_id) {
        return Err(Problem::conflict("another person is named in the care order, and must accept it"));
    }
    if permit.caller().is(order.named_by) {
        return Err(Problem::conflict(
            "you have named yourself in the care order: another person must name you",
        ));
    }
    if order.accepted_at.is_some() {
        return Err(Problem::conflict("the care order is accepted"));
    }
    let child = permit.object().facts.clone();
    let now = permit.moment().now;
    store::accept(permit.tx(), &child, &order, now).await?;
    answer(permit, order.id).await
}

/// Ends a care order. From the next request on, the parents see the case and consent as before, unless another order is in force.
#[utoipa::path(
    operation_id = "end_care_order", tag = "children",
    params(("child_id" = Uuid, Path), ("care_order_id" = Uuid, Path)), request_body = CareOrderEnd,
    responses((status = 200, body = CareOrderOut, description = "The ended care order"), ChangeProblems),
)]
#[post("/children/{child_id}/care-orders/{care_order_id}/end")]
async fn end_care_order(mut permit: Permit<EndCareOrder>) -> Result<HttpResponse> {
    let order = named(&mut permit).await?;
    let CareOrderEnd { decision_reference } = permit.input()?;
    permit.expect_version(order.version)?;
    require_not_ended(&order)?;
    let child = permit.object().facts.clone();
    let (by, now) = (permit.caller().person, permit.moment().now);
    store::end(permit.tx(), &child, &order, &decision_reference, by, now).await?;
    answer(permit, order.id).await
}

/// Returns the current order, once the contact persons of the child's cases have been checked.
async fn answer<A: Action<Object = ChildObject>>(
    mut permit: Permit<A>,
    id: Id<CareOrder>,
) -> Result<HttpResponse> {
    keep_baton_held(&mut permit).await?;
    let order = find(&mut permit, id).await?;
    permit.note_shown([id]);
    permit.changed(order.version, &order.whole()).await
}

async fn named<A: Action<Object = ChildObject>>(permit: &mut Permit<A>) -> Result<CareOrderOut> {
    let id = permit.path_id::<CareOrder>("care_order_id")?;
    let order = find(permit, id).await?;
    let is_known = is_theirs(&permit.object().facts, permit.caller(), &order);
    if is_known { Ok(order) } else { Err(Problem::not_found()) }
}

/// Returns whether an order is the caller's to see and change. Those who keep what is recorded of the child correct have all of them. Child
/// welfare has those that name the caller, or are of a service that they lead.
fn is_theirs(child: &ChildFacts, caller: &Caller, order: &CareOrderOut) -> bool {
    let before_a_case = !child.has_case && (child.registered || child.leads_registering_unit);
    let unit = order.child_welfare_unit_id;
    let is_named =
        || caller.is(order.child_welfare_person_id) && caller.works_in().any(|held| held.unit_id == unit);
    child.is_contact_person || before_a_case || is_named() || caller.leads().any(|held| held.unit_id == unit)
}

async fn find<A: Action<Object = ChildObject>>(
    permit: &mut Permit<A>,
    id: Id<CareOrder>,
) -> Result<CareOrderOut> {
    let child = permit.object().facts.clone();
    store::find(permit.tx(), &child, id).await?.ok_or_else(Problem::not_found)
}

fn require_not_ended(order: &CareOrderOut) -> Result<()> {
    if order.ended_at.is_none() { Ok(()) } else { Err(Problem::conflict("the care order has ended")) }
}

/// Checks the last day by the kind of order: acute orders have one, orders that are not for a time have none, and none is further from
/// `since` than a decision of the kind can last: its first day or, for a change, today.
fn check_last_day(
    kind: CareOrderKind,
    from: NaiveDate,
    until: Option<NaiveDate>,
    since: NaiveDate,
) -> Result<()> {
    let fault = match (CareOrderRule::of(kind).last_day, until) {
        (LastDay::Required, None) => "is required for an acute order",
        (LastDay::None, Some(_)) => "must be left out for an order of this kind",
        (_, Some(until)) if until < from => "must not be before the day from which the order is in force",
        (_, Some(until)) if longest(kind, since).is_some_and(|longest| longest < until) => {
            "must not be further away than an order of this kind can last"
        }
        _ => return Ok(()),
    };
    Err(Problem::field("/in_force_until", fault))
}

/// Returns the last day of the longest order of a kind, counted from a day; none if the kind is not for a time.
fn longest(kind: CareOrderKind, since: NaiveDate) -> Option<NaiveDate> {
    CareOrderRule::of(kind).longest_days.and_then(|days| since.checked_add_days(Days::new(days)))
}

/// The person responsible must work in a child welfare service that serves the municipality, and not be family (fvl § 6). They are not the
/// one who names them, so that nobody takes the parents' place alone.
async fn check_responsible<A: Action<Object = ChildObject>>(
    permit: &mut Permit<A>,
    unit: Id<Unit>,
    person: Id<Person>,
) -> Result<()> {
    if permit.caller().is(person) {
        let detail = "must be another person than you, who accepts the order";
        return Err(Problem::field("/child_welfare_person_id", detail));
    }
    let child = permit.object().facts.clone();
    let moment = permit.moment();
    let works_there =
        store::works_in_child_welfare(permit.tx(), person, unit, &child.municipality, moment.today).await?;
    if !works_there || is_close(permit.tx(), child.id, person, moment.now).await? {
        let detail = "must work in that child welfare service, which must serve the municipality, and must not be family";
        return Err(Problem::field("/child_welfare_person_id", detail));
    }
    Ok(())
}

/// The order changes who must consent. If the contact person's consent no longer suffices, the leader takes over.
async fn keep_baton_held<A: Action<Object = ChildObject>>(permit: &mut Permit<A>) -> Result<()> {
    let Parts { object, caller, tx, moment } = permit.parts();
    Ok(handovers::of_child(tx, object.facts.id, caller.person, moment).await?)
}
