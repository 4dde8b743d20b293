//! The operation on follow-ups.

use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{FollowUpKind, FollowUpOut, FollowUpQuery, Place},
    store,
};
use crate::{
    access::{
        Permit, Whole,
        actions::{ListConsents, ListFollowUps, ListMeasures, ListMeetings, ReadCase},
        cases_in_list,
        objects::CaseObject,
    },
    kernel::{Page, ids::CaseId},
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
    operation_id = "list_follow_ups", tag = "follow-ups", params(FollowUpQuery),
    responses((status = 200, body = Page<FollowUpOut>, description = "What is due"), ReadProblems),
)]
#[get("/follow-ups")]
async fn list_follow_ups(mut permit: Permit<ListFollowUps>) -> Result<HttpResponse> {
    let query: FollowUpQuery = permit.query()?;
    let (mut after, limit) = (query.after(), query.limit());
    let (mut items, mut cases) = (Vec::new(), Vec::new());
    // One item more than the page shows whether there is a next page.
    while items.len() <= limit {
        let Some(due) = due_after(&mut permit, after, limit + 1).await? else { break };
        after = due.last;
        items.extend(due.items);
        cases.extend(due.cases);
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = more.then(|| items.last().map(|item| item.place().encode())).flatten();
    let page = Page { items, next_cursor };
    cases.sort_by_key(|case| case.facts.id);
    cases.dedup_by_key(|case| case.facts.id);
    for case in cases.iter().filter(|case| page.items.iter().any(|item| item.case_id == Some(case.facts.id)))
    {
        permit.note_row::<ReadCase>(case);
    }
    permit.note_shown(page.items.iter().map(|item| item.object_id));
    permit.show_page(&page.map(Whole::whole))
}

/// A batch of tasks, in order.
struct Due {
    /// The tasks that the caller may see.
    items: Vec<FollowUpOut>,
    /// The cases of these tasks.
    cases: Vec<CaseObject>,
    /// The position of the last task that was checked, whether or not the caller may see it.
    last: Place,
}

/// Returns the next tasks after a position; none if there are no more.
async fn due_after(permit: &mut Permit<ListFollowUps>, after: Place, limit: usize) -> Result<Option<Due>> {
    let (caller, moment) = (permit.caller().clone(), permit.moment());
    let mut items = store::list(permit.tx(), &caller, moment.today, after, limit).await?;
    let Some(last) = items.last().map(FollowUpOut::place) else { return Ok(None) };
    let mut cases: Vec<CaseId> = items.iter().filter_map(|item| item.case_id).collect();
    cases.sort();
    cases.dedup();
    let facts = cases_in_list(permit.tx(), &caller, &cases, moment).await?;
    let objects = facts.into_iter().map(|facts| CaseObject { facts });
    let cases: Vec<CaseObject> = objects.filter(|case| permit.may::<ReadCase>(case)).collect();
    // Nothing remains to be done in a closed case, except to review emergency access.
    let counts = |case: &CaseObject, item: &FollowUpOut| {
        (case.facts.open || item.kind == FollowUpKind::EmergencyAccess)
            && case.facts.withheld_from(item.object_id).all(|person| person != caller.person)
            && is_theirs(permit, case, item.kind)
    };
    items.retain(|item| {
        item.case_id.is_none_or(|id| cases.iter().any(|case| case.facts.id == id && counts(case, item)))
    });
    Ok(Some(Due { items, cases, last }))
}
