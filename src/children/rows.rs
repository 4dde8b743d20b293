//! People, children and guardianships as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id, NationalId,
        ids::{Child, Guardianship, Identity, Person, Unit},
        vocabulary::Capacity,
    },
    vault::{self, KeyName, Vault},
};

const INSERT_PEOPLE: &str = "INSERT INTO person (id, municipality, national_id_index, national_id, name, birth_date, created_at, \
    canonical_id, identity_id) ";
const INSERT_NUMBERS: &str = "INSERT INTO identity_number (number_index, identity_id) ";
const INSERT: &str = "INSERT INTO child (municipality, id, person_id, name, birth_date, due_on, mother_id, registered_by, \
    registered_unit, registered_at) ";
const INSERT_GUARDIANSHIPS: &str = "INSERT INTO guardianship (municipality, id, child_id, guardian_id, guardian_name, \
    parental_responsibility, lives_with_child, capacity, created_at, created_by) ";

/// A person to be made known to a municipality.
pub(crate) struct PersonRow<'a> {
    pub id: Id<Person>,
    pub municipality: &'a str,
    pub national_id: Option<Cow<'a, NationalId>>,
    pub name: Cow<'a, str>,
    /// Unknown for an adult whose number does not show the century.
    pub birth_date: Option<NaiveDate>,
    pub created_at: DateTime<Utc>,
}

/// A child to register.
pub(crate) struct ChildRow<'a> {
    pub municipality: &'a str,
    pub id: Id<Child>,
    pub person: Id<Person>,
    pub name: Cow<'a, str>,
    pub birth_date: NaiveDate,
    /// When she is due, if it is a pregnant woman.
    pub due_on: Option<NaiveDate>,
    /// The registration of the mother, if the birth was recorded in her case.
    pub mother: Option<Id<Child>>,
    pub registered_by: Id<Person>,
    pub registered_unit: Id<Unit>,
    pub registered_at: DateTime<Utc>,
}

/// A guardianship to store.
pub(crate) struct GuardianshipRow<'a> {
    pub municipality: &'a str,
    pub id: Id<Guardianship>,
    pub child: Id<Child>,
    pub guardian: Id<Person>,
    pub name: Cow<'a, str>,
    pub parental_responsibility: bool,
    pub lives_with_child: bool,
    pub capacity: Capacity,
    /// The person who registered them, if that is known.
    pub created_by: Option<Id<Person>>,
    pub created_at: DateTime<Utc>,
}

/// Makes people known, and returns how many: not those whose number the municipality knows. A person without a number is a new
/// human.
pub(crate) async fn insert_people(tx: &mut Tx, rows: &[PersonRow<'_>]) -> Result<u64, DbError> {
    let rows = rows.iter().map(|row| Sealed::of(tx.vault(), row)).collect::<Result<Vec<_>, _>>()?;
    let numbers: Vec<_> = rows.iter().filter_map(|sealed| sealed.identity_index.as_ref()).collect();
    insert_rows!(
        tx,
        INSERT_NUMBERS,
        2,
        numbers,
        |values, number| values.push_bind(number).push_bind(Id::<Identity>::of_new_human()),
        " ON CONFLICT (number_index) DO NOTHING"
    )?;
    insert_rows!(
        tx,
        INSERT_PEOPLE,
        10,
        rows,
        |values, sealed| {
            let Sealed { row, index, number, name, identity_index } = sealed;
            values
                .push_bind(row.id)
                .push_bind(row.municipality)
                .push_bind(index)
                .push_bind(number)
                .push_bind(name)
                .push_bind(row.birth_date)
                .push_bind(row.created_at)
                .push_bind(row.id)
                .push("COALESCE((SELECT identity_id FROM identity_number WHERE number_index = ")
                .push_bind_unseparated(identity_index)
                .push_unseparated("), ")
                .push_bind_unseparated(Id::<Identity>::of_new_human())
                .push_unseparated(")");
        },
        " ON CONFLICT (municipality, national_id_index) DO NOTHING"
    )
}

/// A person with what is sealed and hashed.
struct Sealed<'a> {
    row: &'a PersonRow<'a>,
    index: Option<String>,
    number: Option<vault::Sealed>,
    name: vault::Sealed,
    identity_index: Option<String>,
}

impl<'a> Sealed<'a> {
    fn of(vault: &Vault, row: &'a PersonRow<'a>) -> Result<Self, DbError> {
        let PersonRow { municipality, national_id, name, .. } = row;
        let key = KeyName::people(municipality);
        let number = national_id.as_deref().map(NationalId::as_str);
        Ok(Self {
            row,
            index: number.map(|number| vault.national_id_index(municipality, number)).transpose()?,
            number: vault.seal_optional(&key, number)?,
            name: vault.seal(&key, name)?,
            identity_index: number.map(|number| vault.identity_index(number)).transpose()?,
        })
    }
}

/// Writes children.
pub(crate) async fn insert(tx: &mut Tx, rows: &[ChildRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let ChildRow { municipality, name, .. } = row;
            Ok::<_, DbError>((row, tx.vault().seal(&KeyName::people(municipality), name)?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT, 10, rows, |values, (row, name)| values
        .push_bind(row.municipality)
        .push_bind(row.id)
        .push_bind(row.person)
        .push_bind(name)
        .push_bind(row.birth_date)
        .push_bind(row.due_on)
        .push_bind(row.mother)
        .push_bind(row.registered_by)
        .push_bind(row.registered_unit)
        .push_bind(row.registered_at))?;
    Ok(())
}

/// Writes guardianships, and returns how many: nobody is a guardian of a child twice.
pub(crate) async fn insert_guardianships(tx: &mut Tx, rows: &[GuardianshipRow<'_>]) -> Result<u64, DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let GuardianshipRow { municipality, name, .. } = row;
            Ok::<_, DbError>((row, tx.vault().seal(&KeyName::people(municipality), name)?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(
        tx,
        INSERT_GUARDIANSHIPS,
        10,
        rows,
        |values, (row, name)| values
            .push_bind(row.municipality)
            .push_bind(row.id)
            .push_bind(row.child)
            .push_bind(row.guardian)
            .push_bind(name)
            .push_bind(row.parental_responsibility)
            .push_bind(row.lives_with_child)
            .push_bind(row.capacity)
            .push_bind(row.created_at)
            .push_bind(row.created_by),
        " ON CONFLICT (municipality, child_id, guardian_id) WHERE ended_at IS NULL DO NOTHING"
    )
}
