//! The operation on follow-ups.

use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{FollowUpKind, FollowUpOut},
    store,
};
use crate::{
    access::{
        Permit,
        actions::{ListConsents, ListFollowUps, ListMeasures, ListMeetings, ReadCase},
        cases_in_list,
        objects::CaseObject,
    },
    kernel::{Page, PageQuery, ids::CaseId},
    problem::{Result, docs::ReadProblems},
};

/// Returns whether the caller may see the subject. Knowing of a case does not include its measures, meetings or consents.
fn is_theirs(permit: &Permit<ListFollowUps>, case: &CaseObject, kind: FollowUpKind) -> bool {
    match kind {
        FollowUpKind::EvaluateMeasure => permit.may::<ListMeasures>(case),
        FollowUpKind::Meeting => permit.may::<ListMeetings>(case),
        FollowUpKind::RenewConsent => permit.may::<ListConsents>(case),
        FollowUpKind::AnswerHandover => case.facts.relation.offered_baton,
        _ => true,
    }
}

/// Adds the operation to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_follow_ups);
}

/// Lists the caller's pending tasks, earliest first.
#[utoipa::path(
    operation_id = "list_follow_ups", tag = "follow-ups", params(PageQuery),
    responses((status = 200, body = Page<FollowUpOut>, description = "The pending tasks"), ReadProblems),
)]
#[get("/follow-ups")]
async fn list_follow_ups(mut permit: Permit<ListFollowUps>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let after = query.slice()?.after;
    let (caller, moment) = (permit.caller().clone(), permit.moment());
    let due = store::list(permit.tx(), caller.person, moment.today).await?;
    let mut cases: Vec<CaseId> = due.iter().filter_map(|item| item.case_id).collect();
    cases.sort();
    cases.dedup();
    let facts = cases_in_list(permit.tx(), &caller, &cases, moment).await?;
    let readable: Vec<CaseObject> = facts
        .into_iter()
        .map(|facts| CaseObject { facts })
        .filter(|case| permit.may::<ReadCase>(case))
        .collect();
    // Nothing remains to be done in a closed case, except to review emergency access.
    let counts = |case: &CaseObject, item: &FollowUpOut| {
        (case.facts.open || item.kind == FollowUpKind::EmergencyAccess)
            && case.facts.withheld_from(item.object_id).all(|person| person != caller.person)
            && is_theirs(&permit, case, item.kind)
    };
    let mine = due.into_iter().filter(|item| {
        item.case_id.is_none_or(|id| readable.iter().any(|case| case.facts.id == id && counts(case, item)))
    });
    let mut rest: Vec<FollowUpOut> = mine.filter(|item| item.place() > after).collect();
    rest.truncate(query.limit() + 1);
    let page = Page::cut(rest, query.limit(), FollowUpOut::place);
    for case in
        readable.iter().filter(|case| page.items.iter().any(|item| item.case_id == Some(case.facts.id)))
    {
        permit.note_row::<ReadCase>(case);
    }
    permit.note_shown(page.items.iter().map(|item| item.object_id));
    permit.show_page(&page)
}
