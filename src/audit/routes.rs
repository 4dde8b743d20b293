//! Operations on the access log.

use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{EntryOut, LogQuery},
    export, family,
    scope::Scope,
    store, tree, unit,
};
use crate::{
    access::{
        Permit, Whole, actions::SearchAccessLog, children_of_other_reviewers, objects::reviews_of_looks_by,
    },
    kernel::Page,
    problem::{Result, docs::ReadProblems},
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    export::configure(config);
    config
        .service(search_access_log)
        .service(unit::search_unit_access_log)
        .service(tree::read_log_checkpoint)
        .service(tree::prove_log_entry)
        .service(tree::prove_log_consistency)
        .service(tree::read_log_tile)
        .service(family::read_case_access_log)
        .service(family::download_case_access_log);
}

/// Searches the access log of the municipalities that the caller audits, newest first.
#[utoipa::path(
    operation_id = "search_access_log", tag = "access log", params(LogQuery),
    responses((status = 200, body = Page<EntryOut>, description = "The entries, without content"), ReadProblems),
)]
#[get("/access-log")]
async fn search_access_log(mut permit: Permit<SearchAccessLog>) -> Result<HttpResponse> {
    let query: LogQuery = permit.query()?;
    let caller = permit.caller().clone();
    let municipalities: Vec<String> = caller.audits().map(ToOwned::to_owned).collect();
    let now = permit.moment().now;
    let own_children = children_of_other_reviewers(permit.tx(), &caller, now).await?;
    let (before, limit) = (query.page().before()?, query.page().limit());
    let own_looks = reviews_of_looks_by(permit.tx(), &caller).await?;
    let scope = Scope::Auditor {
        municipalities: &municipalities,
        own_children: &own_children,
        own_looks: &own_looks,
    };
    let rows = store::search(permit.tx(), &scope, &query, before, limit + 1).await?;
    let page = Page::cut(rows, limit, |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}
