//! The people who see a child's record on its behalf.

use super::{
    child::ChildRow,
    custody::{self, GuardianRow, Registered, RegistrationRow},
};
use crate::{
    db::{DbError, Tx},
    fetch_all, fetch_optional,
    kernel::{
        Id, Moment,
        clock::age_on,
        ids::{Child, Person},
    },
    withheld_entry_sql,
};

/// The guardians who see nothing of a case of the child: the whole case is withheld from them.
const WITHHELD: &str = concat!(
    "SELECT q.canonical_id FROM withholding w JOIN care_case c ON c.municipality = w.municipality AND c.id = w.case_id
     JOIN person q ON q.id = w.guardian_id
     WHERE c.municipality = $1 AND c.child_id = $2 AND w.ended_at IS NULL AND ",
    withheld_entry_sql!(),
    " IS NULL"
);

/// The people who see a child's record on its behalf at a moment.
#[derive(Debug)]
pub struct ActingFamily {
    /// The guardians who see the record.
    pub guardians: Vec<Id<Person>>,
    /// The person in child welfare who decides for the child.
    pub child_welfare: Option<Id<Person>>,
}

impl ActingFamily {
    /// Returns all of them.
    #[must_use]
    pub fn people(&self) -> Vec<Id<Person>> {
        self.guardians.iter().copied().chain(self.child_welfare).collect()
    }
}

/// Returns the people who see the record of a child on its behalf; none if the child is not registered.
///
/// # Errors
/// If the database does not answer.
pub async fn family_of(
    tx: &mut Tx,
    child: Id<Child>,
    moment: Moment,
) -> Result<Option<ActingFamily>, DbError> {
    let Some(row) = fetch_optional!(tx, ChildRow, super::child::CHILD, child)? else { return Ok(None) };
    let guardians = fetch_all!(tx, GuardianRow, custody::GUARDIANS, child)?;
    let registrations = fetch_all!(tx, RegistrationRow, custody::REGISTRATIONS, child)?;
    let age = age_on(row.birth_date, moment.today);
    let reader = Registered::new(child, row.registered_at, row.identified_at, row.is_unborn);
    let custody = custody::custody(reader, &guardians, &registrations, age, moment);
    let withheld = fetch_all!(tx, (Id<Person>,), WITHHELD, &row.municipality, child)?;
    let mut guardians = custody.guardians;
    guardians.retain(|person| !withheld.contains(&(*person,)));
    let child_welfare = custody.child_welfare.map(|(person, _)| person);
    Ok(Some(ActingFamily { guardians, child_welfare }))
}
