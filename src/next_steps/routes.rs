//! Operations on next steps.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{NextStepChange, NextStepOut, NextStepOutcome, NextStepSettling},
    rules::checked,
    store::{self, Known, Settled},
};
use crate::{
    access::{
        Kinds, Permit, Shown,
        actions::{ListNextSteps, SetNextStep},
    },
    kernel::{Page, PageQuery},
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
    teams,
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_next_steps).service(set_next_step);
}

/// Lists the next steps of a case, oldest first: who had each, how it ended, and why it was replaced or got another day.
#[utoipa::path(
    operation_id = "list_next_steps", tag = "next steps", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<NextStepOut>, description = "The next steps of the case"), ReadProblems),
)]
#[get("/cases/{case_id}/next-steps")]
async fn list_next_steps(mut permit: Permit<ListNextSteps>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (case, asker, today) = (permit.object().clone(), permit.asker(), permit.moment().today);
    let unknown = teams::not_to_be_known(permit.tx(), &asker, &case).await?;
    let rows = store::list(permit.tx(), &case.facts, query.slice()?).await?;
    let page = Page::cut(rows, query.limit(), |step| step.id().uuid());
    permit.note_shown(page.items.iter().map(store::StepFound::id));
    let (known, reader) = (Known::of_people(&asker, &case, &unknown), asker.reader(&case));
    permit.show_page(&page.map(|step| step.known(&known, today).seen_by(&reader)))
}

/// Settles the pending step of a case, and sets the next. An open case always has one.
///
/// A step that gets another day is replaced, with the reason.
#[utoipa::path(
    operation_id = "set_next_step", tag = "next steps", params(("case_id" = Uuid, Path)), request_body = NextStepChange,
    responses((status = 201, body = NextStepOut, description = "The next step"), WriteProblems),
)]
#[post("/cases/{case_id}/next-steps")]
async fn set_next_step(mut permit: Permit<SetNextStep>) -> Result<HttpResponse> {
    let NextStepChange { settles, outcome, reason, contains, next } = permit.input()?;
    permit.require_open()?;
    let (case, asker, moment) = (permit.object().clone(), permit.asker(), permit.moment());
    let outcome = match outcome {
        NextStepSettling::Done => NextStepOutcome::Done,
        NextStepSettling::Replaced => NextStepOutcome::Replaced,
    };
    let mut wrong: Vec<Problem> = Kinds::may_be_kept("", Some(&contains)).err().into_iter().collect();
    if outcome == NextStepOutcome::Replaced && reason.is_none() {
        wrong.push(Problem::field("/reason", "is required when a step is replaced"));
    }
    if outcome == NextStepOutcome::Done
        && store::would_move(permit.tx(), case.facts.id, settles, (&next.what, next.due_on)).await?
    {
        wrong.push(Problem::field(
            "/next/what",
            "is the step that is done: replace it with a reason to move its day",
        ));
    }
    let place = (&*case.facts.municipality, moment.today);
    let step = match checked(permit.tx(), place, Some((&asker, &case)), &next, "/next").await {
        Ok(step) if wrong.is_empty() => step,
        Ok(_) => return Err(Problem::together(wrong)),
        Err(problem) => {
            wrong.push(problem);
            return Err(Problem::together(wrong));
        }
    };
    let (by, now) = (permit.caller().person, moment.now);
    let settled = Settled { step: Some(settles), outcome, reason: reason.as_deref(), by };
    if !store::settle(permit.tx(), case.facts.place(), settled, now).await? {
        return Err(Problem::conflict("another step is pending now; read the case again"));
    }
    let id = store::begin(permit.tx(), case.facts.place(), step, by, now).await?;
    let set = store::get(permit.tx(), &case.facts, id).await?;
    let unknown = teams::not_to_be_known(permit.tx(), &asker, &case).await?;
    permit.note_shown([id]);
    let set = set.known(&Known::of_people(&asker, &case, &unknown), moment.today);
    permit.added(1, &set.seen_by(&asker.reader(&case))).await
}
