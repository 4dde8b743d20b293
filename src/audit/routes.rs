//! The operations on the access log.

use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{EntryOut, FamilyEntryOut, LogQuery, LookKind},
    store::{self, Scope},
};
use crate::{
    access::{
        Permit,
        actions::{self, ReadCaseAccessLog, SearchAccessLog},
        own_children,
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

/// What is done of this kind is told as a look at the case, by the rule that lets the one who did it see the case: its
/// own rule would tell whom a note is for, what the other guardian has consented to, or that something is withheld.
const SECRET_ACTS: [&str; 9] = [
    "write_note",
    "give_consent",
    "read_consent_status",
    "object_to_sharing",
    "list_objections",
    "withdraw_objection",
    "withhold_from_guardian",
    "list_withholdings",
    "end_withholding",
];

/// An entry as the family sees it. A question why someone is let in or kept out is a look at the case, whatever in it was
/// asked about.
fn family_view(entry: EntryOut, team: &[String], family: &[String]) -> FamilyEntryOut {
    let action = entry.action.as_str();
    let asks = actions::ASKS.contains(&action);
    let only_looks =
        asks || ["read_", "list_", "open_emergency_access"].iter().any(|how| action.starts_with(how));
    let secret = !asks
        && (matches!(entry.object_type.as_str(), "Note" | "Consent" | "Objection")
            || SECRET_ACTS.contains(&action));
    // Only what the family reads too is open in an emergency.
    let in_emergency = entry.policies.iter().any(|rule| rule.starts_with("emergency."));
    // The family has no role in the case.
    let as_seeing_the_case = if entry.roles.is_empty() { family } else { team };
    FamilyEntryOut {
        at: entry.at,
        person_name: entry.person_name,
        roles: entry.roles.iter().map(|role| format!("{}, {}", role.role, role.unit)).collect(),
        kind: if only_looks || secret { LookKind::Looked } else { LookKind::Worked },
        legal_basis: if secret && !in_emergency { as_seeing_the_case.to_vec() } else { entry.legal_basis },
    }
}
