//! Operations on emergency access.

use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{EmergencyAccessIn, EmergencyAccessOut, EmergencyVerdict, ReviewIn},
    store,
};
use crate::{
    access::{
        Asker, CaseFacts, EmergencyReader, Permit, Seen, Shown,
        actions::{
            Action, EndEmergencyAccess, ListEmergencyAccess, OpenEmergencyAccess, ReadCase,
            ReadEmergencyAccess, ReviewEmergencyAccess,
        },
        case_by_id, cases_in_list, children_of_other_reviewers, is_close,
        objects::{CaseObject, EmergencyObject, UnitObject},
    },
    breaches::{self, BreachSource, NewBreach},
    db::{Tx, dialect},
    identity::find_person,
    kernel::{
        Id, NationalId, Page, PageQuery, Slice,
        ids::{Case, CaseId},
    },
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(open_emergency_access)
        .service(list_emergency_access)
        .service(read_emergency_access)
        .service(end_emergency_access)
        .service(review_emergency_access);
}

/// Opens one case for reading for one hour, because life or health is in danger.
///
/// The contact person and their leader are notified at once. The family sees it in the access log, and it is reviewed.
#[utoipa::path(
    operation_id = "open_emergency_access", tag = "emergency access", params(("unit_id" = Uuid, Path)),
    request_body = EmergencyAccessIn,
    responses((status = 201, body = EmergencyAccessOut, description = "The emergency access"), WriteProblems),
)]
#[post("/units/{unit_id}/emergency-access")]
async fn open_emergency_access(mut permit: Permit<OpenEmergencyAccess>) -> Result<HttpResponse> {
    let EmergencyAccessIn { case_id, national_id, danger, reason } = permit.input()?;
    let unit = permit.object().clone();
    let cases = match (case_id, national_id) {
        (Some(case), None) => vec![case],
        (None, Some(number)) => cases_of(permit.tx(), &unit, &number).await?,
        (Some(_), Some(_)) => return Err(Problem::field("/national_id", "is not allowed with case_id")),
        (None, None) => {
            return Err(Problem::field("/case_id", "is required when there is no national_id"));
        }
    };
    let (case, other_case_ids) = to_open(&mut permit, &unit, &cases).await?;
    let (caller, now) = (permit.caller().clone(), permit.moment().now);
    let new = store::New { person: caller.person, unit: unit.id, danger, reason: &reason };
    let id = store::insert(permit.tx(), &case, new, now).await?;
    let opened = store::get(permit.tx(), &case.municipality, id).await?;
    let opened = EmergencyAccessOut { other_case_ids, ..opened };
    // The log of the case also records this, by the rule that allows it to be read from now on.
    let moment = permit.moment();
    let case = case_by_id(permit.tx(), &caller, case.id, moment).await?.ok_or_else(Problem::not_found)?;
    permit.note_row::<ReadCase>(&CaseObject { facts: case.clone() });
    let opened = seen(&permit.asker(), &object(case, &opened, false), opened);
    permit.created(format!("/v1/emergency-access/{id}"), opened.version, &opened).await
}

/// The child's open cases in the municipalities that the unit serves, found by national identity number.
async fn cases_of(tx: &mut Tx, unit: &UnitObject, number: &NationalId) -> Result<Vec<Id<Case>>> {
    let mut cases = Vec::new();
    for municipality in &unit.serves {
        if let Some(child) = find_person(tx, municipality, number).await? {
            cases.extend(store::open_cases_of(tx, child).await?);
        }
    }
    Ok(cases)
}

/// The first case that can be opened, and the others that can. A case that cannot be opened counts as missing.
async fn to_open(
    permit: &mut Permit<OpenEmergencyAccess>,
    unit: &UnitObject,
    cases: &[Id<Case>],
) -> Result<(CaseFacts, Vec<CaseId>)> {
    let (caller, moment) = (permit.caller().clone(), permit.moment());
    let (mut open_already, mut first, mut others) = (false, None, Vec::new());
    for id in cases {
        dialect::lock(permit.tx(), id.uuid()).await?;
        let Some(case) = case_by_id(permit.tx(), &caller, *id, moment).await? else { continue };
        let close = is_close(permit.tx(), case.child, caller.person, moment.now).await?;
        if !case.open || close || !unit.serves.contains(&case.municipality) {
            continue;
        }
        if !case.relation.seats.is_empty() || case.relation.emergency.is_some() {
            open_already = true;
        } else if first.is_none() {
            first = Some(case);
        } else {
            others.push(case.id);
        }
    }
    match first {
        Some(case) => Ok((case, others)),
        None if open_already => Err(Problem::conflict("you already have access to the case")),
        None => Err(Problem::not_found()),
    }
}

/// Lists emergency accesses, those awaiting review first. Callers see their own; leaders also see those to their unit's
/// cases, and auditors those in the municipality.
#[utoipa::path(
    operation_id = "list_emergency_access", tag = "emergency access", params(PageQuery),
    responses((status = 200, body = Page<EmergencyAccessOut>, description = "The emergency accesses the caller may read"), ReadProblems),
)]
#[get("/emergency-access")]
async fn list_emergency_access(mut permit: Permit<ListEmergencyAccess>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (caller, moment) = (permit.caller().clone(), permit.moment());
    let fetch = async |tx: &mut Tx, Slice { after, limit }| {
        let rows = store::list(tx, &caller, after, limit).await?;
        let mut cases: Vec<CaseId> = rows.iter().map(|row| row.case_id).collect();
        cases.sort();
        cases.dedup();
        let facts = cases_in_list(tx, &caller, &cases, moment).await?;
        let others = children_of_other_reviewers(tx, &caller, moment.now).await?;
        let with_object = rows.into_iter().filter_map(|row| {
            let case = facts.iter().find(|case| case.id == row.case_id)?.clone();
            let is_for_others = others.contains(&case.child);
            Some((object(case, &row, is_for_others), row))
        });
        Ok(with_object.collect::<Vec<_>>())
    };
    let may_read =
        |permit: &Permit<_>, (object, _): &(EmergencyObject, _)| permit.may::<ReadEmergencyAccess>(object);
    let page = permit.page(&query, fetch, |(_, row)| row.place(), may_read).await?;
    for (object, _) in &page.items {
        permit.note_row::<ReadEmergencyAccess>(object);
    }
    let asker = permit.asker();
    permit.show_page(&page.map(|(object, row)| seen(&asker, &object, row)))
}

/// Returns an emergency access.
#[utoipa::path(
    operation_id = "read_emergency_access", tag = "emergency access", params(("emergency_access_id" = Uuid, Path)),
    responses((status = 200, body = EmergencyAccessOut, description = "The emergency access"), ReadProblems),
)]
#[get("/emergency-access/{emergency_access_id}")]
async fn read_emergency_access(mut permit: Permit<ReadEmergencyAccess>) -> Result<HttpResponse> {
    let row = current(&mut permit).await?;
    let row = seen(&permit.asker(), &object_now(permit.object(), &row), row);
    permit.show_version(row.version, &row)
}

/// Ends an emergency access before the hour has passed, with effect from the next request.
#[utoipa::path(
    operation_id = "end_emergency_access", tag = "emergency access", params(("emergency_access_id" = Uuid, Path)),
    responses((status = 200, body = EmergencyAccessOut, description = "The ended emergency access"), ChangeProblems),
)]
#[post("/emergency-access/{emergency_access_id}/end")]
async fn end_emergency_access(mut permit: Permit<EndEmergencyAccess>) -> Result<HttpResponse> {
    let now = permit.moment().now;
    let row = current(&mut permit).await?;
    if row.ended_at.is_some() || row.ends_at <= now {
        return Err(Problem::conflict("the emergency access has already ended"));
    }
    permit.expect_version(row.version)?;
    store::end(permit.tx(), &row, now).await?;
    let row = current(&mut permit).await?;
    let row = seen(&permit.asker(), &object_now(permit.object(), &row), row);
    permit.changed(row.version, &row).await
}

/// Reviews an emergency access, once. Until then it is first in the list of everyone who may review it. One that is not justified opens a breach,
/// with the id of the emergency access.
#[utoipa::path(
    operation_id = "review_emergency_access", tag = "emergency access", params(("emergency_access_id" = Uuid, Path)),
    request_body = ReviewIn,
    responses((status = 200, body = EmergencyAccessOut, description = "The reviewed emergency access"), ChangeProblems),
)]
#[post("/emergency-access/{emergency_access_id}/review")]
async fn review_emergency_access(mut permit: Permit<ReviewEmergencyAccess>) -> Result<HttpResponse> {
    let now = permit.moment().now;
    let row = current(&mut permit).await?;
    let ReviewIn { verdict, note } = permit.input()?;
    if row.reviewed_at.is_some() {
        return Err(Problem::conflict("the emergency access has already been reviewed"));
    }
    permit.expect_version(row.version)?;
    let cut_short = verdict == EmergencyVerdict::NotJustified && row.ended_at.is_none() && now < row.ends_at;
    let ended_at = if cut_short { Some(now) } else { row.ended_at };
    let review = store::Review { verdict, note: &note, by: permit.caller().person, ended_at };
    store::review(permit.tx(), &row, review, now).await?;
    if verdict == EmergencyVerdict::NotJustified {
        open_breach(&mut permit, &row, ended_at.unwrap_or(row.ends_at)).await?;
    }
    let row = current(&mut permit).await?;
    let row = seen(&permit.asker(), &object_now(permit.object(), &row), row);
    permit.changed(row.version, &row).await
}

/// Opens the breach of an emergency access that was not justified.
async fn open_breach(
    permit: &mut Permit<ReviewEmergencyAccess>,
    row: &EmergencyAccessOut,
    until: DateTime<Utc>,
) -> Result<()> {
    let (child, by, now) = (permit.object().case.child, permit.caller().person, permit.moment().now);
    let new = NewBreach {
        municipality: &row.municipality,
        source: BreachSource::EmergencyAccess,
        id: row.id.uuid(),
        entry: None,
        person: row.person_id,
        unit: Some(row.unit_id),
        child,
        case: Some(row.case_id),
        looked: (row.started_at, until),
        found_by: by,
    };
    Ok(breaches::open(permit.tx(), &new, now).await?)
}

async fn current<A: Action<Object = EmergencyObject>>(permit: &mut Permit<A>) -> Result<EmergencyAccessOut> {
    let (municipality, id) = (permit.object().case.municipality.clone(), permit.object().id);
    Ok(store::get(permit.tx(), &municipality, id).await?)
}

/// The emergency access as the caller sees it.
fn seen(asker: &Asker, object: &EmergencyObject, row: EmergencyAccessOut) -> Seen<EmergencyAccessOut> {
    row.seen_by(&EmergencyReader::new(asker.about(object)))
}

/// The emergency access of a permit as the rules know it after a change.
fn object_now(before: &EmergencyObject, row: &EmergencyAccessOut) -> EmergencyObject {
    object(before.case.clone(), row, before.disqualified)
}

fn object(case: CaseFacts, row: &EmergencyAccessOut, disqualified: bool) -> EmergencyObject {
    let EmergencyAccessOut { id, person_id, unit_id, reviewed_by, .. } = *row;
    EmergencyObject { id, case, person_id, unit_id, reviewed_by, disqualified }
}
