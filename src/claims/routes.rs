//! Operations on claims.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{ClaimDecisionIn, ClaimOut},
    store,
};
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{DecideClaim, ListClaims},
    },
    handovers,
    kernel::{Page, PageQuery, ids::Claim},
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_claims).service(decide_claim);
}

/// Lists what other registrations state about a child, by id.
///
/// Nobody sees what is stated about themselves.
#[utoipa::path(
    operation_id = "list_claims", tag = "claims", params(("child_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<ClaimOut>, description = "The claims"), ReadProblems),
)]
#[get("/children/{child_id}/claims")]
async fn list_claims(mut permit: Permit<ListClaims>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (child, reader) = (permit.object().facts.id, permit.caller().person);
    let rows = store::list(permit.tx(), child, reader, query.slice()?.after, query.limit() + 1).await?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}

/// Decides whether a claim is true, with effect from the next request. It can be decided again.
///
/// Confirmed, it counts as long as it stands where it was stated. Rejected, it does not count here.
#[utoipa::path(
    operation_id = "decide_claim", tag = "claims", params(("child_id" = Uuid, Path), ("claim_id" = Uuid, Path)),
    request_body = ClaimDecisionIn,
    responses((status = 200, body = ClaimOut, description = "The claim"), ChangeProblems),
)]
#[post("/children/{child_id}/claims/{claim_id}/decision")]
async fn decide_claim(mut permit: Permit<DecideClaim>) -> Result<HttpResponse> {
    let (id, reader) = (permit.path_id::<Claim>("claim_id")?, permit.caller().person);
    let (child, municipality) = (permit.object().facts.id, permit.object().facts.municipality.clone());
    let found = store::find(permit.tx(), child, reader, id).await?;
    let current = found.ok_or_else(Problem::not_found)?;
    let ClaimDecisionIn { confirmed, reason } = permit.input()?;
    permit.expect_version(current.version)?;
    let (now, decision) = (permit.moment().now, store::Decision { confirmed, reason: &reason, by: reader });
    store::decide(permit.tx(), &municipality, child, &current, decision, now).await?;
    let Parts { tx, moment, .. } = permit.parts();
    // A care order changes who must consent.
    handovers::of_child(tx, child, reader, moment).await?;
    let decided = store::find(permit.tx(), child, reader, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([id]);
    permit.changed(decided.version, &decided.whole()).await
}
