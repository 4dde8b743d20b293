//! Operations on teams.

use actix_web::{HttpResponse, delete, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{TeamMemberIn, TeamMemberOut},
    duties::pass_on_duties,
    store,
};
use crate::{
    access::{
        Asker, CaseFacts, Kinds, Permit, Whole,
        actions::{AddTeamMember, EndTeamMembership, ListConsents, ListTeam},
        is_close,
        objects::CaseObject,
    },
    db::Tx,
    identity::are_same,
    kernel::{
        Id, Page, PageQuery,
        ids::{TeamMember, Unit},
        vocabulary::{InformationKind, Sector},
    },
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_team).service(add_team_member).service(end_team_membership);
}

/// Lists the team of a case. The contact person and the family also see memberships that are not in force.
///
/// Members from child welfare are shown only to members from units that everyone who must has consented to for that kind.
#[utoipa::path(
    operation_id = "list_team", tag = "teams", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<TeamMemberOut>, description = "The team"), ReadProblems),
)]
#[get("/cases/{case_id}/team")]
async fn list_team(mut permit: Permit<ListTeam>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (case, asker) = (permit.object().clone(), permit.asker());
    let fetch = async |tx: &mut Tx, slice| store::list(tx, &case.facts, slice).await;
    let is_shown = |_: &Permit<_>, row: &TeamMemberOut| is_shown(&asker, &case, row);
    let page = permit.page(&query, fetch, |row| row.id.uuid(), is_shown).await?;
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}

/// Returns whether the caller may know of a membership. Only callers who may see the consents may know that a unit has been part of
/// the case.
pub(super) fn is_shown(asker: &Asker, case: &CaseObject, row: &TeamMemberOut) -> bool {
    (row.in_force || asker.may::<ListConsents>(case)) && asker.knows_that_helps(case, row.unit_id, row.sector)
}

/// Adds a staff member to the team.
///
/// The unit must keep the record, or everyone who must consent has done so for the unit today (fvl § 13 a no. 1).
#[utoipa::path(
    operation_id = "add_team_member", tag = "teams", params(("case_id" = Uuid, Path)), request_body = TeamMemberIn,
    responses((status = 201, body = TeamMemberOut, description = "The membership"), WriteProblems),
)]
#[post("/cases/{case_id}/team")]
async fn add_team_member(mut permit: Permit<AddTeamMember>) -> Result<HttpResponse> {
    let TeamMemberIn { person_id, unit_id, task, contains } = permit.input()?;
    Kinds::may_be_kept("", Some(&contains))?;
    permit.require_open()?;
    let case = permit.object().facts.clone();
    let unit = store::works_there(permit.tx(), person_id, unit_id, &case.municipality, case.today).await?;
    let (kind, sector) = unit.ok_or_else(|| {
        Problem::field("/person_id", "must work in that unit, which must serve the municipality")
    })?;
    Kinds::may_take_part(&kind).map_err(|refused| Problem::field("/unit_id", &refused.instead))?;
    is_covered(&case, unit_id, sector)?;
    let now = permit.moment().now;
    if is_close(permit.tx(), case.child, person_id, now).await? {
        return Err(Problem::conflict(
            "this person is disqualified from joining the team of this child (fvl § 6)",
        ));
    }
    let added_by = permit.caller().person;
    let new = store::NewSeat { person: person_id, unit: unit_id, task: &task, added_by };
    let Some(id) = store::seat(permit.tx(), &case, new, now).await? else {
        return Err(Problem::conflict("this person is already a member through this unit"));
    };
    let seat = store::find(permit.tx(), &case, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([id]);
    permit.added(1, &seat.whole()).await
}

/// Checks that everyone who must has consented to the unit.
fn is_covered(case: &CaseFacts, unit: Id<Unit>, sector: Sector) -> Result<()> {
    if case.ground.covers(unit) {
        return Ok(());
    }
    let all = case.ground.family.consenters(InformationKind::Agreed, sector).len();
    if all == 0 {
        return Err(Problem::conflict(
            "no registered person can consent to this unit; register the guardians first",
        ));
    }
    let missing = case.ground.missing(unit, sector).len();
    Err(Problem::conflict(format!(
        "consent to this unit is missing from {missing} of the {all} people who must consent (fvl § 13 a no. 1)"
    )))
}

/// Ends a membership from the next request on. The contact person must complete a handover first.
///
/// The contact person takes over the measures and the next step of the member.
#[utoipa::path(
    operation_id = "end_team_membership", tag = "teams",
    params(("case_id" = Uuid, Path), ("member_id" = Uuid, Path)),
    responses((status = 204, description = "The membership has ended"), WriteProblems),
)]
#[delete("/cases/{case_id}/team/{member_id}")]
async fn end_team_membership(mut permit: Permit<EndTeamMembership>) -> Result<HttpResponse> {
    let case = permit.object().facts.clone();
    let id = permit.path_id::<TeamMember>("member_id")?;
    let seat = store::find(permit.tx(), &case, id).await?.ok_or_else(Problem::not_found)?;
    if seat.left_at.is_some() {
        return Err(Problem::conflict("the membership has already ended"));
    }
    let holds_baton = are_same(permit.tx(), seat.person_id, case.contact_person).await?;
    if holds_baton && seat.unit_id == case.contact_unit {
        return Err(Problem::conflict(
            "the contact person cannot leave the team until someone else has accepted a handover",
        ));
    }
    let now = permit.moment().now;
    store::leave(permit.tx(), &case, id, now).await?;
    pass_on_duties(permit.tx(), &case, now).await?;
    permit.note_shown([id]);
    permit.done().await
}
