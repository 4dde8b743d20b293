//! The operations on the access log.

use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{EntryOut, FamilyEntryOut, LogQuery},
    store::{self, Scope},
};
use crate::{
    access::{
        Permit,
        actions::{ReadCaseAccessLog, SearchAccessLog},
        is_secret_act, kind_told, own_children,
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
    let caller = permit.caller().clone();
    let municipalities: Vec<String> = caller.audits().map(ToOwned::to_owned).collect();
    let own_children = own_children(permit.tx(), caller.person).await?;
    let (before, limit) = (query.cursor.map(|cursor| cursor.0), query.page().limit());
    let scope = Scope::Auditor { municipalities: &municipalities, own_children: &own_children };
    let rows = store::search(permit.tx(), &scope, &query, before, limit + 1).await?;
    let page = Page::cut(rows, limit, |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page)
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
    let before = page.cursor.map(|cursor| cursor.0);
    let scope = Scope::Family { case: &case };
    let rows = store::search(permit.tx(), &scope, &LogQuery::default(), before, page.limit() + 1).await?;
    let page = Page::cut(rows, page.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    let [team, family] = ["case.team", "case.family"].map(|rule| permit.legal_basis_of(rule));
    permit.show_page(&page.map(|entry| family_view(entry, &team, &family)))
}

/// An entry as the family sees it.
fn family_view(entry: EntryOut, team: &[String], family: &[String]) -> FamilyEntryOut {
    let secret = is_secret_act(&entry.action, &entry.object_type);
    // Only what the family reads too is open in an emergency.
    let in_emergency = entry.policies.iter().any(|rule| rule.starts_with("emergency."));
    // The family has no role in the case.
    let as_seeing_the_case = if entry.roles.is_empty() { family } else { team };
    FamilyEntryOut {
        at: entry.at,
        person_name: entry.person_name,
        roles: entry.roles.iter().map(|role| format!("{}, {}", role.role, role.unit)).collect(),
        kind: kind_told(&entry.action, &entry.object_type),
        legal_basis: if secret && !in_emergency { as_seeing_the_case.to_vec() } else { entry.legal_basis },
    }
}
