//! Operations on withholdings.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{Withheld, WithholdingIn, WithholdingOut},
    store,
};
use crate::{
    access::{
        Permit, Whole,
        actions::{EndWithholding, ListWithholdings, WithholdFromGuardian},
    },
    kernel::{Page, PageQuery, ids::Withholding},
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_withholdings).service(withhold_from_guardian).service(end_withholding);
}

/// Lists what is and has been withheld from guardians, oldest first.
#[utoipa::path(
    operation_id = "list_withholdings", tag = "withholdings", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<WithholdingOut>, description = "The withholdings"), ReadProblems),
)]
#[get("/cases/{case_id}/withholdings")]
async fn list_withholdings(mut permit: Permit<ListWithholdings>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let case = permit.object().facts.clone();
    let rows = store::list(permit.tx(), &case, query.slice()?.after, query.limit() + 1).await?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}

/// Withholds the case, or one note, measure or meeting, from a guardian on a legal basis, from the next request on.
///
/// The guardian is still one of those who must consent. To withhold a note from the start, use `withheld_from` when
/// writing it.
#[utoipa::path(
    operation_id = "withhold_from_guardian", tag = "withholdings", params(("case_id" = Uuid, Path)),
    request_body = WithholdingIn,
    responses((status = 201, body = WithholdingOut, description = "The withholding"), WriteProblems),
)]
#[post("/cases/{case_id}/withholdings")]
async fn withhold_from_guardian(mut permit: Permit<WithholdFromGuardian>) -> Result<HttpResponse> {
    let input: WithholdingIn = permit.input()?;
    let what = input.what()?;
    let WithholdingIn { guardian_id, legal_basis, reason, .. } = input;
    let case = permit.object().facts.clone();
    if !case.guardians.contains(&guardian_id) {
        return Err(Problem::field("/guardian_id", "must be a guardian with parental responsibility"));
    }
    if !store::is_of(permit.tx(), &case, what).await? {
        let (pointer, name) = match what {
            Withheld::Measure(_) => ("/measure_id", "measure"),
            Withheld::Meeting(_) => ("/meeting_id", "meeting"),
            Withheld::Note(_) | Withheld::Case => ("/note_id", "note"),
        };
        return Err(Problem::field(pointer, format!("must be a {name} of the case")));
    }
    if case.withheld.contains(&(guardian_id, what.entry())) {
        return Err(Problem::conflict("this is already withheld from the guardian"));
    }
    let (by, now) = (permit.caller().person, permit.moment().now);
    let new = store::NewWithholding { guardian: guardian_id, what, legal_basis, reason: &reason, by };
    let id = store::insert(permit.tx(), &case, new, now).await?;
    let withholding = store::find(permit.tx(), &case, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([id]);
    permit.added(withholding.version, &withholding.whole()).await
}

/// Ends a withholding. From the next request on, the guardian sees what guardians may see.
#[utoipa::path(
    operation_id = "end_withholding", tag = "withholdings",
    params(("case_id" = Uuid, Path), ("withholding_id" = Uuid, Path)),
    responses((status = 200, body = WithholdingOut, description = "The ended withholding"), ChangeProblems),
)]
#[post("/cases/{case_id}/withholdings/{withholding_id}/end")]
async fn end_withholding(mut permit: Permit<EndWithholding>) -> Result<HttpResponse> {
    let case = permit.object().facts.clone();
    let id = permit.path_id::<Withholding>("withholding_id")?;
    let withholding = store::find(permit.tx(), &case, id).await?.ok_or_else(Problem::not_found)?;
    permit.expect_version(withholding.version)?;
    if withholding.ended_at.is_some() {
        return Err(Problem::conflict("the withholding has already ended"));
    }
    let (by, now) = (permit.caller().person, permit.moment().now);
    store::end(permit.tx(), &case, &withholding, by, now).await?;
    let withholding = store::find(permit.tx(), &case, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([id]);
    permit.changed(withholding.version, &withholding.whole()).await
}
