//! Operations on children and guardians.

use actix_web::{HttpResponse, get, patch, post};
use chrono::NaiveDate;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    corrections::{Corrected, CorrectedField, list_corrections},
    dto::{
        ChildIn, ChildOut, ChildPatch, GuardianIn, GuardianshipOut, GuardianshipPatch, GuardianshipReader,
    },
    residence, store,
};
use crate::{
    access::{
        Moved, Parts, Permit, Seen, Shown, Whole,
        actions::{
            Action, ChangeGuardianship, ListGuardians, ReadChild, RegisterChild, RegisterGuardian,
            UpdateChild,
        },
        move_conflicts,
        objects::ChildObject,
    },
    db::Tx,
    handovers,
    identity::find_person,
    kernel::{
        Id, NationalId, Page, PageQuery, Slice,
        clock::day_in_norway,
        day::BirthDate,
        ids::{Guardianship, Person},
        vocabulary::Capacity,
    },
    problem::{
        Code, Problem, Result,
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
        .service(list_corrections)
        .service(register_guardian)
        .service(change_guardianship);
}

/// Registers a child in a unit.
///
/// The record is kept by the municipality where the child lives, which must be one that the unit serves. The answer is the same whether
/// or not the child is already registered elsewhere.
#[utoipa::path(
    operation_id = "register_child", tag = "children", params(("unit_id" = Uuid, Path)), request_body = ChildIn,
    responses((status = 201, body = ChildOut, description = "The child as registered"), WriteProblems),
)]
#[post("/units/{unit_id}/children")]
async fn register_child(mut permit: Permit<RegisterChild>) -> Result<HttpResponse> {
    let ChildIn { national_id, birth_date, name, municipality } = permit.input()?;
    let stated = birth_date.is_some();
    let birth_date = date_of_birth(national_id.as_ref(), birth_date)?;
    check_age(birth_date, stated, permit.moment().today)?;
    let unit = permit.object().clone();
    let municipality = residence::of_new_child(&unit, municipality)?;
    let (by, now) = (permit.caller().person, permit.moment().now);
    let new = store::NewChild {
        municipality: &municipality,
        national_id: national_id.as_ref(),
        name: &name,
        birth_date,
        registered_by: by,
        registered_unit: unit.id,
    };
    let id = store::insert(permit.tx(), new, now).await?;
    let child = store::get(permit.tx(), &municipality, id).await?;
    permit.note_child(&municipality, id);
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

/// Corrects a child's name, date of birth or national identity number, with the reason.
///
/// Only this registration changes: with another number it is about another child. If the child has got a new number, such as
/// instead of a D-number, two administrators add it. The corrections stay in a list.
/// A child who moves to another municipality is registered again there, with new consents.
#[utoipa::path(
    operation_id = "update_child", tag = "children", params(("child_id" = Uuid, Path)), request_body = ChildPatch,
    responses((status = 200, body = ChildOut, description = "The updated child"), ChangeProblems),
)]
#[patch("/children/{child_id}")]
async fn update_child(mut permit: Permit<UpdateChild>) -> Result<HttpResponse> {
    let facts = permit.object().facts.clone();
    let current = store::get(permit.tx(), &facts.municipality, facts.id).await?;
    let ChildPatch { name, national_id, birth_date: stated, municipality, reason } = permit.input()?;
    residence::stays(&facts.municipality, municipality.as_deref())?;
    permit.expect_version(current.version)?;
    let before = store::number(permit.tx(), facts.person).await?;
    let is_stated = stated.is_some();
    let birth_date = match (&national_id, stated) {
        (Some(number), stated) => date_of_birth(Some(number), stated)?,
        (None, Some(stated)) => date_of_birth(before.as_ref(), Some(stated))?,
        (None, None) => current.birth_date,
    };
    if birth_date != current.birth_date {
        check_age(birth_date, is_stated, day_in_norway(current.registered_at))?;
    }
    let now = permit.moment().now;
    let person = match &national_id {
        Some(number) => {
            let name = name.as_deref().unwrap_or(&current.name);
            let was_known = find_person(permit.tx(), &facts.municipality, number).await?.is_some();
            let known = Some(number);
            let person =
                store::identify(permit.tx(), &facts.municipality, known, name, Some(birth_date), now).await?;
            let has_others = store::has_other_registrations(permit.tx(), facts.person, facts.id).await?;
            let was_alone = before.is_none() && !has_others;
            move_registration(&mut permit, person, was_alone, was_known).await?;
            Some(person)
        }
        None => None,
    };
    if !store::update(permit.tx(), &current, person, name.as_deref(), birth_date).await? {
        return Err(Problem::new(Code::VersionMismatch));
    }
    let corrected = Corrected {
        municipality: &facts.municipality,
        child: facts.id,
        guardianship: None,
        reason: &reason,
        by: permit.caller().person,
        now,
    };
    let tx = permit.tx();
    if let Some(name) = &name {
        corrected.keep(tx, CorrectedField::ChildName, Some(&current.name), name).await?;
    }
    let (was, is) = (current.birth_date.to_string(), birth_date.to_string());
    corrected.keep(tx, CorrectedField::BirthDate, Some(&was), &is).await?;
    if let Some(number) = &national_id {
        let before = before.as_ref().map(NationalId::as_str);
        corrected.keep(tx, CorrectedField::NationalId, before, number.as_str()).await?;
    }
    keep_baton_held(&mut permit).await?;
    let child = store::get(permit.tx(), &facts.municipality, facts.id).await?;
    permit.note_shown([child.id]);
    permit.changed(child.version, &child.whole()).await
}

/// Moves this registration of a child to another person, with what is decided about it.
async fn move_registration(
    permit: &mut Permit<UpdateChild>,
    to: Id<Person>,
    was_alone: bool,
    was_known: bool,
) -> Result<()> {
    let facts = permit.object().facts.clone();
    if to == facts.person {
        return Ok(());
    }
    let now = permit.moment().now;
    store::identified(permit.tx(), &facts.municipality, facts.id, now).await?;
    let moved = Moved { child: facts.id, from: facts.person, to, was_alone, was_known };
    Ok(move_conflicts(permit.tx(), moved, now).await?)
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
    let born = national_id.as_ref().and_then(NationalId::birth_date);
    let guardian = store::identify(permit.tx(), municipality, national_id.as_ref(), &name, born, now).await?;
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
    let GuardianshipPatch { parental_responsibility, lives_with_child, ended, guardian_name, reason } =
        permit.input()?;
    permit.expect_seen(&seen(&permit, current.clone()))?;
    if current.ended_at.is_some() {
        return Err(Problem::conflict("the guardianship has ended"));
    }
    check_responsibility(current.capacity, parental_responsibility)?;
    if let Some(name) = &guardian_name {
        let reason = reason.as_ref();
        let reason = reason.ok_or_else(|| Problem::field("/reason", "is required with guardian_name"))?;
        let (by, now) = (permit.caller().person, permit.moment().now);
        let (municipality, guardianship) = (&child.municipality, Some(id));
        let corrected = Corrected { municipality, child: child.id, guardianship, reason, by, now };
        let (field, before) = (CorrectedField::GuardianName, Some(&*current.guardian_name));
        corrected.keep(permit.tx(), field, before, name).await?;
    }
    let ended_at = ended.then(|| permit.moment().now);
    store::update_guardianship(
        permit.tx(),
        &child.municipality,
        &current,
        parental_responsibility,
        lives_with_child,
        ended_at,
        guardian_name.as_deref(),
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
fn check_age(birth_date: NaiveDate, is_stated: bool, registered_on: NaiveDate) -> Result<()> {
    let bounds = BirthDate::BOUNDS;
    if bounds.check(birth_date, registered_on).is_ok() {
        return Ok(());
    }
    let pointer = if is_stated { "/birth_date" } else { "/national_id" };
    let (first, last) = (bounds.earliest.from(registered_on), bounds.latest.from(registered_on));
    let born = format!("must be that of a child born from {first} to {last}");
    Err(Problem::field(pointer, born))
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
