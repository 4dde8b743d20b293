//! Operations on reviews of the access log.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{LogReviewOut, LogReviewQuery, LogVerdict, LogVerdictIn},
    report, store,
};
use crate::{
    access::{
        Permit, Whole,
        actions::{Action, GiveLogVerdict, ListLogReviews, ReadLogReview},
        children_of_other_reviewers,
        objects::LogReviewObject,
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
    // The report comes first, because the next route accepts any word as an id.
    report::configure(config);
    config.service(list_log_reviews).service(read_log_review).service(give_log_verdict);
}

/// Lists the entries selected for review in the municipalities that the caller audits, first selected first.
///
/// Entries by the caller, and entries about a child that the caller has a conflict of interest about, are left out. They
/// are for another auditor.
#[utoipa::path(
    operation_id = "list_log_reviews", tag = "access log", params(LogReviewQuery),
    responses((status = 200, body = Page<LogReviewOut>, description = "The reviews, without content"), ReadProblems),
)]
#[get("/access-log/reviews")]
async fn list_log_reviews(mut permit: Permit<ListLogReviews>) -> Result<HttpResponse> {
    let query: LogReviewQuery = permit.query()?;
    let caller = permit.caller().clone();
    let municipalities: BTreeSet<String> = caller.audits().map(ToOwned::to_owned).collect();
    let now = permit.moment().now;
    let own_children = children_of_other_reviewers(permit.tx(), &caller, now).await?;
    let fetch = async |tx: &mut Tx, Slice { after, limit }| {
        let rows = store::list(tx, &municipalities, &query, after, limit).await?;
        Ok(rows.into_iter().map(|row| (row.object(&own_children), row)).collect::<Vec<_>>())
    };
    let may_read =
        |permit: &Permit<_>, (object, _): &(LogReviewObject, _)| permit.may::<ReadLogReview>(object);
    let page = permit.page(&query.page(), fetch, |(_, row)| row.id.uuid(), may_read).await?;
    for (object, _) in &page.items {
        permit.note_row::<ReadLogReview>(object);
    }
    let Page { items, next_cursor } = page.map(|(_, row)| row);
    let items = store::whole(permit.tx(), items).await?;
    permit.show_page(&Page { items, next_cursor }.map(Whole::whole))
}

/// Returns a review: the entry, why it was selected, and the verdicts on it.
#[utoipa::path(
    operation_id = "read_log_review", tag = "access log", params(("review_id" = Uuid, Path)),
    responses((status = 200, body = LogReviewOut, description = "The review, without content"), ReadProblems),
)]
#[get("/access-log/reviews/{review_id}")]
async fn read_log_review(mut permit: Permit<ReadLogReview>) -> Result<HttpResponse> {
    let review = current(&mut permit).await?;
    permit.note_shown([review.id]);
    permit.show_version(review.version, &review.whole())
}

/// Gives a verdict on an entry. An unclear verdict can be followed by another; the other verdicts are final. An unjustified access opens a
/// breach, with the id of the review.
#[utoipa::path(
    operation_id = "give_log_verdict", tag = "access log", params(("review_id" = Uuid, Path)),
    request_body = LogVerdictIn,
    responses((status = 200, body = LogReviewOut, description = "The review with the verdict"), ChangeProblems),
)]
#[post("/access-log/reviews/{review_id}/verdict")]
async fn give_log_verdict(mut permit: Permit<GiveLogVerdict>) -> Result<HttpResponse> {
    let (municipality, id) = (permit.object().municipality.clone(), permit.object().id);
    let before = store::get(permit.tx(), &municipality, id).await?;
    let LogVerdictIn { verdict, note } = permit.input()?;
    if verdict != LogVerdict::Justified && note.is_none() {
        return Err(Problem::field("/note", "is required unless the access was justified"));
    }
    if before.is_closed() {
        return Err(Problem::conflict("the verdict is final"));
    }
    permit.expect_version(before.version)?;
    let (by, now) = (permit.caller().person, permit.moment().now);
    store::give(permit.tx(), &before, verdict, note.as_deref(), by, now).await?;
    if verdict == LogVerdict::Unjustified {
        store::open_breach(permit.tx(), &before, by, now).await?;
    }
    let review = current(&mut permit).await?;
    permit.note_shown([review.id]);
    permit.changed(review.version, &review.whole()).await
}

async fn current<A: Action<Object = LogReviewObject>>(permit: &mut Permit<A>) -> Result<LogReviewOut> {
    let (municipality, id) = (permit.object().municipality.clone(), permit.object().id);
    let row = store::get(permit.tx(), &municipality, id).await?;
    store::whole(permit.tx(), vec![row]).await?.pop().ok_or_else(Problem::not_found)
}
