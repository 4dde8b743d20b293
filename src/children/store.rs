//! Children and guardians in the database.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    changes::NewDetails,
    dto::{ChildOut, GuardianshipOut},
    rows::{self, ChildRow, GuardianshipRow, PersonRow},
};
use crate::{
    canonical_sql,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_one, fetch_optional,
    identity::{identity_of, known_in},
    kernel::{
        Id, NationalId,
        ids::{Child, Guardianship, Person, Unit},
        vocabulary::Capacity,
    },
    vault::{Content, KeyName},
};

const FIND_CHILD: &str = "
    SELECT id, municipality, name, birth_date, due_on, registered_unit, registered_at, version,
           COALESCE(unborn = 'registered', FALSE) AS is_unborn
    FROM child WHERE municipality = $1 AND id = $2";
const UPDATE_CHILD: &str = "
    UPDATE child SET person_id = COALESCE($4, person_id), name = COALESCE($5, name), birth_date = $6, due_on = $7, unborn = COALESCE($8, unborn), version = version + 1
    WHERE municipality = $1 AND id = $2 AND version = $3";
const END_PREGNANCY: &str = "
    UPDATE child SET due_on = NULL, version = version + 1 WHERE municipality = $1 AND id = $2 AND due_on IS NOT NULL";
const END_GUARDIANSHIPS: &str = "
    UPDATE guardianship SET ended_at = $3, version = version + 1 WHERE municipality = $1 AND child_id = $2 AND ended_at IS NULL";
const IDENTIFIED: &str = "UPDATE child SET identified_at = $3 WHERE municipality = $1 AND id = $2";
const NUMBER: &str = "SELECT national_id FROM person WHERE id = $1";
const SELECT_GUARDIANS: &str = concat!(
    "
    SELECT id, child_id, ",
    canonical_sql!("guardian_id"),
    " AS guardian_id, guardian_name, parental_responsibility, lives_with_child, capacity, ended_at, version
    FROM guardianship WHERE municipality = $1 AND child_id = $2 AND id > $3 ORDER BY id LIMIT $4"
);
const FIND_GUARDIANSHIP: &str = concat!(
    "
    SELECT id, child_id, ",
    canonical_sql!("guardian_id"),
    " AS guardian_id, guardian_name, parental_responsibility, lives_with_child, capacity, ended_at, version
    FROM guardianship WHERE municipality = $1 AND child_id = $2 AND id = $3"
);
const IS_GUARDIAN: &str = concat!(
    "SELECT id FROM guardianship WHERE municipality = $1 AND child_id = $2 AND ended_at IS NULL AND ",
    canonical_sql!("guardian_id"),
    " = $3"
);
const UPDATE_GUARDIANSHIP: &str = "
    UPDATE guardianship SET parental_responsibility = $5, lives_with_child = $6, ended_at = $7,
           guardian_name = COALESCE($8, guardian_name), version = version + 1
    WHERE municipality = $1 AND child_id = $2 AND id = $3 AND version = $4 AND ended_at IS NULL";

/// Finds or creates the person with a national identity number. Without a number, it creates a new person.
///
/// It does the same work whether or not another municipality knows the number.
///
/// # Errors
/// If the write to the database fails.
pub async fn identify(
    tx: &mut Tx,
    municipality: &str,
    national_id: Option<&NationalId>,
    name: &str,
    birth_date: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Result<Id<Person>, DbError> {
    if let Some(number) = national_id {
        let identity = identity_of(tx, number).await?;
        if let Some(known) = known_in(tx, municipality, identity).await? {
            return Ok(known);
        }
    }
    let id = Id::of_new_person();
    let row = PersonRow {
        id,
        municipality,
        national_id: national_id.map(Cow::Borrowed),
        name: name.into(),
        birth_date,
        created_at: now,
    };
    match (rows::insert_people(tx, &[row]).await?, national_id) {
        (0, Some(number)) => join(tx, municipality, number).await,
        (made, _) => expect_one(made).map(|()| id),
    }
}

/// Joins a person to the number that the municipality knows them by, which the installation could not read since its key was erased.
async fn join(tx: &mut Tx, municipality: &str, number: &NationalId) -> Result<Id<Person>, DbError> {
    const JOIN: &str = "
        UPDATE person SET identity_id = $3 WHERE municipality = $1 AND national_id_index = $2 RETURNING id";
    let identity = identity_of(tx, number).await?;
    let index = tx.vault().national_id_index(municipality, number.as_str())?;
    let (person,) = fetch_one!(tx, (Id<Person>,), JOIN, municipality, index, identity)?;
    Ok(person)
}

/// A registration to make.
#[derive(Debug)]
pub struct NewChild<'a> {
    /// The municipality that keeps the record.
    pub municipality: &'a str,
    /// The national identity number.
    pub national_id: Option<&'a NationalId>,
    /// The name.
    pub name: &'a str,
    /// The day of birth.
    pub birth_date: NaiveDate,
    /// When she is due, if it is a pregnant woman.
    pub due_on: Option<NaiveDate>,
    /// The registration of the mother, if the birth is recorded in her case.
    pub mother: Option<Id<Child>>,
    /// The person who registers it.
    pub registered_by: Id<Person>,
    /// Their unit.
    pub registered_unit: Id<Unit>,
}

/// Registers a child. Returns the registration and the child as a person.
///
/// # Errors
/// If the write to the database fails.
pub async fn register(
    tx: &mut Tx,
    new: NewChild<'_>,
    now: DateTime<Utc>,
) -> Result<(Id<Child>, Id<Person>), DbError> {
    let NewChild {
        municipality,
        national_id,
        name,
        birth_date,
        due_on,
        mother,
        registered_by,
        registered_unit,
    } = new;
    let person = identify(tx, municipality, national_id, name, Some(birth_date), now).await?;
    let id = Id::<Child>::new();
    let row = ChildRow {
        municipality,
        id,
        person,
        name: name.into(),
        birth_date,
        due_on,
        mother,
        registered_by,
        registered_unit,
        registered_at: now,
    };
    rows::insert(tx, &[row]).await?;
    Ok((id, person))
}

pub(super) async fn get(tx: &mut Tx, municipality: &str, id: Id<Child>) -> Result<ChildOut, DbError> {
    fetch_one!(tx, ChildOut, FIND_CHILD, municipality, id)
}

/// Corrects a child's details. Without a new person or a new name, these stay. Returns false if the registration was changed since it was
/// read: it turned out to be about the same child as another, which locks no registration.
pub(super) async fn update(
    tx: &mut Tx,
    current: &ChildOut,
    person: Option<Id<Person>>,
    new: &NewDetails,
) -> Result<bool, DbError> {
    let ChildOut { municipality, id, version, .. } = current;
    let NewDetails { name, birth_date, due_on, replaces_unborn, .. } = new;
    let unborn = replaces_unborn.then_some("replaced");
    let name = tx.vault().seal_optional(&KeyName::people(municipality), name.as_deref())?;
    Ok(execute!(tx, UPDATE_CHILD, municipality, *id, *version, person, name, *birth_date, *due_on, unborn)?
        == 1)
}

/// Ends the pregnancy of a registered woman. A pregnancy that has ended stays as it is.
pub(super) async fn end_pregnancy(tx: &mut Tx, municipality: &str, id: Id<Child>) -> Result<(), DbError> {
    execute!(tx, END_PREGNANCY, municipality, id)?;
    Ok(())
}

/// Ends all guardianships in a registration.
pub(super) async fn end_guardianships(
    tx: &mut Tx,
    municipality: &str,
    id: Id<Child>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    execute!(tx, END_GUARDIANSHIPS, municipality, id, now)?;
    Ok(())
}

/// Returns whether a person is a guardian of a child in the municipality.
pub(super) async fn is_guardian_somewhere(
    tx: &mut Tx,
    municipality: &str,
    person: Id<Person>,
) -> Result<bool, DbError> {
    const ANY: &str = "SELECT id FROM guardianship WHERE municipality = $1 AND guardian_id = $2 AND ended_at IS NULL LIMIT 1";
    Ok(fetch_optional!(tx, (Id<Guardianship>,), ANY, municipality, person)?.is_some())
}

/// Returns the number of registrations of a child with this guardian, by one of them.
///
/// # Errors
/// If the database query fails.
pub async fn registrations_with(
    tx: &mut Tx,
    municipality: &str,
    child: Id<Child>,
    guardian: Id<Person>,
) -> Result<i64, DbError> {
    const COUNT: &str = "
        SELECT COUNT(*) FROM child k JOIN child o ON o.municipality = k.municipality AND o.person_id = k.person_id
        JOIN guardianship g ON g.municipality = o.municipality AND g.child_id = o.id
        WHERE k.municipality = $1 AND k.id = $2 AND g.guardian_id = $3 AND g.ended_at IS NULL";
    let (count,) = fetch_one!(tx, (i64,), COUNT, municipality, child, guardian)?;
    Ok(count)
}

/// Returns whether other registrations are about the same person.
pub(super) async fn has_other_registrations(
    tx: &mut Tx,
    person: Id<Person>,
    child: Id<Child>,
) -> Result<bool, DbError> {
    const OTHER: &str = "SELECT id FROM child WHERE person_id = $1 AND id <> $2 LIMIT 1";
    Ok(fetch_optional!(tx, (Id<Child>,), OTHER, person, child)?.is_some())
}

/// Records that the child has become another person than before, as its number came later.
pub(super) async fn identified(
    tx: &mut Tx,
    municipality: &str,
    child: Id<Child>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    expect_one(execute!(tx, IDENTIFIED, municipality, child, now)?)
}

/// Returns the national identity number of a person, if the municipality knows it.
///
/// # Errors
/// If the database query fails.
pub async fn number(tx: &mut Tx, person: Id<Person>) -> Result<Option<NationalId>, DbError> {
    let (number,) = fetch_one!(tx, (Option<Content>,), NUMBER, person)?;
    Ok(number.and_then(|number| NationalId::parse(&number).ok()))
}

pub(super) async fn list_guardians(
    tx: &mut Tx,
    municipality: &str,
    child: Id<Child>,
    after: Uuid,
    limit: usize,
) -> Result<Vec<GuardianshipOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, GuardianshipOut, SELECT_GUARDIANS, municipality, child, after, limit)
}

pub(super) async fn find_guardianship(
    tx: &mut Tx,
    municipality: &str,
    child: Id<Child>,
    id: Id<Guardianship>,
) -> Result<Option<GuardianshipOut>, DbError> {
    fetch_optional!(tx, GuardianshipOut, FIND_GUARDIANSHIP, municipality, child, id)
}

/// A guardianship to register.
#[derive(Debug)]
pub struct NewGuardianship<'a> {
    /// The municipality of the registration.
    pub municipality: &'a str,
    /// The child.
    pub child: Id<Child>,
    /// The guardian.
    pub guardian: Id<Person>,
    /// The name of the guardian.
    pub name: &'a str,
    /// Whether they hold parental responsibility.
    pub parental_responsibility: bool,
    /// Whether the child lives with them.
    pub lives_with_child: bool,
    /// The capacity in which they are a guardian.
    pub capacity: Capacity,
    /// The person who registers them.
    pub by: Id<Person>,
}

/// Registers a guardian. Returns none if the person is already a guardian of the child.
///
/// # Errors
/// If the write to the database fails.
pub async fn insert_guardianship(
    tx: &mut Tx,
    new: NewGuardianship<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Id<Guardianship>>, DbError> {
    let NewGuardianship {
        municipality,
        child,
        guardian,
        name,
        parental_responsibility,
        lives_with_child,
        capacity,
        by,
    } = new;
    if fetch_optional!(tx, (Id<Guardianship>,), IS_GUARDIAN, municipality, child, guardian)?.is_some() {
        return Ok(None);
    }
    let id = Id::<Guardianship>::new();
    let row = GuardianshipRow {
        municipality,
        id,
        child,
        guardian,
        name: name.into(),
        parental_responsibility,
        lives_with_child,
        capacity,
        created_by: Some(by),
        created_at: now,
    };
    let made = rows::insert_guardianships(tx, &[row]).await?;
    Ok((made == 1).then_some(id))
}

pub(super) async fn update_guardianship(
    tx: &mut Tx,
    municipality: &str,
    current: &GuardianshipOut,
    parental_responsibility: bool,
    lives_with_child: bool,
    ended_at: Option<DateTime<Utc>>,
    name: Option<&str>,
) -> Result<(), DbError> {
    let GuardianshipOut { id, child_id, version, .. } = current;
    let name = tx.vault().seal_optional(&KeyName::people(municipality), name)?;
    expect_one(execute!(
        tx,
        UPDATE_GUARDIANSHIP,
        municipality,
        *child_id,
        *id,
        *version,
        parental_responsibility,
        lives_with_child,
        ended_at,
        name
    )?)
}
