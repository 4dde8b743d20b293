//! Operations on conflicts of interest.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{
        ConflictEndIn, ConflictOfInterestIn, ConflictOfInterestOut, StaffConflictOut, TeamConflictIn,
        require_told,
    },
    store::{self, New, Row, Told},
};
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{
            Action, ConfirmConflictOfInterest, DeclareConflictOfInterest, EndConflictOfInterest,
            ListConflictsOfInterest, ListOwnConflictsOfInterest, ReadCase, RecordConflictOfInterest,
        },
        cases_in_list,
        objects::{CaseObject, UnitObject, UnlockedCase},
    },
    children,
    db::dialect,
    handovers,
    kernel::{
        Id, Moment, NationalId, Page, PageQuery,
        ids::{CaseId, ConflictOfInterest, Person},
    },
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems, WriteProblems},
    },
    teams,
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(declare_conflict_of_interest)
        .service(list_own_conflicts_of_interest)
        .service(record_conflict_of_interest)
        .service(list_conflicts_of_interest)
        .service(confirm_conflict_of_interest)
        .service(end_conflict_of_interest);
}

/// Declares that the caller has a conflict of interest about a child, with effect from the next request.
///
/// The answer is the same whether or not the child is known here. If the caller is contact person in the child's cases,
/// the unit leaders take over.
#[utoipa::path(
    operation_id = "declare_conflict_of_interest", tag = "conflicts of interest", request_body = ConflictOfInterestIn,
    responses((status = 201, body = ConflictOfInterestOut, description = "The conflict of interest"), WriteProblems),
)]
#[post("/me/conflicts-of-interest")]
async fn declare_conflict_of_interest(mut permit: Permit<DeclareConflictOfInterest>) -> Result<HttpResponse> {
    let ConflictOfInterestIn { national_id, case_id, ground, note } = permit.input()?;
    require_told(ground, note.as_ref())?;
    let children = match (&national_id, case_id) {
        (Some(number), None) => children_with(&mut permit, number).await?,
        (None, Some(case)) => vec![child_of(&mut permit, case).await?],
        (Some(_), Some(_)) => return Err(Problem::field("/case_id", "is not allowed with national_id")),
        (None, None) => {
            return Err(Problem::field("/national_id", "is required when there is no case_id"));
        }
    };
    let told = match (&national_id, case_id) {
        (_, Some(case)) => Told::Case(case),
        (Some(number), None) => Told::Number(number),
        (None, None) => return Err(Problem::internal("neither national_id nor case_id is present")),
    };
    let (caller, moment) = (permit.caller().clone(), permit.moment());
    // Each municipality records it about the person that it knows.
    let row = |(municipality, child): (String, _)| {
        let person = caller.person_in(&municipality);
        Row { municipality, child, person, recorded_by: person }
    };
    let rows: Vec<Row> = children.into_iter().map(row).collect();
    let home = caller.municipality.as_str();
    let new = New { home, told, ground, note: note.as_deref(), confirmed: true };
    let id = store::insert(permit.tx(), &rows, new, moment.now).await?;
    for Row { child, person, .. } in rows {
        handovers::of_conflict(permit.tx(), person, child, person, moment).await?;
    }
    let conflict = store::get_own(permit.tx(), caller.account, id).await?;
    permit.note_shown([id]);
    permit.added(conflict.version, &conflict.whole()).await
}

/// The person records of the child with this number, one in each municipality where the caller may meet the child.
async fn children_with(
    permit: &mut Permit<DeclareConflictOfInterest>,
    number: &NationalId,
) -> Result<Vec<(String, Id<Person>)>> {
    let (caller, Moment { now, today }) = (permit.caller().clone(), permit.moment());
    let mut municipalities = store::workplaces(permit.tx(), caller.account, today).await?;
    municipalities.extend(caller.known_as.into_iter().map(|own| own.municipality));
    municipalities.sort();
    municipalities.dedup();
    let born = number.birth_date();
    let mut children = Vec::new();
    for municipality in municipalities {
        // If the child is registered later, the number leads to this record. The name is left for that registration to set.
        let child = children::identify(permit.tx(), &municipality, Some(number), "", born, now).await?;
        children.push((municipality, child));
    }
    Ok(children)
}

/// Finds the child of a case that the caller may read. Any other case counts as missing.
async fn child_of(
    permit: &mut Permit<DeclareConflictOfInterest>,
    case: CaseId,
) -> Result<(String, Id<Person>)> {
    let Parts { caller, tx, moment, .. } = permit.parts();
    let facts = cases_in_list(tx, caller, &[case], moment).await?.pop();
    facts
        .map(|facts| CaseObject { facts })
        .filter(|case| permit.may::<ReadCase>(case))
        .map(|case| (case.facts.municipality.clone(), case.facts.child_person))
        .ok_or_else(|| Problem::field("/case_id", "must be a case that you take part in"))
}

/// Lists the caller's own conflicts of interest, oldest first: those they declared and those recorded by others.
#[utoipa::path(
    operation_id = "list_own_conflicts_of_interest", tag = "conflicts of interest", params(PageQuery),
    responses((status = 200, body = Page<ConflictOfInterestOut>, description = "The caller's conflicts of interest"), ReadProblems),
)]
#[get("/me/conflicts-of-interest")]
async fn list_own_conflicts_of_interest(
    mut permit: Permit<ListOwnConflictsOfInterest>,
) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let Parts { caller, tx, .. } = permit.parts();
    let rows = store::list_own(tx, caller, query.slice()?.after, query.limit() + 1).await?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    let ids: Vec<_> = page.items.iter().map(|row| row.id).collect();
    for (id, municipality) in store::places(tx, &ids).await? {
        permit.note_shown_in(&municipality, id);
    }
    permit.show_page(&page.map(Whole::whole))
}

/// Records that a team member has a conflict of interest about the child.
///
/// It counts from the next request if the caller leads a unit where that person works. Otherwise their leader must confirm it
/// (fvl § 8), and they keep their seat until then. If the person is the contact person, a leader or another team member takes
/// over, but never the caller. If nobody can, they remain contact person in name only until someone can. Recording a conflict
/// never gives the caller access.
#[utoipa::path(
    operation_id = "record_conflict_of_interest", tag = "conflicts of interest", params(("case_id" = Uuid, Path)),
    request_body = TeamConflictIn,
    responses((status = 201, body = StaffConflictOut, description = "The conflict of interest"), WriteProblems),
)]
#[post("/cases/{case_id}/conflicts-of-interest")]
async fn record_conflict_of_interest(mut permit: Permit<RecordConflictOfInterest>) -> Result<HttpResponse> {
    let TeamConflictIn { person_id, ground, note } = permit.input()?;
    require_told(ground, note.as_ref())?;
    let (caller, moment) = (permit.caller().clone(), permit.moment());
    if caller.is(person_id) {
        return Err(Problem::field("/person_id", "is you: declare your own at /v1/me/conflicts-of-interest"));
    }
    let case = permit.object().0.facts.id;
    // Writes by that person finish before this, or are refused after it. The caller's right to record must still hold.
    dialect::lock(permit.tx(), person_id.uuid()).await?;
    dialect::lock(permit.tx(), case.uuid()).await?;
    let facts = cases_in_list(permit.tx(), &caller, &[case], moment).await?.pop();
    let object = facts.map(|facts| UnlockedCase(CaseObject { facts }));
    let object = object.filter(|object| permit.may::<RecordConflictOfInterest>(object));
    let UnlockedCase(object) = object.ok_or_else(Problem::not_found)?;
    let (case, asker) = (&object.facts, permit.asker());
    // A team member that the caller may not know about is treated as absent.
    let unknown = teams::not_to_be_known(permit.tx(), &asker, &object).await?;
    if unknown.contains(&person_id) || !store::is_on_team(permit.tx(), case, person_id).await? {
        return Err(Problem::field("/person_id", "must be a team member of the case"));
    }
    let confirmed = store::leads(permit.tx(), caller.person, person_id, moment.today).await?;
    let row = Row {
        municipality: case.municipality.clone(),
        child: case.child_person,
        person: person_id,
        recorded_by: caller.person,
    };
    let new =
        New { home: &case.municipality, told: Told::Case(case.id), ground, note: note.as_deref(), confirmed };
    let id = store::insert(permit.tx(), &[row], new, moment.now).await?;
    if confirmed {
        handovers::of_conflict(permit.tx(), person_id, case.child_person, caller.person, moment).await?;
    }
    let conflict = store::get(permit.tx(), &case.municipality, id).await?;
    permit.note_shown([id]);
    permit.added(conflict.version, &conflict.whole()).await
}

/// Lists the conflicts of interest among a unit's staff that have not ended, oldest first, without revealing which child.
///
/// Those without `confirmed_at` were stated by others, and wait for a leader to confirm or end them.
#[utoipa::path(
    operation_id = "list_conflicts_of_interest", tag = "conflicts of interest",
    params(("unit_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<StaffConflictOut>, description = "The conflicts of interest"), ReadProblems),
)]
#[get("/units/{unit_id}/conflicts-of-interest")]
async fn list_conflicts_of_interest(mut permit: Permit<ListConflictsOfInterest>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (unit, leader, today) = (permit.object().id, permit.caller().person, permit.moment().today);
    let rows = store::list_of_unit(permit.tx(), unit, leader, today, query.slice()?.after, query.limit() + 1)
        .await?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}

/// Confirms a staff member's conflict of interest, with effect from the next request. Leaders cannot confirm what others state
/// about themselves: they declare it.
///
/// If the person is contact person in the child's cases, a leader or another team member takes over, but never the caller.
#[utoipa::path(
    operation_id = "confirm_conflict_of_interest", tag = "conflicts of interest",
    params(("unit_id" = Uuid, Path), ("conflict_id" = Uuid, Path)),
    responses((status = 200, body = StaffConflictOut, description = "The confirmed conflict of interest"), ChangeProblems),
)]
#[post("/units/{unit_id}/conflicts-of-interest/{conflict_id}/confirm")]
async fn confirm_conflict_of_interest(mut permit: Permit<ConfirmConflictOfInterest>) -> Result<HttpResponse> {
    let current = of_unit(&mut permit).await?;
    if permit.caller().is(current.person_id) {
        return Err(Problem::conflict("declare your own at /v1/me/conflicts-of-interest"));
    }
    if current.confirmed_at.is_some() || current.ended_at.is_some() {
        return Err(Problem::conflict("the conflict of interest is already confirmed or ended"));
    }
    permit.expect_version(current.version)?;
    let (by, moment) = (permit.caller().person, permit.moment());
    for child in store::confirm(permit.tx(), &current, by, moment.now).await? {
        handovers::of_conflict(permit.tx(), current.person_id, child, by, moment).await?;
    }
    let unit = permit.object().id;
    let confirmed = store::find_of_unit(permit.tx(), unit, by, moment.today, current.id).await?;
    let confirmed = confirmed.ok_or_else(Problem::not_found)?;
    permit.note_shown([current.id]);
    permit.changed(confirmed.version, &confirmed.whole()).await
}

/// Returns the conflict of interest in the path, under its lock and that of the person. Writes by that person finish before this,
/// or are decided after it.
async fn of_unit<A: Action<Object = UnitObject>>(permit: &mut Permit<A>) -> Result<StaffConflictOut> {
    let (unit, leader, today) = (permit.object().id, permit.caller().person, permit.moment().today);
    let id = permit.path_id::<ConflictOfInterest>("conflict_id")?;
    let found =
        store::find_of_unit(permit.tx(), unit, leader, today, id).await?.ok_or_else(Problem::not_found)?;
    dialect::lock(permit.tx(), found.person_id.uuid()).await?;
    dialect::lock(permit.tx(), id.uuid()).await?;
    store::find_of_unit(permit.tx(), unit, leader, today, id).await?.ok_or_else(Problem::not_found)
}

/// Ends a staff member's conflict of interest, or rejects what others have stated, with a reason. Leaders cannot end their own
/// (fvl § 8).
#[utoipa::path(
    operation_id = "end_conflict_of_interest", tag = "conflicts of interest",
    params(("unit_id" = Uuid, Path), ("conflict_id" = Uuid, Path)), request_body = ConflictEndIn,
    responses((status = 200, body = StaffConflictOut, description = "The ended conflict of interest"), ChangeProblems),
)]
#[post("/units/{unit_id}/conflicts-of-interest/{conflict_id}/end")]
async fn end_conflict_of_interest(mut permit: Permit<EndConflictOfInterest>) -> Result<HttpResponse> {
    let current = of_unit(&mut permit).await?;
    let id = current.id;
    let ConflictEndIn { reason } = permit.input()?;
    if permit.caller().is(current.person_id) {
        return Err(Problem::conflict(
            "you cannot end your own conflict of interest: another leader must do it (fvl § 8)",
        ));
    }
    if current.ended_at.is_some() {
        return Err(Problem::conflict("the conflict of interest has already ended"));
    }
    permit.expect_version(current.version)?;
    let (by, unit, moment) = (permit.caller().person, permit.object().clone(), permit.moment());
    store::end(permit.tx(), &current, &unit, by, &reason, moment.now).await?;
    let ended = store::find_of_unit(permit.tx(), unit.id, by, moment.today, id).await?;
    let ended = ended.ok_or_else(Problem::not_found)?;
    permit.note_shown([id]);
    permit.changed(ended.version, &ended.whole()).await
}
