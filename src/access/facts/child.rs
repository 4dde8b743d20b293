//! A child as registered, and the caller's relation to it.

use chrono::{DateTime, Utc};

use super::{
    CaseFacts, MAJORITY, cases_in_list,
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
        ids::{Case, Child, Consent, Person, Unit},
        vocabulary::Protection,
    },
    withheld_entry_sql,
};

/// A child, and the caller's relation to it. Guardians and the child have no facts of their work, as in
/// [`Relation`](super::Relation).
#[derive(Debug, Clone)]
pub struct ChildFacts {
    /// The municipality where the child is registered.
    pub municipality: String,
    /// The person that the registration knows the caller as; none if it does not know them.
    pub acts_as: Option<Id<Person>>,
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
    /// The caller is the child, a guardian who sees the record, or disqualified: what they do about the child is not their work.
    pub is_private: bool,
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
    /// The caller's seat in child welfare from which they are responsible for a care order, of any kind, that has not ended.
    pub care_order_seat: Option<HeldRole>,
    /// The caller leads the child welfare service that is responsible for such an order.
    pub leads_care_order: bool,
    /// The consents by which the caller takes part in an open case of the child; none if they take part without.
    pub consents: Vec<Id<Consent>>,
    /// A care order that is recorded here is in force.
    pub under_care_order: bool,
    /// The grade of protection of the address.
    pub protection: Protection,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct ChildRow {
    pub municipality: String,
    person_id: Id<Person>,
    registered_by: Id<Person>,
    registered_unit: Id<Unit>,
    pub registered_at: DateTime<Utc>,
    pub identified_at: Option<DateTime<Utc>>,
    pub birth_date: chrono::NaiveDate,
    pub is_unborn: bool,
    own_record_age: i64,
}

pub(super) const CHILD: &str = "
    SELECT c.municipality, c.person_id, c.registered_by, c.registered_unit, c.registered_at, c.identified_at, c.birth_date,
           COALESCE(c.unborn = 'registered', FALSE) AS is_unborn, m.own_record_age
    FROM child c
    JOIN municipality m ON m.number = c.municipality
    WHERE c.id = $1";
const HAS_CASE: &str = "SELECT COUNT(*) FROM care_case WHERE municipality = $1 AND child_id = $2";
const WITHHELD: &str = concat!(
    "SELECT w.guardian_id FROM withholding w JOIN care_case c ON c.municipality = w.municipality AND c.id = w.case_id
     WHERE c.municipality = $1 AND c.child_id = $2 AND w.ended_at IS NULL AND ",
    withheld_entry_sql!(),
    " IS NULL"
);
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
    let withheld = fetch_all!(tx, (Id<Person>,), WITHHELD, &row.municipality, child)?;
    let is_kept_out = withheld.into_iter().any(|(guardian,)| caller.is(guardian));
    let age = age_on(row.birth_date, moment.today);
    let reader = Registered::new(child, row.registered_at, row.identified_at, row.is_unborn);
    let custody = custody::custody(reader, &guardians, &registrations, age, moment);
    let opens = caller.is_family_in(&row.municipality);
    let is_child = opens && caller.is(row.person_id);
    let guardian = caller.among(custody.guardians.iter().copied()).filter(|_| opens);
    let is_guardian = guardian.is_some() && !is_kept_out;
    let as_staff = !is_guardian && !is_child;
    let family = is_child.then_some(row.person_id).or(guardian);
    let registrar = caller.among([row.registered_by]);
    let leads = caller.leads().find(|held| held.unit_id == row.registered_unit).filter(|_| as_staff);
    let child_welfare_seat = custody.child_welfare_seat(caller).filter(|_| as_staff);
    let care_order_seat = custody.care_order_seat(caller).filter(|_| as_staff);
    let leads_order = custody.care_order_leader(caller).filter(|_| as_staff);
    let has_seat = cases.iter().any(|case| !case.relation.seats.is_empty());
    let ties = ties(tx, caller, moment.now).await?;
    let disqualified = ties.keep_from(child, has_seat || care_order_seat.is_some());
    Ok(Some(ChildFacts {
        municipality: row.municipality,
        acts_as: at_work(&cases, [care_order_seat.as_ref(), leads, leads_order.as_ref()], registrar)
            .filter(|_| as_staff)
            .or(family),
        id: child,
        person: row.person_id,
        age,
        own_record_age: row.own_record_age,
        is_minor: age < MAJORITY,
        disqualified,
        is_private: is_child || guardian.is_some() || ties.disqualify(child),
        is_child,
        has_case: opened > 0,
        registered: as_staff && registrar.is_some() && caller.is_worker_in(row.registered_unit),
        leads_registering_unit: leads.is_some(),
        is_contact_person: cases.iter().any(|case| case.relation.is_contact_person),
        has_seat,
        is_guardian,
        lives_with_child: is_guardian && custody.residents.iter().any(|person| caller.is(*person)),
        child_welfare_seat,
        care_order_seat,
        leads_care_order: leads_order.is_some(),
        consents: consents(&cases),
        under_care_order: custody.child_welfare.is_some(),
        protection: custody.protection,
        is_young_person: is_child && age >= row.own_record_age,
    }))
}

/// Returns the consents of the cases where the caller has a seat; none if a seat in one of them needs none.
fn consents(cases: &[CaseFacts]) -> Vec<Id<Consent>> {
    let seated = cases.iter().filter(|case| !case.relation.seats.is_empty());
    let of_each: Vec<_> = seated.map(CaseFacts::consents_of_seats).collect();
    if of_each.iter().any(Vec::is_empty) { Vec::new() } else { of_each.concat() }
}

/// Returns the person that the caller works with the child as: in a case, by a role, or as the person who registered it.
fn at_work(
    cases: &[CaseFacts],
    roles: [Option<&HeldRole>; 3],
    registrar: Option<Id<Person>>,
) -> Option<Id<Person>> {
    let in_case = cases.iter().find_map(|case| case.relation.acts_as);
    in_case.or(registrar).or_else(|| roles.into_iter().flatten().next().map(|held| held.person))
}
