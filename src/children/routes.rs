//! Operations on children and guardians.

use actix_web::{HttpResponse, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    ages,
    changes::{self, NewDetails},
    corrections::{Corrected, CorrectedField, list_corrections},
    dto::{
        ChildIn, ChildOut, ChildPatch, ChildReader, GuardianIn, GuardianshipOut, GuardianshipPatch,
        GuardianshipReader,
    },
    guardians, residence, store,
};
use crate::{
    access::{
        Moved, Parts, Permit, Seen, Shown,
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
        Id, Page, PageQuery, Slice,
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

/// Registers a child in a unit or, until birth, the pregnant woman.
///
/// The record is kept by the municipality where the child lives, which must be one that the unit serves. The answer is the same whether
/// or not the child is already registered elsewhere.
#[utoipa::path(
    operation_id = "register_child", tag = "children", params(("unit_id" = Uuid, Path)), request_body = ChildIn,
    responses((status = 201, body = ChildOut, description = "The child as registered"), WriteProblems),
)]
#[post("/units/{unit_id}/children")]
async fn register_child(mut permit: Permit<RegisterChild>) -> Result<HttpResponse> {
    let ChildIn { national_id, birth_date, name, due_on, municipality } = permit.input()?;
    let stated = birth_date.is_some();
    let birth_date = ages::date_of_birth(national_id.as_ref(), birth_date)?;
    let today = permit.moment().today;
    match due_on {
        None => ages::check_child(birth_date, stated, today)?,
        Some(due_on) => {
            ages::check_woman(birth_date, stated, today)?;
            ages::check_due(birth_date, due_on, "/due_on")?;
        }
    }
    let unit = permit.object().clone();
    let municipality = residence::of_new_child(&unit, municipality)?;
    let (by, now) = (permit.caller().person, permit.moment().now);
    let new = store::NewChild {
        municipality: &municipality,
        national_id: national_id.as_ref(),
        name: &name,
        birth_date,
        due_on,
        mother: None,
        registered_by: by,
        registered_unit: unit.id,
    };
    let (id, _) = store::register(permit.tx(), new, now).await?;
    let child = store::get(permit.tx(), &municipality, id).await?;
    permit.note_child(&municipality, id);
    permit.note_shown([id]);
    let child = child.seen_by(&ChildReader::of_new());
    permit.created(format!("/v1/children/{id}"), child.version, &child).await
}

/// Returns a child's name and date of birth or, until birth, those of the pregnant woman.
#[utoipa::path(
    operation_id = "read_child", tag = "children", params(("child_id" = Uuid, Path)),
    responses((status = 200, body = ChildOut, description = "The child"), ReadProblems),
)]
#[get("/children/{child_id}")]
async fn read_child(mut permit: Permit<ReadChild>) -> Result<HttpResponse> {
    let child = permit.object().facts.clone();
    let child = store::get(permit.tx(), &child.municipality, child.id).await?;
    let child = child.seen_by(&ChildReader::new(permit.about()));
    permit.show_version(child.version, &child)
}

/// Corrects a child's name, date of birth, national identity number or due date, with the reason.
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
    let patch: ChildPatch = permit.input()?;
    residence::stays(&facts.municipality, patch.municipality.as_deref())?;
    permit.expect_seen(&current.clone().seen_by(&ChildReader::new(permit.about())))?;
    let before = store::number(permit.tx(), facts.person).await?;
    let now = permit.moment().now;
    let reason = patch.reason.clone();
    let new = changes::new_details(patch, &current, before.as_ref())?;
    if new.replaces_unborn {
        store::end_guardianships(permit.tx(), &facts.municipality, facts.id, now).await?;
    }
    let person = identified(&mut permit, &current, &new, before.is_some()).await?;
    if !store::update(permit.tx(), &current, person, &new).await? {
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
    corrected.keep_all(permit.tx(), &current, before.as_ref(), &new).await?;
    keep_baton_held(&mut permit).await?;
    let child = store::get(permit.tx(), &facts.municipality, facts.id).await?;
    permit.note_shown([child.id]);
    let child = child.seen_by(&ChildReader::new(permit.about()));
    permit.changed(child.version, &child).await
}

/// Returns the person that the registration is about by its new number, if it is corrected, and moves the registration to them.
async fn identified(
    permit: &mut Permit<UpdateChild>,
    current: &ChildOut,
    new: &NewDetails,
    had_number: bool,
) -> Result<Option<Id<Person>>> {
    let facts = permit.object().facts.clone();
    let now = permit.moment().now;
    let name = new.name.as_deref().unwrap_or(&current.name);
    let person = match &new.national_id {
        Some(number) => {
            let was_known = find_person(permit.tx(), &facts.municipality, number).await?.is_some();
            let born = Some(new.birth_date);
            let person =
                store::identify(permit.tx(), &facts.municipality, Some(number), name, born, now).await?;
            if permit.caller().is(person) {
                return Err(Problem::field("/national_id", guardians::OWN_NUMBER));
            }
            (person, was_known)
        }
        // A woman without a number is another person than her unborn child.
        None if new.replaces_unborn => {
            let born = Some(new.birth_date);
            (store::identify(permit.tx(), &facts.municipality, None, name, born, now).await?, false)
        }
        None => return Ok(None),
    };
    let (person, was_known) = person;
    let is_another = person != facts.person && !had_number;
    if is_another && store::is_guardian_somewhere(permit.tx(), &facts.municipality, facts.person).await? {
        return Err(Problem::conflict(
            "she is registered as a guardian without a number: ask an administrator to add the number, so that she stays one person",
        ));
    }
    let has_others = store::has_other_registrations(permit.tx(), facts.person, facts.id).await?;
    // Those who were too close to the unborn child are too close to her, whether or not the municipality knew her.
    let was_known = was_known && !new.replaces_unborn;
    move_registration(permit, person, !had_number && !has_others, was_known).await?;
    Ok(Some(person))
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
    let new: GuardianIn = permit.input()?;
    let Parts { object, caller, tx, moment } = permit.parts();
    let child = object.facts.clone();
    let (municipality, now) = (&child.municipality, moment.now);
    let of = guardians::OfChild { municipality, child: child.id, person: child.person };
    let id = guardians::register(tx, caller, of, &new, "", now).await?;
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
    guardians::check_responsibility("", current.capacity, parental_responsibility)?;
    if let Some(name) = &guardian_name {
        let reason = reason.as_ref();
        let reason = reason.ok_or_else(|| Problem::field("/reason", "is required with guardian_name"))?;
        let (by, now) = (permit.caller().person, permit.moment().now);
        let (municipality, guardianship) = (&child.municipality, Some(id));
        let corrected = Corrected { municipality, child: child.id, guardianship, reason, by, now };
        let (field, before) = (CorrectedField::GuardianName, Some(&*current.guardian_name));
        corrected.keep(permit.tx(), field, before, Some(name)).await?;
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

/// The change may alter who must consent. If the contact person's consent no longer suffices, the leader takes over.
async fn keep_baton_held<A: Action<Object = ChildObject>>(permit: &mut Permit<A>) -> Result<()> {
    let Parts { object, caller, tx, moment } = permit.parts();
    Ok(handovers::of_child(tx, object.facts.id, caller.person, moment).await?)
}
