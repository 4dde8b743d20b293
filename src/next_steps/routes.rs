//! Operations on next steps.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    change::change,
    dto::{NextStepChange, NextStepOut},
    store::{self, Known},
};
use crate::{
    access::{
        Permit, Shown,
        actions::{ListNextSteps, SetNextStep},
    },
    kernel::{Page, PageQuery},
    problem::{
        Result,
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
    let input: NextStepChange = permit.input()?;
    permit.require_open()?;
    let (case, asker, moment) = (permit.object().clone(), permit.asker(), permit.moment());
    let by = permit.caller().person;
    let id = change(permit.tx(), (&asker, &case), &input, "", (by, moment)).await?;
    let set = store::get(permit.tx(), &case.facts, id).await?;
    let unknown = teams::not_to_be_known(permit.tx(), &asker, &case).await?;
    permit.note_shown([id]);
    let set = set.known(&Known::of_people(&asker, &case, &unknown), moment.today);
    permit.added(1, &set.seen_by(&asker.reader(&case))).await
}
