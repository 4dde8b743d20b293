//! Operations on children and guardians.

use actix_web::{HttpResponse, get, patch, post};
use chrono::NaiveDate;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{
        ChildIn, ChildOut, ChildPatch, GuardianIn, GuardianshipOut, GuardianshipPatch, GuardianshipReader,
    },
    store,
};
use crate::{
    access::{
        Parts, Permit, Seen, Shown, Whole,
        actions::{
            Action, ChangeGuardianship, ListGuardians, ReadChild, RegisterChild, RegisterGuardian,
            UpdateChild,
        },
        move_conflicts,
        objects::ChildObject,
    },
    db::Tx,
    handovers,
    kernel::{
        NationalId, Page, PageQuery, Slice, clock::day_in_norway, day::BirthDate, ids::Guardianship,
        vocabulary::Capacity,
    },
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(register_child)
        .service(read_child)
        .service(update_child)
        .service(list_guardians)
        .service(register_guardian)
        .service(change_guardianship);
}

/// Registers a child in a unit.
///
/// The answer is the same whether or not the child is already registered elsewhere.
#[utoipa::path(
    operation_id = "register_child", tag = "children", params(("unit_id" = Uuid, Path)), request_body = ChildIn,
    responses((status = 201, body = ChildOut, description = "The child as registered"), WriteProblems),
)]
#[post("/units/{unit_id}/children")]
async fn register_child(mut permit: Permit<RegisterChild>) -> Result<HttpResponse> {
    let ChildIn { national_id, birth_date, name } = permit.input()?;
    let birth_date = date_of_birth(national_id.as_ref(), birth_date)?;
    check_age(birth_date, national_id.is_some(), permit.moment().today)?;
    let unit = permit.object().clone();
    let (by, now) = (permit.caller().person, permit.moment().now);
    let new = store::NewChild {
        municipality: &unit.municipality,
        national_id: national_id.as_ref(),
        name: &name,
        birth_date,
        registered_by: by,
        registered_unit: unit.id,
    };
    let id = store::insert(permit.tx(), new, now).await?;
    let child = store::get(permit.tx(), &unit.municipality, id).await?;
    permit.note_child(id);
    permit.note_shown([id]);
    permit.created(format!("/v1/children/{id}"), 1, &child.whole()).await
}

/// Returns a child's name and date of birth.
#[utoipa::path(
    operation_id = "read_child", tag = "children", params(("child_id" = Uuid, Path)),
    responses((status = 200, body = ChildOut, description = "The child"), ReadProblems),
)]
#[get("/children/{child_id}")]
async fn read_child(mut permit: Permit<ReadChild>) -> Result<HttpResponse> {
    let child = permit.object().facts.clone();
    let child = store::get(permit.tx(), &child.municipality, child.id).await?;
    permit.show_version(child.version, &child.whole())
}

/// Corrects a child's name, corrects the date of birth of a child without a national identity number, or adds the number once
/// the child has one.
#[utoipa::path(
    operation_id = "update_child", tag = "children", params(("child_id" = Uuid, Path)), request_body = ChildPatch,
    responses((status = 200, body = ChildOut, description = "The updated child"), ChangeProblems),
)]
#[patch("/children/{child_id}")]
async fn update_child(mut permit: Permit<UpdateChild>) -> Result<HttpResponse> {
    let facts = permit.object().facts.clone();
    let current = store::get(permit.tx(), &facts.municipality, facts.id).await?;
    let ChildPatch { name, national_id, birth_date: stated } = permit.input()?;
    permit.expect_version(current.version)?;
    let (mut person, mut was_known, by_number) = (facts.person, false, national_id.is_some());
    let mut birth_date = stated.unwrap_or(current.birth_date);
    if let Some(number) = national_id {
        if store::has_number(permit.tx(), person).await? {
            return Err(Problem::field("/national_id", "is already set; register another child separately"));
        }
        birth_date = date_of_birth(Some(&number), stated)?;
        let now = permit.moment().now;
        let name = name.as_deref().unwrap_or(&current.name);
        was_known = store::find_person(permit.tx(), &facts.municipality, &number).await?.is_some();
        let known = Some(&number);
        person =
            store::identify(permit.tx(), &facts.municipality, known, name, Some(birth_date), now).await?;
    } else if stated.is_some() && store::has_number(permit.tx(), person).await? {
        return Err(Problem::field(
            "/birth_date",
            "cannot be changed: the child has a national identity number",
        ));
    }
    if birth_date != current.birth_date {
        check_age(birth_date, by_number, day_in_norway(current.registered_at))?;
    }
    store::update(permit.tx(), &current, person, name.as_deref(), birth_date).await?;
    if person != facts.person {
        let moment = permit.moment();
        store::identified(permit.tx(), &facts.municipality, facts.id, moment.now).await?;
        move_conflicts(permit.tx(), facts.person, person, was_known).await?;
    }
    keep_baton_held(&mut permit).await?;
    let child = store::get(permit.tx(), &facts.municipality, facts.id).await?;
    permit.note_shown([child.id]);
    permit.changed(child.version, &child.whole()).await
}

/// Lists the guardians of a child, including former ones.
///
/// For the family, the answer leaves out `lives_with_child` for other people, and leaves out foster parents unless
/// there is a care order. If the child's address is protected, only callers who may read it see who the child lives with.
#[utoipa::path(
    operation_id = "list_guardians", tag = "children", params(("child_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<GuardianshipOut>, description = "The guardians"), ReadProblems),
)]
#[get("/children/{child_id}/guardians")]
async fn list_guardians(mut permit: Permit<ListGuardians>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let child = permit.object().facts.clone();
    let as_family = child.is_guardian || child.is_young_person;
    let fetch = async |tx: &mut Tx, Slice { after, limit }| {
        store::list_guardians(tx, &child.municipality, child.id, after, limit).await
    };
    let is_shown = |_: &Permit<_>, row: &GuardianshipOut| {
        !as_family || child.under_care_order || row.capacity != Capacity::FosterParent
    };
    let page = permit.page(&query, fetch, |row| row.id.uuid(), is_shown).await?;
    permit.note_shown(page.ids(|row| row.id));
    let page = page.map(|row| seen(&permit, row));
    permit.show_page(&page)
}

/// The guardianship as the caller sees it.
fn seen<A: Action<Object = ChildObject>>(permit: &Permit<A>, row: GuardianshipOut) -> Seen<GuardianshipOut> {
    let reader = GuardianshipReader::new(&permit.asker(), permit.about(), row.guardian_id);
    row.seen_by(&reader)
}

/// Registers a guardian of a child.
#[utoipa::path(
    operation_id = "register_guardian", tag = "children", params(("child_id" = Uuid, Path)), request_body = GuardianIn,
    responses((status = 201, body = GuardianshipOut, description = "The guardianship"), WriteProblems),
)]
#[post("/children/{child_id}/guardians")]
async fn register_guardian(mut permit: Permit<RegisterGuardian>) -> Result<HttpResponse> {
    let GuardianIn { national_id, name, parental_responsibility, lives_with_child, capacity } =
        permit.input()?;
    let capacity = capacity.unwrap_or(Capacity::Parent);
    check_responsibility(capacity, parental_responsibility)?;
    let child = permit.object().facts.clone();
    let (municipality, now) = (&child.municipality, permit.moment().now);
    let born = national_id.birth_date();
    let guardian = store::identify(permit.tx(), municipality, Some(&national_id), &name, born, now).await?;
    if guardian == child.person {
        return Err(Problem::field("/national_id", "belongs to the child"));
    }
    if permit.caller().is(guardian) {
        return Err(Problem::field("/national_id", "is your own: someone else must register it (fvl § 6)"));
    }
    let new = store::NewGuardianship {
        municipality,
        child: child.id,
        guardian,
        name: &name,
        parental_responsibility,
        lives_with_child,
        capacity,
        by: permit.caller().person,
    };
    let Some(id) = store::insert_guardianship(permit.tx(), new, now).await? else {
        return Err(Problem::conflict("this person is already a guardian of the child"));
    };
    let row = store::find_guardianship(permit.tx(), municipality, child.id, id).await?;
    let row = row.ok_or_else(|| Problem::internal("the new guardianship was not found"))?;
    keep_baton_held(&mut permit).await?;
    permit.note_shown([id]);
    let row = seen(&permit, row);
    permit.added(row.version, &row).await
}

/// Changes or ends a guardianship, with effect from the next request.
#[utoipa::path(
    operation_id = "change_guardianship", tag = "children",
    params(("child_id" = Uuid, Path), ("guardianship_id" = Uuid, Path)), request_body = GuardianshipPatch,
    responses((status = 200, body = GuardianshipOut, description = "The updated guardianship"), ChangeProblems),
)]
#[patch("/children/{child_id}/guardians/{guardianship_id}")]
async fn change_guardianship(mut permit: Permit<ChangeGuardianship>) -> Result<HttpResponse> {
    let child = permit.object().facts.clone();
    let id = permit.path_id::<Guardianship>("guardianship_id")?;
    let found = store::find_guardianship(permit.tx(), &child.municipality, child.id, id).await?;
    let current = found.ok_or_else(Problem::not_found)?;
    let GuardianshipPatch { parental_responsibility, lives_with_child, ended } = permit.input()?;
    permit.expect_version(current.version)?;
    if current.ended_at.is_some() {
        return Err(Problem::conflict("the guardianship has ended"));
    }
    check_responsibility(current.capacity, parental_responsibility)?;
    let ended_at = ended.then(|| permit.moment().now);
    store::update_guardianship(
        permit.tx(),
        &child.municipality,
        &current,
        parental_responsibility,
        lives_with_child,
        ended_at,
    )
    .await?;
    let changed = store::find_guardianship(permit.tx(), &child.municipality, child.id, id).await?;
    let changed = changed.ok_or_else(Problem::not_found)?;
    keep_baton_held(&mut permit).await?;
    permit.note_shown([id]);
    let changed = seen(&permit, changed);
    permit.changed(changed.version, &changed).await
}

/// Returns a child's date of birth: what the number determines, and otherwise what is stated beside it.
fn date_of_birth(number: Option<&NationalId>, stated: Option<NaiveDate>) -> Result<NaiveDate> {
    match (number, stated) {
        (Some(number), Some(date)) if !number.fits(date) => {
            Err(Problem::field("/birth_date", "does not match the national identity number"))
        }
        (_, Some(date)) => Ok(date),
        (Some(number), None) => number.birth_date().ok_or_else(|| {
            Problem::field(
                "/birth_date",
                "is required: the national identity number does not show the century",
            )
        }),
        (None, None) => Err(Problem::field("/birth_date", "is required when there is no national_id")),
    }
}

/// Checks that someone born on a date was a child on the day of registration.
fn check_age(birth_date: NaiveDate, by_number: bool, registered_on: NaiveDate) -> Result<()> {
    let pointer = if by_number { "/national_id" } else { "/birth_date" };
    let fault = |detail| Problem::field(pointer, format!("the date of birth {detail}, for a child"));
    BirthDate::BOUNDS.check(birth_date, registered_on).map_err(fault)
}

/// Foster parents care for the child, but parental responsibility stays with others.
fn check_responsibility(capacity: Capacity, parental_responsibility: bool) -> Result<()> {
    if parental_responsibility && capacity == Capacity::FosterParent {
        return Err(Problem::field("/parental_responsibility", "must be false for a foster parent"));
    }
    Ok(())
}

/// The change may alter who must consent. If the contact person's consent no longer suffices, the leader takes over.
async fn keep_baton_held<A: Action<Object = ChildObject>>(permit: &mut Permit<A>) -> Result<()> {
    let Parts { object, caller, tx, moment } = permit.parts();
    Ok(handovers::of_child(tx, object.facts.id, caller.person, moment).await?)
}
