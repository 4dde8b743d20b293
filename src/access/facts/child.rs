//! A child as registered, and the caller's relation to it.

use chrono::{DateTime, Utc};

use super::{
    MAJORITY, cases_in_list,
    custody::{self, GuardianRow, Registered, RegistrationRow},
};
use crate::{
    access::ties,
    db::{DbError, Tx},
    fetch_all, fetch_one, fetch_optional,
    identity::{Caller, HeldRole},
    kernel::{
        Id, Moment,
        clock::age_on,
        ids::{Case, Child, Person, Unit},
        vocabulary::Protection,
    },
};

/// A child, and the caller's relation to it. Guardians and the child have no facts of their work, as in
/// [`Relation`](super::Relation).
#[derive(Debug, Clone)]
pub struct ChildFacts {
    /// The municipality where the child is registered.
    pub municipality: String,
    /// The child.
    pub id: Id<Child>,
    /// The child as a person.
    pub person: Id<Person>,
    /// The child's age in whole years.
    pub age: i64,
    /// The age from which the young person consents, as the municipality has set it.
    pub own_record_age: i64,
    /// Whether the child is under 18, so that guardians decide or take part.
    pub is_minor: bool,
    /// The caller is disqualified (inhabil, fvl § 6), or is stated to be close to the child and does not help it.
    pub disqualified: bool,
    /// The caller is the child, of any age.
    pub is_child: bool,
    /// A case has been opened for the child.
    pub has_case: bool,
    /// The caller registered the child, and still works in that unit.
    pub registered: bool,
    /// The caller leads the unit that registered the child.
    pub leads_registering_unit: bool,
    /// The caller is the contact person of an open case of the child.
    pub is_contact_person: bool,
    /// The caller sits on the team of an open case of the child.
    pub has_seat: bool,
    /// The caller has parental responsibility for the child, who is under 18, and no case of the child is withheld
    /// from them.
    pub is_guardian: bool,
    /// The caller is such a guardian, and lives with the child.
    pub lives_with_child: bool,
    /// The caller is the child, and has reached the age that the municipality has set.
    pub is_young_person: bool,
    /// The caller's seat in child welfare from which they decide for the child, by a care order in force.
    pub child_welfare_seat: Option<HeldRole>,
    /// A care order that is recorded here is in force.
    pub under_care_order: bool,
    /// The grade of protection of the address.
    pub protection: Protection,
}

#[derive(Debug, sqlx::FromRow)]
struct ChildRow {
    municipality: String,
    person_id: Id<Person>,
    registered_by: Id<Person>,
    registered_unit: Id<Unit>,
    registered_at: DateTime<Utc>,
    identified_at: Option<DateTime<Utc>>,
    birth_date: chrono::NaiveDate,
    own_record_age: i64,
}

const CHILD: &str = "
    SELECT c.municipality, c.person_id, c.registered_by, c.registered_unit, c.registered_at, c.identified_at, c.birth_date,
           m.own_record_age
    FROM child c
    JOIN municipality m ON m.number = c.municipality
    WHERE c.id = $1";
const HAS_CASE: &str = "SELECT COUNT(*) FROM care_case WHERE municipality = $1 AND child_id = $2";
const WITHHELD: &str = "
    SELECT COUNT(*) FROM withholding w JOIN care_case c ON c.municipality = w.municipality AND c.id = w.case_id
    WHERE c.municipality = $1 AND c.child_id = $2 AND w.guardian_id = $3 AND w.note_id IS NULL AND w.ended_at IS NULL";
const OPEN_CASES: &str =
    "SELECT id FROM care_case WHERE municipality = $1 AND child_id = $2 AND status = 'open'";

/// Returns the facts about a child for one caller.
///
/// # Errors
/// If the database does not answer.
pub async fn child_facts(
    tx: &mut Tx,
    caller: &Caller,
    child: Id<Child>,
    moment: Moment,
) -> Result<Option<ChildFacts>, DbError> {
    let Some(row) = fetch_optional!(tx, ChildRow, CHILD, child)? else { return Ok(None) };
    let guardians = fetch_all!(tx, GuardianRow, custody::GUARDIANS, child)?;
    let registrations = fetch_all!(tx, RegistrationRow, custody::REGISTRATIONS, child)?;
    let cases = fetch_all!(tx, (Id<Case>,), OPEN_CASES, &row.municipality, child)?;
    let cases: Vec<Id<Case>> = cases.into_iter().map(|(id,)| id).collect();
    let cases = cases_in_list(tx, caller, &cases, moment).await?;
    let (opened,) = fetch_one!(tx, (i64,), HAS_CASE, &row.municipality, child)?;
    let (withheld,) = fetch_one!(tx, (i64,), WITHHELD, &row.municipality, child, caller.person)?;
    let age = age_on(row.birth_date, moment.today);
    let reader = Registered::new(child, row.registered_at, row.identified_at);
    let custody = custody::custody(reader, &guardians, &registrations, age, moment);
    let is_child = row.person_id == caller.person;
    let is_guardian = custody.guardians.contains(&caller.person) && withheld == 0;
    let as_staff = !is_guardian && !is_child;
    let child_welfare_seat = custody.child_welfare_seat(caller).filter(|_| as_staff);
    let has_seat = cases.iter().any(|case| !case.relation.seats.is_empty());
    let disqualified =
        ties(tx, caller, moment.now).await?.keep_from(child, has_seat || child_welfare_seat.is_some());
    Ok(Some(ChildFacts {
        municipality: row.municipality,
        id: child,
        person: row.person_id,
        age,
        own_record_age: row.own_record_age,
        is_minor: age < MAJORITY,
        disqualified,
        is_child,
        has_case: opened > 0,
        registered: as_staff
            && row.registered_by == caller.person
            && caller.is_worker_in(row.registered_unit),
        leads_registering_unit: as_staff && caller.leads().any(|seat| seat.unit_id == row.registered_unit),
        is_contact_person: cases.iter().any(|case| case.relation.is_contact_person),
        has_seat,
        is_guardian,
        lives_with_child: custody.residents.contains(&caller.person) && withheld == 0,
        child_welfare_seat,
        under_care_order: custody.child_welfare.is_some(),
        protection: custody.protection,
        is_young_person: is_child && age >= row.own_record_age,
    }))
}
