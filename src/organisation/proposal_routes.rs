//! Roles that need two administrators, and extensions of roles.

use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, NaiveDate, Utc};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{ExtensionIn, ProposalStatus, RoleProposalIn, RoleProposalOut, StaffOut},
    proposals::{self, Extension, NewProposal},
    routes::may_hold,
    store::{self, NotGranted},
};
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{ConfirmRole, DeclineRole, ExtendRole, ListRoleProposals, ProposeRole},
    },
    db::{Tx, dialect},
    identity::has_corrected_lately,
    kernel::{
        Id, Page, PageQuery,
        ids::{Person, StaffRole},
    },
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(propose_role)
        .service(list_role_proposals)
        .service(confirm_role)
        .service(decline_role)
        .service(extend_role);
}

/// Proposes that a person becomes leader, administrator or auditor, or stays so for longer. Another administrator must confirm it.
///
/// A proposal grants nothing.
#[utoipa::path(
    operation_id = "propose_role", tag = "organisation", params(("unit_id" = Uuid, Path)), request_body = RoleProposalIn,
    responses((status = 201, body = RoleProposalOut, description = "The proposal"), WriteProblems),
)]
#[post("/units/{unit_id}/role-proposals")]
async fn propose_role(mut permit: Permit<ProposeRole>) -> Result<HttpResponse> {
    let RoleProposalIn { person_id, role, ends_on, reason } = permit.input()?;
    let role = role.into();
    let Parts { object: unit, caller, tx, moment } = permit.parts();
    let ends_on = ends_on.unwrap_or_else(|| store::latest_end(moment.today));
    check_end(ends_on, moment.today)?;
    may_hold(tx, caller, unit, person_id, role, moment.today).await?;
    has_the_name(tx, person_id, [caller.person], moment.now).await?;
    let new = NewProposal {
        municipality: &unit.municipality,
        unit: unit.id,
        person: person_id,
        role,
        ends_on,
        reason: &reason,
    };
    let id = proposals::propose(tx, new, caller.person, moment.now).await?;
    let id = id.ok_or_else(|| Problem::conflict("the same role is proposed for the person already"))?;
    let proposal =
        proposals::find(tx, &unit.municipality, id, moment.now).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([person_id.to_string(), id.to_string()]);
    permit.added(1, &proposal.whole()).await
}

/// Lists the proposals of roles in a municipality that are not decided yet.
#[utoipa::path(
    operation_id = "list_role_proposals", tag = "organisation",
    params(("municipality" = String, Path, example = "4014"), PageQuery),
    responses((status = 200, body = Page<RoleProposalOut>, description = "The proposals"), ReadProblems),
)]
#[get("/municipalities/{municipality}/role-proposals")]
async fn list_role_proposals(mut permit: Permit<ListRoleProposals>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let Parts { object, tx, moment, .. } = permit.parts();
    let rows = proposals::list(tx, &object.number, query.slice()?, moment.now).await?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}

/// Confirms a role that another administrator proposed. The person has it from now on.
#[utoipa::path(
    operation_id = "confirm_role", tag = "organisation",
    params(("municipality" = String, Path, example = "4014"), ("proposal_id" = Uuid, Path)),
    responses((status = 201, body = StaffOut, description = "The role"), WriteProblems),
)]
#[post("/municipalities/{municipality}/role-proposals/{proposal_id}/confirm")]
async fn confirm_role(mut permit: Permit<ConfirmRole>) -> Result<HttpResponse> {
    let Parts { object, caller, tx, moment } = permit.parts();
    let (municipality, by, now, today) = (&object.municipality, caller.person, moment.now, moment.today);
    let proposal = open(proposals::find(tx, municipality, object.id, now).await?)?;
    let (unit, person, role) = (proposal.unit_id, proposal.person_id, proposal.role);
    check_end(proposal.ends_on, today)
        .map_err(|_| Problem::conflict("the role would have ended already: propose it again"))?;
    // The checks of the proposal are repeated, and hold until this commits.
    dialect::lock(tx, person.uuid()).await?;
    let place = store::unit_object(tx, unit).await?.ok_or_else(Problem::not_found)?;
    may_hold(tx, caller, &place, person, role, today)
        .await
        .map_err(|_| Problem::conflict("the person cannot have the role any more"))?;
    has_the_name(tx, person, [by, proposal.proposed_by], now).await?;
    proposals::decide(tx, municipality, object.id, ProposalStatus::Confirmed.as_str(), by, now).await?;
    let id = match proposals::current(tx, person, unit, role, today).await? {
        Some((id, before)) => {
            let (ends_on, reason) = (proposal.ends_on, &proposal.reason);
            proposals::extend(
                tx,
                Extension { municipality, role: id, before, ends_on, reason },
                Some(by),
                now,
            )
            .await?;
            id
        }
        None => store::grant(tx, person, unit, role, proposal.ends_on, now)
            .await?
            .map_err(|why| Problem::conflict(why.to_string()))?,
    };
    let granted = store::find_role(tx, unit, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([person.to_string(), id.to_string()]);
    permit.added(1, &granted.whole()).await
}

/// Declines or withdraws a proposal of a role.
#[utoipa::path(
    operation_id = "decline_role", tag = "organisation",
    params(("municipality" = String, Path, example = "4014"), ("proposal_id" = Uuid, Path)),
    responses((status = 204, description = "Declined"), WriteProblems),
)]
#[post("/municipalities/{municipality}/role-proposals/{proposal_id}/decline")]
async fn decline_role(mut permit: Permit<DeclineRole>) -> Result<HttpResponse> {
    let Parts { object, caller, tx, moment } = permit.parts();
    let (municipality, id) = (&object.municipality, object.id);
    let proposal = open(proposals::find(tx, municipality, id, moment.now).await?)?;
    let declined = ProposalStatus::Declined.as_str();
    proposals::decide(tx, municipality, id, declined, caller.person, moment.now).await?;
    permit.note_shown([proposal.person_id]);
    permit.done().await
}

fn open(proposal: Option<RoleProposalOut>) -> Result<RoleProposalOut> {
    let proposal = proposal.ok_or_else(Problem::not_found)?;
    match proposal.status {
        ProposalStatus::Proposed => Ok(proposal),
        ProposalStatus::Confirmed | ProposalStatus::Declined => {
            Err(Problem::conflict("the proposal is decided already"))
        }
    }
}

/// Extends the role of a worker or an analyst, with the reason why it is still needed.
#[utoipa::path(
    operation_id = "extend_role", tag = "organisation", params(("unit_id" = Uuid, Path), ("role_id" = Uuid, Path)),
    request_body = ExtensionIn,
    responses((status = 201, body = StaffOut, description = "The role, with its new end"), WriteProblems),
)]
#[post("/units/{unit_id}/staff/{role_id}/extend")]
async fn extend_role(mut permit: Permit<ExtendRole>) -> Result<HttpResponse> {
    let ExtensionIn { ends_on, reason } = permit.input()?;
    let id = permit.path_id::<StaffRole>("role_id")?;
    let Parts { object: unit, caller, tx, moment } = permit.parts();
    let role = store::find_role(tx, unit.id, id).await?.ok_or_else(Problem::not_found)?;
    // The role does not end before this commits.
    dialect::lock(tx, role.person_id.uuid()).await?;
    let role = store::find_role(tx, unit.id, role.id).await?.ok_or_else(Problem::not_found)?;
    if caller.is(role.person_id) {
        return Err(Problem::conflict("you cannot extend your own role: another administrator must do it"));
    }
    if role.ends_on <= moment.today {
        return Err(Problem::conflict("the role has ended: grant it again"));
    }
    if role.role.needs_two() {
        return Err(Problem::conflict("the role needs two administrators: propose it again"));
    }
    if !store::fits_controller(tx, unit.id, role.role).await? {
        return Err(Problem::conflict(NotGranted::OtherController.to_string()));
    }
    check_end(ends_on, moment.today)?;
    let extension = Extension {
        municipality: &unit.municipality,
        role: id,
        before: role.ends_on,
        ends_on,
        reason: &reason,
    };
    proposals::extend(tx, extension, Some(caller.person), moment.now).await?;
    let extended = store::find_role(tx, unit.id, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([role.person_id]);
    permit.added(1, &extended.whole()).await
}

/// Checks that neither administrator has lately corrected the person's name. The other must know who the role is for.
async fn has_the_name(
    tx: &mut Tx,
    person: Id<Person>,
    administrators: impl IntoIterator<Item = Id<Person>>,
    now: DateTime<Utc>,
) -> Result<()> {
    for administrator in administrators {
        if has_corrected_lately(tx, person, administrator, now).await? {
            return Err(Problem::conflict(
                "an administrator who proposes or confirms the role has corrected the person's name in the last 14 days: let another do it, or wait",
            ));
        }
    }
    Ok(())
}

/// A role ends after today, and within a year (pasientjournalforskriften § 13).
pub(super) fn check_end(ends_on: NaiveDate, today: NaiveDate) -> Result<()> {
    if ends_on <= today || ends_on > store::latest_end(today) {
        return Err(Problem::field("/ends_on", "must be after today, and at most a year ahead"));
    }
    Ok(())
}
