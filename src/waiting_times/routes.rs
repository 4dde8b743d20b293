//! Operations on waiting times.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    days,
    dto::{HelpStep, HelpStepOut, WaitReasonIn, WaitReasonOut, WaitingTimesOut},
    store::{self, ALL_REASONS},
};
use crate::{
    access::{
        Kinds, Permit, Whole,
        actions::{ReadWaitingTimes, RecordWaitReason},
    },
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(read_waiting_times).service(record_wait_reason);
}

/// Returns how long each step from the concern to help has taken, and why.
///
/// The days come from what the caller may read: the first meeting, measure and evaluation that they may know of.
#[utoipa::path(
    operation_id = "read_waiting_times", tag = "cases", params(("case_id" = Uuid, Path)),
    responses((status = 200, body = WaitingTimesOut, description = "The steps"), ReadProblems),
)]
#[get("/cases/{case_id}/waiting-times")]
async fn read_waiting_times(mut permit: Permit<ReadWaitingTimes>) -> Result<HttpResponse> {
    let (asker, case) = (permit.asker(), permit.object().clone());
    let facts = case.facts.clone();
    let beginning = store::beginning(permit.tx(), &facts.municipality, facts.id).await?;
    let days = days::of_case(permit.tx(), &asker, &case, &beginning).await?;
    let reasons = store::reasons(permit.tx(), &facts.municipality, facts.id, ALL_REASONS).await?;
    let open_on = facts.open.then_some(facts.today);
    let steps = HelpStep::ALL.into_iter().map(|step| HelpStepOut {
        step,
        on: days.get(&step).copied(),
        days: days::waited(&days, step, open_on),
        reasons: reasons.iter().filter(|reason| reason.step == step).cloned().collect(),
    });
    let times = WaitingTimesOut { steps: steps.collect() };
    permit.note_shown(reasons.iter().map(|reason| reason.id));
    permit.show(&times.whole())
}

/// Records why the family waits for a step of the help. A reason stays.
#[utoipa::path(
    operation_id = "record_wait_reason", tag = "cases", params(("case_id" = Uuid, Path)), request_body = WaitReasonIn,
    responses((status = 201, body = WaitReasonOut, description = "The reason"), WriteProblems),
)]
#[post("/cases/{case_id}/waiting-times/reasons")]
async fn record_wait_reason(mut permit: Permit<RecordWaitReason>) -> Result<HttpResponse> {
    let case = permit.object().facts.clone();
    let WaitReasonIn { step, reason, contains } = permit.input()?;
    Kinds::may_be_kept("", Some(&contains))?;
    if step == HelpStep::Concern {
        return Err(Problem::field("/step", "must not be concern: the family waits for what comes after it"));
    }
    permit.require_open()?;
    let before = store::reasons(permit.tx(), &case.municipality, case.id, ALL_REASONS).await?;
    if before.len() >= ALL_REASONS.limit {
        return Err(Problem::conflict(format!("the case has {} reasons already", before.len())));
    }
    let (by, now) = (permit.caller().person, permit.moment().now);
    let id = store::insert(permit.tx(), &case, step, &reason, by, now).await?;
    let reasons = store::reasons(permit.tx(), &case.municipality, case.id, ALL_REASONS).await?;
    let made = reasons.into_iter().find(|reason| reason.id == id);
    let made = made.ok_or_else(|| Problem::internal("the new reason was not found"))?;
    permit.note_shown([id]);
    permit.added(None, &made.whole()).await
}
