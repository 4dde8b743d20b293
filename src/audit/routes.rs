//! The operations on the access log.

use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{EntryOut, FamilyEntryOut, LogQuery, Outcome},
    store,
};
use crate::{
    access::{
        Permit,
        actions::{ReadCaseAccessLog, SearchAccessLog},
    },
    kernel::{Page, PageQuery},
    problem::{Result, docs::ReadProblems},
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(search_access_log).service(read_case_access_log);
}

/// Searches the access log of the municipalities that the caller audits, newest first.
#[utoipa::path(
    operation_id = "search_access_log", tag = "access log", params(LogQuery),
    responses((status = 200, body = Page<EntryOut>, description = "The entries, without content"), ReadProblems),
)]
#[get("/access-log")]
async fn search_access_log(mut permit: Permit<SearchAccessLog>) -> Result<HttpResponse> {
    let query: LogQuery = permit.query()?;
    let municipalities: Vec<String> = permit.caller().audits().map(ToOwned::to_owned).collect();
    let (before, limit) = (query.cursor.map(|cursor| cursor.0), query.page().limit());
    let rows = store::search(permit.tx(), &municipalities, &query, before, limit + 1).await?;
    let page = Page::cut(rows, limit, |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show(&page)
}

/// Reads who has looked at the case, newest first: for guardians and the young person, not for colleagues.
#[utoipa::path(
    operation_id = "read_case_access_log", tag = "access log", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<FamilyEntryOut>, description = "Who has looked, when and why they could"), ReadProblems),
)]
#[get("/cases/{case_id}/access-log")]
async fn read_case_access_log(mut permit: Permit<ReadCaseAccessLog>) -> Result<HttpResponse> {
    let page: PageQuery = permit.query()?;
    let case = permit.object().facts.clone();
    let query = LogQuery { case_id: Some(case.id), decision: Some(Outcome::Permit), ..LogQuery::default() };
    let before = page.cursor.map(|cursor| cursor.0);
    let rows = store::search(permit.tx(), &[case.municipality], &query, before, page.limit() + 1).await?;
    let page = Page::cut(rows, page.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show(&page.map(family_view))
}

fn family_view(entry: EntryOut) -> FamilyEntryOut {
    let roles = entry.roles.iter().map(|role| format!("{}, {}", role.role, role.unit)).collect();
    FamilyEntryOut {
        at: entry.at,
        person_name: entry.person_name,
        roles,
        action: entry.action,
        legal_basis: entry.legal_basis,
    }
}
