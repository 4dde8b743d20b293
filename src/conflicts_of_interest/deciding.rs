//! Operations of the leader who decides whether staff are disqualified (fvl § 8).

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{ConflictConfirmationIn, ConflictEndIn, StaffConflictOut},
    of_unit::{self, Deciding},
};
use crate::{
    access::{
        Permit, Whole,
        actions::{Action, ConfirmConflictOfInterest, EndConflictOfInterest, ListConflictsOfInterest},
        objects::UnitStaff,
    },
    db::dialect,
    handovers,
    kernel::{Page, PageQuery, ids::ConflictOfInterest},
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems},
    },
};

/// Adds the operations to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(list_conflicts_of_interest)
        .service(confirm_conflict_of_interest)
        .service(end_conflict_of_interest);
}

/// Returns who decides, and on whose staff.
fn deciding<A: Action<Object = UnitStaff>>(permit: &Permit<A>) -> Deciding {
    let UnitStaff { unit, decides_above } = permit.object();
    let (leader, today) = (permit.caller().person, permit.moment().today);
    Deciding { unit: unit.id, leader, above: *decides_above, today }
}

/// Lists the conflicts of interest among a unit's staff that have not ended, oldest first, without revealing which child.
///
/// Those without `confirmed_at` were stated by others, and wait for a leader to confirm or end them. Where no leader of the unit can
/// decide, a leader of another unit of the sector in the municipality lists and decides that, or else of any other unit there.
#[utoipa::path(
    operation_id = "list_conflicts_of_interest", tag = "conflicts of interest",
    params(("unit_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<StaffConflictOut>, description = "The conflicts of interest"), ReadProblems),
)]
#[get("/units/{unit_id}/conflicts-of-interest")]
async fn list_conflicts_of_interest(mut permit: Permit<ListConflictsOfInterest>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let deciding = deciding(&permit);
    let rows = of_unit::list(permit.tx(), deciding, query.slice()?.after, query.limit() + 1).await?;
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
    params(("unit_id" = Uuid, Path), ("conflict_id" = Uuid, Path)), request_body = ConflictConfirmationIn,
    responses((status = 200, body = StaffConflictOut, description = "The confirmed conflict of interest"), ChangeProblems),
)]
#[post("/units/{unit_id}/conflicts-of-interest/{conflict_id}/confirm")]
async fn confirm_conflict_of_interest(mut permit: Permit<ConfirmConflictOfInterest>) -> Result<HttpResponse> {
    let current = of_unit(&mut permit).await?;
    let ConflictConfirmationIn { reason } = permit.input()?;
    if permit.caller().is(current.person_id) {
        return Err(Problem::conflict("declare your own at /v1/me/conflicts-of-interest"));
    }
    if current.confirmed_at.is_some() || current.ended_at.is_some() {
        return Err(Problem::conflict("the conflict of interest is already confirmed or ended"));
    }
    permit.expect_version(current.version)?;
    let (deciding, unit, moment) = (deciding(&permit), permit.object().unit.clone(), permit.moment());
    let by = deciding.leader;
    for child in of_unit::confirm(permit.tx(), &current, &unit, (by, &*reason), moment.now).await? {
        handovers::of_conflict(permit.tx(), current.person_id, child, by, moment).await?;
    }
    let confirmed = of_unit::find(permit.tx(), deciding, current.id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([current.id]);
    permit.changed(confirmed.version, &confirmed.whole()).await
}

/// Returns the conflict of interest in the path, under its lock and that of the person. Writes by that person finish before this,
/// or are decided after it.
async fn of_unit<A: Action<Object = UnitStaff>>(permit: &mut Permit<A>) -> Result<StaffConflictOut> {
    let deciding = deciding(permit);
    let id = permit.path_id::<ConflictOfInterest>("conflict_id")?;
    let found = of_unit::find(permit.tx(), deciding, id).await?.ok_or_else(Problem::not_found)?;
    dialect::lock(permit.tx(), found.person_id.uuid()).await?;
    dialect::lock(permit.tx(), id.uuid()).await?;
    of_unit::find(permit.tx(), deciding, id).await?.ok_or_else(Problem::not_found)
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
    let (deciding, unit, moment) = (deciding(&permit), permit.object().unit.clone(), permit.moment());
    of_unit::end(permit.tx(), &current, &unit, (deciding.leader, &*reason), moment.now).await?;
    let ended = of_unit::find(permit.tx(), deciding, current.id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([current.id]);
    permit.changed(ended.version, &ended.whole()).await
}
