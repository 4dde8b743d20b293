//! Operations on units, staff and roles.

use actix_web::{HttpResponse, delete, get, post};
use chrono::NaiveDate;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{RoleIn, StaffOut, UnitIn, UnitOut},
    proposal_routes::{self, check_end},
    store::{self, NotGranted},
};
use crate::{
    access::{
        Parts, Permit, Public, Whole,
        actions::{CreateUnit, EndRole, GrantRole, ListStaff},
        objects::UnitObject,
        public::ListUnits,
    },
    db::Tx,
    identity::Caller,
    kernel::{
        Id, Moment, Page, PageQuery,
        ids::{Person, StaffRole},
        vocabulary::Role,
    },
    problem::{
        Problem, Result,
        docs::{PublicProblems, ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    proposal_routes::configure(config);
    config.service(list_units).service(create_unit).service(list_staff).service(grant_role).service(end_role);
}

/// Lists the units that serve a municipality.
#[utoipa::path(
    operation_id = "list_units", tag = "organisation",
    params(("municipality" = String, Path, example = "4014"), PageQuery),
    responses((status = 200, body = Page<UnitOut>, description = "The units"), PublicProblems),
)]
#[get("/municipalities/{municipality}/units")]
async fn list_units(public: Public<ListUnits>) -> Result<HttpResponse> {
    let query: PageQuery = public.query()?;
    let mut tx = public.read().await?;
    let municipality = public.municipality(&mut tx).await?;
    let rows = store::list_units(&mut tx, &municipality, query.slice()?.after, query.limit() + 1).await?;
    public.show_page(&Page::cut(rows, query.limit(), |row| row.id.uuid()))
}

/// Creates a unit.
#[utoipa::path(
    operation_id = "create_unit", tag = "organisation", params(("municipality" = String, Path, example = "4014")),
    request_body = UnitIn,
    responses((status = 201, body = UnitOut, description = "The unit"), WriteProblems),
)]
#[post("/municipalities/{municipality}/units")]
async fn create_unit(mut permit: Permit<CreateUnit>) -> Result<HttpResponse> {
    let UnitIn { key, name, kind, sector, controller } = permit.input()?;
    let municipality = permit.object().number.clone();
    let serves = [municipality.as_str()];
    let new = store::NewUnit {
        municipality: &municipality,
        key: &key,
        name: &name,
        kind: &kind,
        sector,
        controller: controller.controller(),
        serves: &serves,
    };
    let Some(id) = store::insert_unit(permit.tx(), new).await? else {
        return Err(Problem::field("/key", "is already used by another unit in the municipality"));
    };
    let unit = store::get_unit(permit.tx(), id).await?;
    permit.note_shown([id]);
    permit.added(1, &unit.whole()).await
}

/// Lists the staff of a unit, so that they can be asked to help.
#[utoipa::path(
    operation_id = "list_staff", tag = "organisation", params(("unit_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<StaffOut>, description = "The staff and their roles"), ReadProblems),
)]
#[get("/units/{unit_id}/staff")]
async fn list_staff(mut permit: Permit<ListStaff>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (unit, today) = (permit.object().id, permit.moment().today);
    let rows = store::list_staff(permit.tx(), unit, today, query.slice()?.after, query.limit() + 1).await?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.person_id));
    permit.show_page(&page.map(Whole::whole))
}

/// Grants a role as worker or analyst in a unit. The other roles need two administrators: propose them.
#[utoipa::path(
    operation_id = "grant_role", tag = "organisation", params(("unit_id" = Uuid, Path)), request_body = RoleIn,
    responses((status = 201, body = StaffOut, description = "The role that was granted"), WriteProblems),
)]
#[post("/units/{unit_id}/staff")]
async fn grant_role(mut permit: Permit<GrantRole>) -> Result<HttpResponse> {
    let RoleIn { person_id, role, ends_on } = permit.input()?;
    let (unit, Moment { now, today }) = (permit.object().clone(), permit.moment());
    let ends_on = ends_on.unwrap_or_else(|| store::latest_end(today));
    check_end(ends_on, today)?;
    if role.needs_two() {
        return Err(Problem::field("/role", "needs two administrators: propose it, and another confirms it"));
    }
    let Parts { caller, tx, .. } = permit.parts();
    may_hold(tx, caller, &unit, person_id, role, today).await?;
    let granted = store::grant(permit.tx(), person_id, unit.id, role, ends_on, now).await?;
    let id = granted.map_err(|why| match why {
        NotGranted::Held => Problem::conflict(why.to_string()),
        NotGranted::Mixed | NotGranted::OtherController => Problem::field("/role", why.to_string()),
    })?;
    let role = store::find_role(permit.tx(), unit.id, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([person_id]);
    permit.added(1, &role.whole()).await
}

/// Checks that a person may get a role in a unit from an administrator.
pub(super) async fn may_hold(
    tx: &mut Tx,
    administrator: &Caller,
    unit: &UnitObject,
    person: Id<Person>,
    role: Role,
    today: NaiveDate,
) -> Result<()> {
    if administrator.is(person) {
        return Err(Problem::field(
            "/person_id",
            "you cannot grant yourself a role: another administrator must do it",
        ));
    }
    if !store::has_account(tx, person, &unit.municipality).await? {
        return Err(Problem::field("/person_id", "has no active account in the municipality"));
    }
    if !store::fits_controller(tx, unit.id, role).await? {
        return Err(Problem::field("/role", NotGranted::OtherController.to_string()));
    }
    let others = store::roles_of(tx, person, today).await?;
    if others.iter().any(|other| other.excludes_content() != role.excludes_content()) {
        let detail = "cannot be combined with the person's other roles: administrators, auditors and analysts must not see content";
        return Err(Problem::field("/role", detail));
    }
    Ok(())
}

/// Ends a role from the next request on. The unit leader takes over as contact person of cases held through the unit.
#[utoipa::path(
    operation_id = "end_role", tag = "organisation", params(("unit_id" = Uuid, Path), ("role_id" = Uuid, Path)),
    responses((status = 204, description = "The role has ended"), WriteProblems),
)]
#[delete("/units/{unit_id}/staff/{role_id}")]
async fn end_role(mut permit: Permit<EndRole>) -> Result<HttpResponse> {
    let (unit, id) = (permit.object().id, permit.path_id::<StaffRole>("role_id")?);
    let role = store::find_role(permit.tx(), unit, id).await?.ok_or_else(Problem::not_found)?;
    let Parts { caller, tx, moment, .. } = permit.parts();
    store::end_role(tx, unit, &role, caller.person, moment).await?;
    permit.note_shown([role.person_id]);
    permit.done().await
}
