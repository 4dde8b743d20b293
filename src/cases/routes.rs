//! Operations on cases.

use actix_web::{HttpResponse, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{CaseClosing, CaseEventKind, CaseEventOut, CaseOut, CasePatch, CaseReopening, Level},
    store,
};
use crate::{
    access::{
        CasePlace, Kinds, Parts, Permit,
        actions::{
            Action, CloseCase, ListCaseHistory, ListCases, ListMeasures, ReadCase, ReopenCase, UpdateCase,
        },
        cases_in_list,
        objects::CaseObject,
    },
    db::Tx,
    handovers,
    kernel::{Id, Page, PageQuery, Slice, ids::Person},
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems},
    },
};

/// The fields of a case that reveal where the child is.
const WHEREABOUTS: [&str; 6] = [
    "unit_id",
    "unit_name",
    "contact_person_id",
    "contact_person_name",
    "contact_unit_id",
    "contact_unit_name",
];

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_cases)
        .service(read_case)
        .service(list_case_history)
        .service(update_case)
        .service(close_case)
        .service(reopen_case);
}

/// Lists the cases that the caller takes part in, oldest first.
#[utoipa::path(
    operation_id = "list_cases", tag = "cases", params(PageQuery),
    responses((status = 200, body = Page<CaseOut>, description = "The cases the caller may read"), ReadProblems),
)]
#[get("/cases")]
async fn list_cases(mut permit: Permit<ListCases>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (caller, moment) = (permit.caller().clone(), permit.moment());
    let units_led = caller.units_led();
    let fetch = async |tx: &mut Tx, Slice { after, limit }| {
        let ids = store::involved_cases(tx, caller.person, &units_led, after, limit).await?;
        let facts = cases_in_list(tx, &caller, &ids, moment).await?;
        Ok(facts.into_iter().map(|facts| CaseObject { facts }).collect())
    };
    let may_read = |permit: &Permit<_>, case: &CaseObject| permit.may::<ReadCase>(case);
    let page = permit.page(&query, fetch, |case| case.facts.id.uuid(), may_read).await?;
    let ids: Vec<_> = page.items.iter().map(|case| case.facts.id).collect();
    let mut items = store::list(permit.tx(), &ids).await?;
    tell_next_evaluation(permit.tx(), caller.person, &page.items, &mut items).await?;
    for (case, item) in page.items.iter().zip(&mut items) {
        permit.note_row::<ReadCase>(case);
        withhold(permit.may::<ListMeasures>(case), item);
    }
    permit.show_page(&Page { items, next_cursor: page.next_cursor })
}

/// Returns a case: why help is given, its level, its contact person and the next evaluation.
#[utoipa::path(
    operation_id = "read_case", tag = "cases", params(("case_id" = Uuid, Path)),
    responses((status = 200, body = CaseOut, description = "The case"), ReadProblems),
)]
#[get("/cases/{case_id}")]
async fn read_case(mut permit: Permit<ReadCase>) -> Result<HttpResponse> {
    let id = permit.object().facts.id;
    let mut case = store::get(permit.tx(), id).await?;
    let (caller, object) = (permit.caller().person, permit.object().clone());
    tell_next_evaluation(permit.tx(), caller, std::slice::from_ref(&object), std::slice::from_mut(&mut case))
        .await?;
    withhold(permit.may::<ListMeasures>(&object), &mut case);
    let shown = object.facts.without_whereabouts(&case, &WHEREABOUTS)?;
    permit.show_version(case.version, &shown)
}

/// Changes the level of a case, with a reason.
#[utoipa::path(
    operation_id = "update_case", tag = "cases", params(("case_id" = Uuid, Path)), request_body = CasePatch,
    responses((status = 200, body = CaseOut, description = "The updated case"), ChangeProblems),
)]
#[patch("/cases/{case_id}")]
async fn update_case(mut permit: Permit<UpdateCase>) -> Result<HttpResponse> {
    let case = current(&mut permit).await?;
    let CasePatch { level, level_reason, contains } = permit.input()?;
    Kinds::may_be_kept("", contains.as_deref())?;
    permit.require_open()?;
    permit.expect_version(case.version)?;
    let key = permit.object().facts.key();
    store::set_level(permit.tx(), &key, &case, level, &level_reason).await?;
    remember(&mut permit, &case, CaseEventKind::LevelChanged, level, &level_reason, None).await?;
    let case = store::get(permit.tx(), case.id).await?;
    permit.changed(case.version, &case).await
}

/// Closes a case, with a reason and a final evaluation.
///
/// All measures must have their final evaluation, and no handover may be pending.
#[utoipa::path(
    operation_id = "close_case", tag = "cases", params(("case_id" = Uuid, Path)), request_body = CaseClosing,
    responses((status = 200, body = CaseOut, description = "The closed case"), ChangeProblems),
)]
#[post("/cases/{case_id}/close")]
async fn close_case(mut permit: Permit<CloseCase>) -> Result<HttpResponse> {
    let case = current(&mut permit).await?;
    let CaseClosing { reason, final_evaluation, contains } = permit.input()?;
    Kinds::may_be_kept("", contains.as_deref())?;
    permit.require_open()?;
    permit.expect_version(case.version)?;
    match store::unfinished(permit.tx(), &case).await? {
        (0, 0) => {}
        (0, _) => return Err(Problem::conflict("a handover is pending; withdraw it first")),
        (measures, _) => {
            let detail = format!("{measures} measures are in force; give each a final evaluation first");
            return Err(Problem::conflict(detail));
        }
    }
    let (key, now) = (permit.object().facts.key(), permit.moment().now);
    store::close(permit.tx(), &key, &case, &reason, &final_evaluation, now).await?;
    let kind = CaseEventKind::Closed;
    remember(&mut permit, &case, kind, case.level, &reason, Some(&*final_evaluation)).await?;
    let case = store::get(permit.tx(), case.id).await?;
    permit.changed(case.version, &case).await
}

/// Reopens a closed case.
#[utoipa::path(
    operation_id = "reopen_case", tag = "cases", params(("case_id" = Uuid, Path)), request_body = CaseReopening,
    responses((status = 200, body = CaseOut, description = "The reopened case"), ChangeProblems),
)]
#[post("/cases/{case_id}/reopen")]
async fn reopen_case(mut permit: Permit<ReopenCase>) -> Result<HttpResponse> {
    let case = current(&mut permit).await?;
    let CaseReopening { level, level_reason, contains } = permit.input()?;
    Kinds::may_be_kept("", contains.as_deref())?;
    if permit.object().facts.open {
        return Err(Problem::conflict("the case is already open"));
    }
    permit.expect_version(case.version)?;
    if store::has_other_open(permit.tx(), &case).await? {
        return Err(Problem::conflict("the child already has another open case here"));
    }
    let key = permit.object().facts.key();
    store::reopen(permit.tx(), &key, &case, level, &level_reason).await?;
    remember(&mut permit, &case, CaseEventKind::Reopened, level, &level_reason, None).await?;
    let Parts { object, caller, tx, moment } = permit.parts();
    handovers::if_ground_is_lost(tx, &object.facts, caller.person, moment.now).await?;
    let mut case = store::get(permit.tx(), case.id).await?;
    withhold(permit.may::<ListMeasures>(permit.object()), &mut case);
    permit.changed(case.version, &case).await
}

/// Records the caller's action in the history of the case.
async fn remember<A: Action<Object = CaseObject>>(
    permit: &mut Permit<A>,
    case: &CaseOut,
    kind: CaseEventKind,
    level: Level,
    reason: &str,
    final_evaluation: Option<&str>,
) -> Result<()> {
    let (by, now, sector) = (permit.caller().person, permit.moment().now, permit.object().facts.sector);
    let event = store::Event { kind, level, reason, final_evaluation, by };
    let place = CasePlace { municipality: &case.municipality, sector, case: case.id };
    Ok(store::add_event(permit.tx(), place, event, now).await?)
}

/// Lists the history of a case: opening, changes of level, closing and reopening, each with its reason.
#[utoipa::path(
    operation_id = "list_case_history", tag = "cases", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<CaseEventOut>, description = "The history"), ReadProblems),
)]
#[get("/cases/{case_id}/history")]
async fn list_case_history(mut permit: Permit<ListCaseHistory>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let case = permit.object().facts.clone();
    let (after, limit) = (query.slice()?.after, query.limit());
    let rows = store::list_events(permit.tx(), &case.municipality, case.id, after, limit + 1).await?;
    let page = Page::cut(rows, limit, |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page)
}

/// Sets the date of the next evaluation, counting only measures that the caller may know about.
async fn tell_next_evaluation(
    tx: &mut Tx,
    caller: Id<Person>,
    cases: &[CaseObject],
    told: &mut [CaseOut],
) -> Result<()> {
    let ids: Vec<_> = told.iter().map(|case| case.id).collect();
    let due = store::evaluations_due(tx, &ids).await?;
    for (case, told) in cases.iter().zip(told) {
        let known = due.iter().filter(|due| {
            due.case_id == told.id
                && case.facts.knows_that_helps(due.unit_id, due.sector)
                && case.facts.withheld_from(due.id).all(|person| person != caller)
        });
        told.next_evaluation_on = known.map(|due| due.evaluate_on).min();
    }
    Ok(())
}

/// Callers who may not see what is agreed see only that the case exists and who is contact person. They see no text
/// about the help, and not whether there are measures.
fn withhold(sees_what_is_agreed: bool, case: &mut CaseOut) {
    if !sees_what_is_agreed {
        case.next_evaluation_on = None;
        let CaseOut { reason, level_reason, closing_reason, final_evaluation, .. } = case;
        for words in [reason, level_reason, closing_reason, final_evaluation] {
            *words = None;
        }
    }
}

async fn current<A>(permit: &mut Permit<A>) -> Result<CaseOut>
where
    A: Action<Object = CaseObject>,
{
    let id = permit.object().facts.id;
    Ok(store::get(permit.tx(), id).await?)
}
