//! The operations on teams.

use actix_web::{HttpResponse, delete, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{TeamMemberIn, TeamMemberOut},
    store,
};
use crate::{
    access::{
        Kinds, Permit,
        actions::{AddTeamMember, EndTeamMembership, ListConsents, ListTeam},
        is_family,
    },
    db::Tx,
    kernel::{Page, PageQuery, Slice, ids::TeamMember},
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_team).service(add_team_member).service(end_team_membership);
}

/// Lists the team of a case, and to the contact person and the family also the seats not in force.
///
/// That child welfare helps is known to those on the team from units that everyone who must has consented to for that.
#[utoipa::path(
    operation_id = "list_team", tag = "teams", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<TeamMemberOut>, description = "The team"), ReadProblems),
)]
#[get("/cases/{case_id}/team")]
async fn list_team(mut permit: Permit<ListTeam>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let case = permit.object().facts.clone();
    // That a unit has been part of the case is for those who know of the consents.
    let past_too = permit.may::<ListConsents>(permit.object());
    let fetch = async |tx: &mut Tx, Slice { after, limit }| store::list(tx, &case, after, limit).await;
    let is_shown = |_: &Permit<_>, row: &TeamMemberOut| {
        (past_too || row.in_force) && case.knows_that_helps(row.unit_id, row.sector)
    };
    let page = permit.page(&query, fetch, |row| row.id.uuid(), is_shown).await?;
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page)
}

/// Gives a member of staff a seat on the team.
///
/// The unit must have opened the case, or everyone who must consent must have consented to it, today (fvl § 13 a no. 1).
#[utoipa::path(
    operation_id = "add_team_member", tag = "teams", params(("case_id" = Uuid, Path)), request_body = TeamMemberIn,
    responses((status = 201, body = TeamMemberOut, description = "The seat"), WriteProblems),
)]
#[post("/cases/{case_id}/team")]
async fn add_team_member(mut permit: Permit<AddTeamMember>) -> Result<HttpResponse> {
    let TeamMemberIn { person_id, unit_id, task, contains } = permit.input()?;
    Kinds::may_be_kept("", contains.as_deref())?;
    permit.require_open()?;
    let case = permit.object().facts.clone();
    let kind = store::works_there(permit.tx(), person_id, unit_id, &case.municipality).await?;
    let kind = kind.ok_or_else(|| {
        Problem::field("/person_id", "does not work in a unit of that id that serves the municipality")
    })?;
    Kinds::may_take_part(&kind).map_err(|refused| Problem::field("/unit_id", &refused.instead))?;
    if !case.ground.covers(unit_id) {
        let (all, missing) = (case.ground.consenters().len(), case.ground.missing(unit_id).len());
        if all == 0 {
            return Err(Problem::conflict(
                "nobody is registered who could consent to this unit: register the guardians",
            ));
        }
        let detail = format!(
            "consent to this unit is missing from {missing} of the {all} who must give it (fvl § 13 a no. 1)"
        );
        return Err(Problem::conflict(detail));
    }
    if is_family(permit.tx(), &case.municipality, case.child, person_id).await? {
        return Err(Problem::conflict("this person is too close to the child to sit on the team (fvl § 6)"));
    }
    let (added_by, now) = (permit.caller().person, permit.moment().now);
    let new = store::NewSeat { person: person_id, unit: unit_id, task: &task, added_by };
    let Some(id) = store::seat(permit.tx(), &case, new, now).await? else {
        return Err(Problem::conflict("this person has a seat through this unit already"));
    };
    let seat = store::find(permit.tx(), &case, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([id]);
    permit.added(1, &seat).await
}

/// Ends a seat; it counts from the next request. The contact person hands the baton over first.
#[utoipa::path(
    operation_id = "end_team_membership", tag = "teams",
    params(("case_id" = Uuid, Path), ("member_id" = Uuid, Path)),
    responses((status = 204, description = "The seat has ended"), WriteProblems),
)]
#[delete("/cases/{case_id}/team/{member_id}")]
async fn end_team_membership(mut permit: Permit<EndTeamMembership>) -> Result<HttpResponse> {
    let case = permit.object().facts.clone();
    let id = permit.path_id::<TeamMember>("member_id")?;
    let seat = store::find(permit.tx(), &case, id).await?.ok_or_else(Problem::not_found)?;
    if seat.left_at.is_some() {
        return Err(Problem::conflict("the seat has ended"));
    }
    if seat.person_id == case.contact_person && seat.unit_id == case.contact_unit {
        return Err(Problem::conflict(
            "the contact person keeps the seat until another has accepted the baton",
        ));
    }
    let now = permit.moment().now;
    store::leave(permit.tx(), &case, id, now).await?;
    permit.note_shown([id]);
    permit.done().await
}
