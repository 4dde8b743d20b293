//! Operations on cases.

use actix_web::{HttpResponse, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{
        CaseClosing, CaseEventKind, CaseEventOut, CaseOut, CasePatch, CaseQuery, CaseReopening, NextStepTime,
    },
    store,
};
use crate::{
    access::{
        Asker, CaseFacts, CaseReader, Decided, Kinds, Parts, Permit, Seen, Shown, Whole,
        actions::{
            Action, CloseCase, ListCaseHistory, ListCases, ReadCase, ReadMeasure, ReopenCase, UpdateCase,
        },
        cases_in_list,
        fields::SeeWhatIsAgreed,
        objects::CaseObject,
    },
    catalogue::{GuideLevel, level_in_force},
    db::Tx,
    handovers,
    kernel::{Page, PageQuery},
    next_steps::{self, Known, NextStepOutcome, Settled},
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems},
    },
};

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

/// Lists the cases that the caller takes part in, oldest first. `next_step` leaves only those whose next step is overdue, or is in time.
#[utoipa::path(
    operation_id = "list_cases", tag = "cases", params(CaseQuery),
    responses((status = 200, body = Page<CaseOut>, description = "The cases the caller may read"), ReadProblems),
)]
#[get("/cases")]
async fn list_cases(mut permit: Permit<ListCases>) -> Result<HttpResponse> {
    let query: CaseQuery = permit.query()?;
    let asker = permit.asker();
    let moment = permit.moment();
    let fetch = async |tx: &mut Tx, slice| {
        let ids = store::involved_cases(tx, asker.caller(), slice).await?;
        let facts = cases_in_list(tx, asker.caller(), &ids, moment).await?;
        Ok(facts.into_iter().map(|facts| CaseObject { facts }).collect())
    };
    let keeps = |row: &Decided<CaseObject>| match query.next_step {
        None => true,
        Some(time) => {
            let overdue = time == NextStepTime::Overdue;
            let CaseFacts { state, .. } = &row.object.facts;
            state.open && state.is_overdue() == overdue && row.about.sees::<SeeWhatIsAgreed>()
        }
    };
    let page = permit.page_where::<ReadCase>(&query.page(), fetch, keeps).await?;
    let Page { items, next_cursor } = page;
    permit.note_rows::<ReadCase>(&items);
    let ids: Vec<_> = items.iter().map(|case| case.object.facts.id).collect();
    let cases = store::list(permit.tx(), &ids).await?;
    let readers = items.into_iter().map(|case| (case.object, CaseReader::new(case.about))).collect();
    let items = seen(permit.tx(), &asker, readers, cases).await?;
    permit.show_page(&Page { items, next_cursor })
}

/// Returns a case: why help is given, its level, its contact person and the next evaluation.
#[utoipa::path(
    operation_id = "read_case", tag = "cases", params(("case_id" = Uuid, Path)),
    responses((status = 200, body = CaseOut, description = "The case"), ReadProblems),
)]
#[get("/cases/{case_id}")]
async fn read_case(mut permit: Permit<ReadCase>) -> Result<HttpResponse> {
    let case = current(&mut permit).await?;
    let case = as_seen(&mut permit, case).await?;
    permit.show_version(case.version, &case)
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
    Kinds::may_be_kept("", Some(&contains))?;
    permit.require_open()?;
    let seen = as_seen(&mut permit, case.clone()).await?;
    permit.expect_seen(&seen)?;
    let level = level_in_force(permit.tx(), &case.municipality, level, "/level").await?;
    let key = permit.object().facts.key();
    store::set_level(permit.tx(), &key, &case, level, &level_reason).await?;
    remember(&mut permit, CaseEventKind::LevelChanged, level, &level_reason, None).await?;
    let case = current(&mut permit).await?;
    let case = as_seen(&mut permit, case).await?;
    permit.changed(case.version, &case).await
}

/// Closes a case, with a reason and a final evaluation.
///
/// All measures must have their final evaluation, no handover may be pending, and no child be expected.
#[utoipa::path(
    operation_id = "close_case", tag = "cases", params(("case_id" = Uuid, Path)), request_body = CaseClosing,
    responses((status = 200, body = CaseOut, description = "The closed case"), ChangeProblems),
)]
#[post("/cases/{case_id}/close")]
async fn close_case(mut permit: Permit<CloseCase>) -> Result<HttpResponse> {
    let case = current(&mut permit).await?;
    let CaseClosing { reason, final_evaluation, contains } = permit.input()?;
    Kinds::may_be_kept("", Some(&contains))?;
    permit.require_open()?;
    let seen = as_seen(&mut permit, case.clone()).await?;
    permit.expect_seen(&seen)?;
    match store::unfinished(permit.tx(), &case).await? {
        (0, 0, 0) => {}
        (0, 0, _) => {
            return Err(Problem::conflict(
                "a child is expected; record the birth, or that the pregnancy has ended",
            ));
        }
        (0, _, _) => {
            return Err(Problem::conflict("a handover or a transition is pending; withdraw it first"));
        }
        (measures, _, _) => {
            let detail = format!("{measures} measures are in force; give each a final evaluation first");
            return Err(Problem::conflict(detail));
        }
    }
    let (key, now) = (permit.object().facts.key(), permit.moment().now);
    store::close(permit.tx(), &key, &case, &reason, &final_evaluation, now).await?;
    let settled = Settled {
        step: None,
        outcome: NextStepOutcome::CaseClosed,
        reason: None,
        by: permit.caller().person,
    };
    let place = permit.object().facts.clone();
    next_steps::settle(permit.tx(), place.place(), settled, now).await?;
    let kind = CaseEventKind::Closed;
    remember(&mut permit, kind, case.guide_level(), &reason, Some(&*final_evaluation)).await?;
    let case = current(&mut permit).await?;
    let case = as_seen(&mut permit, case).await?;
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
    let CaseReopening { next_step, level, level_reason, contains } = permit.input()?;
    Kinds::may_be_kept("", Some(&contains))?;
    if permit.object().facts.open {
        return Err(Problem::conflict("the case is already open"));
    }
    let seen = as_seen(&mut permit, case.clone()).await?;
    permit.expect_seen(&seen)?;
    if store::has_other_open(permit.tx(), &case).await? {
        return Err(Problem::conflict("the child already has another open case here"));
    }
    if !store::is_served(permit.tx(), &case).await? {
        return Err(Problem::conflict(
            "the unit of the case no longer serves the municipality where the child lives",
        ));
    }
    let level = level_in_force(permit.tx(), &case.municipality, level, "/level").await?;
    let (asker, object, moment) = (permit.asker(), permit.object().clone(), permit.moment());
    let place = (&*case.municipality, moment.today);
    let step =
        next_steps::checked(permit.tx(), place, Some((&asker, &object)), &next_step, "/next_step").await?;
    store::reopen(permit.tx(), &object.facts.key(), &case, level, &level_reason).await?;
    let by = permit.caller().person;
    next_steps::begin(permit.tx(), object.facts.place(), step, by, moment.now).await?;
    remember(&mut permit, CaseEventKind::Reopened, level, &level_reason, None).await?;
    let Parts { object, caller, tx, moment } = permit.parts();
    handovers::if_ground_is_lost(tx, &object.facts, caller.person, moment.now).await?;
    let case = current(&mut permit).await?;
    let case = as_seen(&mut permit, case).await?;
    permit.changed(case.version, &case).await
}

/// Records the caller's action in the history of the case.
async fn remember<A: Action<Object = CaseObject>>(
    permit: &mut Permit<A>,
    kind: CaseEventKind,
    level: GuideLevel,
    reason: &str,
    final_evaluation: Option<&str>,
) -> Result<()> {
    let Parts { object, caller, tx, moment } = permit.parts();
    let event = store::Event { kind, level, reason, final_evaluation, by: caller.person };
    Ok(store::add_event(tx, object.facts.place(), event, moment.now).await?)
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
    let rows = store::list_events(permit.tx(), &case.municipality, case.id, query.slice()?).await?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}

/// The case as the caller sees it.
async fn as_seen<A: Action<Object = CaseObject>>(
    permit: &mut Permit<A>,
    case: CaseOut,
) -> Result<Seen<CaseOut>> {
    let asker = permit.asker();
    let object = permit.object().clone();
    let reader = asker.reader(&object);
    let mut seen = seen(permit.tx(), &asker, vec![(object, reader)], vec![case]).await?;
    seen.pop().ok_or_else(Problem::not_found)
}

/// Cases as the caller sees them, each with the date of its next evaluation: of the measures that the caller may read.
pub(super) async fn seen(
    tx: &mut Tx,
    asker: &Asker,
    readers: Vec<(CaseObject, CaseReader)>,
    cases: Vec<CaseOut>,
) -> Result<Vec<Seen<CaseOut>>> {
    let ids: Vec<_> = cases.iter().map(|case| case.id).collect();
    let due = store::evaluations_due(tx, &ids).await?;
    let steps = next_steps::pending(tx, &ids).await?;
    let with_reader = readers.into_iter().zip(cases);
    Ok(with_reader
        .map(|((object, reader), mut case)| {
            let own = due.iter().filter(|due| due.case_id == case.id);
            let mut readable = own.filter(|due| asker.may::<ReadMeasure>(&due.measure(&object)));
            let next = if reader.agreed() { readable.next() } else { None };
            case.next_evaluation_on = next.map(|due| due.evaluate_on);
            let step = steps.iter().find(|step| step.case_id == case.id).cloned();
            let known = Known::of_units(asker, &object);
            let step = step.map(|step| step.known(&known, object.facts.today));
            case.next_step = step.map(|step| step.seen_by(&reader).into_inner());
            case.seen_by(&reader)
        })
        .collect())
}

async fn current<A>(permit: &mut Permit<A>) -> Result<CaseOut>
where
    A: Action<Object = CaseObject>,
{
    let id = permit.object().facts.id;
    Ok(store::get(permit.tx(), id).await?)
}
