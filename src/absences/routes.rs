//! Operations on absences.

use actix_web::{HttpResponse, get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{AbsenceChange, AbsenceIn, AbsenceOut},
    effects,
    rules::{self, Stated},
    store::{self, Current, NewAbsence},
};
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{Action, ChangeAbsence, EndAbsence, ListAbsences, ReadAbsence, RecordAbsence},
        objects::{AbsenceObject, UnitObject},
    },
    db::{Tx, dialect},
    kernel::{Id, Page, PageQuery, ids::Absence},
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_absences)
        .service(record_absence)
        .service(read_absence)
        .service(change_absence)
        .service(end_absence);
}

/// Lists the absences from a unit. Its staff see those that are current or coming, and their own; its leader sees all.
#[utoipa::path(
    operation_id = "list_absences", tag = "absences", params(("unit_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<AbsenceOut>, description = "The absences the caller may read"), ReadProblems),
)]
#[get("/units/{unit_id}/absences")]
async fn list_absences(mut permit: Permit<ListAbsences>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (unit, today) = (permit.object().id, permit.moment().today);
    let fetch = async |tx: &mut Tx, slice| AbsenceObject::list(tx, unit, today, slice).await;
    let page = permit.page_of::<ReadAbsence>(&query, fetch).await?;
    let ids = page.ids(|absence| absence.object.id);
    let absences = store::these(permit.tx(), &ids).await?;
    permit.note_shown(ids);
    permit.show_page(&page.with(absences.into_iter().map(Whole::whole)))
}

/// Records that a member of staff is away from a unit: the caller, or another if the caller leads the unit.
///
/// Why is not stored. From the first day on, the batons and duties that the person has through the unit pass to the stand-in if they may
/// have them, else to the leader or, for duties, to the contact person. They return when the person is back.
#[utoipa::path(
    operation_id = "record_absence", tag = "absences", params(("unit_id" = Uuid, Path)), request_body = AbsenceIn,
    responses((status = 201, body = AbsenceOut, description = "The absence"), WriteProblems),
)]
#[post("/units/{unit_id}/absences")]
async fn record_absence(mut permit: Permit<RecordAbsence>) -> Result<HttpResponse> {
    let AbsenceIn { person_id, from_on, to_on, stand_in_id } = permit.input()?;
    let (unit, moment) = (permit.object().clone(), permit.moment());
    let caller = permit.caller();
    let (is_own, leads) = (caller.is(person_id), caller.units_led().contains(&unit.id));
    let by = caller.person;
    if !is_own && !leads {
        return Err(Problem::field("/person_id", "only a leader of the unit records the absence of others"));
    }
    dialect::lock(permit.tx(), unit.id.uuid()).await?;
    let Some(person) = store::works_there(permit.tx(), unit.id, person_id, moment.today).await? else {
        return Err(Problem::field("/person_id", "must work in the unit"));
    };
    let stated = Stated { absence: None, person, from_on, to_on, stand_in: stand_in_id };
    let stand_in = rules::checked(permit.tx(), &unit, stated, moment.today).await?;
    let new = NewAbsence { unit: unit.id, person, from_on, to_on, stand_in, by };
    let id = store::insert(permit.tx(), new, moment.now).await?;
    let absence = found(permit.tx(), id).await?;
    effects::begin(permit.tx(), &absence, by, moment).await?;
    let absence = shown(&mut permit, id).await?;
    let place = format!("/v1/units/{}/absences/{id}", unit.id);
    permit.created(place, absence.version, &absence.whole()).await
}

/// Returns an absence.
#[utoipa::path(
    operation_id = "read_absence", tag = "absences",
    params(("unit_id" = Uuid, Path), ("absence_id" = Uuid, Path)),
    responses((status = 200, body = AbsenceOut, description = "The absence"), ReadProblems),
)]
#[get("/units/{unit_id}/absences/{absence_id}")]
async fn read_absence(mut permit: Permit<ReadAbsence>) -> Result<HttpResponse> {
    let id = permit.object().id;
    let absence = shown(&mut permit, id).await?;
    permit.show_version(absence.version, &absence.whole())
}

/// Sets the last day and the stand-in of an absence.
///
/// If it has begun, what others have for it passes to the new stand-in.
#[utoipa::path(
    operation_id = "change_absence", tag = "absences",
    params(("unit_id" = Uuid, Path), ("absence_id" = Uuid, Path)), request_body = AbsenceChange,
    responses((status = 200, body = AbsenceOut, description = "The changed absence"), ChangeProblems),
)]
#[put("/units/{unit_id}/absences/{absence_id}")]
async fn change_absence(mut permit: Permit<ChangeAbsence>) -> Result<HttpResponse> {
    let AbsenceChange { to_on, stand_in_id } = permit.input()?;
    let AbsenceObject { id, unit_id, person_id: person, .. } = *permit.object();
    let (before, moment) = (shown(&mut permit, id).await?, permit.moment());
    require_current(&permit)?;
    permit.expect_version(before.version)?;
    let unit = UnitObject::of_id(permit.tx(), unit_id).await?.ok_or_else(Problem::not_found)?;
    let from_on = before.from_on;
    let stated = Stated { absence: Some(id), person, from_on, to_on, stand_in: stand_in_id };
    let stand_in = rules::checked(permit.tx(), &unit, stated, moment.today).await?;
    store::change(permit.tx(), &before, to_on, stand_in).await?;
    let absence = found(permit.tx(), id).await?;
    let Parts { caller, tx, .. } = permit.parts();
    effects::change(tx, &absence, caller.person, moment).await?;
    let absence = shown(&mut permit, id).await?;
    permit.changed(absence.version, &absence.whole()).await
}

/// States that the person is back. Batons and duties that passed to others for the absence, and that nobody has moved since, return to them.
#[utoipa::path(
    operation_id = "end_absence", tag = "absences",
    params(("unit_id" = Uuid, Path), ("absence_id" = Uuid, Path)),
    responses((status = 200, body = AbsenceOut, description = "The absence, which is over"), WriteProblems),
)]
#[post("/units/{unit_id}/absences/{absence_id}/end")]
async fn end_absence(mut permit: Permit<EndAbsence>) -> Result<HttpResponse> {
    require_current(&permit)?;
    let (id, moment) = (permit.object().id, permit.moment());
    let absence = found(permit.tx(), id).await?;
    let Parts { caller, tx, .. } = permit.parts();
    effects::end(tx, &absence, caller.person, moment).await?;
    let absence = shown(&mut permit, id).await?;
    permit.changed(absence.version, &absence.whole()).await
}

fn require_current<A: Action<Object = AbsenceObject>>(permit: &Permit<A>) -> Result<()> {
    match permit.object().is_over {
        true => Err(Problem::conflict("the absence is over")),
        false => Ok(()),
    }
}

async fn found(tx: &mut Tx, id: Id<Absence>) -> Result<Current> {
    store::current(tx, id).await?.ok_or_else(Problem::not_found)
}

/// Returns an absence to show, and logs it.
async fn shown<A: Action>(permit: &mut Permit<A>, id: Id<Absence>) -> Result<AbsenceOut> {
    permit.note_shown([id]);
    store::these(permit.tx(), &[id]).await?.pop().ok_or_else(Problem::not_found)
}
