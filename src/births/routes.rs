//! The operation on births.

use actix_web::{HttpResponse, post};
use chrono::NaiveDate;
use utoipa_actix_web::service_config::ServiceConfig;

use super::dto::{BirthIn, BirthOut};
use crate::{
    access::{
        Kinds, Parts, Permit, Whole,
        actions::{ReadCase, RecordBirth},
        cases_in_list, is_close,
        objects::CaseObject,
    },
    cases::{self, AgreedWith},
    catalogue::level_in_force,
    children::{self, NewChild, NewGuardianship, OfChild},
    contact_details,
    kernel::{
        Id,
        day::NewbornBirthDate,
        ids::{Case, Child},
        vocabulary::Capacity,
    },
    next_steps,
    problem::{Problem, Result, docs::WriteProblems},
};

/// The most guardians besides the mother.
const MOST_OTHERS: usize = 3;

/// Adds the operation to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(record_birth);
}

/// Records the birth of a child in the case of a pregnant woman, as agreed with her.
///
/// The child is registered with her as its guardian, and its case opens with the same contact person. Nothing of her record follows.
#[utoipa::path(
    operation_id = "record_birth", tag = "children", params(("case_id" = Uuid, Path)), request_body = BirthIn,
    responses((status = 201, body = BirthOut, description = "The child and its case"), WriteProblems),
)]
#[post("/cases/{case_id}/births")]
async fn record_birth(mut permit: Permit<RecordBirth>) -> Result<HttpResponse> {
    let birth: BirthIn = permit.input()?;
    permit.require_open()?;
    Kinds::may_be_kept("", Some(&birth.contains))?;
    let today = permit.moment().today;
    let birth_date = born_on(&birth, today)?;
    check_guardians(&birth)?;
    let facts = permit.object().facts.clone();
    let municipality = &*facts.municipality;
    let step =
        next_steps::checked(permit.tx(), (municipality, today), None, &birth.next_step, "/next_step").await?;
    let level = level_in_force(permit.tx(), municipality, birth.level, "/level").await?;
    children::require_pregnant(permit.tx(), municipality, facts.child).await?;
    let (by, now) = (permit.caller().person, permit.moment().now);
    if is_close(permit.tx(), facts.child, by, now).await? {
        return Err(Problem::conflict(
            "you are disqualified from recording the birth of this child (fvl § 6)",
        ));
    }
    let child = register(&mut permit, &birth, birth_date).await?;
    let agreement = cases::Agreement {
        reason: &birth.case_reason,
        level,
        agreed_with: AgreedWith::Guardians,
        agreed_on: birth.agreed_on,
        next_step: step,
    };
    let place = cases::Place { municipality, child, unit: facts.contact_unit, opened_by: by };
    let case = cases::open(permit.tx(), place, agreement, now).await?;
    if !birth.another_expected {
        children::end_pregnancy(permit.tx(), municipality, facts.child, by, now).await?;
    }
    note_case(&mut permit, case).await?;
    permit.note_shown([child.to_string(), case.to_string()]);
    let made = BirthOut { child_id: child, case_id: case }.whole();
    permit.created(format!("/v1/cases/{case}"), 1, &made).await
}

/// Returns the date of birth of the child, which is not long ago.
fn born_on(birth: &BirthIn, today: NaiveDate) -> Result<NaiveDate> {
    let BirthIn { national_id, birth_date, .. } = birth;
    let born = children::date_of_birth(national_id.as_ref(), *birth_date)?;
    let pointer = if birth_date.is_some() { "/birth_date" } else { "/national_id" };
    NewbornBirthDate::BOUNDS.check(born, today).map_err(|detail| Problem::field(pointer, detail))?;
    Ok(born)
}

/// Checks that someone has stated whether the mother has parental responsibility alone.
fn check_guardians(birth: &BirthIn) -> Result<()> {
    let others = &birth.other_guardians;
    let shares = others.iter().any(|guardian| guardian.parental_responsibility);
    match birth.mother_alone {
        _ if others.len() > MOST_OTHERS => {
            Err(Problem::field("/other_guardians", format!("must be at most {MOST_OTHERS}")))
        }
        true if shares => Err(Problem::field(
            "/mother_alone",
            "must be false: another guardian has parental responsibility",
        )),
        false if !shares => {
            let detail =
                "must contain the other parent with parental responsibility, unless the mother has it alone";
            Err(Problem::field("/other_guardians", detail))
        }
        _ => Ok(()),
    }
}

/// Registers the child, with the woman whose case it is as its guardian.
async fn register(permit: &mut Permit<RecordBirth>, birth: &BirthIn, born: NaiveDate) -> Result<Id<Child>> {
    let Parts { object, caller, tx, moment } = permit.parts();
    let facts = &object.facts;
    let (municipality, by, now) = (&*facts.municipality, caller.person, moment.now);
    let new = NewChild {
        municipality,
        national_id: birth.national_id.as_ref(),
        name: &birth.name,
        birth_date: born,
        due_on: None,
        mother: Some(facts.child),
        registered_by: by,
        registered_unit: facts.contact_unit,
    };
    let (child, person) = children::register(tx, new, now).await?;
    let mother = children::named(tx, municipality, facts.child).await?;
    let guardianship = NewGuardianship {
        municipality,
        child,
        guardian: facts.child_person,
        name: &mother.name,
        parental_responsibility: true,
        lives_with_child: birth.lives_with_mother,
        capacity: Capacity::Parent,
        by,
    };
    children::insert_guardianship(tx, guardianship, now).await?;
    if children::registrations_with(tx, municipality, child, facts.child_person).await? > 1 {
        return Err(Problem::conflict("the birth of this child is recorded already"));
    }
    let of = OfChild { municipality, child, person };
    for (number, guardian) in birth.other_guardians.iter().enumerate() {
        let at = format!("/other_guardians/{number}");
        children::register_guardian(tx, caller, of, guardian, &at, now).await?;
    }
    if birth.lives_with_mother {
        contact_details::protect_like(tx, municipality, (facts.child, child), by, now).await?;
    }
    Ok(child)
}

/// Logs the act in the log of the child as well.
async fn note_case(permit: &mut Permit<RecordBirth>, case: Id<Case>) -> Result<()> {
    let Parts { caller, tx, moment, .. } = permit.parts();
    let facts = cases_in_list(tx, caller, &[case], moment).await?.pop();
    let facts = facts.ok_or_else(|| Problem::internal("the new case was not found"))?;
    permit.note_row::<ReadCase>(&CaseObject { facts });
    Ok(())
}
