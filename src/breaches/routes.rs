//! Operations on breaches.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{BreachOut, BreachQuery, BreachStatus, BreachStepIn, BreachStepOut, StepOutcome},
    steps::can_be_left_out,
    store,
};
use crate::{
    access::{
        Permit, Whole,
        actions::{Action, ListBreaches, ReadBreach, RecordBreachStep},
        children_of_other_reviewers,
        objects::BreachObject,
    },
    db::Tx,
    kernel::{Page, Slice},
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_breaches).service(read_breach).service(record_breach_step);
}

/// Lists the breaches in the municipalities that the caller audits: looks that were found to be without need, with the steps that remain.
///
/// A breach of the caller's own look, or about a child that the caller has a conflict of interest about, is left out. It is for another
/// auditor.
#[utoipa::path(
    operation_id = "list_breaches", tag = "access log", params(BreachQuery),
    responses((status = 200, body = Page<BreachOut>, description = "The breaches, without content"), ReadProblems),
)]
#[get("/breaches")]
async fn list_breaches(mut permit: Permit<ListBreaches>) -> Result<HttpResponse> {
    let query: BreachQuery = permit.query()?;
    let caller = permit.caller().clone();
    let municipalities: BTreeSet<String> = caller.audits().map(ToOwned::to_owned).collect();
    let now = permit.moment().now;
    let own_children = children_of_other_reviewers(permit.tx(), &caller, now).await?;
    let fetch = async |tx: &mut Tx, Slice { after, limit }| {
        let rows = store::list(tx, &municipalities, &query, after, limit).await?;
        Ok(rows.into_iter().map(|row| (row.object(&own_children), row)).collect::<Vec<_>>())
    };
    let may_read = |permit: &Permit<_>, (object, _): &(BreachObject, _)| permit.may::<ReadBreach>(object);
    let page = permit.page(&query.page(), fetch, |(_, row)| row.id.uuid(), may_read).await?;
    for (object, _) in &page.items {
        permit.note_row::<ReadBreach>(object);
    }
    let Page { items, next_cursor } = page.map(|(_, row)| row);
    let items = store::whole(permit.tx(), items, now).await?;
    permit.show_page(&Page { items, next_cursor }.map(Whole::whole))
}

/// Returns a breach: who looked, when, the steps that follow, and the people to notify as the registered person.
#[utoipa::path(
    operation_id = "read_breach", tag = "access log", params(("breach_id" = Uuid, Path)),
    responses((status = 200, body = BreachOut, description = "The breach, without content"), ReadProblems),
)]
#[get("/breaches/{breach_id}")]
async fn read_breach(mut permit: Permit<ReadBreach>) -> Result<HttpResponse> {
    let breach = current(&mut permit).await?;
    permit.note_shown([breach.id]);
    permit.show_version(breach.version, &breach.whole())
}

/// Records that someone was notified of a breach, or why they need not be notified. With the last step the breach is closed.
#[utoipa::path(
    operation_id = "record_breach_step", tag = "access log", params(("breach_id" = Uuid, Path)),
    request_body = BreachStepIn,
    responses((status = 200, body = BreachOut, description = "The breach with the step"), ChangeProblems),
)]
#[post("/breaches/{breach_id}/steps")]
async fn record_breach_step(mut permit: Permit<RecordBreachStep>) -> Result<HttpResponse> {
    let (municipality, id) = (permit.object().municipality.clone(), permit.object().id);
    let row = store::get(permit.tx(), &municipality, id).await?;
    let input: BreachStepIn = permit.input()?;
    let before = current(&mut permit).await?;
    let step = before.steps.iter().find(|step| step.step == input.step && step.outcome.is_none());
    let Some(step) = step.filter(|_| before.status == BreachStatus::Open) else {
        return Err(Problem::conflict("the step has been recorded already"));
    };
    permit.expect_version(row.version)?;
    let (by, now) = (permit.caller().person, permit.moment().now);
    let done_at = done_at(&input, step, before.found_at, now)?;
    let BreachStepIn { step, outcome, how, reason, .. } = &input;
    let (how, reason) = (how.as_deref(), reason.as_deref());
    let taken = store::Taken { step: *step, outcome: *outcome, how, reason, done_at, by };
    store::record(permit.tx(), &row, taken, now).await?;
    let breach = current(&mut permit).await?;
    permit.note_shown([breach.id]);
    permit.changed(breach.version, &breach.whole()).await
}

/// Returns when a step was done. It needs a reason if it is recorded late.
fn done_at(
    input: &BreachStepIn,
    step: &BreachStepOut,
    found_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>> {
    let done_at = input.done_at.unwrap_or(now);
    if done_at < found_at || done_at > now {
        return Err(Problem::field("/done_at", "must be between the verdict and now"));
    }
    if input.outcome == StepOutcome::NotRequired {
        let detail = "must be done: this notification cannot be left out";
        return if can_be_left_out(step.step) {
            Ok(done_at)
        } else {
            Err(Problem::field("/outcome", detail))
        };
    }
    // A step that is recorded late needs a reason, also if its time of completion is earlier.
    match (now > step.due_at, &input.reason) {
        (true, None) => Err(Problem::field("/reason", "is required after the due time: say why it was late")),
        (false, Some(_)) => Err(Problem::field("/reason", "is not allowed before the due time")),
        (true, Some(_)) | (false, None) => Ok(done_at),
    }
}

async fn current<A: Action<Object = BreachObject>>(permit: &mut Permit<A>) -> Result<BreachOut> {
    let (municipality, id) = (permit.object().municipality.clone(), permit.object().id);
    let moment = permit.moment();
    let row = store::get(permit.tx(), &municipality, id).await?;
    let breach = store::whole(permit.tx(), vec![row], moment.now).await?.pop();
    let mut breach = breach.ok_or_else(Problem::not_found)?;
    breach.to_notify = Some(store::to_notify(permit.tx(), breach.child_id, moment).await?);
    Ok(breach)
}
