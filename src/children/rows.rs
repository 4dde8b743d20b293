//! People, children and guardianships as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id, NationalId,
        ids::{Child, Guardianship, Person, Unit},
        vocabulary::Capacity,
    },
    vault::KeyName,
};

const INSERT_PEOPLE: &str =
    "INSERT INTO person (id, municipality, national_id_index, national_id, name, birth_date, created_at) ";
const INSERT: &str = "INSERT INTO child (municipality, id, person_id, name, birth_date, registered_by, registered_unit, \
    registered_at) ";
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

/// Makes people known, and returns how many: not those whose number the municipality knows.
pub(crate) async fn insert_people(tx: &mut Tx, rows: &[PersonRow<'_>]) -> Result<u64, DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let PersonRow { municipality, national_id, name, .. } = row;
            let (vault, key) = (tx.vault(), KeyName::people(municipality));
            let number = national_id.as_deref().map(NationalId::as_str);
            let index = number.map(|number| vault.national_id_index(municipality, number)).transpose()?;
            Ok::<_, DbError>((row, index, vault.seal_optional(&key, number)?, vault.seal(&key, name)?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(
        tx,
        INSERT_PEOPLE,
        7,
        rows,
        |values, (row, index, number, name)| values
            .push_bind(row.id)
            .push_bind(row.municipality)
            .push_bind(index)
            .push_bind(number)
            .push_bind(name)
            .push_bind(row.birth_date)
            .push_bind(row.created_at),
        " ON CONFLICT (municipality, national_id_index) DO NOTHING"
    )
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
    insert_rows!(tx, INSERT, 8, rows, |values, (row, name)| values
        .push_bind(row.municipality)
        .push_bind(row.id)
        .push_bind(row.person)
        .push_bind(name)
        .push_bind(row.birth_date)
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
